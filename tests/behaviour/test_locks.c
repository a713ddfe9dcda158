/* SPDX-License-Identifier: BSD-3-Clause */
/* What became of it: words that say nothing of a PIN, changes that came about, and whether the
 * card was locked again. */
#include "rig.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ck_login(expected, session, pin) \
    rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)

/* ---- changed, but not locked again */

START_TEST(changed_and_not_locked)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_crowd(true); /* the card is left open, and that is what this is about */
    rig_fault(1, "select-card-manager sw=6F00");
    ck_assert(sim_world_fault_also(rig.world, READER_A, 1, "unpower mute"));
    ck_assert(sim_world_fault_also(rig.world, READER_A, 2, "unpower mute"));
    rig_expect(CKR_OK, rig_set_pin(session, PIN_AUTH, "5678"), "C_SetPIN", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    rig_fault(1000, "mute");
    (void)rig_stats();
    (void)rig_sign(session);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
    ck_login(CKR_OK, session, "5678");
    rig_crowd(false);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

/* ---- a PIN's words where no PIN was compared */

START_TEST(pin_words_on_other_commands)
{
    static const char *const commands[] = { "compute", "change", "select-application",
                                            "select-card-manager" };
    static const char *const words[] = { "6983", "6984", "63C0", "63C2", "6A88", "6A82" };

    for (size_t i = 0; i < COUNT(commands) * COUNT(words); i++) {
        const char *command = commands[i / COUNT(words)], *word = words[i % COUNT(words)];
        struct sim_card *card = rig_start("");
        CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
        char fault[48];
        CK_RV rv = CKR_OK;

        snprintf(fault, sizeof(fault), "%s sw=%s", command, word);
        rig_fault(1, fault);
        rv = strcmp(command, "change") == 0 ? rig_set_pin(session, PIN_AUTH, "5678")
                                            : rig_sign(session);
        /* a SELECT may be asked once more, and a drop that failed has a second way */
        ck_assert_msg(rv == CKR_DEVICE_ERROR ||
                          (rv == CKR_OK && strncmp(command, "select", 6) == 0),
                      "%s: %s", fault, rig_rv_name(rv));
        ck_assert_msg(rig_pin_flags(SLOT_AUTH) == 0, "%s: 0x%lX", fault, rig_pin_flags(SLOT_AUTH));
        if (rig_state(session) != CKS_RW_USER_FUNCTIONS)
            rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", fault, 0);
        rig_sign_good(session, card, SIM_AUTH);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        rig_down();
        rig_up();
    }
}
END_TEST

/* To the VERIFY itself: the counter, which is asked then, knows better than one word. */
START_TEST(odd_words_to_the_verify)
{
    static const char *const words[] = { "6983", "6984", "63C0", "6A88", "6A82" };

    for (size_t i = 0; i < COUNT(words); i++) {
        char fault[24];
        CK_SESSION_HANDLE session;

        (void)rig_start("");
        session = rig_session(SLOT_AUTH);
        snprintf(fault, sizeof(fault), "verify sw=%s", words[i]);
        rig_fault(1, fault);
        rig_expect(CKR_DEVICE_ERROR, rig_login(session, PIN_AUTH), "C_Login", fault, 0);
        ck_assert_msg(rig_pin_flags(SLOT_AUTH) == 0, "%s: 0x%lX", fault, rig_pin_flags(SLOT_AUTH));
        rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", fault, 0);
        rig_down();
        rig_up();
    }
}
END_TEST

/* ---- the power that is said to be off */

/* The drop fails once, and the reader, a phone, says that it took the power away: the card is
 * open, and it is found out. */
START_TEST(unpower_that_only_says_so)
{
    struct sim_card *card = rig_start("power-cut=no");
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    rig_crowd(true);
    rig_fault(1, "select-card-manager sw=6F00");
    ck_login(CKR_DEVICE_ERROR, session, PIN_AUTH);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    ck_login(CKR_OK, session, PIN_AUTH); /* its visit begins with a drop */
    rig_crowd(false);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

/* No card manager and no power cut: nothing locks this card again, so nobody is logged in and no
 * signature is given. */
START_TEST(a_card_that_cannot_be_locked)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("power-cut=no card-manager=no");
    session = rig_session(SLOT_AUTH);
    rig_crowd(true);
    for (int i = 0; i < 2; i++)
        ck_login(CKR_DEVICE_ERROR, session, PIN_AUTH);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    rig_eject(READER_A);
    rig_crowd(false);
}
END_TEST

/* Phones and cards without a card manager, in readers that do cut the power. */
START_TEST(cards_without_a_card_manager)
{
    static const char *const cards[] = { "card-manager=no", "profile=android card-manager=no",
                                         "profile=iphone card-manager=no",
                                         "profile=contact card-manager=no" };

    for (size_t i = 0; i < COUNT(cards); i++) {
        struct sim_card *card = rig_start(cards[i]);
        CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

        rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", cards[i], 0);
        rig_sign_good(session, card, SIM_AUTH);
        rig_sign_good(session, card, SIM_AUTH);
        session = rig_session(SLOT_SIGN);
        rig_expect(CKR_OK, rig_login(session, PIN_SIGN), "C_Login", cards[i], 1);
        rig_sign_good(session, card, SIM_SIGN);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
        rig_down();
        rig_up();
    }
}
END_TEST

RIG_TESTS("locks", changed_and_not_locked, pin_words_on_other_commands, odd_words_to_the_verify,
          unpower_that_only_says_so, a_card_that_cannot_be_locked, cards_without_a_card_manager)
