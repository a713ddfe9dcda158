/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jpki-token on readers that a virtual reader cannot be: linked with the tool's own objects and the
 * card in process, it makes a world before main runs.  JPKI_ODD says which: none, refused, held,
 * many, long, foreign.
 */
#include "sim_transport.h"

#include <stdlib.h>
#include <string.h>

#define LONG_NAME \
    "SCM Microsystems Inc. SCR 3310 v2.0 with a second name of its own [CCID Interface] (21120514204892)"
/* What a reader's name may hold: sequences of a terminal (also of eight bits), a turn of
 * direction, a byte of nothing. */
#define HOSTILE \
    "Odd\x1b]0;pwned\x07 \xc2\x9b" \
    "31m\xe2\x80\xae \xff" \
    " \"\\\n00 00"

__attribute__((constructor)) static void world_make(void)
{
    const char *odd = getenv("JPKI_ODD");
    struct sim_world *world = sim_world_new();
    struct sim_options options;
    bool good = world != NULL, foreign = odd != NULL && strcmp(odd, "foreign") == 0;
    const char *reader = foreign ? HOSTILE : "Odd Reader 00 00";

    if (odd == NULL)
        odd = "none";
    sim_options_init(&options);
    good = good && (!foreign || sim_options_parse(&options, "certs=odd-names"));
    if (good && strcmp(odd, "long") == 0)
        good = sim_world_add_reader(world, LONG_NAME " 00 00") &&
               sim_world_add_reader(world, LONG_NAME " 01 00");
    else if (good && strcmp(odd, "none") != 0)
        good = sim_world_add_reader(world, reader) &&
               sim_world_insert(world, reader, sim_card_new(&options, getenv("JPKI_SIM_KEYS")));
    if (good && strcmp(odd, "held") == 0)
        good = sim_world_hold_exclusive(world, reader, true);
    if (!good)
        abort();
    sim_world_refuse_access(world, strcmp(odd, "refused") == 0);
    sim_system_set(world);
}
