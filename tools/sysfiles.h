/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two files that make a module known to every user of the machine: Firefox's policy and p11-kit's module file.  Written
 * only where there is none, removed only if they say exactly what was written: other people's files are never edited.
 */
#ifndef TOOLS_SYSFILES_H
#define TOOLS_SYSFILES_H

#include "command.h"

/* auth: the browsers' module; full: the one with both tokens.  Absolute paths.  What was done, or why not, is said. */
int sysfiles_firefox(const char *auth, bool wanted) MUST_CHECK;
int sysfiles_p11kit(const char *full, bool wanted) MUST_CHECK;

#endif
