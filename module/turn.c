/* SPDX-License-Identifier: BSD-3-Clause */
#include "turn.h"

#include "clock.h"

#include <time.h>

void cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

void cond_await(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t ms)
{
    struct timespec until = { 0, 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(cond, lock, &until);
}

void turn_init(struct turn *turn)
{
    pthread_mutex_init(&turn->lock, NULL);
    cond_init(&turn->moved);
    turn->next = turn->served = 0;
}

void turn_free(struct turn *turn)
{
    pthread_cond_destroy(&turn->moved);
    pthread_mutex_destroy(&turn->lock);
}

void turn_take(struct turn *turn)
{
    unsigned long mine;

    pthread_mutex_lock(&turn->lock);
    mine = turn->next++;
    while (turn->served != mine)
        pthread_cond_wait(&turn->moved, &turn->lock);
    pthread_mutex_unlock(&turn->lock);
}

bool turn_try(struct turn *turn)
{
    return turn_try_within(turn, 0);
}

bool turn_try_within(struct turn *turn, unsigned ms)
{
    const uint64_t deadline = ms > 0 ? clock_ms() + ms : 0;
    uint64_t now = deadline > 0 ? clock_ms() : 0;
    bool mine;

    pthread_mutex_lock(&turn->lock);
    for (; turn->served != turn->next && now < deadline; now = clock_ms())
        cond_await(&turn->moved, &turn->lock, deadline - now);
    mine = turn->served == turn->next;
    turn->next += mine;
    pthread_mutex_unlock(&turn->lock);
    return mine;
}

void turn_give(struct turn *turn)
{
    pthread_mutex_lock(&turn->lock);
    turn->served++;
    pthread_cond_broadcast(&turn->moved);
    pthread_mutex_unlock(&turn->lock);
}
