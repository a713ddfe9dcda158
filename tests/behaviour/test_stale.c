/* SPDX-License-Identifier: BSD-3-Clause */
/* A remembered PIN that no longer holds, a card that may be another one, and sign-pin=each. */
#include "rig.h"

static CK_RV sign(CK_SESSION_HANDLE session)
{
    CK_BYTE signature[SIGNATURE_LEN];

    return rig_sign_message(session, signature);
}

#define CK_SIGN(expected, session) rig_expect(expected, sign(session), "C_Sign", __FILE__, __LINE__)
#define CK_LOGIN(expected, session, pin) rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)

START_TEST(changed_elsewhere_costs_one_try_at_most)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_set("pin-auth=5678");
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    CK_LOGIN(CKR_PIN_INCORRECT, session, PIN_AUTH); /* known to be refused */
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    CK_LOGIN(CKR_OK, session, "5678");
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}
END_TEST

START_TEST(key_handles_stay_valid_after_a_stale_pin)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    key = rig_object(session, CKO_PRIVATE_KEY);
    rig_set("pin-auth=5678");
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_SignInit, session, &mechanism, key);
    CK_LOGIN(CKR_OK, session, "5678");
    CK_GOOD(C_SignInit, session, &mechanism, key);
}
END_TEST

START_TEST(not_given_while_the_counter_is_low)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_set("tries-auth=2"); /* another program tried, in vain: perhaps the PIN is not what we know */
    (void)rig_stats();
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    CK_LOGIN(CKR_OK, session, PIN_AUTH);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}
END_TEST

START_TEST(locked_elsewhere)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_set("tries-auth=0");
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    CK_LOGIN(CKR_PIN_LOCKED, session, PIN_AUTH);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED);
}
END_TEST

/* After a reset by another program the card proves itself by the first block of its certificate: drop, SELECT, READ more. */
START_TEST(reset_by_another_program)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    rig_sign_good(session, card, SIM_AUTH);
    (void)rig_exchanges();
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_exchanges(), 5);
    ck_assert(sim_world_reset(rig.world, READER_A));
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_exchanges(), 7);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_exchanges(), 5);
}
END_TEST

/* Taken out and put back before a look, and reset by another program, which is all that pcscd then tells the connection. */
START_TEST(a_reset_hides_no_removal)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    (void)rig_stats();
    rig_eject(READER_A);
    rig_insert(READER_A, card);
    ck_assert(sim_world_reset(rig.world, READER_A));
    CK_SIGN(CKR_DEVICE_REMOVED, session);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

START_TEST(reset_of_a_token_that_cannot_prove_itself)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("profile=android");
    session = rig_logged_in(SLOT_AUTH);
    CK_SIGN(CKR_OK, session);
    ck_assert(sim_world_reset(rig.world, READER_A));
    (void)rig_stats();
    CK_SIGN(CKR_DEVICE_REMOVED, session);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
}
END_TEST

START_TEST(another_card_after_a_fault)
{
    CK_SESSION_HANDLE session;
    struct sim_card *other = NULL;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    other = rig_card("holder=2");
    ck_assert(sim_world_set_spare(rig.world, READER_A, other));
    rig_fault(1, "query swap");
    CK_SIGN(CKR_DEVICE_REMOVED, session);
    CK_IS(CKR_DEVICE_REMOVED, C_FindObjectsInit, session, NULL, 0);
    rig_clock(1000);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
}
END_TEST

/* sign-pin=each: the password is not kept, each signature takes a login of its own. */
START_TEST(each_signature_takes_its_password)
{
    struct sim_card *card = NULL;
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1, 2, 3 };
    CK_ULONG len = sizeof signature;

    rig_options("sign-pin=each");
    card = rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    for (int i = 0; i < 2; i++) {
        rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__, __LINE__);
        rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__, __LINE__);
        CK_GOOD(C_Sign, session, data, sizeof data, signature, &len);
        ck_assert(rig_signature_fits(card, SIM_SIGN, "SHA256", false, data, sizeof data, signature));
        CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    }
    rig_expect(CKR_OPERATION_NOT_INITIALIZED, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__,
               __LINE__);
}
END_TEST

START_TEST(each_signature_asks_with_the_usual_care)
{
    CK_SESSION_HANDLE session;

    rig_options("sign-pin=each");
    (void)rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "WRONG1"), "C_Login", __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "12"), "C_Login", __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "WRONG1"), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 4);
    rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "abc123"), "C_Login", __FILE__, __LINE__);
    CK_GOOD(C_SessionCancel, session, CKF_SIGN);
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
}
END_TEST

START_TEST(each_is_for_the_signature_token_alone)
{
    CK_SESSION_HANDLE session;
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE attribute = { CKA_ALWAYS_AUTHENTICATE, &always, sizeof always };

    rig_options("sign-pin=each");
    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    CK_SIGN(CKR_OK, session);
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), &attribute, 1);
    ck_assert_uint_eq(always, CK_FALSE);
    session = rig_logged_in(SLOT_SIGN);
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), &attribute, 1);
    ck_assert_uint_eq(always, CK_TRUE);
}
END_TEST

/* Two sessions, each with its own operation: the login in the one is not the other's. */
START_TEST(a_context_login_serves_one_session)
{
    CK_SESSION_HANDLE first, second;
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1 };
    CK_ULONG len = sizeof signature;

    rig_options("sign-pin=each");
    (void)rig_start("");
    first = rig_logged_in(SLOT_SIGN);
    second = rig_session(SLOT_SIGN);
    rig_expect(CKR_OK, rig_sign_begin(first, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__, __LINE__);
    rig_expect(CKR_OK, rig_sign_begin(second, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__, __LINE__);
    rig_expect(CKR_OK, rig_login_as(first, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__, __LINE__);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, second, data, 1, signature, &len);
    CK_GOOD(C_Sign, first, data, 1, signature, &len);
}
END_TEST

/* What was readied before a logout does not go on with the password of a later login. */
START_TEST(a_logout_ends_what_was_readied)
{
    CK_SESSION_HANDLE before, after;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof signature;

    rig_options("sign-pin=each");
    (void)rig_start("");
    before = rig_logged_in(SLOT_SIGN);
    after = rig_session(SLOT_SIGN);
    ck_assert_uint_eq(rig_sign_begin(before, CKM_SHA256_RSA_PKCS), CKR_OK);
    ck_assert_uint_eq(rig_login_as(before, CKU_CONTEXT_SPECIFIC, PIN_SIGN), CKR_OK);
    CK_GOOD(C_Logout, after);
    ck_assert_uint_eq(rig_login(after, PIN_SIGN), CKR_OK);
    ck_assert_uint_eq(rig_sign_begin(after, CKM_SHA256_RSA_PKCS), CKR_OK);
    ck_assert_uint_eq(rig_login_as(after, CKU_CONTEXT_SPECIFIC, PIN_SIGN), CKR_OK);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, before, signature, 1, signature, &len);
    len = sizeof signature;
    CK_GOOD(C_Sign, after, signature, 1, signature, &len);
}
END_TEST

RIG_TESTS("stale", changed_elsewhere_costs_one_try_at_most, key_handles_stay_valid_after_a_stale_pin,
          not_given_while_the_counter_is_low, locked_elsewhere, reset_by_another_program,
          a_reset_hides_no_removal, reset_of_a_token_that_cannot_prove_itself, another_card_after_a_fault,
          each_signature_takes_its_password, each_signature_asks_with_the_usual_care, each_is_for_the_signature_token_alone,
          a_logout_ends_what_was_readied, a_context_login_serves_one_session)
