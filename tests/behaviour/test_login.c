/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Login and C_Logout: who may, what is sent to the card, and what is not. */
#include "rig.h"

static void ck_login(CK_RV expected, CK_SESSION_HANDLE session, const char *pin)
{
    rig_expect(expected, rig_login(session, pin), "C_Login", pin, 0);
}

START_TEST(login_and_logout)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    ck_login(CKR_OK, session, PIN_AUTH);
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    CK_GOOD(C_Logout, session);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Logout, session);
}
END_TEST

START_TEST(login_is_the_tokens_not_the_sessions)
{
    CK_SESSION_HANDLE first, second;

    (void)rig_start("");
    first = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &second);
    ck_assert_uint_eq(rig_state(second), CKS_RO_USER_FUNCTIONS);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_SIGN)), CKS_RW_PUBLIC_SESSION);
    CK_GOOD(C_Logout, second);
    ck_assert_uint_eq(rig_state(first), CKS_RW_PUBLIC_SESSION);
}
END_TEST

START_TEST(login_twice_asks_nobody)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_exchanges();
    ck_login(CKR_USER_ALREADY_LOGGED_IN, session, PIN_AUTH);
    ck_login(CKR_USER_ALREADY_LOGGED_IN, rig_session(SLOT_AUTH), "9999");
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(the_last_session_takes_the_login_along)
{
    CK_SESSION_HANDLE first, second;

    (void)rig_start("");
    first = rig_logged_in(SLOT_SIGN);
    second = rig_session(SLOT_SIGN);
    CK_GOOD(C_CloseSession, first);
    ck_assert_uint_eq(rig_state(second), CKS_RW_USER_FUNCTIONS);
    CK_GOOD(C_CloseSession, second);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_SIGN)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

START_TEST(close_all_sessions_takes_the_login_along)
{
    (void)rig_start("");
    (void)rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_CloseAllSessions, SLOT_AUTH);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

/* Everything that cannot be the PIN is refused without the card being asked. */
START_TEST(malformed_pins_are_never_sent)
{
    static const char *const auth[] = { "",     "1",    "123",    "12345",  "abcd",
                                        "12 4", "12a4", "ABC123", "１２３", "\xFF\xFF\xFF\xFF" };
    static const char *const sign[] = { "",           "1234",     "ABC12",
                                        "ABC12-",     "ABC 123",  "ABCDEFGHIJ1234567",
                                        "ＡＢＣ１２", "ABC12\xEF" };
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    for (size_t i = 0; i < sizeof(auth) / sizeof(auth[0]); i++)
        ck_login(CKR_PIN_INCORRECT, session, auth[i]);
    session = rig_session(SLOT_SIGN);
    for (size_t i = 0; i < sizeof(sign) / sizeof(sign[0]); i++)
        ck_login(CKR_PIN_INCORRECT, session, sign[i]);
    ck_assert_uint_eq(rig_exchanges(), 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
}
END_TEST

START_TEST(letters_and_digits_are_folded)
{
    static const char *const forms[] = { "abc123", "aBc123", "ＡＢＣ１２３", "ａｂｃ123" };

    (void)rig_start("");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        CK_SESSION_HANDLE session = rig_session(SLOT_SIGN);

        ck_login(CKR_OK, session, forms[i]);
        CK_GOOD(C_Logout, session);
    }
    ck_login(CKR_OK, rig_session(SLOT_AUTH), "１２３４");
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
}
END_TEST

START_TEST(a_refused_pin_is_never_sent_again)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_PIN_INCORRECT, session, "9999");
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    (void)rig_exchanges();
    ck_login(CKR_PIN_INCORRECT, session, "9999");
    ck_login(CKR_FUNCTION_CANCELED, session, "9999");
    ck_login(CKR_FUNCTION_CANCELED, session, "9999");
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    ck_login(CKR_PIN_INCORRECT, session, "8888");
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
    ck_login(CKR_PIN_INCORRECT, session, "9999"); /* no longer in a row, still known */
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
}
END_TEST

START_TEST(a_refused_password_is_known_in_every_form)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_SIGN);
    ck_login(CKR_PIN_INCORRECT, session, "WRONG1");
    ck_login(CKR_PIN_INCORRECT, session, "wrong1");
    ck_login(CKR_FUNCTION_CANCELED, session, "ＷＲＯＮＧ１");
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 4);
}
END_TEST

START_TEST(a_malformed_pin_in_a_loop_ends_it_too)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_PIN_INCORRECT, session, "12");
    ck_login(CKR_PIN_INCORRECT, session, "12");
    ck_login(CKR_FUNCTION_CANCELED, session, "12");
    ck_login(CKR_OK, session, PIN_AUTH);
}
END_TEST

START_TEST(refused_pins_are_forgotten_when_another_succeeds)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_PIN_INCORRECT, session, "9999");
    ck_login(CKR_OK, session, PIN_AUTH);
    CK_GOOD(C_Logout, session);
    rig_set("pin-auth=9999");
    ck_login(CKR_OK, session, "9999");
}
END_TEST

START_TEST(refused_pins_are_forgotten_when_the_counter_rises)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_PIN_INCORRECT, session, "9999");
    rig_set("pin-auth=9999"); /* another program changed it, and the counter rose with that */
    rig_set("tries-auth=3");
    rig_clock(20000);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    ck_login(CKR_OK, session, "9999");
}
END_TEST

START_TEST(refused_pins_are_forgotten_with_the_card)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    ck_login(CKR_PIN_INCORRECT, rig_session(SLOT_AUTH), "9999");
    rig_swap(READER_A, rig_card("holder=2 pin-auth=9999"));
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_OK, session, "9999");
}
END_TEST

START_TEST(one_pin_for_all_tokens_costs_the_other_nothing)
{
    (void)rig_start("");
    ck_login(CKR_PIN_INCORRECT, rig_session(SLOT_SIGN), PIN_AUTH);
    ck_login(CKR_PIN_INCORRECT, rig_session(SLOT_AUTH), PIN_SIGN);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(user_types)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    rig_expect(CKR_USER_TYPE_INVALID, rig_login_as(session, CKU_SO, PIN_AUTH), "C_Login", __FILE__,
               __LINE__);
    rig_expect(CKR_USER_TYPE_INVALID, rig_login_as(session, 9, PIN_AUTH), "C_Login", __FILE__,
               __LINE__);
    rig_expect(CKR_OPERATION_NOT_INITIALIZED, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_AUTH),
               "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(login_user_is_login_without_a_name)
{
    CK_UTF8CHAR pin[] = PIN_AUTH, name[] = "taro";
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_LoginUser, session, CKU_USER, pin, 4, name, 4);
    CK_GOOD(C_LoginUser, session, CKU_USER, pin, 4, NULL, 0);
    CK_IS(CKR_USER_ALREADY_LOGGED_IN, C_LoginUser, session, CKU_USER, pin, 4, NULL, 0);
}
END_TEST

START_TEST(no_pin_and_no_keypad)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_Login, session, CKU_USER, NULL, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_Login, session, CKU_USER, NULL, 4);
}
END_TEST

START_TEST(a_swap_under_the_login_ends_it)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN];

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_swap(READER_A, rig_card("holder=2"));
    rig_expect(CKR_DEVICE_REMOVED, rig_sign_message(session, signature), "C_SignInit", __FILE__,
               __LINE__);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
}
END_TEST

START_TEST(the_card_taken_out_and_put_back_is_logged_out)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    rig_eject(READER_A);
    rig_insert(READER_A, card);
    CK_IS(CKR_DEVICE_REMOVED, C_GetSessionInfo, session, (CK_SESSION_INFO *)NULL);
    CK_IS(CKR_DEVICE_REMOVED, C_Logout, session);
    ck_login(CKR_DEVICE_REMOVED, session, PIN_AUTH);
    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    ck_login(CKR_OK, session, PIN_AUTH);
}
END_TEST

/* A card that denies the VERIFY itself, at the query, the VERIFY and the drop. */
START_TEST(the_card_denies)
{
    static const char *const faults[] = { "verify sw=6982", "select-card-manager sw=6982" };
    static const CK_RV answers[] = { CKR_DEVICE_ERROR, CKR_OK };
    CK_UTF8CHAR old_pin[] = PIN_AUTH, new_pin[] = "5678";

    (void)rig_start("");
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        CK_SESSION_HANDLE session;
        rig_swap(READER_A, rig_card(""));
        session = rig_session(SLOT_AUTH);
        rig_fault(1, faults[i]);
        ck_login(answers[i], session, PIN_AUTH);
    }
    rig_fault(1, "change sw=6982");
    CK_IS(CKR_DEVICE_ERROR, C_SetPIN, rig_session(SLOT_AUTH), old_pin, 4, new_pin, 4);
}
END_TEST

RIG_TESTS("login", the_card_denies, login_and_logout, login_is_the_tokens_not_the_sessions,
          login_twice_asks_nobody, the_last_session_takes_the_login_along,
          close_all_sessions_takes_the_login_along, malformed_pins_are_never_sent,
          letters_and_digits_are_folded, a_refused_pin_is_never_sent_again,
          a_refused_password_is_known_in_every_form, a_malformed_pin_in_a_loop_ends_it_too,
          refused_pins_are_forgotten_when_another_succeeds,
          refused_pins_are_forgotten_when_the_counter_rises,
          refused_pins_are_forgotten_with_the_card, one_pin_for_all_tokens_costs_the_other_nothing,
          user_types, login_user_is_login_without_a_name, no_pin_and_no_keypad,
          a_swap_under_the_login_ends_it, the_card_taken_out_and_put_back_is_logged_out)
