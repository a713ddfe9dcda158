/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A lock that is given in the order it was asked for.  A mutex goes to whoever is there first, and
 * that is mostly the thread that gave it back a moment ago: nothing then says how long another one
 * waits.
 */
#ifndef MODULE_TURN_H
#define MODULE_TURN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct turn {
    pthread_mutex_t lock; /* guards the numbers; held for a few instructions */
    pthread_cond_t moved;
    unsigned long next;   /* number of who comes next */
    unsigned long served; /* number whose turn it is */
};

void turn_init(struct turn *turn);

/* Nobody has it or waits for it. */
void turn_free(struct turn *turn);

/* Wait for one's turn. */
void turn_take(struct turn *turn);

/* Take it if nobody has it or waits for it; the second asks so for a while. */
bool turn_try(struct turn *turn);
bool turn_try_within(struct turn *turn, unsigned ms);

/* The next one's turn. */
void turn_give(struct turn *turn);

#endif
