/* SPDX-License-Identifier: BSD-3-Clause */
/* As much of Check as tests/unit uses, for a C library that Debian has no Check for: each test
 * in a process of its own. */
#ifndef MUSL_CHECK_H
#define MUSL_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    const char *name;
    void (*run)(int _i);
} TTest;

typedef struct {
    const TTest *tests[64];
    int times, count, run, failed;
} Suite;
typedef Suite SRunner, TCase;

#define START_TEST(test) \
    static void test##_fn(int _i); \
    static const TTest test##_row = { #test, test##_fn }; \
    static const TTest *const test = &test##_row; \
    static void test##_fn(__attribute__((unused)) int _i)
#define END_TEST

#define ck_assert_msg(holds, ...) \
    ((holds) ? (void)0 \
             : (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), printf("\n"), \
                exit(EXIT_FAILURE)))
#define ck_assert(holds) ck_assert_msg(holds, "%s", #holds)
#define CK_NUMBERS(a, operator, b, type) \
    ck_assert_msg((type)(a) operator(type)(b), "%s " #operator" %s", #a, #b)
#define ck_assert_int_eq(a, b) CK_NUMBERS(a, ==, b, intmax_t)
#define ck_assert_int_ge(a, b) CK_NUMBERS(a, >=, b, intmax_t)
#define ck_assert_int_gt(a, b) CK_NUMBERS(a, >, b, intmax_t)
#define ck_assert_uint_eq(a, b) CK_NUMBERS(a, ==, b, uintmax_t)
#define ck_assert_uint_ge(a, b) CK_NUMBERS(a, >=, b, uintmax_t)
#define ck_assert_uint_le(a, b) CK_NUMBERS(a, <=, b, uintmax_t)
#define ck_assert_uint_lt(a, b) CK_NUMBERS(a, <, b, uintmax_t)
#define ck_assert_str_eq(a, b) ck_assert_msg(strcmp(a, b) == 0, "%s is \"%s\"", #a, a)
#define ck_assert_str_ne(a, b) ck_assert_msg(strcmp(a, b) != 0, "%s is \"%s\"", #a, a)
#define ck_assert_mem_eq(a, b, len) ck_assert_msg(memcmp(a, b, len) == 0, "%s", #a)
#define ck_assert_ptr_eq(a, b) ck_assert_msg((const void *)(a) == (const void *)(b), "%s", #a)
#define ck_assert_ptr_null(a) ck_assert_msg((a) == NULL, "%s", #a)
#define ck_assert_ptr_nonnull(a) ck_assert_msg((a) != NULL, "%s", #a)

/* One suite a program; cases and runner are the suite. */
static Suite check_suite;
#define suite_create(name) ((void)(name), &check_suite)
#define tcase_create(name) ((void)(name), &check_suite)
#define srunner_create(suite) (suite)
#define suite_add_tcase(suite, tcase) ((void)(suite), (void)(tcase))
#define tcase_add_loop_test(tcase, test, from, to) \
    ((tcase)->tests[(tcase)->count++] = (test), (tcase)->times = (to))
#define srunner_ntests_run(runner) ((runner)->run)
#define srunner_ntests_failed(runner) ((runner)->failed)
#define srunner_free(runner) ((void)(runner))
#define CK_NORMAL 0

static inline void srunner_run_all(Suite *suite, int how)
{
    (void)how;
    for (int i = 0; i < suite->count * suite->times; i++) {
        const TTest *test = suite->tests[i / suite->times];
        int status = -1;
        pid_t child;

        fflush(stdout);
        child = fork();
        if (child == 0) {
            test->run(i % suite->times);
            exit(EXIT_SUCCESS);
        }
        suite->run++;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
            printf("%s failed (0x%X)\n", test->name, (unsigned)status);
            suite->failed++;
        }
    }
    printf("%d tests, %d failed\n", suite->run, suite->failed);
}

#endif
