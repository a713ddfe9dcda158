/* SPDX-License-Identifier: BSD-3-Clause */
/* The systemd units of a browser in a sandbox: a socket where the sandbox sees it, and who answers
 * there. */
#ifndef TOOLS_UNITS_H
#define TOOLS_UNITS_H

#include "browsers.h"

/* Why there can be no socket, translated; NULL: there can. */
const char *units_obstacle(void);

int units_start(const struct person *person, const struct app_row *app,
                const char *auth) MUST_CHECK;
int units_stop(const struct person *person, const struct app_row *app) MUST_CHECK;

/* The same for every user of the machine, from their next login. */
int units_global(const struct app_row *app, const char *auth, bool wanted) MUST_CHECK;

/* The socket is there and p11-kit answers behind it with the module loaded. */
bool units_answer(const struct person *person, const struct app_row *app);

#endif
