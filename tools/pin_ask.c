/* SPDX-License-Identifier: BSD-3-Clause */
/* PINs and their rules: what is said before the card is asked and after it has answered. */
#include "holder.h"
#include "prompt.h"

#include <stdio.h>
#include <string.h>

#define ASK_MAX 3 /* times on a terminal for what has not the form */

/* What of a rule a text breaks. */
static struct fault {
    const char *text;
} const faults[] = {
    { N_("The PIN has exactly 4 digits.") },
    { N_("The password has 6 to 16 characters: capital letters A to Z and digits.") },
    { N_("A new password needs at least one letter and at least one digit.") },
    { N_("The password of this card has 4 to 16 letters and digits.") },
};

static const char *fault_text(const struct pin_rule *rule, const struct secret *typed, bool is_new)
{
    struct secret folded;
    size_t len = 0;
    enum jpki_err err = pin_fold(rule, slice_of(typed->bytes, typed->len), false, folded.bytes, &len);

    wipe(&folded, sizeof(folded));
    if (rule->chars == PIN_DIGITS)
        return _(faults[0].text);
    if (err == JPKI_OK && is_new && rule->mixed_when_new)
        return _(faults[2].text);
    return rule->min_len == 6 ? _(faults[1].text) : _(faults[3].text);
}

int pin_ask(const struct pin_source *source, const struct card *card, enum role role, const char *prompt, bool is_new,
            struct secret *ret_pin)
{
    const struct pin_rule *rule = &card->facts.profile->role[role].pin;
    struct secret typed = { .len = 0 }, pin = { .len = 0 };
    int code = CODE_NOT_SENT;

    for (int i = 0; i < (source->fd < 0 ? ASK_MAX : 1); i++) {
        code = secret_ask(source, prompt, &typed);
        if (code != CODE_OK)
            break;
        if (pin_fold(rule, slice_of(typed.bytes, typed.len), is_new, pin.bytes, &pin.len) == JPKI_OK) {
            *ret_pin = pin;
            break;
        }
        code = CODE_NOT_SENT;
        say_error("%s", is_new ? _("this cannot be a new one; nothing was changed")
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
        return _("Have it reset at the counter of your municipality, with the card and a document that proves who you are.");
    return _("Have it reset at the counter of your municipality; or, if you know the authentication PIN, with the phone app "
             "for resetting it and the terminal of a convenience store.");
}

int pin_prepare(const struct pin_source *source, struct card *card, enum role role, int *ret_tries)
{
    const struct role_profile *row = &card->facts.profile->role[role];
    int tries = TRIES_UNKNOWN;
    enum jpki_err err;

    if (!row->exists)
        return error_explain(JPKI_ERR_NOT_FOUND);
    if (card->facts.profile->login_refused && !source->juki_try) {
        say_error("%s", _("this is an old Juki card: nothing is sent to it that could cost a try"));
        say_next("%s", _("Its commands are not public. --juki-try sends the password all the same."));
        return CODE_NOT_SENT;
    }
    err = card_tries(card, role, &tries);
    if (err == JPKI_ERR_NOT_FOUND) {
        say_error(_("no %s was ever set on this card"), pin_name(role));
        return CODE_NOT_FOUND;
    }
    if (err != JPKI_OK)
        return error_explain(err);
    *ret_tries = tries;
    if (tries == 0) {
        say_error(_("the %s is locked: no try is left"), pin_name(role));
        say_next("%s", pin_locked_advice(role));
        return CODE_PIN_LOCKED;
    }
    fprintf(stderr, ngettext("%s: %d of %d try left\n", "%s: %d of %d tries left\n", (unsigned long)row->pin.tries),
            role_name(role), tries, row->pin.tries);
    if (tries == 1 && !source->use_last_try) {
        say_error("%s", _("only one try is left; it was kept, and nothing was sent to the card"));
        say_next("%s", _("If you are sure of it: --use-last-try. A wrong one locks the card."));
        return CODE_NOT_SENT;
    }
    return CODE_OK;
}

static int wrong_explain(enum role role, const struct pin_result *result)
{
    say_error(_("the %s was wrong"), pin_name(role));
    if (result->tries == TRIES_UNKNOWN)
        say_next("%s", _("How many tries are left: 'jpki-token status'."));
    else
        say_next(ngettext("%d try is left.", "%d tries are left.", (unsigned long)result->tries), result->tries);
    if (result->tries == 1)
        say_next("%s", _("One more wrong one locks it. Stop here if you are not sure."));
    return CODE_PIN_WRONG;
}

int pin_explain(enum role role, enum jpki_err err, const struct pin_result *result)
{
    int code;

    if (err == JPKI_OK)
        return CODE_OK;
    if (err == JPKI_ERR_PIN_WRONG && result->tries != 0)
        return wrong_explain(role, result);
    if (err == JPKI_ERR_PIN_BLOCKED || err == JPKI_ERR_PIN_WRONG) {
        say_error(result->sent ? _("the %s was wrong, and it is locked now: no try is left")
                               : _("the %s is locked: no try is left"), pin_name(role));
        say_next("%s", pin_locked_advice(role));
        return CODE_PIN_LOCKED;
    }
    code = error_explain(err);
    if (err == JPKI_ERR_PIN_UNSURE || err == JPKI_ERR_DROP)
        return code;
    if (!result->sent)
        say_next(_("The %s was not sent; no try was lost."), pin_name(role));
    else if (!result->accepted)
        say_next("%s", _("Whether this cost a try is not known; 'jpki-token status' shows what is left."));
    return code;
}

int pin_get(const struct pin_source *source, struct card *card, enum role role, struct secret *ret_pin)
{
    int tries = TRIES_UNKNOWN;
    int code = pin_prepare(source, card, role, &tries);

    if (code != CODE_OK)
        return code;
    if (source->fd < 0 && card_has_pinpad(card, role, PINPAD_VERIFY)) {
        fprintf(stderr, "%s\n", _("Type the PIN on the reader's keypad."));
        ret_pin->len = 0;
        return CODE_OK;
    }
    return pin_ask(source, card, role,
                   role == ROLE_AUTH ? _("PIN for user authentication") : _("Password for digital signatures"), false,
                   ret_pin);
}

int pin_login(const struct pin_source *source, struct card *card, enum role role, struct buf *der, struct secret *ret_pin)
{
    struct secret pin = { .len = 0 };
    struct pin_result result = { .tries = TRIES_UNKNOWN };
    struct pin_use use = { .role = role, .keep_last_try = !source->use_last_try };
    enum jpki_err err;
    int code = pin_get(source, card, role, &pin);

    if (code != CODE_OK)
        goto out;
    use.pin = slice_of(pin.bytes, pin.len);
    err = card_login(card, &use, der, &result);
    code = pin_explain(role, err, &result);
    if (code == CODE_OK)
        *ret_pin = pin;
out:
    wipe(&pin, sizeof(pin));
    return code;
}
