/* SPDX-License-Identifier: BSD-3-Clause */
/* What a sleep ends: with any other card, an empty reader, a card that proves nothing, and what
 * somebody ended. */
#include "sleep.h"

START_TEST(another_card_is_back)
{
    for (int seen = 0; seen < 2; seen++) {
        struct sim_card *other = NULL;
        CK_SESSION_HANDLE session, idle;

        (void)rig_start("");
        other = rig_card("holder=2");
        session = agent(SLOT_AUTH);
        idle = rig_session(SLOT_SIGN);
        if (seen != 0)
            sleep_seen(other);
        else
            sleep_unseen(other);
        if (seen != 0) /* by who only looks, too */
            ck_over(session);
        ck_sign(CKR_DEVICE_REMOVED, session);
        ck_untouched(other);
        ck_over(session);
        ck_over(idle);
        ck_login(CKR_DEVICE_REMOVED, idle, PIN_SIGN);
        ck_untouched(other);
        /* the first one again is no way back */
        sleep_unseen(rig.cards[0]);
        ck_sign(CKR_DEVICE_REMOVED, session);
        ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
        rig_down();
        rig_up();
    }
}
END_TEST

/* What is no card for this module is another card too. */
START_TEST(a_foreign_card_is_back)
{
    struct sim_card *card = rig_start(""), *other = rig_card("profile=yubikey");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    sleep_unseen(other);
    ck_sign(CKR_DEVICE_REMOVED, session);
    ck_over(session);
    sleep_unseen(card);
    ck_sign(CKR_DEVICE_REMOVED, session);
    ck_assert_uint_eq(sim_card_stats(other)->exchanges, 1);
}
END_TEST

/* A contactless reader finds its card a moment after it was found itself; later it is an empty
 * reader. */
START_TEST(the_reader_is_back_empty)
{
    static const unsigned long late[] = { LATE_MS / 4, LATE_MS * 2 };

    for (size_t i = 0; i < 2; i++) {
        struct sim_card *card = rig_start("");
        CK_SESSION_HANDLE session = agent(SLOT_AUTH);

        reader_goes(READER_A);
        ck_sign(CKR_DEVICE_REMOVED, session);
        reader_comes(READER_A, NULL);
        ck_sign(CKR_DEVICE_REMOVED, session);
        ck_assert(!rig_has_token(SLOT_AUTH));
        rig_clock(late[i]);
        rig_insert(READER_A, card);
        ck_sign(i == 0 ? CKR_OK : CKR_DEVICE_REMOVED, session);
        if (i == 1)
            session = rig_logged_in(SLOT_AUTH);
        rig_sign_good(session, card, SIM_AUTH);
        rig_down();
        rig_up();
    }
}
END_TEST

/* The reader stayed: its card went and came, which ends what was on it, as ever. */
START_TEST(the_card_was_taken_out)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    rig_eject(READER_A);
    rig_insert(READER_A, card);
    ck_sign(CKR_DEVICE_REMOVED, session);
    ck_over(session);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

/* So it does where the reader was away before, and nobody has looked at the card yet. */
START_TEST(the_card_was_taken_out_after_the_sleep)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    reader_comes(READER_A, card);
    rig_fault(1, "mute");
    ck_sign(CKR_DEVICE_REMOVED, session); /* it is back, and says nothing yet */
    rig_eject(READER_A);
    rig_insert(READER_A, card);
    ck_sign(CKR_DEVICE_REMOVED, session);
    ck_over(session);
}
END_TEST

/* Two cards with one PIN, whose readers are back in each other's place. */
START_TEST(two_readers_swapped)
{
    CK_SESSION_HANDLE a, b;
    struct sim_card *first, *second;

    first = rig_reader(READER_A, "");
    second = rig_reader(READER_B, "holder=2");
    rig_open();
    a = agent(SLOT_AUTH);
    b = agent(SLOT_AUTH_B);
    ck_assert(sim_world_remove_reader(rig.world, READER_A));
    ck_assert(sim_world_remove_reader(rig.world, READER_B));
    sim_card_reset_stats(first);
    sim_card_reset_stats(second);
    reader_comes(READER_A, second);
    reader_comes(READER_B, first);
    ck_sign(CKR_DEVICE_REMOVED, a);
    ck_sign(CKR_DEVICE_REMOVED, b);
    ck_untouched(first);
    ck_untouched(second);
    ck_over(a);
    ck_over(b);
}
END_TEST

/* Awake, a reader that is seen to be away is not waited for for ever; a night's sleep counts for
 * forget-after alone. */
START_TEST(how_long_it_is_waited_for)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_clock(BOUND_MS / 2);
    reader_comes(READER_A, card);
    rig_sign_good(session, card, SIM_AUTH);
    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_clock(BOUND_MS);
    ck_over(session);
    reader_comes(READER_A, card);
    ck_sign(CKR_DEVICE_REMOVED, session);
}
END_TEST

/* A silent card proves nothing. */
START_TEST(a_phone)
{
    for (int seen = 0; seen < 2; seen++) {
        struct sim_card *card = rig_start("profile=android");
        CK_SESSION_HANDLE session = agent(SLOT_AUTH);

        sim_card_reset_stats(card);
        if (seen != 0)
            sleep_seen(card);
        else
            sleep_unseen(NULL);
        ck_sign(CKR_DEVICE_REMOVED, session);
        ck_over(session);
        ck_untouched(card);
        rig_down();
        rig_up();
    }
}
END_TEST

/* A password for one signature is meant for now. */
START_TEST(the_password_of_one_signature)
{
    CK_BYTE data[] = "a night later", signature[SIGNATURE_LEN];
    CK_SESSION_HANDLE session;
    CK_ULONG len = sizeof(signature);

    rig_options("sign-pin=each");
    (void)rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__,
               __LINE__);
    ck_assert(sim_world_replug(rig.world, READER_A, NULL));
    sim_card_reset_stats(rig.cards[0]);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, session, data, sizeof(data), signature, &len);
    ck_untouched(rig.cards[0]);
}
END_TEST

START_TEST(what_is_ended_while_it_is_away)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH), other = rig_session(SLOT_AUTH);

    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    CK_GOOD(C_CloseSession, other);
    CK_GOOD(C_Logout, session);
    reader_comes(READER_A, card);
    ck_sign(CKR_USER_NOT_LOGGED_IN, session);
    ck_login(CKR_OK, session, PIN_AUTH);
    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    CK_GOOD(C_CloseSession, session);
    reader_comes(READER_A, card);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

RIG_TESTS("sleep_ends", another_card_is_back, a_foreign_card_is_back, the_reader_is_back_empty,
          the_card_was_taken_out, the_card_was_taken_out_after_the_sleep, two_readers_swapped,
          how_long_it_is_waited_for, a_phone, the_password_of_one_signature,
          what_is_ended_while_it_is_away)
