/* SPDX-License-Identifier: BSD-3-Clause */
/* The modules that p11-kit's files name: of the package, of the administrator, of the person. */
#ifndef TOOLS_P11KIT_H
#define TOOLS_P11KIT_H

#include <limits.h>
#include <stdbool.h>

/* The first of the files that names the module, for the caller to free, or NULL; *ret_limited: of
 * each name that such a file has, one says who gets the module. */
char *p11kit_search(const char *module, bool *ret_limited);

/* Whether the module with both tokens is given to every program, browsers too. */
bool p11kit_serves_browsers(void);

/* The path of our module that a file gives, if it has a folder and is there. */
bool p11kit_names(char ret_path[static PATH_MAX]);

#endif
