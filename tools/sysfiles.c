/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfiles.h"

#include "nssdb.h"

#include <stdio.h>
#include <string.h>

#define TEXT_MAX (PATH_MAX + 256)

#define FIREFOX_FILE "/etc/firefox/policies/policies.json"
#define P11KIT_FILE "/etc/pkcs11/modules/" NSSDB_MODULE ".module"

/* Bring the file to the wanted state; *ret_other: it is somebody else's and was left alone. */
static int file_settle(const char *path, const char *text, bool wanted, bool *ret_other)
{
    enum file_found found = file_compare(path, text, strlen(text));
    int code;

    *ret_other = found == FILE_OTHER;
    if (found == FILE_OTHER)
        return CODE_FAILED;
    if ((found == FILE_SAME) == wanted) {
        printf(wanted ? _("already there: %s\n") : _("not there: %s\n"), path);
        return CODE_OK;
    }
    code = wanted ? file_put(path, text, strlen(text), 0644) : file_drop(path);
    if (code == CODE_OK)
        printf(wanted ? _("written: %s\n") : _("removed: %s\n"), path);
    return code;
}

int sysfiles_firefox(const char *auth, bool wanted)
{
    char text[TEXT_MAX];
    bool other;
    int code;

    snprintf(text, sizeof(text),
             "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      \"Add\": {\n"
             "        \"%s\": \"%s\"\n      }\n    }\n  }\n}\n",
             NSSDB_MODULE, auth);
    code = file_settle(FIREFOX_FILE, text, wanted, &other);
    if (other) {
        say_error(wanted ? _("%s is not this program's file, so it was left alone.") :
                           _("%s was not written by this program, so it was left alone."), FIREFOX_FILE);
        say_next(wanted ? _("Add to its \"policies\", inside \"SecurityDevices\" and \"Add\": \"%s\": \"%s\"") :
                          _("If it has this line inside \"SecurityDevices\" and \"Add\", take it out: \"%s\": \"%s\""),
                 NSSDB_MODULE, auth);
    }
    return code;
}

int sysfiles_p11kit(const char *full, bool wanted)
{
    char text[TEXT_MAX];
    bool other;
    int code;

    snprintf(text, sizeof(text), "module: %s\n", full);
    code = file_settle(P11KIT_FILE, text, wanted, &other);
    if (other) {
        say_error(_("%s was changed by somebody, so it was left alone."), P11KIT_FILE);
        say_next(wanted ? _("It should have the line: module: %s") : _("Remove it by hand. It would load: %s"), full);
    }
    return code;
}
