/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit.h"

#include "card_read.h"

#include <stdlib.h>

struct script unit_script;
struct card unit_card;
static size_t before;

int unit_run_times(const char *suite_name, const TTest *const *tests, size_t count, int times)
{
    Suite *suite = suite_create(suite_name);
    SRunner *runner = srunner_create(suite);
    int failed;

    for (size_t i = 0; i < count; i++) {
        TCase *tcase = tcase_create(tests[i]->name);

        tcase_add_loop_test(tcase, tests[i], 0, times);
        suite_add_tcase(suite, tcase);
    }
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    if (srunner_ntests_run(runner) != (int)count * times)
        failed++;
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int unit_run(const char *suite_name, const TTest *const *tests, size_t count)
{
    return unit_run_times(suite_name, tests, count, 1);
}

void unit_start(const char *text)
{
    before = 0;
    script_init(&unit_script, text);
    card_init(&unit_card, &unit_script.transport, "Reader 00 00");
}

void unit_recognised(const char *text)
{
    enum jpki_err err;

    unit_start(text);
    err = card_recognise(&unit_card);
    ck_assert_msg(err == JPKI_OK && !unit_script.failed, "recognition: %s, %s", err_name(err),
                  unit_script.failure);
    before = unit_script.exchanges;
}

size_t unit_finish(void)
{
    const char *failure = script_failure(&unit_script);

    ck_assert_msg(failure == NULL, "%s", failure != NULL ? failure : "");
    return unit_script.exchanges - before;
}

struct guard_tell unit_tell;

enum jpki_err unit_pass(struct guard_ask ask)
{
    unit_tell = guard_pass(&unit_card, &ask);
    return unit_tell.why;
}

void unit_told(int tries, enum pin_fate pin)
{
    ck_assert_int_eq(unit_tell.tries, tries);
    ck_assert_int_eq(unit_tell.pin, pin);
}
