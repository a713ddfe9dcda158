/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One database of NSS (a Firefox profile, or the one that Chromium and other programs share): which
 * modules it loads. Changed by NSS's own program, modutil, since only NSS knows its format for
 * writing.
 */
#ifndef TOOLS_NSSDB_H
#define TOOLS_NSSDB_H

#include "files.h"

/* our name in a database; it has no ':' and no blank, which modutil minds */
#define NSSDB_MODULE "libjpki-pkcs11"

/* By this name a policy enters what the Snap alone can load: the distribution's Firefox reads
 * the same policy. */
#define NSSDB_MODULE_SNAP NSSDB_MODULE "-snap"

/* True if the database is there.  folder: without the "sql:" in front. */
bool nssdb_exists(const char *folder);

/* Make an empty database, and the folders above it, readable by the user alone.  CODE_FAILED was
 * explained. */
int nssdb_create(const char *folder) MUST_CHECK;

/* The file that our entry loads, in room for PATH_MAX; false if there is no entry of our names. */
bool nssdb_library(const char *folder, char *ret_library);

/* Whether some entry loads a file whose path holds the text. */
bool nssdb_loads(const char *folder, const char *text);

/* Add our entry, or take out what is there of ours; what modutil says is shown if it did not. */
int nssdb_add(const char *folder, const char *library) MUST_CHECK;
int nssdb_remove(const char *folder) MUST_CHECK;

/* Add an entry for a file that only the browser's sandbox has: nothing is loaded. */
int nssdb_add_unseen(const char *folder, const char *library) MUST_CHECK;

#endif
