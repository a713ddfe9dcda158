/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the world of readers share: one reader with a card, and a link to it. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H

#include "sim_transport.h"
#include "test_sim.h"

#define READER "Reader 00"

/* A world of one reader with a normal card, and a link to it. */
struct bench {
    struct sim_world *world;
    struct sim_card *card;
    const struct transport *transport;
    void *link;
};

static inline struct bench bench_make(const char *words)
{
    struct bench b = { .world = sim_world_new(), .card = sim_card_new_words(words, NULL) };

    ck_assert_ptr_nonnull(b.card);
    ck_assert(sim_world_add_reader(b.world, READER));
    ck_assert(sim_world_insert(b.world, READER, b.card));
    b.transport = sim_world_transport(b.world);
    ck_assert_int_eq(b.transport->ops->link_open(b.transport->user, READER, &b.link), JPKI_OK);
    return b;
}

static inline void bench_drop(struct bench *b, unsigned violations)
{
    if (b->link != NULL)
        b->transport->ops->link_close(b->link, LINK_LEAVE);
    ck_assert_uint_eq(sim_world_open_handles(b->world), 0);
    ck_assert_uint_eq(sim_world_violations(b->world), violations);
    sim_world_free(b->world);
    sim_card_free(b->card);
}

static inline bool visit_reset(const struct bench *b, void *link)
{
    bool reset = false;

    ck_assert_int_eq(b->transport->ops->visit_begin(link, &reset), JPKI_OK);
    return reset;
}

/* The status word in *ret_sw if the exchange itself went well. */
static inline enum jpki_err exchange(const struct bench *b, void *link, const char *hex,
                                     unsigned *ret_sw)
{
    uint8_t cmd[300], room[258];
    struct buf answer = BUF_OVER(room);
    const enum jpki_err err =
        b->transport->ops->transmit(link, slice_of(cmd, hex_bytes(hex, cmd)), &answer);

    if (err == JPKI_OK && answer.len >= 2)
        *ret_sw = (unsigned)(room[answer.len - 2] << 8 | room[answer.len - 1]);
    return err;
}

#define ck_exchange(b, hex, expected) \
    do { \
        unsigned got_sw = 0; \
        ck_assert_int_eq(exchange((b), (b)->link, (hex), &got_sw), JPKI_OK); \
        ck_assert_uint_eq(got_sw, (expected)); \
    } while (0)

#define ck_fails(b, hex, error) \
    do { \
        unsigned got_sw = 0; \
        ck_assert_int_eq(exchange((b), (b)->link, (hex), &got_sw), (error)); \
    } while (0)

static inline void end(const struct bench *b)
{
    ck_assert_int_eq(b->transport->ops->visit_end(b->link), JPKI_OK);
}

#endif
