/* SPDX-License-Identifier: BSD-3-Clause */
/* What may go to a card: every VERIFY and every CHANGE is held against what SECURITY.md promises
 * of it. */
#include "ledger.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The call that this thread makes, and what came of it so far. */
static _Thread_local struct {
    struct given given;
    char value[SIM_PIN_MAX + 1],
        fresh[SIM_PIN_MAX + 1]; /* as the card compares them; "" where nothing may be sent */
    uint64_t began_ms;
    struct spy_event verified, changed;
    bool has_verified, has_changed;
    unsigned told;
    bool asked_falsely; /* a question before the VERIFY was answered by a lie */
} call;

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

size_t card_index(const struct sim_card *card)
{
    size_t i = 0;

    while (i + 1 < house.card_count && house.cards[i] != card)
        i++;
    return i;
}

/* As the card compares it: capitals, and without what ends a line or a C string; "" for what is
 * longer than any PIN. */
static void value_fold(const char *typed, char ret_value[static SIM_PIN_MAX + 1])
{
    size_t len = typed == NULL ? 0 : strlen(typed);

    memset(ret_value, 0, SIM_PIN_MAX + 1);
    while (len > 0 && (typed[len - 1] == '\r' || typed[len - 1] == '\n'))
        len--;
    for (size_t i = 0; i < len && len <= SIM_PIN_MAX; i++)
        ret_value[i] = (char)toupper((unsigned char)typed[i]);
}

void given_note(const struct given *given)
{
    memset(&call, 0, sizeof(call));
    call.given = given == NULL ? (struct given){ .process = PROCESSES } : *given;
    call.told = TRIES_UNTOLD;
    if (given == NULL)
        return;
    value_fold(given->value, call.value);
    value_fold(given->fresh, call.fresh);
    if (given->process < MODULES)
        call.began_ms = house.plug_clock[given->process](0);
}

const struct spy_event *rules_verified(void)
{
    return call.has_verified ? &call.verified : NULL;
}

const struct spy_event *rules_changed(void)
{
    return call.has_changed ? &call.changed : NULL;
}

unsigned rules_told(void)
{
    return call.told;
}

const char *rules_value(void)
{
    return call.value;
}

/* ---- what a process was refused */

/*
 * Phones are one card to whoever remembers what it refused, since they say nothing of themselves;
 * so is a card whose words were once answered by others.
 */
static bool says_nothing(void)
{
    return ledger.silent || ledger.mistaken[call.given.slot / 2];
}

void rules_tries_rose(const struct sim_card *card, enum sim_role role, unsigned tries)
{
    for (size_t i = 0; i < ledger.refusal_count; i++) {
        struct refusal *r = &ledger.refusals[i];

        r->may = r->may || ((r->card == card || r->any) && r->role == role && r->tries < tries);
    }
    if (tries == sim_tries_max(role))
        ledger.stale[card_index(card)][role] = 0;
}

void rules_process_ends(unsigned process)
{
    size_t kept = 0;

    for (size_t i = 0; i < ledger.refusal_count; i++)
        if (ledger.refusals[i].process != process)
            ledger.refusals[kept++] = ledger.refusals[i];
    ledger.refusal_count = kept;
}

void rules_pin_changed(const struct sim_card *card, enum sim_role role, unsigned process)
{
    ledger.changer[card_index(card)][role] = process;
}

/* The values that this process must take for refused, as the counter stands; or those that it
 * may. */
static bool refused(unsigned process, const struct sim_card *card, enum sim_role role,
                    const char *value, bool may)
{
    const unsigned tries = sim_card_options(card)->role[role].tries;

    for (size_t i = 0; i < ledger.refusal_count; i++) {
        const struct refusal *r = &ledger.refusals[i];

        if (r->process == process && r->role == role && strcmp(r->value, value) == 0 &&
            (may ? r->tries >= tries && (r->card == card || r->any || says_nothing())
                 : !r->may && r->card == card))
            return true;
    }
    return false;
}

bool rules_may_refuse(unsigned process, const struct sim_card *card, enum sim_role role,
                      const char *value)
{
    return refused(process, card, role, value, true);
}

static void refusal_note(const struct spy_event *verified, unsigned tries, bool may)
{
    struct refusal *r = &ledger.refusals[ledger.refusal_count];

    if (ledger.refusal_count == NOTES || verified->keypad)
        return;
    ledger.refusal_count++;
    *r = (struct refusal){ verified->module, verified->card, verified->role, "", tries, may,
                           says_nothing() };
    memcpy(r->value, verified->value, sizeof(r->value));
}

/* ---- a PIN on its way */

static void event_fault(const struct spy_event *event, const char *what)
{
    house_fault(
        "%s: %s of '%s' to card %zu (insertion %lu, PIN '%s', %u tries), by process %u in %s%s; "
        "given '%s' for card %d; "
        "answer %d, %04X",
        what, event->change ? "CHANGE" : "VERIFY", event->value, card_index(event->card),
        event->insertion, event->pin, event->tries_before, event->module,
        house_call == NULL ? "no call" : house_call, ledger.crowd ? " among threads" : "",
        call.value, call.given.meant == NULL ? -1 : (int)card_index(call.given.meant),
        (int)event->err, event->sw);
}

/* The signature password is made of capitals and digits, of both. */
static bool form_holds(enum sim_role role, const char *value)
{
    return sim_pin_form(role, (const uint8_t *)value, strlen(value)) &&
           (role == SIM_AUTH ||
            (strpbrk(value, "0123456789") != NULL && strspn(value, "0123456789") < strlen(value)));
}

/* What holds for every PIN, wherever it comes from. */
static void address_judge(const struct spy_event *event)
{
    if (!event->known || !form_holds(event->role, event->value))
        event_fault(event, "something went to a card that is no PIN of it");
    if (call.given.process != event->module || house_role(call.given.slot) != event->role)
        event_fault(event, "a PIN went to a token it was not given for");
    if (call.given.meant != NULL && call.given.meant != event->card)
        event_fault(event, "a PIN went to a card it was not meant for");
}

/* A PIN that the call itself was given, or that is typed on the reader during the call. */
static void typed_judge(const struct spy_event *event)
{
    if (strcmp(call.value, event->value) != 0 || event->keypad != call.given.keypad)
        event_fault(event, "a PIN was sent that nobody gave");
    if (!event->keypad && refused(event->module, event->card, event->role, event->value, false))
        event_fault(event, "a PIN was sent again that this card had refused to this process");
}

bool belief_ran_out(unsigned module, CK_SLOT_ID slot, uint64_t now)
{
    const struct belief *belief = &ledger.beliefs[module][slot];
    const uint64_t limit = ledger.forget_minutes[house_role(slot)] * 60000ull;

    return limit != 0 && !belief->maybe && !ledger.crowd && now >= belief->used_ms + limit;
}

/* A PIN that the module remembered: of a login that this very card accepted, and only while the
 * counter is full. */
static void remembered_judge(const struct spy_event *event)
{
    const struct belief *belief = &ledger.beliefs[event->module][call.given.slot];
    const bool once = ledger.each && event->role == SIM_SIGN;
    /* whoever takes a reader's power or count away leaves nothing by which another insertion
     * could be told */
    const bool same =
        belief->insertion == event->insertion || ledger.restarted[call.given.slot / 2];

    if (!ledger.crowd && !belief->maybe &&
        (!belief->logged_in || belief->card != event->card || !same ||
         strcmp(once ? belief->once : belief->value, event->value) != 0))
        event_fault(event, "a remembered PIN was sent that was not given for this");
    if (event->tries_before != sim_tries_max(event->role))
        event_fault(event, "a remembered PIN was sent, and the counter is not full");
    if (belief_ran_out(event->module, call.given.slot, call.began_ms))
        event_fault(event, "a PIN was remembered too long");
    if (house_call == NULL || strcmp(house_call, "C_Sign") != 0)
        event_fault(event, "a PIN was sent by a call that needs none");
}

/* A try was lost by a wrong PIN.  What a right one costs that is cut off on its way nobody can
 * help. */
static void cost_judge(const struct spy_event *event)
{
    const size_t card = card_index(event->card);

    ledger.refused++;
    if (call.given.value != NULL)
        return;
    if (++ledger.stale[card][event->role] > 1)
        event_fault(event, "remembered PINs cost more than one try");
    if (ledger.changer[card][event->role] == event->module)
        event_fault(event, "a remembered PIN cost a try that this module had changed itself");
}

/*
 * What a process must take for a refusal: a card that says so, or whose counter, asked again in the
 * same call, is lower than before.  What was cut off before that it may take for one.
 */
static void refusal_judge(const struct spy_event *event)
{
    const bool plain = event->err == JPKI_OK && (event->sw & 0xFFF0) == 0x63C0;
    const bool cost = event->tries_after < event->tries_before,
               wrong = strcmp(event->value, event->pin) != 0;

    if (event->err == JPKI_OK && event->sw == 0x9000)
        return;
    if (wrong && cost && plain && !call.asked_falsely)
        refusal_note(event, event->tries_after, false);
    else
        refusal_note(event, plain ? event->sw & 0xF : event->tries_before - 1, true);
}

static void verify_judge(const struct spy_event *event)
{
    house_sent++;
    ledger.verifies++;
    ledger.open[card_index(event->card)][event->role] = false;
    address_judge(event);
    if (ledger.keep_last && event->tries_before == 1)
        event_fault(event, "the last try was spent");
    if (call.given.value != NULL && (event->keypad || !call.given.maybe))
        typed_judge(event);
    else
        remembered_judge(event);
    if (event->tries_after < event->tries_before && strcmp(event->value, event->pin) != 0)
        cost_judge(event);
    refusal_judge(event);
    call.verified = *event;
    call.has_verified = true;
}

static void change_judge(const struct spy_event *event)
{
    address_judge(event);
    if (call.has_changed)
        event_fault(event, "a PIN was changed twice");
    if (call.given.fresh == NULL || strcmp(call.fresh, event->value) != 0 ||
        event->keypad != call.given.keypad)
        event_fault(event, "a PIN was set that nobody gave");
    if (!call.has_verified || call.verified.sw != 0x9000)
        event_fault(event, "a PIN was to be changed before the old one was accepted");
    if (event->holds && strcmp(event->value, event->pin) != 0)
        rules_pin_changed(event->card, event->role, event->module);
    call.changed = *event;
    call.has_changed = true;
}

/* The slot whose PIN was asked for: a list, or a session on the other token, asks for more than
 * the call's own. */
static CK_SLOT_ID slot_asked(const struct spy_event *event)
{
    for (CK_SLOT_ID slot = 0; slot < SLOTS; slot += 2) {
        unsigned long insertion = 0;

        if (spy_card(house.world, house_reader(slot), &insertion) != NULL &&
            insertion == event->insertion)
            return slot + (event->role == SIM_AUTH ? 0 : 1);
    }
    return call.given.slot;
}

/* A question is answered: what the module knows now. */
static void question_note(const struct spy_event *event)
{
    const bool count = event->err == JPKI_OK && (event->sw & 0xFFF0) == 0x63C0;
    const bool none = event->err == JPKI_OK && (event->sw == 0x6983 || event->sw == 0x6984);
    const unsigned told = count ? event->sw & 0xF : 0;

    if (!count && !none)
        return;
    call.told = told;
    ledger.told[event->module][slot_asked(event)] = told;
    call.asked_falsely = call.asked_falsely || told != event->tries_after;
    if (call.has_verified && told < call.verified.tries_before)
        refusal_note(&call.verified, told,
                     call.asked_falsely || strcmp(call.verified.value, call.verified.pin) == 0);
}

void rules_event(const struct spy_event *event)
{
    pthread_mutex_lock(&lock);
    rules_tries_rose(event->card, event->role, event->tries_before);
    if (event->query)
        question_note(event);
    else if (event->change)
        change_judge(event);
    else
        verify_judge(event);
    rules_tries_rose(event->card, event->role, event->tries_after);
    pthread_mutex_unlock(&lock);
}
