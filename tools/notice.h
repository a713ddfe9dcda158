/* SPDX-License-Identifier: BSD-3-Clause */
/* Notices on the person's desktop (org.freedesktop.Notifications). */
#ifndef TOOLS_NOTICE_H
#define TOOLS_NOTICE_H

#include "command.h"

#include <stdint.h>

struct notice {
    const char *summary;
    const char *body; /* lines; none of "<", ">" and "&", which some desktops read as markup */
    bool urgent;      /* stays until the person has seen it */
};

/* Whether there is a desktop to show them on.  CODE_OK, or CODE_FAILED and it was said why not. */
int notice_ready(void);

/*
 * Show one in the place of *id (0: of none), and bring *id up to date.  CODE_OK, or CODE_FAILED and
 * it was said why. Threads may show notices at once, each with an id of its own.
 */
int notice_show(const struct notice *notice, uint32_t *id);

#endif
