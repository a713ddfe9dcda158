/* SPDX-License-Identifier: BSD-3-Clause */
/* What tests do to one reader of the world, each under the lock. */
#include "sim_world.h"

#include <time.h>

#define BLOCK_WAIT_SECONDS 10

/* What a test does to one reader: word and number mean what the deed says. */
struct deed_args {
    struct sim_card *card;
    const char *word;
    unsigned n;
    bool on;
    const struct sim_pad_step *steps;
    size_t step_count;
    enum sim_role role;
    struct sim_stats *stats;
};

typedef bool deed(struct sim_world *world, struct world_reader *reader, struct deed_args *args);

static bool reader_do(struct sim_world *world, const char *name, deed *what, struct deed_args *args)
{
    struct world_reader *reader = NULL;
    bool done = false;

    pthread_mutex_lock(&world->lock);
    reader = world_find(world, name);
    if (reader != NULL)
        done = what(world, reader, args);
    pthread_mutex_unlock(&world->lock);
    return done;
}

static bool do_unplug(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)args;
    world_unplug(world, reader);
    return true;
}

static bool do_replug(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    world_replug(world, reader, args->card == NULL ? reader->card : args->card);
    return true;
}

static bool do_insert(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    if (reader->card != NULL)
        return false;
    world_card_in(world, reader, args->card);
    return true;
}

static bool do_eject(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)args;
    if (reader->card == NULL)
        return false;
    world_card_out(world, reader);
    return true;
}

static bool do_swap(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    world_card_out(world, reader);
    world_card_in(world, reader, args->card);
    if (args->on) {
        sim_card_warm_reset(args->card);
        world_reset(world, reader);
    }
    return true;
}

static bool do_spare(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)world;
    reader->spare = args->card;
    return true;
}

static bool do_reset(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)args;
    if (reader->card == NULL)
        return false;
    sim_card_warm_reset(reader->card);
    world_reset(world, reader);
    return true;
}

static bool do_hold(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    while (args->on && reader->holder != NULL && reader->plugged)
        pthread_cond_wait(&world->changed, &world->lock);
    if (!args->on && reader->holder != OTHER_PROGRAM)
        return false;
    reader->holder = args->on ? OTHER_PROGRAM : NULL;
    pthread_cond_broadcast(&world->changed);
    return true;
}

static bool do_exclusive(struct sim_world *world, struct world_reader *reader,
                         struct deed_args *args)
{
    (void)world;
    reader->exclusive = args->on;
    return true;
}

static bool do_fault(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    struct sim_faults faults = { 0 };

    (void)world;
    if (args->on)
        faults = reader->faults;
    if (!sim_faults_add(&faults, args->word, args->n))
        return false;
    reader->faults = faults;
    return true;
}

static bool do_fault_hit(struct sim_world *world, struct world_reader *reader,
                         struct deed_args *args)
{
    (void)world;
    args->word = reader->faults.hit;
    return true;
}

/* Until an exchange stands still, or, with on, until somebody waits for a transaction. */
static bool do_wait_blocked(struct sim_world *world, struct world_reader *reader,
                            struct deed_args *args)
{
    struct timespec until;
    int waited = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += BLOCK_WAIT_SECONDS;
    while (!(args->on ? reader->waiting > 0 : reader->blocked) && waited == 0)
        waited = pthread_cond_timedwait(&world->changed, &world->lock, &until);
    return waited == 0;
}

static bool do_unblock(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)args;
    reader->let_go = true;
    pthread_cond_broadcast(&world->changed);
    return true;
}

static bool do_pinpad(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)world;
    reader->pad_verify = true;
    reader->pad_modify = args->on;
    reader->steps = args->steps;
    reader->step_count = args->step_count;
    reader->step_next = 0;
    return true;
}

static bool do_pad_uses(struct sim_world *world, struct world_reader *reader,
                        struct deed_args *args)
{
    (void)world;
    args->n = reader->pad_uses;
    return true;
}

static bool do_stats(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)world;
    if (reader->card == NULL)
        return false;
    *args->stats = *sim_card_stats(reader->card);
    return true;
}

static bool do_reset_stats(struct sim_world *world, struct world_reader *reader,
                           struct deed_args *args)
{
    (void)world;
    (void)args;
    if (reader->card == NULL)
        return false;
    sim_card_reset_stats(reader->card);
    return true;
}

static bool do_unlocked(struct sim_world *world, struct world_reader *reader,
                        struct deed_args *args)
{
    (void)world;
    return reader->card != NULL && sim_card_unlocked(reader->card, args->role);
}

static bool do_tries(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)world;
    if (reader->card == NULL)
        return false;
    args->n = sim_card_options(reader->card)->role[args->role].tries;
    return true;
}

static bool do_set(struct sim_world *world, struct world_reader *reader, struct deed_args *args)
{
    (void)world;
    return reader->card != NULL && sim_card_set(reader->card, args->word);
}

bool sim_world_remove_reader(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_unplug, NULL);
}

bool sim_world_replug(struct sim_world *world, const char *reader, struct sim_card *card)
{
    return reader_do(world, reader, do_replug, &(struct deed_args){ .card = card });
}

bool sim_world_insert(struct sim_world *world, const char *reader, struct sim_card *card)
{
    return reader_do(world, reader, do_insert, &(struct deed_args){ .card = card });
}

bool sim_world_eject(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_eject, NULL);
}

bool sim_world_swap(struct sim_world *world, const char *reader, struct sim_card *card)
{
    return reader_do(world, reader, do_swap, &(struct deed_args){ .card = card });
}

bool sim_world_swap_reset(struct sim_world *world, const char *reader, struct sim_card *card)
{
    return reader_do(world, reader, do_swap, &(struct deed_args){ .card = card, .on = true });
}

bool sim_world_set_spare(struct sim_world *world, const char *reader, struct sim_card *card)
{
    return reader_do(world, reader, do_spare, &(struct deed_args){ .card = card });
}

bool sim_world_reset(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_reset, NULL);
}

bool sim_world_hold(struct sim_world *world, const char *reader, bool hold)
{
    return reader_do(world, reader, do_hold, &(struct deed_args){ .on = hold });
}

bool sim_world_hold_exclusive(struct sim_world *world, const char *reader, bool hold)
{
    return reader_do(world, reader, do_exclusive, &(struct deed_args){ .on = hold });
}

bool sim_world_fault(struct sim_world *world, const char *reader, unsigned n, const char *kind)
{
    return reader_do(world, reader, do_fault,
                     &(struct deed_args){ .n = n, .word = kind, .on = false });
}

bool sim_world_fault_also(struct sim_world *world, const char *reader, unsigned n, const char *kind)
{
    return reader_do(world, reader, do_fault,
                     &(struct deed_args){ .n = n, .word = kind, .on = true });
}

const char *sim_world_fault_hit(struct sim_world *world, const char *reader)
{
    struct deed_args args = { .word = NULL };

    (void)reader_do(world, reader, do_fault_hit, &args);
    return args.word;
}

bool sim_world_wait_blocked(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_wait_blocked, &(struct deed_args){ .on = false });
}

bool sim_world_wait_waiting(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_wait_blocked, &(struct deed_args){ .on = true });
}

bool sim_world_unblock(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_unblock, NULL);
}

bool sim_world_pinpad(struct sim_world *world, const char *reader, bool modify,
                      const struct sim_pad_step *steps, size_t count)
{
    return reader_do(world, reader, do_pinpad,
                     &(struct deed_args){ .on = modify, .steps = steps, .step_count = count });
}

unsigned sim_world_pinpad_uses(struct sim_world *world, const char *reader)
{
    struct deed_args args = { .n = 0 };

    (void)reader_do(world, reader, do_pad_uses, &args);
    return args.n;
}

bool sim_world_stats(struct sim_world *world, const char *reader, struct sim_stats *ret_stats)
{
    return reader_do(world, reader, do_stats, &(struct deed_args){ .stats = ret_stats });
}

bool sim_world_reset_stats(struct sim_world *world, const char *reader)
{
    return reader_do(world, reader, do_reset_stats, NULL);
}

bool sim_world_unlocked(struct sim_world *world, const char *reader, enum sim_role role)
{
    return reader_do(world, reader, do_unlocked, &(struct deed_args){ .role = role });
}

bool sim_world_tries(struct sim_world *world, const char *reader, enum sim_role role,
                     unsigned *ret_tries)
{
    struct deed_args args = { .role = role };
    const bool done = reader_do(world, reader, do_tries, &args);

    if (done)
        *ret_tries = args.n;
    return done;
}

bool sim_world_set(struct sim_world *world, const char *reader, const char *word)
{
    return reader_do(world, reader, do_set, &(struct deed_args){ .word = word });
}
