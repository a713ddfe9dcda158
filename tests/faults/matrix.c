/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every fault at every exchange of every main flow, on both tokens.  A pair passes if every call
 * answers what the standard permits, no card is left unlocked, no try is lost, what was claimed is
 * true, and, once the person put things right again, everything works.  matrix [FLOW [FAULT]] plays
 * only those.
 */
#include "matrix.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPPED "stopped"

static const struct fault faults[] = {
    { "remove", false, true },   { "remove-reinsert", false, true }, { "swap", false, true },
    { "mute", true, false },     { "empty", true, false },           { "truncate", true, false },
    { "oversize", true, false }, { "reset", true, false },           { "unplug", false, true },
    { "service", false, true },  { "sw=6F00", true, false },         { "sw=6985", true, false },
    { "sw=6A82", true, false },  { "sw=6982", true, false },         { "sw=63C2", true, false },
    { "sw=63C0", true, false },  { "sw=6983", true, false },         { "sw=6984", true, false },
    { "sw=6A88", true, false },  { "sw=6C10", true, false },         { "sw=6110", true, false },
};

static const char new_pins[SIM_ROLES][8] = { "5678", "XYZ789" };

/* How one pair went, for the judge. */
static struct {
    unsigned long insertion;
    const struct sim_card *card;
    unsigned verifies;
    bool wrong_sent;
} seen;

static void event_see(const struct spy_event *event)
{
    house_sent += event->change ? 0 : 1;
    seen.verifies += event->change ? 0 : 1;
    if (!event->known)
        house_fault("a PIN went to something that is no PIN");
    if (!event->change && strcmp(event->value, event->pin) != 0)
        seen.wrong_sent = true;
}

unsigned matrix_verifies(void)
{
    return seen.verifies;
}

static CK_RV run_list(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    CK_MECHANISM_TYPE types[32];
    CK_SLOT_ID slots[SLOTS];
    CK_ULONG count = 0, type_count = sizeof(types) / sizeof(types[0]);
    CK_TOKEN_INFO info;
    CK_RV rv = CALL(0, C_GetSlotList, CK_TRUE, NULL, &count);

    (void)session;
    count = SLOTS;
    if (rv == CKR_OK)
        rv = CALL(0, C_GetSlotList, CK_TRUE, slots, &count);
    if (rv == CKR_OK)
        rv = CALL(0, C_GetTokenInfo, slot, &info);
    if (rv == CKR_OK)
        rv = CALL(0, C_GetMechanismList, slot, types, &type_count);
    return rv;
}

static CK_RV run_login(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    return house_login(0, session, house_first_pin(house_role(slot)));
}

static CK_RV run_certificate(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    CK_BYTE value[4096];
    CK_ATTRIBUTE wanted = { CKA_VALUE, value, sizeof(value) };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_RV rv = house_find(0, session, CKO_CERTIFICATE, &object);

    (void)slot;
    return rv == CKR_OK ? CALL(0, C_GetAttributeValue, session, object, &wanted, 1) : rv;
}

static CK_RV run_sign(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    return house_sign(0, session, slot, false);
}

static CK_RV run_pss(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    return house_sign(0, session, slot, true);
}

static CK_RV run_change(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    const enum sim_role role = house_role(slot);
    CK_UTF8CHAR old_pin[8], new_pin[8];

    memcpy(old_pin, house_first_pin(role), strlen(house_first_pin(role)) + 1);
    memcpy(new_pin, new_pins[role], sizeof(new_pin));
    return CALL(0, C_SetPIN, session, old_pin, strlen(house_first_pin(role)), new_pin,
                strlen(new_pins[role]));
}

static CK_RV run_event(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    CK_SLOT_ID told = 0;
    CK_TOKEN_INFO info;
    CK_RV rv = CALL(0, C_WaitForSlotEvent, 0, &told, NULL);

    (void)session;
    return rv == CKR_OK ? CALL(0, C_GetTokenInfo, slot, &info) : rv;
}

static const struct flow flows[] = {
    { "list", false, false, false, false, run_list, false },
    { "login", true, false, false, true, run_login, false },
    { "certificate", true, true, false, false, run_certificate, false },
    { "sign", true, true, false, true, run_sign, false },
    { "sign PSS", true, true, false, true, run_pss, false },
    { "change PIN", true, false, false, true, run_change, false },
    { "change PIN logged in", true, true, false, true, run_change, false },
    { "event", false, false, true, false, run_event, false },
    { "report", false, false, false, false, run_report, true },
    { "report with PIN", false, false, false, true, run_trial, true },
};

CK_SESSION_HANDLE flow_prepare(const struct flow *flow, CK_SLOT_ID slot, const char *words)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    bool good = true;

    memset(&seen, 0, sizeof(seen));
    house_up(1, words, "", event_see);
    good = sim_world_set_spare(house.world, READER_A, house.cards[1]);
    good = good && CALL(0, C_Initialize, NULL) == CKR_OK;
    if (flow->session) {
        good = good && CALL(0, C_GetSlotList, CK_TRUE, NULL, &count) == CKR_OK &&
               house_open(0, slot, &session) == CKR_OK;
        good = good && (!flow->login || run_login(slot, session) == CKR_OK);
    }
    if (flow->event) {
        good = good && CALL(0, C_GetSlotList, CK_TRUE, NULL, &count) == CKR_OK &&
               sim_world_eject(house.world, READER_A) &&
               sim_world_insert(house.world, READER_A, house.cards[0]);
        house_clock(1000);
    }
    if (!good)
        house_fault("the flow could not be prepared");
    for (size_t i = 0; i < house.card_count; i++)
        sim_card_reset_stats(house.cards[i]);
    seen.verifies = 0;
    seen.card = spy_card(house.world, READER_A, &seen.insertion);
    return session;
}

/*
 * What a card says of what it has is believed until it is pulled out: that there is no such file,
 * and, while nothing is known of it, that it is no such card.  Whatever else it answers oddly,
 * once, it lies there and is the card that it was.
 */
static bool card_is_believed(const struct flow *flow, const struct fault *fault)
{
    const char *hit = sim_world_fault_hit(house.world, READER_A);

    if (strncmp(fault->word, "sw=", 3) != 0 || hit == NULL)
        return false;
    if (strcmp(hit, "select-file") == 0 || strcmp(hit, "read") == 0)
        return true;
    return !flow->session && strcmp(hit, "select-application") == 0;
}

/* The reader is there again, pcscd too, and a card lies in it. */
static void world_mend(const struct flow *flow, const struct fault *fault)
{
    unsigned long insertion = 0;
    bool good = true;

    sim_world_service(house.world, true);
    if (strcmp(fault->word, "unplug") == 0)
        good = sim_world_add_reader(house.world, READER_A);
    if (card_is_believed(flow, fault))
        good = good && sim_world_eject(house.world, READER_A);
    if (spy_card(house.world, READER_A, &insertion) == NULL)
        good = good && sim_world_insert(house.world, READER_A, house.cards[0]);
    if (!good)
        house_fault("the card could not be put in again");
    house_clock(3000);
}

bool state_is_user(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info = { .state = CKS_RW_PUBLIC_SESSION };

    return CALL(0, C_GetSessionInfo, session, &info) == CKR_OK &&
           info.state == CKS_RW_USER_FUNCTIONS;
}

const char *pin_now(enum sim_role role)
{
    unsigned long insertion = 0;
    const struct sim_card *card = spy_card(house.world, READER_A, &insertion);

    return card == NULL ? "" : sim_card_options(card)->role[role].pin;
}

void flow_judge(const struct flow *flow, const struct fault *fault, CK_SLOT_ID slot,
                CK_SESSION_HANDLE session, CK_RV rv, bool may_tear)
{
    const enum sim_role role = house_role(slot);
    unsigned long insertion = 0;
    const bool same =
        spy_card(house.world, READER_A, &insertion) == seen.card && insertion == seen.insertion;

    if (seen.wrong_sent)
        house_fault("a PIN that is not the card's was sent");
    if (seen.verifies > 1)
        house_fault("%u PINs were sent", seen.verifies);
    for (size_t i = 0; i < house.card_count; i++)
        for (int r = SIM_AUTH; r < SIM_ROLES; r++) {
            unsigned lost =
                sim_tries_max((enum sim_role)r) - sim_card_options(house.cards[i])->role[r].tries;

            if (lost > (may_tear && fault->tears && i == 0 && r == (int)role ? 1u : 0u))
                house_fault("%u tries are lost", lost);
        }
    if (flow->run == run_login && same && (rv == CKR_OK) != state_is_user(session))
        house_fault("C_Login answered %s, and the session says otherwise", house_rv_name(rv));
    if (flow->run == run_change) {
        const char *pin = sim_card_options(house.cards[0])->role[role].pin;

        if (rv == CKR_OK && strcmp(pin, new_pins[role]) != 0)
            house_fault("C_SetPIN answered CKR_OK and the old PIN holds");
        if (rv != CKR_OK && rv != CKR_DEVICE_ERROR && rv != CKR_DEVICE_REMOVED &&
            strcmp(pin, new_pins[role]) == 0)
            house_fault("C_SetPIN answered %s and the new PIN holds", house_rv_name(rv));
    }
}

/* A logged-in session as a program gets it that starts over. */
static CK_SESSION_HANDLE session_again(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    CK_RV rv;

    (void)CALL(0, C_CloseAllSessions, slot);
    (void)CALL(0, C_GetSlotList, CK_TRUE, NULL, &count);
    rv = house_open(0, slot, &session);
    if (rv == CKR_OK)
        rv = house_login(0, session, pin_now(house_role(slot)));
    if (rv != CKR_OK)
        house_fault("afterwards no login: %s", house_rv_name(rv));
    return session;
}

/* The next call is right: the same one again where the card still lies there, and a whole life
 * from the start. */
void aftermath_judge(const struct flow *flow, const struct fault *fault, CK_SLOT_ID slot,
                     CK_SESSION_HANDLE session)
{
    const bool passes = fault->passes && !card_is_believed(flow, fault);
    CK_RV rv;

    world_mend(flow, fault);
    if (passes && flow->session && flow->run != run_change && flow->run != run_login) {
        rv = flow->run(slot, session);
        if (rv != CKR_OK && (rv != CKR_USER_NOT_LOGGED_IN || state_is_user(session)))
            house_fault("the same call once more: %s", house_rv_name(rv));
    }
    if (passes && !flow->session && (rv = run_list(slot, session)) != CKR_OK)
        house_fault("listing once more: %s", house_rv_name(rv));
    session = session_again(slot);
    rv = run_list(slot, session);
    if (rv == CKR_OK)
        rv = run_certificate(slot, session);
    if (rv == CKR_OK)
        rv = run_sign(slot, session);
    if (rv != CKR_OK)
        house_fault("afterwards not everything works: %s", house_rv_name(rv));
    house_down();
}

static bool pair_play(const struct flow *flow, const struct fault *fault, unsigned k,
                      CK_SLOT_ID slot, bool torn_costs)
{
    const unsigned before = house_faults();
    CK_SESSION_HANDLE session;
    CK_RV rv;

    house_place("%s, %s at exchange %u, slot %lu%s", flow->name, fault->word, k, slot,
                torn_costs ? ", torn VERIFYs cost" : "");
    alarm(PAIR_SECONDS); /* nothing hangs */
    session =
        flow_prepare(flow, slot, torn_costs ? "torn-verify-costs=yes" : "torn-verify-costs=no");
    if (!sim_world_fault(house.world, READER_A, k, fault->word))
        house_fault("no such fault");
    rv = flow->run(slot, session);
    flow_judge(flow, fault, slot, session, rv, torn_costs);
    aftermath_judge(flow, fault, slot, session);
    alarm(0); /* what follows may be a wait for processes with alarms of their own */
    return house_faults() == before;
}

/* How many exchanges the flow makes when all goes well. */
static unsigned flow_measure(const struct flow *flow, CK_SLOT_ID slot, bool torn_costs)
{
    CK_SESSION_HANDLE session;
    unsigned exchanges;
    CK_RV rv;

    house_place("%s, slot %lu, without a fault", flow->name, slot);
    session =
        flow_prepare(flow, slot, torn_costs ? "torn-verify-costs=yes" : "torn-verify-costs=no");
    rv = flow->run(slot, session);
    if (rv != CKR_OK)
        house_fault("%s", house_rv_name(rv));
    exchanges = sim_card_stats(house.cards[0])->exchanges;
    house_down();
    return exchanges;
}

static void flow_play(const struct flow *flow, CK_SLOT_ID slot, bool torn_costs, const char *only,
                      unsigned *ret_run, unsigned *ret_passed)
{
    const unsigned exchanges = flow_measure(flow, slot, torn_costs);

    if (exchanges == 0 && flow->run != run_certificate)
        house_fault("no exchange to fail at");
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        if ((torn_costs && !faults[i].tears) || (only != NULL && strcmp(only, faults[i].word) != 0))
            continue;
        for (unsigned k = 1; k <= exchanges; k++) {
            *ret_passed += pair_play(flow, &faults[i], k, slot, torn_costs);
            *ret_run += 1;
        }
    }
    if (!torn_costs && !flow->tool && (only == NULL || strcmp(only, STOPPED) == 0))
        stopped_play(flow, slot, exchanges, ret_run, ret_passed);
}

/* One flow on both tokens, first with cards that count a torn VERIFY as nothing. */
static bool flow_plays(const struct flow *flow, const char *only)
{
    unsigned run = 0, passed = 0;

    for (int costs = 0; costs < 2; costs++)
        for (CK_SLOT_ID slot = 0; slot < 2; slot++)
            flow_play(flow, slot, costs == 1, only, &run, &passed);
    printf("%s: %u pairs of exchange and fault run, %u passed\n", flow->name, run, passed);
    return run == passed;
}

int main(int argc, char **argv)
{
    pid_t children[sizeof(flows) / sizeof(flows[0])];
    bool good = true;

    house_load();
    house_up(1, "", "", NULL); /* keys are made before there are many processes */
    house_down();
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        children[i] = argc < 2 || strcmp(argv[1], flows[i].name) == 0 ? fork() : -1;
        if (children[i] == 0) {
            good = flow_plays(&flows[i], argc > 2 ? argv[2] : NULL) && house_faults() == 0;
            house_unload();
            exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
        int status = 0;

        if (children[i] <= 0)
            continue;
        good = waitpid(children[i], &status, 0) == children[i] && status == 0 && good;
        if (WIFSIGNALED(status))
            printf("%s: ended by signal %d\n", flows[i].name, WTERMSIG(status));
    }
    house_unload();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
