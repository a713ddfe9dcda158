/* SPDX-License-Identifier: BSD-3-Clause */
/* What "report" tells of a card, and its two ways of showing it. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "facts.h"

struct report {
    struct facts facts;
    const struct card *card;
    struct reader_facts reader;
    char service[16]; /* pcscd's version, "" if it does not say */
};

/* As text, and as one JSON object: what jpki-simcard --like takes. */
void report_show(const struct report *report);
void report_show_json(const struct report *report);

/*
 * What may stand in public of a reader's name: what is in brackets, and every word that looks like a serial number, becomes
 * dots.  ret_name has room for READER_NAME_MAX.
 */
void reader_mask(const char *name, char ret_name[static READER_NAME_MAX]);

/* The same of an ATR, as hex: all of one that is published, else what is no card's own. */
#define ATR_TEXT_ROOM (3 * ATR_MAX)
void atr_mask(const uint8_t *atr, size_t len, char ret_text[static ATR_TEXT_ROOM]);

#endif
