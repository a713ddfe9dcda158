/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes wrong in the world of readers: at an exchange by its number, at a kind of command,
 * at the power. */
#include "sim_fault.h"
#include "test_bench.h"

START_TEST(faults)
{
    static const struct {
        const char *kind;
        enum jpki_err err;
        unsigned sw;
    } rows[] = {
        { "remove", JPKI_ERR_NO_CARD, 0 },
        { "remove-reinsert", JPKI_ERR_NO_CARD, 0 },
        { "swap", JPKI_ERR_NO_CARD, 0 },
        { "swap-reset", JPKI_ERR_NO_CARD, 0 },
        { "replug", JPKI_ERR_NO_READER, 0 },
        { "mute", JPKI_ERR_IO, 0 },
        { "empty", JPKI_OK, 0 },
        { "sw=6581", JPKI_OK, 0x6581 },
        { "reset", JPKI_ERR_RESET, 0 },
        { "unplug", JPKI_ERR_NO_READER, 0 },
        { "service", JPKI_ERR_NO_SERVICE, 0 },
        { "oversize", JPKI_OK, 0x9000 },
    };
    const unsigned long mute_us = 5000000;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b = bench_make("");
        struct sim_card *spare = sim_card_new_words("serial=2", NULL);
        unsigned sw = 0;
        ck_assert(sim_world_set_spare(b.world, READER, spare));
        (void)visit_reset(&b, b.link);
        ck_exchange(&b, SELECT_JPKI, 0x9000);
        ck_assert(sim_world_fault(b.world, READER, 2, rows[i].kind));
        ck_exchange(&b, "00200098", 0x63C3);
        ck_assert_msg(exchange(&b, b.link, SELECT_JPKI, &sw) == rows[i].err, "%s", rows[i].kind);
        ck_assert_msg(sw == rows[i].sw, "%s: %04X", rows[i].kind, sw);
        ck_assert_int_eq(sim_world_elapsed_us(b.world) > mute_us,
                         strcmp(rows[i].kind, "mute") == 0);
        ck_assert_int_ne(b.transport->ops->visit_end(b.link), JPKI_ERR_ARGUMENT);
        bench_drop(&b, 0);
        sim_card_free(spare);
    }
}
END_TEST

/* The fault after which an old link leads to another card. */
START_TEST(swapped_and_reset)
{
    struct bench b = bench_make("");
    struct sim_card *spare = sim_card_new_words("holder=2", NULL);

    ck_assert(sim_world_set_spare(b.world, READER, spare));
    (void)visit_reset(&b, b.link);
    ck_assert(sim_world_fault(b.world, READER, 1, "select swap-reset"));
    ck_fails(&b, SELECT_JPKI, JPKI_ERR_NO_CARD);
    end(&b);
    ck_assert(visit_reset(&b, b.link));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    ck_assert_uint_eq(sim_card_stats(spare)->exchanges, 1);
    bench_drop(&b, 0);
    sim_card_free(spare);
}
END_TEST

START_TEST(bad_faults_are_refused)
{
    static const char *const kinds[] = {
        "",        "none",     "sw",           "sw=",           "sw=90",
        "sw=zzzz", "sw=90000", "remove=1",     "removed",       " mute",
        "verify",  "verify ",  "verify  mute", "verifies mute", "verify query mute"
    };
    struct bench b = bench_make("");

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        ck_assert_msg(!sim_world_fault(b.world, READER, 1, kinds[i]), "%s", kinds[i]);
    ck_assert(!sim_world_fault(b.world, READER, 0, "remove"));
    ck_assert(!sim_world_fault(b.world, "other", 1, "remove"));
    bench_drop(&b, 0);
}
END_TEST

/* Of each kind the second one is hit, and no command of another kind counts. */
START_TEST(faults_by_kind_of_command)
{
    static const char select_manager[] = "00A4040C07A0000001510000",
                      select_file[] = "00A4020C02000A";
    static const char read_ef[] = "00B08A0001", query[] = "0020009B", compute[] = "802A00810100";
    static const char change[] = "002400980431323334";
    static const struct {
        const char *place, *commands[4];
        size_t hit;
    } rows[] = {
        { "verify", { VERIFY_AUTH, query, VERIFY_AUTH, VERIFY_AUTH }, 2 },
        { "query", { VERIFY_AUTH, query, "0020009B00", query }, 2 },
        { "read", { read_ef, select_file, read_ef, read_ef }, 2 },
        { "select", { read_ef, select_file, SELECT_JPKI, select_manager }, 2 },
        { "select-file", { select_file, SELECT_JPKI, select_file, select_file }, 2 },
        { "select-application", { SELECT_JPKI, select_manager, select_file, SELECT_JPKI }, 3 },
        { "select-card-manager", { select_manager, SELECT_JPKI, select_manager, SELECT_JPKI }, 2 },
        { "compute", { compute, VERIFY_AUTH, compute, compute }, 2 },
        { "change", { VERIFY_AUTH, change, query, change }, 3 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b = bench_make("");
        char word[40];
        snprintf(word, sizeof(word), "%s sw=6581", rows[i].place);
        (void)visit_reset(&b, b.link);
        ck_exchange(&b, SELECT_JPKI, 0x9000);
        ck_assert_msg(sim_world_fault(b.world, READER, 2, word), "%s", word);
        ck_assert_ptr_null(sim_world_fault_hit(b.world, READER));
        for (size_t k = 0; k < 4; k++) {
            unsigned sw = 0;
            ck_assert_int_eq(exchange(&b, b.link, rows[i].commands[k], &sw), JPKI_OK);
            ck_assert_msg((sw == 0x6581) == (k == rows[i].hit), "%s, command %zu: %04X", word, k,
                          sw);
        }
        if (strcmp(rows[i].place, "select") != 0)
            ck_assert_str_eq(sim_world_fault_hit(b.world, READER), rows[i].place);
        end(&b);
        bench_drop(&b, 0);
    }
}
END_TEST

/* Two in one visit; a word of sim_world_fault takes the place of all that wait. */
START_TEST(faults_beside_each_other)
{
    struct bench b = bench_make("");

    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_assert(sim_world_fault(b.world, READER, 1, "select sw=6581"));
    ck_assert(sim_world_fault(b.world, READER, 1, "query sw=6F00"));
    ck_assert(sim_world_fault_also(b.world, READER, 1, "verify mute"));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_fails(&b, VERIFY_AUTH, JPKI_ERR_IO);
    ck_exchange(&b, "00200098", 0x6F00);
    ck_exchange(&b, "00200098", 0x63C3);
    for (unsigned i = 0; i < SIM_FAULTS; i++)
        ck_assert(sim_world_fault_also(b.world, READER, 9, "mute"));
    ck_assert(!sim_world_fault_also(b.world, READER, 9, "mute"));
    end(&b);
    bench_drop(&b, 0);
}
END_TEST

/* A reader that does not take the power away, whether asked inside the visit or at the end of
 * the link. */
START_TEST(unpower_that_fails)
{
    struct bench b = bench_make("");

    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_exchange(&b, VERIFY_AUTH, 0x9000);
    ck_assert(sim_world_fault(b.world, READER, 1, "unpower mute"));
    ck_assert(sim_world_fault_also(b.world, READER, 2, "unpower mute"));
    ck_assert_int_eq(b.transport->ops->unpower(b.link), JPKI_ERR_IO);
    end(&b);
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    b.transport->ops->link_close(b.link, LINK_UNPOWER);
    b.link = NULL;
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    bench_drop(&b, 0);
}
END_TEST

START_TEST(a_pulled_card_costs_a_try)
{
    struct bench b = bench_make("");
    unsigned tries = 0;

    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_assert(sim_world_fault(b.world, READER, 1, "remove-reinsert"));
    ck_fails(&b, VERIFY_AUTH, JPKI_ERR_NO_CARD);
    ck_assert(sim_world_tries(b.world, READER, SIM_AUTH, &tries));
    ck_assert_uint_eq(tries, 2);
    ck_assert_int_eq(b.transport->ops->visit_end(b.link), JPKI_ERR_NO_CARD);
    bench_drop(&b, 0);
}
END_TEST

RUN_CASES("faults", faults, faults_by_kind_of_command, faults_beside_each_other, unpower_that_fails,
          swapped_and_reset, bad_faults_are_refused, a_pulled_card_costs_a_try)
