/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The facts of PROTOCOL.md, asked of a card: a report says for each what the card answers and
 * whether that is as assumed.
 *
 * Nothing is sent but SELECT, READ, what the module asks every card anyway (guard_pss,
 * guard_tries), and, for a trial, one visit through the guard.  Of an answer's contents nothing is
 * kept: status words, lengths, and values out of a fixed set of words.  An observer of the card
 * notes every exchange, so that a question is shown as it was sent.
 */
#ifndef APDU_FACTS_H
#define APDU_FACTS_H

#include "facts_rows.h"
#include "guard.h"

/*
 * Begin with a card that was recognised, and ask it everything that needs no PIN; at most 50
 * exchanges, 8 visits.  The card is observed until facts_end, which judges every fact.
 */
void facts_begin(struct facts *facts, struct card *card);
void facts_ask(struct facts *facts);
void facts_end(struct facts *facts);

/*
 * One visit with a PIN through the guard; of ask: what pin_wish and the person gave.  The guard's
 * rules hold, and the counter must be full.  trial's buffers are the caller's.
 */
struct guard_tell facts_try(struct facts *facts, struct guard_ask *ask,
                            struct guard_trial *trial) MUST_CHECK;

/* Say of a fact by its name what only the caller can: whether a signature is good. */
void fact_value(struct facts *facts, const char *name, const char *value);

/*
 * How long an exchange takes on this reader: the median of the short ones, microseconds, and what
 * each byte of a long answer adds, nanoseconds; 0 where too few were seen.
 */
void facts_timing(const struct facts *facts, unsigned *ret_us, unsigned *ret_byte_ns);

#endif
