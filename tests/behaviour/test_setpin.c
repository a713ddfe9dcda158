/* SPDX-License-Identifier: BSD-3-Clause */
/* C_SetPIN: every code, what it costs, and what it makes of a login. */
#include "rig.h"

#define CK_SET(expected, session, old_pin, new_pin) \
    rig_expect(expected, rig_set_pin(session, old_pin, new_pin), "C_SetPIN", __FILE__, __LINE__)
#define CK_LOGIN(expected, session, pin) \
    rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)

START_TEST(authentication_pin)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_SET(CKR_OK, session, PIN_AUTH, "5678");
    ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 1);
    CK_LOGIN(CKR_PIN_INCORRECT, session, PIN_AUTH);
    CK_LOGIN(CKR_OK, session, "5678");
}
END_TEST

START_TEST(password_is_folded_both_times)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_SIGN);
    CK_SET(CKR_OK, session, "abc123", "new777");
    CK_LOGIN(CKR_OK, session, "NEW777");
}
END_TEST

START_TEST(a_login_goes_on_with_the_new_pin)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    CK_SET(CKR_OK, session, PIN_AUTH, "5678");
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(wrong_old_pin)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_SET(CKR_PIN_INCORRECT, session, "0001", "5678");
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 0);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), CKF_USER_PIN_COUNT_LOW);
    (void)rig_exchanges();
    CK_SET(CKR_PIN_INCORRECT, session, "0001", "5678"); /* known to be refused */
    CK_SET(CKR_PIN_INCORRECT, session, "12", "5678");
    CK_LOGIN(CKR_PIN_INCORRECT, session, "0001");
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    CK_SET(CKR_PIN_INCORRECT, session, "0002", "5678");
    CK_SET(CKR_PIN_LOCKED, session, "0003", "5678");
    CK_SET(CKR_PIN_LOCKED, session, PIN_AUTH, "5678");
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1); /* kept */
}
END_TEST

START_TEST(new_pins_of_the_wrong_form)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    CK_SET(CKR_PIN_LEN_RANGE, session, PIN_AUTH, "");
    CK_SET(CKR_PIN_LEN_RANGE, session, PIN_AUTH, "123");
    CK_SET(CKR_PIN_LEN_RANGE, session, PIN_AUTH, "12345");
    CK_SET(CKR_PIN_INVALID, session, PIN_AUTH, "12a4");
    session = rig_session(SLOT_SIGN);
    CK_SET(CKR_PIN_LEN_RANGE, session, PIN_SIGN, "ABC12");
    CK_SET(CKR_PIN_LEN_RANGE, session, PIN_SIGN, "ABCDEFGHIJ1234567");
    CK_SET(CKR_PIN_INVALID, session, PIN_SIGN, "ABC-123");
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(read_only_session)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session);
    CK_SET(CKR_SESSION_READ_ONLY, session, PIN_AUTH, "5678");
}
END_TEST

START_TEST(missing_arguments)
{
    CK_UTF8CHAR pin[] = PIN_AUTH;
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_SetPIN, session, NULL, 0, pin, 4);
    CK_IS(CKR_ARGUMENTS_BAD, C_SetPIN, session, pin, 4, NULL, 0);
}
END_TEST

START_TEST(card_removed)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    rig_eject(READER_A);
    CK_SET(CKR_DEVICE_REMOVED, session, PIN_AUTH, "5678");
}
END_TEST

/* The change is never sent twice, and a login ends where it is not known which of the two PINs
 * holds. */
START_TEST(answer_to_the_change_lost)
{
    CK_SESSION_HANDLE session;
    struct sim_stats stats;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_stats();
    rig_fault(1, "change mute");
    CK_SET(CKR_DEVICE_ERROR, session, PIN_AUTH, "5678");
    stats = rig_stats();
    ck_assert_uint_eq(stats.changes[SIM_AUTH], 1);
    ck_assert_uint_eq(stats.verifies[SIM_AUTH], 1);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    CK_LOGIN(CKR_OK, session, "5678");
}
END_TEST

START_TEST(the_card_refuses_the_new_pin)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_stats();
    rig_fault(1, "change sw=6A80");
    CK_SET(CKR_DEVICE_ERROR, session, PIN_AUTH, "5678");
    ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 0);
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}
END_TEST

START_TEST(no_other_way_to_set_a_pin)
{
    CK_UTF8CHAR pin[] = "5678", label[] = "12345678901234567890123456789012";

    (void)rig_start("");
    CK_IS(CKR_FUNCTION_NOT_SUPPORTED, C_InitPIN, rig_session(SLOT_AUTH), pin, 4);
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_InitToken, SLOT_AUTH, pin, 4, label);
    ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 0);
}
END_TEST

RIG_TESTS("setpin", authentication_pin, password_is_folded_both_times,
          a_login_goes_on_with_the_new_pin, wrong_old_pin, new_pins_of_the_wrong_form,
          read_only_session, missing_arguments, card_removed, answer_to_the_change_lost,
          the_card_refuses_the_new_pin, no_other_way_to_set_a_pin)
