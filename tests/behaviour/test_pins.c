/* SPDX-License-Identifier: BSD-3-Clause */
/* What wrong PINs cost, what the token's flags say of it, and what the options make of it. */
#include "rig.h"

#define LOW CKF_USER_PIN_COUNT_LOW
#define FINAL CKF_USER_PIN_FINAL_TRY
#define LOCKED CKF_USER_PIN_LOCKED

/* After each wrong PIN: the answer, the flags, the tries left. */
struct wrong_row {
    CK_RV rv;
    CK_FLAGS flags;
    unsigned tries;
};

static void ck_wrongs(CK_SLOT_ID slot, const char *const *pins, const struct wrong_row *rows,
                      size_t count)
{
    CK_SESSION_HANDLE session = rig_session(slot);

    ck_assert_uint_eq(rig_pin_flags(slot), 0);
    for (size_t i = 0; i < count; i++) {
        rig_expect(rows[i].rv, rig_login(session, pins[i]), "C_Login", pins[i], 0);
        (void)rig_exchanges();
        ck_assert_uint_eq(rig_pin_flags(slot), rows[i].flags);
        ck_assert_uint_eq(rig_exchanges(), 0); /* at once, without asking */
        ck_assert_uint_eq(rig_tries(slot == SLOT_AUTH ? SIM_AUTH : SIM_SIGN), rows[i].tries);
    }
}

static const char *const auth_pins[] = { "0001", "0002", "0003", "0004", PIN_AUTH };
static const struct wrong_row auth_rows[] = {
    { CKR_PIN_INCORRECT, LOW, 2 },       { CKR_PIN_INCORRECT, LOW | FINAL, 1 },
    { CKR_PIN_LOCKED, LOW | LOCKED, 0 }, { CKR_PIN_LOCKED, LOW | LOCKED, 0 },
    { CKR_PIN_LOCKED, LOW | LOCKED, 0 },
};

START_TEST(authentication_pin_down_to_locked)
{
    rig_options("final-try=allow");
    (void)rig_start("");
    ck_wrongs(SLOT_AUTH, auth_pins, auth_rows, 5);
}
END_TEST

START_TEST(password_down_to_locked)
{
    static const char *const pins[] = {
        "WRONG1", "WRONG2", "WRONG3", "WRONG4", "WRONG5", "WRONG6"
    };
    static const struct wrong_row rows[] = {
        { CKR_PIN_INCORRECT, LOW, 4 },       { CKR_PIN_INCORRECT, LOW, 3 },
        { CKR_PIN_INCORRECT, LOW, 2 },       { CKR_PIN_INCORRECT, LOW | FINAL, 1 },
        { CKR_PIN_LOCKED, LOW | LOCKED, 0 }, { CKR_PIN_LOCKED, LOW | LOCKED, 0 },
    };

    rig_options("final-try=allow");
    (void)rig_start("");
    ck_wrongs(SLOT_SIGN, pins, rows, 6);
}
END_TEST

START_TEST(a_locked_pin_is_not_sent)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("profile=authblocked");
    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | LOCKED);
    (void)rig_exchanges();
    rig_expect(CKR_PIN_LOCKED, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login(session, "12"), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
}
END_TEST

/* However a card says it: to the query, and to the VERIFY. */
START_TEST(every_word_for_blocked)
{
    static const char *const cards[] = {
        "tries-auth=0",
        "tries-auth=0 query-blocked=6984",
        "tries-auth=0 query-blocked=6983 blocked-sw=6983",
        "tries-auth=0 blocked-sw=63C0",
        "tries-auth=0 short-ids=no",
        "tries-auth=0 short-ids=no query-blocked=6984",
    };

    (void)rig_start(cards[0]);
    for (size_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
        CK_SESSION_HANDLE session;

        rig_swap(READER_A, rig_card(cards[i]));
        session = rig_session(SLOT_AUTH);
        rig_expect(CKR_PIN_LOCKED, rig_login(session, PIN_AUTH), "C_Login", cards[i], 0);
        ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | LOCKED);
    }
}
END_TEST

/* Locked by another program between the query and the login. */
START_TEST(locked_by_another_program)
{
    static const char *const words[] = { "blocked-sw=6983", "blocked-sw=6984", "blocked-sw=63C0" };

    (void)rig_start("");
    for (size_t i = 0; i < 3; i++) {
        CK_SESSION_HANDLE session;

        rig_swap(READER_A, rig_card(words[i]));
        session = rig_session(SLOT_AUTH);
        ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
        rig_set("tries-auth=0");
        rig_expect(CKR_PIN_LOCKED, rig_login(session, PIN_AUTH), "C_Login", words[i], 0);
        ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | LOCKED);
    }
}
END_TEST

START_TEST(the_right_pin_restores_the_counter)
{
    CK_SESSION_HANDLE session;

    rig_options("final-try=allow");
    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_login(session, "0001");
    (void)rig_login(session, "0002");
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | FINAL);
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(tries_of_another_program_are_seen_in_time)
{
    (void)rig_start("");
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    rig_set("tries-auth=1");
    rig_clock(11000);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | FINAL);
    ck_assert_uint_eq(rig_pin_flags(SLOT_SIGN), 0);
}
END_TEST

START_TEST(the_last_try_is_given_if_the_options_allow)
{
    rig_options("final-try=allow");
    (void)rig_start("profile=lasttry");
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | FINAL);
    rig_expect(CKR_OK, rig_login(rig_session(SLOT_AUTH), PIN_AUTH), "C_Login", __FILE__, __LINE__);
}
END_TEST

START_TEST(the_last_try_is_kept_if_the_options_say_so)
{
    CK_SESSION_HANDLE session;

    rig_options("final-try=refuse");
    (void)rig_start("tries-auth=2");
    session = rig_session(SLOT_AUTH);
    rig_expect(CKR_PIN_INCORRECT, rig_login(session, "0001"), "C_Login", __FILE__, __LINE__);
    rig_expect(CKR_PIN_LOCKED, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | FINAL);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
    rig_set("tries-auth=3"); /* somebody gave the right PIN elsewhere */
    rig_clock(11000);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
}
END_TEST

START_TEST(the_last_try_is_kept_by_set_pin_too)
{
    CK_UTF8CHAR old_pin[] = PIN_AUTH, new_pin[] = "5678";

    rig_options("final-try=refuse");
    (void)rig_start("profile=lasttry");
    CK_IS(CKR_PIN_LOCKED, C_SetPIN, rig_session(SLOT_AUTH), old_pin, 4, new_pin, 4);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | FINAL);
}
END_TEST

static void ck_forgotten(CK_SESSION_HANDLE session, bool forgotten)
{
    CK_BYTE signature[SIGNATURE_LEN];

    ck_assert_uint_eq(rig_state(session),
                      forgotten ? CKS_RW_PUBLIC_SESSION : CKS_RW_USER_FUNCTIONS);
    if (!forgotten)
        rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
}

START_TEST(the_password_is_forgotten_after_a_quarter_of_an_hour)
{
    CK_SESSION_HANDLE auth, sign;

    (void)rig_start("");
    auth = rig_logged_in(SLOT_AUTH);
    sign = rig_logged_in(SLOT_SIGN);
    rig_clock(14UL * 60000);
    ck_forgotten(sign, false); /* and used by that */
    rig_clock(14UL * 60000);
    ck_forgotten(sign, false);
    rig_clock(15UL * 60000 + 1);
    ck_forgotten(sign, true);
    ck_forgotten(auth, false);
}
END_TEST

START_TEST(forget_after_as_the_options_say)
{
    CK_SESSION_HANDLE auth, sign;

    rig_options("forget-after=2,0");
    (void)rig_start("");
    auth = rig_logged_in(SLOT_AUTH);
    sign = rig_logged_in(SLOT_SIGN);
    rig_clock(2UL * 60000 - 1000);
    ck_forgotten(auth, false);
    rig_clock(2UL * 60000 + 1000);
    ck_forgotten(auth, true);
    rig_clock(1000UL * 60000);
    ck_forgotten(sign, false);
}
END_TEST

/* Objects of the signature token vanish when its login ends by time, and handles of keys stay as
 * they were. */
START_TEST(key_handles_outlive_a_forgotten_login)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };

    (void)rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    key = rig_object(session, CKO_PRIVATE_KEY);
    rig_clock(16UL * 60000);
    ck_assert_uint_eq(rig_object(session, CKO_PRIVATE_KEY), CK_INVALID_HANDLE);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_SignInit, session, &mechanism, key);
    rig_expect(CKR_OK, rig_login(session, PIN_SIGN), "C_Login", __FILE__, __LINE__);
    CK_GOOD(C_SignInit, session, &mechanism, key);
}
END_TEST

START_TEST(pin_that_was_never_set)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("profile=pinless");
    session = rig_session(SLOT_AUTH);
    rig_expect(CKR_PIN_LOCKED, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | LOCKED);
    ck_assert(rig_object(session, CKO_CERTIFICATE) != CK_INVALID_HANDLE);
}
END_TEST

RIG_TESTS("pins", authentication_pin_down_to_locked, password_down_to_locked,
          a_locked_pin_is_not_sent, every_word_for_blocked, locked_by_another_program,
          the_right_pin_restores_the_counter, tries_of_another_program_are_seen_in_time,
          the_last_try_is_given_if_the_options_allow, the_last_try_is_kept_if_the_options_say_so,
          the_last_try_is_kept_by_set_pin_too, the_password_is_forgotten_after_a_quarter_of_an_hour,
          forget_after_as_the_options_say, key_handles_outlive_a_forgotten_login,
          pin_that_was_never_set)
