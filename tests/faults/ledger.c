/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger of tries: random calls of two modules on two readers, while cards come and go, exchanges fail, other programs
 * reset cards, spend tries and change PINs.  Every PIN that reaches a card is held against what the rules allow, every
 * answer against what the cards really are.
 *
 *   ledger --seeds N    N sequences, each a new seed; a seed that fails is printed
 *   ledger SEED         that sequence again
 */
#include "ledger.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEPS 90
#define SEED_SECONDS 120
#define PROCESSES 2

struct ledger ledger;

unsigned dice(unsigned sides)
{
    ledger.random = ledger.random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(ledger.random >> 33) % sides;
}

/* ---- what happens to cards and readers */

static void other_verifies(unsigned reader, enum sim_role role, bool right)
{
    const char *name = house_reader(reader * 2);
    unsigned long insertion = 0;
    const struct sim_card *card = spy_card(house.world, name, &insertion);
    char word[40];
    unsigned tries = 0;

    if (card == NULL || !sim_world_tries(house.world, name, role, &tries) || (right ? tries == 0 : tries < 2))
        return;
    snprintf(word, sizeof word, "tries-%s=%u", role == SIM_AUTH ? "auth" : "sign",
             right ? sim_tries_max(role) : tries - 1);
    if (!sim_world_set(house.world, name, word))
        house_fault("a counter could not be set");
    if (right)
        rules_pin_accepted(card, role);
}

static void other_changes_pin(unsigned reader, enum sim_role role)
{
    char word[40];

    snprintf(word, sizeof word, "pin-%s=%s", role == SIM_AUTH ? "auth" : "sign", pin_of(role, dice(PINS)));
    (void)!sim_world_set(house.world, house_reader(reader * 2), word);
}

static void card_moves(unsigned reader)
{
    const char *name = house_reader(reader * 2);
    unsigned long insertion = 0;
    bool done = false;

    if (spy_card(house.world, name, &insertion) != NULL)
        done = dice(2) == 0 ? sim_world_eject(house.world, name) : sim_world_reset(house.world, name);
    else
        done = sim_world_insert(house.world, name, house.cards[2 * dice(2) + reader]);
    if (!done) {
        sim_world_service(house.world, true);
        if (sim_world_add_reader(house.world, name))
            for (unsigned m = 0; m < MODULES; m++)
                ledger.replugged[m][reader] = true;
    }
}

/* Something goes wrong at one of the next exchanges; the other card of this reader is the one that is swapped in. */
static void fault_arm(unsigned reader)
{
    static const char *const words[] = { "remove", "remove-reinsert", "swap", "mute", "empty", "truncate", "oversize",
                                         "reset", "service", "unplug", "sw=6F00", "sw=6985", "sw=6982" };
    const char *name = house_reader(reader * 2);
    unsigned long insertion = 0;
    const struct sim_card *card = spy_card(house.world, name, &insertion);
    struct sim_card *spare = house.cards[reader] == card ? house.cards[reader + 2] : house.cards[reader];

    if (card != NULL && sim_world_set_spare(house.world, name, spare))
        (void)!sim_world_fault(house.world, name, 1 + dice(12), words[dice(sizeof words / sizeof words[0])]);
}

static void world_step(void)
{
    const unsigned reader = dice(2);
    const enum sim_role role = dice(2) == 0 ? SIM_AUTH : SIM_SIGN;

    switch (dice(9)) {
    case 0: other_verifies(reader, role, true); break;
    case 1: other_verifies(reader, role, false); break;
    case 2: other_changes_pin(reader, role); break;
    case 3: case 4: card_moves(reader); break;
    case 5: case 6: fault_arm(reader); break;
    case 7: sim_world_service(house.world, dice(3) != 0); break;
    default: house_clock(dice(20) * 1000ul); break;
    }
}

/* ---- threads: several of one module at once, with calls whose outcome depends on nobody else's mood */

static void *crowd_run(void *arg)
{
    const struct crowd_part *part = arg;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    if (house_open(part->module, part->slot, &session) != CKR_OK)
        return NULL;
    given_note(part->module, part->slot, part->pin);
    (void)house_login(part->module, session, part->pin);
    given_note(part->module, part->slot, NULL);
    (void)house_sign(part->module, session, part->slot, false);
    (void)CALL(part->module, C_CloseSession, session);
    return NULL;
}

static void crowd_step(unsigned module)
{
    struct crowd_part parts[CROWD];
    pthread_t threads[CROWD];

    house_crowd(true);
    ledger.crowd = true;
    for (size_t i = 0; i < CROWD; i++) {
        const CK_SLOT_ID slot = dice(SLOTS);

        parts[i] = (struct crowd_part){ module, slot, pin_now(slot) };
        pthread_create(&threads[i], NULL, crowd_run, &parts[i]);
    }
    for (size_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    ledger.crowd = false;
    house_crowd(false);
    rules_crowd_judge(module);
}

/* ---- one sequence */

static void sequence_play(unsigned long seed)
{
    house_place("seed %lu, beginning", seed);
    alarm(SEED_SECONDS);
    memset(&ledger, 0, sizeof ledger);
    ledger.random = seed * 2654435761u + 12345;
    house_up(2, dice(2) == 0 ? "torn-verify-costs=yes" : "torn-verify-costs=no", dice(3) == 0 ? "final-try=refuse" : "",
             rules_event);
    for (unsigned m = 0; m < MODULES; m++)
        calls_begin(m);
    for (unsigned step = 0; step < STEPS; step++) {
        house_place("seed %lu, step %u", seed, step);
        if (dice(4) == 0)
            world_step();
        else if (dice(25) == 0)
            crowd_step(dice(MODULES));
        else
            calls_step(dice(MODULES));
    }
    sim_world_service(house.world, true);
    house_down();
}

static bool seeds_play(unsigned long first, unsigned long count, unsigned long stride)
{
    unsigned long verifies = 0, refused = 0;

    for (unsigned long seed = first; count-- > 0; seed += stride) {
        sequence_play(seed);
        verifies += ledger.verifies;
        refused += ledger.refused;
        if (house_faults() != 0) {
            printf("seed %lu fails; again: ledger %lu\n", seed, seed);
            return false;
        }
    }
    printf("%lu PINs reached cards, %lu of them wrong; every one was allowed\n", verifies, refused);
    return true;
}

int main(int argc, char **argv)
{
    const unsigned long number = argc > 1 ? strtoul(argv[argc - 1], NULL, 10) : 0;
    bool good = true;
    pid_t children[PROCESSES];

    house_load();
    if (argc == 2) {
        good = seeds_play(number, 1, 1);
        house_unload();
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (argc != 3 || strcmp(argv[1], "--seeds") != 0) {
        fprintf(stderr, "usage: ledger --seeds N | ledger SEED\n");
        return 2;
    }
    house_up(1, "", "", NULL); /* keys are made before there are many processes */
    house_down();
    for (unsigned i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            good = seeds_play(1 + i, number / PROCESSES, PROCESSES);
            house_unload();
            exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
        }
    }
    for (unsigned i = 0; i < PROCESSES; i++) {
        int status = 0;

        good = waitpid(children[i], &status, 0) == children[i] && status == 0 && good;
    }
    printf("%lu seeds, %s\n", number / PROCESSES * PROCESSES, good ? "none failed" : "one failed at least");
    house_unload();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
