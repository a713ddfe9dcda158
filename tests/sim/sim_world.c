/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const char world_other_program = 'o';

struct sim_world *sim_world_new(void)
{
    struct sim_world *world = calloc(1, sizeof(*world));
    pthread_condattr_t attr;

    if (world == NULL)
        return NULL;
    pthread_mutex_init(&world->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&world->changed, &attr);
    pthread_condattr_destroy(&attr);
    world->transport = (struct transport){ &world_ops, world };
    world->service = true;
    world->service_starts = 1;
    return world;
}

void sim_world_free(struct sim_world *world)
{
    if (world == NULL)
        return;
    if (world->open_handles != 0)
        fprintf(stderr, "simulated world: %lu handles were never closed\n", world->open_handles);
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
    free(world);
}

const struct transport *sim_world_transport(struct sim_world *world)
{
    return &world->transport;
}

struct world_reader *world_find(struct sim_world *world, const char *name)
{
    for (size_t i = 0; i < WORLD_READERS && world->service; i++) {
        if (world->readers[i].plugged && strcmp(world->readers[i].name, name) == 0)
            return &world->readers[i];
    }
    return NULL;
}

void world_violation(struct sim_world *world, const char *what)
{
    world->violations++;
    fprintf(stderr, "simulated world: contract broken: %s\n", what);
}

void world_card_out(struct sim_world *world, struct world_reader *reader)
{
    if (reader->card == NULL)
        return;
    sim_card_power_off(reader->card);
    reader->card = NULL;
    reader->exclusive = false;
    reader->events++;
    reader->insertion = 0;
    reader->removed_at = ++world->ticks;
    pthread_cond_broadcast(&world->changed);
}

void world_card_in(struct sim_world *world, struct world_reader *reader, struct sim_card *card)
{
    reader->card = card;
    reader->events++;
    world->insertions++;
    reader->insertion = world->insertions;
    sim_card_power_on(card);
    pthread_cond_broadcast(&world->changed);
}

void world_reset(struct sim_world *world, struct world_reader *reader)
{
    reader->reset_at = ++world->ticks;
    pthread_cond_broadcast(&world->changed);
}

/*
 * Away and back before anybody looks: name and number of readers are what they were, and the count
 * begins anew.  Only who waits at that moment is told.
 */
void world_replug(struct sim_world *world, struct world_reader *reader, struct sim_card *card)
{
    world_card_out(world, reader);
    reader->holder = NULL;
    reader->events = 0;
    reader->plugging = ++world->pluggings;
    if (card != NULL)
        world_card_in(world, reader, card);
    if (world->waiters > 0)
        world->set_version++;
    pthread_cond_broadcast(&world->changed);
}

void world_unplug(struct sim_world *world, struct world_reader *reader)
{
    world_card_out(world, reader);
    reader->plugged = false;
    reader->holder = NULL;
    world->set_version++;
    pthread_cond_broadcast(&world->changed);
}

void world_service_stop(struct sim_world *world)
{
    world->service = false;
    for (size_t i = 0; i < WORLD_READERS; i++) {
        struct world_reader *reader = &world->readers[i];
        reader->holder = NULL;
        reader->exclusive = false;
        if (reader->card != NULL)
            sim_card_power_off(reader->card);
    }
    pthread_cond_broadcast(&world->changed);
}

void world_pass(struct sim_world *world, unsigned long us)
{
    void (*sleep_us)(void *, unsigned long) = world->sleep_us;
    void *user = world->sleep_user;

    world->elapsed_us += us;
    if (sleep_us == NULL)
        return;
    pthread_mutex_unlock(&world->lock);
    sleep_us(user, us);
    pthread_mutex_lock(&world->lock);
}

bool sim_world_add_reader(struct sim_world *world, const char *reader)
{
    struct world_reader *free_place = NULL;
    bool taken = false;

    pthread_mutex_lock(&world->lock);
    for (size_t i = WORLD_READERS; i-- > 0;) {
        struct world_reader *place = &world->readers[i];
        if (!place->plugged)
            free_place = place;
        taken = taken || (place->plugged && strcmp(place->name, reader) == 0);
    }
    if (!taken && free_place != NULL && strlen(reader) < READER_NAME_MAX) {
        memset(free_place, 0, sizeof(*free_place));
        snprintf(free_place->name, sizeof(free_place->name), "%s", reader);
        free_place->plugged = true;
        free_place->plugging = ++world->pluggings;
        world->set_version++;
        pthread_cond_broadcast(&world->changed);
    } else {
        free_place = NULL;
    }
    pthread_mutex_unlock(&world->lock);
    return free_place != NULL;
}

void sim_world_service(struct sim_world *world, bool up)
{
    pthread_mutex_lock(&world->lock);
    if (!up && world->service) {
        world_service_stop(world);
    } else if (up && !world->service) {
        world->service = true;
        world->service_starts++;
        world->set_version++;
        for (size_t i = 0; i < WORLD_READERS; i++) {
            struct world_reader *reader = &world->readers[i];
            struct sim_card *card = reader->card;
            reader->events = 0;
            if (reader->plugged && card != NULL)
                world_card_in(world, reader, card);
        }
    }
    pthread_mutex_unlock(&world->lock);
}

void sim_world_refuse(struct sim_world *world, enum jpki_err refusal)
{
    pthread_mutex_lock(&world->lock);
    world->refusal = refusal;
    pthread_mutex_unlock(&world->lock);
}

void world_hear(struct sim_world *world)
{
    world->unheard++;
    pthread_cond_broadcast(&world->changed);
    while (world->deaf)
        pthread_cond_wait(&world->changed, &world->lock);
    world->unheard--;
}

void world_block(struct sim_world *world, struct world_reader *reader)
{
    reader->blocked = true;
    reader->let_go = false;
    pthread_cond_broadcast(&world->changed);
    while (!reader->let_go && reader->plugged && world->service)
        pthread_cond_wait(&world->changed, &world->lock);
    reader->blocked = false;
}

void sim_world_deaf(struct sim_world *world, bool deaf)
{
    pthread_mutex_lock(&world->lock);
    world->deaf = deaf;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

unsigned sim_world_unheard(struct sim_world *world)
{
    unsigned unheard;

    pthread_mutex_lock(&world->lock);
    unheard = world->unheard;
    pthread_mutex_unlock(&world->lock);
    return unheard;
}

void sim_world_refuse_access(struct sim_world *world, bool refuse)
{
    sim_world_refuse(world, refuse ? JPKI_ERR_ACCESS : JPKI_OK);
}

unsigned sim_world_refused(struct sim_world *world)
{
    unsigned refused;

    pthread_mutex_lock(&world->lock);
    refused = world->refused;
    pthread_mutex_unlock(&world->lock);
    return refused;
}

void sim_world_set_clock(struct sim_world *world, void (*sleep_us)(void *user, unsigned long us),
                         void *user)
{
    pthread_mutex_lock(&world->lock);
    world->sleep_us = sleep_us;
    world->sleep_user = user;
    pthread_mutex_unlock(&world->lock);
}

void sim_world_set_witness(struct sim_world *world,
                           void (*see)(void *user, const struct sim_sight *sight, bool over),
                           void *user)
{
    pthread_mutex_lock(&world->lock);
    world->see = see;
    world->see_user = user;
    pthread_mutex_unlock(&world->lock);
}

static unsigned long world_read(struct sim_world *world, const unsigned long *field)
{
    unsigned long value = 0;

    pthread_mutex_lock(&world->lock);
    value = *field;
    pthread_mutex_unlock(&world->lock);
    return value;
}

unsigned long sim_world_elapsed_us(struct sim_world *world)
{
    return world_read(world, &world->elapsed_us);
}

unsigned sim_world_open_handles(struct sim_world *world)
{
    return (unsigned)world_read(world, &world->open_handles);
}

unsigned sim_world_violations(struct sim_world *world)
{
    return (unsigned)world_read(world, &world->violations);
}
