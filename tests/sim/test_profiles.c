/* SPDX-License-Identifier: BSD-3-Clause */
/* One row a profile: the answers by which a program tells one kind of card from another. */
#include "test_sim.h"

struct profile_answers {
    const char *profile;
    unsigned select;    /* the JPKI application */
    unsigned auth_cert; /* READ of EF 000A by its id, without a PIN */
    unsigned sign_cert; /* READ of EF 0001, without a PIN */
    unsigned auth_query, sign_query;
    unsigned pss;       /* the probe */
    unsigned available; /* READ of EF 0008 */
};

static const struct profile_answers rows[] = {
    { "normal", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6986, 0x9000 },
    { "contact", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6986, 0x9000 },
    { "nosign", 0x9000, 0x9000, 0x6A82, 0x63C3, 0x6A88, 0x6986, 0x9000 },
    { "noauth", 0x9000, 0x6A82, 0x6982, 0x6A88, 0x63C5, 0x6986, 0x9000 },
    { "nocert", 0x9000, 0x6A82, 0x6A82, 0x6A88, 0x6A88, 0x6986, 0x9000 },
    { "android", 0x9000, 0x6982, 0x6982, 0x63C3, 0x63C5, 0x6986, 0x9000 },
    { "iphone", 0x9000, 0x6982, 0x6982, 0x63C3, 0x63C5, 0x6986, 0x9000 },
    { "juki", 0x9000, 0x6A82, 0x6982, 0x6A82, 0x63C5, 0x6A86, 0x9000 },
    { "pinless", 0x9000, 0x9000, 0x6A82, 0x6984, 0x6984, 0x6986, 0x9000 },
    { "authblocked", 0x9000, 0x9000, 0x6982, 0x63C0, 0x63C5, 0x6986, 0x9000 },
    { "signblocked", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C0, 0x6986, 0x9000 },
    { "lasttry", 0x9000, 0x9000, 0x6982, 0x63C1, 0x63C1, 0x6986, 0x9000 },
    { "nopss", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6A86, 0x9000 },
    { "oldcard", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6A86, 0x6A82 },
    { "newer", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6986, 0x9000 },
    { "newkey", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6A86, 0x9000 },
    { "nextgen", 0x9000, 0x9000, 0x6982, 0x63C3, 0x63C5, 0x6A86, 0x9000 },
    { "bankcard", 0x6A82, 0x6D00, 0x6D00, 0x6D00, 0x6D00, 0x6D00, 0x6D00 },
    { "yubikey", 0x6A82, 0x6D00, 0x6D00, 0x6D00, 0x6D00, 0x6D00, 0x6D00 },
};

/* Select a file and then send the command; the selection's own refusal, if it is one. */
static unsigned sw_in(struct sim_card *card, const char *fid, const char *command)
{
    char select[32];
    unsigned sw = 0;

    snprintf(select, sizeof(select), "00A4020C02%s", fid);
    sw = sw_of(card, select);
    return sw != 0x9000 && sw_of(card, SELECT_JPKI) == 0x9000 ? sw : sw_of(card, command);
}

START_TEST(every_profile_answers_as_it_should)
{
    const struct profile_answers *row = &rows[_i];
    char words[64];
    struct sim_card *card = NULL;

    snprintf(words, sizeof(words), "profile=%s", row->profile);
    card = sim_card_new_words(words, NULL);
    ck_assert_ptr_nonnull(card);
    sim_card_power_on(card);
    ck_assert_msg(sw_of(card, SELECT_JPKI) == row->select, "%s: select", row->profile);
    ck_assert_msg(sw_of(card, "802A0480") == row->pss, "%s: pss", row->profile);
    ck_assert_msg(sw_in(card, "000A", "00B0000004") == row->auth_cert, "%s: 000A", row->profile);
    ck_assert_msg(sw_in(card, "0001", "00B0000004") == row->sign_cert, "%s: 0001", row->profile);
    ck_assert_msg(sw_in(card, "0018", "00200080") == row->auth_query, "%s: 0018", row->profile);
    ck_assert_msg(sw_in(card, "001B", "00200080") == row->sign_query, "%s: 001B", row->profile);
    ck_assert_msg(sw_in(card, "0008", "00B0000001") == row->available, "%s: 0008", row->profile);
    sim_card_free(card);
}
END_TEST

static void label_compare(const char *words, const char *label)
{
    struct sim_card *card = card_ready(words);
    struct answer answer = ask(card, "00B0860020");

    ck_assert_uint_eq(answer.sw, 0x9000);
    ck_assert_mem_eq(answer.bytes, label, strlen(label));
    ck_assert_uint_eq(answer.bytes[strlen(label)], ' ');
    sim_card_free(card);
}

START_TEST(labels)
{
    label_compare("profile=normal", "JPKIAPICCTOKEN2");
    label_compare("profile=android", "JPKIAPGPSETOKEN");
    label_compare("profile=iphone", "JPKIAPIOSTOKEN");
    label_compare("profile=juki", "JPKIAPICCTOKEN");
}
END_TEST

START_TEST(android_certificate_after_its_pin)
{
    struct sim_card *card = card_ready("profile=android");

    ck_sw(card, "00B08A0004", 0x6982);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "00B08A0004", 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(another_application_notices)
{
    struct sim_card *card = sim_card_new_words("profile=yubikey", NULL);

    sim_card_power_on(card);
    ck_sw(card, "00A4040006D27600012401", 0x9000);
    ck_assert_uint_eq(sim_card_stats(card)->app_changes, 1);
    ck_sw(card, SELECT_JPKI, 0x6A82);
    ck_assert_uint_eq(sim_card_stats(card)->app_changes, 1);
    ck_sw(card, SELECT_ISD, 0x9000);
    ck_assert_uint_eq(sim_card_stats(card)->app_changes, 2);
    sim_card_free(card);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profiles");
    TCase *cases = tcase_create("profiles");
    SRunner *runner = srunner_create(suite);
    int failed = 0;

    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, every_profile_answers_as_it_should, 0,
                        (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(cases, labels);
    tcase_add_test(cases, android_certificate_after_its_pin);
    tcase_add_test(cases, another_application_notices);
    suite_add_tcase(suite, cases);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
