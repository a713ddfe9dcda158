/* SPDX-License-Identifier: BSD-3-Clause */
/* transport_system() for programs that stand on the simulated card: linked in place of pcsc.c. */
#include "sim_transport.h"

static struct sim_world *system_world;

void sim_system_set(struct sim_world *world)
{
    system_world = world;
}

const struct transport *transport_system(void)
{
    return sim_world_transport(system_world);
}
