/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers with a keypad: the PIN is typed there, at each visit, and never reaches this process. */
#include "rig.h"

static const struct sim_pad_step right[] = { { SIM_PAD_TYPE, PIN_AUTH },
                                             { SIM_PAD_TYPE, PIN_AUTH },
                                             { SIM_PAD_TYPE, PIN_AUTH } };

static CK_SESSION_HANDLE pad_session(CK_SLOT_ID slot, const struct sim_pad_step *steps,
                                     size_t count)
{
    (void)rig_reader(READER_A, "");
    ck_assert(sim_world_pinpad(rig.world, READER_A, true, steps, count));
    rig_open();
    return rig_session(slot);
}

static bool says_keypad(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;

    CK_GOOD(C_GetTokenInfo, slot, &info);
    return (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

START_TEST(the_flag_is_for_digits_alone)
{
    (void)pad_session(SLOT_AUTH, right, 0);
    ck_assert(says_keypad(SLOT_AUTH));
    ck_assert(!says_keypad(SLOT_SIGN));
    CK_IS(CKR_ARGUMENTS_BAD, C_Login, rig_session(SLOT_SIGN), CKU_USER, NULL, 0);
}
END_TEST

START_TEST(typed_for_the_login_and_for_each_signature)
{
    CK_SESSION_HANDLE session = pad_session(SLOT_AUTH, right, 3);

    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
    ck_assert_uint_eq(sim_world_pinpad_uses(rig.world, READER_A), 3);
}
END_TEST

START_TEST(what_happens_at_the_keypad)
{
    static const struct sim_pad_step steps[] = {
        { SIM_PAD_CANCEL, NULL }, { SIM_PAD_TIMEOUT, NULL }, { SIM_PAD_MISTYPE, NULL },
        { SIM_PAD_TYPE, "9999" }, { SIM_PAD_TYPE, "9999" },  { SIM_PAD_TYPE, PIN_AUTH }
    };
    CK_SESSION_HANDLE session;

    rig_options("final-try=allow");
    session = pad_session(SLOT_AUTH, steps, 6);
    CK_IS(CKR_FUNCTION_CANCELED, C_Login, session, CKU_USER, NULL, 0);
    CK_IS(CKR_FUNCTION_FAILED, C_Login, session, CKU_USER, NULL, 0);
    CK_IS(CKR_PIN_INCORRECT, C_Login, session, CKU_USER, NULL, 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
    CK_IS(CKR_PIN_INCORRECT, C_Login, session, CKU_USER, NULL, 0);
    CK_IS(CKR_PIN_INCORRECT, C_Login, session, CKU_USER, NULL, 0);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(a_pin_from_the_host_is_taken_too)
{
    CK_SESSION_HANDLE session = pad_session(SLOT_AUTH, right, 3);

    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
    ck_assert_uint_eq(sim_world_pinpad_uses(rig.world, READER_A), 0);
}
END_TEST

START_TEST(cancelled_at_a_signature)
{
    static const struct sim_pad_step steps[] = { { SIM_PAD_TYPE, PIN_AUTH },
                                                 { SIM_PAD_CANCEL, NULL },
                                                 { SIM_PAD_TYPE, PIN_AUTH } };
    CK_SESSION_HANDLE session = pad_session(SLOT_AUTH, steps, 3);
    CK_BYTE signature[SIGNATURE_LEN];

    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    rig_expect(CKR_FUNCTION_CANCELED, rig_sign_message(session, signature), "C_Sign", __FILE__,
               __LINE__);
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}
END_TEST

START_TEST(the_keypad_switched_off)
{
    rig_options("pinpad=off");
    CK_IS(CKR_ARGUMENTS_BAD, C_Login, pad_session(SLOT_AUTH, right, 3), CKU_USER, NULL, 0);
    ck_assert(!says_keypad(SLOT_AUTH));
}
END_TEST

RIG_TESTS("pinpad", the_flag_is_for_digits_alone, typed_for_the_login_and_for_each_signature,
          what_happens_at_the_keypad, a_pin_from_the_host_is_taken_too, cancelled_at_a_signature,
          the_keypad_switched_off)
