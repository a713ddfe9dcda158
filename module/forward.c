/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a browser in a Flatpak loads: it hands on to p11-kit's client in there, which speaks to our
 * module outside.  The client learns the address from a variable of the environment that flatpak
 * takes away, so it is set for the one call that reads it.
 *
 * A module that lies beside this file comes first: a copy of ours, where there can be no client,
 * with the libpcsclite that it needs loaded before it, so that it is found by its name; or,
 * outside, a link to the installed one.
 */
#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ADDRESS "P11_KIT_SERVER_ADDRESS"

typedef unsigned long (*function_list)(void **);

__attribute__((visibility("default"))) unsigned long C_GetFunctionList(void **ret_list);

static const char here; /* C_GetFunctionList may be another's by the time somebody looks it up */

/* The file of that name beside this one, kept loaded; NULL: it is not there or cannot be loaded. */
static void *beside_open(const char *name)
{
    char path[PATH_MAX];
    const char *slash;
    Dl_info info;

    if (dladdr(&here, &info) == 0 || info.dli_fname == NULL)
        return NULL;
    slash = strrchr(info.dli_fname, '/');
    if (slash == NULL ||
        snprintf(path, sizeof(path), "%.*s/%s", (int)(slash - info.dli_fname), info.dli_fname,
                 name) >= (int)sizeof(path) ||
        access(path, R_OK) != 0)
        return NULL;
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *client_open(void)
{
    static const char *const places[] = { "/usr/lib/*/pkcs11/p11-kit-client.so",
                                          "/usr/lib64/pkcs11/p11-kit-client.so",
                                          "/usr/lib/pkcs11/p11-kit-client.so" };
    void *handle = NULL;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && handle == NULL; i++) {
        glob_t files = { .gl_pathc = 0 };

        if (glob(places[i], 0, NULL, &files) == 0) {
            for (size_t k = 0; k < files.gl_pathc && handle == NULL; k++)
                /* one for another machine does not load */
                handle = dlopen(files.gl_pathv[k], RTLD_NOW | RTLD_LOCAL);
        }
        globfree(&files);
    }
    return handle;
}

static unsigned long list_ask(void *handle, void **ret_list)
{
    function_list ask = NULL;
    void *symbol = handle == NULL ? NULL : dlsym(handle, "C_GetFunctionList");

    memcpy(&ask, &symbol, sizeof(ask));
    return ask == NULL ? 0x5 /* CKR_GENERAL_ERROR */ : ask(ret_list);
}

static unsigned long client_ask(void *handle, void **ret_list)
{
    const char *runtime = secure_getenv("XDG_RUNTIME_DIR"), *app = secure_getenv("FLATPAK_ID");
    const char *now = secure_getenv(ADDRESS);
    char address[PATH_MAX], before[PATH_MAX] = "";
    unsigned long rv;

    if (handle == NULL || runtime == NULL || app == NULL ||
        (now != NULL && strlen(now) >= sizeof(before)) ||
        snprintf(address, sizeof(address), "unix:path=%s/app/%s/jpki", runtime, app) >=
            (int)sizeof(address))
        return 0x5;
    if (now != NULL)
        memcpy(before, now, strlen(now) + 1);
    if (setenv(ADDRESS, address, 1) != 0)
        return 0x2; /* CKR_HOST_MEMORY */
    rv = list_ask(handle, ret_list);
    if (now == NULL)
        (void)unsetenv(ADDRESS);
    else
        (void)setenv(ADDRESS, before, 1);
    return rv;
}

unsigned long C_GetFunctionList(void **ret_list)
{
    void *module;

    if (ret_list == NULL)
        return 0x7; /* CKR_ARGUMENTS_BAD */
    (void)beside_open("libpcsclite_real.so.1");
    (void)beside_open("libpcsclite.so.1");
    module = beside_open("libjpki-pkcs11-auth.so");
    return module != NULL ? list_ask(module, ret_list) : client_ask(client_open(), ret_list);
}
