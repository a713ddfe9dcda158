/* SPDX-License-Identifier: BSD-3-Clause */
/* A remembered PIN that no longer holds, and a card that may be another one. */
#include "rig.h"

static CK_RV sign(CK_SESSION_HANDLE session)
{
    CK_BYTE signature[SIGNATURE_LEN];

    return rig_sign_message(session, signature);
}

#define CK_SIGN(expected, session) rig_expect(expected, sign(session), "C_Sign", __FILE__, __LINE__)
#define CK_LOGIN(expected, session, pin) \
    rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)

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
    /* another program tried, in vain: perhaps the PIN is not what we know */
    rig_set("tries-auth=2");
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

/* After a reset by another program the card proves itself by the first block of its certificate:
 * drop, SELECT, READ more. */
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

/* Taken out and put back before a look, and reset by another program, which is all that pcscd
 * then tells the connection. */
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

RIG_TESTS("stale", changed_elsewhere_costs_one_try_at_most,
          key_handles_stay_valid_after_a_stale_pin, not_given_while_the_counter_is_low,
          locked_elsewhere, reset_by_another_program, a_reset_hides_no_removal,
          reset_of_a_token_that_cannot_prove_itself, another_card_after_a_fault)
