/* SPDX-License-Identifier: BSD-3-Clause */
/* The seams of one copy of the module: what its world is, what its clock says, what its options
 * are. */
#include "plug.h"

#include "config.h"
#include "face.h"

#include <sched.h>
#include <stdatomic.h>

static const struct transport *plugged;
static const char *options = "";
static atomic_ulong ahead_ms;

uint64_t __real_clock_ms(void);
uint64_t __wrap_clock_ms(void);
uint64_t __real_clock_awake_ms(void);
uint64_t __wrap_clock_awake_ms(void);
void __wrap_sleep_ms(unsigned ms);
void __wrap_config_load(struct config *config, const char *face);

uint64_t __wrap_clock_ms(void)
{
    return __real_clock_ms() + atomic_load(&ahead_ms);
}

uint64_t __wrap_clock_awake_ms(void)
{
    return __real_clock_awake_ms() + atomic_load(&ahead_ms);
}

/* A pause is time on this clock, and a chance for other threads. */
void __wrap_sleep_ms(unsigned ms)
{
    atomic_fetch_add(&ahead_ms, ms);
    sched_yield();
}

void __wrap_config_load(struct config *config, const char *face)
{
    (void)face;
    config_init(config);
    (void)config_apply(config, NULL, "test", options);
}

const char *config_face(void)
{
    return options;
}

const struct transport *transport_system(void)
{
    return plugged;
}

__attribute__((visibility("default"))) void plug_world(const struct transport *transport,
                                                       const char *words)
{
    plugged = transport;
    options = words;
}

__attribute__((visibility("default"))) uint64_t plug_clock(unsigned long ms)
{
    atomic_fetch_add(&ahead_ms, ms);
    return __wrap_clock_ms();
}
