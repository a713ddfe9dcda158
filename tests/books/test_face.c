/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"
#include "face.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(browsers_get_one_token_and_keep_the_last_try)
{
    struct config config;

    config_init(&config);
    ck_assert(config.slots[ROLE_SIGN]);
    ck_assert_uint_eq(config_apply(&config, NULL, "user", "slots=both final-try=allow"), 0);
    ck_assert(!config.keep_last_try);
    ck_assert_uint_eq(config_apply(&config, NULL, "face", config_face()), 0);
    ck_assert(config.slots[ROLE_AUTH]);
    ck_assert(!config.slots[ROLE_SIGN]);
    ck_assert(config.keep_last_try);
}
END_TEST

/* What the machine's own file says against it counts for nothing. */
START_TEST(no_option_takes_away_what_the_face_is_for)
{
    struct config config;
    FILE *file = fopen(JPKI_SYSCONF, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("slots=both final-try=allow ca-certs=yes\n", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    config_load(&config, config_face());
    ck_assert_int_eq(remove(JPKI_SYSCONF), 0);
    ck_assert(config.slots[ROLE_AUTH] && !config.slots[ROLE_SIGN]);
    ck_assert(config.keep_last_try);
    ck_assert(config.ca_certs);
}
END_TEST

/* A slip of the pen never makes the card less safe. */
START_TEST(a_misspelt_word_means_the_safer_one)
{
    struct config config;

    config_init(&config);
    (void)config_apply(&config, NULL, "test", "final-try=allow sign-pin=session juki=try");
    ck_assert(!config.keep_last_try && !config.sign_pin_each && config.juki_try);
    ck_assert_uint_eq(
        config_apply(&config, NULL, "test", "final-try=refuze sign-pin=eahc juki=refused"), 3);
    ck_assert(config.keep_last_try);
    ck_assert(config.sign_pin_each);
    ck_assert(!config.juki_try);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("face");
    TCase *tcase = tcase_create("face");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, browsers_get_one_token_and_keep_the_last_try);
    tcase_add_test(tcase, no_option_takes_away_what_the_face_is_for);
    tcase_add_test(tcase, a_misspelt_word_means_the_safer_one);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
