/* SPDX-License-Identifier: BSD-3-Clause */
/* What a program had on a card goes on when its reader is back from sleep with the same card,
 * proved by its own words. */
#include "sleep.h"

START_TEST(the_same_card_is_back)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH), idle = rig_session(SLOT_SIGN);
    CK_OBJECT_HANDLE key = rig_object(session, CKO_PRIVATE_KEY);

    for (int i = 0; i < 3; i++) {
        (void)rig_stats();
        sleep_unseen(NULL);
        rig_sign_good(session, card, SIM_AUTH);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 1);
        sleep_seen(card);
        rig_sign_good(session, card, SIM_AUTH);
    }
    ck_assert_uint_eq(rig_object(session, CKO_PRIVATE_KEY), key);
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    ck_login(CKR_OK, idle, PIN_SIGN);
    rig_sign_good(idle, card, SIM_SIGN);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

/* Recognised anew before any PIN, and by no more than that: what it costs after a night. */
START_TEST(what_it_costs)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);
    struct sim_stats stats;

    sleep_unseen(NULL);
    (void)rig_stats();
    rig_sign_good(session, card, SIM_AUTH);
    stats = rig_stats();
    ck_assert_uint_le(stats.exchanges, 11);
    ck_assert_uint_eq(stats.verifies[SIM_AUTH], 1);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_exchanges(), 5);
}
END_TEST

START_TEST(pcscd_was_started_anew)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    for (int seen = 0; seen < 2; seen++) {
        sim_world_service(rig.world, false);
        rig_clock(seen != 0 ? 1000 : 0);
        if (seen != 0)
            ck_assert(!rig_has_token(SLOT_AUTH));
        sim_world_service(rig.world, true);
        rig_clock(15000);
        rig_sign_good(session, card, SIM_AUTH);
    }
}
END_TEST

/*
 * Between a card and the next the count of a reader that stayed goes up by two: a program that
 * polls sees by any other count that the reader was away.  One that only signs has a connection,
 * which tells it always.
 */
START_TEST(counts_begin_anew)
{
    for (unsigned before = 0; before < 3; before++) {
        for (unsigned after = 0; after < 3; after++) {
            for (int polls = 0; polls < 2; polls++) {
                struct sim_card *card = rig_start("");
                CK_SESSION_HANDLE session;

                for (unsigned i = 0; i < before; i++) {
                    rig_eject(READER_A);
                    rig_insert(READER_A, card);
                }
                session = agent(SLOT_AUTH);
                sleep_unseen(NULL);
                for (unsigned i = 0; i < after; i++) {
                    rig_eject(READER_A);
                    rig_insert(READER_A, card);
                }
                if (polls != 0)
                    ck_assert(rig_has_token(SLOT_AUTH));
                ck_sign(polls == 0 || after <= before ? CKR_OK : CKR_DEVICE_REMOVED, session);
                ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
                rig_down();
                rig_up();
            }
        }
    }
}
END_TEST

/* Another name is another reader, with slots of its own. */
START_TEST(the_reader_is_back_under_another_number)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);
    CK_ULONG count = 0;

    reader_goes(READER_A);
    sim_card_reset_stats(card);
    reader_comes(READER_B, card);
    ck_sign(CKR_DEVICE_REMOVED, session);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_untouched(card);
    rig_sign_good(rig_logged_in(SLOT_AUTH_B), card, SIM_AUTH);
    reader_goes(READER_B);
    reader_comes(READER_A, card);
    rig_sign_good(session, card, SIM_AUTH);
}
END_TEST

/* The other reader stayed, and nothing of it ends. */
START_TEST(a_second_reader)
{
    CK_SESSION_HANDLE a, b;

    (void)rig_reader(READER_A, "");
    (void)rig_reader(READER_B, "holder=2");
    rig_open();
    a = agent(SLOT_AUTH);
    b = agent(SLOT_AUTH_B);
    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_AUTH_B));
    rig_sign_good(b, rig.cards[1], SIM_AUTH);
    reader_comes(READER_A, rig.cards[0]);
    rig_sign_good(a, rig.cards[0], SIM_AUTH);
    rig_sign_good(b, rig.cards[1], SIM_AUTH);
}
END_TEST

START_TEST(forget_after_goes_on)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE auth = agent(SLOT_AUTH), sign = agent(SLOT_SIGN); /* 15 minutes */

    sleep_unseen(NULL);
    ck_sign(CKR_USER_NOT_LOGGED_IN, sign);
    rig_sign_good(auth, card, SIM_AUTH);
    ck_login(CKR_OK, sign, PIN_SIGN);
    rig_sign_good(sign, card, SIM_SIGN);
}
END_TEST

/* What the kept PIN goes by is the card's counter of now. */
START_TEST(tries_were_lost_meanwhile)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = agent(SLOT_AUTH);
    sleep_unseen(NULL);
    rig_set("tries-auth=2");
    sim_card_reset_stats(rig.cards[0]);
    ck_sign(CKR_USER_NOT_LOGGED_IN, session);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    ck_login(CKR_OK, session, PIN_AUTH);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}
END_TEST

/* A card that is out of order at first ends nothing. */
START_TEST(a_card_that_says_nothing_at_first)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);

    sleep_unseen(NULL);
    rig_fault(1, "mute");
    ck_sign(CKR_DEVICE_REMOVED, session);
    rig_clock(2000);
    rig_sign_good(session, card, SIM_AUTH);
}
END_TEST

START_TEST(it_is_told)
{
    static const CK_SLOT_ID slots[] = { SLOT_AUTH, SLOT_SIGN };
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = agent(SLOT_AUTH);
    CK_SLOT_ID slot = 77;

    for (int back = 0; back < 2; back++) {
        if (back != 0)
            reader_comes(READER_A, card);
        else
            reader_goes(READER_A);
        for (size_t i = 0; i < 2; i++) {
            CK_GOOD(C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
            ck_assert_uint_eq(slot, slots[i]);
        }
        CK_IS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
        ck_assert(rig_has_token(SLOT_AUTH) == (back != 0));
    }
    CK_IS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    rig_sign_good(session, card, SIM_AUTH);
}
END_TEST

RIG_TESTS("sleep", the_same_card_is_back, what_it_costs, pcscd_was_started_anew, counts_begin_anew,
          the_reader_is_back_under_another_number, a_second_reader, forget_after_goes_on,
          tries_were_lost_meanwhile, a_card_that_says_nothing_at_first, it_is_told)
