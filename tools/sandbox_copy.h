/* SPDX-License-Identifier: BSD-3-Clause */
/* The fall-back: copies of the module and of the machine's libpcsclite in the sandbox, which age.
 */
#ifndef TOOLS_SANDBOX_COPY_H
#define TOOLS_SANDBOX_COPY_H

#include "browsers.h"

#define AUTH_NAME "libjpki-pkcs11-auth.so"
#define FULL_NAME "libjpki-pkcs11.so"
#define FORWARD_NAME "libjpki-pkcs11-forward.so"

/* The modules outside, absolute paths in one folder. */
struct modules {
    char auth[PATH_MAX], full[PATH_MAX], forward[PATH_MAX];
};

/* Lay forwarder, module and libpcsclite into the folder, after a look whether the sandbox's
 * libraries can carry them. */
int copies_lay(const struct app_row *app, const struct modules *modules,
               const char *folder) MUST_CHECK;

/* Take away what copies_lay laid; the forwarder stays. */
int copies_drop(const char *folder) MUST_CHECK;

/* Copies are there. */
bool copies_there(const char *folder);

/* One of the copies is not what is outside now. */
bool copies_stale(const struct modules *modules, const char *folder);

/* The one command that lets the sandbox reach pcscd, which copies need; false: it does already. */
bool pcscd_command(const struct app_row *app, char *ret_command, size_t room);

#endif
