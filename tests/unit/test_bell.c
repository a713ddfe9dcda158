/* SPDX-License-Identifier: BSD-3-Clause */
/* A pause lasts as long as it was told to, unless the bell is rung. */
#include "unit.h"

#include "bell.h"
#include "clock.h"

#define LONG_MS 60000

static struct bell bell;

static void *ringer(void *arg)
{
    (void)arg;
    sleep_ms(30);
    bell_ring(&bell);
    return NULL;
}

START_TEST(pause_is_as_long_as_told)
{
    uint64_t began = clock_ms();

    bell_init(&bell);
    ck_assert(!bell_wait(&bell, 0));
    ck_assert(!bell_wait(&bell, 50));
    ck_assert_uint_ge(clock_ms() - began, 50);
    bell_free(&bell);
}
END_TEST

START_TEST(ringing_ends_it)
{
    uint64_t began = clock_ms();
    pthread_t thread;

    bell_init(&bell);
    ck_assert_int_eq(pthread_create(&thread, NULL, ringer, NULL), 0);
    ck_assert(bell_wait(&bell, LONG_MS));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    /* and every later one, until it is forgotten */
    ck_assert(bell_wait(&bell, LONG_MS));
    ck_assert(bell_wait(&bell, 0));
    ck_assert_uint_lt(clock_ms() - began, LONG_MS);
    bell_clear(&bell);
    ck_assert(!bell_wait(&bell, 1));
    bell_free(&bell);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = { pause_is_as_long_as_told, ringing_ends_it };

    return unit_run("bell", tests, sizeof(tests) / sizeof(tests[0]));
}
