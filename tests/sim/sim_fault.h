/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Things that go wrong on the n-th exchange from now: with the card, with the reader, with the answer.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_REMOVE,    /* the card is pulled out in the middle of the exchange */
    SIM_FAULT_REINSERT,  /* the same, and put back at once */
    SIM_FAULT_SWAP,      /* the same, and another one put in */
    SIM_FAULT_MUTE,      /* the card acts, and its answer never comes (5 s) */
    SIM_FAULT_EMPTY,     /* the answer has no byte at all */
    SIM_FAULT_TRUNCATE,  /* the last byte of the answer is lost */
    SIM_FAULT_OVERSIZE,  /* the answer is 40 bytes longer than it should be */
    SIM_FAULT_SW,        /* the card does not act and answers this status word */
    SIM_FAULT_RESET,     /* another program resets the card before this exchange */
    SIM_FAULT_UNPLUG,    /* the reader goes away (in process only) */
    SIM_FAULT_SERVICE,   /* pcscd goes away (in process only) */
    SIM_FAULT_BLOCK,     /* the exchange stands still until it is let go (in process only) */
    SIM_FAULT_HOLD,      /* the exchange is as ever; when its visit ends another program holds the card (in process only) */
};

struct sim_fault {
    enum sim_fault_kind kind;
    unsigned countdown; /* exchanges until it happens, the one it hits included; 0: none is waiting */
    uint16_t sw;
};

/*
 * Read "remove", "remove-reinsert", "swap", "mute", "empty", "truncate", "oversize", "sw=XXXX", "reset", "unplug",
 * "service", "block" or "hold", to happen on the n-th exchange from now (1: the next).  False, with *ret_fault unchanged,
 * for another word or n = 0.
 */
bool sim_fault_parse(const char *text, unsigned n, struct sim_fault *ret_fault);

/* Count one exchange; the kind that is due with it, else SIM_FAULT_NONE. */
enum sim_fault_kind sim_fault_count(struct sim_fault *fault);

/* What a fault makes of an answer of len bytes in resp (room cap); returns the new length. */
size_t sim_fault_mangle(const struct sim_fault *fault, enum sim_fault_kind kind, uint8_t *resp, size_t len, size_t cap);

#endif
