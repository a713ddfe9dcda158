/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfiles.h"

#include "conf.h"
#include "nssdb.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define TEXT_MAX (2 * PATH_MAX + 512)
#define OURS_MAX 3

#define FIREFOX_FILE "/etc/firefox/policies/policies.json"
#define P11KIT_FILE "/etc/pkcs11/modules/" NSSDB_MODULE ".module"
/* What lies in the extension's folder is /app/etc/firefox inside. */
#define FLATPAK_OWN "/var/lib/flatpak"
#define FLATPAK_FOLDER FLATPAK_OWN "/extension/org.mozilla.firefox.systemconfig"
#define FLATPAK_FORWARD "jpki/libjpki-pkcs11-forward.so"
#define POLICY_DELETE "\"Delete\": [\"" NSSDB_MODULE "\""

/* A file of ours and what it may say. */
struct ours {
    const char *path;
    /* the first is what is wanted; the others were, or take back; NULL: none */
    const char *texts[OURS_MAX];
    /* what it says when it is taken back, before it goes; NULL: it goes at once */
    const char *parting;
};

/* Which of the texts the file has; -1: there is no file, OURS_MAX: it has another. */
static int text_found(const struct ours *ours)
{
    for (int i = 0; i < OURS_MAX; i++) {
        if (ours->texts[i] != NULL &&
            file_compare(ours->path, ours->texts[i], strlen(ours->texts[i])) == FILE_SAME)
            return i;
    }
    return file_compare(ours->path, "", 0) == FILE_NONE ? -1 : OURS_MAX;
}

/* Bring the file to the wanted state; *ret_other: it is somebody else's and was left alone. */
static int file_settle(const struct ours *ours, bool wanted, bool *ret_other)
{
    int found = text_found(ours), code;
    bool parted = ours->parting != NULL && found >= 0 && found < OURS_MAX &&
                  strcmp(ours->texts[found], ours->parting) == 0;
    const char *text = wanted ? ours->texts[0] : parted ? NULL : ours->parting;

    *ret_other = found == OURS_MAX;
    if (*ret_other)
        return CODE_FAILED;
    if (wanted ? found == 0 : found < 0) {
        text_line(stdout, wanted ? _("already there: %s") : _("not there: %s"), ours->path);
        return CODE_OK;
    }
    code = text != NULL ? file_put(ours->path, text, strlen(text), 0644) : file_drop(ours->path);
    if (code == CODE_OK)
        text_line(stdout, text != NULL ? _("written: %s") : _("removed: %s"), ours->path);
    if (code == CODE_OK && !wanted && text != NULL)
        say_next(
            "%s",
            _("It takes the module out of each profile at its next start. When all have started once, "
              "the same command takes it away too."));
    return code;
}

/* ---- Firefox */

static void policy_text(const char *auth, const char *client, char ret_text[static TEXT_MAX])
{
    int len = snprintf(
        ret_text, TEXT_MAX,
        "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      \"Add\": {\n        \"%s\": \"%s\"",
        NSSDB_MODULE, auth);

    if (client != NULL)
        len += snprintf(ret_text + len, TEXT_MAX - (size_t)len, ",\n        \"%s\": \"%s\"",
                        NSSDB_MODULE_SNAP, client);
    snprintf(ret_text + len, TEXT_MAX - (size_t)len, "\n      }\n    }\n  }\n}\n");
}

static const char policy_parting[] =
    "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      " POLICY_DELETE
    ", \"" NSSDB_MODULE_SNAP "\"]\n    }\n  }\n}\n";

/* What the text enters under this name. */
static bool entry_read(const char *text, const char *name, char ret_file[static PATH_MAX])
{
    char head[64];
    const char *at;
    size_t len;

    snprintf(head, sizeof(head), "\"%s\": \"", name);
    at = strstr(text, head);
    if (at == NULL)
        return false;
    at += strlen(head);
    len = strcspn(at, "\"");
    return snprintf(ret_file, PATH_MAX, "%.*s", (int)len, at) < PATH_MAX;
}

/* A policy of this form is ours, whatever files it enters: module and Snap may have been
 * elsewhere when it was written. */
static bool policy_before(const char *path, char ret_text[static TEXT_MAX])
{
    char auth[PATH_MAX], client[PATH_MAX];
    size_t len;
    char *now = file_read(path, &len);
    bool known = now != NULL && entry_read(now, NSSDB_MODULE, auth);

    if (known)
        policy_text(auth, entry_read(now, NSSDB_MODULE_SNAP, client) ? client : NULL, ret_text);
    free(now);
    return known;
}

static int policy_settle(const char *path, const char *auth, const char *client, bool wanted)
{
    char with[TEXT_MAX], before[TEXT_MAX];
    bool known = policy_before(path, before), other;
    const struct ours ours = { path,
                               { with, policy_parting, known ? before : NULL },
                               policy_parting };
    int code;

    policy_text(auth, client, with);
    code = file_settle(&ours, wanted, &other);
    if (other) {
        say_error(wanted ? _("%s is not this program's file, so it was left alone.")
                         : _("%s was not written by this program, so it was left alone."),
                  path);
        say_next(
            wanted
                ? _("Add to its \"policies\", inside \"SecurityDevices\" and \"Add\": \"%s\": \"%s\"")
                : _("If it has this line inside \"SecurityDevices\" and \"Add\", take it out: \"%s\": \"%s\""),
            NSSDB_MODULE, auth);
        if (client != NULL && wanted)
            say_next(_("and for the Snap: \"%s\": \"%s\""), NSSDB_MODULE_SNAP, client);
    }
    return code;
}

int sysfiles_firefox(const char *auth, const char *client, bool wanted)
{
    return policy_settle(FIREFOX_FILE, auth, client, wanted);
}

/* A path below the extension's folder for this machine. */
static bool extension_path(const char *below, char ret_path[static PATH_MAX])
{
    struct utsname machine;

    return uname(&machine) == 0 && snprintf(ret_path, PATH_MAX, FLATPAK_FOLDER "/%s/stable/%s",
                                            machine.machine, below) < PATH_MAX;
}

enum policy sysfiles_policy(const struct app_row *app, char ret_path[static PATH_MAX])
{
    if (app->browser != BROWSER_FIREFOX)
        return POLICY_NONE;
    if (app->wrap != WRAP_FLATPAK)
        snprintf(ret_path, PATH_MAX, "%s", FIREFOX_FILE);
    else if (!extension_path("policies/policies.json", ret_path))
        return POLICY_NONE;
    if (file_holds(ret_path, app->wrap == WRAP_SNAP ? "\"" NSSDB_MODULE_SNAP "\": \""
                                                    : "\"" NSSDB_MODULE "\": \""))
        return POLICY_ENTERS;
    return file_holds(ret_path, POLICY_DELETE) ? POLICY_TAKES_OUT : POLICY_NONE;
}

bool sysfiles_forwarder(const char *library, char ret_path[static PATH_MAX])
{
    return strcmp(library, SYSFILES_FLATPAK_LIBRARY) == 0 &&
           extension_path(FLATPAK_FORWARD, ret_path);
}

/* The folders of the extension, up to flatpak's own, where nothing else is in them. */
static void extension_drop(void)
{
    char path[PATH_MAX];

    if (!extension_path("policies", path))
        return;
    while (strcmp(path, FLATPAK_OWN) != 0 && (rmdir(path) == 0 || errno == ENOENT))
        *strrchr(path, '/') = '\0';
}

int sysfiles_flatpak(const char *forward, bool wanted)
{
    char policy[PATH_MAX], forwarder[PATH_MAX];
    int code = CODE_OK;

    if (!extension_path("policies/policies.json", policy) ||
        !extension_path(FLATPAK_FORWARD, forwarder))
        return CODE_FAILED;
    if (wanted)
        code = file_copy(forward, forwarder, 0644);
    else if (access(forwarder, F_OK) == 0)
        code = file_drop(forwarder);
    if (code == CODE_OK)
        code = policy_settle(policy, SYSFILES_FLATPAK_LIBRARY, NULL, wanted);
    if (!wanted)
        extension_drop();
    return code;
}

/* ---- p11-kit */

int sysfiles_p11kit(const char *full, bool wanted)
{
    char text[TEXT_MAX], before[TEXT_MAX];
    const struct ours ours = { P11KIT_FILE, { text, before, NULL }, NULL };
    bool other;
    int code;

    snprintf(text, sizeof(text), "module: %s\ndisable-in: %s\n", full, JPKI_P11KIT_WITHOUT);
    snprintf(before, sizeof(before), "module: %s\n", full);
    code = file_settle(&ours, wanted, &other);
    if (other) {
        say_error(_("%s was changed by somebody, so it was left alone."), P11KIT_FILE);
        say_next(wanted ? _("It should have the line: module: %s")
                        : _("Remove it by hand. It would load: %s"),
                 full);
    }
    return code;
}
