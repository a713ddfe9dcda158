/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A transport over the simulated card that follows a plan of mischief: a list whose items are
 * [skip, act, argument...]; skip calls of the transport are honest before the act, and after the
 * last item all are.
 */
#ifndef FUZZ_HOSTILE_H
#define FUZZ_HOSTILE_H

#include "fuzz.h"

#include "sim_transport.h"

#define HOSTILE_READER_A "Virtual Reader A 00"
#define HOSTILE_READER_B "Virtual Reader B 01"

/* What the code under test did since the counts were last set to zero. */
struct hostile_counts {
    unsigned verifies; /* with a PIN in them */
    unsigned waits;
};

/* Begin: the world stays the caller's, as do the cards; spare is what a swap puts in. */
void hostile_begin(struct sim_world *world, struct sim_card *card, struct sim_card *spare,
                   struct slice plan);

/* Whether every call so far was honest. */
bool hostile_honest(void);

struct hostile_counts *hostile_counts(void);

/* Card A comes or goes. */
void hostile_card_toggle(void);

#endif
