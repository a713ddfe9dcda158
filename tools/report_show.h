/* SPDX-License-Identifier: BSD-3-Clause */
/* What "report" tells of a card, and its two ways of showing it. */
#ifndef TOOLS_REPORT_SHOW_H
#define TOOLS_REPORT_SHOW_H

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

#endif
