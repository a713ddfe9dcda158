/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be seen of a Snap from outside.  Without snapd every answer is no. */
#ifndef TOOLS_SNAP_H
#define TOOLS_SNAP_H

#include <stdbool.h>

/* The Snap's current revision; ret_folder has room for PATH_MAX. */
bool snap_folder(const char *name, char *ret_folder);

/*
 * The snap that brings its libraries (its "default-provider"), as a folder out here; ret_target:
 * what that folder is called in the sandbox.  False: it has none.
 */
bool snap_provider(const char *name, char *ret_folder, char *ret_target);

/* The snap that is / in its sandbox. */
bool snap_base(const char *name, char *ret_folder);

/* Whether its plug for pcscd is connected. */
bool snap_sees_pcscd(const char *name);

#endif
