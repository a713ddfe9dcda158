/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfiles.h"

#include "conf.h"
#include "nssdb.h"
#include "text.h"

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
#define FLATPAK_FOLDER "/var/lib/flatpak/extension/org.mozilla.firefox.systemconfig"
#define FLATPAK_FORWARD "jpki/libjpki-pkcs11-forward.so"

/* A file of ours and what it may say. */
struct ours {
    const char *path;
    const char *texts[OURS_MAX]; /* the first is what is wanted; the others were, or take back; NULL: none */
    const char *parting;         /* what it says when it is taken back, before it goes; NULL: it goes at once */
};

/* Which of the texts the file has; -1: there is no file, OURS_MAX: it has another. */
static int text_found(const struct ours *ours)
{
    for (int i = 0; i < OURS_MAX; i++) {
        if (ours->texts[i] != NULL && file_compare(ours->path, ours->texts[i], strlen(ours->texts[i])) == FILE_SAME)
            return i;
    }
    return file_compare(ours->path, "", 0) == FILE_NONE ? -1 : OURS_MAX;
}

/* Bring the file to the wanted state; *ret_other: it is somebody else's and was left alone. */
static int file_settle(const struct ours *ours, bool wanted, bool *ret_other)
{
    int found = text_found(ours), code;
    bool parted = ours->parting != NULL && found >= 0 && found < OURS_MAX && strcmp(ours->texts[found], ours->parting) == 0;
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
        say_next("%s", _("It takes the module out of each profile at its next start. When all have started once, "
                         "the same command takes it away too."));
    return code;
}

/* ---- Firefox */

static void policy_text(const char *auth, const char *client, char ret_text[static TEXT_MAX])
{
    int len = snprintf(ret_text, TEXT_MAX,
                       "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      \"Add\": {\n        \"%s\": \"%s\"",
                       NSSDB_MODULE, auth);

    if (client != NULL)
        len += snprintf(ret_text + len, TEXT_MAX - (size_t)len, ",\n        \"%s-snap\": \"%s\"", NSSDB_MODULE, client);
    snprintf(ret_text + len, TEXT_MAX - (size_t)len, "\n      }\n    }\n  }\n}\n");
}

static const char policy_parting[] =
    "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      \"Delete\": [\"" NSSDB_MODULE "\", \"" NSSDB_MODULE
    "-snap\"]\n    }\n  }\n}\n";

static int policy_settle(const char *path, const char *auth, const char *client, bool wanted)
{
    char with[TEXT_MAX], without[TEXT_MAX];
    const struct ours ours = { path, { with, policy_parting, without }, policy_parting };
    bool other;
    int code;

    policy_text(auth, client, with);
    policy_text(auth, NULL, without);
    code = file_settle(&ours, wanted, &other);
    if (other) {
        say_error(wanted ? _("%s is not this program's file, so it was left alone.") :
                           _("%s was not written by this program, so it was left alone."), path);
        say_next(wanted ? _("Add to its \"policies\", inside \"SecurityDevices\" and \"Add\": \"%s\": \"%s\"") :
                          _("If it has this line inside \"SecurityDevices\" and \"Add\", take it out: \"%s\": \"%s\""),
                 NSSDB_MODULE, auth);
        if (client != NULL && wanted)
            say_next(_("and for the Snap: \"%s\": \"%s\""), NSSDB_MODULE "-snap", client);
    }
    return code;
}

int sysfiles_firefox(const char *auth, const char *client, bool wanted)
{
    return policy_settle(FIREFOX_FILE, auth, client, wanted);
}

void sysfiles_policy(enum wrap wrap, char ret_path[static PATH_MAX])
{
    struct utsname machine;

    if (wrap == WRAP_FLATPAK && uname(&machine) == 0)
        snprintf(ret_path, PATH_MAX, FLATPAK_FOLDER "/%s/stable/policies/policies.json", machine.machine);
    else
        snprintf(ret_path, PATH_MAX, "%s", FIREFOX_FILE);
}

/* The folders of the extension, which flatpak makes as little as we find them. */
static void extension_drop(const char *arch)
{
    static const char *const below[] = { "/stable/policies", "/stable/jpki", "/stable", "", NULL };
    char path[PATH_MAX];

    for (size_t i = 0; below[i] != NULL; i++) {
        snprintf(path, sizeof(path), FLATPAK_FOLDER "/%s%s", arch, below[i]);
        (void)rmdir(path);
    }
    if (rmdir(FLATPAK_FOLDER) == 0)
        (void)rmdir("/var/lib/flatpak/extension");
}

int sysfiles_flatpak(const char *forward, bool wanted)
{
    char policy[PATH_MAX], forwarder[PATH_MAX];
    struct utsname machine;
    size_t len;
    char *bytes;
    int code = CODE_OK;

    if (uname(&machine) != 0)
        return CODE_FAILED;
    sysfiles_policy(WRAP_FLATPAK, policy);
    snprintf(forwarder, sizeof(forwarder), FLATPAK_FOLDER "/%s/stable/" FLATPAK_FORWARD, machine.machine);
    if (wanted) {
        bytes = file_read(forward, &len);
        if (bytes == NULL)
            say_error(_("%s cannot be read"), forward);
        code = bytes != NULL ? file_put(forwarder, bytes, len, 0644) : CODE_FAILED;
        free(bytes);
    } else if (access(forwarder, F_OK) == 0) {
        code = file_drop(forwarder);
    }
    if (code == CODE_OK)
        code = policy_settle(policy, "/app/etc/firefox/" FLATPAK_FORWARD, NULL, wanted);
    if (!wanted)
        extension_drop(machine.machine);
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
        say_next(wanted ? _("It should have the line: module: %s") : _("Remove it by hand. It would load: %s"), full);
    }
    return code;
}
