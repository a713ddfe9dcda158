/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include "fd.h"
#include "log.h"
#include "ossl.h"
#include "reader.h"
#include "session.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLOSE_WAIT_MS 4500 /* an answer within five seconds, the last round and a busy machine included */
#define LEAVE_WAIT_MS 1000 /* at exit: so long a PIN may still be given, and for so long again what was begun goes on */
#define CANCEL_EVERY_MS 20 /* a cancel that comes before the wait is lost, so it is said again */

/*
 * The module's only mutable memory.  owner stands outside the lock because a forked child may not touch a lock that a
 * thread of its parent held: 0 is closed, a process id is open for that process, a negative one is being opened or closed.
 */
static struct {
    _Atomic pid_t owner;
    atomic_bool leaving;   /* exit was called */
    pthread_t leaver;      /* by this thread; valid while leaving */
    bool leave_registered; /* changed by who opens alone */
    struct module module;
    struct module ghost; /* a parent's state in a forked child: never used, kept so that it is not taken for a leak */
} m = { .module = { .lock = PTHREAD_MUTEX_INITIALIZER } };

/* Whether the program ends by another thread's exit.  The thread itself may still finalise, from an exit handler. */
static bool leaving_elsewhere(void)
{
    return atomic_load(&m.leaving) && !pthread_equal(m.leaver, pthread_self());
}

CK_RV gate_enter(struct module **ret_module)
{
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

    if (atomic_load(&m.owner) != getpid())
        return rv;
    pthread_mutex_lock(&m.module.lock);
    if (m.module.open && !m.module.closing && !leaving_elsewhere()) {
        m.module.inside++;
        readers_expire_inlock(&m.module);
        *ret_module = &m.module;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&m.module.lock);
    return rv;
}

void gate_leave(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->inside--;
    pthread_mutex_unlock(&module->lock);
}

void gate_wait_begin(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->waiting++;
    pthread_mutex_unlock(&module->lock);
}

void gate_wait_end(struct module *module)
{
    pthread_mutex_lock(&module->lock);
    module->waiting--;
    pthread_mutex_unlock(&module->lock);
}

bool module_closing(struct module *module)
{
    bool closing;

    pthread_mutex_lock(&module->lock);
    closing = module->closing;
    pthread_mutex_unlock(&module->lock);
    return closing || leaving_elsewhere();
}

/* Everything behind the gate's own fields; those have readers at any time and change under the lock alone. */
static void module_clear(struct module *module)
{
    memset(&module->config, 0, sizeof *module - offsetof(struct module, config));
}

static void module_set_open(struct module *module, bool open)
{
    pthread_mutex_lock(&module->lock);
    module->open = open;
    module->closing = module->draining = false;
    module->inside = module->waiting = 0;
    pthread_mutex_unlock(&module->lock);
}

/* Everybody out: wake the waiters again and again until no call is inside. */
static bool module_drain(struct module *module)
{
    uint64_t deadline = clock_ms() + CLOSE_WAIT_MS;
    unsigned inside;

    for (;;) {
        pthread_mutex_lock(&module->lock);
        inside = module->inside;
        pthread_mutex_unlock(&module->lock);
        if (inside == 0)
            return true;
        if (clock_ms() >= deadline)
            return false;
        waiters_cancel(module);
        sleep_ms(CANCEL_EVERY_MS);
    }
}

/* The lock by a certain time: exit may have been called by a signal's handler, in a thread that has it itself. */
static bool lock_until(struct module *module, uint64_t deadline)
{
    while (pthread_mutex_trylock(&module->lock) != 0) {
        if (clock_ms() >= deadline)
            return false;
        sleep_ms(1);
    }
    return true;
}

/* Wait until nobody has a card.  Nobody who waits for an event is woken: that asks pcscd, which may never answer. */
static bool cards_drain(struct module *module, unsigned timeout_ms)
{
    const uint64_t deadline = clock_ms() + timeout_ms;
    bool busy = true;

    while (lock_until(module, deadline)) {
        busy = module->inside > module->waiting;
        pthread_mutex_unlock(&module->lock);
        if (!busy || clock_ms() >= deadline)
            break;
        sleep_ms(CANCEL_EVERY_MS);
    }
    return !busy;
}

/*
 * The one exit handler.  When exit is called while other threads are inside, a visit that is cut off would leave the card
 * unlocked, and OpenSSL is about to end under who checks a signature.  So no other thread begins anything any more, and
 * what they have begun is waited for; who has not given its PIN by half of that time does not give it any more.
 */
static void module_leave(void)
{
    if (atomic_load(&m.owner) != getpid())
        return;
    m.leaver = pthread_self();
    atomic_store(&m.leaving, true);
    if (cards_drain(&m.module, LEAVE_WAIT_MS))
        return;
    if (lock_until(&m.module, clock_ms() + CANCEL_EVERY_MS)) {
        readers_shut_inlock(&m.module);
        pthread_mutex_unlock(&m.module.lock);
    }
    if (!cards_drain(&m.module, LEAVE_WAIT_MS))
        log_line("exit: a call is still inside");
}

/* Exit handlers run last come, first served: OpenSSL's own must be registered before ours. */
static void leave_register(void)
{
    if (!m.leave_registered)
        m.leave_registered = ossl_start() && atexit(module_leave) == 0;
}

/* Start from nothing; in a forked child the parent's PC/SC handles are forgotten, not released. */
static CK_RV module_start(bool forked)
{
    struct module *module = &m.module;

    if (forked) {
        m.ghost = *module;
        pthread_mutex_init(&module->lock, NULL);
        atomic_store(&m.leaving, false);
        fds_forked();
    }
    leave_register();
    module_clear(module);
    pthread_mutex_init(&module->poll_lock, NULL);
    pthread_mutex_init(&module->wait_lock, NULL);
    fds_low_take(); /* no file of options becomes a program's standard error, however short */
    config_load(&module->config);
    fds_low_give();
    if (log_open(module->config.log) != JPKI_OK)
        log_close();
    module->transport = transport_system();
    module->secrets = secrets_new();
    module->refused = refused_of_process(module->refused, forked);
    if (module->secrets == NULL || module->refused == NULL)
        return CKR_HOST_MEMORY;
    module_set_open(module, true);
    return CKR_OK;
}

/* Take the right to open or close: owner goes from seen to -self, and only one thread gets it. */
static bool owner_claim(pid_t seen, pid_t self)
{
    return atomic_compare_exchange_strong(&m.owner, &seen, -self);
}

/* Whether C_Finalize gave up on a call inside. */
static bool module_is_stuck(struct module *module)
{
    bool stuck;

    pthread_mutex_lock(&module->lock);
    stuck = module->closing && !module->draining;
    pthread_mutex_unlock(&module->lock);
    return stuck;
}

CK_RV module_open(void)
{
    pid_t self = getpid();

    for (;;) {
        pid_t seen = atomic_load(&m.owner);

        if (seen == self && !module_is_stuck(&m.module))
            return module_closing(&m.module) ? CKR_FUNCTION_FAILED : CKR_CRYPTOKI_ALREADY_INITIALIZED;
        if (seen == self) { /* what C_Finalize could not end */
            if (module_close() != CKR_OK)
                return CKR_FUNCTION_FAILED;
            continue;
        }
        if (seen == -self) { /* another thread is just about it */
            sleep_ms(1);
            continue;
        }
        if (owner_claim(seen, self)) {
            CK_RV rv = module_start(seen != 0);

            atomic_store(&m.owner, rv == CKR_OK ? self : 0);
            return rv;
        }
    }
}

static void module_free(struct module *module)
{
    sessions_free(module);
    readers_free(module);
    secrets_free(module->secrets);
    log_close();
    pthread_mutex_destroy(&module->poll_lock);
    pthread_mutex_destroy(&module->wait_lock);
    module_clear(module);
    module_set_open(module, false);
}

CK_RV module_close(void)
{
    struct module *module = &m.module;
    pid_t self = getpid();
    bool mine = false;

    if (atomic_load(&m.owner) != self)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    pthread_mutex_lock(&module->lock);
    if (module->open && !module->draining) {
        module->closing = module->draining = true;
        mine = true;
        readers_shut_inlock(module);
    }
    pthread_mutex_unlock(&module->lock);
    if (!mine)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!module_drain(module)) {
        pthread_mutex_lock(&module->lock);
        module->draining = false;
        pthread_mutex_unlock(&module->lock);
        log_line("C_Finalize: a call is still waiting for a card that another program holds; the module stays closed");
        return CKR_FUNCTION_FAILED;
    }
    atomic_store(&m.owner, -self);
    module_free(module);
    atomic_store(&m.owner, 0);
    return CKR_OK;
}
