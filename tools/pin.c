/* SPDX-License-Identifier: BSD-3-Clause */
/* pin change, pin verify */
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "text.h"

#include <string.h>

#define NEW_MAX 3 /* times that two new ones may differ on a terminal */

/* What is asked for, per role. */
static const struct prompt_row {
    const char *old, *new, *again;
} prompts[ROLE_COUNT] = {
    [ROLE_AUTH] = { N_("Present PIN for user authentication"), N_("New PIN (4 digits)"),
                    N_("New PIN again") },
    [ROLE_SIGN] = { N_("Present password for digital signatures"),
                    N_("New password (6 to 16 letters and digits, both in it)"),
                    N_("New password again") },
};

/* A new PIN, typed twice on a terminal; a script's line is taken as it is. */
static int new_ask(const struct pin_source *source, const struct card *card, enum role role,
                   struct secret *ret_pin)
{
    struct secret first = { .len = 0 }, again = { .len = 0 };
    int code = CODE_NOT_SENT;

    for (int i = 0; i < NEW_MAX; i++) {
        code = pin_ask(source, card, role, _(prompts[role].new), true, &first);
        if (code == CODE_OK && source->fd < 0)
            code = pin_ask(source, card, role, _(prompts[role].again), true, &again);
        if (code != CODE_OK)
            break;
        if (source->fd >= 0 ||
            (first.len == again.len && secret_equal(first.bytes, again.bytes, first.len))) {
            *ret_pin = first;
            break;
        }
        code = CODE_NOT_SENT;
        say_error("%s", _("the two differ; nothing was changed"));
    }
    wipe(&first, sizeof(first));
    wipe(&again, sizeof(again));
    return code;
}

/* The old one and the new one; both stay empty where they are typed on the reader's keypad. */
static int both_ask(const struct pin_source *source, struct card *card, enum role role,
                    struct secret *ret_old, struct secret *ret_new)
{
    int code;

    if (source->fd < 0 && card_has_pinpad(card, role, PINPAD_MODIFY)) {
        text_line(stderr, "%s",
                  _("Type the present PIN on the reader's keypad, and then the new one twice."));
        return CODE_OK;
    }
    code = pin_ask(source, card, role, _(prompts[role].old), false, ret_old);
    if (code == CODE_OK)
        code = new_ask(source, card, role, ret_new);
    if (code == CODE_OK && ret_old->len == ret_new->len &&
        secret_equal(ret_old->bytes, ret_new->bytes, ret_old->len)) {
        say_error("%s", _("the new one is the old one; nothing was changed"));
        code = CODE_NOT_SENT;
    }
    return code;
}

static int change(const struct pin_source *source, struct card *card, enum role role)
{
    struct secret old = { .len = 0 }, new = { .len = 0 };
    struct guard_ask ask = pin_wish(source, card, role, GUARD_CHANGE);
    struct guard_tell tell;
    int code = pin_prepare(source, card, role);

    if (code == CODE_OK)
        code = both_ask(source, card, role, &old, &new);
    if (code != CODE_OK)
        goto out;
    pin_fill(&ask, &old);
    ask.new_pin = slice_of(new.bytes, new.len);
    tell = guard_pass(card, &ask);
    /* first what a person must know whatever else went wrong */
    if (tell.work == WORK_DONE)
        text_line(stdout, "%s",
                  role == ROLE_AUTH ? _("The PIN for user authentication was changed.")
                                    : _("The password for digital signatures was changed."));
    code = pin_explain(role, &tell);
    if (tell.pin == PIN_ACCEPTED && tell.work == WORK_NONE)
        say_next("%s", _("The old one was right and still holds."));
out:
    wipe(&old, sizeof(old));
    wipe(&new, sizeof(new));
    return code;
}

static int verify(const struct pin_source *source, struct card *card, enum role role)
{
    const int code = pin_login(source, card, role, NULL);

    if (code == CODE_OK)
        text_line(stdout, "%s",
                  role == ROLE_AUTH ? _("The PIN for user authentication is right.")
                                    : _("The password for digital signatures is right."));
    return code;
}

int command_pin(int argc, char **argv)
{
    struct place place = { .reader = NULL };
    struct pin_source source = PIN_SOURCE_START;
    const struct option_row rows[] = { PLACE_OPTIONS(&place),
                                       PIN_OPTIONS(&source),
                                       { .name = NULL } };
    const struct usage usage = {
        "pin change|verify auth|sign [options]",
        N_("Change the PIN for user authentication (auth, 4 digits, 3 tries) or the password for "
           "digital signatures (sign, 6 to "
           "16 letters and digits, 5 tries), or verify it, which also brings its tries back to the "
           "full number. A new one is "
           "typed twice; from --pin-fd come two lines, the old one and the new one."),
        rows
    };
    struct holder holder;
    enum role role = ROLE_AUTH;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 3 || (strcmp(argv[1], "change") != 0 && strcmp(argv[1], "verify") != 0) ||
        !role_read(argv[2], &role))
        return usage_complain(&usage, "%s", _("say what to do and with which one"));
    code = holder_find(&place, &holder);
    if (code != CODE_OK)
        return code;
    code = strcmp(argv[1], "change") == 0 ? change(&source, &holder.card, role)
                                          : verify(&source, &holder.card, role);
    holder_close(&holder);
    return code;
}
