/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated My Number Card: a state machine that takes APDUs and gives answers, with real keys
 * behind it.  It shares no code with apdu/, so that a mistake there is not repeated here.  A card
 * is used by one thread at a time.
 */
#ifndef SIM_CARD_H
#define SIM_CARD_H

#include "sim_keys.h"
#include "sim_options.h"

/* The longest answer, status word included: a whole file read with an extended Le. */
#define SIM_ANSWER_MAX 8200

struct sim_card;

/* What a card met since it was made or since its statistics were cleared. */
struct sim_stats {
    unsigned exchanges;
    unsigned long bytes_in, bytes_out; /* of commands; of answers with their status words */
    /* modelled time of the card and the air, microseconds */
    unsigned long card_us;
    unsigned verifies[SIM_ROLES]; /* VERIFY with a PIN in it */
    unsigned queries[SIM_ROLES];
    unsigned changes[SIM_ROLES];
    unsigned signatures[SIM_ROLES];
    unsigned selects, reads, app_changes, power_ons, warm_resets;
    unsigned ins[256];
};

/*
 * A card with these options, without power.  keys_dir as in sim_identity_load.  The caller frees it
 * with sim_card_free; NULL if keys cannot be made.
 */
struct sim_card *sim_card_new(const struct sim_options *opt, const char *keys_dir);
void sim_card_free(struct sim_card *card);

/* As sim_card_new with the normal card and these words applied to it; NULL also for a word that
 * does not exist. */
struct sim_card *sim_card_new_words(const char *words, const char *keys_dir);

/*
 * Keep counters, PINs and holder in the file path from now on, and take them from it if it exists.
 * False if it cannot be read or written, or is not such a file.
 */
bool sim_card_keep_state(struct sim_card *card, const char *path);

void sim_card_power_on(struct sim_card *card);  /* cold: forgets what was verified and selected */
void sim_card_power_off(struct sim_card *card); /* it leaves the field */

/* What a reader does that is told to take the power away, or to reset; with power-cut=no either
 * is a SELECT MF alone. */
void sim_card_unpower(struct sim_card *card);
void sim_card_warm_reset(struct sim_card *card);
bool sim_card_powered(const struct sim_card *card);

/*
 * One exchange.  Writes the answer (data and status word) to resp, at most cap bytes
 * (SIM_ANSWER_MAX always suffices), and returns its length; 0 from a card without power.
 */
size_t sim_card_transmit(struct sim_card *card, const uint8_t *cmd, size_t len, uint8_t *resp,
                         size_t cap);

/* The exchange was cut off by a pulled card: what it leaves behind by the options
 * torn-verify-costs and torn-acts. */
void sim_card_transmit_torn(struct sim_card *card, const uint8_t *cmd, size_t len);

/* Modelled time of the last exchange in microseconds: 6000 each, 95 a byte, 15000 a VERIFY,
 * 420000 a signature. */
unsigned long sim_card_last_us(const struct sim_card *card);

/* Apply one word to a living card, as sim_options_set.  PINs and counters stay unless the word
 * names them. */
bool sim_card_set(struct sim_card *card, const char *word);

const struct sim_options *sim_card_options(const struct sim_card *card);
const struct sim_identity *sim_card_identity(const struct sim_card *card);
const struct sim_stats *sim_card_stats(const struct sim_card *card);
void sim_card_reset_stats(struct sim_card *card);

/* Whether this PIN counts as verified now: what a program that comes next could use. */
bool sim_card_unlocked(const struct sim_card *card, enum sim_role role);

/* The statistics, counters and unlocked PINs as one line of JSON; cut to size bytes with the
 * terminator. */
void sim_card_stats_json(const struct sim_card *card, char *ret_text, size_t size);

/* Write each exchange to out, PINs replaced by their length; NULL ends it.  The caller keeps out
 * open that long. */
void sim_card_trace(struct sim_card *card, FILE *out);

#endif
