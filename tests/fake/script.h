/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card that follows a script: a transport whose every call must be the next line of a text.
 * Lines:
 *
 *   open [!ERR]            link_open
 *   close leave|unpower    link_close
 *   begin [reset|!ERR]     visit_begin
 *   end [!ERR]             visit_end
 *   unpower [!ERR]         unpower
 *   haspad yes|no          has_pinpad
 *   pad verify|modify P1P2 min max    pinpad, then its answer
 *   > HEX                  transmit of exactly these bytes, then its answer
 *   < HEX                  the answer
 *   ! ERR                  the error in place of an answer, by err_name
 *
 * HEX may have blanks; XX*N stands for N bytes XX.  What follows # is a comment.
 */
#ifndef FAKE_SCRIPT_H
#define FAKE_SCRIPT_H

#include "transport.h"

struct script {
    const char *at;   /* what is left of the text; owned by the caller */
    size_t line;      /* of the text, from 1 */
    size_t exchanges; /* transmits and keypad entries so far */
    bool failed;
    char failure[1400];
    struct transport transport;
};

/* text must live as long as the script. */
void script_init(struct script *script, const char *text);

/* What went against the script, or that some of it never happened; NULL if all of it did and
 * nothing else. */
const char *script_failure(struct script *script);

#endif
