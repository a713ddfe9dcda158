/* SPDX-License-Identifier: BSD-3-Clause */
#include "ledger.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What this thread was told to give, and what came of it. */
static _Thread_local struct {
    unsigned module;
    CK_SLOT_ID slot;
    char value[SIM_PIN_MAX + 1]; /* as the card compares it; "" if nothing may be sent */
    bool giving;
} given;
static _Thread_local struct spy_event last;

static const char pins[SIM_ROLES][PINS][SIM_PIN_MAX + 1] = {
    { "1234", "5678", "0000", "9999" },
    { "ABC123", "XYZ789", "SECRET1", "ABCDEFGH12345678" },
};

const char *pin_of(enum sim_role role, unsigned which)
{
    return pins[role][which % PINS];
}

const char *pin_now(CK_SLOT_ID slot)
{
    unsigned long insertion = 0;
    const struct sim_card *card = spy_card(house.world, house_reader(slot), &insertion);

    return card == NULL ? "" : sim_card_options(card)->role[house_role(slot)].pin;
}

void given_note(unsigned module, CK_SLOT_ID slot, const char *value)
{
    const size_t len = value == NULL ? 0 : strlen(value);

    memset(&given, 0, sizeof given);
    memset(&last, 0, sizeof last);
    given.module = module;
    given.slot = slot;
    given.giving = value != NULL;
    for (size_t i = 0; i < len && len <= SIM_PIN_MAX; i++)
        given.value[i] = (char)(value[i] >= 'a' && value[i] <= 'z' ? value[i] - 'a' + 'A' : value[i]);
}

static size_t card_index(const struct sim_card *card)
{
    size_t i = 0;

    while (i + 1 < house.card_count && house.cards[i] != card)
        i++;
    return i;
}

void rules_pin_accepted(const struct sim_card *card, enum sim_role role)
{
    size_t kept = 0;

    for (size_t i = 0; i < ledger.refusal_count; i++)
        if (ledger.refusals[i].card != card || ledger.refusals[i].role != role)
            ledger.refusals[kept++] = ledger.refusals[i];
    ledger.refusal_count = kept;
    ledger.stale[card_index(card)][role] = 0;
}

static bool refused_before(const struct spy_event *event)
{
    for (size_t i = 0; i < ledger.refusal_count; i++) {
        const struct refusal *r = &ledger.refusals[i];

        if (r->module == event->module && r->card == event->card && r->insertion == event->insertion &&
            r->role == event->role && strcmp(r->value, event->value) == 0)
            return true;
    }
    return false;
}

/* A PIN that the call itself was given. */
static void typed_judge(const struct spy_event *event)
{
    if (house_role(given.slot) != event->role || given.module != event->module)
        house_fault("a PIN went to a token it was not given for");
    else if (strcmp(given.value, event->value) != 0)
        house_fault("a PIN was sent that nobody gave");
    if (refused_before(event))
        house_fault("a PIN was sent again that this card had refused to this module");
}

/* A PIN that the module remembered: the value of a login on this very card, and only while the counter is full. */
static void remembered_judge(const struct spy_event *event)
{
    const struct belief *a = &ledger.beliefs[event->module][event->role], *b = a + 2;
    const bool mine = (a->logged_in && strcmp(a->value, event->value) == 0 && a->insertion == event->insertion) ||
                      (b->logged_in && strcmp(b->value, event->value) == 0 && b->insertion == event->insertion);

    if (!mine && !ledger.crowd && !a->maybe && !b->maybe)
        house_fault("a remembered PIN was sent to a card or a PIN it was not given for");
    if (event->tries_before != sim_tries_max(event->role))
        house_fault("a remembered PIN was sent with %u tries left", event->tries_before);
}

void rules_event(const struct spy_event *event)
{
    const bool answered = event->err == JPKI_OK && event->sw != 0;
    const bool right = !event->change && strcmp(event->value, event->pin) == 0 && event->tries_before > 0 &&
                       (!answered || event->sw == 0x9000);
    const bool typed = given.giving;

    pthread_mutex_lock(&lock);
    if (!event->known || !sim_pin_form(event->role, (const uint8_t *)event->value, strlen(event->value)))
        house_fault("something went to a card that is no PIN of it");
    if (!event->change) {
        house_sent++;
        last = *event;
        ledger.verifies++;
        if (typed)
            typed_judge(event);
        else
            remembered_judge(event);
        if (!typed && strcmp(house_call == NULL ? "" : house_call, "C_Sign") != 0)
            house_fault("%s sent a PIN", house_call == NULL ? "nobody" : house_call);
    }
    if (right) {
        rules_pin_accepted(event->card, event->role);
    } else if (!event->change) {
        ledger.refused++;
        /* a card that did not act, or was torn away and gave the try back, charged nothing */
        if (!typed && event->tries_after < event->tries_before && ++ledger.stale[card_index(event->card)][event->role] > 1)
            house_fault("remembered PINs cost more than one try");
        if (answered && (event->sw & 0xFFF0) == 0x63C0 && ledger.refusal_count < NOTES) {
            struct refusal *r = &ledger.refusals[ledger.refusal_count++];

            *r = (struct refusal){ event->module, event->card, event->insertion, event->role, "" };
            memcpy(r->value, event->value, sizeof r->value);
        }
    }
    pthread_mutex_unlock(&lock);
}

void rules_login(unsigned module, CK_SLOT_ID slot, CK_RV rv)
{
    struct belief *belief = &ledger.beliefs[module][slot];

    if (rv == CKR_OK && (house_sent != 1 || last.sw != 0x9000 || strcmp(last.value, last.pin) != 0))
        house_fault("a login was claimed that the card did not accept");
    if (rv == CKR_OK) {
        *belief = (struct belief){ .logged_in = true, .insertion = last.insertion };
        memcpy(belief->value, last.value, sizeof belief->value);
    }
}

void rules_set_pin(unsigned module, CK_SLOT_ID slot, CK_RV rv, const char *new_pin)
{
    struct belief *belief = &ledger.beliefs[module][slot];

    if (rv != CKR_OK)
        return;
    if (strcmp(pin_now(slot), new_pin) != 0 && spy_card(house.world, house_reader(slot), &last.insertion) == last.card)
        house_fault("C_SetPIN answered CKR_OK, and the PIN is another");
    if (belief->logged_in || belief->maybe)
        snprintf(belief->value, sizeof belief->value, "%s", new_pin);
}

void rules_sign(unsigned module, CK_SLOT_ID slot, CK_RV rv)
{
    const struct belief *belief = &ledger.beliefs[module][slot];

    if (rv == CKR_OK && !belief->logged_in && !belief->maybe)
        house_fault("a signature was made for nobody");
    if (rv == CKR_OK && last.sw != 0x9000)
        house_fault("a signature was made without a PIN");
}

void rules_state(unsigned module, CK_SLOT_ID slot, bool user)
{
    const struct belief *belief = &ledger.beliefs[module][slot];
    unsigned long insertion = 0;
    bool same;

    (void)spy_card(house.world, house_reader(slot), &insertion);
    /* a reader that was pulled out and put in again counts from the start: only the next use of the card, which the spy
       watches, can tell its card from the one before */
    same = belief->insertion == insertion || ledger.replugged[module][slot / 2];
    if (user && !belief->maybe && (!belief->logged_in || !same))
        house_fault("a session says it is logged in, and nobody logged in on this card");
}

void rules_logout(unsigned module, CK_SLOT_ID slot)
{
    memset(&ledger.beliefs[module][slot], 0, sizeof ledger.beliefs[module][slot]);
}

void rules_forget(unsigned module)
{
    size_t kept = 0;

    for (size_t i = 0; i < ledger.refusal_count; i++)
        if (ledger.refusals[i].module != module)
            ledger.refusals[kept++] = ledger.refusals[i];
    ledger.refusal_count = kept;
    memset(ledger.beliefs[module], 0, sizeof ledger.beliefs[module]);
}

void rules_crowd_judge(unsigned module)
{
    for (size_t i = 0; i < house.card_count; i++)
        for (int role = SIM_AUTH; role < SIM_ROLES; role++)
            if (sim_card_unlocked(house.cards[i], (enum sim_role)role))
                house_fault("after the threads a PIN is verified on card %zu", i);
    for (CK_SLOT_ID slot = 0; slot < SLOTS; slot++)
        ledger.beliefs[module][slot].maybe = true;
}
