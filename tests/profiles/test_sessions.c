/* SPDX-License-Identifier: BSD-3-Clause */
/* What one session does must not be felt in another. */
#include "rig.h"

#include <pthread.h>
#include <unistd.h>

static void card_sleeps(void *user, unsigned long us)
{
    (void)user;
    (void)usleep((useconds_t)us);
}

struct pad_login {
    CK_SESSION_HANDLE session;
    CK_RV rv;
};

static void *login_at_the_keypad(void *arg)
{
    struct pad_login *login = arg;

    login->rv = P11(C_Login, login->session, CKU_USER, NULL, 0);
    return NULL;
}

/* The second call waits for the card, which by then has what it wants: nobody is to type the PIN
 * again. */
START_TEST(two_logins_ask_the_keypad_once)
{
    static const struct sim_pad_step steps[] = { { SIM_PAD_TYPE, PIN_AUTH },
                                                 { SIM_PAD_TYPE, PIN_AUTH } };
    struct pad_login login[2] = { { .rv = CKR_GENERAL_ERROR }, { .rv = CKR_GENERAL_ERROR } };
    pthread_t threads[2];

    (void)rig_reader(READER_A, "");
    ck_assert(sim_world_pinpad(rig.world, READER_A, true, steps, 2));
    rig_open();
    for (size_t i = 0; i < 2; i++)
        login[i].session = rig_session(SLOT_AUTH);
    sim_world_set_clock(rig.world, card_sleeps, NULL);
    rig_crowd(true);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, login_at_the_keypad, &login[i]), 0);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    rig_crowd(false);
    ck_assert_uint_eq(sim_world_pinpad_uses(rig.world, READER_A), 1);
    ck_assert_uint_eq(login[0].rv + login[1].rv, CKR_OK + CKR_USER_ALREADY_LOGGED_IN);
}
END_TEST

static void signature_arm(CK_SESSION_HANDLE session)
{
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__,
               __LINE__);
}

/* sign-pin=each: each of two signatures has its password, whichever is made first, and none is
 * left for a third. */
START_TEST(two_signatures_with_a_password_each)
{
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1, 2, 3 };
    CK_ULONG len = sizeof(signature);
    CK_SESSION_HANDLE first, second;

    rig_options("sign-pin=each");
    (void)rig_start("");
    first = rig_logged_in(SLOT_SIGN);
    second = rig_session(SLOT_SIGN);
    signature_arm(first);
    signature_arm(second);
    CK_GOOD(C_Sign, first, data, sizeof(data), signature, &len);
    CK_GOOD(C_Sign, second, data, sizeof(data), signature, &len);
    rig_expect(CKR_OK, rig_sign_begin(first, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, first, data, sizeof(data), signature, &len);
}
END_TEST

RIG_TESTS("sessions", two_logins_ask_the_keypad_once, two_signatures_with_a_password_each)
