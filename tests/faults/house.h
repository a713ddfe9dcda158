/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs of this folder share: two copies of the module over one world of readers and
 * cards, and a wrapper round every C_ call which holds after each of them that the return code is
 * one the standard permits and that no card is left with a verified PIN.  What does not hold is a
 * fault: printed with its place, counted, and the program goes on.
 */
#ifndef FAULTS_HOUSE_H
#define FAULTS_HOUSE_H

#include "pkcs11.h"
#include "program.h"
#include "spy.h"

#include <stdlib.h>
#include <string.h>

#define READER_A "Virtual Reader A 00"
#define READER_B "Virtual Reader B 01"
#define MODULES 2
#define CARDS 4
#define SLOTS 4
#define SIGNATURE_LEN 256

struct house {
    struct sim_world *world;
    /* 0 begins in reader A, 1 in reader B, the others are elsewhere */
    struct sim_card *cards[CARDS];
    size_t card_count;
    CK_FUNCTION_LIST_3_2 *p11[MODULES];
    struct program program[MODULES]; /* the same, judged as CALL does */
    void (*plug_world[MODULES])(const struct transport *transport, const char *words);
    uint64_t (*plug_clock[MODULES])(unsigned long ms);
    struct spy spies[MODULES + 1]; /* the last: of a process that is no module */
    /* may be NULL: never */
    bool (*open_excused)(const char *function, CK_RV rv, size_t card, enum sim_role role);
};

extern struct house house;

/* A call of module m, judged; its value is the return code. */
#define CALL(m, name, ...) house_judge(#name, (house_begin(#name), house.p11[m]->name(__VA_ARGS__)))

/* The name of the call that this thread is in, NULL between calls; and how many PINs it has
 * sent. */
extern _Thread_local const char *house_call;
extern _Thread_local unsigned house_sent;

void house_begin(const char *function);
CK_RV house_judge(const char *function, CK_RV rv);

/* What house_judge sees to beside the return code: no PIN sent twice, no card left open. */
void house_look(const char *function, CK_RV rv);
const char *house_rv_name(CK_RV rv);

/* Several threads are inside: another one's visit may be under way when a call returns, so cards
 * are not looked at. */
void house_crowd(bool crowd);

/* Count a fault and say where: the place set last, and what is wrong.  Any thread. */
void house_fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
void house_place(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned house_faults(void);

/* Load both copies of the module and the tables, once. */
void house_load(void);
void house_unload(void);

/*
 * A world with reader A and card 0 (holder 1), and with readers 2 also reader B and card 1 (holder
 * 2); cards 2 and 3 are two more persons'.  words are applied to every card.  tell may be NULL.
 * Cards outlive the world and begin anew in the next.
 */
void house_up(unsigned readers, const char *words, const char *options,
              void (*tell)(const struct spy_event *event));

/* Finalise both modules and see that no handle is left and the transport was used as its
 * contract says. */
void house_down(void);

/* Let time pass for both modules. */
void house_clock(unsigned long ms);

const char *house_reader(CK_SLOT_ID slot);
enum sim_role house_role(CK_SLOT_ID slot);
const char *house_first_pin(enum sim_role role);

/* C_Login with a text; the signature of a fixed message, checked against the key of the card in
 * the slot. */
CK_RV house_login(unsigned m, CK_SESSION_HANDLE session, const char *pin);
CK_RV house_sign(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss);

/* The two halves of it: C_SignInit with the slot's key; C_Sign, the signature checked against
 * this card's key. */
CK_RV house_sign_init(unsigned m, CK_SESSION_HANDLE session, bool pss);
CK_RV house_sign_end(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss,
                     const struct sim_card *card);
CK_RV house_open(unsigned m, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session);
CK_RV house_find(unsigned m, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                 CK_OBJECT_HANDLE *ret_object);

#endif
