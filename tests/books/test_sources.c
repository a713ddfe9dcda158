/* SPDX-License-Identifier: BSD-3-Clause */
/* Where options come from, and which of them win. */
#include "books.h"
#include "config.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Whose process this is, as config.c sees it: the tests may run as root. */
static uid_t fake_uid = 1000;

uid_t geteuid(void)
{
    return fake_uid;
}

static char folder[64];

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    snprintf(folder, sizeof(folder), "books-config-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    unsetenv("JPKI_PKCS11_OPTIONS");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("HOME");
    (void)unlink(JPKI_SYSCONF);
    fake_uid = 1000;
}

static void teardown(void)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/jpki-pkcs11.conf", folder);
    (void)unlink(path);
    snprintf(path, sizeof(path), "%s/log", folder);
    (void)unlink(path);
    (void)rmdir(folder);
    (void)unlink(JPKI_SYSCONF);
}

/* The absolute path of a file in the test's folder. */
static void path_make(const char *name, char ret_path[static 4096])
{
    char here[2048];

    ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
    snprintf(ret_path, 4096, "%s/%s%s%s", here, folder, name[0] ? "/" : "", name);
}

START_TEST(later_sources_win)
{
    struct config config;
    char path[4096], user_file[4096];

    path_make("", path);
    path_make("jpki-pkcs11.conf", user_file);
    file_write(JPKI_SYSCONF, "slots=auth forget-after=5 final-try=refuse\n");
    config_load(&config, "");
    ck_assert(!config.slots[ROLE_SIGN] && config.keep_last_try);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 5);

    file_write(user_file, "forget-after=6 # mine\nca-certs=yes\n");
    setenv("XDG_CONFIG_HOME", path, 1);
    config_load(&config, "");
    ck_assert(!config.slots[ROLE_SIGN] && config.keep_last_try && config.ca_certs);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 6);

    setenv("JPKI_PKCS11_OPTIONS", "forget-after=7 final-try=allow", 1);
    config_load(&config, "");
    ck_assert(!config.slots[ROLE_SIGN] && !config.keep_last_try && config.ca_certs);
    ck_assert_uint_eq(config.forget_after[ROLE_SIGN], 7);
}
END_TEST

START_TEST(root_reads_the_system_file_alone)
{
    struct config config;
    char path[4096], user_file[4096];

    path_make("", path);
    path_make("jpki-pkcs11.conf", user_file);
    file_write(JPKI_SYSCONF, "pss=off\n");
    file_write(user_file, "ca-certs=yes\n");
    setenv("XDG_CONFIG_HOME", path, 1);
    setenv("JPKI_PKCS11_OPTIONS", "pinpad=off", 1);
    fake_uid = 0;
    config_load(&config, "");
    ck_assert(!config.pss);
    ck_assert_msg(!config.ca_certs, "root read the user's file");
    ck_assert_msg(config.pinpad, "root read the environment");
}
END_TEST

/* A relative XDG_CONFIG_HOME does not count; HOME/.config does. */
START_TEST(home_is_the_second_choice)
{
    struct config config;
    char path[4096], below[4096 + 32], user_file[4096 + 64];

    path_make("", path);
    snprintf(below, sizeof(below), "%s/.config", path);
    ck_assert_int_eq(mkdir(below, 0700), 0);
    snprintf(user_file, sizeof(user_file), "%s/jpki-pkcs11.conf", below);
    file_write(user_file, "ca-certs=yes\n");
    setenv("HOME", path, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    config_load(&config, "");
    ck_assert(config.ca_certs);
    ck_assert_int_eq(unlink(user_file), 0);
    config_load(&config, "");
    ck_assert(!config.ca_certs);
    /* a folder of that name is as if nothing were there */
    ck_assert_int_eq(mkdir(user_file, 0700), 0);
    config_load(&config, "");
    ck_assert(!config.ca_certs);
    ck_assert_int_eq(rmdir(user_file), 0);
    ck_assert_int_eq(rmdir(below), 0);
}
END_TEST

START_TEST(a_huge_file_is_left_out)
{
    static char text[20000];
    struct config config;

    memset(text, ' ', sizeof(text) - 1);
    memcpy(text, "ca-certs=yes", 12);
    file_write(JPKI_SYSCONF, text);
    config_load(&config, "");
    ck_assert(!config.ca_certs);
    text[16383] = '\0'; /* the longest that is read */
    file_write(JPKI_SYSCONF, text);
    config_load(&config, "");
    ck_assert(config.ca_certs);
}
END_TEST

/* What cannot be read may say anything: it is as a line that nobody understands. */
START_TEST(a_file_against_us)
{
    struct config config;
    char path[4096], user_file[4096];
    static char text[20000];
    FILE *file;

    path_make("", path);
    path_make("jpki-pkcs11.conf", user_file);
    setenv("XDG_CONFIG_HOME", path, 1);
    file_write(JPKI_SYSCONF, "final-try=allow\n");
    memset(text, '#', sizeof(text) - 1);
    file_write(user_file, text);
    config_load(&config, "");
    ck_assert_msg(config.keep_last_try, "too long a file");
    file = fopen(user_file, "w"); /* as Windows writes "Unicode" */
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite("\xFF\xFE"
                             "f\0i\0n\0a\0l\0",
                             1, 12, file),
                      12);
    ck_assert_int_eq(fclose(file), 0);
    config_load(&config, "");
    ck_assert_msg(config.keep_last_try, "two bytes a letter");
}
END_TEST

struct heard {
    char text[1024];
};

static void hear(void *user, const char *source, unsigned number, struct slice text)
{
    struct heard *heard = user;
    size_t len = strlen(heard->text);

    snprintf(heard->text + len, sizeof(heard->text) - len, "%s:%u:%.*s|",
             source[0] == '/' ? "user" : source, number, (int)text.len, (const char *)text.ptr);
}

/* Each line once, as it stands there, whatever the log says. */
START_TEST(bad_lines_are_told)
{
    struct heard heard = { "" };
    struct config config;
    char path[4096], user_file[4096];

    path_make("", path);
    path_make("jpki-pkcs11.conf", user_file);
    setenv("XDG_CONFIG_HOME", path, 1);
    file_write(JPKI_SYSCONF, "pss=off\n\n # x\n  final-try refuse \"\r\nslots=auth\n");
    file_write(user_file, "\xEF\xBB\xBFredaers=\"a b\"");
    setenv("JPKI_PKCS11_OPTIONS", "log=off nonsense", 1);
    ck_assert_uint_eq(config_look(&config, &(struct config_ear){ hear, &heard }), 5);
    ck_assert_str_eq(heard.text,
                     JPKI_SYSCONF ":4:  final-try refuse \"|user:1:\xEF\xBB\xBFredaers=\"a b\"|"
                                  "JPKI_PKCS11_OPTIONS:1:log=off nonsense|");
    ck_assert(!config.pss && !config.slots[ROLE_SIGN]);
}
END_TEST

/* The log's own place is among the options, and what comes before it must still be told. */
START_TEST(nonsense_reaches_the_log)
{
    struct config config;
    char path[4096], options[4096 + 32], text[1024] = "";
    FILE *file;

    path_make("log", path);
    file_write(JPKI_SYSCONF, "flots=auth\n");
    snprintf(options, sizeof(options), "log=%s", path);
    setenv("JPKI_PKCS11_OPTIONS", options, 1);
    config_load(&config, "");
    log_close();
    file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, file), 0);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "flots=auth"));
    ck_assert_ptr_nonnull(strstr(text, JPKI_SYSCONF));
}
END_TEST

Suite *sources_suite(void)
{
    Suite *suite = suite_create("sources");
    TCase *sources = tcase_create("sources");

    tcase_add_checked_fixture(sources, setup, teardown);
    tcase_add_test(sources, later_sources_win);
    tcase_add_test(sources, root_reads_the_system_file_alone);
    tcase_add_test(sources, home_is_the_second_choice);
    tcase_add_test(sources, a_huge_file_is_left_out);
    tcase_add_test(sources, a_file_against_us);
    tcase_add_test(sources, bad_lines_are_told);
    tcase_add_test(sources, nonsense_reaches_the_log);
    suite_add_tcase(suite, sources);
    return suite;
}
