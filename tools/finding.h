/* SPDX-License-Identifier: BSD-3-Clause */
/* What "doctor" found so far, and how it is told. */
#ifndef TOOLS_FINDING_H
#define TOOLS_FINDING_H

#include "text.h"

enum verdict { VERDICT_GOOD, VERDICT_NOTE, VERDICT_BAD };

struct doctor {
    bool as_json;
    struct json json;
    const char *module; /* path of the module that is looked at, or NULL until one was chosen */
    unsigned bad;       /* findings so far that keep it from working */
};

/* One finding: what was looked at, what was found, what to do (NULL: nothing).  All translated
 * already. */
void finding(struct doctor *doctor, enum verdict verdict, const char *what, const char *found,
             const char *next);

#endif
