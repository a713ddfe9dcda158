/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The readers and what is published of the cards in them.  A reader's index never changes and is
 * never given away, so slot ids only grow: slot = index * 2 + role.  Polling calls answer from the
 * published state and never wait for a card.
 */
#ifndef MODULE_READER_H
#define MODULE_READER_H

#include "card.h"
#include "cert.h"
#include "state.h"
#include "turn.h"

/* What of a card in a reader is known. */
enum seen { SEEN_NOT_YET, SEEN_JPKI, SEEN_OTHER };

/* One token: published, guarded by the module's lock. */
struct token {
    bool present;       /* the card has the role's certificate, and the options show the slot */
    int tries;          /* TRIES_UNKNOWN until asked */
    uint64_t tries_ms;  /* when it was asked */
    bool failed;        /* a PIN was refused since one was last accepted */
    bool last_try_kept; /* the last try was not sent (final-try=refuse) */
    bool logged_in;
    bool on_pinpad;   /* the PIN is typed on the reader, for each visit */
    uint64_t used_ms; /* when the remembered PIN was last given or used */
    CK_ULONG sessions, rw_sessions;
    bool event; /* a card came or went, and C_WaitForSlotEvent has not said so yet */
};

struct reader {
    struct module *module;
    size_t index;
    char name[READER_NAME_MAX];

    struct turn card_lock; /* guards the following */
    struct card card;
    CK_ULONG card_series; /* the card that card was last recognised as */
    uint64_t busy_since_ms, idle_since_ms, crowded_ms; /* for fairness among programs */

    /* since when a thread has meant to recognise the card; 0 if none does */
    _Atomic uint64_t looking_ms;

    /* published, guarded by the module's lock */
    bool from_start; /* was there from the start: what lies in it is no event */
    bool known, present;
    uint32_t events;      /* pcscd's count at the last look */
    uint8_t atr[ATR_MAX]; /* of the card that lies there */
    size_t atr_len;
    /* of the card that lies there the series, the rest of the one that was recognised last: it
     * outlives its removal */
    struct card_seen shown;
    enum seen seen;
    /* its sessions wait for it and its card to be back, on clock_awake_ms; 0: it never left */
    uint64_t away_until_ms;
    uint64_t tried_ms;       /* when recognition last failed for a reason that may pass */
    unsigned tried_pause_ms; /* for so long it is not tried again */
    struct token token[ROLE_COUNT];
    /* when somebody last waited in vain for the tries: another thread kept the card */
    uint64_t kept_ms;
    bool dead_sessions[ROLE_COUNT]; /* sessions of an earlier card are still in the register */
    const struct cert_facts *certs[CERT_COUNT];
    bool cert_missing[CERT_COUNT]; /* asked for once and not there */
};

/* Index of a reader's token among the secrets. */
static inline size_t token_index(const struct reader *reader, enum role role)
{
    return reader->index * ROLE_COUNT + role;
}

/* The file of a role's own certificate. */
static inline enum cert_file role_cert(enum role role)
{
    return role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN;
}

/* Whether any session is open on the card that lies there. */
bool reader_has_sessions(struct reader *reader);
bool reader_has_sessions_inlock(const struct reader *reader);

/* The card of this series is gone: end its logins, forget PINs and what was read.  Called under
 * the module's lock. */
void reader_card_gone_inlock(struct reader *reader);

/*
 * Log a token out: forget the PIN, and the certificate if it was read with it.  token_end_inlock
 * holds for the calls too that still wait for the card.  Under the module's lock.
 */
void token_logout_inlock(struct reader *reader, enum role role);
void token_end_inlock(struct reader *reader, enum role role);

#endif
