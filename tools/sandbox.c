/* SPDX-License-Identifier: BSD-3-Clause */
#include "sandbox.h"

#include "flatpak.h"
#include "snap.h"
#include "sysfiles.h"
#include "text.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENT "p11-kit-client.so"

/* The folder of ours that the sandbox sees under the same name. */
static bool own_folder(const struct person *person, const struct app_row *app, char *ret_folder)
{
    return snprintf(ret_folder, PATH_MAX,
                    app->wrap == WRAP_SNAP ? "%s/snap/%s/common/jpki" : "%s/.var/app/%s/jpki",
                    person->home, app->id) < PATH_MAX;
}

static bool shared_folder(const struct person *person, char *ret_folder)
{
    return path_join(person->data, "jpki", ret_folder);
}

bool modules_place(const char *module, struct modules *ret_modules)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(module, '/');

    return slash != NULL &&
           snprintf(folder, sizeof(folder), "%.*s", (int)(slash - module), module) < PATH_MAX &&
           path_join(folder, AUTH_NAME, ret_modules->auth) &&
           path_join(folder, FULL_NAME, ret_modules->full) &&
           path_join(folder, FORWARD_NAME, ret_modules->forward);
}

bool sandbox_client(const struct app_row *app, char *ret_path)
{
    static const char *const folders[] = { "usr/lib/*/pkcs11",
                                           "lib/*/pkcs11",
                                           "usr/lib64/pkcs11",
                                           "usr/lib/pkcs11",
                                           "lib64/pkcs11",
                                           "lib/pkcs11",
                                           NULL };
    char tree[PATH_MAX], target[PATH_MAX], path[PATH_MAX];

    if (app->wrap == WRAP_FLATPAK)
        return flatpak_usr(app->id, tree) && file_find(tree, folders, CLIENT, ret_path);
    return snap_provider(app->id, tree, target) && file_find(tree, folders, CLIENT, path) &&
           snprintf(ret_path, PATH_MAX, "%s%s", target, path + strlen(tree)) < PATH_MAX;
}

bool sandbox_by_policy(const struct app_row *app, const char *library)
{
    char path[PATH_MAX];

    if (app->wrap == WRAP_FLATPAK)
        return sysfiles_forwarder(library, path);
    return sandbox_client(app, path) && strcmp(library, path) == 0;
}

/* Why the browser cannot have a socket, translated; NULL: it can.  ret_client: what to load then
 * in a Snap. */
static const char *far_obstacle(const struct app_row *app, char *ret_client)
{
    const char *why = units_obstacle();

    if (why == NULL && !sandbox_client(app, ret_client))
        why = _("it has no p11-kit inside");
    return why;
}

static int forwarder_lay(const struct modules *modules, const char *folder, char *ret_library)
{
    return path_join(folder, FORWARD_NAME, ret_library)
               ? file_copy(modules->forward, ret_library, 0600)
               : CODE_FAILED;
}

/* What the forwarder hands on to outside: the module, by a link that leads nowhere inside. */
int sandbox_share(const struct person *person, const struct modules *modules, char *ret_library)
{
    char folder[PATH_MAX], link[PATH_MAX], now[PATH_MAX];
    ssize_t len;

    if (!shared_folder(person, folder) || forwarder_lay(modules, folder, ret_library) != CODE_OK ||
        !path_join(folder, AUTH_NAME, link))
        return CODE_FAILED;
    if (copies_there(folder))
        return CODE_OK;
    len = readlink(link, now, sizeof(now) - 1);
    now[len < 0 ? 0 : len] = '\0';
    if (strcmp(now, modules->auth) == 0)
        return CODE_OK;
    if ((len < 0 || unlink(link) == 0) && symlink(modules->auth, link) == 0)
        return CODE_OK;
    say_error(_("%s cannot be made: %m"), link);
    return CODE_FAILED;
}

static int folder_leave(const char *folder)
{
    char path[PATH_MAX];

    if (copies_drop(folder) != CODE_OK || !path_join(folder, FORWARD_NAME, path))
        return CODE_FAILED;
    return access(path, F_OK) == 0 ? file_drop(path) : CODE_OK;
}

static int far_enter(const struct person *person, const struct app_row *app,
                     const struct modules *modules, bool shared, const char *client,
                     char *ret_library)
{
    char folder[PATH_MAX];
    int code;

    if (!own_folder(person, app, folder) || (shared && !shared_folder(person, folder)))
        return CODE_FAILED;
    code = !shared || copies_there(folder) ? copies_drop(folder) : CODE_OK;
    if (code == CODE_OK && app->wrap == WRAP_SNAP) /* without copies it needs no forwarder either */
        code = folder_leave(folder);
    if (code == CODE_OK && shared)
        code = sandbox_share(person, modules, ret_library);
    else if (code == CODE_OK && app->wrap == WRAP_FLATPAK)
        code = forwarder_lay(modules, folder, ret_library);
    else if (code == CODE_OK && snprintf(ret_library, PATH_MAX, "%s", client) >= PATH_MAX)
        code = CODE_FAILED;
    return code == CODE_OK ? units_start(person, app, modules->auth) : code;
}

int sandbox_enter(const struct person *person, const struct app_row *app,
                  const struct modules *modules, const char *database, char *ret_library)
{
    char folder[PATH_MAX], client[PATH_MAX];
    bool shared = database_shared(person, database);
    const char *why = far_obstacle(app, client);
    int code;

    if (why == NULL)
        return far_enter(person, app, modules, shared, client, ret_library);
    text_line(stdout, _("%s: %s: the module is copied into it (register again after each upgrade)"),
              app->name, why);
    if (!own_folder(person, app, folder) || (shared && !shared_folder(person, folder)) ||
        !path_join(folder, FORWARD_NAME, ret_library))
        return CODE_FAILED;
    code = copies_lay(app, modules, folder);
    return code == CODE_OK ? units_stop(person, app) : code;
}

int sandbox_open(const struct person *person, const struct app_row *app, const char *database)
{
    char folder[PATH_MAX], command[256];
    bool shared = database_shared(person, database);

    if (!(shared ? shared_folder(person, folder) : own_folder(person, app, folder)) ||
        !copies_there(folder) || !pcscd_command(app, command, sizeof(command)))
        return CODE_OK;
    say_error(_("%s does not see the smart card service yet."), app->name);
    say_next(_("Type once: %s"), command);
    return CODE_FAILED;
}

int sandbox_leave(const struct person *person, const struct app_row *app)
{
    char folder[PATH_MAX];
    int code = units_stop(person, app);

    return code == CODE_OK && own_folder(person, app, folder) ? folder_leave(folder) : code;
}

int sandbox_unshare(const struct person *person)
{
    char folder[PATH_MAX];

    return shared_folder(person, folder) ? folder_leave(folder) : CODE_FAILED;
}

const char *sandbox_trouble(const struct person *person, const struct app_row *app,
                            const struct modules *modules, const char *database,
                            const char *library)
{
    char folder[PATH_MAX], expected[PATH_MAX], client[PATH_MAX], command[256];
    static char text[512];
    bool shared = database_shared(person, database);

    if (!own_folder(person, app, folder) || (shared && !shared_folder(person, folder)) ||
        !path_join(folder, FORWARD_NAME, expected))
        return NULL;
    if (copies_there(folder) && strcmp(library, expected) == 0) {
        if (copies_stale(modules, folder))
            return _("the copy of the module in its sandbox is outdated");
        if (!pcscd_command(app, command, sizeof(command)))
            return NULL;
        snprintf(text, sizeof(text), _("it does not see the smart card service; type once: %s"),
                 command);
        return text;
    }
    if (!sandbox_client(app, client))
        return _("it has no p11-kit inside");
    if (!sysfiles_forwarder(library, expected) &&
        strcmp(library, app->wrap == WRAP_SNAP ? client : expected) != 0)
        return _("its entry names a file that it does not see");
    if (app->wrap == WRAP_FLATPAK && copy_outdated(expected, modules->forward))
        return _("the forwarder in its sandbox is outdated");
    return units_answer(person, app) ? NULL : _("nobody answers behind its socket");
}
