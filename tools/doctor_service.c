/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of "doctor" that looks at pcscd: whether it answers, whom it lets in, and whether it
 * has a reader. */
#include "command.h"
#include "doctor_parts.h"
#include "service.h"

/* What was found and what to do. */
struct service_row {
    const char *found, *next;
};

/* clang-format off */
static const struct service_row troubles[] = {
    [SERVICE_ABSENT] = { N_("is not running: its socket is not there"),
        N_("Install it (on Debian: apt install pcscd) and start it: systemctl enable --now pcscd.socket") },
    [SERVICE_NO_RIGHT] = { N_("its socket does not let you in"),
        N_("The socket is open to all on most systems; ask the administrator why it is not here, or for its group.") },
    [SERVICE_DEAF] = { N_("its socket is there, but it does not answer"), N_("Start it anew: systemctl restart pcscd") },
    [SERVICE_OTHER_PROTOCOL] = { N_("it answers in another protocol than the libpcsclite here speaks"),
        N_("Both must be of one version. After an upgrade: systemctl restart pcscd. In a container: install in it the "
           "libpcsclite of the machine outside, or run a pcscd in it.") },
};
/* clang-format on */

/* clang-format off */
static const struct service_row refusals[] = {
    [REFUSED_SESSION] = { N_("polkit does not let you use it"),
        N_("Log in at the machine itself (not by ssh), or ask its administrator for a polkit rule: docs/readers.md has one, "
           "and says what it opens.") },
    [REFUSED_HIDDEN] = {
        N_("polkit does not let you use it: it cannot see who asks, because /proc hides processes (hidepid)"),
        N_("Ask the administrator to mount /proc with gid= and the group of polkitd, or without hidepid=.") },
    [REFUSED_NO_BUS] = { N_("it cannot ask polkit: there is no system D-Bus here (a container?)"),
        N_("Start D-Bus and polkit, or, in a container of your own alone, pcscd with --disable-polkit.") },
    [REFUSED_OUTSIDE] = {
        N_("it runs outside of this container, and the polkit there does not let programs of the inside in"),
        N_("A polkit rule outside would have to let them in: docs/readers.md has one, and says what it opens.") },
};
/* clang-format on */

bool look_at_service(struct doctor *doctor, struct reader_view *views, size_t *ret_count)
{
    enum jpki_err err = readers_list(views, ret_count);
    const struct service_row *row;
    const char *facts = "";

    if (err == JPKI_OK) {
        finding(doctor, VERDICT_GOOD, "pcscd", _("answers"), NULL);
        return true;
    }
    if (err == JPKI_ERR_ACCESS) {
        row = &refusals[service_refusal()];
    } else {
        row = &troubles[service_trouble()];
        facts = socket_facts();
    }
    finding(doctor, VERDICT_BAD, "pcscd",
            told(doctor, facts[0] == '\0' ? "%s" : "%s: %s", _(row->found), facts), _(row->next));
    return false;
}

void look_for_reader(struct doctor *doctor)
{
    char name[256], denied[300];

    if (!reader_plugged(name, sizeof(name), denied, sizeof(denied))) {
        finding(
            doctor, VERDICT_BAD, _("Reader"), _("none was found"),
            _("Connect it. A reader that 'lsusb' lists needs its driver: on Debian libccid; for PaSoRi see "
              "docs/readers.md."));
        return;
    }
    if (denied[0] != '\0') {
        finding(
            doctor, VERDICT_BAD, _("Reader"),
            told(doctor, _("%s is plugged in, but pcscd may not open it as %s"), name, denied),
            _("Its driver lacks a udev rule that gives the device to pcscd's group: docs/readers.md has one."));
        return;
    }
    finding(
        doctor, VERDICT_BAD, _("Reader"),
        told(doctor, _("%s is plugged in, but pcscd does not know it"), name),
        _("Install its driver (on Debian: apt install libccid), and then: systemctl restart pcscd"));
}
