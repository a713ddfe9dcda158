/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jpki-token register and unregister: tell the browsers of this user, or of the machine, where the module is, or undo it.
 * Browsers get the module with the authentication token alone: they log in to every token they see.
 */
#include "conf.h"
#include "nssdb.h"
#include "sysfiles.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTH_NAME "libjpki-pkcs11-auth.so"
#define FULL_NAME "libjpki-pkcs11.so"

enum browser { BROWSER_FIREFOX = 1, BROWSER_CHROMIUM = 2, BROWSER_ALL = 3 };

enum place_kind { PLACE_PROFILES, PLACE_DATABASE };

static const char snap_obstacle[] =
    N_("a Snap sees neither this module nor pcscd's socket; use the browser of the distribution or of its maker");
static const char flatpak_obstacle[] =
    N_("a Flatpak does not see this module; use the browser of the distribution or of its maker");

/* Where browsers keep profiles, below the home folder.  An obstacle: found, but not to be reached, and why. */
static const struct place_row {
    enum browser browser;
    enum place_kind kind;
    const char *path, *obstacle;
} places[] = {
    { BROWSER_FIREFOX, PLACE_PROFILES, ".mozilla/firefox", NULL },
    { BROWSER_FIREFOX, PLACE_PROFILES, ".config/mozilla/firefox", NULL },
    { BROWSER_FIREFOX, PLACE_PROFILES, "snap/firefox/common/.mozilla/firefox", snap_obstacle },
    { BROWSER_FIREFOX, PLACE_PROFILES, ".var/app/org.mozilla.firefox/.mozilla/firefox", flatpak_obstacle },
    { BROWSER_FIREFOX, PLACE_PROFILES, ".var/app/org.mozilla.firefox/config/mozilla/firefox", flatpak_obstacle },
    { BROWSER_CHROMIUM, PLACE_DATABASE, ".pki/nssdb", NULL },
    { BROWSER_CHROMIUM, PLACE_DATABASE, "snap/chromium/current/.pki/nssdb", snap_obstacle },
    { BROWSER_CHROMIUM, PLACE_DATABASE, ".var/app/org.chromium.Chromium/.pki/nssdb", flatpak_obstacle },
    { BROWSER_CHROMIUM, PLACE_DATABASE, ".var/app/com.google.Chrome/.pki/nssdb", flatpak_obstacle },
};

/* Browsers that share ~/.pki/nssdb, by the folder with their lock. */
static const char *const chromium_folders[] = {
    ".config/chromium",      ".config/google-chrome",  ".config/BraveSoftware/Brave-Browser",
    ".config/microsoft-edge", ".config/vivaldi",
};

struct job {
    bool wanted;                 /* register, not unregister */
    const char *home;
    char auth[PATH_MAX], full[PATH_MAX];
    int code;                    /* the worst so far */
    unsigned found;              /* databases that could be reached */
};

static void job_note(struct job *job, int code)
{
    if (code != CODE_OK)
        job->code = code;
}

static bool in_use(const char *what, long owner, const char *lock)
{
    if (owner == 0)
        return false;
    if (owner > 0)
        say_error(_("%s is in use by process %ld (lock: %s), so it was left alone."), what, owner, lock);
    else
        say_error(_("%s is in use (lock: %s), so it was left alone."), what, lock);
    say_next("%s", _("Close the browser and try again."));
    return true;
}

/* Bring one database to the wanted state. */
static int database_settle(struct job *job, const char *folder)
{
    char library[PATH_MAX];
    bool entered = nssdb_library(folder, library);
    int code = CODE_OK;

    if (job->wanted && entered && strcmp(library, job->auth) == 0) {
        printf(_("already registered: %s\n"), folder);
        return CODE_OK;
    }
    if (!job->wanted && !entered) {
        printf(_("not registered: %s\n"), folder);
        return CODE_OK;
    }
    if (entered)
        code = nssdb_remove(folder);
    if (code == CODE_OK && job->wanted)
        code = nssdb_add(folder, job->auth);
    if (code == CODE_OK)
        printf(job->wanted ? _("registered: %s\n") : _("unregistered: %s\n"), folder);
    return code;
}

static int profile_settle(struct job *job, const char *profile)
{
    char lock[PATH_MAX];

    job->found++;
    if (in_use(profile, firefox_lock_owner(profile, lock), lock))
        return CODE_FAILED;
    return database_settle(job, profile);
}

/* The profiles of one place: the folders in it that have a database, and those that profiles.ini puts elsewhere. */
static void profiles_settle(struct job *job, const char *folder)
{
    char path[PATH_MAX], line[PATH_MAX + 16];
    bool relative = true;
    FILE *file;

    if (!path_join(folder, "profiles.ini", path))
        return;
    file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '[')
            relative = true;
        else if (strncmp(line, "IsRelative=", 11) == 0)
            relative = line[11] != '0';
        else if (strncmp(line, "Path=", 5) == 0 && path_join(relative ? folder : "", line + 5, path) && nssdb_exists(path))
            job_note(job, profile_settle(job, relative ? path : line + 5));
    }
    (void)fclose(file);
}

static void shared_settle(struct job *job, const char *folder)
{
    char path[PATH_MAX], lock[PATH_MAX];

    for (size_t i = 0; i < sizeof(chromium_folders) / sizeof(chromium_folders[0]); i++) {
        if (!path_join(job->home, chromium_folders[i], path) || !in_use(folder, chromium_lock_owner(path, lock), lock))
            continue;
        job_note(job, CODE_FAILED);
        return;
    }
    job->found++;
    if (!nssdb_exists(folder)) {
        if (!job->wanted) {
            printf(_("not registered: %s\n"), folder);
            return;
        }
        job_note(job, nssdb_create(folder));
        if (!nssdb_exists(folder))
            return;
        printf(_("made: %s (unregister leaves it: other programs use it too)\n"), folder);
    }
    job_note(job, database_settle(job, folder));
}

static void place_settle(struct job *job, const struct place_row *row)
{
    char folder[PATH_MAX];
    struct stat st;

    if (!path_join(job->home, row->path, folder))
        return;
    if (row->obstacle != NULL) {
        if (stat(folder, &st) == 0)
            printf(_("not reached: %s: %s\n"), folder, _(row->obstacle));
    } else if (row->kind == PLACE_PROFILES) {
        profiles_settle(job, folder);
    } else {
        shared_settle(job, folder);
    }
}

static void user_settle(struct job *job, enum browser browsers)
{
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if ((places[i].browser & browsers) != 0)
            place_settle(job, &places[i]);
    }
    if (job->found > 0 || job->code != CODE_OK || !job->wanted)
        return;
    say_error("%s", _("no profile of Firefox was found."));
    say_next("%s", _("Start Firefox once, close it, and try again."));
    job->code = CODE_FAILED;
}

static void system_settle(struct job *job, enum browser browsers)
{
    if ((browsers & BROWSER_FIREFOX) != 0)
        job_note(job, sysfiles_firefox(job->auth, job->wanted));
    if ((browsers & BROWSER_CHROMIUM) != 0)
        printf("%s\n", _("Chromium has no setting for all users: each user registers for himself, without --system."));
    job_note(job, sysfiles_p11kit(job->full, job->wanted));
}

/* The two modules, side by side in a folder: the installed one, or that of --module. */
static int modules_find(struct job *job, const char *module)
{
    char path[PATH_MAX];
    const char *slash;

    if (module == NULL)
        snprintf(path, sizeof(path), "%s", JPKI_MODULE_PATH);
    else if (realpath(module, path) == NULL)
        snprintf(path, sizeof(path), "%s", module);
    slash = strrchr(path, '/');
    if (slash == NULL || (size_t)(slash - path) + sizeof(AUTH_NAME) + 1 > sizeof(path)) {
        say_error(_("%s is not a path of the module"), path);
        return CODE_USAGE;
    }
    snprintf(job->auth, sizeof(job->auth), "%.*s/%s", (int)(slash - path), path, AUTH_NAME);
    snprintf(job->full, sizeof(job->full), "%.*s/%s", (int)(slash - path), path, FULL_NAME);
    if (job->wanted && (access(job->auth, R_OK) != 0 || access(job->full, R_OK) != 0)) {
        say_error(_("%s or %s cannot be read"), job->auth, job->full);
        say_next("%s", _("If the modules are in another folder, name one of them with --module."));
        return CODE_FAILED;
    }
    return CODE_OK;
}

/* The home folder.  Under sudo it would be root's, or root would own what it writes in the user's: refused. */
static const char *home_find(void)
{
    const char *home = getenv("HOME");
    const struct passwd *entry;

    if (geteuid() == 0 && getenv("SUDO_UID") != NULL) {
        say_error("%s", _("without --system this is for your own browsers: run it without sudo."));
        return NULL;
    }
    if (home != NULL && home[0] == '/')
        return home;
    entry = getpwuid(geteuid());
    if (entry == NULL)
        say_error("%s", _("there is no home folder"));
    return entry == NULL ? NULL : entry->pw_dir;
}

static int browsers_read(const char *word)
{
    static const struct {
        const char *word;
        enum browser browsers;
    } rows[] = { { "firefox", BROWSER_FIREFOX }, { "chromium", BROWSER_CHROMIUM }, { "all", BROWSER_ALL } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(word, rows[i].word) == 0)
            return (int)rows[i].browsers;
    }
    return 0;
}

static int settle(struct usage usage, int argc, char **argv, bool wanted)
{
    bool system_wide = false;
    const char *module = NULL;
    const struct option_row rows[] = {
        { "system", OPTION_FLAG, &system_wide, NULL, N_("for all users: Firefox's policy and p11-kit's module file") },
        { "module", OPTION_TEXT, &module, N_("FILE"), N_("the module, if it is not where it was installed") },
        { NULL, OPTION_FLAG, NULL, NULL, NULL },
    };
    struct job job = { .wanted = wanted };
    int browsers, code;

    usage.rows = rows;
    if (!options_take(&usage, &argc, argv, &code))
        return code;
    browsers = argc == 2 ? browsers_read(argv[1]) : 0;
    if (browsers == 0)
        return usage_complain(&usage, "%s", _("which browser: firefox, chromium or all?"));
    code = modules_find(&job, module);
    if (code != CODE_OK)
        return code;
    if (system_wide) {
        system_settle(&job, (enum browser)browsers);
        return job.code;
    }
    job.home = home_find();
    if (job.home == NULL)
        return CODE_FAILED;
    user_settle(&job, (enum browser)browsers);
    return job.code;
}

int command_register(int argc, char **argv)
{
    struct usage usage = {
        "register firefox|chromium|all [options]",
        N_("Make the module known to the browsers of this user. They get the authentication token alone."),
        NULL,
    };

    return settle(usage, argc, argv, true);
}

int command_unregister(int argc, char **argv)
{
    struct usage usage = { "unregister firefox|chromium|all [options]", N_("Undo what register did."), NULL };

    return settle(usage, argc, argv, false);
}
