/* SPDX-License-Identifier: BSD-3-Clause */
#include "readers.h"

#include "log.h"
#include "reader_away.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_WAIT_MS 200 /* for another thread that lists */
#define EXCHANGE_STEP_MS 2
/* one that pcscd left, and a new one: a browser asks only once, and the next may be there */
#define WATCHES 2
/* after a refusal ask again after this time, then after twice as long ... */
#define REFUSED_MIN_MS 1000
#define REFUSED_MAX_MS 10000 /* ... up to this: nine times in a minute */

static bool reader_wanted(const struct module *module, const char *name)
{
    const char *pattern = module->config.readers;

    return pattern[0] == '\0' || fnmatch(pattern, name, 0) == 0;
}

void readers_shut_inlock(struct module *module)
{
    for (size_t i = 0; i < module->reader_count; i++)
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++)
            token_end_inlock(module->readers[i], role);
}

bool readers_at_keypad_inlock(const struct module *module)
{
    for (size_t i = 0; i < module->reader_count; i++)
        if (atomic_load(&module->readers[i]->card.at_work) == AT_KEYPAD)
            return true;
    return false;
}

static bool exchanging(struct module *module)
{
    bool any = false;

    pthread_mutex_lock(&module->lock);
    for (size_t i = 0; i < module->reader_count && !any; i++)
        any = atomic_load(&module->readers[i]->card.at_work) == AT_EXCHANGE;
    pthread_mutex_unlock(&module->lock);
    return any;
}

bool readers_exchange_over(struct module *module, unsigned ms)
{
    const uint64_t deadline = clock_ms() + ms;

    while (exchanging(module)) {
        if (clock_ms() >= deadline)
            return false;
        sleep_ms(EXCHANGE_STEP_MS);
    }
    return true;
}

void readers_expire_inlock(struct module *module)
{
    uint64_t now = clock_ms();

    for (size_t i = 0; i < module->reader_count; i++) {
        if (reader_away_over_inlock(module->readers[i]))
            reader_card_gone_inlock(module->readers[i]);
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
            struct token *token = &module->readers[i]->token[role];
            uint64_t limit = (uint64_t)module->config.forget_after[role] * 60000;

            if (token->logged_in && limit != 0 && now - token->used_ms >= limit)
                token_end_inlock(module->readers[i], role);
        }
    }
}

static struct reader *reader_new(struct module *module, const char *name)
{
    struct reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return NULL;
    reader->module = module;
    snprintf(reader->name, sizeof(reader->name), "%.*s", READER_NAME_MAX - 1, name);
    turn_init(&reader->card_lock);
    card_init(&reader->card, module->transport, reader->name);
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++)
        reader->token[role].tries = TRIES_UNKNOWN;
    return reader;
}

/*
 * While no reader was ever seen there is a placeholder, without a name and always empty, which the
 * first reader becomes: Chromium never lists slots again after a list of none.
 */
static bool placeholder_inlock(const struct module *module)
{
    return module->reader_count == 1 && module->readers[0]->name[0] == '\0';
}

/* False if there is no room for it. */
static bool reader_append_inlock(struct module *module, const char *name)
{
    struct reader *reader;

    for (size_t i = 0; i < module->reader_count; i++)
        if (strcmp(module->readers[i]->name, name) == 0)
            return true;
    if (name[0] != '\0' && !reader_wanted(module, name))
        return true;
    if (module->reader_count == MODULE_READER_MAX)
        return false;
    if (placeholder_inlock(module)) {
        reader = module->readers[0];
        snprintf(reader->name, sizeof(reader->name), "%.*s", READER_NAME_MAX - 1, name);
        return true; /* its card is told by who looks at it first */
    }
    reader = reader_new(module, name);
    if (reader == NULL)
        return false;
    reader->index = module->reader_count;
    reader->shown.series = ++module->last_series;
    reader->from_start = !module->listed && name[0] != '\0';
    module->readers[module->reader_count] = reader;
    module->reader_count++;
    return true;
}

/* JPKI_OK: pcscd may be asked again; else what it refused us with. */
static enum jpki_err refusal_recall(struct module *module)
{
    enum jpki_err err;

    pthread_mutex_lock(&module->lock);
    err = clock_ms() - module->refused_ms < module->refused_pause_ms ? module->refusal : JPKI_OK;
    pthread_mutex_unlock(&module->lock);
    return err;
}

static void refusal_note(struct module *module, enum jpki_err err)
{
    unsigned pause;

    pthread_mutex_lock(&module->lock);
    pause = module->refusal == JPKI_OK ? REFUSED_MIN_MS : module->refused_pause_ms * 2;
    module->refused_pause_ms = pause < REFUSED_MAX_MS ? pause : REFUSED_MAX_MS;
    module->refused_ms = clock_ms();
    module->refusal = err == JPKI_ERR_ACCESS || err == JPKI_ERR_NO_SERVICE ? err : JPKI_OK;
    pthread_mutex_unlock(&module->lock);
}

enum jpki_err readers_watch_open(struct module *module, void **ret_watch)
{
    enum jpki_err err = refusal_recall(module);

    if (err != JPKI_OK)
        return err;
    err = module->transport->ops->watch_open(module->transport->user, ret_watch);
    refusal_note(module, err);
    if (err != JPKI_OK)
        log_line("readers: pcscd cannot be reached (%s)", err_name(err));
    return err;
}

/* The watch for listing and polling; NULL while there is no pcscd.  Called with poll_turn. */
static void *poll_watch_inturn(struct module *module)
{
    if (module->poll_watch == NULL && readers_watch_open(module, &module->poll_watch) != JPKI_OK)
        module->poll_watch = NULL;
    return module->poll_watch;
}

/* pcscd went away, and every reader with it. */
static void poll_watch_drop_inturn(struct module *module)
{
    module->transport->ops->watch_close(module->poll_watch);
    module->poll_watch = NULL;
    pthread_mutex_lock(&module->lock);
    for (size_t i = 0; i < module->reader_count; i++) {
        if (module->readers[i]->present)
            reader_away_inlock(module->readers[i]);
        module->readers[i]->present = false;
    }
    pthread_mutex_unlock(&module->lock);
}

/* The readers pcscd has now; none while it cannot be reached.  Called with poll_turn. */
static size_t readers_ask(struct module *module, struct reader_view views[static READER_MAX])
{
    size_t count = 0;

    for (int i = 0; i < WATCHES && poll_watch_inturn(module) != NULL; i++) {
        if (module->transport->ops->watch_list(module->poll_watch, views, READER_MAX, &count) ==
            JPKI_OK)
            return count;
        poll_watch_drop_inturn(module);
    }
    return 0;
}

/* Room for views, which a thread's stack may be too small for.  Without memory there is nothing
 * new to be seen. */
static struct reader_view *views_new(size_t count)
{
    return calloc(count, sizeof(struct reader_view));
}

void readers_list(struct module *module)
{
    struct reader_view *views;
    size_t count, left = 0;

    if (!turn_try_within(&module->poll_turn, readers_count(module) == 0 ? UINT_MAX : LIST_WAIT_MS))
        return;
    views = views_new(READER_MAX);
    count = views == NULL ? 0 : readers_ask(module, views);
    pthread_mutex_lock(&module->lock);
    for (size_t i = 0; i < count; i++)
        left += !reader_append_inlock(module, views[i].name);
    if (module->reader_count == 0)
        left += !reader_append_inlock(module, "");
    pthread_mutex_unlock(&module->lock);
    module->listed = true;
    turn_give(&module->poll_turn);
    free(views);
    if (left > 0)
        log_line("readers: there is no room for %zu of them; C_Finalize makes some", left);
    (void)readers_poll_within(module, LIST_WAIT_MS);
}

static bool has_placeholder(struct module *module)
{
    bool placeholder;

    pthread_mutex_lock(&module->lock);
    placeholder = placeholder_inlock(module);
    pthread_mutex_unlock(&module->lock);
    return placeholder;
}

void readers_adopt(struct module *module, unsigned max_age_ms)
{
    struct reader_view *views;
    size_t count;

    if (!has_placeholder(module) || !turn_try(&module->poll_turn))
        return;
    views = views_new(READER_MAX);
    if (views == NULL)
        goto out;
    if (module->polled_ms == 0 || clock_ms() - module->polled_ms >= max_age_ms) {
        count = readers_ask(module, views);
        pthread_mutex_lock(&module->lock);
        for (size_t i = 0; i < count && placeholder_inlock(module); i++)
            (void)reader_append_inlock(module, views[i].name);
        /* a new reader is asked for its card at once */
        module->polled_ms = placeholder_inlock(module) ? clock_ms() : 0;
        pthread_mutex_unlock(&module->lock);
    }

out:
    free(views);
    turn_give(&module->poll_turn);
}

size_t readers_views(struct module *module, struct reader_view views[static MODULE_READER_MAX])
{
    size_t count;

    memset(views, 0, MODULE_READER_MAX * sizeof(*views));
    pthread_mutex_lock(&module->lock);
    count = placeholder_inlock(module) ? 0 : module->reader_count; /* pcscd knows no placeholder */
    for (size_t i = 0; i < count; i++) {
        memcpy(views[i].name, module->readers[i]->name, READER_NAME_MAX);
        views[i].events = module->readers[i]->events;
        views[i].known = module->readers[i]->known;
        views[i].present = module->readers[i]->present;
    }
    pthread_mutex_unlock(&module->lock);
    return count;
}

/* The state of each reader now; none is known while pcscd cannot be reached.  Called with
 * poll_turn. */
static void views_ask(struct module *module, struct reader_view *views, size_t count)
{
    for (int i = 0; i < WATCHES && poll_watch_inturn(module) != NULL; i++) {
        if (module->transport->ops->watch_poll(module->poll_watch, views, count) == JPKI_OK)
            return;
        poll_watch_drop_inturn(module);
    }
    for (size_t i = 0; i < count; i++)
        views[i].known = views[i].present = false;
}

/* Ask and publish; the caller has the turn. */
static void poll_now(struct module *module)
{
    struct reader_view *views = views_new(MODULE_READER_MAX);
    size_t count = views == NULL ? 0 : readers_views(module, views);

    if (count == 0)
        goto out;
    views_ask(module, views, count);
    pthread_mutex_lock(&module->lock);
    for (size_t i = 0; i < count; i++)
        reader_publish_inlock(module->readers[i], &views[i]);
    pthread_mutex_unlock(&module->lock);
    module->polled_ms = clock_ms();

out:
    free(views);
}

void readers_poll(struct module *module, unsigned max_age_ms)
{
    if (exchanging(module) || !turn_try(&module->poll_turn))
        return;
    if (module->polled_ms == 0 || clock_ms() - module->polled_ms >= max_age_ms)
        poll_now(module);
    turn_give(&module->poll_turn);
}

bool readers_poll_within(struct module *module, unsigned ms)
{
    if (!turn_try_within(&module->poll_turn, ms))
        return false;
    poll_now(module);
    turn_give(&module->poll_turn);
    return true;
}

size_t readers_count(struct module *module)
{
    size_t count;

    pthread_mutex_lock(&module->lock);
    count = module->reader_count;
    pthread_mutex_unlock(&module->lock);
    return count;
}

struct reader *reader_of_slot(struct module *module, CK_SLOT_ID slot, enum role *ret_role)
{
    enum role role = slot % ROLE_COUNT == 0 ? ROLE_AUTH : ROLE_SIGN;
    struct reader *reader = NULL;

    if (!module->config.slots[role])
        return NULL;
    if (readers_count(module) == 0)
        readers_list(module);
    pthread_mutex_lock(&module->lock);
    if (slot / ROLE_COUNT < module->reader_count)
        reader = module->readers[slot / ROLE_COUNT];
    pthread_mutex_unlock(&module->lock);
    if (reader != NULL)
        *ret_role = role;
    return reader;
}

void readers_free(struct module *module)
{
    for (size_t i = 0; i < module->reader_count; i++) {
        struct reader *reader = module->readers[i];

        card_disconnect(&reader->card);
        for (size_t file = 0; file < CERT_COUNT; file++)
            cert_unref(reader->certs[file]);
        turn_free(&reader->card_lock);
        free(reader);
    }
    if (module->poll_watch != NULL)
        module->transport->ops->watch_close(module->poll_watch);
}
