/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options.  One grammar everywhere: key=value or key: value, separated by white space; blanks
 * around the sign, quotes, capitals and a byte order mark count for nothing; a '#' starts a comment
 * to the end of the line.  Later sources win: JPKI_SYSCONF (/etc/jpki-pkcs11.conf),
 * $XDG_CONFIG_HOME/jpki-pkcs11.conf (or ~/.config), JPKI_PKCS11_OPTIONS, and last what the face
 * itself demands.  Root and set-id programs read the first alone.
 *
 * What is not understood may have been meant to make the card safer.  It is told; final-try, juki
 * and pin-form go back to their safer value, and so does every option of safety that the line
 * names: sign-pin to each, forget-after to 15 at most. The same holds of a file that cannot be
 * read.
 */
#ifndef APDU_CONFIG_H
#define APDU_CONFIG_H

#include "profile.h"

#define CONFIG_PATTERN_MAX 128 /* bytes with the terminator, as the next */
#define CONFIG_PATH_MAX 4096

struct config {
    bool slots[ROLE_COUNT];           /* slots=auth|sign|both */
    char readers[CONFIG_PATTERN_MAX]; /* readers=GLOB over reader names; "" is every reader */
    /* sign-pin=session|each: ask before each signature of the signature key */
    bool sign_pin_each;
    /* forget-after=MINUTES for both or AUTH,SIGN; 0 is never; default 0,15 */
    unsigned forget_after[ROLE_COUNT];
    bool keep_last_try; /* final-try=refuse|allow */
    /* pin-form=card|any: passwords without a letter or without a digit too */
    bool pin_any_form;
    /* ca-certs=no|yes: show the authentication CA's certificate too */
    bool ca_certs;
    bool pss;                  /* pss=auto|off */
    bool pinpad;               /* pinpad=auto|off */
    bool juki_try;             /* juki=refuse|try */
    char log[CONFIG_PATH_MAX]; /* log=off|stderr|PATH */
};

/* The built-in defaults. */
void config_init(struct config *config);

/* Who is told of each line that was not understood, as it stands there; number 0: of a source
 * that cannot be read. */
struct config_ear {
    void (*tell)(void *user, const char *source, unsigned number, struct slice text);
    void *user;
};

/*
 * Apply one source's text, NULL for one that cannot be read; ear NULL is the log.  Returns the
 * number of words that were not understood.
 */
size_t config_apply(struct config *config, const struct config_ear *ear, const char *source,
                    const char *text);

/*
 * Everything in its order: defaults, files, environment, face.  Opens the log where the options
 * say, then logs what was not understood.
 */
void config_load(struct config *config, const char *face);

/* The same without a face, and the log left as it is. */
size_t config_look(struct config *config, const struct config_ear *ear);

/* One row per option, for the documents and the tests: its key, its values as text, its default
 * as text; NULL: no more. */
struct config_row {
    const char *key, *values, *fallback;
};
const struct config_row *config_row_at(size_t index);

#endif
