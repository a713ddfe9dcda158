/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ledger of tries: random calls of two modules on two readers, while cards come and go,
 * exchanges fail, other programs reset cards, spend tries and change PINs.  Every PIN that reaches
 * a card is held against what the rules allow, every answer against what the cards really are.
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
#define CROWD 3
#define BLOCK 100
#define KEPT (NOTES * 7 / 8)
#define SEED_SECONDS 120
#define WORKERS 2

struct crowd_part {
    unsigned module;
    CK_SLOT_ID slot;
    char pin[SIM_PIN_MAX + 1];
};

struct ledger ledger;

unsigned dice(unsigned sides)
{
    ledger.random = ledger.random * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned)(ledger.random >> 33) % sides;
}

/* ---- threads: several of one module at once, with calls whose outcome depends on nobody else's
 * mood */

static void *crowd_run(void *arg)
{
    const struct crowd_part *part = arg;
    struct given given = { .process = part->module, .slot = part->slot };
    struct seat seat;

    if (calls_open(part->module, part->slot, false, &seat) != CKR_OK)
        return NULL;
    given.meant = seat.meant;
    given.value = part->pin;
    given_note(&given);
    (void)house_login(part->module, seat.handle, part->pin);
    given.value = NULL;
    given_note(&given);
    if (house_sign_init(part->module, seat.handle, false) == CKR_OK && seat.meant != NULL)
        (void)house_sign_end(part->module, seat.handle, part->slot, false, seat.meant);
    (void)CALL(part->module, C_CloseSession, seat.handle);
    return NULL;
}

static void crowd_step(unsigned module)
{
    struct crowd_part parts[CROWD];
    pthread_t threads[CROWD];

    house_crowd(true);
    ledger.crowd = true;
    for (size_t i = 0; i < CROWD; i++) {
        parts[i] = (struct crowd_part){ .module = module, .slot = dice(SLOTS) };
        snprintf(parts[i].pin, sizeof(parts[i].pin), "%s", pin_now(parts[i].slot));
        pthread_create(&threads[i], NULL, crowd_run, &parts[i]);
    }
    for (size_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    ledger.crowd = false;
    house_crowd(false);
    answer_crowd(module);
}

/* ---- one sequence */

/* The options of both modules, and the kind of cards and readers they meet. */
static const char *sequence_options(void)
{
    static char words[120];
    static const char *const final_tries[] = { "", "final-try=refuse", "final-try=allow" };
    const unsigned final_try = dice(3);
    const bool hasty = dice(4) == 0;

    ledger.keep_last = final_try != 2;
    ledger.each = dice(4) == 0;
    ledger.pads = dice(4) == 0;
    ledger.silent = dice(6) == 0;
    ledger.forget_minutes[SIM_AUTH] = hasty ? 1 : 0;
    ledger.forget_minutes[SIM_SIGN] = hasty ? 2 : 15;
    snprintf(words, sizeof(words), "%s%s%s", final_tries[final_try],
             ledger.each ? " sign-pin=each" : "", hasty ? " forget-after=1,2" : "");
    return words;
}

/* A module remembers what was refused for as long as its process lives, so of the sequence
 * before that much may hold. */
static void ledger_clear(void)
{
    static struct ledger before;

    before = ledger;
    memset(&ledger, 0, sizeof(ledger));
    memset(ledger.told, 0xFF, sizeof(ledger.told));
    for (size_t i = before.refusal_count > KEPT ? before.refusal_count - KEPT : 0;
         i < before.refusal_count; i++) {
        ledger.refusals[ledger.refusal_count] = before.refusals[i];
        ledger.refusals[ledger.refusal_count].may = true;
        ledger.refusals[ledger.refusal_count++].any = true;
    }
}

static void sequence_play(unsigned long seed)
{
    const char *options = NULL;

    house_place("seed %lu, beginning", seed);
    alarm(SEED_SECONDS);
    ledger_clear();
    ledger.random = seed * 2654435761u + 12345;
    options = sequence_options();
    house_up(2, "", options, rules_event);
    house.open_excused = answer_open;
    for (unsigned i = 0; i < PROCESSES; i++)
        house.spies[i].queries = true;
    world_begin();
    for (unsigned m = 0; m < MODULES; m++)
        calls_begin(m);
    for (unsigned step = 0; step < STEPS; step++) {
        house_place("seed %lu (%s), step %u", seed, options, step);
        if (dice(4) == 0)
            world_step();
        else if (dice(25) == 0)
            crowd_step(dice(MODULES));
        else if (dice(12) == 0)
            tool_step();
        else
            calls_step(dice(MODULES));
    }
    house_place("seed %lu (%s), end", seed, options);
    world_rest();
    for (unsigned m = 0; m < MODULES; m++)
        calls_look(m);
    world_settle();
    for (unsigned m = 0; m < MODULES; m++)
        calls_settle(m);
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
    pid_t children[WORKERS];

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
    /* no process lives so long that its module remembers more than the ledger */
    for (unsigned long first = 1; good && first <= number; first += WORKERS * BLOCK) {
        const unsigned long left = (number - first + 1) / WORKERS;

        for (unsigned i = 0; i < WORKERS; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                good = seeds_play(first + i, left < BLOCK ? left : BLOCK, WORKERS);
                house_unload();
                exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
            }
        }
        for (unsigned i = 0; i < WORKERS; i++) {
            int status = 0;

            good = waitpid(children[i], &status, 0) == children[i] && status == 0 && good;
        }
    }
    printf("%lu seeds, %s\n", number / WORKERS * WORKERS,
           good ? "none failed" : "one failed at least");
    house_unload();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
