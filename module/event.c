/* SPDX-License-Identifier: BSD-3-Clause */
/* C_WaitForSlotEvent: a watch of its own for each waiter, since listing on a waiting context
 * blocks; it keeps it. */
#include "readers.h"
#include "slot.h"

#include <stdlib.h>

#define WAIT_SLICE_MS 600000 /* what was missed in whatever way is noticed by then */
#define EXCHANGE_WAIT_MS 200 /* who only asks waits so long for another thread's exchange */
/* without pcscd look again after this time, then after twice as long ... */
#define PAUSE_MIN_MS 200
#define PAUSE_MAX_MS 5000 /* ... up to this */

/* Take the first event that was not told yet. */
static bool event_take(struct module *module, CK_SLOT_ID *ret_slot)
{
    bool found = false;

    pthread_mutex_lock(&module->lock);
    for (size_t i = 0; i < module->reader_count && !found; i++) {
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT && !found; role++) {
            struct token *token = &module->readers[i]->token[role];

            if (!token->event || !module->config.slots[role])
                continue;
            token->event = false;
            *ret_slot = i * ROLE_COUNT + role;
            found = true;
        }
    }
    pthread_mutex_unlock(&module->lock);
    return found;
}

static void waiter_start(struct module *module, struct waiter *waiter)
{
    *waiter = (struct waiter){ .watch = NULL };
    bell_init(&waiter->woken);
    pthread_mutex_lock(&module->wait_lock);
    waiter->next = module->waiters;
    module->waiters = waiter;
    pthread_mutex_unlock(&module->wait_lock);
}

/* Take the watch away, so that nobody cancels what is closed. */
static void waiter_close(struct module *module, struct waiter *waiter)
{
    void *watch;

    pthread_mutex_lock(&module->wait_lock);
    watch = waiter->watch;
    waiter->watch = NULL;
    pthread_mutex_unlock(&module->wait_lock);
    if (watch != NULL)
        module->transport->ops->watch_close(watch);
}

static void waiter_end(struct module *module, struct waiter *waiter)
{
    waiter_close(module, waiter);
    pthread_mutex_lock(&module->wait_lock);
    for (struct waiter **link = &module->waiters; *link != NULL; link = &(*link)->next) {
        if (*link == waiter) {
            *link = waiter->next;
            break;
        }
    }
    pthread_mutex_unlock(&module->wait_lock);
    bell_free(&waiter->woken);
}

/*
 * Have a watch that notices each reader that comes or goes from now on: before the caller lists
 * them, so that none is missed between the two.
 */
static void waiter_open(struct module *module, struct waiter *waiter)
{
    const struct transport_ops *ops = module->transport->ops;
    void *watch = NULL;
    size_t count;

    if (waiter->watch != NULL || readers_watch_open(module, &watch) != JPKI_OK)
        return;
    if (ops->watch_list(watch, NULL, 0, &count) != JPKI_OK) {
        ops->watch_close(watch);
        return;
    }
    pthread_mutex_lock(&module->wait_lock);
    waiter->watch = watch;
    pthread_mutex_unlock(&module->wait_lock);
}

/* Without pcscd there is nothing to wait on: look again now and then. */
static void waiter_pause(struct waiter *waiter)
{
    waiter->pause_ms = waiter->pause_ms == 0 ? PAUSE_MIN_MS : waiter->pause_ms * 2;
    if (waiter->pause_ms > PAUSE_MAX_MS)
        waiter->pause_ms = PAUSE_MAX_MS;
    if (bell_wait(&waiter->woken, waiter->pause_ms))
        bell_clear(&waiter->woken);
}

/* One bounded wait; returns early on any change to what the views say.  NULL: no memory. */
static void waiter_wait(struct module *module, struct waiter *waiter, struct reader_view *views,
                        size_t count)
{
    enum jpki_err err = JPKI_ERR_NO_SERVICE;

    gate_wait_begin(module);
    if (waiter->watch != NULL && views != NULL)
        err = module->transport->ops->watch_wait(waiter->watch, views, count, WAIT_SLICE_MS);
    if (err == JPKI_OK || err == JPKI_ERR_TIMEOUT || err == JPKI_ERR_CANCELLED) {
        waiter->pause_ms = 0;
    } else {
        waiter_close(module, waiter);
        waiter_pause(waiter);
    }
    gate_wait_end(module);
}

/* Wait for an event; *ret_slot is written on CKR_OK. */
static CK_RV event_wait(struct module *module, CK_SLOT_ID *ret_slot)
{
    /* a thread's stack may be too small for it */
    struct reader_view *views = calloc(MODULE_READER_MAX, sizeof(*views));
    struct waiter waiter;
    size_t count;
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

    waiter_start(module, &waiter);
    while (!module_closing(module)) {
        waiter_open(module, &waiter);
        readers_list(module);
        /* before the question for events: what another thread finds from here on is news to the
         * wait, or an event already */
        count = views == NULL ? 0 : readers_views(module, views);
        if (event_take(module, ret_slot)) {
            rv = CKR_OK;
            break;
        }
        waiter_wait(module, &waiter, views, count);
    }
    waiter_end(module, &waiter);
    free(views);
    return rv;
}

CK_RV slot_wait(struct module *module, CK_FLAGS flags, CK_SLOT_ID *slot, const void *reserved)
{
    CK_SLOT_ID found = 0;
    CK_RV rv;

    if (slot == NULL || reserved != NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_DONT_BLOCK) == 0) {
        rv = event_wait(module, &found);
    } else {
        if (readers_exchange_over(module, EXCHANGE_WAIT_MS))
            readers_list(module);
        rv = event_take(module, &found) ? CKR_OK : CKR_NO_EVENT;
    }
    if (rv == CKR_OK)
        *slot = found;
    return rv;
}
