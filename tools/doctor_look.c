/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of "doctor" that look at the machine, not at the card. */
#include "command.h"
#include "conf.h"
#include "config.h"
#include "doctor_parts.h"
#include "p11kit.h"
#include "program.h"
#include "service.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void look_at_programs(struct doctor *doctor)
{
    if (process_runs("scdaemon"))
        finding(
            doctor, VERDICT_NOTE, _("Other programs"),
            _("GnuPG's scdaemon is running; it may keep the reader to itself"),
            _("If the card is said to be in use: gpgconf --kill scdaemon, and for good: pcsc-shared in scdaemon.conf"));
    else
        finding(doctor, VERDICT_GOOD, _("Other programs"),
                _("no program is known to keep a reader to itself"), NULL);
}

void look_at_opensc(struct doctor *doctor)
{
    bool limited;
    char *found = p11kit_search("opensc-pkcs11", &limited);

    if (found == NULL)
        finding(doctor, VERDICT_GOOD, "OpenSC", _("not registered beside this module"), NULL);
    else if (limited)
        finding(doctor, VERDICT_GOOD, "OpenSC", _("is kept to some programs"), NULL);
    else
        finding(doctor, VERDICT_NOTE, "OpenSC",
                _("is registered with p11-kit: programs see this card twice, once by each module"),
                _("Leave one of them out: docs/opensc.md says how."));
    free(found);
}

void look_at_ssh(struct doctor *doctor)
{
    const char *const words[] = { "ssh", "-V", NULL };
    char said[PROGRAM_OUTPUT_MAX];
    int status;

    /* Debian and Ubuntu, which put their name behind it, mended theirs. */
    if (program_run(words, said, &status) != 0 ||
        (strncmp(said, "OpenSSH_10.1p1,", 15) != 0 && strncmp(said, "OpenSSH_10.2p1,", 15) != 0))
        return;
    finding(
        doctor, VERDICT_NOTE, "OpenSSH",
        told(doctor,
             _("ssh -I of %.12s passes over every token that wants a PIN, and so over this card"),
             said),
        _("Use an agent: docs/ssh.md, ssh-add -s. From 10.3 on ssh -I works again."));
}

/* The module that is meant: the installed one, or, where there is none, one that programs were
 * told of. */
static void module_choose(struct doctor *doctor)
{
    static char path[PATH_MAX];

    if (doctor->module == NULL && access(JPKI_MODULE_PATH, F_OK) != 0 &&
        (p11kit_names(path) || browsers_name(path)))
        doctor->module = path;
    else if (doctor->module == NULL)
        doctor->module = JPKI_MODULE_PATH;
}

void look_at_module(struct doctor *doctor)
{
    void *handle;

    module_choose(doctor);
    handle = dlopen(doctor->module, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL || dlsym(handle, "C_GetFunctionList") == NULL) {
        const char *why = dlerror();
        finding(doctor, VERDICT_BAD, _("Module"),
                told(doctor, _("cannot be loaded: %s"), why == NULL ? doctor->module : why),
                _("Install the package libjpki-pkcs11, or say where it is with --module."));
    } else {
        finding(doctor, VERDICT_GOOD, _("Module"),
                told(doctor, _("%s can be loaded"), doctor->module), NULL);
    }
    if (handle != NULL)
        (void)dlclose(handle);
}

void look_at_registrations(struct doctor *doctor)
{
    bool limited;
    char *found = p11kit_search("libjpki-pkcs11", &limited);

    if (found != NULL)
        finding(doctor, VERDICT_GOOD, "p11-kit", found, NULL);
    else
        finding(doctor, VERDICT_NOTE, "p11-kit",
                _("does not know the module: GnuTLS, GNOME and others do not see the card"),
                _("The package brings jpki.module; by hand: docs/install.md."));
    free(found);
}

/* The options are read as the module does, which tells its log alone what it does not understand.
 */

static void line_find(void *user, const char *source, unsigned number, struct slice text)
{
    finding(
        user, VERDICT_NOTE, _("Options"),
        number == 0 ? told(user, _("%s cannot be read or is too long"), source)
                    : told(user, _("%s, line %u, is not understood: %.*s"), source, number,
                           text.len < 80 ? (int)text.len : 80, (const char *)text.ptr),
        _("Mend it: libjpki-pkcs11(7) has the options. Until then the safer value holds where this may have said one."));
}

void look_at_options(struct doctor *doctor)
{
    struct config config;

    if (config_look(&config, &(struct config_ear){ line_find, doctor }) == 0)
        finding(doctor, VERDICT_GOOD, _("Options"), _("all that is set is understood"), NULL);
}
