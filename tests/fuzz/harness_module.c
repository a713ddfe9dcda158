/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The whole module: calls from the input, over a transport that follows the input's plan of
 * mischief with a simulated card behind it.  Held after each call: a return code that the standard
 * permits; no more than one PIN sent; and, as long as the transport was honest, no PIN left
 * verified on the card.
 */
#include "calls.h"
#include "hostile.h"

#include "config.h"
#include "face.h"
#include "log.h"
#include "rig_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED, OPTIONS, CARD, PLAN, CALLS };

/* Numbers of the calls' rows. */
#define CALL(bytes) "\0" bytes
#define OPEN_AUTH CALL("\3\x09\0\0")
#define LOGIN CALL("\4\x0E\0\0\0")
static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [OPTIONS] = { "options", FUZZ_BLOB, 200, FUZZ_TEXT("log=stderr") },
    [CARD] = { "card", FUZZ_NUMBER, 4, FUZZ_TEXT("\0\0\0\0") },
    [PLAN] = { "plan", FUZZ_LIST, 2000, { NULL, 0 } },
    [CALLS] = { "calls", FUZZ_LIST, 2000,
                FUZZ_TEXT(CALL("\3\x03\0\0") OPEN_AUTH LOGIN CALL("\3\x11\0\0") CALL("\3\x12\0\x08")
                              CALL("\2\x13\0") CALL("\4\x16\0\2\1") CALL("\4\x17\0\0\x41")
                                  CALL("\2\x0F\0")) },
};

static const char *const cards[] = { "normal",  "nosign",   "android", "juki",    "oldcard",
                                     "nextgen", "bankcard", "lasttry", "pinless", "noauth" };
#define CARDS (sizeof(cards) / sizeof(cards[0]))

static char options[201];

const char *config_face(void)
{
    return options;
}

/* The options of the input alone: no file and no environment. */
void __wrap_config_load(struct config *config, const char *face);
void __wrap_config_load(struct config *config, const char *face)
{
    (void)face;
    config_init(config);
    (void)config_apply(config, NULL, "input", config_face());
    if (log_open(config->log) != JPKI_OK)
        log_close();
    /* twice says what was not understood where the log goes */
    (void)config_apply(config, NULL, "input", config_face());
}

/* A card that is as new; it is made once, since its keys take long to read. */
static struct sim_card *card_get(size_t index)
{
    static struct sim_card *made[CARDS];
    static const char *const fresh[] = { "pin-auth=1234", "pin-sign=ABC123", "tries-auth=3",
                                         "tries-sign=5" };
    char words[64];

    (void)snprintf(words, sizeof(words), "profile=%s", cards[index]);
    if (made[index] == NULL)
        made[index] = sim_card_new_words(words, NULL);
    if (made[index] == NULL)
        fuzz_fail("the card %s cannot be made", cards[index]);
    for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++)
        (void)sim_card_set(made[index], fresh[i]);
    (void)sim_card_set(made[index], words);
    sim_card_power_off(made[index]);
    return made[index];
}

static void call_judge(const char *function, CK_RV rv, const struct sim_card *card)
{
    if (!permitted(function, rv))
        fuzz_fail("%s answered 0x%lX, which the standard does not permit", function, rv);
    if (hostile_counts()->verifies > 1)
        fuzz_fail("%s sent %u PINs", function, hostile_counts()->verifies);
    if (hostile_honest() &&
        (sim_card_unlocked(card, SIM_AUTH) || sim_card_unlocked(card, SIM_SIGN)))
        fuzz_fail("%s left a PIN verified on the card", function);
}

static void calls_run(struct slice calls, const struct sim_card *card)
{
    struct caller caller = { .may_block = options[0] == '\0' };
    CK_INTERFACE *interface = NULL;
    CK_VERSION version = { 3, 2 };
    struct slice item;
    const char *function;

    if (C_GetInterface(NULL, &version, &interface, 0) != CKR_OK)
        fuzz_fail("no interface");
    caller.p11 = interface->pFunctionList;
    (void)caller.p11->C_Initialize(NULL);
    while (list_next(&calls, &item)) {
        CK_RV rv;

        *hostile_counts() = (struct hostile_counts){ 0 };
        rv = call_do(&caller, item, &function);
        if (function != NULL)
            call_judge(function, rv, card);
    }
    (void)caller.p11->C_Finalize(NULL);
}

static void run(const struct fuzz_case *input)
{
    static bool loaded;
    struct slice words = case_blob(input, OPTIONS);
    size_t index = case_number(input, CARD) % CARDS;
    struct sim_world *world;
    struct sim_card *card, *spare;

    wrap_pause();
    if (!loaded)
        tables_load();
    loaded = true;
    memcpy(options, words.ptr, words.len);
    options[words.len] = '\0';
    world = sim_world_new();
    card = card_get(index);
    spare = card_get((index + 1) % CARDS);
    if (world == NULL || !sim_world_add_reader(world, HOSTILE_READER_A) ||
        !sim_world_add_reader(world, HOSTILE_READER_B) ||
        !sim_world_insert(world, HOSTILE_READER_A, card))
        fuzz_fail("no world");
    hostile_begin(world, card, spare, case_blob(input, PLAN));
    wrap_resume();

    calls_run(case_blob(input, CALLS), card);

    wrap_pause();
    if (sim_world_open_handles(world) != 0)
        fuzz_fail("%u links or watches were left open", sim_world_open_handles(world));
    if (sim_world_violations(world) != 0)
        fuzz_fail("the transport was used against its contract");
    sim_world_free(world);
    wrap_resume();
}

const struct fuzz_harness fuzz_harness = { "module", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
