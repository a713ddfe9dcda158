/* SPDX-License-Identifier: BSD-3-Clause */
/* PINs: what is asked before one is sent, what its answer means, and that nothing is ever sent
 * twice. */
#include "unit.h"

#include <stdio.h>

/* A login on the scripted card with this script after recognition. */
#define LOGIN(ask, ...) (unit_recognised(RECOGNISE __VA_ARGS__), unit_pass(ask))

START_TEST(tries_cost_two_exchanges)
{
    int tries = 0;

    unit_recognised(RECOGNISE IN(QUERY_AUTH_3) IN("> 0020009B\n< 63C1\n") IN("> 0020009B\n< 6984\n")
                        IN("> 0020009B\n"
                           "< 6983\n") IN("> 0020009B\n< 63C0\n"));
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ck_assert_int_eq(tries, 3);
    ck_assert_uint_eq(unit_script.exchanges, 6);
    ok(guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    ck_assert_int_eq(tries, 1);
    for (int i = 0; i < 3; i++) {
        tries = 9;
        ok(guard_tries(&unit_card, ROLE_SIGN, false, &tries));
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
        ck_assert_int_gt(snprintf(text, sizeof(text),
                                  RECOGNISE IN("> 00200098\n< %s\n> 00A4020C020018\n< 9000\n"
                                               "> 00200080\n< 63C2\n"),
                                  refusals[i]),
                         0);
        unit_recognised(text);
        ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
        ck_assert_int_eq(tries, 2);
        ck_assert(unit_card.pin_short_ids[ROLE_AUTH] == TRI_NO &&
                  unit_card.pin_short_ids[ROLE_SIGN] == TRI_UNKNOWN);
        unit_finish();
    }
    unit_recognised(RECOGNISE IN("> 0020009B\n< 6A88\n> 00A4020C02001B\n< 6A82\n"));
    fails("not-found", guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    unit_finish();
    unit_recognised(
        RECOGNISE IN("> 0020009B\n< 6A88\n> 00A4020C02001B\n< 9000\n> 00200080\n< 6A88\n"));
    fails("not-found", guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    ck_assert(unit_card.pin_short_ids[ROLE_SIGN] == TRI_UNKNOWN);
    unit_finish();
}
END_TEST

START_TEST(query_in_five_bytes_is_remembered)
{
    int tries;

    unit_recognised(RECOGNISE IN("> 00200098\n< 6700\n> 0020009800\n< 63C3\n")
                        IN("> 0020009B00\n< 63C5\n") IN("> 0020009B00\n< 6700\n"));
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ok(guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    ck_assert_int_eq(tries, 5);
    fails("refused", guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    unit_finish();
}
END_TEST

START_TEST(query_answers_without_a_number)
{
    static const char *const texts[] = { RECOGNISE IN("> 00200098\n< 9000\n"),
                                         RECOGNISE IN("> 00200098\n< 6300\n") };
    int tries = -7;

    for (size_t i = 0; i < 2; i++) {
        unit_recognised(texts[i]);
        fails("protocol", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
        ck_assert_int_eq(tries, -7);
        unit_finish();
    }
}
END_TEST

START_TEST(the_counter_is_asked_before_every_verify)
{
    ok(LOGIN(ask_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)
                                       IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    unit_told(3, PIN_ACCEPTED);
    ck_assert_uint_eq(unit_script.exchanges, 4 + 4);
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(!unit_card.dirty);
    ck_assert_uint_eq(unit_finish(), 4 + 4);
}
END_TEST

START_TEST(login_by_select_where_short_ids_fail)
{
    ok(LOGIN(
        ask_typed(ROLE_AUTH),
        IN("> 00200098\n< 6A86\n> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n"
           "> 002000800431323334\n< 9000\n" DROP)
            IN("> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n> 002000800431323334\n< 9000\n" DROP)));
    ok(unit_pass(ask_typed(ROLE_AUTH)));
    unit_finish();
}
END_TEST

START_TEST(wrong_and_blocked)
{
    static const char *const heavy[] = {
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6983\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6984\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C0\n" QUERY_AUTH_3 DROP),
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 6A88\n" QUERY_AUTH_3 DROP),
    };

    fails("pin-wrong", LOGIN(ask_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP)));
    unit_told(2, PIN_REFUSED);
    unit_finish();
    fails("pin-blocked",
          LOGIN(ask_typed(ROLE_AUTH), IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 63C0\n"
                                         "> 00200098\n< 63C0\n" DROP)));
    unit_told(0, PIN_REFUSED);
    unit_finish();
    fails("pin-blocked",
          LOGIN(ask_typed(ROLE_AUTH), IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 6984\n"
                                         "> 00200098\n< 6984\n" DROP)));
    unit_told(0, PIN_REFUSED);
    unit_finish();
    /* "locked" is believed only from the counter */
    for (size_t i = 0; i < sizeof(heavy) / sizeof(heavy[0]); i++) {
        unit_recognised(heavy[i]);
        ck_assert(unit_pass(ask_typed(ROLE_AUTH)) != JPKI_ERR_PIN_BLOCKED);
        unit_told(3, PIN_UNKNOWN);
        unit_finish();
    }
    /* a blocked PIN is not sent at all once a query says so */
    fails("pin-blocked", LOGIN(ask_typed(ROLE_AUTH), IN("> 00200098\n< 6984\n")));
    unit_told(0, PIN_NOT_SENT);
    /* 6984 to any P2 proves no short EF id */
    ck_assert(unit_card.pin_short_ids[ROLE_AUTH] == TRI_UNKNOWN);
    unit_finish();
    fails("pin-wrong", LOGIN(ask_typed(ROLE_AUTH),
                             IN(QUERY_AUTH_3 VERIFY_AUTH "< 6300\n> 00200098\n< 63C1\n" DROP)));
    unit_told(1, PIN_REFUSED);
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
        fails("refused", unit_pass(ask_typed(ROLE_AUTH)));
        unit_told(3, PIN_UNKNOWN);
        unit_finish();
    }
}
END_TEST

START_TEST(lost_answer_asks_what_it_cost)
{
    fails("pin-wrong", LOGIN(ask_typed(ROLE_AUTH),
                             IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n< 63C2\n" DROP)));
    unit_told(2, PIN_REFUSED);
    ck_assert(unit_card.in_doubt && !unit_card.dirty);
    unit_finish();
    fails("io", LOGIN(ask_typed(ROLE_AUTH),
                      IN(QUERY_AUTH_3 VERIFY_AUTH "! io\n> 00200098\n! io\n" DROP)));
    unit_told(TRIES_UNKNOWN, PIN_UNKNOWN);
    unit_finish();
    fails("protocol", LOGIN(ask_typed(ROLE_AUTH),
                            IN(QUERY_AUTH_3 VERIFY_AUTH "< 90\n> 00200098\n< 63C3\n" DROP)));
    unit_told(3, PIN_UNKNOWN);
    ck_assert(unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(card_gone_during_verify_needs_no_drop)
{
    fails("no-card",
          LOGIN(ask_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "! no-card\n") "close leave\n"));
    unit_told(TRIES_UNKNOWN, PIN_UNKNOWN);
    ck_assert(!unit_card.dirty);
    unit_finish();
}
END_TEST

START_TEST(reset_before_verify_begins_the_visit_anew)
{
    ok(LOGIN(ask_typed(ROLE_AUTH),
             "begin\n" SELECT "> 00200098\n! reset\nend\nbegin reset\n" DROP SELECT READ_HEAD
                 QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP "end\n"));
    unit_told(3, PIN_ACCEPTED);
    unit_finish();
}
END_TEST

START_TEST(reset_during_verify_takes_the_power)
{
    fails("reset", LOGIN(ask_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH
                                                  "! reset\n> 00A4040C07A0000001510000\n! reset\n"
                                                  "unpower\n" SELECT PROOF "< 6982\n")));
    unit_told(TRIES_UNKNOWN, PIN_UNKNOWN);
    ck_assert(!unit_card.dirty && unit_card.in_doubt && unit_tell.lock == LOCK_SURE);
    unit_finish();
}
END_TEST

START_TEST(drop_that_fails_takes_the_power)
{
    ok(LOGIN(ask_typed(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH
                                      "< 9000\n" DROP_FAILS "unpower\n" SELECT PROOF "< 6982\n")));
    ck_assert(!unit_card.dirty && unit_tell.lock == LOCK_SURE);
    unit_finish();
    fails("drop", LOGIN(ask_typed(ROLE_AUTH),
                        IN(QUERY_AUTH_3 VERIFY_AUTH
                           "< 9000\n" DROP_FAILS
                           "unpower !io\n") "begin\n" DROP SELECT READ_HEAD QUERY_AUTH_3 VERIFY_AUTH
                                            "< 63C2\n" DROP "end\n"));
    unit_told(3, PIN_ACCEPTED);
    ck_assert(unit_card.dirty && unit_tell.lock == LOCK_OPEN);
    fails("pin-wrong", unit_pass(ask_typed(ROLE_AUTH)));
    ck_assert(!unit_card.dirty);
    unit_finish();
    /* the work's own error wins over the drop's */
    fails("pin-wrong", LOGIN(ask_typed(ROLE_AUTH),
                             IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP_FAILS "unpower !io\n")));
    ck_assert(unit_card.dirty && unit_tell.lock == LOCK_OPEN);
    unit_finish();
    /* pcscd gone: nobody can say that the card is locked */
    fails("drop", LOGIN(ask_typed(ROLE_AUTH),
                        IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n> 00A4040C07A0000001510000\n"
                                                    "! no-service\n"
                                                    "unpower !no-service\n") "close unpower\n"));
    ck_assert(unit_card.dirty && unit_card.link == NULL);
    unit_finish();
    /* pulled out at the drop: locked by that */
    ok(LOGIN(ask_typed(ROLE_AUTH),
             IN(QUERY_AUTH_3 VERIFY_AUTH
                "< 9000\n> 00A4040C07A0000001510000\n! no-card\n") "close leave\n"));
    ck_assert(!unit_card.dirty && unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(remembered_needs_the_full_counter)
{
    ok(LOGIN(ask_kept(ROLE_AUTH), IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
    fails("pin-stale", LOGIN(ask_kept(ROLE_AUTH), IN("> 00200098\n< 63C2\n")));
    unit_told(2, PIN_NOT_SENT);
    unit_finish();
    fails("pin-stale", LOGIN(ask_kept(ROLE_SIGN), IN("> 0020009B\n< 63C4\n")));
    unit_finish();
    fails("pin-blocked", LOGIN(ask_kept(ROLE_AUTH), IN("> 00200098\n< 63C0\n")));
    unit_told(0, PIN_NOT_SENT);
    unit_finish();
    fails("protocol", LOGIN(ask_kept(ROLE_AUTH), IN("> 00200098\n< 9000\n")));
    unit_told(TRIES_UNKNOWN, PIN_NOT_SENT);
    unit_finish();
}
END_TEST

START_TEST(every_pin_needs_the_same_card_after_doubt)
{
    fails("card-changed", LOGIN(ask_typed(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n"
                                                      "< 3082061F AB*252 9000\nend\n"));
    unit_told(TRIES_UNKNOWN, PIN_NOT_SENT);
    unit_finish();
    ok(LOGIN(ask_kept(ROLE_AUTH), "begin reset\n" DROP SELECT READ_HEAD QUERY_AUTH_3 VERIFY_AUTH
                                  "< 9000\n" DROP "end\n"));
    ck_assert(!unit_card.in_doubt);
    unit_finish();
    fails("card-changed", LOGIN(ask_kept(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n"
                                                     "< 3082061F AB*252 9000\nend\n"));
    ck_assert(unit_card.in_doubt);
    unit_finish();
    /* a status word in place of the card's words is no proof of another card, and none of this
     * one */
    fails("refused",
          LOGIN(ask_kept(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n< 6982\nend\n"));
    ck_assert(unit_card.in_doubt);
    unit_finish();
    fails("io",
          LOGIN(ask_kept(ROLE_AUTH), "begin reset\n" DROP SELECT "> 00B08A0000\n! io\nend\n"));
    unit_finish();
}
END_TEST

START_TEST(last_try_is_kept)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH);

    ask.keep_last_try = true;
    fails("last-try", LOGIN(ask, IN("> 00200098\n< 63C1\n")));
    unit_told(1, PIN_NOT_SENT);
    unit_finish();
    ok(LOGIN(ask, IN("> 00200098\n< 63C2\n" VERIFY_AUTH "< 9000\n" DROP)
                      IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    ok(unit_pass(ask));
    unit_finish();
    ask.keep_last_try = false;
    ok(LOGIN(ask, IN("> 00200098\n< 63C1\n" VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(veto_stops_before_verify)
{
    atomic_bool vetoed = true;
    struct guard_ask ask = ask_typed(ROLE_AUTH);

    ask.veto = &vetoed;
    fails("cancelled", LOGIN(ask, IN(QUERY_AUTH_3)));
    unit_told(3, PIN_NOT_SENT);
    unit_finish();
    vetoed = false;
    ok(LOGIN(ask, IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(wrong_form_is_never_sent)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH);

    ask.pin = DIGITS("123");
    fails("pin-form", LOGIN(ask, ""));
    unit_told(TRIES_UNKNOWN, PIN_NOT_SENT);
    unit_finish();
    ask.pin = DIGITS("123a");
    fails("pin-form", LOGIN(ask, ""));
    unit_finish();
    ask.role = ROLE_SIGN;
    ask.pin = DIGITS("abc123");
    fails("pin-form", LOGIN(ask, ""));
    unit_finish();
    /* no password is digits or letters alone, unless its owner says so */
    ask.pin = DIGITS("123456");
    fails("pin-form", LOGIN(ask, ""));
    unit_finish();
    ask.pin = DIGITS("ABCDEF");
    fails("pin-form", LOGIN(ask, ""));
    unit_finish();
    ask.any_form = true;
    ok(LOGIN(ask, IN(QUERY_SIGN_5 "> 0020009B06414243444546\n< 9000\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(login_reads_the_private_certificate)
{
    uint8_t room[CARD_CERT_MAX];
    struct buf cert = BUF_OVER(room);
    struct guard_ask ask = ask_typed(ROLE_SIGN);

    ask.out = &cert;
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN
                                 "< 9000\n> 00B0810000\n< 3082013C DD*252 9000\n> 00B0010040\n"
                                 "< EE*64 9000\n" DROP));
    ok(unit_pass(ask));
    ck_assert_uint_eq(cert.len, 320);
    ck_assert_uint_eq(unit_finish(), 6);
    /* a certificate that is not there leaves the login as good as it was */
    cert.len = 0;
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n< 6A82\n" DROP));
    ok(unit_pass(ask));
    ck_assert_uint_eq(cert.len, 0);
    unit_told(5, PIN_ACCEPTED);
    unit_finish();
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN
                                 "< 9000\n> 00B0810000\n< 3082013C DD*252 9000\n> 00B0010040\n"
                                 "< 6B00\n" DROP));
    ok(unit_pass(ask));
    ck_assert_uint_eq(cert.len, 0);
    unit_finish();
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN
                                 "< 9000\n> 00B0810000\n! reset\n> 00A4040C07A0000001510000\n"
                                 "! reset\n"
                                 "unpower\n" SELECT "> 802A009A 20 00*32 00\n< 6982\n"));
    fails("reset", unit_pass(ask));
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
        the_counter_is_asked_before_every_verify,
        login_by_select_where_short_ids_fail,
        wrong_and_blocked,
        verify_is_never_repeated,
        lost_answer_asks_what_it_cost,
        card_gone_during_verify_needs_no_drop,
        reset_before_verify_begins_the_visit_anew,
        reset_during_verify_takes_the_power,
        drop_that_fails_takes_the_power,
        remembered_needs_the_full_counter,
        every_pin_needs_the_same_card_after_doubt,
        last_try_is_kept,
        veto_stops_before_verify,
        wrong_form_is_never_sent,
        login_reads_the_private_certificate,
    };

    return unit_run("pin", tests, sizeof(tests) / sizeof(tests[0]));
}
