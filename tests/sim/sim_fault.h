/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Things that go wrong on the n-th exchange from now, or on the n-th of one kind of command: with
 * the card, with the reader, with the answer.  A test that says "the VERIFY" survives a change of
 * what is asked before it.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_REMOVE,     /* the card is pulled out in the middle of the exchange */
    SIM_FAULT_REINSERT,   /* the same, and put back at once */
    SIM_FAULT_SWAP,       /* the same, and another one put in */
    SIM_FAULT_MUTE,       /* the card acts, and its answer never comes (5 s) */
    SIM_FAULT_EMPTY,      /* the answer has no byte at all */
    SIM_FAULT_TRUNCATE,   /* the last byte of the answer is lost */
    SIM_FAULT_OVERSIZE,   /* the answer is 40 bytes longer than it should be */
    SIM_FAULT_SW,         /* the card does not act and answers this status word */
    SIM_FAULT_RESET,      /* another program resets the card before this exchange */
    SIM_FAULT_SWAP_RESET, /* as swap, and another program resets the new card at once (in process
                             only) */
    SIM_FAULT_REPLUG,  /* the reader goes and comes back with the other card in it (in process only)
                        */
    SIM_FAULT_UNPLUG,  /* the reader goes away (in process only) */
    SIM_FAULT_SERVICE, /* pcscd goes away (in process only) */
    SIM_FAULT_BLOCK,   /* the exchange stands still until it is let go (in process only) */
    SIM_FAULT_HOLD, /* the exchange is as ever; when its visit ends another program holds the card
                       (in process only) */
};

#define SIM_FAULTS 4 /* that may wait at a time */

struct sim_fault {
    enum sim_fault_kind kind;
    unsigned place; /* the row of the kind of command that is counted; 0: every exchange */
    /* such commands until it happens, the one it hits included; 0: none is waiting */
    unsigned countdown;
    uint16_t sw;
};

struct sim_faults {
    struct sim_fault rows[SIM_FAULTS];
    const char *hit; /* the kind of command that the last fault hit, "" for another; NULL: none was
                        hit yet */
};

/*
 * Add a fault to those that wait.  text is "KIND" for the n-th exchange from now (1: the next), or
 * "COMMAND KIND" for the n-th of that kind of command, other commands not counted.  KIND: remove,
 * remove-reinsert, swap, mute, empty, truncate, oversize, sw=XXXX, reset, swap-reset, replug,
 * unplug, service, block, hold.  COMMAND: select, select-application, select-card-manager,
 * select-file, query (a VERIFY without a PIN), verify, change, compute, read; and, in process,
 * unpower, which is no exchange and is counted under that name alone.  False, with nothing changed,
 * for other words, n = 0 or no room.
 */
bool sim_faults_add(struct sim_faults *faults, const char *text, unsigned n);

/* Count one exchange, or with cmd NULL one unpower; the fault that is due with it, of kind
 * SIM_FAULT_NONE if none is. */
struct sim_fault sim_faults_count(struct sim_faults *faults, const uint8_t *cmd, size_t len);

/* Whether it takes the card, its reader or its connection away. */
bool sim_fault_breaks(enum sim_fault_kind kind);

/* What a fault makes of an answer of len bytes in resp (room cap); returns the new length. */
size_t sim_fault_mangle(const struct sim_fault *fault, uint8_t *resp, size_t len, size_t cap);

/* The names of the kinds of command, separated by blanks, as the help of a program shows them. */
void sim_fault_places_print(FILE *out);

#endif
