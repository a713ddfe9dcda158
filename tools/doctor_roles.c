/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of "doctor" that judges what the card can still do: tries and dates. */
#include "command.h"
#include "doctor.h"
#include "prompt.h"

#include <stdio.h>

static void look_at_tries(struct doctor *doctor, const struct reader_status *status, enum role role)
{
    const struct role_status *found = &status->role[role];
    const int full = status->holder.card.facts.id.profile->role[role].pin.tries;
    char text[256];

    if (found->tries_err == JPKI_ERR_KIND || found->tries_err == JPKI_ERR_NOT_FOUND)
        return;
    if (found->tries_err != JPKI_OK) {
        finding(doctor, VERDICT_NOTE, role_name(role),
                _("the card did not say how many tries are left"), NULL);
        return;
    }
    snprintf(text, sizeof(text),
             ngettext("%d of %d try left", "%d of %d tries left", (unsigned long)full),
             found->tries, full);
    if (found->tries == 0)
        finding(doctor, VERDICT_BAD, role_name(role), _("LOCKED: no try is left."),
                pin_locked_advice(role));
    else if (found->tries == 1)
        finding(doctor, VERDICT_NOTE, role_name(role), text, _("One more wrong one locks it."));
    else
        finding(doctor, VERDICT_GOOD, role_name(role), text, NULL);
}

static void look_at_dates(struct doctor *doctor, const struct reader_status *status, enum role role)
{
    static const enum verdict verdicts[] = { [CERT_VALID] = VERDICT_GOOD,
                                             [CERT_RENEWABLE] = VERDICT_NOTE,
                                             [CERT_EXPIRED] = VERDICT_BAD,
                                             [CERT_NOT_YET] = VERDICT_BAD };
    const struct role_status *found = &status->role[role];
    struct cert_dates dates;

    if (found->cert != NULL) {
        dates = cert_dates(found->cert, time(NULL));
        finding(doctor, verdicts[dates.state], role_name(role), cert_dates_sentence(&dates), NULL);
    } else if (found->cert_err == JPKI_ERR_DENIED &&
               !status->holder.card.facts.id.profile->login_refused) {
        finding(doctor, VERDICT_NOTE, role_name(role),
                _("until when it is valid was not looked at: that is behind its PIN"),
                role == ROLE_SIGN ? "jpki-token status --with-sign" : "jpki-token cert show auth");
    } else if (found->cert_err != JPKI_ERR_DENIED && found->cert_err != JPKI_ERR_NOT_FOUND) {
        finding(doctor, VERDICT_BAD, role_name(role), _("its certificate cannot be read"),
                _("Put the card flat and still on the reader and try again."));
    }
}

void look_at_roles(struct doctor *doctor, const struct reader_status *status)
{
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT && status_lack(status) == LACK_NOTHING;
         role++) {
        if (!status->holder.card.facts.id.profile->role[role].exists ||
            !status->holder.card.facts.has_role[role])
            continue;
        look_at_tries(doctor, status, role);
        look_at_dates(doctor, status, role);
    }
}
