/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for readers and cards that come and go, on the winscard of each pcsc-lite and on odd
 * ones; no time passes. */
#include "unit_pcsc.h"

#include "time_fake.h"

#include <string.h>

#define INUSE 0x100ul
#define MUTE 0x200ul
#define COUNT(n) ((n)*0x10000ul)

#define LONG_MS 600000
#define QUIET 3 /* questions that a wait of any length may cost where nothing happens */

static const char one[] = "Alpha 00 00\0";
static const char three[] = "Alpha 00 00\0Beta 00 00\0Gamma 00 00\0";
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

/* The readers of a system, listed and looked at, as whoever waits has done before. */
static void system_start(int version, const char *names, size_t len)
{
    watch_start();
    winscard_fake_version((enum winscard_fake_version)version);
    winscard_fake_readers(names, len);
    for (size_t i = 0; i < READER_MAX; i++)
        winscard_fake_state(i, EMPTY, 0);
    winscard_fake_state(0, PRESENT | COUNT(3), 13);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ok(ops->watch_poll(handle, views, count));
}

static enum jpki_err wait_long(void)
{
    return ops->watch_wait(handle, views, count, LONG_MS);
}

static void nothing_happens(void)
{
    size_t asked = winscard_fake_asked();
    unsigned long began = time_fake_now();

    fails("timeout", wait_long());
    ck_assert_uint_eq(time_fake_now() - began, LONG_MS);
    ck_assert_uint_le(winscard_fake_asked() - asked, QUIET);
}

/* So many readers, with names as long as pcscd has them. */
static size_t names_make(char *names, size_t readers)
{
    char *at = names;

    for (size_t i = 0; i < readers; i++) {
        memset(at, 'R', READER_NAME_MAX - 1);
        at[0] = (char)('A' + i);
        at[READER_NAME_MAX - 1] = '\0';
        at += READER_NAME_MAX;
    }
    *at = '\0';
    return readers == 0 ? 0 : (size_t)(at - names) + 1;
}

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

static void gamma_comes(void)
{
    winscard_fake_readers(three, sizeof(three));
}

static void gamma_and_delta_come(void)
{
    winscard_fake_readers(four, sizeof(four));
}

static void beta_goes(void)
{
    winscard_fake_readers(one, sizeof(one));
}

static void ends_after(unsigned long ms)
{
    unsigned long began = time_fake_now();

    ok(wait_long());
    ck_assert_uint_le(time_fake_now() - began, ms);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ok(ops->watch_poll(handle, views, count));
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

/* ---- what does not do as pcscd does ---- */

static void stand_in_start(int version, size_t readers, enum winscard_fake_oddity oddity)
{
    static char names[16 * READER_NAME_MAX + 1];

    system_start(version, names, names_make(names, readers));
    winscard_fake_odd(oddity);
}

START_TEST(an_unknown_special_name_is_looked_past)
{
    static const size_t readers[] = { 0, 1, 16 };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        stand_in_start(_i, readers[i], ODD_NAME);
        fails("timeout", wait_long());
        ck_assert_uint_eq(time_fake_now(), LONG_MS);
        ck_assert_uint_le(winscard_fake_asked(), LONG_MS / 1000 + QUIET); /* once a second */
        time_fake_later(5000, gamma_comes);
        ends_after(6000);
        ops->watch_close(handle);
    }
}
END_TEST

/* A minute with somebody who answers at once, whatever it is asked, and a caller who believes
 * it. */
START_TEST(nothing_spins)
{
    static const enum winscard_fake_oddity oddities[] = { ODD_CHANGED, ODD_TIMEOUT, ODD_COUNT };

    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        size_t asked, seconds;

        stand_in_start(_i, i, oddities[i]);
        asked = winscard_fake_asked();
        while (time_fake_now() < 60000) {
            enum jpki_err err = wait_long();

            ck_assert_msg(err == JPKI_OK || err == JPKI_ERR_TIMEOUT, "%s", err_name(err));
        }
        /* the pause has grown to a second after ten answers; news costs one more question, what
         * they are */
        seconds = time_fake_now() / 1000;
        ck_assert_uint_le(winscard_fake_asked() - asked,
                          (oddities[i] == ODD_COUNT ? 2 : 1) * (seconds + 10 + QUIET));
        winscard_fake_odd(ODD_NOTHING);
        (void)!wait_long();
        nothing_happens();
        ops->watch_close(handle);
    }
}
END_TEST

static void cancel(void)
{
    ops->watch_cancel(handle);
}

START_TEST(a_cancel_ends_wait_and_pause)
{
    static const enum winscard_fake_oddity oddities[] = { ODD_NOTHING, ODD_NAME, ODD_CHANGED,
                                                          ODD_TIMEOUT };

    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        stand_in_start(_i, 0, oddities[i]);
        time_fake_later(70500, cancel);
        while (time_fake_now() < 70500)
            fails("cancelled", wait_long());
        ck_assert_uint_eq(time_fake_now(), 70500);
        /* one that comes between two questions is not lost */
        cancel();
        fails("cancelled", wait_long());
        ck_assert_uint_eq(time_fake_now(), 70500);
        ops->watch_close(handle);
    }
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

static void falls_out_of_step(void)
{
    winscard_fake_odd(ODD_SHIFTED);
}

/* A reader that pcscd listed just now is there, whatever this context says of it. */
START_TEST(a_context_out_of_step_is_made_anew)
{
    system_start(_i, two, sizeof(two));
    falls_out_of_step();
    ok(ops->watch_poll(handle, views, count));
    ck_assert(views[0].known && views[0].present);
    /* and in a wait that is no reason to look each second from now on */
    winscard_fake_at_wait(falls_out_of_step);
    nothing_happens();
    nothing_happens();
    ck_assert(views[0].known && views[0].present);
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
        an_unknown_special_name_is_looked_past,
        nothing_spins,
        a_cancel_ends_wait_and_pause,
        waiting_ends_with_the_service,
        a_context_out_of_step_is_made_anew,
    };

    return unit_run_times("pcsc-watch", tests, sizeof(tests) / sizeof(tests[0]), PCSC_VERSIONS);
}
