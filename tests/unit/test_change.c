/* SPDX-License-Identifier: BSD-3-Clause */
/* Keypads, PIN changes, and arguments that no card is asked with. */
#include "unit.h"

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

START_TEST(keypad)
{
    struct pin_use use = { .role = ROLE_AUTH };

    ok(LOGIN(use, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n< 9000\n" DROP)));
    result_is(3, true, true);
    unit_finish();
    fails("pin-wrong", LOGIN(use, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n< 63C2\n" DROP)));
    result_is(2, true, false);
    unit_finish();
    fails("cancelled", LOGIN(use, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! cancelled\n" DROP)));
    result_is(TRIES_UNKNOWN, false, false);
    ck_assert(!unit_card.in_doubt);
    unit_finish();
    fails("timeout", LOGIN(use, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! timeout\n" DROP)));
    unit_finish();
    fails("io", LOGIN(use, IN(QUERY_AUTH_3 "pad verify 0098 4 4\n! io\n> 00200098\n< 63C2\n" DROP)));
    result_is(2, true, false);
    unit_finish();
    use.role = ROLE_SIGN; /* letters */
    fails("unsupported", LOGIN(use, IN("")));
    unit_finish();
}
END_TEST

START_TEST(keypad_is_asked_of_the_reader)
{
    unit_recognised(RECOGNISE "haspad yes\nhaspad no\nclose leave\nopen !no-reader\nopen\nhaspad yes\n");
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

#define OLD_PIN "> 00A4020C020018\n< 9000\n> 002000800431323334\n< 9000\n"
#define NEW_PIN "> 002401800435363738\n"

static enum jpki_err pin_change(const char *text)
{
    struct pin_use use = use_typed(ROLE_AUTH);

    unit_recognised(text);
    return card_change_pin(&unit_card, &use, DIGITS("5678"), &result);
}

START_TEST(change_goes_by_the_current_file)
{
    ok(pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 9000\n" DROP)));
    result_is(3, true, true);
    ck_assert_uint_eq(unit_finish(), 5);
    fails("pin-wrong", pin_change(RECOGNISE IN("> 00A4020C020018\n< 9000\n> 002000800431323334\n< 63C2\n" DROP)));
    result_is(2, true, false);
    unit_finish();
}
END_TEST

START_TEST(change_that_is_refused_or_lost)
{
    fails("refused", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6A80\n" DROP)));
    unit_finish();
    fails("refused", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 63C2\n" DROP)));
    unit_finish();
    fails("denied", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6982\n" DROP)));
    unit_finish();
    fails("refused", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "< 6C00\n" DROP)));
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "! io\n" DROP)));
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "! no-card\n") "close leave\n"));
    unit_finish();
    fails("pin-unsure", pin_change(RECOGNISE IN(OLD_PIN NEW_PIN "<\n" DROP)));
    unit_finish();
}
END_TEST

START_TEST(change_checks_before_it_asks)
{
    struct pin_use use = use_typed(ROLE_AUTH), pad = { .role = ROLE_AUTH };

    unit_recognised(RECOGNISE IN("> 00A4020C020018\n< 9000\n> 00200080\n< 63C1\n")
                    "haspad no\nhaspad yes\n"
                    IN("> 00A4020C020018\n< 9000\npad verify 0080 4 4\n< 9000\npad modify 0180 4 4\n< 9000\n" DROP)
                    "haspad yes\n"
                    IN("> 00A4020C020018\n< 9000\npad verify 0080 4 4\n< 9000\npad modify 0180 4 4\n! cancelled\n" DROP));
    fails("pin-form", card_change_pin(&unit_card, &use, DIGITS("567"), &result));
    use.keep_last_try = true;
    fails("last-try", card_change_pin(&unit_card, &use, DIGITS("5678"), &result));
    result_is(1, false, false);
    fails("unsupported", card_change_pin(&unit_card, &pad, slice_of(NULL, 0), &result));
    ok(card_change_pin(&unit_card, &pad, slice_of(NULL, 0), &result));
    fails("cancelled", card_change_pin(&unit_card, &pad, slice_of(NULL, 0), &result));
    unit_finish();
}
END_TEST

START_TEST(arguments)
{
    struct pin_use use = use_typed(ROLE_AUTH);
    int tries;

    unit_start("");
    fails("argument", card_tries(&unit_card, ROLE_AUTH, &tries));
    fails("argument", card_login(&unit_card, &use, NULL, &result));
    fails("argument", card_change_pin(&unit_card, &use, DIGITS("5678"), &result));
    result_is(TRIES_UNKNOWN, false, false);
    unit_finish();
    /* a Juki card has no authentication */
    unit_start("open\n"
        IN("> 00B0860060\n< 4A504B494150494343544F4B454E 20*18 20*64 9000\n> 00B0880003\n< 8F0000 9000\n") IN(""));
    ok(card_recognise(&unit_card));
    fails("not-found", card_tries(&unit_card, ROLE_AUTH, &tries));
    fails("not-found", card_login(&unit_card, &use, NULL, &result));
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        keypad,
        keypad_is_asked_of_the_reader,
        change_goes_by_the_current_file,
        change_that_is_refused_or_lost,
        change_checks_before_it_asks,
        arguments,
    };

    return unit_run("change", tests, sizeof(tests) / sizeof(tests[0]));
}
