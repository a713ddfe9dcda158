/* SPDX-License-Identifier: BSD-3-Clause */
#include "units.h"

#include "program.h"
#include "text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MS 5000

/* The units of a browser: what they are called, and their files. */
struct units {
    char name[128], socket[160], socket_file[PATH_MAX], service_file[PATH_MAX];
};

/* Where the sandbox looks: a Snap's runtime folder has another name outside, a Flatpak has a
 * folder of its own in both. */
static bool socket_place(const struct app_row *app, const char *runtime, char *ret_path)
{
    return snprintf(ret_path, PATH_MAX,
                    app->wrap == WRAP_SNAP ? "%s/snap.%s/p11-kit/pkcs11" : "%s/app/%s/jpki",
                    runtime, app->id) < PATH_MAX;
}

/* config: the person's folder, or everybody's. */
static bool units_name(const struct app_row *app, const char *config, struct units *ret_units)
{
    struct units *units = ret_units;

    snprintf(units->name, sizeof(units->name), "jpki-%s%s", app->wrap == WRAP_SNAP ? "snap." : "",
             app->id);
    snprintf(units->socket, sizeof(units->socket), "%s.socket", units->name);
    return snprintf(units->socket_file, PATH_MAX, "%s/systemd/user/%s", config, units->socket) <
               PATH_MAX &&
           snprintf(units->service_file, PATH_MAX, "%s/systemd/user/%s@.service", config,
                    units->name) < PATH_MAX;
}

/* Write both; *ret_same: they said so before. */
static int units_write(const struct app_row *app, const struct units *units, const char *auth,
                       bool *ret_same)
{
    char p11kit[PATH_MAX], place[PATH_MAX], socket[PATH_MAX * 2], service[PATH_MAX * 3];
    int code;

    if (!program_find("p11-kit", p11kit)) {
        say_error("%s: %s", app->name, _("p11-kit is not installed (Debian: apt install p11-kit)"));
        return CODE_FAILED;
    }
    if (strpbrk(auth, " \t\"'\\$%") != NULL || !socket_place(app, "%t", place)) {
        say_error(_("the module's path cannot stand in a unit of systemd: %s"), auth);
        return CODE_FAILED;
    }
    snprintf(
        socket, sizeof(socket),
        "# written by jpki-token register\n[Unit]\nDescription=My Number Card for %s\n\n"
        "[Socket]\nListenStream=%s\nDirectoryMode=0700\nSocketMode=0600\nAccept=yes\nRemoveOnStop=yes\n\n"
        "[Install]\nWantedBy=sockets.target\n",
        app->name, place);
    snprintf(service, sizeof(service),
             "# written by jpki-token register\n[Unit]\nDescription=My Number Card for %s\n"
             "CollectMode=inactive-or-failed\n\n"
             "[Service]\nExecStart=%s remote %s\nStandardInput=socket\nStandardError=journal\n",
             app->name, p11kit, auth);
    *ret_same = file_compare(units->socket_file, socket, strlen(socket)) == FILE_SAME &&
                file_compare(units->service_file, service, strlen(service)) == FILE_SAME;
    code = file_put(units->socket_file, socket, strlen(socket), 0644);
    return code == CODE_OK ? file_put(units->service_file, service, strlen(service), 0644) : code;
}

const char *units_obstacle(void)
{
    static const char *const words[] = { "systemctl", "--user", "show-environment", NULL };
    char path[PATH_MAX];

    if (!program_find("p11-kit", path))
        return _("p11-kit is not installed (Debian: apt install p11-kit)");
    return program_succeeds(words) ? NULL : _("there is no systemd for your login here");
}

/* unit: NULL for a command that is about none. */
static int systemctl(const char *what, const char *unit)
{
    const char *const words[] = { "systemctl", "--user", what, unit, NULL };
    char output[PROGRAM_OUTPUT_MAX];

    if (program_says(words, output))
        return CODE_OK;
    say_error(_("systemctl --user %s failed. It said:"), what);
    text_lines(stderr, output);
    return CODE_FAILED;
}

int units_start(const struct person *person, const struct app_row *app, const char *auth)
{
    struct units units;
    const char *const active[] = {
        "systemctl", "--user", "--quiet", "is-active", units.socket, NULL
    };
    bool same;

    if (!units_name(app, person->config, &units) ||
        units_write(app, &units, auth, &same) != CODE_OK ||
        (!same && systemctl("daemon-reload", NULL) != CODE_OK))
        return CODE_FAILED;
    if ((!same || !program_succeeds(active)) && (systemctl("enable", units.socket) != CODE_OK ||
                                                 systemctl("restart", units.socket) != CODE_OK))
        return CODE_FAILED;
    if (units_answer(person, app))
        return CODE_OK;
    say_error(_("%s: nobody answers behind its socket"), app->name);
    say_next(_("The reason is in: journalctl --user -u '%s@*'"), units.name);
    return CODE_FAILED;
}

int units_stop(const struct person *person, const struct app_row *app)
{
    struct units units;
    char instances[160], link[PATH_MAX];
    const char *const disable[] = { "systemctl", "--user", "disable", "--now", units.socket, NULL };
    const char *const stop[] = { "systemctl", "--user", "stop", instances, NULL };
    const char *const reload[] = { "systemctl", "--user", "daemon-reload", NULL };

    if (!units_name(app, person->config, &units) ||
        (access(units.socket_file, F_OK) != 0 && access(units.service_file, F_OK) != 0))
        return CODE_OK;
    snprintf(instances, sizeof(instances), "%s@*.service", units.name);
    if (snprintf(link, sizeof(link), "%s/systemd/user/sockets.target.wants/%s", person->config,
                 units.socket) >= PATH_MAX)
        return CODE_FAILED;
    /* without a systemd nothing runs, and the link goes with the files */
    (void)program_succeeds(disable);
    (void)program_succeeds(stop);
    if (file_drop(link) != CODE_OK || file_drop(units.socket_file) != CODE_OK ||
        file_drop(units.service_file) != CODE_OK)
        return CODE_FAILED;
    (void)program_succeeds(reload);
    return CODE_OK;
}

int units_global(const struct app_row *app, const char *auth, bool wanted)
{
    struct units units;
    const char *const words[] = { "systemctl", "--global", wanted ? "enable" : "disable",
                                  units.socket, NULL };
    bool same;
    int code;

    if (!units_name(app, "/etc", &units))
        return CODE_FAILED;
    if (!wanted) {
        if (access(units.socket_file, F_OK) != 0)
            return CODE_OK;
        (void)program_succeeds(words);
        code = file_drop(units.socket_file);
        return code == CODE_OK ? file_drop(units.service_file) : code;
    }
    code = units_write(app, &units, auth, &same);
    if (code == CODE_OK && !program_succeeds(words)) {
        say_error(_("systemctl --global %s %s failed."), words[2], units.socket);
        code = CODE_FAILED;
    }
    if (code == CODE_OK)
        text_line(stdout, _("for each user from the next login: %s"), units.socket_file);
    return code;
}

/*
 * p11-kit's protocol begins with one byte each way, the version.  "p11-kit remote" answers when it
 * has loaded the module, so the byte tells of socket, unit, p11-kit and module in one.
 */
bool units_answer(const struct person *person, const struct app_row *app)
{
    char place[PATH_MAX];

    return socket_place(app, person->runtime, place) && socket_answers(place, "", 1, 1, ANSWER_MS);
}
