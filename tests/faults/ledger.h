/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the ledger: ledger.c (sequences), ledger_calls.c (random calls), ledger_rules.c (what is allowed).  The rules
 * are written from what PKCS#11 and the holder expect, and know nothing of how the module keeps them.
 */
#ifndef FAULTS_LEDGER_H
#define FAULTS_LEDGER_H

#include "house.h"

#define SESSIONS 5
#define PINS 4
#define CROWD 3
#define NOTES 64

struct crowd_part {
    unsigned module;
    CK_SLOT_ID slot;
    const char *pin;
};

/* A value that a card refused to a module, and the module was told so. */
struct refusal {
    unsigned module;
    const struct sim_card *card;
    unsigned long insertion;
    enum sim_role role;
    char value[SIM_PIN_MAX + 1];
};

/* What a module may believe of a token: that somebody is logged in with this value on the card of this insertion. */
struct belief {
    bool logged_in, maybe;       /* maybe: threads were at it */
    char value[SIM_PIN_MAX + 1];
    unsigned long insertion;
};

struct ledger {
    unsigned long long random;
    bool crowd;
    CK_SESSION_HANDLE sessions[MODULES][SESSIONS];
    CK_SLOT_ID slots[MODULES][SESSIONS];
    struct belief beliefs[MODULES][SLOTS];
    struct refusal refusals[NOTES];
    size_t refusal_count;
    unsigned stale[CARDS][SIM_ROLES]; /* tries that remembered PINs cost, since the last right one */
    bool replugged[MODULES][2];       /* this reader came back under its name, which a polling call cannot see for sure */
    unsigned long verifies, refused;
};

extern struct ledger ledger;

unsigned dice(unsigned sides);

/* One of the PINs that occur, all of the role's form; and the one that is right now in a slot ("" without a card). */
const char *pin_of(enum sim_role role, unsigned which);
const char *pin_now(CK_SLOT_ID slot);

/* This thread gives a value to a token by the call that follows; NULL: none. */
void given_note(unsigned module, CK_SLOT_ID slot, const char *value);

/* A PIN on its way to a card: whether it may. */
void rules_event(const struct spy_event *event);

/* Somebody gave a card its right PIN: what was refused before may be right now, and a new stale PIN may cost one try. */
void rules_pin_accepted(const struct sim_card *card, enum sim_role role);

/* After a call: whether what it answered is true. */
void rules_login(unsigned module, CK_SLOT_ID slot, CK_RV rv);
void rules_set_pin(unsigned module, CK_SLOT_ID slot, CK_RV rv, const char *new_pin);
void rules_sign(unsigned module, CK_SLOT_ID slot, CK_RV rv);
void rules_state(unsigned module, CK_SLOT_ID slot, bool user);
void rules_logout(unsigned module, CK_SLOT_ID slot);
void rules_forget(unsigned module);
void rules_crowd_judge(unsigned module);

void calls_begin(unsigned module);
void calls_step(unsigned module);

#endif
