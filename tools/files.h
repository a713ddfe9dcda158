/* SPDX-License-Identifier: BSD-3-Clause */
/* Small files that this program writes, compares and takes away again.  What goes wrong is said;
 * CODE_FAILED then. */
#ifndef TOOLS_FILES_H
#define TOOLS_FILES_H

#include "command.h"

#include <limits.h>
#include <sys/types.h>

/* a/b in ret_path, which has room for PATH_MAX; false if it is too long. */
bool path_join(const char *a, const char *b, char *ret_path);

/* Make the folder and those above it that are missing. */
int folders_make(const char *folder, mode_t mode) MUST_CHECK;

/* The whole file, which the caller frees; NULL: it cannot be read or is larger than 16 MiB.  A
 * zero byte follows it. */
char *file_read(const char *path, size_t *ret_len);

/* Whether the file holds the text somewhere. */
bool file_holds(const char *path, const char *text);

enum file_found { FILE_NONE, FILE_SAME, FILE_OTHER };

/* What lies under this name, compared with the bytes. */
enum file_found file_compare(const char *path, const void *bytes, size_t len);

/* Whether the original can be read and the copy of it has not the same bytes. */
bool copy_outdated(const char *copy, const char *original);

/* The first file of this name in the folders (patterns; NULL ends them) below a tree; ret_path has
 * room for PATH_MAX. */
bool file_find(const char *tree, const char *const folders[], const char *name, char *ret_path);

/*
 * Have these bytes under this name; folders are made as others may read them or not, as mode says.
 * The file is written beside its name and moved there: a program that has the old one open keeps
 * it.  One that has them already is left alone.
 */
int file_put(const char *path, const void *bytes, size_t len, mode_t mode) MUST_CHECK;

/* The same with the bytes of another file. */
int file_copy(const char *from, const char *path, mode_t mode) MUST_CHECK;

/* Take the file away where it is there, then its folder and the one above that where nothing
 * else is in them. */
int file_drop(const char *path) MUST_CHECK;

#endif
