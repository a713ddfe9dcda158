/* SPDX-License-Identifier: BSD-3-Clause */
/* The systemd units of a browser in a sandbox: a socket where the sandbox sees it, and who
 * answers there. */
#include "program.h"
#include "sandbox.h"
#include "text.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MS 5000

/* What a person's, or everybody's, units are called and say. */
struct unit_text {
    char name[128], socket[PATH_MAX * 2], service[PATH_MAX * 3];
};

/* Where the sandbox looks: a Snap's runtime folder has another name outside, a Flatpak has a
 * folder of its own in both. */
static void socket_place(const struct app_row *app, const char *runtime, char *ret_path,
                         size_t room)
{
    if (app->wrap == WRAP_SNAP)
        snprintf(ret_path, room, "%s/snap.%s/p11-kit/pkcs11", runtime, app->id);
    else
        snprintf(ret_path, room, "%s/app/%s/jpki", runtime, app->id);
}

static void unit_name(const struct app_row *app, char ret_name[static 128])
{
    snprintf(ret_name, 128, "jpki-%s%s", app->wrap == WRAP_SNAP ? "snap." : "", app->id);
}

static bool units_write(const struct app_row *app, const char *auth, struct unit_text *ret_text)
{
    char p11kit[PATH_MAX], place[PATH_MAX];

    if (!program_find("p11-kit", p11kit) || strpbrk(auth, " \t\"'\\$%") != NULL)
        return false;
    unit_name(app, ret_text->name);
    socket_place(app, "%t", place, sizeof(place));
    snprintf(
        ret_text->socket, sizeof(ret_text->socket),
        "# written by jpki-token register\n[Unit]\nDescription=My Number Card for %s\n\n"
        "[Socket]\nListenStream=%s\nDirectoryMode=0700\nSocketMode=0600\nAccept=yes\nRemoveOnStop=yes\n\n"
        "[Install]\nWantedBy=sockets.target\n",
        app->name, place);
    snprintf(ret_text->service, sizeof(ret_text->service),
             "# written by jpki-token register\n[Unit]\nDescription=My Number Card for %s\n"
             "CollectMode=inactive-or-failed\n\n"
             "[Service]\nExecStart=%s remote %s\nStandardInput=socket\nStandardError=journal\n",
             app->name, p11kit, auth);
    return true;
}

const char *units_obstacle(void)
{
    static const char *const words[] = { "systemctl", "--user", "show-environment", NULL };
    char path[PATH_MAX];

    if (!program_find("p11-kit", path))
        return _("p11-kit is not installed (Debian: apt install p11-kit)");
    return program_succeeds(words) ? NULL : _("there is no systemd for your login here");
}

/* The two files of a browser's units; config: the person's folder, or everybody's. */
static bool unit_paths(const char *config, const char *name, char *ret_socket, char *ret_service)
{
    return snprintf(ret_socket, PATH_MAX, "%s/systemd/user/%s.socket", config, name) < PATH_MAX &&
           snprintf(ret_service, PATH_MAX, "%s/systemd/user/%s@.service", config, name) < PATH_MAX;
}

static int systemctl(const char *what, const char *how, const char *unit)
{
    const char *const words[] = {
        "systemctl", "--user", what, how == NULL ? unit : how, how == NULL ? NULL : unit, NULL
    };
    char output[PROGRAM_OUTPUT_MAX];
    int status;

    if (program_run(words, output, &status) == 0 && status == 0)
        return CODE_OK;
    say_error(_("systemctl --user %s failed. It said:"), what);
    text_lines(stderr, output);
    return CODE_FAILED;
}

int units_start(const struct person *person, const struct app_row *app, const char *auth)
{
    struct unit_text text;
    char socket_file[PATH_MAX], service_file[PATH_MAX], unit[160];
    const char *const active[] = { "systemctl", "--user", "--quiet", "is-active", unit, NULL };
    bool same;

    if (!units_write(app, auth, &text) ||
        !unit_paths(person->config, text.name, socket_file, service_file)) {
        say_error(_("the module's path cannot stand in a unit of systemd: %s"), auth);
        return CODE_FAILED;
    }
    snprintf(unit, sizeof(unit), "%s.socket", text.name);
    same = file_compare(socket_file, text.socket, strlen(text.socket)) == FILE_SAME &&
           file_compare(service_file, text.service, strlen(text.service)) == FILE_SAME;
    if (!same && (file_put(socket_file, text.socket, strlen(text.socket), 0644) != CODE_OK ||
                  file_put(service_file, text.service, strlen(text.service), 0644) != CODE_OK ||
                  systemctl("daemon-reload", NULL, NULL) != CODE_OK))
        return CODE_FAILED;
    if ((!same || !program_succeeds(active)) &&
        (systemctl("enable", NULL, unit) != CODE_OK || systemctl("restart", NULL, unit) != CODE_OK))
        return CODE_FAILED;
    if (units_answer(person, app))
        return CODE_OK;
    say_error(_("%s: nobody answers behind its socket"), app->name);
    say_next(_("The reason is in: journalctl --user -u '%s@*'"), text.name);
    return CODE_FAILED;
}

/* Whether units of ours are there for the browser. */
static bool units_there(const struct person *person, const struct app_row *app)
{
    char name[128], socket_file[PATH_MAX], service_file[PATH_MAX];

    unit_name(app, name);
    return unit_paths(person->config, name, socket_file, service_file) &&
           (access(socket_file, F_OK) == 0 || access(service_file, F_OK) == 0);
}

int units_stop(const struct person *person, const struct app_row *app)
{
    char name[128], socket_file[PATH_MAX], service_file[PATH_MAX], unit[160], instances[160],
        link[PATH_MAX];
    const char *const disable[] = { "systemctl", "--user", "disable", "--now", unit, NULL };
    const char *const stop[] = { "systemctl", "--user", "stop", instances, NULL };
    const char *const reload[] = { "systemctl", "--user", "daemon-reload", NULL };

    if (!units_there(person, app))
        return CODE_OK;
    unit_name(app, name);
    snprintf(unit, sizeof(unit), "%s.socket", name);
    snprintf(instances, sizeof(instances), "%s@*.service", name);
    if (!unit_paths(person->config, name, socket_file, service_file) ||
        snprintf(link, sizeof(link), "%s/systemd/user/sockets.target.wants/%s", person->config,
                 unit) >= PATH_MAX)
        return CODE_FAILED;
    /* without a systemd nothing runs, and the link goes with the files */
    (void)program_succeeds(disable);
    (void)program_succeeds(stop);
    if (file_drop(link) != CODE_OK || file_drop(socket_file) != CODE_OK ||
        file_drop(service_file) != CODE_OK)
        return CODE_FAILED;
    (void)program_succeeds(reload);
    return CODE_OK;
}

int units_global(const struct app_row *app, const char *auth, bool wanted)
{
    struct unit_text text;
    char socket_file[PATH_MAX], service_file[PATH_MAX], unit[160];
    const char *const words[] = { "systemctl", "--global", wanted ? "enable" : "disable", unit,
                                  NULL };
    int code;

    unit_name(app, text.name);
    snprintf(unit, sizeof(unit), "%s.socket", text.name);
    if (!unit_paths("/etc", text.name, socket_file, service_file))
        return CODE_FAILED;
    if (!wanted) {
        if (access(socket_file, F_OK) != 0)
            return CODE_OK;
        (void)program_succeeds(words);
        code = file_drop(socket_file);
        return code == CODE_OK ? file_drop(service_file) : code;
    }
    if (!units_write(app, auth, &text)) {
        say_error("%s: %s", app->name, _("p11-kit is not installed (Debian: apt install p11-kit)"));
        return CODE_FAILED;
    }
    code = file_put(socket_file, text.socket, strlen(text.socket), 0644);
    if (code == CODE_OK)
        code = file_put(service_file, text.service, strlen(text.service), 0644);
    if (code == CODE_OK && !program_succeeds(words)) {
        say_error(_("systemctl --global %s %s failed."), words[2], unit);
        code = CODE_FAILED;
    }
    if (code == CODE_OK)
        text_line(stdout, _("for each user from the next login: %s"), socket_file);
    return code;
}

/*
 * p11-kit's protocol begins with one byte each way, the version.  "p11-kit remote" answers when it
 * has loaded the module, so the byte tells of socket, unit, p11-kit and module in one.
 */
bool units_answer(const struct person *person, const struct app_row *app)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct pollfd wait = { .events = POLLIN };
    char place[PATH_MAX], byte = 0;
    bool answered = false;

    socket_place(app, person->runtime, place, sizeof(place));
    if (strlen(place) >= sizeof(address.sun_path))
        return false;
    memcpy(address.sun_path, place, strlen(place));
    wait.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wait.fd < 0)
        return false;
    if (connect(wait.fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
        send(wait.fd, &byte, 1, MSG_NOSIGNAL) == 1 && poll(&wait, 1, ANSWER_MS) == 1)
        answered = recv(wait.fd, &byte, 1, 0) == 1;
    (void)close(wait.fd);
    return answered;
}
