/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One database of NSS (a Firefox profile, or the one that Chromium and other programs share): which modules it loads, and
 * whether a program has it open.  Changed by NSS's own program, modutil, since only NSS knows its format for writing.
 */
#ifndef TOOLS_NSSDB_H
#define TOOLS_NSSDB_H

#include "command.h"

#include <limits.h>

#define NSSDB_MODULE "libjpki-pkcs11" /* our name in a database; it has no ':' and no blank, which modutil minds */

/* True if the database is there.  folder: without the "sql:" in front. */
bool nssdb_exists(const char *folder);

/* Make an empty database, and the folders above it, readable by the user alone.  CODE_FAILED was explained. */
int nssdb_create(const char *folder) MUST_CHECK;

/* The file that our entry loads; false if the database has no entry of our name.  ret_library has room for PATH_MAX. */
bool nssdb_library(const char *folder, char *ret_library);

/* Add our entry, or take it out; what modutil says is shown if the database is not as wanted afterwards. */
int nssdb_add(const char *folder, const char *library) MUST_CHECK;
int nssdb_remove(const char *folder) MUST_CHECK;

/*
 * The process that has it open, by a lock that a browser keeps while it runs; 0: none, or not to be seen.  ret_lock: the
 * lock's path, room for PATH_MAX.
 */
long firefox_lock_owner(const char *profile, char *ret_lock);  /* .parentlock, a lock of the kernel's */
long chromium_lock_owner(const char *folder, char *ret_lock);  /* SingletonLock, a link to HOST-PROCESS */

/* a/b in ret_path, which has room for PATH_MAX; false if it is too long. */
bool path_join(const char *a, const char *b, char *ret_path);

#endif
