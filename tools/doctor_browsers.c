/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of "doctor" that looks at the browsers, by the table that register goes by. */
#include "doctor_parts.h"
#include "nssdb.h"
#include "p11kit.h"
#include "sandbox.h"
#include "sysfiles.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct look {
    struct doctor *doctor;
    struct person person;
    struct modules modules;
    unsigned entered; /* databases with our entry, of the browser at hand */
    bool proxy;       /* one of them has p11-kit's proxy too */
};

static void finding_of(struct look *look, const struct app_row *app, const char *trouble,
                       const char *database)
{
    char next[128];

    if (trouble == NULL) {
        finding(look->doctor, VERDICT_GOOD, app->name, database, NULL);
        return;
    }
    snprintf(next, sizeof(next), "jpki-token register %s", browser_word(app->browser));
    finding(look->doctor, VERDICT_BAD, app->name, told(look->doctor, "%s: %s", database, trouble),
            next);
}

static bool look_at_database(void *context, const struct app_row *app, const char *database)
{
    struct look *look = context;
    char library[PATH_MAX], path[PATH_MAX];
    const char *trouble = NULL;

    if (!nssdb_library(database, library) || sysfiles_policy(app, path) == POLICY_TAKES_OUT)
        return true;
    look->entered++;
    look->proxy = look->proxy || nssdb_loads(database, "p11-kit-proxy");
    if (app->wrap != WRAP_NONE)
        trouble = sandbox_trouble(&look->person, app, &look->modules, database, library);
    else if (access(library, R_OK) != 0)
        trouble = _("its entry names a file that is not there");
    else if (database_shared(&look->person, database) && strstr(library, FORWARD_NAME) == NULL)
        trouble = _("a Flatpak uses it too, which does not see what its entry names");
    finding_of(look, app, trouble, database);
    return true;
}

/* What a policy for all users does to a Firefox; no database need have its entry yet. */
static void look_at_policy(struct look *look, const struct app_row *app)
{
    char path[PATH_MAX], library[PATH_MAX] = SYSFILES_FLATPAK_LIBRARY;
    enum policy policy = sysfiles_policy(app, path);
    const char *trouble = NULL;

    if (policy == POLICY_TAKES_OUT)
        finding(look->doctor, VERDICT_NOTE, app->name,
                told(look->doctor, _("%s takes the module out of each profile at its next start"),
                     path),
                _("When all have started once: sudo jpki-token unregister firefox --system"));
    look->entered += policy != POLICY_NONE;
    if (policy != POLICY_ENTERS)
        return;
    if (app->wrap == WRAP_SNAP && !(sandbox_client(app, library) && file_holds(path, library)))
        library[0] = '\0';
    if (app->wrap != WRAP_NONE)
        trouble = sandbox_trouble(&look->person, app, &look->modules, path, library);
    if (trouble == NULL)
        finding(look->doctor, VERDICT_GOOD, app->name, path, NULL);
    else
        finding(look->doctor, VERDICT_BAD, app->name, told(look->doctor, "%s: %s", path, trouble),
                _("sudo jpki-token register firefox --system; then log in again"));
}

/* The first entry of the machine's browsers that names a file which is there. */
static bool library_keep(void *context, const struct app_row *app, const char *database)
{
    char *path = context, library[PATH_MAX];

    (void)app;
    if (path[0] == '\0' && nssdb_library(database, library) && strstr(library, AUTH_NAME) != NULL &&
        access(library, R_OK) == 0)
        memcpy(path, library, sizeof(library));
    return path[0] == '\0';
}

bool browsers_name(char ret_path[static PATH_MAX])
{
    struct person person;

    ret_path[0] = '\0';
    for (size_t i = 0; person_find(&person) && i < app_count && ret_path[0] == '\0'; i++) {
        if (apps[i].wrap == WRAP_NONE)
            (void)databases_visit(&person, &apps[i], false, library_keep, ret_path);
    }
    return ret_path[0] != '\0';
}

void look_at_browsers(struct doctor *doctor)
{
    struct look look = { .doctor = doctor };
    char used[PATH_MAX], left[PATH_MAX];
    unsigned known = 0;

    (void)modules_place(doctor->module, &look.modules);
    if (!person_find(&look.person))
        return;
    for (size_t i = 0; i < app_count; i++) {
        bool there = app_installed(&look.person, &apps[i]);

        look.entered = 0;
        (void)databases_visit(&look.person, &apps[i], false, look_at_database, &look);
        if (there)
            look_at_policy(&look, &apps[i]);
        known += look.entered;
        if (look.entered == 0 && apps[i].browser != BROWSER_THUNDERBIRD && there)
            finding(doctor, VERDICT_NOTE, apps[i].name, _("does not know the module"),
                    "jpki-token register all");
    }
    if (known == 0)
        finding(doctor, VERDICT_NOTE, _("Browsers"), _("none of yours knows the module"),
                _("jpki-token register firefox|chromium"));
    if (databases_parted(&look.person, used, left))
        finding(
            doctor, VERDICT_NOTE, "Chromium",
            told(doctor, _("uses %s, because it is there, and no longer %s"), used, left),
            _("If certificates of yours are missing in it: close it and move the first folder away."));
    if (look.proxy && p11kit_serves_browsers())
        finding(doctor, VERDICT_NOTE, "p11-kit-proxy",
                _("brings a browser the signature token too: it asks for both PINs"),
                _("Add to the module's file of p11-kit: disable-in: firefox (docs/browser.md)"));
}
