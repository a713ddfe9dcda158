/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the simulated card share: exchanges written as hex digits, and one runner. */
#ifndef TEST_SIM_H
#define TEST_SIM_H

#include "sim_card.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define SELECT_JPKI "00A4040C0AD392F000260100000001"
#define SELECT_ISD "00A4040C07A0000001510000"
#define VERIFY_AUTH "002000980431323334"
#define VERIFY_AUTH_WRONG "002000980439393939"
#define VERIFY_SIGN "0020009B06414243313233"
#define VERIFY_SIGN_WRONG "0020009B06414243393939"
#define DATA_32 "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

struct answer {
    uint8_t bytes[SIM_ANSWER_MAX];
    size_t len; /* of the data, without the status word */
    unsigned sw;
};

static inline size_t hex_bytes(const char *hex, uint8_t *ret_bytes)
{
    const size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        const char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
        ret_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return len;
}

static inline struct answer ask(struct sim_card *card, const char *hex)
{
    struct answer answer = { .sw = 0 };
    uint8_t cmd[512];
    const size_t len =
        sim_card_transmit(card, cmd, hex_bytes(hex, cmd), answer.bytes, sizeof(answer.bytes));

    if (len >= 2) {
        answer.len = len - 2;
        answer.sw = (unsigned)answer.bytes[len - 2] << 8 | answer.bytes[len - 1];
    }
    return answer;
}

static inline unsigned sw_of(struct sim_card *card, const char *hex)
{
    return ask(card, hex).sw;
}

#define ck_sw(card, hex, expected) ck_assert_uint_eq(sw_of(card, hex), expected)

/* A card of these words, under power, its JPKI application selected if it has one. */
static inline struct sim_card *card_ready(const char *words)
{
    struct sim_card *card = sim_card_new_words(words, NULL);

    ck_assert_ptr_nonnull(card);
    sim_card_power_on(card);
    (void)sw_of(card, SELECT_JPKI);
    sim_card_reset_stats(card);
    return card;
}

static inline unsigned tries_of(const struct sim_card *card, enum sim_role role)
{
    return sim_card_options(card)->role[role].tries;
}

static inline int run_cases(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *cases = tcase_create(name);
    SRunner *runner = NULL;
    int failed = 0;

    tcase_set_timeout(cases, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(cases, tests[i]);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define RUN_CASES(name, ...) \
    int main(void) \
    { \
        const TTest *const tests[] = { __VA_ARGS__ }; \
        return run_cases(name, tests, sizeof(tests) / sizeof(tests[0])); \
    }

#endif
