/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way of the module into a sandbox.  Nothing of the card goes in: a socket of the person's
 * systemd starts "p11-kit remote" on the browsers' module outside, and inside p11-kit's own client,
 * or our forwarder to it, is the browser's module. Where the person's systemd, p11-kit or the
 * client is missing, copies of module and libpcsclite are laid into the sandbox.
 */
#ifndef TOOLS_SANDBOX_H
#define TOOLS_SANDBOX_H

#include "sandbox_copy.h"

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

#endif
