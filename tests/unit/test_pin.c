/* SPDX-License-Identifier: BSD-3-Clause */
/* PINs: what is asked before one is sent, what its answer means, and that nothing is ever sent twice. */
#include "unit.h"

#include <stdio.h>

static struct pin_result result;

/* A login on the scripted card with this script after recognition. */
#define LOGIN(use, ...) (unit_recognised(RECOGNISE __VA_ARGS__), login(use))

static enum jpki_err login(struct pin_use use)
{
    return card_login(&unit_card, &use, NULL, &result);
}

static void result_is(int tries, bool sent, bool accepted)
{
    ck_assert_int_eq(result.tries, tries);
    ck_assert_int_eq(result.sent, sent);
    ck_assert_int_eq(result.accepted, accepted);
}

START_TEST(tries_cost_two_exchanges)
{
    int tries = 0;

    unit_recognised(RECOGNISE IN(QUERY_AUTH_3) IN("> 0020009B\n< 63C1\n") IN("> 0020009B\n< 6984\n") IN("> 0020009B\n"
        "< 6983\n")
                    IN("> 0020009B\n< 63C0\n"));
    ok(card_tries(&unit_card, ROLE_AUTH, &tries));
    ck_assert_int_eq(tries, 3);
    ck_assert_uint_eq(unit_script.exchanges, 6);
    ok(card_tries(&unit_card, ROLE_SIGN, &tries));
    ck_assert_int_eq(tries, 1);
    for (int i = 0; i < 3; i++) {
        tries = 9;
        ok(card_tries(&unit_card, ROLE_SIGN, &tries));
        ck_assert_int_eq(tries, 0);
    }
    unit_finish();
}
END_TEST

START_TEST(query_falls_back_to_select)
{
    static const char *const refusals[] = { "6A86", "6A88", "6A82" };
    char text[1024];
    int tries;

    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_gt(snprintf(text, sizeof(text), RECOGNISE IN("> 00200098\n< %s\n> 00A4020C020018\n< 9000\n"
            "> 00200080\n< 63C2\n"),
                                  refusals[i]), 0);
        unit_recognised(text);
        ok(card_tries(&unit_card, ROLE_AUTH, &tries));
        ck_assert_int_eq(tries, 2);
        ck_assert(unit_card.pin_short_ids[ROLE_AUTH] == TRI_NO && unit_card.pin_short_ids[ROLE_SIGN] == TRI_UNKNOWN);
        unit_finish();
    }
    unit_recognised(RECOGNISE IN("> 0020009B\n< 6A88\n> 00A4020C02001B\n< 6A82\n"));
    fails("not-found", card_tries(&unit_card, ROLE_SIGN, &tries));
    unit_finish();
    unit_recognised(RECOGNISE IN("> 0020009B\n< 6A88\n> 00A4020C02001B\n< 9000\n> 00200080\n< 6A88\n"));
    fails("not-found", card_tries(&unit_card, ROLE_SIGN, &tries));
    ck_assert(unit_card.pin_short_ids[ROLE_SIGN] == TRI_UNKNOWN);
    unit_finish();
}
END_TEST

START_TEST(query_in_five_bytes_is_remembered)
{
    int tries;

    unit_recognised(RECOGNISE IN("> 00200098\n< 6700\n> 0020009800\n< 63C3\n") IN("> 0020009B00\n< 63C5\n")
                    IN("> 0020009B00\n< 6700\n"));
    ok(card_tries(&unit_card, ROLE_AUTH, &tries));
    ok(card_tries(&unit_card, ROLE_SIGN, &tries));
    ck_assert_int_eq(tries, 5);
    fails("refused", card_tries(&unit_card, ROLE_SIGN, &tries));
    unit_finish();
}
END_TEST

START_TEST(query_answers_without_a_number)
{
    static const char *const texts[] = { RECOGNISE IN("> 00200098\n< 9000\n"), RECOGNISE IN("> 00200098\n< 6300\n") };
    int tries = -7;

    for (size_t i = 0; i < 2; i++) {
        unit_recognised(texts[i]);
        fails("protocol", card_tries(&unit_card, ROLE_AUTH, &tries));
        ck_assert_int_eq(tries, -7);
        unit_finish();
    }
}
END_TEST

START_TEST(typed_login_queries_once_then_never)
{
    ok(LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP) IN(VERIFY_AUTH "< 9000\n" DROP)));
    result_is(3, true, true);
    ck_assert_uint_eq(unit_script.exchanges, 4 + 4);
    ok(login(use_typed(ROLE_AUTH)));
    ck_assert(!unit_card.dirty);
    ck_assert_uint_eq(unit_finish(), 4 + 3);
}
END_TEST

START_TEST(login_by_select_where_short_ids_fail)
{
    ok(LOGIN(use_typed(ROLE_AUTH), IN("> 00200098\n< 6A86\n> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n"
                                      "> 002000800431323334\n< 9000\n" DROP)
             IN("> 00A4020C020018\n< 9000\n> 002000800431323334\n< 9000\n" DROP)));
    ok(login(use_typed(ROLE_AUTH)));
    unit_finish();
}
END_TEST

START_TEST(wrong_and_blocked)
{
    fails("pin-wrong", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP)));
    result_is(2, true, false);
    unit_finish();
    fails("pin-blocked", LOGIN(use_typed(ROLE_AUTH), IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 63C0\n" DROP)));
    result_is(0, true, false);
    unit_finish();
    fails("pin-blocked", LOGIN(use_typed(ROLE_AUTH), IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 6984\n" DROP)));
    result_is(0, true, false);
    unit_finish();
    /* a blocked PIN is not sent at all once a query says so */
    fails("pin-blocked", LOGIN(use_typed(ROLE_AUTH), IN("> 00200098\n< 6984\n")));
    result_is(0, false, false);
    ck_assert(unit_card.pin_short_ids[ROLE_AUTH] == TRI_UNKNOWN); /* 6984 to any P2 proves no short EF id */
    unit_finish();
    fails("pin-wrong", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 6300\n> 00200098\n< 63C1\n" DROP)));
    result_is(1, true, false);
    unit_finish();
}
END_TEST

START_TEST(verify_is_never_repeated)
{
    static const char *const texts[] = {
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6C00\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6102\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6F00\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6700\n" QUERY_AUTH_3 DROP),
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        unit_recognised(texts[i]);
        fails("refused", login(use_typed(ROLE_AUTH)));
        result_is(3, true, false);
        unit_finish();
    }
}
END_TEST

START_TEST(lost_answer_asks_what_it_cost)
{
    fails("io", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n< 63C2\n" DROP)));
    result_is(2, true, false);
    ck_assert(unit_card.in_doubt && !unit_card.dirty);
    unit_finish();
    fails("io", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n! io\n" DROP)));
    result_is(TRIES_UNKNOWN, true, false);
    unit_finish();
    fails("protocol", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 90\n> 00200098\n< 63C3\n" DROP)));
    result_is(3, true, false);
    ck_assert(unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(card_gone_during_verify_needs_no_drop)
{
    fails("no-card", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "! no-card\n") "close leave\n"));
    result_is(TRIES_UNKNOWN, true, false);
    ck_assert(!unit_card.dirty);
    unit_finish();
}
END_TEST

START_TEST(reset_before_verify_begins_the_visit_anew)
{
    ok(LOGIN(use_typed(ROLE_AUTH), "begin\n" SELECT "> 00200098\n! reset\nend\nbegin reset\n" DROP SELECT QUERY_AUTH_3
                                   VERIFY_AUTH "< 9000\n" DROP "end\n"));
    result_is(3, true, true);
    unit_finish();
}
END_TEST

START_TEST(reset_during_verify_takes_the_power)
{
    fails("reset", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "! reset\n> 00A4040C07A0000001510000\n! reset\n"
                                                  "unpower\n")));
    result_is(TRIES_UNKNOWN, true, false);
    ck_assert(!unit_card.dirty && unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(drop_that_fails_takes_the_power)
{
    ok(LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP_FAILS "unpower\n")));
    ck_assert(!unit_card.dirty);
    unit_finish();
    fails("drop", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP_FAILS "unpower !io\n")
                        "begin\n" DROP SELECT VERIFY_AUTH "< 63C2\n" DROP "end\n"));
    result_is(3, true, true);
    ck_assert(unit_card.dirty);
    fails("pin-wrong", login(use_typed(ROLE_AUTH)));
    ck_assert(!unit_card.dirty);
    unit_finish();
    /* the work's own error wins over the drop's */
    fails("pin-wrong", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP_FAILS "unpower !io\n")));
    ck_assert(unit_card.dirty);
    unit_finish();
    /* pcscd gone: nobody can say that the card is locked */
    fails("drop", LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n> 00A4040C07A0000001510000\n"
        "! no-service\n"
                                                 "unpower !no-service\n") "close unpower\n"));
    ck_assert(unit_card.dirty && unit_card.link == NULL);
    unit_finish();
    /* pulled out at the drop: locked by that */
    ok(LOGIN(use_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n> 00A4040C07A0000001510000\n! no-card\n")
             "close leave\n"));
    ck_assert(!unit_card.dirty && unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(remembered_needs_the_full_counter)
{
    ok(LOGIN(use_remembered(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
    fails("pin-stale", LOGIN(use_remembered(ROLE_AUTH), IN("> 00200098\n< 63C2\n")));
    result_is(2, false, false);
    unit_finish();
    fails("pin-stale", LOGIN(use_remembered(ROLE_SIGN), IN("> 0020009B\n< 63C4\n")));
    unit_finish();
    fails("pin-blocked", LOGIN(use_remembered(ROLE_AUTH), IN("> 00200098\n< 63C0\n")));
    result_is(0, false, false);
    unit_finish();
    fails("protocol", LOGIN(use_remembered(ROLE_AUTH), IN("> 00200098\n< 9000\n")));
    result_is(TRIES_UNKNOWN, false, false);
    unit_finish();
}
END_TEST

START_TEST(remembered_needs_the_same_card_after_doubt)
{
    ok(LOGIN(use_remembered(ROLE_AUTH), "begin reset\n" DROP SELECT READ_HEAD QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP
        "end\n"));
    ck_assert(!unit_card.in_doubt);
    unit_finish();
    fails("card-changed", LOGIN(use_remembered(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n"
        "< 3082061F AB*252 9000\nend\n"));
    ck_assert(unit_card.in_doubt);
    unit_finish();
    fails("card-changed", LOGIN(use_remembered(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n< 6982\nend\n"));
    unit_finish();
    fails("io", LOGIN(use_remembered(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n! io\nend\n"));
    unit_finish();
}
END_TEST

START_TEST(remembered_without_a_head_is_logged_out)
{
    unit_start("open\n" IN(READ_INFO READ_BOTH "> 00B08A0000\n< 6982\n") "begin reset\n" DROP SELECT "end\n"
               IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP) IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP));
    ok(card_recognise(&unit_card));
    fails("card-changed", login(use_remembered(ROLE_AUTH)));
    /* typed and accepted: this is the card that the PIN belongs to */
    ok(login(use_typed(ROLE_AUTH)));
    ok(login(use_remembered(ROLE_AUTH)));
    unit_finish();
}
END_TEST

START_TEST(last_try_is_kept)
{
    struct pin_use use = use_typed(ROLE_AUTH);

    use.keep_last_try = true;
    fails("last-try", LOGIN(use, IN("> 00200098\n< 63C1\n")));
    result_is(1, false, false);
    unit_finish();
    ok(LOGIN(use, IN("> 00200098\n< 63C2\n" VERIFY_AUTH "< 9000\n" DROP) IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    ok(login(use));
    unit_finish();
    use.keep_last_try = false;
    ok(LOGIN(use, IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(veto_stops_before_verify)
{
    bool vetoed = true;
    struct pin_use use = use_typed(ROLE_AUTH);

    use.vetoed = &vetoed;
    fails("cancelled", LOGIN(use, IN(QUERY_AUTH_3)));
    result_is(3, false, false);
    unit_finish();
    vetoed = false;
    ok(LOGIN(use, IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(wrong_form_is_never_sent)
{
    struct pin_use use = use_typed(ROLE_AUTH);

    use.pin = DIGITS("123");
    fails("pin-form", LOGIN(use, IN("")));
    result_is(TRIES_UNKNOWN, false, false);
    unit_finish();
    use.pin = DIGITS("123a");
    fails("pin-form", LOGIN(use, IN("")));
    unit_finish();
    use.role = ROLE_SIGN;
    use.pin = DIGITS("abc123");
    fails("pin-form", LOGIN(use, IN("")));
    unit_finish();
}
END_TEST

START_TEST(login_reads_the_private_certificate)
{
    uint8_t room[CARD_CERT_MAX];
    struct buf cert = BUF_OVER(room);
    struct pin_use use = use_typed(ROLE_SIGN);

    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n< 3082013C DD*252 9000\n> 00B0010040\n"
        "< EE*64 9000\n"
                                 DROP));
    ok(card_login(&unit_card, &use, &cert, &result));
    ck_assert_uint_eq(cert.len, 320);
    ck_assert_uint_eq(unit_finish(), 6);
    /* a certificate that is not there leaves the login as good as it was */
    cert.len = 0;
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n< 6A82\n" DROP));
    ok(card_login(&unit_card, &use, &cert, &result));
    ck_assert_uint_eq(cert.len, 0);
    result_is(5, true, true);
    unit_finish();
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n< 3082013C DD*252 9000\n> 00B0010040\n"
                                 "< 6B00\n" DROP));
    ok(card_login(&unit_card, &use, &cert, &result));
    ck_assert_uint_eq(cert.len, 0);
    unit_finish();
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n! reset\n> 00A4040C07A0000001510000\n"
        "! reset\n"
                                 "unpower\n"));
    fails("reset", card_login(&unit_card, &use, &cert, &result));
    ck_assert_uint_eq(cert.len, 0);
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        tries_cost_two_exchanges,
        query_falls_back_to_select,
        query_in_five_bytes_is_remembered,
        query_answers_without_a_number,
        typed_login_queries_once_then_never,
        login_by_select_where_short_ids_fail,
        wrong_and_blocked,
        verify_is_never_repeated,
        lost_answer_asks_what_it_cost,
        card_gone_during_verify_needs_no_drop,
        reset_before_verify_begins_the_visit_anew,
        reset_during_verify_takes_the_power,
        drop_that_fails_takes_the_power,
        remembered_needs_the_full_counter,
        remembered_needs_the_same_card_after_doubt,
        remembered_without_a_head_is_logged_out,
        last_try_is_kept,
        veto_stops_before_verify,
        wrong_form_is_never_sent,
        login_reads_the_private_certificate,
    };

    return unit_run("pin", tests, sizeof(tests) / sizeof(tests[0]));
}
