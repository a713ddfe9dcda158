/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers and cards coming and going, as a watch sees them. */
#include "sim_transport.h"
#include "test_sim.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

struct watching {
    struct sim_world *world;
    const struct transport_ops *ops;
    void *watch;
    struct reader_view views[READER_MAX];
    size_t count;
    unsigned timeout_ms;
    enum jpki_err err;
};

static void watching_list(struct watching *w)
{
    ck_assert_int_eq(w->ops->watch_list(w->watch, w->views, READER_MAX, &w->count), JPKI_OK);
    ck_assert_int_eq(w->ops->watch_poll(w->watch, w->views, w->count), JPKI_OK);
}

static struct watching watching_make(void)
{
    struct watching w = { .world = sim_world_new(), .timeout_ms = 5000 };
    const struct transport *transport = sim_world_transport(w.world);

    ck_assert(sim_world_add_reader(w.world, "A"));
    ck_assert(sim_world_add_reader(w.world, "B"));
    w.ops = transport->ops;
    ck_assert_int_eq(w.ops->watch_open(transport->user, &w.watch), JPKI_OK);
    watching_list(&w);
    ck_assert_uint_eq(w.count, 2);
    return w;
}

static void watching_drop(struct watching *w)
{
    w->ops->watch_close(w->watch);
    ck_assert_uint_eq(sim_world_open_handles(w->world), 0);
    ck_assert_uint_eq(sim_world_violations(w->world), 0);
    sim_world_free(w->world);
}

static void *wait_run(void *arg)
{
    struct watching *w = arg;

    w->err = w->ops->watch_wait(w->watch, w->views, w->count, w->timeout_ms);
    return NULL;
}

START_TEST(names_and_states)
{
    struct watching w = watching_make();
    struct sim_card *card = sim_card_new_words("", NULL);

    ck_assert(!sim_world_add_reader(w.world, "A"));
    ck_assert_str_eq(w.views[0].name, "A");
    ck_assert(w.views[0].known && !w.views[0].present);
    ck_assert(sim_world_insert(w.world, "A", card));
    ck_assert(!sim_world_insert(w.world, "A", card));
    ck_assert(sim_world_hold_exclusive(w.world, "A", true));
    ck_assert_int_eq(w.ops->watch_poll(w.watch, w.views, w.count), JPKI_OK);
    ck_assert(w.views[0].present && w.views[0].exclusive);
    ck_assert_uint_eq(w.views[0].atr_len, 13);
    ck_assert_uint_eq(w.views[0].atr[0], 0x3B);
    ck_assert_uint_eq(w.views[0].events, 1);
    ck_assert(sim_world_swap(w.world, "A", card));
    ck_assert(sim_world_remove_reader(w.world, "B"));
    ck_assert_int_eq(w.ops->watch_poll(w.watch, w.views, w.count), JPKI_OK);
    ck_assert_uint_eq(w.views[0].events, 3);
    ck_assert(!w.views[1].known);
    ck_assert(sim_world_eject(w.world, "A"));
    watching_drop(&w);
    sim_card_free(card);
}
END_TEST

/* Same name, same count, another card: a look says nothing, and only who waits hears of it. */
START_TEST(counts_begin_anew_with_the_reader)
{
    struct watching w = watching_make();
    struct sim_card *card = sim_card_new_words("", NULL),
                    *other = sim_card_new_words("holder=2", NULL);
    struct reader_view before;
    pthread_t thread;

    ck_assert(sim_world_insert(w.world, "A", card));
    watching_list(&w);
    before = w.views[0];
    ck_assert(sim_world_replug(w.world, "A", other));
    ck_assert_int_eq(w.ops->watch_poll(w.watch, w.views, w.count), JPKI_OK);
    ck_assert_int_eq(memcmp(&w.views[0], &before, sizeof(before)), 0);
    w.timeout_ms = 30;
    wait_run(&w);
    ck_assert_int_eq(w.err, JPKI_ERR_TIMEOUT);
    w.timeout_ms = 5000;
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_run, &w), 0);
    for (int i = 0; i < 100 && pthread_tryjoin_np(thread, NULL) != 0; i++) {
        const struct timespec pause = { 0, 10000000 };
        ck_assert(sim_world_replug(w.world, "A", NULL));
        nanosleep(&pause, NULL);
    }
    ck_assert_int_eq(w.err, JPKI_OK);
    watching_drop(&w);
    sim_card_free(card);
    sim_card_free(other);
}
END_TEST

START_TEST(wait_ends_by_a_card)
{
    struct watching w = watching_make();
    struct sim_card *card = sim_card_new_words("", NULL);
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wait_run, &w), 0);
    ck_assert(sim_world_insert(w.world, "B", card));
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.err, JPKI_OK);
    ck_assert(w.views[1].present);
    watching_drop(&w);
    sim_card_free(card);
}
END_TEST

START_TEST(wait_ends_by_a_reader)
{
    struct watching w = watching_make();
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wait_run, &w), 0);
    ck_assert(sim_world_add_reader(w.world, "C"));
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.err, JPKI_OK);
    watching_list(&w);
    ck_assert_uint_eq(w.count, 3);
    ck_assert(sim_world_remove_reader(w.world, "C"));
    wait_run(&w); /* what happened before the wait ends it at once */
    ck_assert_int_eq(w.err, JPKI_OK);
    watching_drop(&w);
}
END_TEST

START_TEST(wait_ends_by_itself)
{
    struct watching w = watching_make();

    w.timeout_ms = 30;
    wait_run(&w);
    ck_assert_int_eq(w.err, JPKI_ERR_TIMEOUT);
    watching_drop(&w);
}
END_TEST

START_TEST(an_early_cancel_is_lost)
{
    struct watching w = watching_make();

    w.ops->watch_cancel(w.watch);
    w.timeout_ms = 30;
    wait_run(&w);
    ck_assert_int_eq(w.err, JPKI_ERR_TIMEOUT);
    watching_drop(&w);
}
END_TEST

static atomic_bool cancel_stop;

static void *cancel_run(void *arg)
{
    struct watching *w = arg;
    const struct timespec pause = { 0, 1000000 };

    while (!cancel_stop) {
        w->ops->watch_cancel(w->watch);
        nanosleep(&pause, NULL);
    }
    return NULL;
}

START_TEST(a_repeated_cancel_arrives)
{
    struct watching w = watching_make();
    pthread_t thread;

    cancel_stop = false;
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel_run, &w), 0);
    wait_run(&w);
    cancel_stop = true;
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.err, JPKI_ERR_CANCELLED);
    watching_drop(&w);
}
END_TEST

START_TEST(the_service_goes_and_comes)
{
    struct watching w = watching_make();
    const struct transport *transport = sim_world_transport(w.world);
    void *watch = NULL;
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, wait_run, &w), 0);
    sim_world_service(w.world, false);
    pthread_join(thread, NULL);
    ck_assert_int_eq(w.err, JPKI_ERR_NO_SERVICE);
    ck_assert_int_eq(w.ops->watch_open(transport->user, &watch), JPKI_ERR_NO_SERVICE);
    sim_world_service(w.world, true);
    ck_assert_int_eq(w.ops->watch_poll(w.watch, w.views, w.count), JPKI_ERR_NO_SERVICE);
    ck_assert_int_eq(w.ops->watch_open(transport->user, &watch), JPKI_OK);
    ck_assert_int_eq(w.ops->watch_list(watch, w.views, READER_MAX, &w.count), JPKI_OK);
    ck_assert_uint_eq(w.count, 2);
    w.ops->watch_close(watch);
    sim_world_refuse_access(w.world, true);
    ck_assert_int_eq(w.ops->watch_open(transport->user, &watch), JPKI_ERR_ACCESS);
    watching_drop(&w);
}
END_TEST

START_TEST(many_readers)
{
    struct watching w = watching_make();
    char name[16];

    for (int i = 0; i < READER_MAX; i++) {
        snprintf(name, sizeof(name), "R%d", i);
        ck_assert(sim_world_add_reader(w.world, name));
    }
    watching_list(&w);
    ck_assert_uint_eq(w.count, READER_MAX);
    watching_drop(&w);
}
END_TEST

RUN_CASES("watch", names_and_states, counts_begin_anew_with_the_reader, wait_ends_by_a_card,
          wait_ends_by_a_reader, wait_ends_by_itself, an_early_cancel_is_lost,
          a_repeated_cancel_arrives, the_service_goes_and_comes, many_readers)
