/* SPDX-License-Identifier: BSD-3-Clause */
#include "life.h"

#include "face.h"
#include "fd.h"
#include "home.h"
#include "log.h"
#include "ossl.h"
#include "readers.h"
#include "session.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* an answer within five seconds, the last round and a busy machine included */
#define CLOSE_WAIT_MS 4500
/* at exit: to send a PIN; from then on none is sent, and as long again to end */
#define LEAVE_WAIT_MS 1000
/* for a person at a keypad; readers end an entry by themselves, most after half of that */
#define KEYPAD_WAIT_MS 60000
#define CANCEL_EVERY_MS 20 /* a cancel that comes before the wait is lost, so it is said again */

/* The module's only mutable memory.  module is touched only where home_look says ours: its lock
 * may be a parent's. */
static struct {
    struct home home;
    bool leave_registered; /* by who opens */
    struct module module;
    /* in a forked child its parent's state: never used, kept so that it is not taken for a leak */
    struct module parents;
} m;

CK_RV gate_enter(struct module **ret_module)
{
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

    if (home_look(&m.home) != HOME_OURS)
        return rv;
    pthread_mutex_lock(&m.module.lock);
    if (!module_closing_inlock(&m.module)) {
        m.module.inside++;
        readers_expire_inlock(&m.module);
        *ret_module = &m.module;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&m.module.lock);
    return rv;
}

/* ---- waiting for the calls inside ---- */

/* Wait until no call is inside.  Calls that wait for an event are woken, again and again: one
 * cancel may be lost. */
static bool module_drain_inlock(struct module *module)
{
    const uint64_t deadline = clock_ms() + CLOSE_WAIT_MS;

    while (module->inside > 0) {
        const uint64_t now = clock_ms(), left = now < deadline ? deadline - now : 0;
        uint64_t pause = left;

        if (left == 0)
            return false;
        if (module->waiting > 0) {
            pthread_mutex_unlock(&module->lock);
            waiters_cancel(module);
            pthread_mutex_lock(&module->lock);
            pause = left < CANCEL_EVERY_MS ? left : CANCEL_EVERY_MS;
        }
        if (module->inside > 0)
            cond_await(&module->moved, &module->lock, pause);
    }
    return true;
}

/*
 * Wait until nobody has a card.  Nobody who waits for an event is woken: that asks pcscd, which may
 * never answer.  An entry on a reader's keypad goes on when the program ends, and would leave the
 * card unlocked; the time begins when it is over.
 */
static bool cards_drain_inlock(struct module *module, unsigned timeout_ms)
{
    const uint64_t keypad_end = clock_ms() + KEYPAD_WAIT_MS;
    uint64_t deadline = clock_ms() + timeout_ms;

    while (module->inside > module->waiting) {
        const uint64_t now = clock_ms();

        if (now < keypad_end && readers_at_keypad_inlock(module))
            deadline = now + timeout_ms;
        if (now >= deadline)
            return false;
        cond_await(&module->moved, &module->lock, deadline - now);
    }
    return true;
}

/* The lock within a time: exit may have been called by a signal's handler, in a thread that has
 * it itself. */
static bool lock_within(struct module *module, unsigned ms)
{
    const uint64_t deadline = clock_ms() + ms;

    while (pthread_mutex_trylock(&module->lock) != 0) {
        if (clock_ms() >= deadline)
            return false;
        sleep_ms(1);
    }
    return true;
}

/*
 * The one exit handler.  When exit is called while other threads are inside, a visit that is cut
 * off would leave the card unlocked, and OpenSSL is about to end under who checks a signature.  So
 * no other thread begins anything any more, and what they have begun is waited for.  Who has not
 * sent its PIN by half of that time does not send it any more.
 */
static void module_leave(void)
{
    struct module *module = &m.module;

    if (home_look(&m.home) != HOME_OURS || !lock_within(module, 2 * LEAVE_WAIT_MS))
        return;
    if (module->life != LIFE_CLOSED && module->life != LIFE_OPENING) {
        module->leaver = pthread_self();
        module->has_left = true;
        (void)life_move_inlock(module, EVENT_EXIT);
        if (!cards_drain_inlock(module, LEAVE_WAIT_MS)) {
            readers_shut_inlock(module);
            if (!cards_drain_inlock(module, LEAVE_WAIT_MS))
                log_line("exit: a call is still inside");
        }
    }
    pthread_mutex_unlock(&module->lock);
}

/* ---- opening and closing ---- */

/* Everything behind the life's own fields; those have readers at any time and change under the
 * lock alone. */
static void module_clear(struct module *module)
{
    memset(&module->config, 0, sizeof(*module) - offsetof(struct module, config));
}

/* Exit handlers run last come, first served: OpenSSL's own must be registered before ours. */
static void leave_register(void)
{
    if (!m.leave_registered)
        m.leave_registered = ossl_start() && atexit(module_leave) == 0;
}

/* Locks, and nothing behind them; what a parent had open in a forked child is forgotten, not
 * released. */
static void module_settle(struct module *module, bool inherited)
{
    if (inherited) {
        m.parents = *module;
        module->refused = NULL;
        fds_forked();
    }
    module->life = LIFE_CLOSED;
    module->inside = module->waiting = 0;
    module->has_left = false;
    pthread_mutex_init(&module->lock, NULL);
    cond_init(&module->moved);
}

/* Start from nothing. */
static CK_RV module_start(struct module *module)
{
    leave_register();
    module_clear(module);
    turn_init(&module->poll_turn);
    pthread_mutex_init(&module->wait_lock, NULL);
    fds_low_take(); /* no file of options becomes a program's standard error, however short */
    config_load(&module->config, config_face());
    fds_low_give();
    if (log_open(module->config.log) != JPKI_OK)
        log_close();
    module->transport = transport_system();
    module->secrets = secrets_new();
    module->refused = refused_of_process(module->refused);
    return module->secrets == NULL || module->refused == NULL ? CKR_HOST_MEMORY : CKR_OK;
}

/* Make this memory ours if it is not yet.  CKR_OK, or why C_Initialize fails. */
static CK_RV home_have(void)
{
    bool inherited = false;

    for (;;) {
        switch (home_claim(&m.home, &inherited)) {
        case HOME_OURS: return CKR_OK;
        case HOME_NOBODYS:
            module_settle(&m.module, inherited);
            home_settle(&m.home);
            return CKR_OK;
        case HOME_CLAIMED: /* another thread makes the locks: a few instructions */
            sleep_ms(1);
            break;
        case HOME_NO_MEMORY: return CKR_HOST_MEMORY;
        case HOME_SHARED:
        default: return CKR_FUNCTION_FAILED;
        }
    }
}

static bool life_is_between(enum life life)
{
    return life == LIFE_OPENING || life == LIFE_CLOSING;
}

CK_RV module_open(void)
{
    struct module *module = &m.module;
    CK_RV rv = home_have();
    bool stuck;

    if (rv != CKR_OK)
        return rv;
    do {
        pthread_mutex_lock(&module->lock);
        while (life_is_between(module->life)) /* another thread is about it */
            cond_await(&module->moved, &module->lock, CLOSE_WAIT_MS);
        stuck = module->life == LIFE_STUCK;
        rv = module_closing_inlock(module) ? CKR_FUNCTION_FAILED : CKR_CRYPTOKI_ALREADY_INITIALIZED;
        if (life_move_inlock(module, EVENT_INITIALIZE))
            rv = CKR_OK;
        pthread_mutex_unlock(&module->lock);
        if (stuck && module_close() != CKR_OK) /* what C_Finalize could not end */
            return CKR_FUNCTION_FAILED;
    } while (stuck);
    if (rv != CKR_OK)
        return rv;
    rv = module_start(module);
    (void)life_move(module, rv == CKR_OK ? EVENT_OPENED : EVENT_FAILED);
    return rv;
}

static void module_free(struct module *module)
{
    sessions_free(module);
    readers_free(module);
    secrets_free(module->secrets);
    log_close();
    turn_free(&module->poll_turn);
    pthread_mutex_destroy(&module->wait_lock);
    module_clear(module);
}

CK_RV module_close(void)
{
    struct module *module = &m.module;
    bool mine, empty = false;

    if (home_look(&m.home) != HOME_OURS)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    pthread_mutex_lock(&module->lock);
    mine = life_move_inlock(module, EVENT_FINALIZE);
    if (mine) {
        readers_shut_inlock(module);
        empty = module_drain_inlock(module);
        (void)life_move_inlock(module, empty ? EVENT_EMPTY : EVENT_TOO_LONG);
    }
    pthread_mutex_unlock(&module->lock);
    if (!mine)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!empty) {
        log_line(
            "C_Finalize: a call is still waiting for a card that another program holds; the module stays closed");
        return CKR_FUNCTION_FAILED;
    }
    module_free(module);
    (void)life_move(module, EVENT_CLOSED);
    return CKR_OK;
}
