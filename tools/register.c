/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jpki-token register and unregister: tell the browsers of this user, or of the machine, where the
 * module is, or undo it. Browsers get the module with the authentication token alone: they log in
 * to every token they see.
 */
#include "conf.h"
#include "nssdb.h"
#include "sandbox.h"
#include "sysfiles.h"
#include "text.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    bool wanted; /* register, not unregister */
    struct person person;
    struct modules modules;
    int code;       /* the worst so far */
    unsigned found; /* databases and browsers */
    bool kept;      /* a database of the browser at hand is not as wanted */
};

static void job_note(struct job *job, int code)
{
    if (code != CODE_OK)
        job->code = code;
}

static bool in_use(const struct job *job, const struct app_row *app, const char *folder)
{
    char lock[PATH_MAX];
    long owner;

    if (!database_in_use(&job->person, app, folder, &owner, lock))
        return false;
    if (owner > 0)
        say_error(_("%s is in use by process %ld (lock: %s), so it was left alone."), folder, owner,
                  lock);
    else
        say_error(_("%s is in use (lock: %s), so it was left alone."), folder, lock);
    say_next("%s", _("Close the browser and try again."));
    return true;
}

/* What the database has to name, after the way there was made. */
static int library_have(struct job *job, const struct app_row *app, const char *folder,
                        char *ret_library)
{
    if (app->wrap != WRAP_NONE)
        return sandbox_enter(&job->person, app, &job->modules, folder, ret_library);
    if (database_shared(&job->person, folder))
        return sandbox_share(&job->person, &job->modules, ret_library);
    memcpy(ret_library, job->modules.auth, PATH_MAX);
    return CODE_OK;
}

/* Bring one database to the wanted state. */
static int database_settle(struct job *job, const struct app_row *app, const char *folder)
{
    char now[PATH_MAX], library[PATH_MAX];
    bool entered = nssdb_library(folder, now);
    int code = CODE_OK;

    if (job->wanted)
        code = library_have(job, app, folder, library);
    if (code != CODE_OK)
        return code;
    if (job->wanted && entered && strcmp(now, library) == 0) {
        text_line(stdout, _("already registered: %s"), folder);
        return CODE_OK;
    }
    if (!job->wanted && !entered) {
        text_line(stdout, _("not registered: %s"), folder);
        return CODE_OK;
    }
    if (entered)
        code = nssdb_remove(folder);
    if (code == CODE_OK && job->wanted)
        code =
            app->wrap == WRAP_NONE ? nssdb_add(folder, library) : nssdb_add_unseen(folder, library);
    if (code == CODE_OK)
        text_line(stdout, job->wanted ? _("registered: %s") : _("unregistered: %s"), folder);
    return code;
}

/* Entered by the policy for all users, or about to be. */
static bool policy_enters(const struct app_row *app, const char *folder, char *ret_policy)
{
    char now[PATH_MAX];

    return app->wrap != WRAP_NONE && sysfiles_policy(app, ret_policy) == POLICY_ENTERS &&
           (!nssdb_library(folder, now) || sandbox_by_policy(app, now));
}

static bool database_visited(void *context, const struct app_row *app, const char *folder)
{
    struct job *job = context;
    char now[PATH_MAX], policy[PATH_MAX];
    int code = CODE_FAILED;

    job->found++;
    if (job->wanted && policy_enters(app, folder, policy)) {
        text_line(stdout, _("already registered: %s"), policy);
        return true;
    }
    /* a browser that runs keeps nobody from being told that nothing is to be done */
    if ((!job->wanted && !nssdb_library(folder, now)) || !in_use(job, app, folder))
        code = database_settle(job, app, folder);
    if (code == CODE_OK && job->wanted && app->wrap != WRAP_NONE)
        code = sandbox_open(&job->person, app, folder);
    job->kept = job->kept || code != CODE_OK;
    job_note(job, code);
    return true;
}

/* A Chromium without a database gets the one that it would make itself. */
static void database_make(struct job *job, const struct app_row *app)
{
    char folder[PATH_MAX];

    if (!database_place(&job->person, app, folder) || nssdb_exists(folder))
        return;
    job_note(job, nssdb_create(folder));
    if (nssdb_exists(folder))
        text_line(stdout, _("made: %s (unregister leaves it: other programs use it too)"), folder);
}

/* What a policy for all users does to the profiles of a Firefox in spite of register, or of
 * unregister, is said. */
static bool policy_rules(struct job *job, const struct app_row *app)
{
    char path[PATH_MAX];
    enum policy policy = sysfiles_policy(app, path);

    if (policy != (job->wanted ? POLICY_TAKES_OUT : POLICY_ENTERS))
        return false;
    if (job->wanted) {
        say_error(_("%s: %s takes the module out again at each start, so it was not registered."),
                  app->name, path);
        job_note(job, CODE_FAILED);
    } else {
        say_error(_("%s: %s enters the module again at each start."), app->name, path);
    }
    say_next("%s", _("To undo that for all users: sudo jpki-token unregister firefox --system"));
    job->found++;
    return job->wanted;
}

static void app_settle(struct job *job, const struct app_row *app)
{
    bool there = app_installed(&job->person, app);

    job->kept = false;
    /* a sandbox that is gone leaves its profiles: nobody would see what is entered there */
    if ((job->wanted && app->wrap != WRAP_NONE && !there) || (there && policy_rules(job, app)))
        return;
    if (job->wanted && there)
        database_make(job, app);
    if (databases_visit(&job->person, app, !job->wanted, database_visited, job) == 0 &&
        job->wanted && there) {
        say_error(_("%s has no profile yet, so it was not registered."), app->name);
        say_next("%s", _("Start it once, close it, and try again."));
        job_note(job, CODE_FAILED);
        job->found++;
    }
    /* never taken from under an entry that stays, or from under a browser that runs */
    if (!job->wanted && app->wrap != WRAP_NONE && !job->kept)
        job_note(job, sandbox_leave(&job->person, app));
}

static void user_settle(struct job *job, unsigned browsers)
{
    char used[PATH_MAX], left[PATH_MAX];

    for (size_t i = 0; i < app_count; i++) {
        if ((apps[i].browser & browsers) != 0)
            app_settle(job, &apps[i]);
    }
    if ((browsers & BROWSER_CHROMIUM) != 0) {
        if (!job->wanted && job->code == CODE_OK)
            job_note(job, sandbox_unshare(&job->person));
        if (databases_parted(&job->person, used, left)) {
            say_error(_("Chromium uses %s, because it is there, and no longer %s."), used, left);
            say_next(
                _("If certificates of yours are missing in Chromium: close it and move %s away."),
                used);
        }
    }
    if (job->found > 0 || job->code != CODE_OK || !job->wanted)
        return;
    say_error("%s", _("no such browser was found here."));
    say_next("%s", _("Start it once, close it, and try again."));
    job->code = CODE_FAILED;
}

/* Firefox as the distribution's and as a Snap has one policy; the sandboxes need their sockets
 * besides. */
static void system_firefox(struct job *job)
{
    const char *client = NULL;
    char path[PATH_MAX];

    for (size_t i = 0; i < app_count; i++) {
        const struct app_row *app = &apps[i];

        if (app->browser != BROWSER_FIREFOX || app->wrap == WRAP_NONE ||
            (job->wanted && !app_installed(&job->person, app)))
            continue;
        if (app->wrap == WRAP_SNAP && sandbox_client(app, path))
            client = path;
        job_note(job, units_global(app, job->modules.auth, job->wanted));
        if (app->wrap == WRAP_FLATPAK)
            job_note(job, sysfiles_flatpak(job->modules.forward, job->wanted));
    }
    job_note(job, sysfiles_firefox(job->modules.auth, client, job->wanted));
}

static void system_settle(struct job *job, unsigned browsers)
{
    if ((browsers & BROWSER_FIREFOX) != 0)
        system_firefox(job);
    if ((browsers & BROWSER_CHROMIUM) != 0)
        text_line(
            stdout, "%s",
            _("Chromium has no setting for all users: each user registers for himself, without --system."));
    if ((browsers & BROWSER_THUNDERBIRD) != 0)
        text_line(
            stdout, "%s",
            _("Thunderbird is not set up for all users: each user registers for himself, without --system."));
    job_note(job, sysfiles_p11kit(job->modules.full, job->wanted));
}

/* The modules, side by side in a folder: the installed ones, or those of --module. */
static int modules_find(struct job *job, const char *module)
{
    char path[PATH_MAX];
    struct modules *modules = &job->modules;

    if (module == NULL)
        snprintf(path, sizeof(path), "%s", JPKI_MODULE_PATH);
    else if (realpath(module, path) == NULL)
        snprintf(path, sizeof(path), "%s", module);
    if (!modules_place(path, modules)) {
        say_error(_("%s is not a path of the module"), path);
        return CODE_USAGE;
    }
    if (job->wanted && (access(modules->auth, R_OK) != 0 || access(modules->full, R_OK) != 0)) {
        say_error(_("%s or %s cannot be read"), modules->auth, modules->full);
        say_next("%s", _("If the modules are in another folder, name one of them with --module."));
        return CODE_FAILED;
    }
    return CODE_OK;
}

static int settle(int argc, char **argv, bool wanted)
{
    bool system_wide = false;
    const char *module = NULL;
    const struct option_row rows[] = {
        { "system", OPTION_FLAG, &system_wide, NULL,
          N_("for all users: Firefox's policy and p11-kit's module file") },
        { "module", OPTION_TEXT, &module, N_("FILE"),
          N_("the module, if it is not where it was installed") },
        { .name = NULL },
    };
    const struct usage usage = {
        wanted ? "register firefox|chromium|all|thunderbird [options]"
               : "unregister firefox|chromium|all|thunderbird [options]",
        wanted
            ? N_("Make the module known to the browsers of this user. They get the authentication token alone.")
            : N_("Undo what register did."),
        rows,
    };
    struct job job = { .wanted = wanted };
    unsigned browsers;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    browsers = argc == 2 ? browsers_read(argv[1]) : 0;
    if (browsers == 0)
        return usage_complain(&usage, "%s",
                              _("which browser: firefox, chromium, all or thunderbird?"));
    code = modules_find(&job, module);
    if (code != CODE_OK)
        return code;
    if (!person_find(&job.person))
        return CODE_FAILED;
    if (system_wide) {
        system_settle(&job, browsers);
        return job.code;
    }
    /* it would be root's home, or root would own files in the user's */
    if (geteuid() == 0 && getenv("SUDO_UID") != NULL) {
        say_error("%s", _("without --system this is for your own browsers: run it without sudo."));
        return CODE_FAILED;
    }
    user_settle(&job, browsers);
    return job.code;
}

int command_register(int argc, char **argv)
{
    return settle(argc, argv, true);
}

int command_unregister(int argc, char **argv)
{
    return settle(argc, argv, false);
}
