/* SPDX-License-Identifier: BSD-3-Clause */
#include "flatpak.h"

#include "program.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool installed_below(const char *installation, const char *id)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/app/%s/current", installation, id);

    return len > 0 && len < PATH_MAX && access(path, F_OK) == 0;
}

bool flatpak_installed(const char *data, const char *id)
{
    const char *user = getenv("FLATPAK_USER_DIR"), *system_wide = getenv("FLATPAK_SYSTEM_DIR");
    char path[PATH_MAX];

    if (user == NULL && snprintf(path, sizeof(path), "%s/flatpak", data) < PATH_MAX)
        user = path;
    return (user != NULL && installed_below(user, id)) ||
           installed_below(system_wide == NULL ? "/var/lib/flatpak" : system_wide, id);
}

bool flatpak_runs(const char *id)
{
    const char *const words[] = { "flatpak", "ps", "--columns=application", NULL };
    char output[PROGRAM_OUTPUT_MAX], *rest = output;

    if (!program_says(words, output))
        return false;
    for (const char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        if (strcmp(line, id) == 0)
            return true;
    }
    return false;
}

/* Whether the merged permissions have one of the values under the key: "sockets=x11;pcsc;". */
static bool permits(const char *id, const char *key, const char *const values[])
{
    const char *const words[] = { "flatpak", "info", "--show-permissions", id, NULL };
    char output[PROGRAM_OUTPUT_MAX], *lines = output;
    size_t key_len = strlen(key);

    if (!program_says(words, output))
        return false;
    for (char *line = strsep(&lines, "\n"); line != NULL; line = strsep(&lines, "\n")) {
        if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
            continue;
        line += key_len + 1;
        for (const char *value = strsep(&line, ";"); value != NULL; value = strsep(&line, ";")) {
            size_t len = strcspn(value, ":");

            for (size_t i = 0; values[i] != NULL; i++) {
                if (strlen(values[i]) == len && strncmp(value, values[i], len) == 0)
                    return true;
            }
        }
    }
    return false;
}

bool flatpak_sees_home(const char *id)
{
    static const char *const values[] = { "home", "host", NULL };

    return permits(id, "filesystems", values);
}

bool flatpak_sees_pcscd(const char *id)
{
    static const char *const values[] = { "pcsc", NULL };

    return permits(id, "sockets", values);
}

bool flatpak_usr(const char *id, char *ret_folder)
{
    char runtime[PROGRAM_OUTPUT_MAX], location[PROGRAM_OUTPUT_MAX];
    const char *const ask_runtime[] = { "flatpak", "info", "--show-runtime", id, NULL };
    const char *const ask_location[] = { "flatpak", "info", "--show-location", runtime, NULL };

    if (!program_says(ask_runtime, runtime))
        return false;
    runtime[strcspn(runtime, "\n")] = '\0';
    if (!program_says(ask_location, location))
        return false;
    location[strcspn(location, "\n")] = '\0';
    return snprintf(ret_folder, PATH_MAX, "%s/files", location) < PATH_MAX;
}
