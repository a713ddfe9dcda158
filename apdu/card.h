/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A card in a reader: what is known of it, and the connection to it.  No function here asks the
 * card anything: card_read.h recognises and reads it, and what needs a PIN or a key is guard.h's.
 *
 * A struct card belongs to one thread at a time; the module's reader.card_lock sees to it.
 */
#ifndef APDU_CARD_H
#define APDU_CARD_H

#include "profile.h"
#include "transport.h"

#include <stdatomic.h>

/* the first block of the authentication certificate: tells one card from another */
#define CARD_HEAD_LEN 256
#define CARD_SIGNATURE_MAX 256
#define CARD_SERIAL_BYTES 8
#define CARD_SERIAL_ROOM (2 * CARD_SERIAL_BYTES + 1)
/* the largest certificate that is believed (the files have 3808 bytes of room) */
#define CARD_CERT_MAX 4096

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

/* Whether the card has forgotten every PIN: it has; only the reader says so; it has not, or
 * nobody could make it. */
enum lock_state { LOCK_SURE, LOCK_UNPROVED, LOCK_OPEN };

/*
 * Which card is meant, in the card's own words.  An ATR and EF 0006 prove nothing: readers make up
 * the one, and all cards of a kind may share the other.
 */
struct card_id {
    const struct card_profile *profile; /* NULL: not recognised */
    /* of head; 0: silent, it says nothing of itself without a PIN */
    uint16_t len;
    uint8_t head[CARD_HEAD_LEN]; /* start of EF 000A: serial number, issuer and both dates */
};

/* What was learned when the card was recognised; stays true while it lies there. */
struct card_facts {
    struct card_id id;
    /* EF 0006 names a kind; else that of the default row is assumed */
    bool label_known;
    char serial_info[CARD_SERIAL_ROOM]; /* EF 0006 serialNumber, trimmed; "" if there is none */
    /* its certificate is there, as far as can be told without a PIN */
    bool has_role[ROLE_COUNT];
    /* it needs the PIN: says the profile, or 6982 to the read of EF 000A */
    bool cert_private[ROLE_COUNT];
    /* of the PINs in wants_tries, as they were then; TRIES_UNKNOWN of the others */
    int tries[ROLE_COUNT];
    /* written by who watches the reader; kept here beside the rest */
    uint8_t atr[ATR_MAX];
    size_t atr_len;
};

/* What happened since the last proof that the card in the reader is the one of its facts. */
enum doubt {
    DOUBT_NONE,
    DOUBT_LINK,  /* a new connection, before which nobody watched the card */
    DOUBT_EVENT, /* a reset, or an exchange that failed: for a silent card nothing can prove any
                    more that it is the same */
};

/* What the thread that has the card waits for: an answer; a person who types on the reader, whom
 * nobody can call off. */
enum card_work { AT_REST, AT_EXCHANGE, AT_KEYPAD };

/* Whoever wants to see what is sent and answered, for a report; us is how long the answer took. */
struct apdu;
struct answer;
struct card_observer {
    void *user;
    void (*saw)(void *user, const struct apdu *command, const struct answer *answer, unsigned us);
};

struct card {
    const struct transport *transport;
    char reader[READER_NAME_MAX];
    void *link; /* NULL: not connected */
    struct card_facts facts;
    /* set before card_recognise: these PINs' tries are asked in its visit */
    bool wants_tries[ROLE_COUNT];
    /* set before card_recognise: a newer card is recognised too, as profile_unknown's */
    bool wants_newer;
    enum tri short_ids;                 /* READ takes short EF ids */
    enum tri pin_short_ids[ROLE_COUNT]; /* VERIFY does: a query by short id was answered 63Cx */
    bool key_by_file;                   /* no key is found by short EF id: its EF is selected */
    enum tri pss;
    /* the PIN query needs its 5-byte form (a 4-byte one was answered 6700) */
    bool query_le;
    bool dirty; /* not known to be locked: the next visit drops first */
    /* this PIN went to the card, and nothing proves since that it is forgotten */
    bool given[ROLE_COUNT];
    enum doubt in_doubt; /* whether it is still the card of facts */
    /* for their turn, the visits since the caller last made it 0 */
    unsigned waited_ms;
    /* of each exchange that was answered, but those at a keypad; NULL: nobody */
    const struct card_observer *observer;
    atomic_int at_work; /* enum card_work */
    /* answered SELECT with 6A82: nothing more is sent to it until it is replaced */
    bool not_jpki;
};

/* Set up for a reader; nothing is connected yet. */
void card_init(struct card *card, const struct transport *transport, const char *reader);

/* Give the connection up, keeping the facts (same card) or, with card_reset, forgetting them
 * (another card). */
void card_disconnect(struct card *card);
void card_reset(struct card *card);

/* Connect if that is not done yet, without an exchange; every visit does it.  A known card is in
 * doubt afterwards. */
enum jpki_err card_connect(struct card *card) MUST_CHECK;

/* Whether the connection, if any, still leads to the reader: JPKI_ERR_NO_READER,
 * JPKI_ERR_NO_SERVICE.  No exchange. */
enum jpki_err card_check(const struct card *card) MUST_CHECK;

/*
 * The serial number of a card's tokens, up to 16 characters: the last of its authentication
 * certificate's, else EF 0006's, else "" and false, for a card that tells none.
 */
bool card_serial(const struct card_facts *facts, char ret_serial[static CARD_SERIAL_ROOM]);

/* Whether both are the same card, by its own words.  Silent cards of one kind are told apart by
 * nothing here. */
bool card_id_equal(const struct card_id *a, const struct card_id *b);

/*
 * Whether nothing can prove any more that the card in the reader is the one of card->facts: it is
 * silent, and a reset, a failed exchange or a lost connection came between.  Whoever holds sessions
 * on it ends them.
 */
bool card_is_lost(const struct card *card);

/* Whether the reader has a keypad for this job with this role's PIN (all digits).  Connects if
 * need be. */
bool card_has_pinpad(struct card *card, enum role role, enum pinpad_job job);

#endif
