/* SPDX-License-Identifier: BSD-3-Clause */
#include "bell.h"

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

void bell_init(struct bell *bell)
{
    pthread_mutex_init(&bell->lock, NULL);
    cond_init(&bell->rings);
    bell->rung = false;
}

void bell_free(struct bell *bell)
{
    pthread_cond_destroy(&bell->rings);
    pthread_mutex_destroy(&bell->lock);
}

void bell_ring(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->rung = true;
    pthread_cond_broadcast(&bell->rings);
    pthread_mutex_unlock(&bell->lock);
}

void bell_clear(struct bell *bell)
{
    pthread_mutex_lock(&bell->lock);
    bell->rung = false;
    pthread_mutex_unlock(&bell->lock);
}

bool bell_wait(struct bell *bell, unsigned ms)
{
    const uint64_t deadline = clock_awake_ms() + ms;
    uint64_t now = deadline - ms;
    bool rung;

    pthread_mutex_lock(&bell->lock);
    for (; !bell->rung && now < deadline; now = clock_awake_ms())
        cond_await(&bell->rings, &bell->lock, deadline - now);
    rung = bell->rung;
    pthread_mutex_unlock(&bell->lock);
    return rung;
}
