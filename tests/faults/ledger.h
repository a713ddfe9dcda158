/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the ledger: ledger.c (sequences), ledger_world.c (what happens to cards and
 * readers), ledger_calls.c and ledger_pins.c (random calls), ledger_tool.c (another process),
 * ledger_rules.c (a PIN on its way), ledger_answers.c (what a call answered).  The rules are
 * written from what SECURITY.md promises to the holder, and know nothing of how the module keeps
 * it.
 */
#ifndef FAULTS_LEDGER_H
#define FAULTS_LEDGER_H

#include "guard.h"
#include "house.h"

#define SESSIONS 5
#define PINS 4
#define NOTES 1024
#define TOOL MODULES /* the process that is no module */
#define PROCESSES (MODULES + 1)
#define TRIES_UNTOLD 99u

/* One session as its program knows it. */
struct seat {
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    const struct sim_card *meant; /* whose PINs are given here; NULL: the program could not know */
    /* that it is known to be for; 0: not known, or its card may end a session at any failure */
    unsigned long insertion;
    /* a PIN for one signature was given, and the signature not yet asked for */
    bool asked;
};

/* What a call is made with, for the thread that makes it. */
struct given {
    unsigned process;
    CK_SLOT_ID slot;
    const struct sim_card *meant;
    /* the PIN and the one to be set; NULL: none.  Taken as the card compares them */
    const char *value, *fresh;
    bool keypad; /* they are typed on the reader */
    bool maybe;  /* nobody knows whether the login was such a one */
};

/*
 * A value that a card refused to a process, which must not send it again; may: the process may
 * believe so, but need not, since the card did not say it, or its counter has been higher again.
 */
struct refusal {
    unsigned process;
    const struct sim_card *card;
    enum sim_role role;
    char value[SIM_PIN_MAX + 1];
    unsigned tries; /* that were left then */
    /* any: the card said nothing of itself, so another of its kind may be taken for it */
    bool may, any;
};

/* What a module may believe of a token: that somebody is logged in with this value, which this
 * card accepted. */
struct belief {
    bool logged_in, maybe, keypad; /* maybe: threads were at it */
    /* once: for the one signature that was asked for last */
    char value[SIM_PIN_MAX + 1], once[SIM_PIN_MAX + 1];
    const struct sim_card *card;
    unsigned long insertion;
    uint64_t used_ms;
};

struct ledger {
    unsigned long long random;
    bool crowd;
    /* what kind of cards, options and readers this sequence has */
    bool silent, keep_last, each, pads;
    /* a 6982 may stand where the key would have signed */
    bool denies_falsely;
    /* a card's power is not always taken where that is asked for */
    bool power_stays;
    unsigned forget_minutes[SIM_ROLES]; /* 0: never */
    struct seat seats[MODULES][SESSIONS];
    struct belief beliefs[MODULES][SLOTS];
    struct refusal refusals[NOTES];
    size_t refusal_count;
    /* tries that remembered PINs cost, since the last right one */
    unsigned stale[CARDS][SIM_ROLES];
    /* the process that set the PIN that holds now, PROCESSES: another one */
    unsigned changer[CARDS][SIM_ROLES];
    char typed[MODULES][SLOTS][32]; /* what was given last */
    /* the last count of tries that a question was answered with */
    unsigned told[PROCESSES][SLOTS];
    /* this reader was away, its count begins anew: only its card's words tell it */
    bool restarted[2];
    /* a card in this reader may have been taken for one of another kind, or without a key */
    bool mistaken[2];
    bool open[CARDS][SIM_ROLES]; /* could not be locked, and the call said so */
    /* this module knows reader B as its first: its slots 0 and 1 are ours 2 and 3 */
    bool other_order[MODULES];
    unsigned long verifies, refused;
};

extern struct ledger ledger;

unsigned dice(unsigned sides);

/* One of the PINs that occur, all of the role's form; and the one that is right now in a slot
 * ("" without a card). */
const char *pin_of(enum sim_role role, unsigned which);
const char *pin_now(CK_SLOT_ID slot);
size_t card_index(const struct sim_card *card);

/* This thread makes the call that follows with these; NULL: a call that is given no PIN and may
 * send none. */
void given_note(const struct given *given);

/* What happens to cards and readers: one thing at random. */
void world_begin(void);
void world_step(void);

/*
 * At the end everything is well again, and a card lies in each reader: as it lay, unless it may
 * have been taken for another kind.  Such a card is taken out by world_rest, so that the modules
 * see it go, and put back by world_settle.
 */
void world_rest(void);
void world_settle(void);
bool world_has_readers(void);

/* The answer to the next command of this kind is lost; the card of a slot is taken out and put
 * in again. */
void world_loses(CK_SLOT_ID slot, const char *command);
void world_reinserts(CK_SLOT_ID slot);

/* What is typed on the reader from now on; NULL: nothing. */
void world_pad(CK_SLOT_ID slot, const char *pin, const char *new_pin);

/* A PIN, or a question for the tries, that a card was given. */
void rules_event(const struct spy_event *event);

/* A counter rose, or another program changed a PIN. */
void rules_tries_rose(const struct sim_card *card, enum sim_role role, unsigned tries);
void rules_pin_changed(const struct sim_card *card, enum sim_role role, unsigned process);

/* Whether this process may take the value for one that this card has refused, as the counter
 * stands. */
bool rules_may_refuse(unsigned process, const struct sim_card *card, enum sim_role role,
                      const char *value);

/* Forget what a process that has ended was refused. */
void rules_process_ends(unsigned process);

/* What this thread's call has sent: the last VERIFY and the last CHANGE, NULL if there was none;
 * what it was told last. */
const struct spy_event *rules_verified(void);
const struct spy_event *rules_changed(void);
unsigned rules_told(void);
const char *rules_value(void);

/* After a call: whether what it answered is true. */
void answer_login(unsigned module, const struct seat *seat, bool context, CK_RV rv);
void answer_set_pin(unsigned module, const struct seat *seat, CK_RV rv);
void answer_sign(unsigned module, struct seat *seat, CK_RV rv);
void answer_state(unsigned module, struct seat *seat, CK_RV rv, bool user);
void answer_token(unsigned module, CK_SLOT_ID slot, CK_FLAGS flags);
void answer_logout(unsigned module, CK_SLOT_ID slot);
void answer_crowd(unsigned module);
void answer_tool(const struct guard_tell *tell);
bool answer_open(const char *function, CK_RV rv, size_t card, enum sim_role role);

/* Whether the module's login must be forgotten by now. */
bool belief_ran_out(unsigned module, CK_SLOT_ID slot, uint64_t now);

void calls_begin(unsigned module);
void calls_step(unsigned module);
void calls_look(unsigned module);
void calls_settle(unsigned module);
CK_RV calls_open(unsigned module, CK_SLOT_ID slot, bool looks, struct seat *ret_seat);
void calls_restart(unsigned module);

void calls_login(unsigned module, struct seat *seat);
void calls_set_pin(unsigned module, struct seat *seat);
void calls_stubborn(unsigned module);
CK_RV calls_sign(unsigned module, struct seat *seat, bool pss);

void tool_step(void);

#endif
