/* SPDX-License-Identifier: BSD-3-Clause */
#include "sandbox_copy.h"

#include "flatpak.h"
#include "snap.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Always the machine's libpcsclite, never the sandbox's: pcscd understands its own version alone.
 * From 2.0 it is a loader for a second file.  The forwarder loads them in this order, so that each
 * finds the one before by its name.
 */
static const char *const copies[] = { "libpcsclite_real.so.1", "libpcsclite.so.1", AUTH_NAME };
#define COPY_COUNT (sizeof(copies) / sizeof(copies[0]))

/* Where the original of a copy lies; false: there is none, as of the second file of libpcsclite
 * before 2.0. */
static bool original_find(const struct modules *modules, const char *name, char *ret_path)
{
    const struct link_map *map = NULL;
    void *handle;
    bool found = false;

    if (strcmp(name, AUTH_NAME) == 0)
        return snprintf(ret_path, PATH_MAX, "%s", modules->auth) < PATH_MAX &&
               access(ret_path, R_OK) == 0;
    handle = dlopen("libpcsclite.so.1", RTLD_NOW | RTLD_LOCAL);
    if (handle != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0) {
        const char *slash = strrchr(map->l_name, '/');

        found = slash != NULL &&
                snprintf(ret_path, PATH_MAX, "%.*s/%s", (int)(slash - map->l_name), map->l_name,
                         name) < PATH_MAX &&
                access(ret_path, R_OK) == 0;
    }
    if (handle != NULL)
        (void)dlclose(handle);
    return found;
}

/* The highest GLIBC_2.N that the file names: for a program what it asks for, for libc what it
 * has.  -1: not to be read. */
static int glibc_highest(const char *path)
{
    static const char mark[] = "GLIBC_2.";
    size_t len;
    char *bytes = file_read(path, &len);
    const char *at = bytes;
    int highest = -1;

    if (bytes == NULL)
        return -1;
    while ((at = memmem(at, len - (size_t)(at - bytes), mark, sizeof(mark) - 1)) != NULL) {
        long number;

        at += sizeof(mark) - 1;
        number = strtol(at, NULL, 10); /* ends at the zero behind the file at the latest */
        if (number > highest && number < 1000)
            highest = (int)number;
    }
    free(bytes);
    return highest;
}

/* Where a tree has the libraries for this machine. */
static const char *const library_folders[] = {
    "lib/*-linux-gnu*", "usr/lib/*-linux-gnu*", "lib64", "usr/lib64", "lib", NULL
};

/* Where the sandbox's own libraries lie out here. */
static bool sandbox_tree(const struct app_row *app, char *ret_folder)
{
    return app->wrap == WRAP_SNAP ? snap_base(app->id, ret_folder)
                                  : flatpak_usr(app->id, ret_folder);
}

/* Whether the libraries inside can carry the copies: a browser says nothing about a module that
 * it could not load. */
static int libraries_judge(const struct app_row *app, const struct modules *modules)
{
    char tree[PATH_MAX], path[PATH_MAX], provider[PATH_MAX], target[PATH_MAX];
    int inside, needed;

    if (!sandbox_tree(app, tree) || !file_find(tree, library_folders, "libc.so.6", path)) {
        say_error(_("%s: what libraries it has inside cannot be seen"), app->name);
        return CODE_FAILED;
    }
    inside = glibc_highest(path);
    for (size_t i = 0; i < COPY_COUNT; i++) {
        if (!original_find(modules, copies[i], path))
            continue;
        needed = glibc_highest(path);
        if (needed > inside) {
            say_error(_("%s: its libc is too old for %s (2.%d, needed: 2.%d)"), app->name, path,
                      inside, needed);
            return CODE_FAILED;
        }
    }
    if (!file_find(tree, library_folders, "libcrypto.so.3", path) &&
        !(app->wrap == WRAP_SNAP && snap_provider(app->id, provider, target) &&
          file_find(provider, library_folders, "libcrypto.so.3", path))) {
        say_error(_("%s: it has no OpenSSL 3 inside"), app->name);
        return CODE_FAILED;
    }
    return CODE_OK;
}

static int copy_lay(const char *from, const char *folder, const char *name)
{
    char to[PATH_MAX];

    return path_join(folder, name, to) ? file_copy(from, to, 0600) : CODE_FAILED;
}

int copies_lay(const struct app_row *app, const struct modules *modules, const char *folder)
{
    char from[PATH_MAX];
    int code = libraries_judge(app, modules);

    if (code == CODE_OK)
        code = copy_lay(modules->forward, folder, FORWARD_NAME);
    for (size_t i = 0; i < COPY_COUNT && code == CODE_OK; i++) {
        if (original_find(modules, copies[i], from))
            code = copy_lay(from, folder, copies[i]);
    }
    return code;
}

int copies_drop(const char *folder)
{
    char path[PATH_MAX];
    int code = CODE_OK;

    for (size_t i = 0; i < COPY_COUNT && code == CODE_OK; i++)
        code = path_join(folder, copies[i], path) ? file_drop(path) : CODE_FAILED;
    return code;
}

bool copies_there(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;

    return path_join(folder, AUTH_NAME, path) && lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool copies_stale(const struct modules *modules, const char *folder)
{
    char from[PATH_MAX], to[PATH_MAX];
    bool stale = false;

    for (size_t i = 0; i < COPY_COUNT && !stale; i++) {
        if (path_join(folder, copies[i], to))
            stale = original_find(modules, copies[i], from) ? copy_outdated(to, from)
                                                            : access(to, F_OK) == 0;
    }
    return stale;
}

bool pcscd_command(const struct app_row *app, char *ret_command, size_t room)
{
    if (app->wrap == WRAP_SNAP) {
        snprintf(ret_command, room, "sudo snap connect %s:pcscd", app->id);
        return !snap_sees_pcscd(app->id);
    }
    snprintf(ret_command, room, "flatpak override --user --socket=pcsc %s", app->id);
    return !flatpak_sees_pcscd(app->id);
}
