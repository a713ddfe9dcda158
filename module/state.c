/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

static const struct life_row {
    enum life from;
    enum life_event event;
    enum life to;
} life_rows[] = {
    { LIFE_CLOSED, EVENT_INITIALIZE, LIFE_OPENING },
    { LIFE_OPENING, EVENT_OPENED, LIFE_OPEN },
    { LIFE_OPENING, EVENT_FAILED, LIFE_CLOSED },
    { LIFE_OPEN, EVENT_EXIT, LIFE_LEAVING },
    { LIFE_OPEN, EVENT_FINALIZE, LIFE_DRAINING },
    { LIFE_LEAVING, EVENT_FINALIZE, LIFE_DRAINING },
    { LIFE_STUCK, EVENT_FINALIZE, LIFE_DRAINING },
    { LIFE_DRAINING, EVENT_TOO_LONG, LIFE_STUCK },
    { LIFE_DRAINING, EVENT_EMPTY, LIFE_CLOSING },
    { LIFE_CLOSING, EVENT_CLOSED, LIFE_CLOSED },
};

bool life_move_inlock(struct module *module, enum life_event event)
{
    for (size_t i = 0; i < sizeof(life_rows) / sizeof(life_rows[0]); i++) {
        if (life_rows[i].from != module->life || life_rows[i].event != event)
            continue;
        module->life = life_rows[i].to;
        pthread_cond_broadcast(&module->moved);
        return true;
    }
    return false;
}

bool life_move(struct module *module, enum life_event event)
{
    bool moved;

    pthread_mutex_lock(&module->lock);
    moved = life_move_inlock(module, event);
    pthread_mutex_unlock(&module->lock);
    return moved;
}

bool module_closing_inlock(const struct module *module)
{
    /* the thread that ends the program may still finalise, from an exit handler */
    if (module->has_left && !pthread_equal(module->leaver, pthread_self()))
        return true;
    return module->life != LIFE_OPEN && module->life != LIFE_LEAVING;
}

bool module_closing(struct module *module)
{
    bool closing;

    pthread_mutex_lock(&module->lock);
    closing = module_closing_inlock(module);
    pthread_mutex_unlock(&module->lock);
    return closing;
}

void gate_leave(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->inside--;
    pthread_cond_broadcast(&module->moved);
    pthread_mutex_unlock(&module->lock);
}

void gate_wait_begin(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->waiting++;
    pthread_cond_broadcast(&module->moved);
    pthread_mutex_unlock(&module->lock);
}

void gate_wait_end(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->waiting--;
    pthread_mutex_unlock(&module->lock);
}

void waiters_cancel(struct module *module)
{
    pthread_mutex_lock(&module->wait_lock);
    for (struct waiter *waiter = module->waiters; waiter != NULL; waiter = waiter->next) {
        bell_ring(&waiter->woken);
        if (waiter->watch != NULL)
            module->transport->ops->watch_cancel(waiter->watch);
    }
    pthread_mutex_unlock(&module->wait_lock);
}
