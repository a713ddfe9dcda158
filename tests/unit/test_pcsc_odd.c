/* SPDX-License-Identifier: BSD-3-Clause */
/* The watch on what does not do as pcscd does; no time passes. */
#include "unit_watch.h"

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

static void last_goes(void)
{
    static char names[16 * READER_NAME_MAX + 1];

    winscard_fake_readers(names, names_make(names, count - 1));
}

/* In the moment before pcscd begins to wait, which it refuses then. */
START_TEST(a_reader_that_goes_where_the_special_entry_is_not_asked)
{
    static const struct {
        size_t readers;
        enum winscard_fake_oddity oddity;
    } rows[] = { { 16, ODD_NOTHING }, { 2, ODD_NAME }, { 1, ODD_NAME } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stand_in_start(_i, rows[i].readers, rows[i].oddity);
        fails("timeout", wait_long());
        winscard_fake_at_wait(last_goes);
        ends_after(0);
        ck_assert_uint_eq(count, rows[i].readers - 1);
        ops->watch_close(handle);
    }
}
END_TEST

/* Two such moments one after the other are two readers that went: no reason to look each second. */
START_TEST(readers_that_go_are_no_unknown_special_name)
{
    stand_in_start(_i, 3, ODD_NOTHING);
    for (size_t left = 2; left > 0; left--) {
        winscard_fake_at_wait(last_goes);
        ends_after(1);
        ck_assert_uint_eq(count, left);
    }
    nothing_happens();
    ops->watch_close(handle);
}
END_TEST

/* A minute with somebody who answers at once, whatever it is asked, and a caller who believes
 * it. */
START_TEST(nothing_spins)
{
    static const enum winscard_fake_oddity oddities[] = {
        ODD_CHANGED, ODD_TIMEOUT, ODD_COUNT, ODD_UNKNOWN, ODD_NO_READERS, ODD_INVALID, ODD_LIST,
    };

    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        size_t asked, seconds, rounds = 0;

        stand_in_start(_i, i, oddities[i]);
        asked = winscard_fake_asked();
        while (time_fake_now() < 60000) {
            enum jpki_err err = wait_long();

            ck_assert_uint_lt(rounds++, 1000);

            ck_assert_msg(err == JPKI_OK || err == JPKI_ERR_TIMEOUT ||
                              (err == JPKI_ERR_IO && oddities[i] == ODD_INVALID),
                          "%s", err_name(err));
            if (oddities[i] == ODD_LIST)
                ok(ops->watch_list(handle, views, READER_MAX, &count));
        }
        /* the pause has grown to a second after ten answers; news costs one more question, what
         * they are */
        seconds = time_fake_now() / 1000;
        ck_assert_uint_le(winscard_fake_asked() - asked,
                          (oddities[i] == ODD_COUNT || oddities[i] == ODD_LIST ? 2 : 1) *
                              (seconds + 10 + QUIET));
        ck_assert_uint_le(winscard_fake_contexts(), seconds + QUIET);
        winscard_fake_odd(ODD_NOTHING);
        gamma_comes();
        ends_after(oddities[i] == ODD_LIST ? 1000 : 0);
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

static void falls_out_of_step(void)
{
    winscard_fake_odd(ODD_SHIFTED);
}

/* A reader that pcscd listed just now is there, whatever this context says of it. */
START_TEST(a_context_out_of_step_is_made_anew)
{
    system_start(_i, two, sizeof(two));
    for (int times = 0; times < 5; times++) {
        falls_out_of_step();
        ok(ops->watch_poll(handle, views, count));
        ck_assert(views[0].known && views[0].present);
    }
    /* and in a wait that is no reason to look each second from now on */
    winscard_fake_at_wait(falls_out_of_step);
    nothing_happens();
    nothing_happens();
    ck_assert(views[0].known && views[0].present);
    ops->watch_close(handle);
}
END_TEST

/* No reader is known in spite of new contexts: some are made, and then one now and then. */
START_TEST(looking_opens_few_contexts)
{
    static const enum winscard_fake_oddity oddities[] = { ODD_UNKNOWN, ODD_NO_READERS };

    for (size_t i = 0; i < sizeof(oddities) / sizeof(oddities[0]); i++) {
        stand_in_start(_i, 2, oddities[i]);
        for (unsigned poll = 0; poll < 100; poll++, sleep_ms(600)) {
            views[0].known = views[0].present = true;
            ok(ops->watch_poll(handle, views, count)); /* an error would end the watch */
            ck_assert(!views[0].known && !views[0].present && !views[1].known);
        }
        ck_assert_uint_le(winscard_fake_contexts(), 60);
        ck_assert_uint_gt(winscard_fake_contexts(), 30);
        winscard_fake_odd(ODD_NOTHING);
        ok(ops->watch_poll(handle, views, count));
        ck_assert(views[0].known && views[0].present && views[1].known);
        ops->watch_close(handle);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_unknown_special_name_is_looked_past,
        a_reader_that_goes_where_the_special_entry_is_not_asked,
        readers_that_go_are_no_unknown_special_name,
        nothing_spins,
        a_cancel_ends_wait_and_pause,
        a_context_out_of_step_is_made_anew,
        looking_opens_few_contexts,
    };

    return unit_run_times("pcsc-odd", tests, sizeof(tests) / sizeof(tests[0]), PCSC_VERSIONS);
}
