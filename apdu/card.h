/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The card as its holder sees it.  Each function is one visit: one transaction that selects the JPKI application, does its
 * work and, if a PIN was sent, leaves the card locked again (the card manager is selected; if that fails the card loses its
 * power).  A visit that another program's reset cut off before a PIN was sent begins anew.  Nothing is ever left verified
 * between two calls.  PROTOCOL.md has every exchange with its source.
 *
 * Never repeated, whatever happens: VERIFY, CHANGE REFERENCE DATA, COMPUTE DIGITAL SIGNATURE.
 *
 * A struct card belongs to one thread at a time; the module's reader.card_lock sees to it.
 */
#ifndef APDU_CARD_H
#define APDU_CARD_H

#include "profile.h"
#include "transport.h"

#define CARD_HEAD_LEN 256  /* the first block of the authentication certificate: tells one card from another */
#define CARD_SIGNATURE_MAX 256
#define CARD_CERT_MAX 4096 /* the largest certificate that is believed (the files have 3808 bytes of room) */

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* P1 of COMPUTE DIGITAL SIGNATURE: what the card does with the input (PROTOCOL.md, "Signatures"). */
enum card_scheme {
    SCHEME_PKCS1 = 0x00, /* 1..245 bytes, type 1 padding around them as they are */
    SCHEME_PSS = 0x04,   /* exactly 32 bytes: RSASSA-PSS, SHA-256, MGF1-SHA-256, salt 32 */
};

/* What was learned when the card was recognised; stays true while it lies there. */
struct card_facts {
    const struct card_profile *profile; /* NULL: not recognised */
    char serial_info[17];               /* EF 0006 serialNumber, trimmed; "" if there is none */
    bool has_role[ROLE_COUNT];          /* its certificate is there, as far as can be told without a PIN */
    bool cert_private[ROLE_COUNT];      /* it needs the PIN: says the profile, or 6982 to the read of EF 000A */
    uint8_t head[CARD_HEAD_LEN];        /* start of EF 000A */
    size_t head_len;                    /* 0: private or absent */
    int tries[ROLE_COUNT];              /* of the PINs in wants_tries, as they were then; TRIES_UNKNOWN of the others */
    uint8_t atr[ATR_MAX];               /* written by who watches the reader; kept here beside the rest */
    size_t atr_len;
};

struct card {
    const struct transport *transport;
    char reader[READER_NAME_MAX];
    void *link;                         /* NULL: not connected */
    struct card_facts facts;
    bool wants_tries[ROLE_COUNT];       /* set before card_recognise: these PINs' tries are asked in its visit */
    enum tri short_ids;                 /* READ takes short EF ids */
    enum tri pin_short_ids[ROLE_COUNT]; /* VERIFY does: a query by short id was answered 63Cx */
    bool key_by_file;                   /* no key is found by short EF id: its EF is selected */
    enum tri pss;
    bool query_le;                      /* the PIN query needs its 5-byte form (a 4-byte one was answered 6700) */
    bool dirty;                         /* a visit ended without certainty that the card is locked: drop first */
    bool in_doubt;                      /* a reset or failed exchange since the last proof that it is the same card */
    unsigned waited_ms;                 /* for their turn, the visits since the caller last made it 0 */
    bool not_jpki;                      /* answered SELECT with 6A82: nothing more is sent to it until it is replaced */
};

/* Set up for a reader; nothing is connected yet. */
void card_init(struct card *card, const struct transport *transport, const char *reader);

/* Give the connection up, keeping the facts (same card) or, with card_reset, forgetting them (another card). */
void card_disconnect(struct card *card);
void card_reset(struct card *card);

/* In a forked child: forget the connection without touching it. */
void card_forget(struct card *card);

/*
 * Connect if that is not done yet, without an exchange; every visit does it by itself.  A card that was known before is in
 * doubt afterwards: the caller that can prove by pcscd's count of events that nobody touched it may clear in_doubt.
 */
enum jpki_err card_connect(struct card *card) MUST_CHECK;

/*
 * Connect if need be, find out what lies in the reader and fill card->facts: SELECT, READ 0006, 0008 and the first block of
 * 000A.  Four exchanges on a My Number Card and one for each PIN in wants_tries; one on another card.
 * JPKI_ERR_NOT_JPKI, or an error of the way to the card.
 */
enum jpki_err card_recognise(struct card *card) MUST_CHECK;

/*
 * Read a certificate that needs no PIN, exactly to its DER length, into out (room CARD_CERT_MAX).  JPKI_ERR_NOT_FOUND: this
 * card has none; JPKI_ERR_DENIED: it is private; JPKI_ERR_PROTOCOL: not a certificate, or a length that lies.
 */
enum jpki_err card_read_cert(struct card *card, enum cert_file which, struct buf *out) MUST_CHECK;

/*
 * How many tries a PIN has left, without costing one: 0 when blocked.  JPKI_ERR_NOT_FOUND if the card has no such PIN
 * (6A88, 6A82).  *ret_tries is written on JPKI_OK only.
 */
enum jpki_err card_tries(struct card *card, enum role role, int *ret_tries) MUST_CHECK;

/* Whether the card knows PSS, asked without a PIN and remembered: 6A86 is no, anything else yes. */
enum jpki_err card_probe_pss(struct card *card, bool *ret_pss) MUST_CHECK;

/* How a PIN is presented. */
struct pin_use {
    enum role role;
    struct slice pin;      /* already of the card's form (pin_fold).  Empty: typed on the reader's keypad */
    bool remembered;       /* not typed just now: sent only if a query in this visit shows the full counter and, after a
                              reset or a failed exchange, the card is proved to be the same */
    bool keep_last_try;    /* do not send it when a query shows one try left: JPKI_ERR_LAST_TRY */
    const volatile bool *vetoed; /* may be NULL; read atomically right before VERIFY: true stops with JPKI_ERR_CANCELLED */
};

/* What a visit with a PIN left behind, beside its error. */
struct pin_result {
    int tries;             /* left now, TRIES_UNKNOWN where the card did not say */
    bool sent;             /* a VERIFY with data (or the keypad's) went to the card */
    bool accepted;         /* it was answered 9000 */
};

/*
 * Verify a PIN and lock the card again.  With cert_out (room CARD_CERT_MAX, may be NULL) the role's private certificate is
 * read in the same visit; a certificate that cannot be read leaves cert_out empty and the login valid.
 * JPKI_ERR_PIN_WRONG, _PIN_BLOCKED, _PIN_STALE, _LAST_TRY, _CARD_CHANGED, or the way to the card.  ret is always filled.
 */
enum jpki_err card_login(struct card *card, const struct pin_use *use, struct buf *cert_out,
                         struct pin_result *ret) MUST_CHECK;

/*
 * Verify the PIN, let the role's key sign input under scheme into signature (room CARD_SIGNATURE_MAX), lock the card again.
 * Errors as card_login, and JPKI_ERR_REFUSED, _UNSUPPORTED for the scheme.  JPKI_ERR_DROP: the signature is good and was
 * written, but the card could not be locked by any means; the caller must not hand it out.  ret is always filled.
 */
enum jpki_err card_sign(struct card *card, const struct pin_use *use, enum card_scheme scheme, struct slice input,
                        struct buf *signature, struct pin_result *ret) MUST_CHECK;

/*
 * Verify the old PIN and set the new one (both of the card's form) in one visit.  JPKI_ERR_PIN_UNSURE if the change was sent
 * and its answer lost: which of the two holds must be found out by the person.  Other errors leave the old PIN in force.
 */
enum jpki_err card_change_pin(struct card *card, const struct pin_use *old_pin, struct slice new_pin,
                              struct pin_result *ret) MUST_CHECK;

/* Whether the reader has a keypad for this job with this role's PIN (all digits).  Connects if need be. */
bool card_has_pinpad(struct card *card, enum role role, enum pinpad_job job);

#endif
