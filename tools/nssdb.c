/* SPDX-License-Identifier: BSD-3-Clause */
#include "nssdb.h"

#include "program.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER_ROOM (PATH_MAX + sizeof("sql:"))

bool nssdb_exists(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;

    return path_join(folder, "pkcs11.txt", path) && stat(path, &st) == 0;
}

/*
 * pkcs11.txt has one block of key=value lines a module, blocks parted by empty lines.  The value of
 * "library" comes before the name, so it is kept until the name is known.
 */
static bool entry_find(const char *folder, const char *name, char *ret_library)
{
    char path[PATH_MAX], line[PATH_MAX + 16], library[PATH_MAX] = "";
    bool found = false;
    FILE *file;

    if (!path_join(folder, "pkcs11.txt", path))
        return false;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            library[0] = '\0';
        else if (strncmp(line, "library=", 8) == 0)
            snprintf(library, sizeof(library), "%.*s", PATH_MAX - 1, line + 8);
        found = strncmp(line, "name=", 5) == 0 && strcmp(line + 5, name) == 0;
    }
    (void)fclose(file);
    if (found)
        memcpy(ret_library, library, sizeof(library));
    return found;
}

bool nssdb_library(const char *folder, char *ret_library)
{
    return entry_find(folder, NSSDB_MODULE, ret_library) ||
           entry_find(folder, NSSDB_MODULE_SNAP, ret_library);
}

/* Run modutil on a database and see whether the entry of this name is then as wanted (NULL:
 * gone). */
static int modutil_on(const char *folder, const char *const more[static 4], const char *name,
                      const char *library)
{
    char database[FOLDER_ROOM], output[PROGRAM_OUTPUT_MAX], now[PATH_MAX];
    const char *const words[] = { "modutil", "-force", "-dbdir", database, more[0],
                                  more[1],   more[2],  more[3],  NULL };
    int err, status;
    bool entered;

    snprintf(database, sizeof(database), "sql:%s", folder);
    err = program_run(words, output, &status);
    if (err != 0) {
        say_error(_("%s cannot be started: %s"), words[0], strerror(err));
        say_next("%s", _("Install NSS's tools (Debian: apt install libnss3-tools)."));
        return CODE_FAILED;
    }
    entered = entry_find(folder, name, now);
    if (nssdb_exists(folder) && (library == NULL ? !entered : entered && strcmp(now, library) == 0))
        return CODE_OK;
    say_error(_("modutil did not change %s. It said:"), folder);
    text_lines(stderr, output);
    return CODE_FAILED;
}

int nssdb_create(const char *folder)
{
    static const char *const words[4] = { "-create" };
    int code = folders_make(folder, 0700);

    return code == CODE_OK ? modutil_on(folder, words, NSSDB_MODULE, NULL) : code;
}

int nssdb_add(const char *folder, const char *library)
{
    const char *const words[4] = { "-add", NSSDB_MODULE, "-libfile", library };

    return modutil_on(folder, words, NSSDB_MODULE, library);
}

int nssdb_add_unseen(const char *folder, const char *library)
{
    char spec[PATH_MAX + 64];
    const char *const words[4] = { "-rawadd", spec };

    snprintf(spec, sizeof(spec), "library=\"%s\" name=" NSSDB_MODULE, library);
    return modutil_on(folder, words, NSSDB_MODULE, library);
}

int nssdb_remove(const char *folder)
{
    static const char *const names[] = { NSSDB_MODULE, NSSDB_MODULE_SNAP };
    char library[PATH_MAX];
    int code = CODE_OK;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && code == CODE_OK; i++) {
        const char *const words[4] = { "-delete", names[i] };

        if (entry_find(folder, names[i], library))
            code = modutil_on(folder, words, names[i], NULL);
    }
    return code;
}

bool nssdb_loads(const char *folder, const char *text)
{
    char path[PATH_MAX];

    return path_join(folder, "pkcs11.txt", path) && file_holds(path, text);
}
