/* SPDX-License-Identifier: BSD-3-Clause */
#include "p11kit.h"

#include "files.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where p11-kit reads module files. */
static const char *const p11kit_places[] = { "/usr/share/p11-kit/modules/", "/etc/pkcs11/modules/",
                                             "~/.config/pkcs11/modules/" };
enum { PLACES = sizeof(p11kit_places) / sizeof(p11kit_places[0]) };

/* How many files of a place ("~" is the user's home) have such a name; globfree is the caller's. */
static size_t place_search(size_t place, const char *name, glob_t *ret_files)
{
    char pattern[PATH_MAX];

    *ret_files = (glob_t){ .gl_pathc = 0 };
    (void)snprintf(pattern, sizeof(pattern), "%s%s", p11kit_places[place], name);
    return glob(pattern, GLOB_TILDE | GLOB_NOSORT, NULL, ret_files) == 0 ? ret_files->gl_pathc : 0;
}

/* Whether one of the files of this name, which p11-kit takes for one, says who gets the module. */
static bool name_limits(const char *name)
{
    bool limits = false;

    for (size_t place = 0; place < PLACES && !limits; place++) {
        glob_t files;

        if (place_search(place, name, &files) > 0)
            limits = file_holds(files.gl_pathv[0], "\nenable-in:") ||
                     file_holds(files.gl_pathv[0], "\ndisable-in:");
        globfree(&files);
    }
    return limits;
}

char *p11kit_search(const char *module, bool *ret_limited)
{
    char *first = NULL;
    bool limited = true;

    for (size_t place = 0; place < PLACES; place++) {
        glob_t files;
        const size_t count = place_search(place, "*.module", &files);

        for (size_t i = 0; i < count; i++) {
            const char *path = files.gl_pathv[i];

            if (!file_holds(path, module))
                continue;
            limited = limited && name_limits(strrchr(path, '/') + 1);
            if (first == NULL)
                first = strdup(path);
        }
        globfree(&files);
    }
    *ret_limited = first != NULL && limited;
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
