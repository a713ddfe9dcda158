/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which files, keys and PINs a kind of card has: one row per kind, found by the label in EF 0006
 * (PROTOCOL.md, "Kinds").
 */
#ifndef APDU_PROFILE_H
#define APDU_PROFILE_H

#include "bytes.h"

/* The two keys of the card, each with a PIN and a certificate of its own. */
enum role { ROLE_AUTH, ROLE_SIGN, ROLE_COUNT };

/* What a role's token and its objects are called, and the CKA_ID that its certificate and keys
 * share. */
struct role_names {
    const char *token, *object;
    uint8_t id;
};
#define AUTH_ID 1
#define SIGN_ID 2
#define AUTH_LABEL "User Authentication"
#define SIGN_LABEL "Digital Signature"
extern const struct role_names role_names[ROLE_COUNT];

#define CARD_MANUFACTURER "J-LIS"

/* The certificate files, in the order of the CKA_IDs that OpenSC's users know: 1 auth, 2 sign, 3
 * auth CA, 4 sign CA. */
enum cert_file { CERT_AUTH, CERT_SIGN, CERT_AUTH_CA, CERT_SIGN_CA, CERT_COUNT };

enum pin_chars { PIN_DIGITS, PIN_ALNUM /* 0-9 and A-Z; a-z is folded to capitals */ };

struct pin_rule {
    uint8_t min_len, max_len; /* characters */
    uint8_t tries;            /* the full counter */
    enum pin_chars chars;
    /* at least one letter and one digit: nobody's password is otherwise, as it is set today */
    bool mixed;
};

enum key_kind { KEY_RSA_2048, KEY_EC_P384 };

struct role_profile {
    bool exists;                                 /* this kind of card has the role at all */
    uint16_t key_fid, pin_fid, cert_fid, ca_fid; /* EF ids */
    bool cert_private;                           /* its certificate is read only after the PIN */
    enum key_kind key;
    struct pin_rule pin;
};

struct card_profile {
    const char *label; /* EF 0006 bytes 0..31 without the padding */
    const char *name;  /* the model in CK_TOKEN_INFO, at most 16 characters */
    /* nothing that could cost a try may be sent unless the user asked for it */
    bool login_refused;
    /* a kind or key that no row has: no PIN is ever sent, whatever the user asks for */
    bool unknown;
    struct role_profile role[ROLE_COUNT];
};

/* The row of this label, NULL if none.  Static: never freed. */
const struct card_profile *profile_find(struct slice label);

/*
 * The row for a card newer than this version.  Its files are where they always were, as far as
 * anybody knows; that is enough to ask for them.
 */
const struct card_profile *profile_unknown(void);

/* The row for a card that has the JPKI application and says nothing of its kind: that of the My
 * Number Card. */
const struct card_profile *profile_default(void);

/* Whether a keypad can take the PIN: digits, of one length. */
bool pin_for_keypad(const struct pin_rule *rule);

/*
 * Whether a PIN of the card's form has the rule's length and characters, and (without any_form)
 * letters as well as digits where the rule asks for both: the last look before it is sent.
 */
bool pin_fits(const struct pin_rule *rule, struct slice pin, bool any_form);

/*
 * Bring typed characters to the form the card compares: line ends and zeros behind them are
 * dropped, full-width letters and digits become ASCII, and small letters capitals where the rule
 * has letters.  ret_pin has room for 16 bytes; *ret_len is its length.  JPKI_ERR_PIN_FORM if the
 * result does not fit by pin_fits; ret_pin is then wiped.
 */
enum jpki_err pin_fold(const struct pin_rule *rule, struct slice typed, bool any_form,
                       uint8_t ret_pin[static 16], size_t *ret_len) MUST_CHECK;

#endif
