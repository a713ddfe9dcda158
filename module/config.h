/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The options.  One grammar everywhere: key=value separated by white space; a '#' starts a comment to the end of the line.
 * Later sources win: /etc/jpki-pkcs11.conf, $XDG_CONFIG_HOME/jpki-pkcs11.conf (or ~/.config), JPKI_PKCS11_OPTIONS, and last
 * what the face itself demands.  Root and set-id programs read /etc alone.  What is not understood is logged and left out;
 * the value of an option of safety then is the safer one.
 */
#ifndef MODULE_CONFIG_H
#define MODULE_CONFIG_H

#include "profile.h"

#define CONFIG_PATTERN_MAX 128 /* bytes with the terminator, as the next */
#define CONFIG_PATH_MAX 4096

struct config {
    bool slots[ROLE_COUNT];              /* slots=auth|sign|both */
    char readers[CONFIG_PATTERN_MAX];    /* readers=GLOB over reader names; "" is every reader */
    bool sign_pin_each;                  /* sign-pin=session|each: ask before each signature of the signature key */
    unsigned forget_after[ROLE_COUNT];   /* forget-after=MINUTES for both or AUTH,SIGN; 0 is never; default 0,15 */
    bool keep_last_try;                  /* final-try=refuse|allow */
    bool pin_any_form;                   /* pin-form=card|any: passwords without a letter or without a digit too */
    bool ca_certs;                       /* ca-certs=no|yes: show the authentication CA's certificate too */
    bool pss;                            /* pss=auto|off */
    bool pinpad;                         /* pinpad=auto|off */
    bool juki_try;                       /* juki=refuse|try */
    char log[CONFIG_PATH_MAX];           /* log=off|stderr|PATH */
};

/* The options of this face of the module ("" or "slots=auth final-try=refuse"): each shared object links its own. */
const char *config_face(void);

/* The built-in defaults. */
void config_init(struct config *config);

/* Apply one source's text.  source names it in the log.  Returns the number of words that were not understood. */
size_t config_parse(struct config *config, const char *source, const char *text);

/* Everything in its order: defaults, face, files, environment.  Opens the log where the options say, then logs what was not
 * understood. */
void config_load(struct config *config);

/* One row per option, for the documents and the tests: its key, its values as text, its default as text. */
struct config_row {
    const char *key, *values, *fallback;
};
const struct config_row *config_rows(size_t *ret_count);

#endif
