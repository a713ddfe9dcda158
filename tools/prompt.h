/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PINs from the person: from the terminal without echo, or from a file descriptor for scripts;
 * never from an argument.  The bytes lie in one struct secret, which the caller wipes on every
 * path.
 */
#ifndef TOOLS_PROMPT_H
#define TOOLS_PROMPT_H

#include "command.h"
#include "guard.h"

#define SECRET_MAX 64 /* bytes of typed text: 16 wide characters are 48 */

struct secret {
    uint8_t bytes[SECRET_MAX];
    size_t len;
};

/* How a command is given PINs. */
struct pin_source {
    int fd;            /* --pin-fd: one PIN a line; -1: the terminal */
    bool use_last_try; /* --use-last-try */
    bool juki_try;     /* --juki-try */
    bool any_form;     /* --any-form */
};

/* clang-format off */
#define PIN_SOURCE_START { .fd = -1 }
/* clang-format on */

#define PIN_FD_OPTION(source) \
    { \
        "pin-fd", OPTION_FD, &(source)->fd, N_("N"), \
            N_("read the PIN as a line from file descriptor N") \
    }
#define PIN_FORM_OPTION(source) \
    { \
        "any-form", OPTION_FLAG, &(source)->any_form, NULL, \
            N_("send a password that has no letter or no digit, too") \
    }
#define PIN_OPTIONS(source) \
    PIN_FD_OPTION(source), \
        { "use-last-try", OPTION_FLAG, &(source)->use_last_try, NULL, \
          N_("send the PIN even if only one try is left") }, \
        { "juki-try", OPTION_FLAG, &(source)->juki_try, NULL, \
          N_("send the password to an old Juki card too, whose commands are not public") }, \
        PIN_FORM_OPTION(source)

/*
 * One line of secret text.  On a terminal the echo is off while it is typed and the terminal is as
 * before afterwards, also after Ctrl-C (then CODE_INTERRUPTED) and around Ctrl-Z.  CODE_NOT_SENT
 * without terminal and without --pin-fd, at the end of the input, or for a line that is too long:
 * said already.
 */
int secret_ask(const struct pin_source *source, const char *prompt,
               struct secret *ret_secret) MUST_CHECK;

/*
 * Ask for the role's PIN in the card's form, in ret_pin; is_new applies the rule for a new one.
 * What has not the form is explained and, on a terminal, asked for again (twice at most); no try is
 * lost by it.
 */
int pin_ask(const struct pin_source *source, const struct card *card, enum role role,
            const char *prompt, bool is_new, struct secret *ret_pin) MUST_CHECK;

/* What the guard is asked for this card, role and job, as far as the options say; pin_fill adds
 * the PIN that was typed. */
struct guard_ask pin_wish(const struct pin_source *source, const struct card *card, enum role role,
                          enum guard_job job);
void pin_fill(struct guard_ask *ask, const struct secret *pin);

/*
 * Before any PIN is asked for: show the tries left and stop where the guard would (none is left:
 * CODE_PIN_LOCKED; the last one, or a card to which nothing may be sent: CODE_NOT_SENT).
 */
int pin_prepare(const struct pin_source *source, struct card *card, enum role role) MUST_CHECK;

/* Say what became of a PIN: what happened, what it cost, what to do next.  CODE_OK, in silence,
 * where all went well. */
int pin_explain(enum role role, const struct guard_tell *tell) MUST_CHECK;

/* What the holder of a locked PIN can do; one text, for status and for errors. */
const char *pin_locked_advice(enum role role);

/*
 * pin_prepare, then the PIN for one visit: typed here, or, for digits on a reader that has keys,
 * typed there (ret_pin is empty then).
 */
int pin_get(const struct pin_source *source, struct card *card, enum role role,
            struct secret *ret_pin) MUST_CHECK;

/*
 * Present the role's PIN and read its certificate behind it into der (room CARD_CERT_MAX; it stays
 * empty where the card gave none).  Asks by pin_get and explains.
 */
int pin_login(const struct pin_source *source, struct card *card, enum role role,
              struct buf *der) MUST_CHECK;

#endif
