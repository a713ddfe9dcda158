/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A transport in front of the simulated one that tells of every PIN that a card is given: by which
 * module, to which PIN of which card, and what came of it.  It is seen where the card gets it: what
 * lies in the reader a moment before says nothing, for another thread's exchange may end pcscd or
 * the card meanwhile.  It knows the card's rules of addressing by itself and shares no code with
 * apdu/.
 */
#ifndef FAULTS_SPY_H
#define FAULTS_SPY_H

#include "sim_transport.h"

#include <stdatomic.h>

/*
 * One VERIFY with data, one CHANGE REFERENCE DATA or, for who asks for them, one question
 * for the tries; a card was given it.
 */
struct spy_event {
    unsigned module;
    bool change, query;
    bool keypad; /* typed on the reader */
    bool known;  /* the address leads to a PIN; role holds */
    enum sim_role role;
    char value[SIM_PIN_MAX + 1]; /* "" if what was sent is longer than any PIN */
    char pin[SIM_PIN_MAX + 1];   /* what the card's PIN was before */
    bool holds;                  /* the card's PIN is the value afterwards */
    unsigned tries_before, tries_after;
    const struct sim_card *card; /* never NULL */
    unsigned long insertion;     /* of that card: never the same number twice */
    enum jpki_err err;           /* whether an answer came */
    unsigned sw;                 /* 0 without an answer */
};

struct spy {
    struct transport transport; /* what the module is given */
    const struct transport *inner;
    struct sim_world *world;
    unsigned module;
    bool queries;       /* questions for the tries are told of, too */
    atomic_uint begins; /* transactions asked for, granted or not */
    /* may be NULL; called by the thread that sent the PIN, without locks */
    void (*tell)(const struct spy_event *event);
};

/* Stand in front of the world's transport for one module. */
void spy_init(struct spy *spy, struct sim_world *world, unsigned module,
              void (*tell)(const struct spy_event *event));

/* The card in a reader now, and which insertion it is; NULL and 0 for none. */
const struct sim_card *spy_card(struct sim_world *world, const char *reader,
                                unsigned long *ret_insertion);

#endif
