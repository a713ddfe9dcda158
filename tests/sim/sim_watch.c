/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct watch {
    struct sim_world *world;
    unsigned long service_start, set_version;
    bool waiting, cancelled;
};

enum jpki_err world_watch_open(void *user, void **ret_watch)
{
    struct sim_world *world = user;
    struct watch *watch = calloc(1, sizeof(*watch));
    enum jpki_err err = JPKI_ERR_MEMORY;

    if (watch == NULL)
        return JPKI_ERR_MEMORY;
    pthread_mutex_lock(&world->lock);
    if (!world->service) {
        err = JPKI_ERR_NO_SERVICE;
    } else if (world->refusal != JPKI_OK) {
        world->refused++;
        err = world->refusal;
    } else {
        *watch = (struct watch){ .world = world,
                                 .service_start = world->service_starts,
                                 .set_version = world->set_version };
        world->open_handles++;
        *ret_watch = watch;
        watch = NULL;
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&world->lock);
    free(watch);
    return err;
}

void world_watch_close(void *handle)
{
    struct watch *watch = handle;
    struct sim_world *world = watch->world;

    pthread_mutex_lock(&world->lock);
    if (watch->waiting)
        world_violation(world, "a watch closed while somebody waits on it");
    world->open_handles--;
    pthread_mutex_unlock(&world->lock);
    free(watch);
}

static bool watch_dead(const struct watch *watch)
{
    return !watch->world->service || watch->world->service_starts != watch->service_start;
}

/* pcscd would block a listing on a waiting context for as long as the wait lasts: nobody may do
 * that. */
static void watch_check_free(struct watch *watch)
{
    if (watch->waiting)
        world_violation(watch->world, "a watch used by another thread while somebody waits on it");
}

static void view_fill(struct sim_world *world, struct reader_view *view)
{
    const struct world_reader *reader = world_find(world, view->name);

    view->known = reader != NULL;
    view->present = reader != NULL && reader->card != NULL;
    view->exclusive = reader != NULL && reader->exclusive;
    view->events = reader == NULL ? 0 : reader->events;
    view->atr_len = 0;
    if (view->present) {
        const struct sim_options *opt = sim_card_options(reader->card);
        view->atr_len = opt->atr_len;
        memcpy(view->atr, opt->atr, opt->atr_len);
    }
}

enum jpki_err world_watch_list(void *handle, struct reader_view *views, size_t cap,
                               size_t *ret_count)
{
    struct watch *watch = handle;
    struct sim_world *world = watch->world;
    enum jpki_err err = JPKI_ERR_NO_SERVICE;
    size_t count = 0;

    pthread_mutex_lock(&world->lock);
    watch_check_free(watch);
    world_hear(world);
    if (!watch_dead(watch)) {
        for (size_t i = 0; i < WORLD_READERS && count < cap; i++) {
            if (!world->readers[i].plugged)
                continue;
            memset(&views[count], 0, sizeof(views[count]));
            memcpy(views[count].name, world->readers[i].name, sizeof(views[count].name));
            count++;
        }
        watch->set_version = world->set_version;
        *ret_count = count;
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&world->lock);
    return err;
}

enum jpki_err world_watch_poll(void *handle, struct reader_view *views, size_t count)
{
    struct watch *watch = handle;
    enum jpki_err err = JPKI_ERR_NO_SERVICE;

    pthread_mutex_lock(&watch->world->lock);
    watch_check_free(watch);
    world_hear(watch->world);
    if (!watch_dead(watch)) {
        for (size_t i = 0; i < count; i++)
            view_fill(watch->world, &views[i]);
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&watch->world->lock);
    return err;
}

static bool views_differ(const struct watch *watch, const struct reader_view *views, size_t count)
{
    bool differ = watch->set_version != watch->world->set_version;

    for (size_t i = 0; i < count && !differ; i++) {
        struct reader_view now = views[i];
        view_fill(watch->world, &now);
        differ = now.events != views[i].events;
    }
    return differ;
}

static struct timespec time_after(unsigned timeout_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    return until;
}

enum jpki_err world_watch_wait(void *handle, struct reader_view *views, size_t count,
                               unsigned timeout_ms)
{
    struct watch *watch = handle;
    struct sim_world *world = watch->world;
    const struct timespec until = time_after(timeout_ms);
    enum jpki_err err = JPKI_OK;
    int waited = 0;

    pthread_mutex_lock(&world->lock);
    watch_check_free(watch);
    watch->waiting = true;
    world->waiters++;
    while (!watch_dead(watch) && !watch->cancelled && waited != ETIMEDOUT &&
           !views_differ(watch, views, count))
        waited = pthread_cond_timedwait(&world->changed, &world->lock, &until);
    if (watch_dead(watch))
        err = JPKI_ERR_NO_SERVICE;
    else if (watch->cancelled)
        err = JPKI_ERR_CANCELLED;
    else if (!views_differ(watch, views, count))
        err = JPKI_ERR_TIMEOUT;
    for (size_t i = 0; i < count && err == JPKI_OK; i++)
        view_fill(world, &views[i]);
    if (err == JPKI_OK)
        watch->set_version = world->set_version;
    watch->waiting = watch->cancelled = false;
    world->waiters--;
    pthread_mutex_unlock(&world->lock);
    return err;
}

void world_watch_cancel(void *handle)
{
    struct watch *watch = handle;

    pthread_mutex_lock(&watch->world->lock);
    if (watch->waiting)
        watch->cancelled = true;
    pthread_cond_broadcast(&watch->world->changed);
    pthread_mutex_unlock(&watch->world->lock);
}
