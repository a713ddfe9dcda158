/* SPDX-License-Identifier: BSD-3-Clause */
#include "rig.h"
#include "rig_inside.h"

#include "config.h"
#include "face.h"

#include <stdatomic.h>

struct rig rig;

static struct {
    const char *options;
    atomic_ulong awake_ms, asleep_ms;
    bool crowd;
} own = { .options = "" };

/* Seams put in by the linker, so that nothing of them is in the module: its clock, and the
 * sources of its options. */
uint64_t __real_clock_ms(void);
uint64_t __wrap_clock_ms(void);
uint64_t __real_clock_awake_ms(void);
uint64_t __wrap_clock_awake_ms(void);
void __wrap_config_load(struct config *config, const char *face);

uint64_t __wrap_clock_ms(void)
{
    return __real_clock_ms() + atomic_load(&own.awake_ms) + atomic_load(&own.asleep_ms);
}

uint64_t __wrap_clock_awake_ms(void)
{
    return __real_clock_awake_ms() + atomic_load(&own.awake_ms);
}

void __wrap_config_load(struct config *config, const char *face)
{
    (void)face;
    config_init(config);
    ck_assert_uint_eq(config_apply(config, NULL, "test", own.options), 0);
}

const char *config_face(void)
{
    return own.options;
}

void rig_options(const char *words)
{
    own.options = words;
}

void rig_clock(unsigned long ms)
{
    atomic_fetch_add(&own.awake_ms, ms);
}

void rig_sleep(unsigned long ms)
{
    atomic_fetch_add(&own.asleep_ms, ms);
}

void rig_crowd(bool crowd)
{
    own.crowd = crowd;
    if (!crowd)
        cards_judge("the threads");
}

void rig_before(const char *function)
{
    (void)function;
    if (!own.crowd)
        cards_note();
}

CK_RV rig_after(const char *function, CK_RV rv)
{
    if (!permitted(function, rv))
        ck_abort_msg("%s answered %s, which the standard does not permit", function,
                     rig_rv_name(rv));
    if (!own.crowd)
        cards_judge(function);
    return rv;
}

void rig_expect(CK_RV expected, CK_RV rv, const char *function, const char *file, int line)
{
    if (rv != expected)
        ck_abort_msg("%s:%d: %s answered %s instead of %s", file, line, function, rig_rv_name(rv),
                     rig_rv_name(expected));
}

void rig_up(void)
{
    CK_INTERFACE *interface = NULL;
    CK_VERSION version = { 3, 2 };

    rig.world = sim_world_new();
    ck_assert_ptr_nonnull(rig.world);
    sim_system_set(rig.world);
    ck_assert_uint_eq(C_GetInterface(NULL, &version, &interface, 0), CKR_OK);
    rig.p11 = interface->pFunctionList;
    rig.program = (struct program){ interface->pFunctionList, rig_before, rig_after };
}

void rig_down(void)
{
    (void)rig.p11->C_Finalize(NULL);
    ck_assert_uint_eq(sim_world_open_handles(rig.world), 0);
    ck_assert_uint_eq(sim_world_violations(rig.world), 0);
    sim_world_free(rig.world);
    for (size_t i = 0; i < rig.card_count; i++)
        sim_card_free(rig.cards[i]);
    rig.card_count = 0;
}

struct sim_card *rig_card(const char *words)
{
    struct sim_card *card = sim_card_new_words(words, NULL);

    ck_assert_ptr_nonnull(card);
    ck_assert_uint_lt(rig.card_count, RIG_CARDS);
    rig.cards[rig.card_count++] = card;
    return card;
}

struct sim_card *rig_reader(const char *reader, const char *words)
{
    struct sim_card *card = words == NULL ? NULL : rig_card(words);

    ck_assert(sim_world_add_reader(rig.world, reader));
    if (card != NULL)
        ck_assert(sim_world_insert(rig.world, reader, card));
    return card;
}

void rig_open(void)
{
    CK_ULONG count = 0;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
}

struct sim_card *rig_start(const char *words)
{
    struct sim_card *card = rig_reader(READER_A, words);

    rig_open();
    return card;
}

void rig_eject(const char *reader)
{
    ck_assert(sim_world_eject(rig.world, reader));
    rig_clock(1000);
}

void rig_insert(const char *reader, struct sim_card *card)
{
    ck_assert(sim_world_insert(rig.world, reader, card));
    rig_clock(1000);
}

void rig_swap(const char *reader, struct sim_card *card)
{
    ck_assert(sim_world_swap(rig.world, reader, card));
    rig_clock(1000);
}

void rig_fault(unsigned n, const char *kind)
{
    ck_assert(sim_world_fault(rig.world, READER_A, n, kind));
}

void rig_set(const char *word)
{
    ck_assert(sim_world_set(rig.world, READER_A, word));
}

struct sim_stats rig_stats(void)
{
    struct sim_stats stats = { 0 };

    if (sim_world_stats(rig.world, READER_A, &stats))
        ck_assert(sim_world_reset_stats(rig.world, READER_A));
    return stats;
}

unsigned rig_exchanges(void)
{
    return rig_stats().exchanges;
}

unsigned rig_tries(enum sim_role role)
{
    unsigned tries = 99;

    ck_assert(sim_world_tries(rig.world, READER_A, role, &tries));
    return tries;
}

int rig_main(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    SRunner *runner = NULL;
    int failed = 0;

    tables_load();
    tcase_set_timeout(cases, 120);
    tcase_add_checked_fixture(cases, rig_up, rig_down);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    tables_free();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
