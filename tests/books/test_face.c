/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include <check.h>
#include <stdlib.h>

START_TEST(browsers_get_one_token_and_keep_the_last_try)
{
    struct config config;

    config_init(&config);
    ck_assert(config.slots[ROLE_SIGN]);
    ck_assert_uint_eq(config_parse(&config, "user", "slots=both final-try=allow"), 0);
    ck_assert(!config.keep_last_try);
    ck_assert_uint_eq(config_parse(&config, "face", config_face()), 0);
    ck_assert(config.slots[ROLE_AUTH]);
    ck_assert(!config.slots[ROLE_SIGN]);
    ck_assert(config.keep_last_try);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face");
    TCase *tcase = tcase_create("face");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, browsers_get_one_token_and_keep_the_last_try);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
