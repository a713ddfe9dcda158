/* SPDX-License-Identifier: BSD-3-Clause */
#include "snap.h"

#include "program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALUE_MAX 256

bool snap_folder(const char *name, char *ret_folder)
{
    static const char *const roots[] = { "/snap", "/var/lib/snapd/snap" };

    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        int len = snprintf(ret_folder, PATH_MAX, "%s/%s/current", roots[i], name);

        if (len > 0 && len < PATH_MAX && access(ret_folder, F_OK) == 0)
            return true;
    }
    return false;
}

/*
 * A snap's meta/snap.yaml, read line by line: "key: value".  The plug for the libraries is the one
 * whose provider has "gnome" in its name; its "target" stands in the same block, before or behind
 * it.
 */
static bool yaml_value(const char *name, const char *key, const char *holding,
                       char ret_value[static VALUE_MAX])
{
    char folder[PATH_MAX], path[PATH_MAX + 32], line[512];
    size_t key_len = strlen(key);
    bool found = false;
    FILE *file;

    if (!snap_folder(name, folder))
        return false;
    snprintf(path, sizeof(path), "%s/meta/snap.yaml", folder);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        char *at = line + strspn(line, " -"), *value;

        at[strcspn(at, "\r\n")] = '\0';
        if (strncmp(at, key, key_len) != 0 || at[key_len] != ':')
            continue;
        value = at + key_len + 1;
        value += strspn(value, " '\"");
        value[strcspn(value, "'\"")] = '\0';
        found = strstr(value, holding) != NULL &&
                snprintf(ret_value, VALUE_MAX, "%s", value) < VALUE_MAX;
    }
    (void)fclose(file);
    return found;
}

bool snap_provider(const char *name, char *ret_folder, char *ret_target)
{
    char provider[VALUE_MAX], target[VALUE_MAX];
    const char *below;

    if (!yaml_value(name, "default-provider", "gnome", provider) ||
        !snap_folder(provider, ret_folder) || !yaml_value(name, "target", "gnome", target))
        return false;
    below = strrchr(target, '/'); /* $SNAP/gnome-platform */
    return snprintf(ret_target, PATH_MAX, "/snap/%s/current/%s", name,
                    below == NULL ? target : below + 1) < PATH_MAX;
}

bool snap_base(const char *name, char *ret_folder)
{
    char base[VALUE_MAX];

    return yaml_value(name, "base", "", base) && snap_folder(base, ret_folder);
}

bool snap_sees_pcscd(const char *name)
{
    const char *const words[] = { "snap", "connections", name, NULL };
    char output[PROGRAM_OUTPUT_MAX], *rest = output;

    if (!program_says(words, output))
        return false;
    /* INTERFACE PLUG SLOT NOTES; a slot of "-" is no connection */
    for (const char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
        char interface[64], plug[64], slot[64];

        if (sscanf(line, "%63s %63s %63s", interface, plug, slot) == 3 &&
            strstr(plug, ":pcscd") != NULL)
            return strcmp(slot, "-") != 0;
    }
    return false;
}
