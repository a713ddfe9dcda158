/* SPDX-License-Identifier: BSD-3-Clause */
#include "house.h"

#include "rig_inside.h"
#include "sim_inside.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

struct house house;
_Thread_local const char *house_call;
_Thread_local unsigned house_sent;

const char *rig_rv_name(CK_RV rv); /* of the behaviour tests' tables */

static struct {
    void *objects[MODULES];
    char place[160];
    atomic_uint faults;
    atomic_bool crowd;
    pthread_mutex_t lock;
} own = { .lock = PTHREAD_MUTEX_INITIALIZER };

void house_place(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pthread_mutex_lock(&own.lock);
    vsnprintf(own.place, sizeof(own.place), format, args);
    pthread_mutex_unlock(&own.lock);
    va_end(args);
}

void house_fault(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pthread_mutex_lock(&own.lock);
    printf("FAULT: %s: ", own.place);
    vprintf(format, args);
    printf("\n");
    fflush(stdout);
    pthread_mutex_unlock(&own.lock);
    va_end(args);
    atomic_fetch_add(&own.faults, 1);
}

unsigned house_faults(void)
{
    return atomic_load(&own.faults);
}

void house_crowd(bool crowd)
{
    atomic_store(&own.crowd, crowd);
}

const char *house_rv_name(CK_RV rv)
{
    return rig_rv_name(rv);
}

void house_begin(const char *function)
{
    house_call = function;
    house_sent = 0;
}

CK_RV house_judge(const char *function, CK_RV rv)
{
    if (!permitted(function, rv))
        house_fault("%s answered %s, which the standard does not permit", function,
                    rig_rv_name(rv));
    house_look(function, rv);
    return rv;
}

void house_look(const char *function, CK_RV rv)
{
    house_call = NULL;
    if (house_sent > 1)
        house_fault("%s sent %u PINs", function, house_sent);
    for (size_t i = 0; i < house.card_count && !atomic_load(&own.crowd); i++)
        for (int role = SIM_AUTH; role < SIM_ROLES; role++)
            if (sim_card_unlocked(house.cards[i], (enum sim_role)role) &&
                (house.open_excused == NULL ||
                 !house.open_excused(function, rv, i, (enum sim_role)role)))
                house_fault("after %s a PIN (role %d) is verified on card %zu", function, role, i);
}

/* dlsym answers a pointer to data where a function is meant. */
static void symbol_take(void *object, const char *name, void *ret_function)
{
    void *symbol = dlsym(object, name);

    if (symbol == NULL) {
        fprintf(stderr, "%s is not in the module\n", name);
        exit(EXIT_FAILURE);
    }
    memcpy(ret_function, &symbol, sizeof(symbol));
}

void house_load(void)
{
    static const char *const paths[MODULES] = { PLUG_FIRST, PLUG_SECOND };

    tables_load();
    for (size_t i = 0; i < MODULES; i++) {
        CK_INTERFACE *interface = NULL;
        CK_VERSION version = { 3, 2 };
        CK_C_GetInterface get = NULL;

        own.objects[i] = dlopen(paths[i], RTLD_NOW | RTLD_LOCAL);
        if (own.objects[i] == NULL) {
            fprintf(stderr, "%s\n", dlerror());
            exit(EXIT_FAILURE);
        }
        symbol_take(own.objects[i], "C_GetInterface", &get);
        symbol_take(own.objects[i], "plug_world", &house.plug_world[i]);
        symbol_take(own.objects[i], "plug_clock", &house.plug_clock[i]);
        if (get(NULL, &version, &interface, 0) != CKR_OK)
            exit(EXIT_FAILURE);
        house.p11[i] = interface->pFunctionList;
        house.program[i] = (struct program){ interface->pFunctionList, house_begin, house_judge };
    }
}

void house_unload(void)
{
    for (size_t i = 0; i < house.card_count; i++)
        sim_card_free(house.cards[i]);
    house.card_count = 0;
    for (size_t i = 0; i < MODULES; i++)
        dlclose(own.objects[i]);
    tables_free();
}

/* Keys cost time, so a card is made once for its words and set back to the state it was made in. */
static void cards_make(const char *words)
{
    static struct sim_options first[CARDS];
    static char made_of[128] = "-";
    char all[160];

    for (size_t i = 0; i < house.card_count && strcmp(words, made_of) == 0; i++) {
        sim_card_power_off(house.cards[i]);
        house.cards[i]->opt = first[i];
    }
    if (strcmp(words, made_of) == 0)
        return;
    for (size_t i = 0; i < house.card_count; i++)
        sim_card_free(house.cards[i]);
    for (house.card_count = 0; house.card_count < CARDS; house.card_count++) {
        snprintf(all, sizeof(all), "holder=%zu %s", house.card_count + 1, words);
        house.cards[house.card_count] = sim_card_new_words(all, NULL);
        if (house.cards[house.card_count] == NULL) {
            fprintf(stderr, "no card with the words %s\n", all);
            exit(EXIT_FAILURE);
        }
        first[house.card_count] = house.cards[house.card_count]->opt;
    }
    snprintf(made_of, sizeof(made_of), "%s", words);
}

void house_up(unsigned readers, const char *words, const char *options,
              void (*tell)(const struct spy_event *event))
{
    static const char *const names[] = { READER_A, READER_B };

    cards_make(words);
    house.world = sim_world_new();
    for (unsigned i = 0; i < readers; i++)
        if (!sim_world_add_reader(house.world, names[i]) ||
            !sim_world_insert(house.world, names[i], house.cards[i]))
            house_fault("the world could not be made");
    for (unsigned m = 0; m <= MODULES; m++)
        spy_init(&house.spies[m], house.world, m, tell);
    for (unsigned m = 0; m < MODULES; m++)
        house.plug_world[m](&house.spies[m].transport, options);
}

void house_down(void)
{
    for (unsigned m = 0; m < MODULES; m++)
        (void)CALL(m, C_Finalize, NULL);
    if (sim_world_open_handles(house.world) != 0)
        house_fault("%u handles are left open", sim_world_open_handles(house.world));
    if (sim_world_violations(house.world) != 0)
        house_fault("%u breaches of the transport's contract", sim_world_violations(house.world));
    sim_world_free(house.world);
    house.world = NULL;
}

void house_clock(unsigned long ms)
{
    for (unsigned m = 0; m < MODULES; m++)
        (void)house.plug_clock[m](ms);
}

const char *house_reader(CK_SLOT_ID slot)
{
    return slot < 2 ? READER_A : READER_B;
}

enum sim_role house_role(CK_SLOT_ID slot)
{
    return slot % 2 == 0 ? SIM_AUTH : SIM_SIGN;
}

const char *house_first_pin(enum sim_role role)
{
    return role == SIM_AUTH ? "1234" : "ABC123";
}
