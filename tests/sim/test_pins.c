/* SPDX-License-Identifier: BSD-3-Clause */
/* The PINs: counters, queries, changes, and what makes the card forget that one was verified. */
#include "test_sim.h"

#include <unistd.h>

START_TEST(counting_down_to_the_lock)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C2);
    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C1);
    ck_sw(card, "00200098", 0x63C1);
    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C0);
    ck_sw(card, VERIFY_AUTH, 0x6984);
    ck_sw(card, "00200098", 0x63C0);
    ck_sw(card, "0020009B", 0x63C5);
    ck_assert_uint_eq(sim_card_stats(card)->verifies[SIM_AUTH], 4);
    ck_assert_uint_eq(sim_card_stats(card)->queries[SIM_AUTH], 2);
    sim_card_free(card);
}
END_TEST

START_TEST(blocked_answers_are_options)
{
    struct sim_card *card = card_ready("tries-auth=0 blocked-sw=6983 query-blocked=6984");

    ck_sw(card, VERIFY_AUTH, 0x6983);
    ck_sw(card, "00200098", 0x6984);
    sim_card_free(card);
}
END_TEST

START_TEST(success_fills_the_counter)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_SIGN_WRONG, 0x63C4);
    ck_sw(card, VERIFY_SIGN, 0x9000);
    ck_sw(card, "0020009B", 0x63C5); /* never 9000 */
    ck_assert(sim_card_unlocked(card, SIM_SIGN) && !sim_card_unlocked(card, SIM_AUTH));
    sim_card_free(card);
}
END_TEST

START_TEST(query_forms)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "0020009800", 0x63C3);
    ck_assert(sim_card_set(card, "query-needs-le=yes"));
    ck_sw(card, "00200098", 0x6700);
    ck_sw(card, "0020009800", 0x63C3);
    sim_card_free(card);
}
END_TEST

START_TEST(addressing)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00200080", 0x6986);
    ck_sw(card, "00A4020C020018", 0x9000);
    ck_sw(card, "00200080", 0x63C3);
    ck_sw(card, "00A4020C020006", 0x9000);
    ck_sw(card, "00200080", 0x6981);
    ck_sw(card, "00200097", 0x6981);
    ck_sw(card, "00200083", 0x6A82);
    ck_sw(card, "00200018", 0x6A86);
    ck_sw(card, "00200198", 0x6A86);
    ck_sw(card, "0020009B", 0x63C5);
    ck_sw(card, "00200080", 0x63C5); /* the short EF id made it current */
    ck_assert(sim_card_set(card, "pin-short-ids=no"));
    ck_sw(card, "00200098", 0x6A86);
    ck_assert(sim_card_set(card, "short-id-sw=6A82"));
    ck_sw(card, "00200098", 0x6A82);
    ck_sw(card, "00B0860004", 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(wrong_lengths)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "0020009803313233", 0x63C2);
    ck_sw(card, "00200098113132333435363738393031323334353637", 0x6700);
    ck_sw(card, "0020009804313233343536", 0x6700); /* two bytes more than Lc says */
    ck_assert_uint_eq(tries_of(card, SIM_AUTH), 2);
    ck_assert(sim_card_set(card, "wrong-length-costs=no"));
    ck_sw(card, "0020009803313233", 0x6700);
    ck_assert(sim_card_set(card, "wrong-length-sw=6A80"));
    ck_sw(card, "0020009803313233", 0x6A80);
    ck_assert_uint_eq(tries_of(card, SIM_AUTH), 2);
    sim_card_free(card);
}
END_TEST

START_TEST(small_letters_cost_a_try)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "0020009B06616263313233", 0x63C4);
    sim_card_free(card);
}
END_TEST

START_TEST(wrong_verify_and_earlier_success)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C2);
    ck_assert(!sim_card_unlocked(card, SIM_AUTH));
    ck_assert(sim_card_set(card, "wrong-verify-clears=no"));
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C2);
    ck_assert(sim_card_unlocked(card, SIM_AUTH));
    sim_card_free(card);
}
END_TEST

START_TEST(what_is_forgotten_when)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, VERIFY_SIGN, 0x9000);
    ck_sw(card, "00A4020C020006", 0x9000);
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_assert(sim_card_unlocked(card, SIM_AUTH) && sim_card_unlocked(card, SIM_SIGN));
    ck_sw(card, "00200080", 0x6986); /* but no EF is current */
    ck_sw(card, SELECT_ISD, 0x9000);
    ck_assert(!sim_card_unlocked(card, SIM_AUTH) && !sim_card_unlocked(card, SIM_SIGN));
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    sim_card_power_off(card);
    sim_card_power_on(card);
    ck_assert(!sim_card_unlocked(card, SIM_AUTH));
    sim_card_free(card);
}
END_TEST

START_TEST(warm_reset)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    sim_card_warm_reset(card);
    ck_assert(sim_card_unlocked(card, SIM_AUTH));
    ck_assert(sim_card_set(card, "warm-reset-keeps=no"));
    sim_card_warm_reset(card);
    ck_assert(!sim_card_unlocked(card, SIM_AUTH));
    ck_sw(card, VERIFY_AUTH, 0x6D00);
    sim_card_free(card);
}
END_TEST

START_TEST(counters_outlive_power)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH_WRONG, 0x63C2);
    sim_card_power_off(card);
    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_sw(card, "00200098", 0x63C2);
    sim_card_free(card);
}
END_TEST

START_TEST(state_file)
{
    char path[] = "sim-state-XXXXXX";
    const int fd = mkstemp(path);
    struct sim_card *card = card_ready("");

    ck_assert_int_ge(fd, 0);
    close(fd);
    unlink(path);
    ck_assert(sim_card_keep_state(card, path));
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "002401980435363738", 0x9000);
    ck_sw(card, VERIFY_SIGN_WRONG, 0x63C4);
    sim_card_free(card);

    card = card_ready("");
    ck_assert(sim_card_keep_state(card, path));
    ck_sw(card, "0020009B", 0x63C4);
    ck_sw(card, "002000980435363738", 0x9000);
    sim_card_free(card);
    unlink(path);
}
END_TEST

START_TEST(changing)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "002401980435363738", 0x6982);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "0024009808313233343536373800", 0x6A86);
    ck_sw(card, "0024019803313233", 0x6A80);
    ck_sw(card, "00240198", 0x6700);
    ck_assert(sim_card_set(card, "change-bad-sw=6985"));
    ck_sw(card, "002401980441424344", 0x6985);
    ck_sw(card, "002401980435363738", 0x9000);
    ck_sw(card, VERIFY_AUTH, 0x63C2);
    ck_sw(card, "002000980435363738", 0x9000);
    ck_assert_uint_eq(sim_card_stats(card)->changes[SIM_AUTH], 5);
    sim_card_free(card);
}
END_TEST

START_TEST(a_pin_that_was_never_set)
{
    struct sim_card *card = card_ready("sign-pin-set=no no-pin=6984");

    ck_sw(card, "0020009B", 0x6984);
    ck_sw(card, VERIFY_SIGN, 0x6984);
    ck_assert(sim_card_set(card, "no-pin=6A88"));
    ck_sw(card, "0020009B", 0x6A88);
    ck_sw(card, "00200098", 0x63C3);
    sim_card_free(card);
}
END_TEST

static void tear(struct sim_card *card, const char *hex)
{
    uint8_t cmd[64];

    sim_card_transmit_torn(card, cmd, hex_bytes(hex, cmd));
}

START_TEST(torn_verify)
{
    struct sim_card *card = card_ready("");

    tear(card, VERIFY_AUTH);
    ck_assert_uint_eq(tries_of(card, SIM_AUTH), 2);
    tear(card, VERIFY_AUTH_WRONG);
    ck_assert_uint_eq(tries_of(card, SIM_AUTH), 1);
    ck_assert(sim_card_set(card, "torn-verify-costs=no"));
    tear(card, VERIFY_AUTH);
    tear(card, VERIFY_AUTH_WRONG);
    ck_assert_uint_eq(tries_of(card, SIM_AUTH), 1);
    ck_assert_uint_eq(tries_of(card, SIM_SIGN), 5);
    sim_card_free(card);
}
END_TEST

START_TEST(torn_change)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    tear(card, "002401980435363738");
    ck_assert_str_eq(sim_card_options(card)->role[SIM_AUTH].pin, "5678");
    ck_assert(sim_card_set(card, "torn-acts=no"));
    tear(card, "002401980431313131");
    ck_assert_str_eq(sim_card_options(card)->role[SIM_AUTH].pin, "5678");
    sim_card_free(card);
}
END_TEST

START_TEST(traces_hold_no_pin)
{
    struct sim_card *card = card_ready("");
    char text[512] = "";
    FILE *out = fmemopen(text, sizeof(text) - 1, "w");

    sim_card_trace(card, out);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "002401980435363738", 0x9000);
    sim_card_trace(card, NULL);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, "> 0020009804 [4 bytes not shown]\n< 9000\n"));
    ck_assert_ptr_null(strstr(text, "31323334"));
    ck_assert_ptr_null(strstr(text, "35363738"));
    sim_card_free(card);
}
END_TEST

RUN_CASES("pins", counting_down_to_the_lock, blocked_answers_are_options, success_fills_the_counter,
          query_forms, addressing, wrong_lengths, small_letters_cost_a_try,
          wrong_verify_and_earlier_success, what_is_forgotten_when, warm_reset,
          counters_outlive_power, state_file, changing, a_pin_that_was_never_set, torn_verify,
          torn_change, traces_hold_no_pin)
