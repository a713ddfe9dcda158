/* SPDX-License-Identifier: BSD-3-Clause */
/* Random calls that give a PIN, or use one: logins, changes, signatures. */
#include "ledger.h"

#include <stdio.h>

/* What a call on this seat is given. */
static struct given given_on(unsigned m, const struct seat *seat)
{
    return (struct given){ .process = m, .slot = seat->slot, .meant = seat->meant };
}

/*
 * Mostly the right PIN; else another one, the last one again, the right one as people type
 * it, or what is no PIN of this token.
 */
static void pin_choose(unsigned m, CK_SLOT_ID slot, bool keypad, char pin[static 32])
{
    static const char *const formless[] = { "12", "ABC-12", "123456", "BIRTHDAY", "" };
    const enum sim_role role = house_role(slot);

    switch (keypad ? 3 * dice(5) : dice(12)) { /* a keypad takes nothing but four digits */
    case 0:
    case 1: snprintf(pin, 32, "%s", pin_of(role, dice(PINS))); break;
    case 10:
    case 11: snprintf(pin, 32, "%s", ledger.typed[m][slot]); break;
    case 2: snprintf(pin, 32, "%s", formless[dice(sizeof(formless) / sizeof(formless[0]))]); break;
    case 7:
        snprintf(pin, 32, "%s", pin_of(role == SIM_AUTH ? SIM_SIGN : SIM_AUTH, dice(PINS)));
        break;
    case 4:
        snprintf(pin, 32, "%s", pin_now(slot));
        for (char *c = pin; *c != '\0'; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        break;
    case 5: snprintf(pin, 32, "%s%s", pin_now(slot), dice(2) == 0 ? "\n" : "\r\n"); break;
    default: snprintf(pin, 32, "%s", pin_now(slot)); break;
    }
    memcpy(ledger.typed[m][slot], pin, 32);
}

/* The PIN is typed on the reader, of whose steps the module sees nothing. */
static bool pad_chosen(const struct seat *seat)
{
    return ledger.pads && house_role(seat->slot) == SIM_AUTH && dice(2) == 0;
}

void calls_login(unsigned m, struct seat *seat)
{
    struct given given = given_on(m, seat);
    char pin[32];
    CK_RV rv;

    given.keypad = pad_chosen(seat);
    pin_choose(m, seat->slot, given.keypad, pin);
    given.value = pin;
    given_note(&given);
    if (given.keypad) {
        world_pad(seat->slot, pin, NULL);
        rv = CALL(m, C_Login, seat->handle, CKU_USER, NULL, 0);
        world_pad(seat->slot, NULL, NULL);
    } else if (dice(4) == 0) {
        rv = CALL(m, C_LoginUser, seat->handle, CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin), NULL, 0);
    } else {
        rv = house_login(m, seat->handle, pin);
    }
    answer_login(m, seat, false, rv);
    given_note(NULL);
}

void calls_set_pin(unsigned m, struct seat *seat)
{
    struct given given = given_on(m, seat);
    char old_pin[32], new_pin[32];
    CK_RV rv;

    given.keypad = pad_chosen(seat);
    pin_choose(m, seat->slot, given.keypad, old_pin);
    snprintf(new_pin, sizeof(new_pin), "%s", pin_of(house_role(seat->slot), dice(PINS)));
    given.value = old_pin;
    given.fresh = new_pin;
    given_note(&given);
    if (given.keypad) {
        world_pad(seat->slot, old_pin, new_pin);
        rv = CALL(m, C_SetPIN, seat->handle, NULL, 0, NULL, 0);
        world_pad(seat->slot, NULL, NULL);
    } else {
        rv = CALL(m, C_SetPIN, seat->handle, (CK_UTF8CHAR *)old_pin, strlen(old_pin),
                  (CK_UTF8CHAR *)new_pin, strlen(new_pin));
    }
    answer_set_pin(m, seat, rv);
    given_note(NULL);
}

/* A value that is wrong, if the card has not just got it as its PIN. */
static const char *pin_wrong(CK_SLOT_ID slot)
{
    const enum sim_role role = house_role(slot);
    const unsigned which = dice(PINS);

    return strcmp(pin_of(role, which), pin_now(slot)) == 0 ? pin_of(role, which + 1)
                                                           : pin_of(role, which);
}

/*
 * A program that gives the same wrong value again and again: answers are lost, the card is put in
 * anew, or the program ends what it has of PKCS#11 and begins again.
 */
void calls_stubborn(unsigned m)
{
    const CK_SLOT_ID slot = dice(SLOTS);
    const char *pin = pin_wrong(slot);

    for (unsigned i = 0; i < 3; i++) {
        struct seat seat;
        struct given given;
        CK_RV rv = calls_open(m, slot, true, &seat);

        if (rv != CKR_OK)
            return;
        given = given_on(m, &seat);
        given.value = pin;
        if (dice(3) == 0)
            world_loses(slot, "verify");
        given_note(&given);
        rv = house_login(m, seat.handle, pin);
        answer_login(m, &seat, false, rv);
        given_note(NULL);
        (void)CALL(m, C_CloseSession, seat.handle);
        if (dice(3) == 0)
            world_reinserts(slot);
        else if (dice(2) == 0)
            calls_restart(m);
    }
}

/* The PIN for one signature, between C_SignInit and C_Sign. */
static bool context_login(unsigned m, const struct seat *seat)
{
    struct given given = given_on(m, seat);
    char pin[32];
    CK_RV rv;

    pin_choose(m, seat->slot, false, pin);
    given.value = pin;
    given_note(&given);
    rv = CALL(m, C_Login, seat->handle, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)pin, strlen(pin));
    answer_login(m, seat, true, rv);
    return rv == CKR_OK;
}

CK_RV calls_sign(unsigned m, struct seat *seat, bool pss)
{
    struct given given = given_on(m, seat);
    const struct belief *belief = &ledger.beliefs[m][seat->slot];
    unsigned long insertion = 0;
    char pin[32] = "";
    CK_RV rv;

    given_note(&given);
    rv = house_sign_init(m, seat->handle, pss);
    if (rv != CKR_OK)
        return rv;
    seat->asked =
        ledger.each && house_role(seat->slot) == SIM_SIGN && dice(4) != 0 && context_login(m, seat);
    given.keypad = ledger.pads && (belief->keypad || belief->maybe);
    if (given.keypad) {
        pin_choose(m, seat->slot, true, pin);
        world_pad(seat->slot, pin, NULL);
        given.value = pin;
        given.maybe = belief->maybe;
    }
    given_note(&given);
    rv = house_sign_end(m, seat->handle, seat->slot, pss,
                        seat->meant != NULL
                            ? seat->meant
                            : spy_card(house.world, house_reader(seat->slot), &insertion));
    answer_sign(m, seat, rv);
    given_note(NULL);
    if (given.keypad)
        world_pad(seat->slot, NULL, NULL);
    return rv;
}
