/* SPDX-License-Identifier: BSD-3-Clause */
#include "time_fake.h"

#include <string.h>

#define LATER_MAX 4
#define START_MS 1000000 /* no time is 0 */

static uint64_t now_ms = START_MS;

static struct later {
    uint64_t at_ms;
    void (*happen)(void); /* NULL: a free place */
} later[LATER_MAX];

void time_fake_reset(void)
{
    now_ms = START_MS;
    memset(later, 0, sizeof(later));
}

unsigned long time_fake_now(void)
{
    return (unsigned long)(now_ms - START_MS);
}

void time_fake_later(unsigned ms, void (*happen)(void))
{
    struct later *place = later;

    while (place->happen != NULL && place < later + LATER_MAX - 1)
        place++;
    *place = (struct later){ now_ms + ms, happen };
}

void time_fake_pass(uint64_t until_ms)
{
    struct later *first = NULL;
    void (*happen)(void);

    for (struct later *place = later; place < later + LATER_MAX; place++) {
        if (place->happen != NULL && place->at_ms <= until_ms) {
            until_ms = place->at_ms;
            first = place;
        }
    }
    now_ms = until_ms > now_ms ? until_ms : now_ms;
    if (first == NULL)
        return;
    happen = first->happen;
    first->happen = NULL;
    happen();
}

uint64_t clock_ms(void)
{
    return now_ms;
}

uint64_t clock_us(void)
{
    return clock_ms() * 1000;
}

void sleep_ms(unsigned ms)
{
    const uint64_t until_ms = now_ms + ms;

    while (now_ms < until_ms)
        time_fake_pass(until_ms);
}

void bell_init(struct bell *bell)
{
    bell->rung = false;
}

void bell_free(struct bell *bell)
{
    (void)bell;
}

void bell_ring(struct bell *bell)
{
    bell->rung = true;
}

void bell_clear(struct bell *bell)
{
    bell->rung = false;
}

bool bell_wait(struct bell *bell, unsigned ms)
{
    const uint64_t until_ms = now_ms + ms;

    while (!bell->rung && now_ms < until_ms)
        time_fake_pass(until_ms);
    return bell->rung;
}
