/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to cards and readers between two calls, and what is armed to happen within one. */
#include "ledger.h"

#include "sim_world.h"

#include <stdio.h>

static const char *const role_words[SIM_ROLES] = { "auth", "sign" };

static const struct sim_card *card_in(unsigned reader)
{
    unsigned long insertion = 0;

    return spy_card(house.world, house_reader(reader * 2), &insertion);
}

bool world_has_readers(void)
{
    bool has;

    pthread_mutex_lock(&house.world->lock);
    has = world_find(house.world, READER_A) != NULL && world_find(house.world, READER_B) != NULL;
    pthread_mutex_unlock(&house.world->lock);
    return has;
}

/* ---- other programs */

static void other_verifies(unsigned reader, enum sim_role role, bool right)
{
    const char *name = house_reader(reader * 2);
    const struct sim_card *card = card_in(reader);
    char word[40];
    unsigned tries = 0;

    if (card == NULL || !sim_world_tries(house.world, name, role, &tries) ||
        (right ? tries == 0 : tries < 2))
        return;
    snprintf(word, sizeof(word), "tries-%s=%u", role_words[role],
             right ? sim_tries_max(role) : tries - 1);
    if (!sim_world_set(house.world, name, word))
        house_fault("a counter could not be set");
    if (right)
        rules_tries_rose(card, role, sim_tries_max(role));
}

/* At the city hall, or by the right PIN. */
static void tries_fill(unsigned reader)
{
    for (enum sim_role role = SIM_AUTH; role < SIM_ROLES; role++) {
        if (!sim_world_set(house.world, house_reader(reader * 2),
                           role == SIM_AUTH ? "tries-auth=3" : "tries-sign=5"))
            house_fault("a counter could not be set");
        rules_tries_rose(card_in(reader), role, sim_tries_max(role));
    }
}

static void other_changes_pin(unsigned reader, enum sim_role role)
{
    const struct sim_card *card = card_in(reader);
    char word[40];

    snprintf(word, sizeof(word), "pin-%s=%s", role_words[role], pin_of(role, dice(PINS)));
    if (card == NULL || !sim_world_set(house.world, house_reader(reader * 2), word))
        return;
    rules_pin_changed(card, role, PROCESSES);
    ledger.stale[card_index(card)][role] = 0; /* who remembers the old one may lose one try by it */
}

/* ---- cards and readers come and go */

void world_pad(CK_SLOT_ID slot, const char *pin, const char *new_pin)
{
    static char typed[2][2][SIM_PIN_MAX + 1];
    static struct sim_pad_step steps[2][2];
    const size_t reader = slot / 2;

    if (pin == NULL) {
        (void)!sim_world_pinpad(house.world, house_reader(slot), true, NULL, 0);
        return;
    }
    snprintf(typed[reader][0], sizeof(typed[reader][0]), "%s", pin);
    snprintf(typed[reader][1], sizeof(typed[reader][1]), "%s", new_pin == NULL ? "" : new_pin);
    steps[reader][0] = (struct sim_pad_step){ SIM_PAD_TYPE, typed[reader][0] };
    steps[reader][1] =
        (struct sim_pad_step){ new_pin == NULL ? SIM_PAD_TIMEOUT : SIM_PAD_TYPE, typed[reader][1] };
    (void)!sim_world_pinpad(house.world, house_reader(slot), true, steps[reader], 2);
}

static void pad_give(unsigned reader)
{
    if (ledger.pads)
        world_pad(reader * 2, NULL, NULL);
}

static void card_put(unsigned reader, struct sim_card *card)
{
    (void)!sim_world_insert(house.world, house_reader(reader * 2), card);
    ledger.mistaken[reader] = ledger.mistaken[reader] && ledger.restarted[reader];
}

/* Mostly the same card, else the other one that belongs to this reader, or none. */
static struct sim_card *card_other(unsigned reader, const struct sim_card *card)
{
    return house.cards[reader] == card ? house.cards[reader + 2] : house.cards[reader];
}

static void reader_back(unsigned reader)
{
    if (!sim_world_add_reader(house.world, house_reader(reader * 2)))
        return;
    ledger.restarted[reader] = true;
    pad_give(reader);
}

static void card_moves(unsigned reader)
{
    const char *name = house_reader(reader * 2);

    if (card_in(reader) != NULL) {
        if (dice(2) == 0 ? !sim_world_eject(house.world, name)
                         : !sim_world_reset(house.world, name))
            house_fault("the card in %s does not move", name);
        return;
    }
    sim_world_service(house.world, true);
    reader_back(reader);
    if (card_in(reader) == NULL)
        card_put(reader, house.cards[2 * dice(2) + reader]);
}

/* The reader is pulled out and put in again before anybody looks: its count of events begins
 * anew. */
static void reader_replug(unsigned reader)
{
    struct sim_card *other = card_other(reader, card_in(reader));

    if (sim_world_replug(house.world, house_reader(reader * 2), dice(2) == 0 ? other : NULL))
        ledger.restarted[reader] = true;
}

/* pcscd goes, or comes: so does every reader, and what waited for its card goes on with it. */
static void service_turns(bool up)
{
    sim_world_service(house.world, up);
    ledger.restarted[0] = ledger.restarted[1] = true;
}

/* The machine sleeps: every reader is gone and back. */
static void machine_sleeps(void)
{
    for (unsigned reader = 0; reader < 2; reader++)
        reader_replug(reader);
    house_clock(dice(20) * 60000ul);
}

/* Another card, and another program resets it at once: an old handle hears of the reset alone. */
static void card_covered(unsigned reader)
{
    const char *name = house_reader(reader * 2);
    const struct sim_card *card = card_in(reader);
    struct sim_card *other = card_other(reader, card);

    if (card == NULL || !sim_world_eject(house.world, name))
        return;
    card_put(reader, dice(3) != 0 ? other : card_other(reader, other));
    if (!sim_world_reset(house.world, name))
        house_fault("the card in %s was not reset", name);
}

/* ---- faults */

/* Something goes wrong at one of the next exchanges, whatever it is. */
static const char *const any_words[] = {
    "remove",  "remove-reinsert", "swap",     "swap-reset", "replug",  "mute",
    "empty",   "truncate",        "oversize", "reset",      "service", "unplug",
    "sw=6F00", "sw=6985",         "sw=6982",  "sw=6983",    "sw=6A88"
};

/*
 * The words that an answer can be turned into; a question for the tries is answered
 * by none that says more than there are.
 */
static const char *const answers[] = {
    "mute",       "empty",   "truncate", "remove",  "remove-reinsert", "swap",
    "swap-reset", "replug",  "reset",    "sw=6F00", "sw=6982",         "sw=6983",
    "sw=6984",    "sw=63C0", "sw=63C1",  "sw=6A88", "sw=6A82"
};
static const char *const commands[] = {
    "verify",     "change", "compute", "query", "read", "select-application", "select-card-manager",
    "select-file"
};

static void fault_words(unsigned reader, char *text, size_t size, unsigned *ret_n)
{
    *ret_n = 1;
    if (dice(12) == 0) {
        snprintf(text, size, "unpower mute");
        ledger.power_stays = true;
    } else if (dice(3) == 0) {
        snprintf(text, size, "%s", any_words[dice(sizeof(any_words) / sizeof(any_words[0]))]);
        *ret_n = 1 + dice(12);
    } else {
        const size_t command = dice(sizeof(commands) / sizeof(commands[0]));

        snprintf(text, size, "%s %s", commands[command],
                 answers[dice(sizeof(answers) / sizeof(answers[0]))]);
        *ret_n += dice(4) == 0;
    }
    ledger.mistaken[reader] = ledger.mistaken[reader] || strstr(text, "sw=") != NULL ||
                              strstr(text, "size") != NULL || strstr(text, "truncate") != NULL;
    ledger.restarted[reader] = ledger.restarted[reader] || strstr(text, "replug") != NULL;
    if (strstr(text, "service") != NULL)
        ledger.restarted[0] = ledger.restarted[1] = true;
    ledger.denies_falsely = ledger.denies_falsely || strstr(text, "sw=6982") != NULL;
}

/* One thing goes wrong, or two; the other card of this reader is the one that is swapped in. */
static void fault_arm(unsigned reader)
{
    const char *name = house_reader(reader * 2);
    const struct sim_card *card = card_in(reader);
    char text[64];
    unsigned n = 0;

    if (card == NULL || !sim_world_set_spare(house.world, name, card_other(reader, card)))
        return;
    if (dice(8) == 0) { /* the card cannot be locked at all */
        (void)!sim_world_fault(house.world, name, 1,
                               dice(2) == 0 ? "select-card-manager sw=6F00"
                                            : "select-card-manager mute");
        (void)!sim_world_fault_also(house.world, name, 1, "unpower mute");
        ledger.power_stays = true;
        return;
    }
    fault_words(reader, text, sizeof(text), &n);
    (void)!sim_world_fault(house.world, name, n, text);
    if (dice(3) == 0) {
        fault_words(reader, text, sizeof(text), &n);
        (void)!sim_world_fault_also(house.world, name, n, text);
    }
}

void world_loses(CK_SLOT_ID slot, const char *command)
{
    char text[40];

    snprintf(text, sizeof(text), "%s %s", command, dice(2) == 0 ? "mute" : "empty");
    (void)!sim_world_fault(house.world, house_reader(slot), 1, text);
}

void world_reinserts(CK_SLOT_ID slot)
{
    struct sim_card *card = house.cards[card_index(card_in((unsigned)slot / 2))];

    if (sim_world_eject(house.world, house_reader(slot)))
        card_put((unsigned)slot / 2, card);
}

void world_step(void)
{
    const unsigned reader = dice(2);
    const enum sim_role role = dice(2) == 0 ? SIM_AUTH : SIM_SIGN;

    switch (dice(16)) {
    case 0: other_verifies(reader, role, true); break;
    case 1: other_verifies(reader, role, false); break;
    case 2: other_changes_pin(reader, role); break;
    case 3:
    case 4:
    case 5: card_moves(reader); break;
    case 6: reader_replug(reader); break;
    case 7: card_covered(reader); break;
    case 8: machine_sleeps(); break;
    case 9: service_turns(dice(3) != 0); break;
    case 10:
    case 11: house_clock(dice(20) * (dice(4) == 0 ? 60000ul : 1000ul)); break;
    default: fault_arm(reader); break;
    }
}

void world_begin(void)
{
    static const char *const locks[] = { "card-manager=no", "power-cut=no" };
    const unsigned lock = dice(8);

    ledger.power_stays = lock == 1;
    for (unsigned i = 0; i < CARDS; i++) {
        char word[40];

        /* a phone says nothing of itself but the words of EF 0006 */
        snprintf(word, sizeof(word), "serial-info=00000000900000%02u", i + 1);
        if (!sim_card_set(house.cards[i], ledger.silent ? "profile=android" : "profile=normal") ||
            !sim_card_set(house.cards[i], word) ||
            (lock < 2 && !sim_card_set(house.cards[i], locks[lock])) ||
            !sim_card_set(house.cards[i],
                          dice(2) == 0 ? "torn-verify-costs=yes" : "torn-verify-costs=no"))
            house_fault("a card could not be made");
        for (enum sim_role role = SIM_AUTH; role < SIM_ROLES; role++)
            ledger.changer[i][role] = PROCESSES;
    }
    for (unsigned reader = 0; reader < 2; reader++)
        pad_give(reader);
}

void world_rest(void)
{
    sim_world_service(house.world, true);
    for (unsigned reader = 0; reader < 2; reader++) {
        reader_back(reader);
        if (card_in(reader) != NULL && ledger.mistaken[reader])
            (void)!sim_world_eject(house.world, house_reader(reader * 2));
        (void)!sim_world_fault(house.world, house_reader(reader * 2), 1000000, "mute");
    }
    house_clock(5000);
}

void world_settle(void)
{
    for (unsigned reader = 0; reader < 2; reader++) {
        if (card_in(reader) == NULL)
            card_put(reader, house.cards[reader]);
        tries_fill(reader);
    }
    house_clock(5000);
}
