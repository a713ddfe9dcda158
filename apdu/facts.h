/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The facts of PROTOCOL.md, asked of a card: a report says for each what the card answers and whether that is as assumed.
 *
 * Nothing is sent but SELECT, READ, what the module asks every card anyway (guard_pss, guard_tries), and, for a trial, one
 * visit through the guard.  Of an answer's contents nothing is kept: status words, lengths, and values out of a fixed set
 * of words.  An observer of the card notes every exchange, so that a question is shown as it was sent.
 */
#ifndef APDU_FACTS_H
#define APDU_FACTS_H

#include "guard.h"

#define FACTS_MAX 48      /* rows there may be */
#define FACTS_SEEN_MAX 128 /* exchanges that are noted */

enum fact_verdict { FACT_NOT_ASKED, FACT_AS_ASSUMED, FACT_OTHERWISE };

struct fact_told {
    bool asked;
    uint16_t sw, len;         /* of the answer: its status word, and how many bytes came before it */
    char question[16];        /* the command's header and its length byte, as hex */
    char value[12];           /* what the answer says, where that is more: a size, a rounded length, a word; "": nothing */
    enum fact_verdict verdict;
};

/* One exchange, without what was in it. */
struct fact_seen {
    uint8_t head[4];
    uint16_t lc, le, sw, len;
    unsigned us;
};

struct facts {
    struct card *card;                 /* recognised, the caller's */
    struct card_observer observer;
    struct fact_seen seen[FACTS_SEEN_MAX];
    size_t seen_count, trial_from;     /* trial_from: where the trial's exchanges begin; 0: there was none */
    struct fact_told told[FACTS_MAX];
    int tries[ROLE_COUNT];             /* as first asked; TRIES_UNKNOWN where nobody can */
    bool moved;                        /* a counter was another one when it was asked again; nothing was asked after that */
    enum jpki_err why;                 /* what cut the questions off; JPKI_OK: nothing did */
};

/* How many facts there are; the name of one, as in PROTOCOL.md. */
size_t facts_count(void);
const char *fact_name(size_t fact);

/*
 * Begin with a card that was recognised, and ask it everything that needs no PIN; at most 50 exchanges, 8 visits.  The card
 * is observed until facts_end, which judges every fact.
 */
void facts_begin(struct facts *facts, struct card *card);
void facts_ask(struct facts *facts);
void facts_end(struct facts *facts);

/*
 * One visit with a PIN through the guard; of ask: what pin_wish and the person gave.  The guard's rules hold, and the
 * counter must be full.  trial's buffers are the caller's.
 */
struct guard_tell facts_try(struct facts *facts, struct guard_ask *ask, struct guard_trial *trial) MUST_CHECK;

/* Say of a fact by its name what only the caller can: whether a signature is good. */
void fact_value(struct facts *facts, const char *name, const char *value);

/*
 * How long an exchange takes on this reader: the median of the short ones, microseconds, and what each byte of a long
 * answer adds, nanoseconds; 0 where too few were seen.
 */
void facts_timing(const struct facts *facts, unsigned *ret_us, unsigned *ret_byte_ns);

#endif
