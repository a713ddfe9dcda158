/* SPDX-License-Identifier: BSD-3-Clause */
#include "bell.h"

#include <time.h>

void bell_init(struct bell *bell)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&bell->lock, NULL);
    pthread_cond_init(&bell->rings, &attr);
    pthread_condattr_destroy(&attr);
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
    struct timespec until = { 0, 0 };
    bool rung;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&bell->lock);
    for (int waited = 0; !bell->rung && ms > 0 && waited == 0;)
        waited = pthread_cond_timedwait(&bell->rings, &bell->lock, &until);
    rung = bell->rung;
    pthread_mutex_unlock(&bell->lock);
    return rung;
}
