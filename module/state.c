/* SPDX-License-Identifier: BSD-3-Clause */
#include "state.h"

#include "log.h"
#include "reader.h"
#include "session.h"

#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define CLOSE_WAIT_MS 4500 /* an answer within five seconds, the last round and a busy machine included */
#define CANCEL_EVERY_MS 20 /* a cancel that comes before the wait is lost, so it is said again */

/*
 * The module's only mutable memory.  owner stands outside the lock because a forked child may not touch a lock that a
 * thread of its parent held: 0 is closed, a process id is open for that process, a negative one is being opened or closed.
 */
static struct {
    _Atomic pid_t owner;
    struct module module;
    struct module ghost; /* a parent's state in a forked child: never used, kept so that it is not taken for a leak */
} m = { .module = { .lock = PTHREAD_MUTEX_INITIALIZER } };

CK_RV gate_enter(struct module **ret_module)
{
    CK_RV rv = CKR_CRYPTOKI_NOT_INITIALIZED;

    if (atomic_load(&m.owner) != getpid())
        return rv;
    pthread_mutex_lock(&m.module.lock);
    if (m.module.open && !m.module.closing) {
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

bool module_closing(struct module *module)
{
    bool closing;

    pthread_mutex_lock(&module->lock);
    closing = module->closing;
    pthread_mutex_unlock(&module->lock);
    return closing;
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
    module->closing = false;
    module->inside = 0;
    pthread_mutex_unlock(&module->lock);
}

/* Start from nothing; in a forked child the parent's PC/SC handles are forgotten, not released. */
static CK_RV module_start(bool forked)
{
    struct module *module = &m.module;

    if (forked) {
        m.ghost = *module;
        pthread_mutex_init(&module->lock, NULL);
    }
    module_clear(module);
    pthread_mutex_init(&module->poll_lock, NULL);
    pthread_mutex_init(&module->wait_lock, NULL);
    config_load(&module->config);
    if (log_open(module->config.log) != JPKI_OK)
        log_close();
    module->transport = transport_system();
    module->secrets = secrets_new();
    if (module->secrets == NULL)
        return CKR_HOST_MEMORY;
    module_set_open(module, true);
    return CKR_OK;
}

/* Take the right to open or close: owner goes from seen to -self, and only one thread gets it. */
static bool owner_claim(pid_t seen, pid_t self)
{
    return atomic_compare_exchange_strong(&m.owner, &seen, -self);
}

CK_RV module_open(void)
{
    pid_t self = getpid();

    for (;;) {
        pid_t seen = atomic_load(&m.owner);

        if (seen == self)
            return module_closing(&m.module) ? CKR_FUNCTION_FAILED : CKR_CRYPTOKI_ALREADY_INITIALIZED;
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
    if (module->open && !module->closing) {
        module->closing = true;
        mine = true;
        readers_shut_inlock(module);
    }
    pthread_mutex_unlock(&module->lock);
    if (!mine)
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!module_drain(module)) {
        log_line("C_Finalize: a call is still waiting for a card that another program holds; the module stays closed");
        return CKR_FUNCTION_FAILED;
    }
    atomic_store(&m.owner, -self);
    module_free(module);
    atomic_store(&m.owner, 0);
    return CKR_OK;
}
