/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for another thread, with a limit. */
#ifndef APDU_BELL_H
#define APDU_BELL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A condition that is waited for with a limit, by a clock that nobody sets.  cond_await lets others
 * have the lock until it is told of, or for so many milliseconds; it may also end for no reason.
 */
void cond_init(pthread_cond_t *cond);
void cond_await(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t ms);

/* A pause that another thread can end. */
struct bell {
    pthread_mutex_t lock;
    pthread_cond_t rings;
    bool rung; /* stays so until bell_clear */
};

/* A bell is ended by bell_free, when nobody waits for it any more. */
void bell_init(struct bell *bell);
void bell_free(struct bell *bell);

/* From any thread: end the pause of who waits, and every later one. */
void bell_ring(struct bell *bell);

/* Forget that it was rung. */
void bell_clear(struct bell *bell);

/* Pause for so many milliseconds; true as soon as it is rung, at once if it was before.  With 0
 * only look. */
bool bell_wait(struct bell *bell, unsigned ms);

#endif
