/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_status.h"

#include <stdio.h>

/* the free call of the My Number service, day and night for lost cards */
#define LOST_CARD_NUMBER "0120-95-0178"

static void tries_show(const struct reader_status *status, enum role role)
{
    const struct role_status *found = &status->role[role];
    const int full = status->holder.card.facts.id.profile->role[role].pin.tries;
    const char *label = role == ROLE_AUTH ? _("PIN (4 digits)") : _("Password");

    if (found->tries_err == JPKI_ERR_NOT_FOUND || status_lack(status) == LACK_PINS)
        text_row(2, label, "%s",
                 found->tries_err == JPKI_OK ? _("none that can be used") : _("none was set"));
    else if (found->tries_err == JPKI_ERR_KIND)
        text_row(2, label, "%s", _("not asked: the commands of such a card are not public"));
    else if (found->tries_err != JPKI_OK)
        text_row(2, label, "%s", _("the card did not say how many tries are left"));
    else if (found->tries == 0)
        text_row(2, label, "%s", _("LOCKED: no try is left."));
    else
        text_row(2, label,
                 ngettext("%d of %d try left", "%d of %d tries left", (unsigned long)full),
                 found->tries, full);
    if (found->tries_err == JPKI_OK && found->tries == 0 && status_lack(status) != LACK_PINS)
        text_row(2, "", "%s", pin_locked_advice(role));
    if (found->tries_err == JPKI_OK && found->tries == 1)
        text_row(2, "", "%s", _("One more wrong one locks it."));
}

static void cert_show_dates(const struct role_status *found, enum role role, time_t now)
{
    const struct cert_dates dates = cert_dates(found->cert, now);
    char start[DATE_LEN], end[DATE_LEN];

    date_text(dates.start, start);
    date_text(dates.end, end);
    text_row(2, _("Certificate"), _("%s to %s"), start, end);
    text_row(2, "", "%s", cert_dates_sentence(&dates));
    if (role == ROLE_SIGN)
        text_row(2, "", "%s",
                 _("ends earlier if your name, address, date of birth or sex changes"));
}

static void role_show(const struct reader_status *status, enum role role, time_t now)
{
    const struct role_status *found = &status->role[role];

    text_head("%s", role_name(role));
    tries_show(status, role);
    if (found->cert != NULL)
        cert_show_dates(found, role, now);
    else if (found->cert_err == JPKI_ERR_NOT_FOUND)
        text_row(2, _("Certificate"), "%s", _("none on this card"));
    else if (found->cert_err == JPKI_ERR_DENIED &&
             status->holder.card.facts.id.profile->login_refused)
        text_row(2, _("Certificate"), "%s", _("on the card"));
    else if (found->cert_err == JPKI_ERR_DENIED && role == ROLE_SIGN)
        text_row(
            2, _("Certificate"), "%s",
            _("on the card; its dates are behind the password (status --with-sign asks for it)"));
    else if (found->cert_err == JPKI_ERR_DENIED)
        text_row(2, _("Certificate"), "%s",
                 _("on the card; its dates are behind the PIN (cert show auth asks for it)"));
    else
        text_row(2, _("Certificate"), "%s", _("cannot be read"));
}

static const char *trouble_text(enum jpki_err err)
{
    switch ((int)err) {
    case JPKI_ERR_NO_CARD: return _("none");
    case JPKI_ERR_NOT_JPKI: return _("not a My Number Card");
    case JPKI_ERR_NEWER:
        return _(
            "newer than this version of libjpki-pkcs11: no PIN is sent to it. Get a newer version.");
    case JPKI_ERR_IN_USE:
        return _("another program keeps it to itself ('jpki-token doctor' looks for it)");
    case JPKI_ERR_ACCESS:
        return _("you have no right to use it ('jpki-token doctor' looks for the reason)");
    default: return _("it cannot be talked to; put it flat on the reader and try again");
    }
}

void status_show(const struct reader_status *status, time_t now)
{
    const struct card_facts *facts = &status->holder.card.facts;
    enum lack lack;

    text_row(0, _("Reader"), "%s", status->view.name);
    if (status->err != JPKI_OK) {
        text_row(0, _("Card"), "%s", trouble_text(status->err));
        return;
    }
    lack = status_lack(status);
    text_row(0, _("Card"), lack == LACK_NOTHING ? "%s" : "%s: %s", kind_name(facts->id.profile),
             lack_name(lack));
    text_row(0, _("Serial number"), "%s", status->holder.serial);
    if (lack != LACK_NOTHING)
        text_row(0, "", "%s", lack_sentence(lack));
    if (facts->id.profile->login_refused)
        text_row(
            0, "", "%s",
            _("An old Juki card: its certificates expired long ago, and its password is not sent."));
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (facts->id.profile->role[role].exists && (lack == LACK_NOTHING || facts->has_role[role]))
            role_show(status, role, now);
    }
    text_line(stdout, "%s", "");
    text_row(0, _("Card lost or stolen"),
             _("call %s (day and night): that suspends both certificates"), LOST_CARD_NUMBER);
}

static void cert_show_json(struct json *json, const struct role_status *found, time_t now)
{
    struct cert_dates dates;
    char text[CERT_SERIAL_ROOM];

    if (found->cert == NULL) {
        json_text(json, "certificate", NULL);
        json_text(json, "certificate_error", err_name(found->cert_err));
        return;
    }
    dates = cert_dates(found->cert, now);
    json_object(json, "certificate");
    cert_serial_text(found->cert, text);
    json_text(json, "serial", text);
    date_text(dates.start, text);
    json_text(json, "from", text);
    date_text(dates.end, text);
    json_text(json, "to", text);
    date_text(dates.renewal, text);
    json_text(json, "renewal_from", text);
    json_text(json, "state", cert_state_word(dates.state));
    json_number(json, "days", dates.days);
    json_end(json);
}

static const char *const lacks_word[] = {
    [LACK_CERTIFICATES] = "certificates", [LACK_PINS] = "pins"
};

void status_show_json(struct json *json, const struct reader_status *status, time_t now)
{
    const struct card_facts *facts = &status->holder.card.facts;

    json_object(json, NULL);
    json_text(json, "reader", status->view.name);
    json_text(json, "error", status->err == JPKI_OK ? NULL : err_name(status->err));
    if (status->err == JPKI_OK) {
        json_text(json, "kind", facts->id.profile->name);
        json_text(json, "serial", status->holder.serial);
        json_text(json, "lacks", lacks_word[status_lack(status)]);
        json_list(json, "tokens");
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
            const struct role_status *found = &status->role[role];
            if (!facts->id.profile->role[role].exists)
                continue;
            json_object(json, NULL);
            json_text(json, "role", role_word(role));
            json_text(json, "label", role_names[role].token);
            if (found->tries_err == JPKI_OK)
                json_number(json, "tries_left", found->tries);
            else
                json_text(json, "tries_left", NULL);
            json_number(json, "tries_full", facts->id.profile->role[role].pin.tries);
            cert_show_json(json, found, now);
            json_end(json);
        }
        json_end(json);
    }
    json_end(json);
}
