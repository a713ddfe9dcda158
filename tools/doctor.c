/* SPDX-License-Identifier: BSD-3-Clause */
/* doctor: why does it not work?  One finding after the other, each with the next step. */
#include "doctor_parts.h"

#include "command.h"
#include "prompt.h"

static void look_at_kind(struct doctor *doctor, struct reader_status *status)
{
    struct holder *holder = &status->holder;
    const enum lack lack = status_lack(status);
    bool pss = false;

    finding(doctor, VERDICT_GOOD, _("Card"),
            told(doctor, _("%s, serial number %s"), kind_name(holder->card.facts.id.profile),
                 holder->serial),
            NULL);
    if (holder->card.facts.id.profile->login_refused)
        finding(doctor, VERDICT_NOTE, "RSA-PSS",
                _("not asked: the commands of such a card are not public"), NULL);
    else if (guard_pss(&holder->card, false, &pss) != JPKI_OK)
        finding(doctor, VERDICT_NOTE, "RSA-PSS", _("the card did not say whether it knows it"),
                NULL);
    else if (pss)
        finding(doctor, VERDICT_GOOD, "RSA-PSS", _("the card knows it: login with TLS 1.3 works"),
                NULL);
    else
        finding(doctor, VERDICT_NOTE, "RSA-PSS",
                _("the card does not know it: login works with TLS 1.2 only"),
                _("docs/browser.md says how to ask a browser for TLS 1.2."));
    if (lack != LACK_NOTHING)
        finding(doctor, VERDICT_BAD, _("Card"), lack_name(lack), lack_sentence(lack));
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT && lack == LACK_NOTHING; role++) {
        if (holder->card.facts.id.profile->role[role].exists && !holder->card.facts.has_role[role])
            finding(doctor, VERDICT_NOTE, role_name(role), _("the card has no certificate for it"),
                    _("It is issued at the counter of your municipality, if you want it."));
    }
}

/* ---- what the card can still do: tries and dates */

static void look_at_tries(struct doctor *doctor, const struct reader_status *status, enum role role)
{
    const struct role_status *found = &status->role[role];
    const int full = status->holder.card.facts.id.profile->role[role].pin.tries;
    const char *left;

    if (found->tries_err == JPKI_ERR_KIND || found->tries_err == JPKI_ERR_NOT_FOUND)
        return;
    if (found->tries_err != JPKI_OK) {
        finding(doctor, VERDICT_NOTE, role_name(role),
                _("the card did not say how many tries are left"), NULL);
        return;
    }
    left = told(doctor, ngettext("%d of %d try left", "%d of %d tries left", (unsigned long)full),
                found->tries, full);
    if (found->tries == 0)
        finding(doctor, VERDICT_BAD, role_name(role), _("LOCKED: no try is left."),
                pin_locked_advice(role));
    else if (found->tries == 1)
        finding(doctor, VERDICT_NOTE, role_name(role), left, _("One more wrong one locks it."));
    else
        finding(doctor, VERDICT_GOOD, role_name(role), left, NULL);
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

static void look_at_roles(struct doctor *doctor, const struct reader_status *status)
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

/* ---- the readers */

/* One reader; true if a card of this kind lies in it. */
static bool look_at_reader(struct doctor *doctor, const struct reader_view *view)
{
    const struct status_wish wish = { .source = PIN_SOURCE_START };
    struct reader_status status = { .err = JPKI_ERR_IN_USE };
    enum jpki_err err;

    finding(doctor, VERDICT_GOOD, _("Reader"), view->name, NULL);
    if (!view->present) {
        finding(doctor, VERDICT_NOTE, _("Card"), _("none in this reader"), NULL);
        return false;
    }
    if (!view->exclusive)
        status_gather(&wish, view, &status);
    err = status.err;
    if (err == JPKI_OK) {
        look_at_kind(doctor, &status);
        look_at_roles(doctor, &status);
    }
    status_free(&status);
    if (err == JPKI_OK)
        return true;
    if (err == JPKI_ERR_NOT_JPKI)
        finding(doctor, VERDICT_NOTE, _("Card"),
                _("not a My Number Card; nothing more is sent to it"), NULL);
    else if (err == JPKI_ERR_NEWER)
        finding(doctor, VERDICT_BAD, _("Card"),
                _("newer than this version of libjpki-pkcs11: no PIN is sent to it"),
                _("Get a newer version; the release notes name the kinds of card it knows."));
    else if (err == JPKI_ERR_IN_USE)
        finding(doctor, VERDICT_BAD, _("Card"), _("another program keeps it to itself"),
                _("End that program. The usual one is GnuPG: gpgconf --kill scdaemon"));
    else if (err == JPKI_ERR_ACCESS)
        finding(
            doctor, VERDICT_BAD, _("Card"), _("polkit does not let you use the card"),
            _("Log in at the machine itself, or ask for a polkit rule that allows org.debian.pcsc-lite.access_card."));
    else
        finding(
            doctor, VERDICT_BAD, _("Card"), _("it does not answer as it should"),
            _("Put it flat and still on the reader, in its middle; take a metal plate or other cards away."));
    return false;
}

static void look_at_cards(struct doctor *doctor, const struct place *place)
{
    struct reader_view views[READER_MAX];
    size_t count = 0, cards = 0;

    if (!look_at_service(doctor, views, &count))
        return;
    if (count == 0)
        look_for_reader(doctor);
    for (size_t i = 0; i < count; i++) {
        if (reader_meant(place, views[i].name))
            cards += look_at_reader(doctor, &views[i]) ? 1 : 0;
    }
    if (count > 0 && cards == 0)
        finding(doctor, VERDICT_BAD, _("Card"), _("no My Number Card was found in any reader"),
                _("Put the card on the reader and run this again."));
}

int command_doctor(int argc, char **argv)
{
    struct doctor doctor = { .module = NULL };
    struct place place = { .reader = NULL };
    const struct option_row rows[] = {
        { "reader", OPTION_TEXT, &place.reader, N_("NAME"),
          N_("look at this reader alone (a part of its name is enough)") },
        { "module", OPTION_TEXT, &doctor.module, N_("FILE"),
          N_("look at this module, not at the installed one") },
        { "json", OPTION_FLAG, &doctor.as_json, NULL, N_("print JSON") },
        { .name = NULL },
    };
    const struct usage usage = {
        "doctor [options]",
        N_("Find out why it does not work: the smart card service, the reader, your rights, the "
           "card, other programs, the module "
           "and who knows of it. No PIN is asked for and no try is used."),
        rows
    };
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 1)
        return usage_complain(&usage, _("what is '%s'?"), argv[1]);
    if (doctor.as_json)
        json_list(&doctor.json, NULL);
    look_at_cards(&doctor, &place);
    look_at_programs(&doctor);
    look_at_opensc(&doctor);
    look_at_ssh(&doctor);
    look_at_module(&doctor);
    look_at_options(&doctor);
    look_at_registrations(&doctor);
    look_at_browsers(&doctor);
    if (doctor.as_json)
        json_end(&doctor.json);
    else if (doctor.bad > 0)
        text_head(ngettext("%u thing keeps it from working.", "%u things keep it from working.",
                           doctor.bad),
                  doctor.bad);
    else
        text_head("%s", _("Nothing was found that keeps it from working."));
    if (!doctor.as_json)
        text_row(
            0, "", "-> %s",
            _("'jpki-token report' tells how this card and reader answer: a text without anything of "
              "yours, for the project to learn from."));
    return doctor.bad > 0 ? CODE_CHECK : CODE_OK;
}
