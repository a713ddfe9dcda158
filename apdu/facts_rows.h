/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of facts, and what is kept of a card's answers to them. */
#ifndef APDU_FACTS_ROWS_H
#define APDU_FACTS_ROWS_H

#include "apdu.h"
#include "card.h"

/* How a fact is learned. */
enum fact_way {
    FACT_SENT,  /* by sending the row's command, SELECT or READ */
    FACT_FILE,  /* by a READ of the file's beginning, addressed as this card takes it */
    FACT_SEEN,  /* by looking for the module's own question in what was sent */
    FACT_MADE,  /* out of several answers, by facts.c */
    FACT_NEVER, /* not at all: asking could cost a try, or takes what a report has not */
};

#define P2_ANY_SHORT 0x00 /* of a FACT_SEEN: by short EF id */

/* When a fact is asked: all of these hold. */
enum fact_need {
    NEED_PLAIN = 1, /* its commands are public: no Juki card */
    NEED_AUTH = 2,  /* it has an authentication certificate */
    NEED_NO_AUTH = 4,
    NEED_SIGN = 8,
    NEED_NO_SIGN = 16,
    NEED_FREE = 32, /* and this kind gives it without a PIN */
    NEED_PRIVATE = 64,
    NEED_OPEN_AUTH = 128, /* the counter of this PIN is not 0 */
    NEED_LOCKED_AUTH = 256,
    NEED_OPEN_SIGN = 512,
    NEED_LOCKED_SIGN = 1024,
    NEED_TRIAL = 2048, /* seen in the trial */
};

struct fact_row {
    const char *name;
    enum fact_way way;
    unsigned needs;
    struct apdu command; /* FACT_FILE: p1 and p2 are the EF's id */
    const char *assumed; /* status words, "x" for any digit, each with ":" and a length where that
                            is told too */
    const char *values;  /* the values that are assumed, separated by "|"; NULL: any */
};

extern const struct fact_row fact_rows[];
extern const size_t fact_row_count;

#define FACTS_MAX 48       /* rows there may be */
#define FACTS_SEEN_MAX 128 /* exchanges that are noted */

enum fact_verdict { FACT_NOT_ASKED, FACT_AS_ASSUMED, FACT_OTHERWISE };

struct fact_told {
    bool asked;
    /* of the answer: its status word, and how many bytes came before it */
    uint16_t sw, len;
    char question[16]; /* the command's header and its length byte, as hex */
    char value[12]; /* what the answer says, where that is more: a size, a rounded length, a word;
                       "": nothing */
    enum fact_verdict verdict;
};

/* One exchange, without what was in it. */
struct fact_seen {
    uint8_t head[4];
    uint16_t lc, le, sw, len;
    unsigned us;
};

struct facts {
    struct card *card; /* recognised, the caller's */
    struct card_observer observer;
    struct fact_seen seen[FACTS_SEEN_MAX];
    /* trial_from: where the trial's exchanges begin; 0: there was none */
    size_t seen_count, trial_from;
    struct fact_told told[FACTS_MAX];
    int tries[ROLE_COUNT]; /* as first asked; TRIES_UNKNOWN where nobody can */
    /* a counter was another one when it was asked again; nothing was asked after that */
    bool moved;
    enum jpki_err why; /* what cut the questions off; JPKI_OK: nothing did */
};

/* How many facts there are; the name of one, as in PROTOCOL.md. */
size_t facts_count(void);
const char *fact_name(size_t fact);

/* The place of a fact; the name is in a row. */
struct fact_told *told_named(struct facts *facts, const char *name);

/* What was seen becomes what is told; of a certificate its length, rounded, where head begins
 * like one. */
void told_take(struct fact_told *told, const struct fact_seen *seen);
void length_take(struct fact_told *told, struct slice head);

/* What is true of this card, as bits of enum fact_need; whether the row is asked of it. */
unsigned needs_met(const struct facts *facts);
bool row_fits(const struct facts *facts, const struct fact_row *row);

#endif
