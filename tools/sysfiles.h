/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The files that make a module known to every user of the machine: Firefox's policy, that of its Flatpak, and p11-kit's
 * module file.  Written only where there is none, changed only if they say exactly what was written: other people's are
 * never edited.
 */
#ifndef TOOLS_SYSFILES_H
#define TOOLS_SYSFILES_H

#include "browsers.h"

/*
 * The policy that the distribution's Firefox and its Snap read.  auth: the browsers' module; client: what the Snap has to
 * load, NULL without one.  Taken back, it leaves a policy that takes the entry out of each profile, and then that.
 */
int sysfiles_firefox(const char *auth, const char *client, bool wanted) MUST_CHECK;

/* The folder from which Firefox's Flatpak reads its policy: the policy and the forwarder that it names. */
int sysfiles_flatpak(const char *forward, bool wanted) MUST_CHECK;

/* The policy that Firefox reads as what it is installed: its path, whether it is there or not. */
void sysfiles_policy(enum wrap wrap, char ret_path[static PATH_MAX]);

/* full: the module with both tokens. */
int sysfiles_p11kit(const char *full, bool wanted) MUST_CHECK;

#endif
