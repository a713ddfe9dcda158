/* SPDX-License-Identifier: BSD-3-Clause */
/* PINs and their rules: what is said before the card is asked and after it has answered. */
#include "holder.h"
#include "prompt.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define ASK_MAX 3 /* times on a terminal for what has not the form */

/* What of a rule a text breaks. */
enum fault { FAULT_DIGITS, FAULT_PASSWORD, FAULT_JUKI, FAULT_NEW_MIXED, FAULT_OLD_MIXED };

static const char *const faults[] = {
    [FAULT_DIGITS] = N_("The PIN has exactly 4 digits."),
    [FAULT_PASSWORD] =
        N_("The password has 6 to 16 characters: capital letters A to Z and digits."),
    [FAULT_JUKI] = N_("The password of this card has 4 to 16 letters and digits."),
    [FAULT_NEW_MIXED] = N_("A new password needs at least one letter and at least one digit."),
    [FAULT_OLD_MIXED] = (N_(
        "A password has at least one letter and at least one digit. If yours was set otherwise: "
        "--any-form sends it, and pin-form=any in the options of the module lets programs send it.")),
};

static const char *fault_text(const struct pin_rule *rule, const struct secret *typed, bool is_new)
{
    struct secret folded;
    size_t len = 0;
    enum jpki_err err =
        pin_fold(rule, slice_of(typed->bytes, typed->len), true, folded.bytes, &len);
    enum fault fault = rule->min_len == 6 ? FAULT_PASSWORD : FAULT_JUKI;

    wipe(&folded, sizeof(folded));
    if (rule->chars == PIN_DIGITS)
        fault = FAULT_DIGITS;
    else if (err == JPKI_OK)
        fault = is_new ? FAULT_NEW_MIXED : FAULT_OLD_MIXED;
    return _(faults[fault]);
}

int pin_ask(const struct pin_source *source, const struct card *card, enum role role,
            const char *prompt, bool is_new, struct secret *ret_pin)
{
    const struct pin_rule *rule = &card->facts.id.profile->role[role].pin;
    struct secret typed = { .len = 0 }, pin = { .len = 0 };
    int code = CODE_NOT_SENT;

    for (int i = 0; i < (source->fd < 0 ? ASK_MAX : 1); i++) {
        code = secret_ask(source, prompt, &typed);
        if (code != CODE_OK)
            break;
        if (pin_fold(rule, slice_of(typed.bytes, typed.len), !is_new && source->any_form, pin.bytes,
                     &pin.len) == JPKI_OK) {
            *ret_pin = pin;
            break;
        }
        code = CODE_NOT_SENT;
        say_error(
            "%s",
            is_new
                ? _("this cannot be a new one; nothing was changed")
                : _("this does not have the right form; the card was not asked and no try was lost"));
        say_next("%s", fault_text(rule, &typed, is_new));
    }
    wipe(&typed, sizeof(typed));
    wipe(&pin, sizeof(pin));
    return code;
}

const char *pin_locked_advice(enum role role)
{
    if (role == ROLE_AUTH)
        return _(
            "Have it reset at the counter of your municipality, with the card and a document that proves who you are.");
    return _(
        "Have it reset at the counter of your municipality; or, if you know the authentication PIN, with the phone app "
        "for resetting it and the terminal of a convenience store.");
}

struct guard_ask pin_wish(const struct pin_source *source, const struct card *card, enum role role,
                          enum guard_job job)
{
    return (struct guard_ask){ .whom = &card->facts.id,
                               .role = role,
                               .job = job,
                               .juki_try = source->juki_try,
                               .keep_last_try = !source->use_last_try,
                               .any_form = source->any_form };
}

static int locked_explain(enum role role, bool was_sent)
{
    say_error(was_sent ? _("the %s was wrong, and it is locked now: no try is left")
                       : _("the %s is locked: no try is left"),
              pin_name(role));
    say_next("%s", pin_locked_advice(role));
    return CODE_PIN_LOCKED;
}

void pin_fill(struct guard_ask *ask, const struct secret *pin)
{
    ask->origin = pin->len > 0 ? PIN_TYPED : PIN_KEYPAD;
    ask->pin = slice_of(pin->bytes, pin->len);
}

int pin_prepare(const struct pin_source *source, struct card *card, enum role role)
{
    const struct role_profile *row = &card->facts.id.profile->role[role];
    const struct guard_ask ask = pin_wish(source, card, role, GUARD_LOGIN);
    struct guard_tell tell = guard_look(card, &ask);

    if (tell.why == JPKI_ERR_NOT_FOUND && row->exists) {
        say_error(_("no %s was ever set on this card"), pin_name(role));
        return CODE_NOT_FOUND;
    }
    if (tell.why == JPKI_ERR_PIN_BLOCKED)
        return locked_explain(role, false);
    if (tell.tries > 0)
        text_line(stderr,
                  ngettext("%s: %d of %d try left", "%s: %d of %d tries left",
                           (unsigned long)row->pin.tries),
                  role_name(role), tell.tries, row->pin.tries);
    return tell.why == JPKI_OK ? CODE_OK : error_explain(tell.why);
}

static int wrong_explain(enum role role, const struct guard_tell *tell)
{
    say_error(_("the %s was wrong"), pin_name(role));
    if (tell->tries == TRIES_UNKNOWN)
        say_next("%s", _("How many tries are left: 'jpki-token status'."));
    else
        say_next(ngettext("%d try is left.", "%d tries are left.", (unsigned long)tell->tries),
                 tell->tries);
    if (tell->tries == 1)
        say_next("%s", _("One more wrong one locks it. Stop here if you are not sure."));
    return CODE_PIN_WRONG;
}

int pin_explain(enum role role, const struct guard_tell *tell)
{
    int code = CODE_OK;

    if (tell->why == JPKI_ERR_PIN_WRONG)
        code = wrong_explain(role, tell);
    else if (tell->why == JPKI_ERR_PIN_BLOCKED)
        code = locked_explain(role, tell->pin == PIN_REFUSED);
    else if (tell->why != JPKI_OK)
        code = error_explain(tell->why);
    if (tell->lock == LOCK_OPEN && tell->why != JPKI_ERR_DROP)
        (void)error_explain(JPKI_ERR_DROP);
    if (tell->why == JPKI_OK || tell->pin == PIN_REFUSED || tell->work != WORK_NONE ||
        tell->why == JPKI_ERR_PIN_BLOCKED)
        return code;
    if (tell->pin == PIN_NOT_SENT)
        say_next(_("The %s was not sent; no try was lost."), pin_name(role));
    else if (tell->pin == PIN_UNKNOWN)
        say_next(
            "%s",
            _("Whether this cost a try is not known; 'jpki-token status' shows what is left."));
    return code;
}

int pin_get(const struct pin_source *source, struct card *card, enum role role,
            struct secret *ret_pin)
{
    int code = pin_prepare(source, card, role);

    if (code != CODE_OK)
        return code;
    if (source->fd < 0 && card_has_pinpad(card, role, PINPAD_VERIFY)) {
        text_line(stderr, "%s", _("Type the PIN on the reader's keypad."));
        ret_pin->len = 0;
        return CODE_OK;
    }
    return pin_ask(source, card, role,
                   role == ROLE_AUTH ? _("PIN for user authentication")
                                     : _("Password for digital signatures"),
                   false, ret_pin);
}

int pin_login(const struct pin_source *source, struct card *card, enum role role, struct buf *der)
{
    struct secret pin = { .len = 0 };
    struct guard_ask ask = pin_wish(source, card, role, GUARD_LOGIN);
    struct guard_tell tell;
    int code = pin_get(source, card, role, &pin);

    if (code != CODE_OK)
        goto out;
    pin_fill(&ask, &pin);
    ask.out = der;
    tell = guard_pass(card, &ask);
    code = pin_explain(role, &tell);
out:
    wipe(&pin, sizeof(pin));
    return code;
}
