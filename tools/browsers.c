/* SPDX-License-Identifier: BSD-3-Clause */
#include "browsers.h"

#include "flatpak.h"
#include "nssdb.h"
#include "program.h"
#include "snap.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const firefoxes[] = { "firefox", "firefox-esr", NULL };
static const char *const thunderbirds[] = { "thunderbird", NULL };
/* they share their databases */
static const char *const chromiums[] = { "chromium",      "chromium-browser",
                                         "google-chrome", "google-chrome-stable",
                                         "brave-browser", "microsoft-edge",
                                         "vivaldi",       NULL };
static const char *const chromium_folders[] = {
    "$config/chromium",       "$config/google-chrome", "$config/BraveSoftware/Brave-Browser",
    "$config/microsoft-edge", "$config/vivaldi",       NULL
};

static const char *const snap_chromium[] = { "~/snap/chromium/common/chromium", NULL };
static const char *const snap_brave[] = {
    "~/snap/brave/current/.config/BraveSoftware/Brave-Browser", NULL
};

/* Names of makers are not translated. */
const struct app_row apps[] = {
    { BROWSER_FIREFOX, WRAP_NONE, "Firefox", NULL, firefoxes, NULL },
    { BROWSER_FIREFOX, WRAP_SNAP, "Firefox (Snap)", "firefox", NULL, NULL },
    { BROWSER_FIREFOX, WRAP_FLATPAK, "Firefox (Flatpak)", "org.mozilla.firefox", NULL, NULL },
    { BROWSER_CHROMIUM, WRAP_NONE, "Chromium, Chrome", NULL, chromiums, chromium_folders },
    { BROWSER_CHROMIUM, WRAP_SNAP, "Chromium (Snap)", "chromium", NULL, snap_chromium },
    { BROWSER_CHROMIUM, WRAP_SNAP, "Brave (Snap)", "brave", NULL, snap_brave },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "Chromium (Flatpak)", "org.chromium.Chromium", NULL, NULL },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "Chrome (Flatpak)", "com.google.Chrome", NULL, NULL },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "Brave (Flatpak)", "com.brave.Browser", NULL, NULL },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "Edge (Flatpak)", "com.microsoft.Edge", NULL, NULL },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "Vivaldi (Flatpak)", "com.vivaldi.Vivaldi", NULL, NULL },
    { BROWSER_THUNDERBIRD, WRAP_NONE, "Thunderbird", NULL, thunderbirds, NULL },
    { BROWSER_THUNDERBIRD, WRAP_SNAP, "Thunderbird (Snap)", "thunderbird", NULL, NULL },
    { BROWSER_THUNDERBIRD, WRAP_FLATPAK, "Thunderbird (Flatpak)", "org.mozilla.Thunderbird", NULL,
      NULL },
};
const size_t app_count = sizeof(apps) / sizeof(apps[0]);

#define SHARED "~/.pki/nssdb"
#define FIRST_WITH_DATA 146 /* the first Chromium that makes its database in $data */

/*
 * Firefox and Thunderbird: folders with profiles.ini.  Chromium: databases, and it uses the first
 * that is there; it makes the last of them where there is none.  "@" is the Snap's or Flatpak's id.
 */
static const struct place_row {
    enum browser browser;
    enum wrap wrap;
    const char *path;
} places[] = {
    { BROWSER_FIREFOX, WRAP_NONE, "~/.mozilla/firefox" },
    { BROWSER_FIREFOX, WRAP_NONE, "$config/mozilla/firefox" },
    { BROWSER_FIREFOX, WRAP_SNAP, "~/snap/@/common/.mozilla/firefox" },
    { BROWSER_FIREFOX, WRAP_SNAP, "~/snap/@/common/.config/mozilla/firefox" },
    { BROWSER_FIREFOX, WRAP_FLATPAK, "~/.var/app/@/.mozilla/firefox" },
    { BROWSER_FIREFOX, WRAP_FLATPAK, "~/.var/app/@/config/mozilla/firefox" },
    { BROWSER_CHROMIUM, WRAP_NONE, SHARED },
    { BROWSER_CHROMIUM, WRAP_NONE, "$data/pki/nssdb" },
    { BROWSER_CHROMIUM, WRAP_SNAP, "~/snap/@/current/.pki/nssdb" },
    { BROWSER_CHROMIUM, WRAP_SNAP, "~/snap/@/current/.local/share/pki/nssdb" },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, SHARED },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "~/.var/app/@/.pki/nssdb" },
    { BROWSER_CHROMIUM, WRAP_FLATPAK, "~/.var/app/@/data/pki/nssdb" },
    { BROWSER_THUNDERBIRD, WRAP_NONE, "~/.thunderbird" },
    { BROWSER_THUNDERBIRD, WRAP_SNAP, "~/snap/@/common/.thunderbird" },
    { BROWSER_THUNDERBIRD, WRAP_FLATPAK, "~/.var/app/@/.thunderbird" },
};
#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

/* What they are called on the command line. */
static const struct word_row {
    const char *word;
    unsigned browsers;
} words[] = { { "firefox", BROWSER_FIREFOX },
              { "chromium", BROWSER_CHROMIUM },
              { "all", BROWSER_FIREFOX | BROWSER_CHROMIUM },
              { "thunderbird", BROWSER_THUNDERBIRD } };

unsigned browsers_read(const char *word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) == 0)
            return words[i].browsers;
    }
    return 0;
}

const char *browser_word(enum browser browser)
{
    size_t i = 0;

    while (words[i].browsers != browser)
        i++;
    return words[i].word;
}

/* ---- the person */

static void folder_choose(const char *variable, const char *base, const char *otherwise,
                          char *ret_path)
{
    const char *value = getenv(variable);
    int len = value != NULL && value[0] == '/'
                  ? snprintf(ret_path, PATH_MAX, "%s", value)
                  : snprintf(ret_path, PATH_MAX, "%s%s", base, otherwise);

    if (len >= PATH_MAX)
        ret_path[0] = '\0';
}

bool person_find(struct person *ret_person)
{
    const struct passwd *entry = getpwuid(geteuid());
    char number[32];

    folder_choose("HOME", entry == NULL ? "" : entry->pw_dir, "", ret_person->home);
    if (ret_person->home[0] == '\0') {
        say_error("%s", _("there is no home folder"));
        return false;
    }
    snprintf(number, sizeof(number), "%u", (unsigned)geteuid());
    folder_choose("XDG_CONFIG_HOME", ret_person->home, "/.config", ret_person->config);
    folder_choose("XDG_DATA_HOME", ret_person->home, "/.local/share", ret_person->data);
    folder_choose("XDG_RUNTIME_DIR", "/run/user/", number, ret_person->runtime);
    return true;
}

/* The path of a row: its first word is one of the person's folders, "@" in it the id. */
static bool path_make(const struct person *person, const char *path, const char *id, char *ret_path)
{
    const char *rest = path + strcspn(path, "/"), *at = strchr(rest, '@');
    const char *base = path[0] == '~'                     ? person->home
                       : strncmp(path, "$config", 7) == 0 ? person->config
                                                          : person->data;

    return snprintf(ret_path, PATH_MAX, "%s%.*s%s%s", base, (int)strcspn(rest, "@"), rest,
                    at == NULL ? "" : id, at == NULL ? "" : at + 1) < PATH_MAX;
}

/* ---- is it there? */

/* The distribution's program.  Ubuntu's "firefox" outside is a script that starts the Snap. */
static bool program_of_machine(const char *name)
{
    char path[PATH_MAX], real[PATH_MAX];

    if (!program_find(name, path) || realpath(path, real) == NULL)
        return false;
    return strncmp(path, "/snap/", 6) != 0 && strcmp(real, "/usr/bin/snap") != 0 &&
           !file_holds(real, "/snap/bin/");
}

/* Whether some program of the row is there that judge accepts. */
static bool programs_any(const struct app_row *app, bool (*judge)(const char *name))
{
    for (const char *const *name = app->programs; name != NULL && *name != NULL; name++) {
        if (program_of_machine(*name) && (judge == NULL || judge(*name)))
            return true;
    }
    return false;
}

bool app_installed(const struct person *person, const struct app_row *app)
{
    char folder[PATH_MAX];

    if (app->wrap == WRAP_SNAP)
        return snap_folder(app->id, folder);
    if (app->wrap == WRAP_FLATPAK)
        return flatpak_installed(person->data, app->id);
    return programs_any(app, NULL);
}

/* ---- databases */

struct walk {
    const struct app_row *app;
    database_visit visit;
    void *context;
    size_t count;
    bool go_on;
};

static void walk_database(struct walk *walk, const char *folder)
{
    if (!walk->go_on || !nssdb_exists(folder))
        return;
    walk->count++;
    walk->go_on = walk->visit(walk->context, walk->app, folder);
}

/* The profiles of one place: the folders in it that have a database, and those that profiles.ini
 * puts elsewhere. */
static void walk_profiles(struct walk *walk, const char *folder)
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
        else if (strncmp(line, "Path=", 5) == 0 && !relative)
            walk_database(walk, line + 5);
        else if (strncmp(line, "Path=", 5) == 0 && path_join(folder, line + 5, path))
            walk_database(walk, path);
    }
    (void)fclose(file);
}

/* Whether the browser knows a place of its kind at all: a Flatpak has ~/.pki by itself, or sees
 * the person's. */
static bool place_seen(const struct app_row *app, const char *path, bool home)
{
    return app->wrap != WRAP_FLATPAK || strstr(path, ".pki") == NULL ||
           (strcmp(path, SHARED) == 0) == home;
}

size_t databases_visit(const struct person *person, const struct app_row *app, bool every,
                       database_visit visit, void *context)
{
    struct walk walk = { .app = app, .visit = visit, .context = context, .go_on = true };
    /* the distribution's: versions before 146 use the first whatever else is there, so both that
     * are there count */
    bool first_alone = app->browser == BROWSER_CHROMIUM && app->wrap != WRAP_NONE && !every;
    bool home = app->wrap == WRAP_FLATPAK && app->browser == BROWSER_CHROMIUM &&
                app_installed(person, app) && flatpak_sees_home(app->id);
    char folder[PATH_MAX];

    for (size_t i = 0; i < PLACE_COUNT && walk.go_on && !(first_alone && walk.count > 0); i++) {
        const char *path = places[i].path;

        if (places[i].browser != app->browser || places[i].wrap != app->wrap ||
            !path_make(person, path, app->id, folder))
            continue;
        if (app->browser != BROWSER_CHROMIUM)
            walk_profiles(&walk, folder);
        else if (every || place_seen(app, path, home))
            walk_database(&walk, folder);
    }
    return walk.count;
}

static bool shared_folder(const struct person *person, char *ret_folder)
{
    return path_make(person, SHARED, NULL, ret_folder);
}

/*
 * "Chromium 145.0.7000.1 built on Debian": one that knows ~/.pki/nssdb alone.  A wrapper may
 * complain before that, with the number of a line in it; a version has a dot.
 */
static bool program_old(const char *name)
{
    const char *const question[] = { name, "--version", NULL };
    char output[PROGRAM_OUTPUT_MAX], *at = output;
    long version;

    if (!program_says(question, output))
        return false;
    do {
        at += strcspn(at, "0123456789");
        version = strtol(at, &at, 10);
    } while (*at != '\0' && *at != '.');
    return *at == '.' && version > 0 && version < FIRST_WITH_DATA;
}

bool database_place(const struct person *person, const struct app_row *app, char *ret_folder)
{
    bool home = app->wrap == WRAP_FLATPAK && flatpak_sees_home(app->id), found = false;
    char current[PATH_MAX];

    if (app->browser != BROWSER_CHROMIUM)
        return false;
    if (app->wrap == WRAP_NONE && programs_any(app, program_old))
        return shared_folder(person, ret_folder);
    for (size_t i = 0; i < PLACE_COUNT; i++) {
        const char *path = places[i].path;

        if (places[i].browser != app->browser || places[i].wrap != app->wrap ||
            !place_seen(app, path, home))
            continue;
        found = path_make(person, path, app->id, ret_folder);
        if (found && access(ret_folder, F_OK) == 0)
            break;
    }
    /* a Snap's "current" folder is its first start's to make */
    if (app->wrap == WRAP_SNAP)
        found = found && path_make(person, "~/snap/@/current", app->id, current) &&
                access(current, F_OK) == 0;
    return found;
}

bool database_shared(const struct person *person, const char *folder)
{
    char shared[PATH_MAX];

    if (!shared_folder(person, shared) || strcmp(folder, shared) != 0)
        return false;
    for (size_t i = 0; i < app_count; i++) {
        if (apps[i].browser == BROWSER_CHROMIUM && apps[i].wrap == WRAP_FLATPAK &&
            app_installed(person, &apps[i]) && flatpak_sees_home(apps[i].id))
            return true;
    }
    return false;
}

bool databases_parted(const struct person *person, char *ret_used, char *ret_left)
{
    return shared_folder(person, ret_used) && path_join(person->data, "pki/nssdb", ret_left) &&
           nssdb_exists(ret_used) && nssdb_exists(ret_left);
}

/* ---- does it run? */

/* Firefox's lock is the kernel's, and seen across sandboxes. */
static bool firefox_runs(const char *profile, long *ret_owner, char *ret_lock)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool held;
    int fd;

    if (!path_join(profile, ".parentlock", ret_lock))
        return false;
    fd = open(ret_lock, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    held = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    *ret_owner = held && lock.l_pid > 0 ? (long)lock.l_pid : 0;
    (void)close(fd);
    return held;
}

/* Chromium's is a link to HOST-PROCESS, which stays after a crash. */
static bool chromium_runs(const char *folder, long *ret_owner, char *ret_lock)
{
    char target[PATH_MAX];
    const char *dash;
    ssize_t len;
    long owner;

    if (!path_join(folder, "SingletonLock", ret_lock))
        return false;
    len = readlink(ret_lock, target, sizeof(target) - 1);
    if (len < 0)
        return false;
    target[len] = '\0';
    dash = strrchr(target, '-');
    owner = dash == NULL ? 0 : strtol(dash + 1, NULL, 10);
    if (owner <= 0 || (kill((pid_t)owner, 0) != 0 && errno != EPERM))
        return false;
    *ret_owner = owner;
    return true;
}

/* A Flatpak's process has another number inside, so its lock says nothing out here. */
static bool flatpak_app_runs(const struct app_row *app, char *ret_lock)
{
    snprintf(ret_lock, PATH_MAX, "flatpak ps: %s", app->id);
    return flatpak_runs(app->id);
}

bool database_in_use(const struct person *person, const struct app_row *app, const char *folder,
                     long *ret_owner, char *ret_lock)
{
    char path[PATH_MAX];

    *ret_owner = 0;
    if (app->browser != BROWSER_CHROMIUM)
        return firefox_runs(folder, ret_owner, ret_lock);
    for (size_t i = 0; i < app_count; i++) {
        const struct app_row *other = &apps[i];
        const char *const *running = other->running;

        if (other != app &&
            !(other->browser == BROWSER_CHROMIUM && database_shared(person, folder)))
            continue;
        if (other->wrap == WRAP_FLATPAK && flatpak_app_runs(other, ret_lock))
            return true;
        for (; running != NULL && *running != NULL; running++) {
            if (path_make(person, *running, other->id, path) &&
                chromium_runs(path, ret_owner, ret_lock))
                return true;
        }
    }
    return false;
}
