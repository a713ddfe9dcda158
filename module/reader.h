/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The readers and what is published of the cards in them.  A reader's index never changes and is never given away, so slot
 * ids only grow: slot = index * 2 + role.  Polling calls answer from the published state and never wait for a card.
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
    bool present;          /* the card has the role's certificate, and the options show the slot */
    int tries;             /* TRIES_UNKNOWN until asked */
    uint64_t tries_ms;     /* when it was asked */
    bool failed;           /* a PIN was refused since one was last accepted */
    bool last_try_kept;    /* the last try was not sent (final-try=refuse) */
    bool logged_in;
    bool on_pinpad;        /* the PIN is typed on the reader, for each visit */
    uint64_t used_ms;      /* when the remembered PIN was last given or used */
    CK_ULONG sessions, rw_sessions;
    bool event;            /* a card came or went, and C_WaitForSlotEvent has not said so yet */
};

struct reader {
    struct module *module;
    size_t index;
    char name[READER_NAME_MAX];

    struct turn card_lock;       /* guards the following */
    struct card card;
    CK_ULONG card_series;        /* the card that card was last recognised as */
    uint64_t busy_since_ms, idle_since_ms, crowded_ms; /* for fairness among programs */

    /* published, guarded by the module's lock */
    bool from_start;             /* was there from the start: what lies in it is no event */
    bool known, present;
    uint32_t events;             /* pcscd's count at the last look */
    uint8_t atr[ATR_MAX];        /* of the card that lies there */
    size_t atr_len;
    CK_ULONG series;             /* of the card that lies there; a new number at each change */
    enum seen seen;
    uint64_t away_until_ms;      /* its sessions wait for it and its card to be back, on clock_awake_ms; 0: it never left */
    uint64_t looking_ms;         /* since when a thread has meant to recognise the card; 0 if none does */
    uint64_t tried_ms;           /* when recognition last failed for a reason that may pass */
    unsigned tried_pause_ms;     /* for so long it is not tried again */
    const struct card_profile *profile;
    struct card_id id;           /* of the card that was recognised last; outlives its removal */
    char serial[CARD_SERIAL_ROOM];
    CK_ULONG identity;           /* the series this card had when it first came: its object handles are made of it */
    unsigned ordinal;            /* 1, or the next number that no other card here has: part of the token's label */
    bool cert_private[ROLE_COUNT];
    bool pinpad;                 /* the reader has a keypad */
    enum tri pss;
    struct token token[ROLE_COUNT];
    uint64_t kept_ms;            /* when somebody last waited in vain for the tries: another thread kept the card */
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

/* How many readers were ever seen, the placeholder included; 0 before anybody looked for them. */
size_t readers_count(struct module *module);

/* The reader of a slot; NULL if there is no such slot.  Looks for readers the first time.  They live until C_Finalize. */
struct reader *reader_of_slot(struct module *module, CK_SLOT_ID slot, enum role *ret_role);

/*
 * A new watch; the caller closes it.  pcscd writes two lines into its log for each that it refuses, by polkit or because it
 * speaks another protocol, so after a refusal it is not asked for a while, and the refusal stands.
 */
enum jpki_err readers_watch_open(struct module *module, void **ret_watch) MUST_CHECK;

/*
 * Ask pcscd which readers there are and append the new ones (C_GetSlotList with NULL, C_WaitForSlotEvent).  Where readers
 * are known and another thread's question is not answered, what is known stands.
 */
void readers_list(struct module *module);

/*
 * While no reader was ever seen there is a placeholder, without a name and always empty, which the first reader becomes:
 * Chromium never lists slots again after a list of none.  True if the first reader is still the placeholder.
 */
bool readers_placeholder(struct module *module);

/* Let the placeholder become a real one if there is any by now; at most every max_age_ms. */
void readers_adopt(struct module *module, unsigned max_age_ms);

/*
 * Ask pcscd for the state of all readers, at most every max_age_ms, and publish it; a changed card ends its logins.
 * Never waits: if another thread is asking, or is in the middle of an exchange, the old answer stands.
 */
void readers_poll(struct module *module, unsigned max_age_ms);

/* The same now, and after waiting for another thread that is asking, at most so long; false if that was too short. */
bool readers_poll_within(struct module *module, unsigned ms);

/*
 * Recognise the card if one lies there that nobody looked at yet.  Waits so long for another thread that uses it; then the
 * old answer stands.  With 0 it waits for one alone that has only just begun to recognise it.
 */
void reader_look(struct reader *reader, unsigned ms);

/*
 * Take the card for work: lock it, make sure that as far as pcscd tells it is still the one of this series, and connect.  On
 * JPKI_OK the caller works on reader->card and calls reader_give.  JPKI_ERR_CARD_CHANGED also where a silent card has
 * sessions and the connection that they stand for is gone.
 */
enum jpki_err reader_take(struct reader *reader, CK_ULONG series) MUST_CHECK;

/* The same, unless another thread has the card, or pcscd's ear, for longer than that: JPKI_ERR_IN_USE. */
enum jpki_err reader_take_within(struct reader *reader, CK_ULONG series, unsigned ms) MUST_CHECK;

/* Give it back; err is how the work went, so that a card that left is noticed at once. */
void reader_give(struct reader *reader, enum jpki_err err);

/* Whether any session is open on the card that lies there. */
bool reader_has_sessions(struct reader *reader);
bool reader_has_sessions_inlock(const struct reader *reader);

/* A session ended: without any the connection is not kept.  Never waits; a thread that has the card sees to it itself. */
void reader_rest(struct reader *reader);

/* The card of this series is gone: end its logins, forget PINs and what was read.  Called under the module's lock. */
void reader_card_gone_inlock(struct reader *reader);

/*
 * The reader went with its card, or pcscd did: sessions on a card that can be told from every other wait for it, all else
 * ends as when the card is gone.  Under the module's lock; reader_went is for a thread that found its connection dead.
 */
void reader_away_inlock(struct reader *reader);
void reader_went(struct reader *reader, CK_ULONG series);

/* Whether they wait, and whether they did so for too long. */
bool reader_is_away(struct reader *reader);
bool reader_away_over_inlock(const struct reader *reader);

/*
 * The card of a reader that was away was recognised (id: NULL, it is not for us): the sessions go on or end.  Returns the
 * series that the card has from now on.
 */
CK_ULONG reader_away_end(struct reader *reader, CK_ULONG series, const struct card_id *id);

/* Publish what pcscd said of one reader.  Called under the module's lock. */
void reader_publish_inlock(struct reader *reader, const struct reader_view *view);

/* Log a token out: forget the PIN, and the certificate if it was read with it.  Called under the module's lock. */
void token_logout_inlock(struct reader *reader, enum role role);

/* The module closes: forget every PIN; none that a call inside holds goes to a card.  Called under the module's lock. */
void readers_shut_inlock(struct module *module);

/* Whether a person is typing on some reader's keypad for a call of this program.  Called under the module's lock. */
bool readers_at_keypad_inlock(const struct module *module);

/*
 * Wait until no thread of this program is in the middle of an exchange with a card, at most so long; false if one is still.
 * One that does not come back may keep pcscd from answering anything: who only polls asks it nothing meanwhile.
 */
bool readers_exchange_over(struct module *module, unsigned ms) MUST_CHECK;

/* Forget PINs that were not used for as long as the options say.  Called under the module's lock at every entry. */
void readers_expire_inlock(struct module *module);

/* Wake everyone in C_WaitForSlotEvent. */
void waiters_cancel(struct module *module);

/* Disconnect from all cards and free everything, certificates and watches included.  Nobody is inside. */
void readers_free(struct module *module);

#endif
