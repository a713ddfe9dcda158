/* SPDX-License-Identifier: BSD-3-Clause */
/* Keypads, PIN changes, and arguments that no card is asked with. */
#include "unit.h"

#include "card_read.h"

/* A login on the scripted card with this script after recognition. */
#define LOGIN(ask, ...) (unit_recognised(RECOGNISE __VA_ARGS__), unit_pass(ask))

START_TEST(keypad)
{
    struct guard_ask ask = ask_keypad(ROLE_AUTH);

    ok(LOGIN(ask, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n< 9000\n" DROP)));
    unit_told(3, PIN_ACCEPTED);
    unit_finish();
    fails("pin-wrong", LOGIN(ask, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n< 63C2\n" DROP)));
    unit_told(2, PIN_REFUSED);
    unit_finish();
    fails("cancelled", LOGIN(ask, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! cancelled\n" DROP)));
    unit_told(3, PIN_NOT_SENT);
    ck_assert(!unit_card.in_doubt);
    unit_finish();
    fails("timeout", LOGIN(ask, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! timeout\n" DROP)));
    unit_finish();
    fails("pin-wrong",
          LOGIN(ask, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! io\n> 00200098\n< 63C2\n" DROP)));
    unit_told(2, PIN_REFUSED);
    unit_finish();
    ask.role = ROLE_SIGN; /* letters */
    fails("unsupported", LOGIN(ask, ""));
    unit_finish();
}
END_TEST

START_TEST(keypad_is_asked_of_the_reader)
{
    unit_recognised(RECOGNISE
                    "haspad yes\nhaspad no\nclose leave\nopen !no-reader\nopen\nhaspad yes\n");
    ck_assert(card_has_pinpad(&unit_card, ROLE_AUTH, PINPAD_VERIFY));
    ck_assert(!card_has_pinpad(&unit_card, ROLE_AUTH, PINPAD_VERIFY));
    ck_assert(!card_has_pinpad(&unit_card, ROLE_SIGN, PINPAD_VERIFY));
    card_disconnect(&unit_card);
    ck_assert(!card_has_pinpad(&unit_card, ROLE_AUTH, PINPAD_VERIFY) && !unit_card.in_doubt);
    ck_assert(card_has_pinpad(&unit_card, ROLE_AUTH, PINPAD_VERIFY) && unit_card.in_doubt);
    unit_finish();
    unit_start("");
    ck_assert(!card_has_pinpad(&unit_card, ROLE_AUTH, PINPAD_VERIFY));
    unit_finish();
}
END_TEST

#define COUNT "> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n"
#define OLD_PIN COUNT "> 002000800431323334\n< 9000\n"
#define NEW_PIN "> 002401800435363738\n"

static enum jpki_err pin_change(const char *text)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH);

    ask.job = GUARD_CHANGE;
    ask.new_pin = DIGITS("5678");
    unit_recognised(text);
    return unit_pass(ask);
}

START_TEST(change_goes_by_the_current_file)
{
    ok(pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 9000\n" DROP)));
    unit_told(3, PIN_ACCEPTED);
    ck_assert(unit_tell.work == WORK_DONE);
    ck_assert_uint_eq(unit_finish(), 6);
    fails("pin-wrong", pin_change(RECOGNISE IN(COUNT "> 002000800431323334\n< 63C2\n" DROP)));
    unit_told(2, PIN_REFUSED);
    unit_finish();
}
END_TEST

/* Done, but the card stays open: the caller must learn both. */
START_TEST(change_on_a_card_that_stays_open)
{
    fails("drop", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 9000\n" DROP_FAILS "unpower !io\n")));
    ck_assert(unit_tell.work == WORK_DONE && unit_tell.lock == LOCK_OPEN);
    unit_finish();
}
END_TEST

START_TEST(change_that_is_refused_or_lost)
{
    /* a PIN's status word where no PIN was compared is a refusal like any other */
    static const char *const of_pins[] = {
        RECOGNISE IN(OLD_PIN NEW_PIN "< 63C2\n" DROP),
        RECOGNISE IN(OLD_PIN NEW_PIN "< 63C0\n" DROP),
        RECOGNISE IN(OLD_PIN NEW_PIN "< 6983\n" DROP),
        RECOGNISE IN(OLD_PIN NEW_PIN "< 6984\n" DROP),
    };

    fails("refused", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6A80\n" DROP)));
    unit_finish();
    for (size_t i = 0; i < sizeof(of_pins) / sizeof(of_pins[0]); i++) {
        fails("refused", pin_change(of_pins[i]));
        ck_assert(unit_tell.work == WORK_NONE && unit_tell.pin == PIN_ACCEPTED);
        unit_finish();
    }
    fails("denied", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6982\n" DROP)));
    unit_finish();
    fails("refused", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6C00\n" DROP)));
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "! io\n" DROP)));
    ck_assert(unit_tell.work == WORK_UNKNOWN);
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "! no-card\n") "close leave\n"));
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "<\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(change_checks_before_it_asks)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH), pad = ask_keypad(ROLE_AUTH);

    ask.job = pad.job = GUARD_CHANGE;
    ask.keep_last_try = true;
    /* clang-format off */
    unit_recognised(RECOGNISE IN("> 00A4020C020018\n< 9000\n> 00200080\n< 63C1\n")
                    "haspad no\nhaspad yes\n"
                    IN(COUNT "pad verify 0080 4 4\n< 9000\npad modify 0180 4 4\n< 9000\n" DROP)
                    "haspad yes\n"
                    IN(COUNT "pad verify 0080 4 4\n< 9000\npad modify 0180 4 4\n! cancelled\n" DROP));
    /* clang-format on */
    ask.new_pin = DIGITS("567");
    fails("pin-form", unit_pass(ask));
    ask.new_pin = DIGITS("5678");
    fails("last-try", unit_pass(ask));
    unit_told(1, PIN_NOT_SENT);
    fails("unsupported", unit_pass(pad));
    ok(unit_pass(pad));
    fails("cancelled", unit_pass(pad));
    unit_finish();
}
END_TEST

START_TEST(arguments)
{
    struct guard_ask ask;
    int tries;

    unit_start("");
    ask = ask_typed(ROLE_AUTH);
    fails("argument", guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    fails("argument", unit_pass(ask));
    unit_told(TRIES_UNKNOWN, PIN_NOT_SENT);
    unit_finish();
}
END_TEST

#define INFO_JUKI "> 00B0860060\n< 4A504B494150494343544F4B454E 20*18 20*64 9000\n"

/* Nothing that could cost a try goes to a Juki card unasked, and it has no authentication. */
START_TEST(a_juki_card_is_not_asked)
{
    struct guard_ask ask;
    bool pss;
    int tries;

    unit_start("open\n" IN(INFO_JUKI "> 00B0880003\n< 8F0000 9000\n")
                   IN("> 0020009B\n< 63C5\n> 0020009B06414243313233\n< 9000\n" DROP));
    unit_card.wants_tries[ROLE_SIGN] = true;
    ok(card_recognise(&unit_card));
    fails("not-found", unit_pass(ask_typed(ROLE_AUTH)));
    ask = ask_typed(ROLE_SIGN);
    fails("kind", unit_pass(ask));
    fails("kind", guard_tries(&unit_card, ROLE_SIGN, false, &tries));
    fails("kind", guard_pss(&unit_card, false, &pss));
    ask.juki_try = true;
    ok(unit_pass(ask));
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        keypad,
        keypad_is_asked_of_the_reader,
        change_goes_by_the_current_file,
        change_on_a_card_that_stays_open,
        change_that_is_refused_or_lost,
        change_checks_before_it_asks,
        arguments,
        a_juki_card_is_not_asked,
    };

    return unit_run("change", tests, sizeof(tests) / sizeof(tests[0]));
}
