/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that make a module known to every user of the machine: Firefox's policy, that of its
 * Flatpak, and p11-kit's module file.  Written only where there is none, changed only if they say
 * exactly what was written: other people's are never edited.
 */
#ifndef TOOLS_SYSFILES_H
#define TOOLS_SYSFILES_H

#include "browsers.h"

/*
 * The policy that the distribution's Firefox and its Snap read.  auth: the browsers' module;
 * client: what the Snap has to load, NULL without one.  Taken back, it leaves a policy that takes
 * the entry out of each profile, and then that.
 */
int sysfiles_firefox(const char *auth, const char *client, bool wanted) MUST_CHECK;

/* The folder from which Firefox's Flatpak reads its policy: the policy and the forwarder that it
 * names. */
int sysfiles_flatpak(const char *forward, bool wanted) MUST_CHECK;

/* What the policy that a Firefox reads, as what it is installed, says of the module, whoever wrote
 * it; other browsers have none. */
enum policy { POLICY_NONE, POLICY_ENTERS, POLICY_TAKES_OUT };

enum policy sysfiles_policy(const struct app_row *app, char ret_path[static PATH_MAX]);

/* The file that the Flatpak's policy enters, as it is called inside. */
#define SYSFILES_FLATPAK_LIBRARY "/app/etc/firefox/jpki/libjpki-pkcs11-forward.so"

/* Where that file lies out here; false: this is another file. */
bool sysfiles_forwarder(const char *library, char ret_path[static PATH_MAX]);

/* full: the module with both tokens. */
int sysfiles_p11kit(const char *full, bool wanted) MUST_CHECK;

#endif
