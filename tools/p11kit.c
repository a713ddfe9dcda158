/* SPDX-License-Identifier: BSD-3-Clause */
#include "p11kit.h"

#include "files.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where p11-kit reads module files. */
static const char *const p11kit_places[] = { "/usr/share/p11-kit/modules/*.module",
                                             "/etc/pkcs11/modules/*.module",
                                             "~/.config/pkcs11/modules/*.module" };

/* The first file of a pattern ("~" is the user's home) that holds the text; the caller frees it. */
static char *pattern_search(const char *pattern, const char *text)
{
    glob_t files = { .gl_pathc = 0 };
    char *found = NULL;

    if (glob(pattern, GLOB_TILDE | GLOB_NOSORT, NULL, &files) == 0) {
        for (size_t i = 0; i < files.gl_pathc && found == NULL; i++) {
            if (file_holds(files.gl_pathv[i], text))
                found = strdup(files.gl_pathv[i]);
        }
    }
    globfree(&files);
    return found;
}

char *p11kit_search(const char *module, bool *ret_limited)
{
    char *first = NULL;

    *ret_limited = false;
    for (size_t i = 0; i < sizeof(p11kit_places) / sizeof(p11kit_places[0]); i++) {
        char *found = pattern_search(p11kit_places[i], module);

        if (found == NULL)
            continue;
        *ret_limited =
            *ret_limited || file_holds(found, "\nenable-in:") || file_holds(found, "\ndisable-in:");
        if (first == NULL)
            first = found;
        else
            free(found);
    }
    return first;
}

bool p11kit_serves_browsers(void)
{
    bool limited;
    char *found = p11kit_search("libjpki-pkcs11", &limited);
    bool serves = found != NULL && !limited;

    free(found);
    return serves;
}

/* The value of "module:" in a file of p11-kit's; a path without a folder is p11-kit's own
 * business. */
static bool module_line(const char *file, char ret_path[static PATH_MAX])
{
    char line[PATH_MAX + 32];
    FILE *in = fopen(file, "re");
    bool found = false;

    while (in != NULL && !found && fgets(line, sizeof(line), in) != NULL)
        found = sscanf(line, " module: %4095[^ \t\r\n]", ret_path) == 1 && ret_path[0] == '/';
    if (in != NULL)
        (void)fclose(in);
    return found;
}

bool p11kit_names(char ret_path[static PATH_MAX])
{
    bool limited;
    char *file = p11kit_search("libjpki-pkcs11", &limited);
    bool found = file != NULL && module_line(file, ret_path) && access(ret_path, R_OK) == 0;

    free(file);
    return found;
}
