/* SPDX-License-Identifier: BSD-3-Clause */
/* C_WaitForSlotEvent: a watch of its own for each waiter, since listing on a waiting context blocks. */
#include "log.h"
#include "session.h"
#include "slot.h"

#include <string.h>

#define WAIT_SLICE_MS 2000   /* a lost cancel or a silent pcscd costs at most this */
#define NO_SERVICE_MS 200    /* without pcscd there is nothing to wait on, so look again this often */

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

static size_t event_views(struct module *module, struct reader_view *views)
{
    bool spare = readers_spare(module);
    size_t count;

    memset(views, 0, MODULE_READER_MAX * sizeof *views);
    pthread_mutex_lock(&module->lock);
    count = spare ? 0 : module->reader_count; /* pcscd knows no spare one */
    for (size_t i = 0; i < count; i++) {
        memcpy(views[i].name, module->readers[i]->name, READER_NAME_MAX);
        views[i].events = module->readers[i]->events;
        views[i].known = module->readers[i]->known;
        views[i].present = module->readers[i]->present;
    }
    pthread_mutex_unlock(&module->lock);
    return count;
}

static void waiter_link(struct module *module, struct waiter *waiter)
{
    pthread_mutex_lock(&module->wait_lock);
    waiter->next = module->waiters;
    module->waiters = waiter;
    pthread_mutex_unlock(&module->wait_lock);
}

static void waiter_unlink(struct module *module, struct waiter *waiter)
{
    pthread_mutex_lock(&module->wait_lock);
    for (struct waiter **link = &module->waiters; *link != NULL; link = &(*link)->next) {
        if (*link == waiter) {
            *link = waiter->next;
            break;
        }
    }
    pthread_mutex_unlock(&module->wait_lock);
}

/* One bounded wait; returns early on any change. */
static void event_wait_once(struct module *module)
{
    struct reader_view views[MODULE_READER_MAX];
    struct waiter waiter = { 0 };
    const struct transport *transport = module->transport;
    size_t count = event_views(module, views);
    enum jpki_err err = transport->ops->watch_open(transport->user, &waiter.watch);

    if (err != JPKI_OK) {
        sleep_ms(NO_SERVICE_MS);
        return;
    }
    waiter_link(module, &waiter);
    gate_wait_begin(module);
    err = transport->ops->watch_wait(waiter.watch, views, count, WAIT_SLICE_MS);
    gate_wait_end(module);
    waiter_unlink(module, &waiter);
    transport->ops->watch_close(waiter.watch);
    if (err != JPKI_OK && err != JPKI_ERR_TIMEOUT && err != JPKI_ERR_CANCELLED)
        sleep_ms(NO_SERVICE_MS);
}

CK_RV slot_wait(struct module *module, CK_FLAGS flags, CK_SLOT_ID *slot, const void *reserved)
{
    CK_SLOT_ID found = 0;

    if (slot == NULL || reserved != NULL)
        return CKR_ARGUMENTS_BAD;
    for (;;) {
        if (module_closing(module))
            return CKR_CRYPTOKI_NOT_INITIALIZED;
        readers_list(module);
        if (event_take(module, &found))
            break;
        if ((flags & CKF_DONT_BLOCK) != 0)
            return CKR_NO_EVENT;
        event_wait_once(module);
    }
    *slot = found;
    return CKR_OK;
}
