/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The values that cards refused, for as long as the process lives: a program that initialises the
 * module anew, or puts the card in again, does not lose a second try with the same wrong PIN.  Only
 * keyed hashes are kept, over the card's own words, the role and the value, in locked pages.  A
 * forked child begins with none.  It has a lock of its own, which is taken with a card in hand and
 * never with the module's lock.
 */
#ifndef MODULE_REFUSED_H
#define MODULE_REFUSED_H

#include "guard.h"

struct refused;

/*
 * The memory of this process: the one that was made before, or, where there is none (a forked child
 * has none), new pages with a fresh random key; NULL if there is no memory or no randomness.  It
 * lives as long as the process.
 */
struct refused *refused_of_process(struct refused *before);

/* The memory as the guard asks and tells it. */
const struct guard_memory *refused_memory(const struct refused *refused);

/* The card's counter was seen: what was refused when fewer tries were left may have become
 * right. */
void refused_seen(struct refused *refused, const struct card_id *card, enum role role, int tries);

#endif
