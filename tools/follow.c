/* SPDX-License-Identifier: BSD-3-Clause */
#include "follow.h"

#include "clock.h"

#include <string.h>

#define LONG_MS 600000 /* one wait; nothing depends on its length */
#define PAUSE_MIN_MS 1000
#define PAUSE_MAX_MS 60000

/* The readers as the last look saw them. */
struct scene {
    struct reader_view views[READER_MAX];
    size_t count;
};

bool view_news(const struct reader_view *before, const struct reader_view *now)
{
    if (before == NULL)
        return now->present;
    return now->events != before->events || now->present != before->present ||
           now->known != before->known;
}

static const struct reader_view *view_named(const struct scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->count; i++) {
        if (strcmp(scene->views[i].name, name) == 0)
            return &scene->views[i];
    }
    return NULL;
}

/* pcscd's word alone: no card is touched. */
static enum jpki_err scene_take(void *watch, struct scene *ret_scene)
{
    const struct transport_ops *ops = transport_system()->ops;
    struct scene scene = { .count = 0 };
    enum jpki_err err = ops->watch_list(watch, scene.views, READER_MAX, &scene.count);

    if (err == JPKI_OK && scene.count > 0)
        err = ops->watch_poll(watch, scene.views, scene.count);
    if (err == JPKI_OK)
        *ret_scene = scene;
    return err;
}

static void scene_compare(const struct follower *follower, const struct scene *before,
                          const struct scene *now)
{
    for (size_t i = 0; i < before->count; i++) {
        struct reader_view gone = before->views[i];

        if (view_named(now, gone.name) != NULL)
            continue;
        gone.known = gone.present = false;
        follower->look(follower->user, &before->views[i], &gone);
    }
    for (size_t i = 0; i < now->count; i++)
        follower->look(follower->user, view_named(before, now->views[i].name), &now->views[i]);
}

/* One wait, and a look at what it brought. */
static enum jpki_err scene_follow(const struct follower *follower, void *watch, struct scene *scene)
{
    const struct transport_ops *ops = transport_system()->ops;
    const unsigned patience = follower->patience == NULL ? 0 : follower->patience(follower->user);
    struct scene waited = *scene, now;
    enum jpki_err err =
        ops->watch_wait(watch, waited.views, waited.count, patience == 0 ? LONG_MS : patience);

    if (err != JPKI_OK && err != JPKI_ERR_TIMEOUT)
        return err;
    err = scene_take(watch, &now);
    if (err != JPKI_OK)
        return err;
    scene_compare(follower, scene, &now);
    *scene = now;
    return JPKI_OK;
}

static enum jpki_err watch_begin(void **ret_watch, struct scene *ret_scene)
{
    const struct transport *transport = transport_system();
    void *watch = NULL;
    enum jpki_err err = transport->ops->watch_open(transport->user, &watch);

    if (err != JPKI_OK)
        return err;
    err = scene_take(watch, ret_scene);
    if (err == JPKI_OK)
        *ret_watch = watch;
    else
        transport->ops->watch_close(watch);
    return err;
}

/* pcscd ended: wait for another one, which knows nothing of the old one's watch.  All its readers
 * are new. */
static enum jpki_err service_await(void **ret_watch, struct scene *ret_scene)
{
    enum jpki_err err = JPKI_ERR_NO_SERVICE;
    unsigned pause = PAUSE_MIN_MS;

    /* one that is just starting may refuse */
    while (err == JPKI_ERR_NO_SERVICE || err == JPKI_ERR_ACCESS) {
        sleep_ms(pause);
        pause = pause < PAUSE_MAX_MS / 2 ? pause * 2 : PAUSE_MAX_MS;
        err = watch_begin(ret_watch, ret_scene);
    }
    return err;
}

int readers_follow(const struct follower *follower)
{
    const struct transport_ops *ops = transport_system()->ops;
    struct scene scene = { .count = 0 }, none = { .count = 0 };
    void *watch = NULL;
    enum jpki_err err = watch_begin(&watch, &scene);

    if (err == JPKI_OK)
        follower->begin(follower->user, scene.views, scene.count);
    while (err == JPKI_OK) {
        err = scene_follow(follower, watch, &scene);
        if (err != JPKI_ERR_NO_SERVICE || !follower->outlive)
            continue;
        scene_compare(follower, &scene, &none);
        ops->watch_close(watch);
        watch = NULL;
        err = service_await(&watch, &scene);
        if (err == JPKI_OK)
            scene_compare(follower, &none, &scene);
    }
    if (watch != NULL)
        ops->watch_close(watch);
    return error_explain(err);
}
