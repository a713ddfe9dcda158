/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of readers as pcscd lists them: one after the other, each with its end, and an empty one
 * behind the last. */
#ifndef APDU_NAMES_H
#define APDU_NAMES_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>

struct names {
    /* NULL: none.  Two bytes more than room, which whoever fills it leaves zero; freed by the
     * owner */
    char *text;
    size_t room;
};

/* The first name, and the one behind a name; "" behind the last. */
const char *name_first(const struct names *names);
const char *name_next(const char *name);

bool names_have(const struct names *names, const char *wanted);

/* Whether they are the same, in whatever order. */
bool names_equal(const struct names *names, const struct names *others);

/* Make room for need bytes, and for twice as many as before; the names are lost.  JPKI_ERR_IO
 * beyond a megabyte. */
enum jpki_err names_grow(struct names *names, size_t need) MUST_CHECK;

#endif
