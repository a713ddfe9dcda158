/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the guard is asked, and what it tells.
 */
#ifndef APDU_GUARD_ASK_H
#define APDU_GUARD_ASK_H

#include "card.h"

#include <stdatomic.h>

/* P1 of COMPUTE DIGITAL SIGNATURE: what the card does with the input (PROTOCOL.md,
 * "Signatures"). */
enum card_scheme {
    SCHEME_PKCS1 = 0x00, /* 1..245 bytes, type 1 padding around them as they are */
    SCHEME_PSS = 0x04,   /* exactly 32 bytes: RSASSA-PSS, SHA-256, MGF1-SHA-256, salt 32 */
};

/* What stands before a SHA-256 digest where PKCS #1 signs one: the head of its DigestInfo. */
#define DIGEST_INFO_SHA256 \
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, \
        0x05, 0x00, 0x04, 0x20

enum guard_job { GUARD_LOGIN, GUARD_SIGN, GUARD_CHANGE, GUARD_TRIAL };

/* Where a PIN comes from: from a person just now, from this program's memory, or from the
 * reader's keypad. */
enum pin_origin { PIN_TYPED, PIN_KEPT, PIN_KEYPAD };

/*
 * The values that cards have refused, which the caller keeps beyond the life of a struct card. Both
 * are called with no exchange under way.
 */
struct guard_memory {
    void *user;
    /*
     * How many tries were left when this card refused this value; TRIES_UNKNOWN if it never did. An
     * error stops the PIN.
     */
    enum jpki_err (*recall)(void *user, const struct card_id *card, enum role role,
                            struct slice pin, int *ret_tries_then) MUST_CHECK;
    /* The card accepted the value, or refused it and has tries_after left. */
    void (*note)(void *user, const struct card_id *card, enum role role, struct slice pin,
                 bool accepted, int tries_after);
};

/*
 * An input that holds the certificate which the same PIN opens.  After VERIFY the role's
 * certificate and its CA's are read, and compose makes the input of them (room GUARD_INPUT_MAX);
 * the card waits for it, so it asks nobody.  Its error, which becomes why, ends the visit with
 * nothing signed.  Called once at most.
 */
#define GUARD_INPUT_MAX 245
struct guard_draft {
    void *user;
    struct buf *cert, *ca; /* empty, room CARD_CERT_MAX each: the caller's, who wipes them */
    enum jpki_err (*compose)(void *user, struct slice cert, struct slice ca, struct buf *ret_input);
};

/*
 * What a report tries with a PIN (GUARD_TRIAL), in one visit and after one VERIFY: a signature by
 * each scheme over 32 zero bytes, and what makes the card forget the PIN.  Each event is asked
 * about only while the PIN is still verified, so their order differs by role: the drop is last for
 * authentication and second for the signature.
 */
enum trial_event { TRIAL_SELECT, TRIAL_RESET, TRIAL_UNPOWER, TRIAL_DROP, TRIAL_EVENTS };
struct guard_trial {
    /* empty, room CARD_CERT_MAX: the certificate that the PIN opens; NULL: it is not wanted */
    struct buf *cert;
    /* empty, room CARD_SIGNATURE_MAX: the signatures; empty afterwards: refused */
    struct buf *pkcs1, *pss;
    /* whether the PIN was verified after this event; TRI_UNKNOWN: nothing told */
    enum tri kept[TRIAL_EVENTS];
    enum lock_state locked; /* the card's refusal to sign once it was locked */
};

struct guard_ask {
    const struct card_id *whom; /* the card that the PIN is meant for; never NULL */
    enum role role;
    enum guard_job job;
    enum pin_origin origin;
    struct slice pin, new_pin; /* of the card's form (pin_fold); empty for the keypad alone */
    enum card_scheme scheme;   /* for GUARD_SIGN, with the input */
    struct slice input;
    const struct guard_draft *draft; /* for GUARD_SIGN, in place of the input; or NULL */
    struct guard_trial *trial;       /* for GUARD_TRIAL */
    /* the signature (room CARD_SIGNATURE_MAX), or the certificate that a login opens (room
     * CARD_CERT_MAX), or NULL.  Unchanged unless work is WORK_DONE */
    struct buf *out;
    bool keep_last_try;      /* do not send a PIN when one try is left */
    bool juki_try;           /* send it to a kind of card whose commands were never published */
    bool any_form;           /* a password needs not have both letters and digits */
    const atomic_bool *veto; /* true stops before VERIFY; may be NULL */
    const struct guard_memory *memory; /* may be NULL */
};

enum pin_fate { PIN_NOT_SENT, PIN_REFUSED, PIN_ACCEPTED, PIN_UNKNOWN };
enum work_fate { WORK_NONE, WORK_DONE, WORK_UNKNOWN };

/* What became of it; returned by value, so that no field can be forgotten. */
struct guard_tell {
    enum pin_fate pin;
    enum work_fate work;  /* certificate read, signed, changed */
    enum lock_state lock; /* how the card was left; also where no PIN was sent */
    int tries;            /* left now; TRIES_UNKNOWN where the card did not say */
    enum jpki_err why;    /* the first thing that was not as it should be */
};

#endif
