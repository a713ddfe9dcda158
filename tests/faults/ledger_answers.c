/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what a call answered is true. */
#include "ledger.h"

static unsigned tries_of(const struct sim_card *card, enum sim_role role)
{
    return sim_card_options(card)->role[role].tries;
}

/* "Locked" is said of a card without tries, or of one whose last try is kept; or the card itself
 * was made to say so. */
static bool locked_is_true(unsigned process, const struct seat *seat)
{
    const unsigned few = ledger.keep_last ? 1 : 0;

    return seat->meant == NULL || tries_of(seat->meant, house_role(seat->slot)) <= few ||
           rules_told() <= few ||
           (rules_told() == TRIES_UNTOLD && ledger.told[process][seat->slot] <= few);
}

/* "Wrong" is said of a PIN that is wrong, or that this card has refused; or the card itself was
 * made to say so. */
static bool wrong_is_true(unsigned process, const struct seat *seat)
{
    const enum sim_role role = house_role(seat->slot);
    const struct spy_event *v = rules_verified();

    if (v != NULL && v->err == JPKI_OK && (v->sw & 0xFFF0) == 0x63C0)
        return true;
    if (rules_value()[0] == '\0' || seat->meant == NULL ||
        rules_may_refuse(process, seat->meant, role, rules_value()))
        return true;
    return v != NULL ? strcmp(v->value, v->pin) != 0
                     : strcmp(rules_value(), sim_card_options(seat->meant)->role[role].pin) != 0;
}

static void refusal_judge(unsigned module, const struct seat *seat, const char *function, CK_RV rv)
{
    if (rv == CKR_PIN_LOCKED && !locked_is_true(module, seat))
        house_fault("%s says the PIN is locked, and the card has %u tries", function,
                    tries_of(seat->meant, house_role(seat->slot)));
    if (rv == CKR_PIN_INCORRECT && !wrong_is_true(module, seat))
        house_fault("%s calls the right PIN wrong", function);
}

void answer_login(unsigned module, const struct seat *seat, bool context, CK_RV rv)
{
    struct belief *belief = &ledger.beliefs[module][seat->slot];
    const struct spy_event *v = rules_verified();

    refusal_judge(module, seat, "C_Login", rv);
    if (rv != CKR_OK)
        return;
    if (v == NULL || v->sw != 0x9000 || strcmp(v->value, v->pin) != 0) {
        house_fault("a login was claimed that the card did not accept");
        return;
    }
    belief->used_ms = house.plug_clock[module](0);
    if (context) {
        memcpy(belief->once, v->value, sizeof(belief->once));
        return;
    }
    *belief = (struct belief){ .logged_in = true,
                               .keypad = v->keypad,
                               .card = v->card,
                               .insertion = v->insertion,
                               .used_ms = belief->used_ms };
    memcpy(belief->value, v->value, sizeof(belief->value));
}

void answer_set_pin(unsigned module, const struct seat *seat, CK_RV rv)
{
    struct belief *belief = &ledger.beliefs[module][seat->slot];
    const struct spy_event *c = rules_changed();

    refusal_judge(module, seat, "C_SetPIN", rv);
    if (rv == CKR_OK && (c == NULL || !c->holds))
        house_fault("C_SetPIN answered CKR_OK, and the PIN is another");
    if (rv != CKR_OK && c != NULL && c->holds && c->sw == 0x9000 && strcmp(c->value, c->pin) != 0)
        house_fault("C_SetPIN answered %s, and the card said that the PIN is changed",
                    house_rv_name(rv));
    if (rv == CKR_OK && c != NULL && (belief->logged_in || belief->maybe))
        memcpy(belief->value, c->value, sizeof(belief->value));
}

void answer_sign(unsigned module, struct seat *seat, CK_RV rv)
{
    struct belief *belief = &ledger.beliefs[module][seat->slot];
    const struct spy_event *v = rules_verified();

    if (rv == CKR_OK && !belief->logged_in && !belief->maybe)
        house_fault("a signature was made for nobody");
    if (rv == CKR_OK && (v == NULL || v->sw != 0x9000))
        house_fault("a signature was made without a PIN");
    if (rv == CKR_OK && ledger.each && house_role(seat->slot) == SIM_SIGN && !seat->asked)
        house_fault("a signature was made, and nobody was asked for its PIN");
    memset(belief->once, 0, sizeof(belief->once));
    belief->used_ms = house.plug_clock[module](0);
    seat->asked = false;
}

void answer_state(unsigned module, struct seat *seat, CK_RV rv, bool user)
{
    const struct belief *belief = &ledger.beliefs[module][seat->slot];
    unsigned long insertion = 0;
    bool same;

    (void)spy_card(house.world, house_reader(seat->slot), &insertion);
    /* a reader that was pulled out and put in again counts from the start: only the next use of the
       card, which the spy watches, can tell its card from the one before */
    same = belief->insertion == insertion || ledger.restarted[seat->slot / 2];
    if (rv == CKR_DEVICE_REMOVED && insertion != 0 && seat->insertion == insertion)
        house_fault("a session says that its card was removed, and it lies there as ever");
    seat->insertion =
        rv == CKR_OK && !ledger.silent && !ledger.restarted[seat->slot / 2] ? insertion : 0;
    if (!user || belief->maybe)
        return;
    if (!belief->logged_in || !same)
        house_fault("a session says it is logged in, and nobody logged in on this card");
    else if (belief_ran_out(module, seat->slot, house.plug_clock[module](0) - 5000))
        house_fault("a session says it is logged in, and the login should be forgotten");
}

void answer_token(unsigned module, CK_SLOT_ID slot, CK_FLAGS flags)
{
    unsigned long insertion = 0;
    const struct sim_card *card = spy_card(house.world, house_reader(slot), &insertion);

    if ((flags & CKF_USER_PIN_LOCKED) != 0 && card != NULL && !ledger.restarted[slot / 2] &&
        tries_of(card, house_role(slot)) > 0 && ledger.told[module][slot] > 0)
        house_fault("a token says that its PIN is locked, and the card has %u tries",
                    tries_of(card, house_role(slot)));
}

void answer_logout(unsigned module, CK_SLOT_ID slot)
{
    memset(&ledger.beliefs[module][slot], 0, sizeof(ledger.beliefs[module][slot]));
}

void answer_crowd(unsigned module)
{
    for (size_t i = 0; i < house.card_count; i++)
        for (enum sim_role role = SIM_AUTH; role < SIM_ROLES; role++)
            if (sim_card_unlocked(house.cards[i], role) &&
                !answer_open("threads", CKR_FUNCTION_FAILED, i, role))
                house_fault("after the threads a PIN is verified on card %zu", i);
    for (CK_SLOT_ID slot = 0; slot < SLOTS; slot++)
        ledger.beliefs[module][slot].maybe = true;
}

void answer_tool(const struct guard_tell *tell)
{
    const struct spy_event *v = rules_verified(), *c = rules_changed();

    if (tell->pin == PIN_ACCEPTED &&
        (v == NULL || v->sw != 0x9000 || strcmp(v->value, v->pin) != 0))
        house_fault("jpki-token says that a PIN is right which the card did not accept");
    if (v != NULL ? tell->pin == PIN_NOT_SENT
                  : tell->pin == PIN_ACCEPTED || tell->pin == PIN_REFUSED)
        house_fault("jpki-token says that a PIN was%s sent", v == NULL ? "" : " not");
    if (tell->work == WORK_DONE && (c == NULL || !c->holds))
        house_fault("jpki-token says that the PIN is changed, and it is another");
    if (tell->work == WORK_NONE && c != NULL && c->holds && strcmp(c->value, c->pin) != 0)
        house_fault("jpki-token says that the PIN was not changed, and it was");
}

/*
 * A card stays open only where its reader does not take the power away.  The call that could not
 * lock it says so by failing, and the next one that gives it a PIN locks it.
 */
bool answer_open(const char *function, CK_RV rv, size_t card, enum sim_role role)
{
    const bool before = ledger.open[card][role];
    /* a PIN that is changed is changed, whatever became of the lock; and no proof sees through a
     * card that denies falsely */
    const bool may = before || ledger.denies_falsely || strcmp(function, "C_SetPIN") == 0;

    ledger.open[card][role] = ledger.power_stays && (rv != CKR_OK || may);
    return ledger.open[card][role];
}
