/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for readers and cards that come and go, on the winscard of each pcsc-lite; no time
 * passes. */
#include "unit_watch.h"

#define INUSE 0x100ul
#define MUTE 0x200ul

static const char one[] = "Alpha 00 00\0";
static const char four[] = "Alpha 00 00\0Beta 00 00\0Gamma 00 00\0Delta 00 00\0";

/* ---- listing ---- */

START_TEST(readers_are_listed)
{
    char longer[READER_NAME_MAX + 8];

    watch_start();
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(views[0].name, "Alpha 00 00");
    ck_assert(views[1].known && !views[1].present);
    ok(ops->watch_list(handle, views, 1, &count));
    ck_assert_uint_eq(count, 1);
    winscard_fake_readers(NULL, 0);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ck_assert_uint_eq(count, 0);
    /* a name that no reader can have is left out */
    memset(longer, 'L', sizeof(longer));
    longer[READER_NAME_MAX] = longer[READER_NAME_MAX + 1] = '\0';
    winscard_fake_readers(longer, READER_NAME_MAX + 2);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ck_assert_uint_eq(count, 0);
    winscard_fake_fail("list", 1, INVALID_HANDLE);
    count = 9;
    fails("no-service", ops->watch_list(handle, views, READER_MAX, &count));
    ck_assert_uint_eq(count, 9);
    ops->watch_close(handle);
}
END_TEST

/* ---- waiting ---- */

START_TEST(waiting_is_quiet)
{
    static const size_t readers[] = { 0, 1, 2, 3, 15, 16 };
    char names[16 * READER_NAME_MAX + 1];

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        system_start(_i, names, names_make(names, readers[i]));
        ck_assert_uint_eq(count, readers[i]);
        nothing_happens();
        nothing_happens();
        ops->watch_close(handle);
    }
}
END_TEST

static void gamma_and_delta_come(void)
{
    winscard_fake_readers(four, sizeof(four));
}

static void beta_goes(void)
{
    winscard_fake_readers(one, sizeof(one));
}

START_TEST(a_reader_that_comes_is_told)
{
    system_start(_i, two, sizeof(two));
    time_fake_later(5000, gamma_comes);
    ends_after(5000);
    ck_assert_uint_eq(count, 3);
    /* in the moment before pcscd begins to wait: 1.9 does not tell, so the names do */
    winscard_fake_at_wait(gamma_and_delta_come);
    ends_after(1000);
    ck_assert_uint_eq(count, 4);
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

START_TEST(two_readers_at_once_are_both_told)
{
    system_start(_i, two, sizeof(two));
    time_fake_later(5000, gamma_and_delta_come);
    ends_after(5000);
    ck_assert_uint_eq(count, 4);
    ops->watch_close(handle);
    /* one after the other, the second while the caller looks at the first */
    system_start(_i, two, sizeof(two));
    time_fake_later(5000, gamma_comes);
    ok(wait_long());
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ck_assert_uint_eq(count, 3);
    gamma_and_delta_come();
    ok(ops->watch_poll(handle, views, count)); /* it asks for the names too, and tells nobody */
    ends_after(0);
    ck_assert_uint_eq(count, 4);
    ops->watch_close(handle);
}
END_TEST

START_TEST(a_reader_that_goes_is_told)
{
    system_start(_i, two, sizeof(two));
    time_fake_later(5000, beta_goes);
    ok(wait_long());
    ck_assert(views[0].known && !views[1].known);
    ck_assert_uint_eq(time_fake_now(), 5000);
    ops->watch_close(handle);
    /* between the list and the wait */
    system_start(_i, two, sizeof(two));
    beta_goes();
    ok(wait_long());
    ck_assert(!views[1].known);
    ck_assert_uint_eq(time_fake_now(), 0);
    ops->watch_close(handle);
    /* in the moment before pcscd begins to wait, which it refuses then */
    system_start(_i, two, sizeof(two));
    winscard_fake_at_wait(beta_goes);
    ok(wait_long());
    ck_assert(!views[1].known);
    ops->watch_close(handle);
}
END_TEST

static void card_comes(void)
{
    winscard_fake_state(1, PRESENT | COUNT(1), 13);
}

static void card_is_another(void)
{
    winscard_fake_state(0, PRESENT | COUNT(5), 13);
}

static void mute_comes(void)
{
    winscard_fake_state(1, PRESENT | MUTE | COUNT(1), 0);
}

static void program_comes(void)
{
    winscard_fake_state(0, PRESENT | INUSE | COUNT(3), 13);
}

static void program_goes(void)
{
    winscard_fake_state(0, PRESENT | COUNT(3), 13);
}

START_TEST(a_card_that_comes_is_told)
{
    system_start(_i, two, sizeof(two));
    time_fake_later(7000, card_comes);
    ok(wait_long());
    ck_assert_uint_eq(time_fake_now(), 7000);
    ck_assert(views[1].present && views[1].events == 1);
    card_is_another();
    ok(wait_long());
    ck_assert(views[0].events == 5);
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

/* A card that does not answer is told once, and other programs come and go unheard. */
START_TEST(what_is_no_news_costs_nothing)
{
    system_start(_i, two, sizeof(two));
    time_fake_later(7000, mute_comes);
    ok(wait_long());
    ck_assert(views[1].present);
    time_fake_later(1500, program_comes);
    time_fake_later(2500, program_goes);
    time_fake_later(3500, program_comes);
    nothing_happens();
    time_fake_later(1500, program_goes);
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

/* From 2.5 on there may be more than 16, with names as long as ever. */
START_TEST(forty_readers)
{
    char names[40 * READER_NAME_MAX + 1];

    system_start(PCSC_2_5, names, names_make(names, 40));
    ck_assert_uint_eq(count, 40);
    ck_assert_uint_eq(strlen(views[39].name), READER_NAME_MAX - 1);
    time_fake_later(5000, card_comes);
    ends_after(5000);
    ck_assert(views[1].present);
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

/* What is beyond our own bound is left out, and the rest is there. */
START_TEST(more_readers_than_we_have_room_for)
{
    char names[(READER_MAX + 1) * READER_NAME_MAX + 1];
    size_t len = names_make(names, READER_MAX);

    system_start(PCSC_2_5, names, len);
    nothing_happens();
    names_make(names, READER_MAX + 1);
    winscard_fake_readers(names, len + READER_NAME_MAX);
    ends_after(0);
    ck_assert_uint_eq(count, READER_MAX);
    ends_after(0); /* the names told it, and so does the count */
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

START_TEST(waiting_ends_with_the_service)
{
    system_start(_i, two, sizeof(two));
    winscard_fake_fail("status", 1, NO_SERVICE);
    fails("no-service", wait_long());
    winscard_fake_fail("list", 1, INVALID_HANDLE);
    fails("no-service", wait_long());
    fails("timeout", ops->watch_wait(handle, views, count, 0));
    /* the longest wait ends too: its number of milliseconds means "for ever" to winscard */
    fails("timeout", ops->watch_wait(handle, views, count, UINT32_MAX));
    ck_assert_ptr_null(strstr(winscard_fake_calls(), "ever"));
    ops->watch_close(handle);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        readers_are_listed,
        waiting_is_quiet,
        a_reader_that_comes_is_told,
        two_readers_at_once_are_both_told,
        a_reader_that_goes_is_told,
        a_card_that_comes_is_told,
        what_is_no_news_costs_nothing,
        forty_readers,
        more_readers_than_we_have_room_for,
        waiting_ends_with_the_service,
    };

    return unit_run_times("pcsc-watch", tests, sizeof(tests) / sizeof(tests[0]), PCSC_VERSIONS);
}
