/* SPDX-License-Identifier: BSD-3-Clause */
/* The world of readers as the seam shows it: links, visits, resets, the PIN pad. */
#include "test_bench.h"

#include <pthread.h>

START_TEST(a_visit)
{
    struct bench b = bench_make("");
    struct sim_stats stats;

    ck_assert(!visit_reset(&b, b.link));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_exchange(&b, VERIFY_AUTH, 0x9000);
    end(&b);
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    ck_assert(!visit_reset(&b, b.link));
    ck_assert_int_eq(b.transport->ops->unpower(b.link), JPKI_OK);
    ck_assert(!sim_world_unlocked(b.world, READER, SIM_AUTH));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    ck_assert(sim_world_stats(b.world, READER, &stats));
    ck_assert_uint_eq(stats.exchanges, 3);
    ck_assert_uint_ge(sim_world_elapsed_us(b.world), 3 * 6000);
    bench_drop(&b, 0);
}
END_TEST

START_TEST(how_a_link_ends)
{
    struct bench b = bench_make("");

    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_exchange(&b, VERIFY_AUTH, 0x9000);
    end(&b);
    b.transport->ops->link_close(b.link, LINK_LEAVE);
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &b.link), JPKI_OK);
    b.transport->ops->link_close(b.link, LINK_UNPOWER);
    ck_assert(!sim_world_unlocked(b.world, READER, SIM_AUTH));
    b.link = NULL;
    bench_drop(&b, 0);
}
END_TEST

START_TEST(another_programs_reset)
{
    struct bench b = bench_make("");

    ck_assert(sim_world_reset(b.world, READER));
    ck_assert(visit_reset(&b, b.link));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_assert(sim_world_reset(b.world, READER));
    ck_fails(&b, SELECT_JPKI, JPKI_ERR_RESET);
    end(&b);
    ck_assert(visit_reset(&b, b.link));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    ck_assert(!visit_reset(&b, b.link));
    end(&b);
    bench_drop(&b, 0);
}
END_TEST

START_TEST(removal_kills_the_link)
{
    struct bench b = bench_make("");
    bool reset = false;

    ck_assert(sim_world_eject(b.world, READER));
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_CARD);
    ck_assert(sim_world_insert(b.world, READER, b.card));
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_CARD);
    ck_assert(sim_world_remove_reader(b.world, READER));
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_READER);
    sim_world_service(b.world, false);
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_SERVICE);
    sim_world_service(b.world, true);
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_SERVICE);
    bench_drop(&b, 0);
}
END_TEST

/*
 * What another program does to the card that came instead covers the removal, as in pcscd: the link
 * says "reset" and leads to the other card.  A removal behind that reset is told again.
 */
START_TEST(a_reset_covers_a_removal)
{
    struct bench b = bench_make("");
    struct sim_card *other = sim_card_new_words("holder=2", NULL);
    bool reset = false;

    ck_assert(sim_world_swap(b.world, READER, other));
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_CARD);
    ck_assert(sim_world_reset(b.world, READER));
    ck_assert(visit_reset(&b, b.link));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    ck_assert_uint_eq(sim_card_stats(other)->exchanges, 1);
    ck_assert(!visit_reset(&b, b.link));
    end(&b);
    ck_assert(sim_world_swap_reset(b.world, READER, b.card));
    ck_assert(visit_reset(&b, b.link));
    end(&b);
    ck_assert(sim_world_swap(b.world, READER, b.card));
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_CARD);
    bench_drop(&b, 0);
    sim_card_free(other);
}
END_TEST

/* A reader added anew is not the one that a link was opened on, though it has its name and its
 * card. */
START_TEST(no_link_outlives_a_replug)
{
    struct bench b = bench_make("");
    void *link = NULL;
    bool reset = false;

    ck_assert(sim_world_replug(b.world, READER, NULL));
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_NO_READER);
        ck_assert(sim_world_reset(b.world, READER));
    }
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &link), JPKI_OK);
    ck_assert(!visit_reset(&b, link));
    ck_assert(sim_world_replug(b.world, READER, NULL));
    ck_assert_int_eq(b.transport->ops->visit_end(link), JPKI_ERR_NO_READER);
    b.transport->ops->link_close(link, LINK_LEAVE);
    bench_drop(&b, 0);
}
END_TEST

/* A phone used as a reader: it says that the power was off, and the PIN is still verified. */
START_TEST(unpower_that_only_says_so)
{
    struct bench b = bench_make("power-cut=no");

    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_exchange(&b, VERIFY_AUTH, 0x9000);
    ck_assert_int_eq(b.transport->ops->unpower(b.link), JPKI_OK);
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    end(&b);
    ck_assert(sim_world_reset(b.world, READER));
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    b.transport->ops->link_close(b.link, LINK_UNPOWER);
    b.link = NULL;
    ck_assert(sim_world_unlocked(b.world, READER, SIM_AUTH));
    ck_assert(sim_world_eject(b.world, READER));
    ck_assert(sim_world_insert(b.world, READER, b.card));
    ck_assert(!sim_world_unlocked(b.world, READER, SIM_AUTH));
    bench_drop(&b, 0);
}
END_TEST

START_TEST(refusals_to_connect)
{
    struct bench b = bench_make("");
    void *link = NULL;

    ck_assert(sim_world_hold_exclusive(b.world, READER, true));
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &link),
                     JPKI_ERR_IN_USE);
    ck_assert(sim_world_hold_exclusive(b.world, READER, false));
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, "other", &link),
                     JPKI_ERR_NO_READER);
    sim_world_refuse_access(b.world, true);
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &link),
                     JPKI_ERR_ACCESS);
    sim_world_refuse_access(b.world, false);
    ck_assert(sim_world_eject(b.world, READER));
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &link),
                     JPKI_ERR_NO_CARD);
    sim_world_service(b.world, false);
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &link),
                     JPKI_ERR_NO_SERVICE);
    ck_assert_ptr_null(link);
    bench_drop(&b, 0);
}
END_TEST

START_TEST(breaches_of_contract_are_counted)
{
    struct bench b = bench_make("");
    bool reset = false;

    ck_fails(&b, SELECT_JPKI, JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(b.transport->ops->visit_end(b.link), JPKI_ERR_ARGUMENT);
    (void)visit_reset(&b, b.link);
    ck_assert_int_eq(b.transport->ops->visit_begin(b.link, &reset), JPKI_ERR_ARGUMENT);
    end(&b);
    bench_drop(&b, 3);
}
END_TEST

struct waiter {
    const struct bench *bench;
    void *link;
    enum jpki_err err;
};

static void *waiter_run(void *arg)
{
    struct waiter *waiter = arg;
    bool reset = false;

    waiter->err = waiter->bench->transport->ops->visit_begin(waiter->link, &reset);
    if (waiter->err == JPKI_OK)
        waiter->err = waiter->bench->transport->ops->visit_end(waiter->link);
    return NULL;
}

START_TEST(transactions_exclude_each_other)
{
    struct bench b = bench_make("");
    struct waiter waiter = { .bench = &b, .err = JPKI_ERR_COUNT };
    pthread_t thread;

    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &waiter.link), JPKI_OK);
    (void)visit_reset(&b, b.link);
    ck_assert_int_eq(pthread_create(&thread, NULL, waiter_run, &waiter), 0);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    pthread_join(thread, NULL);
    ck_assert_int_eq(waiter.err, JPKI_OK);

    ck_assert(sim_world_hold(b.world, READER, true));
    ck_assert_int_eq(pthread_create(&thread, NULL, waiter_run, &waiter), 0);
    ck_assert(sim_world_hold(b.world, READER, false));
    pthread_join(thread, NULL);
    ck_assert_int_eq(waiter.err, JPKI_OK);
    ck_assert(!sim_world_hold(b.world, READER, false));

    (void)visit_reset(&b, b.link);
    ck_assert_int_eq(pthread_create(&thread, NULL, waiter_run, &waiter), 0);
    ck_assert(sim_world_eject(b.world, READER));
    pthread_join(thread, NULL);
    ck_assert_int_eq(waiter.err, JPKI_ERR_NO_CARD);
    ck_assert_int_eq(b.transport->ops->visit_end(b.link), JPKI_ERR_NO_CARD);
    b.transport->ops->link_close(waiter.link, LINK_LEAVE);
    bench_drop(&b, 0);
}
END_TEST

/* The word "hold": another program takes the transaction when this visit ends, and keeps it. */
START_TEST(another_program_is_next)
{
    struct bench b = bench_make("");
    struct waiter waiter = { .bench = &b, .link = b.link, .err = JPKI_ERR_COUNT };
    pthread_t thread;

    (void)visit_reset(&b, b.link);
    ck_assert(sim_world_fault(b.world, READER, 1, "hold"));
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    end(&b);
    ck_assert_int_eq(pthread_create(&thread, NULL, waiter_run, &waiter), 0);
    ck_assert(sim_world_wait_waiting(b.world, READER));
    ck_assert_int_eq(waiter.err, JPKI_ERR_COUNT);
    ck_assert(sim_world_hold(b.world, READER, false));
    pthread_join(thread, NULL);
    ck_assert_int_eq(waiter.err, JPKI_OK);
    bench_drop(&b, 0);
}
END_TEST

static void *blocked_run(void *arg)
{
    struct waiter *waiter = arg;
    unsigned sw = 0;

    waiter->err = exchange(waiter->bench, waiter->link, SELECT_JPKI, &sw);
    return NULL;
}

START_TEST(an_exchange_that_stands_still)
{
    struct bench b = bench_make("");
    struct waiter waiter = { .bench = &b, .link = b.link, .err = JPKI_ERR_COUNT };
    pthread_t thread;

    (void)visit_reset(&b, b.link);
    ck_assert(sim_world_fault(b.world, READER, 1, "block"));
    ck_assert_int_eq(pthread_create(&thread, NULL, blocked_run, &waiter), 0);
    ck_assert(sim_world_wait_blocked(b.world, READER));
    ck_assert_int_eq(waiter.err, JPKI_ERR_COUNT);
    ck_assert(sim_world_unblock(b.world, READER));
    pthread_join(thread, NULL);
    ck_assert_int_eq(waiter.err, JPKI_OK);
    end(&b);
    bench_drop(&b, 0);
}
END_TEST

START_TEST(pin_pad)
{
    static const struct sim_pad_step steps[] = {
        { SIM_PAD_TYPE, "1234" }, { SIM_PAD_TYPE, "9999" },    { SIM_PAD_TYPE, "12" },
        { SIM_PAD_CANCEL, NULL }, { SIM_PAD_MISTYPE, "1234" }, { SIM_PAD_TIMEOUT, NULL },
    };
    static const enum jpki_err errs[] = { JPKI_OK,           JPKI_OK,
                                          JPKI_ERR_PIN_FORM, JPKI_ERR_CANCELLED,
                                          JPKI_ERR_PIN_FORM, JPKI_ERR_TIMEOUT,
                                          JPKI_ERR_TIMEOUT };
    const struct pinpad_request request = { PINPAD_VERIFY, 0x20, 0x00, 0x98, 4, 4 };
    struct bench b = bench_make("");
    unsigned tries = 0;

    ck_assert(!b.transport->ops->has_pinpad(b.link, PINPAD_VERIFY));
    ck_assert(sim_world_pinpad(b.world, READER, false, steps, sizeof(steps) / sizeof(steps[0])));
    ck_assert(b.transport->ops->has_pinpad(b.link, PINPAD_VERIFY));
    ck_assert(!b.transport->ops->has_pinpad(b.link, PINPAD_MODIFY));
    (void)visit_reset(&b, b.link);
    ck_exchange(&b, SELECT_JPKI, 0x9000);
    for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
        uint8_t room[258];
        struct buf answer = BUF_OVER(room);
        ck_assert_int_eq(b.transport->ops->pinpad(b.link, &request, &answer), errs[i]);
        ck_assert_uint_eq(answer.len, errs[i] == JPKI_OK ? 2 : 0);
    }
    end(&b);
    ck_assert(sim_world_tries(b.world, READER, SIM_AUTH, &tries));
    ck_assert_uint_eq(tries, 2);
    ck_assert_uint_eq(sim_world_pinpad_uses(b.world, READER), 7);
    bench_drop(&b, 0);
}
END_TEST

RUN_CASES("transport", a_visit, how_a_link_ends, another_programs_reset, removal_kills_the_link,
          a_reset_covers_a_removal, no_link_outlives_a_replug, unpower_that_only_says_so,
          refusals_to_connect, breaches_of_contract_are_counted, transactions_exclude_each_other,
          another_program_is_next, an_exchange_that_stands_still, pin_pad)
