/* SPDX-License-Identifier: BSD-3-Clause */
#include "turn.h"

#include "bell.h"
#include "clock.h"

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
