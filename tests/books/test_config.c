/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "config.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

START_TEST(defaults)
{
    struct config config;

    config_init(&config);
    ck_assert(config.slots[ROLE_AUTH] && config.slots[ROLE_SIGN]);
    ck_assert_str_eq(config.readers, "");
    ck_assert(!config.sign_pin_each && config.keep_last_try && !config.ca_certs &&
              !config.juki_try && !config.pin_any_form);
    ck_assert(config.pss && config.pinpad);
    ck_assert_uint_eq(config.forget_after[ROLE_AUTH], 0);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 15);
    ck_assert_str_eq(config.log, "off");
}
END_TEST

/* Every row's default, and every word of its list of values that is no placeholder, is
 * understood. */
START_TEST(rows_mean_what_they_say)
{
    const struct config_row *row;
    size_t count = 0;

    for (; (row = config_row_at(count)) != NULL; count++) {
        struct config config;
        char text[128], values[64];
        char *rest = values;

        config_init(&config);
        snprintf(text, sizeof(text), "%s=%s", row->key, row->fallback);
        ck_assert_msg(config_apply(&config, NULL, "test", text) == 0, "%s", text);
        snprintf(values, sizeof(values), "%s", row->values);
        for (char *value = strsep(&rest, "|"); value != NULL; value = strsep(&rest, "|")) {
            snprintf(text, sizeof(text), "%s=%s", row->key, value);
            if (value[0] >= 'a') {
                ck_assert_msg(config_apply(&config, NULL, "test", text) == 0, "%s", text);
            }
        }
        if (strcmp(row->key, "readers") != 0) {
            snprintf(text, sizeof(text), "%s=nonsense", row->key);
            ck_assert_msg(config_apply(&config, NULL, "test", text) == 1, "%s", text);
        }
    }
    ck_assert_uint_eq(count, 11);
}
END_TEST

START_TEST(every_option_arrives)
{
    struct config config;

    config_init(&config);
    ck_assert_uint_eq(
        config_apply(&config, NULL, "test",
                     "slots=sign readers=*CCID*\tsign-pin=each\nforget-after=3,4 final-try=refuse "
                     "ca-certs=yes pss=off pinpad=off juki=try log=stderr"),
        0);
    ck_assert(!config.slots[ROLE_AUTH] && config.slots[ROLE_SIGN]);
    ck_assert_str_eq(config.readers, "*CCID*");
    ck_assert(config.sign_pin_each && config.keep_last_try && config.ca_certs && config.juki_try);
    ck_assert(!config.pss && !config.pinpad);
    ck_assert_uint_eq(config.forget_after[ROLE_AUTH], 3);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 4);
    ck_assert_str_eq(config.log, "stderr");
    ck_assert_uint_eq(
        config_apply(&config, NULL, "test", "forget-after=7 slots=both pss=auto log=/var/log/x"),
        0);
    ck_assert_uint_eq(config.forget_after[ROLE_AUTH], 7);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 7);
    ck_assert(config.slots[ROLE_AUTH] && config.slots[ROLE_SIGN] && config.pss);
    ck_assert_str_eq(config.log, "/var/log/x");
}
END_TEST

START_TEST(comments_and_blanks)
{
    struct config config;

    config_init(&config);
    ck_assert_uint_eq(config_apply(&config, NULL, "test", ""), 0);
    ck_assert_uint_eq(config_apply(&config, NULL, "test",
                                   " \r\n\t # pss=off slots=none\n\n  ca-certs=yes# rest\n#"),
                      0);
    ck_assert(config.ca_certs && config.pss);
}
END_TEST

/* What people write who do not know the grammar, and all of it means final-try=allow. */
static const char *const manners[] = {
    "final-try = allow",
    "final-try: allow",
    "final-try :allow",
    "final-try\t=\tallow\r\n",
    "FINAL-TRY=Allow",
    "Final-Try= allow",
    "\xEF\xBB\xBF"
    "final-try=allow",
    "final-try=\"allow\"",
    "final-try='allow' # mine",
    "\"final-try=allow\"",
    "'final-try = allow'",
    "\"final-try\" = \"allow\"",
    "slots=both final-try = allow pss=auto",
};

START_TEST(written_in_another_manner)
{
    struct config config;

    config_init(&config);
    ck_assert_msg(config_apply(&config, NULL, "test", manners[_i]) == 0, "%s", manners[_i]);
    ck_assert_msg(!config.keep_last_try, "%s", manners[_i]);
}
END_TEST

START_TEST(names_with_blanks)
{
    struct config config;

    config_init(&config);
    ck_assert_uint_eq(
        config_apply(&config, NULL, "test", "readers=\"SCM Micro* 00 0[0-9] #1\" ca-certs=yes"), 0);
    ck_assert_str_eq(config.readers, "SCM Micro* 00 0[0-9] #1");
    ck_assert(config.ca_certs);
    ck_assert_uint_eq(
        config_apply(&config, NULL, "test", "readers = 'Gemalto PC \"Twin\"'\nlog=STDERR"), 0);
    ck_assert_str_eq(config.readers, "Gemalto PC \"Twin\"");
    ck_assert_str_eq(config.log, "stderr");
    ck_assert_uint_eq(config_apply(&config, NULL, "test", "readers=\"Gemalto PC\nca-certs=no"), 1);
    ck_assert_str_eq(config.readers, "Gemalto PC \"Twin\"");
    ck_assert_msg(!config.ca_certs, "a quote that is not closed ends with its line");
}
END_TEST

static const char *const nonsense[] = {
    "slot=auth",
    "slots",
    "=auth",
    "slots=",
    "slots=auths",
    "forget-after=-1",
    "forget-after=1,",
    "forget-after=,1",
    "forget-after=1,2,3",
    "forget-after=10081",
    "forget-after=99999999999999999999",
    "forget-after=1m",
    "log=",
    "log=relative",
    "slots =",
    "slots = pss=auto",
    "pss=autooff",
    "pss=aut",
    "\"slots=auth",
    "slots==auth",
    "\xFF\xFE"
    "s",
};

START_TEST(nonsense_is_counted_and_changes_nothing)
{
    struct config before, after;
    char text[128];

    config_init(&before);
    config_init(&after);
    ck_assert_msg(config_apply(&after, NULL, "test", nonsense[_i]) == 1, "%s", nonsense[_i]);
    if (strncmp(nonsense[_i], "forget-after", 12) == 0)
        before.forget_after[ROLE_AUTH] = 15;
    ck_assert_int_eq(memcmp(&before, &after, sizeof(before)), 0);
    snprintf(text, sizeof(text), "%s\nca-certs=yes %s", nonsense[_i], nonsense[_i]);
    ck_assert_uint_eq(config_apply(&after, NULL, "test", text), 2);
    ck_assert_msg(after.ca_certs, "a good word beside a bad one was lost");
}
END_TEST

/* Whatever is not understood, nothing is less safe than if somebody had meant the best by it. */
static const char *const slips[] = { "fnal-try=refuse",  "final-try refuse", "final_try=refuse",
                                     "finaltry: refuse", "final-try=",       "final-try=\"refuse",
                                     "ca-cert=yes",      "\xFF\xFE",         "final-try=pss=off" };

START_TEST(a_line_that_is_not_understood_is_never_less_safe)
{
    struct config config;

    config_init(&config);
    ck_assert_uint_eq(config_apply(&config, NULL, "test", "final-try=allow juki=try pin-form=any"),
                      0);
    ck_assert_uint_ge(config_apply(&config, NULL, "test", slips[_i]), 1);
    ck_assert_msg(config.keep_last_try && !config.juki_try && !config.pin_any_form, "%s",
                  slips[_i]);
    ck_assert_msg(!config.sign_pin_each && config.forget_after[ROLE_AUTH] == 0,
                  "%s: it says nothing of these", slips[_i]);
    ck_assert_uint_ge(config_apply(&config, NULL, "test", "sign_pin: each"), 1);
    ck_assert(config.sign_pin_each);
    ck_assert_uint_ge(config_apply(&config, NULL, "test", "forget after=5"), 1);
    ck_assert_uint_eq(config.forget_after[ROLE_AUTH], 15);
    ck_assert_uint_eq(config_apply(&config, NULL, "test", "forget-after=5"), 0);
    ck_assert_uint_ge(config_apply(&config, NULL, "test", "Forget-after=never"), 1);
    ck_assert_uint_eq(config.forget_after[ROLE_AUTH], 5);
    ck_assert_uint_eq(config_apply(&config, NULL, "test", "final-try=allow"), 0);
    ck_assert_msg(!config.keep_last_try, "a good line behind it counts");
}
END_TEST

START_TEST(long_values_are_refused)
{
    struct config config;
    char text[CONFIG_PATH_MAX + 16];
    size_t room;

    config_init(&config);
    room = strlen("readers=") + CONFIG_PATTERN_MAX;
    memset(text, 'x', sizeof(text));
    memcpy(text, "readers=", 8);
    text[room] = '\0';
    ck_assert_uint_eq(config_apply(&config, NULL, "test", text), 1);
    text[room - 1] = '\0';
    ck_assert_uint_eq(config_apply(&config, NULL, "test", text), 0);
    ck_assert_uint_eq(strlen(config.readers), CONFIG_PATTERN_MAX - 1);

    memset(text, 'x', sizeof(text));
    memcpy(text, "log=/", 5);
    text[4 + CONFIG_PATH_MAX] = '\0';
    ck_assert_uint_eq(config_apply(&config, NULL, "test", text), 1);
    text[4 + CONFIG_PATH_MAX - 1] = '\0';
    ck_assert_uint_eq(config_apply(&config, NULL, "test", text), 0);
}
END_TEST

Suite *config_suite(void)
{
    Suite *suite = suite_create("config");
    TCase *grammar = tcase_create("grammar");

    tcase_add_test(grammar, defaults);
    tcase_add_test(grammar, rows_mean_what_they_say);
    tcase_add_test(grammar, every_option_arrives);
    tcase_add_test(grammar, comments_and_blanks);
    tcase_add_loop_test(grammar, written_in_another_manner, 0,
                        (int)(sizeof(manners) / sizeof(manners[0])));
    tcase_add_test(grammar, names_with_blanks);
    tcase_add_loop_test(grammar, a_line_that_is_not_understood_is_never_less_safe, 0,
                        (int)(sizeof(slips) / sizeof(slips[0])));
    tcase_add_loop_test(grammar, nonsense_is_counted_and_changes_nothing, 0,
                        (int)(sizeof(nonsense) / sizeof(nonsense[0])));
    tcase_add_test(grammar, long_values_are_refused);
    suite_add_tcase(suite, grammar);
    return suite;
}
