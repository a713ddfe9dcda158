/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of the module into a sandbox.  Nothing of the card goes in: a socket of the person's
 * systemd starts "p11-kit remote" on the browsers' module outside, and inside p11-kit's own client,
 * or our forwarder to it, is the browser's module. Where the person's systemd, p11-kit or the
 * client is missing, copies of module and libpcsclite are laid into the sandbox.
 */
#ifndef TOOLS_SANDBOX_H
#define TOOLS_SANDBOX_H

#include "browsers.h"

#define AUTH_NAME "libjpki-pkcs11-auth.so"
#define FULL_NAME "libjpki-pkcs11.so"
#define FORWARD_NAME "libjpki-pkcs11-forward.so"

/* The modules outside, absolute paths in one folder. */
struct modules {
    char auth[PATH_MAX], full[PATH_MAX], forward[PATH_MAX];
};

/* Those beside this one; false: its path has no folder, or is too long. */
bool modules_place(const char *module, struct modules *ret_modules);

/*
 * Have the way for this browser and its database; what is missing and which command helps is said.
 * ret_library: the file that the database has to name.  Done twice, it changes nothing.
 */
int sandbox_enter(const struct person *person, const struct app_row *app,
                  const struct modules *modules, const char *database,
                  char *ret_library) MUST_CHECK;

/* p11-kit's client as the sandbox has it; false: it has none, or it cannot be seen. */
bool sandbox_client(const struct app_row *app, char *ret_path);

/* Whether an entry with this file is what the policy for all users enters. */
bool sandbox_by_policy(const struct app_row *app, const char *library);

/* Whether nothing is left to be done by the person; else the one command is said. */
int sandbox_open(const struct person *person, const struct app_row *app,
                 const char *database) MUST_CHECK;

/* The distribution's browser at a database that a Flatpak uses too (database_shared). */
int sandbox_share(const struct person *person, const struct modules *modules,
                  char *ret_library) MUST_CHECK;

/* Take all of it away again, whichever way it was. */
int sandbox_leave(const struct person *person, const struct app_row *app) MUST_CHECK;
int sandbox_unshare(const struct person *person) MUST_CHECK;

/* For doctor: NULL, or what is wrong with the way that the database's entry (library) names,
 * translated. */
const char *sandbox_trouble(const struct person *person, const struct app_row *app,
                            const struct modules *modules, const char *database,
                            const char *library);

/* ---- parts of it, in units.c */

/* Why there can be no socket, translated; NULL: there can. */
const char *units_obstacle(void);

int units_start(const struct person *person, const struct app_row *app,
                const char *auth) MUST_CHECK;
int units_stop(const struct person *person, const struct app_row *app) MUST_CHECK;

/* The same for every user of the machine, from their next login. */
int units_global(const struct app_row *app, const char *auth, bool wanted) MUST_CHECK;

/* The socket is there and p11-kit answers behind it with the module loaded. */
bool units_answer(const struct person *person, const struct app_row *app);

/* ---- parts of it, in sandbox_copy.c */

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
