/* SPDX-License-Identifier: BSD-3-Clause */
/* A reader with a keypad: the PIN is typed there, for each visit, and never reaches the host. */
#include "rig.h"

#define STEPS(...) \
    (const struct sim_pad_step[]) \
    { \
        __VA_ARGS__ \
    }
/* clang-format off */
#define TYPE(text) { SIM_PAD_TYPE, text }
#define CANCEL { SIM_PAD_CANCEL, NULL }
#define TIMEOUT { SIM_PAD_TIMEOUT, NULL }
#define MISTYPE { SIM_PAD_MISTYPE, NULL }
/* clang-format on */
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Reader A with a keypad on which these things will be done, and a card of these words in it. */
static struct sim_card *pad_start(const char *words, bool modify, const struct sim_pad_step *steps,
                                  size_t count)
{
    struct sim_card *card = rig_reader(READER_A, words);

    ck_assert(sim_world_pinpad(rig.world, READER_A, modify, steps, count));
    rig_open();
    return card;
}

static void pad_next(const struct sim_pad_step *steps, size_t count)
{
    ck_assert(sim_world_pinpad(rig.world, READER_A, true, steps, count));
}

static unsigned pad_uses(void)
{
    return sim_world_pinpad_uses(rig.world, READER_A);
}

static bool on_keypad(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info = { .flags = 0 };

    CK_GOOD(C_GetTokenInfo, slot, &info);
    return (info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
}

#define CK_PAD_LOGIN(expected, session) CK_IS(expected, C_Login, session, CKU_USER, NULL, 0)
#define CK_PAD_CHANGE(expected, session) CK_IS(expected, C_SetPIN, session, NULL, 0, NULL, 0)

START_TEST(the_path_belongs_to_the_all_digit_pin)
{
    (void)pad_start("", true, NULL, 0);
    ck_assert(on_keypad(SLOT_AUTH));
    ck_assert(!on_keypad(SLOT_SIGN));
    CK_PAD_LOGIN(CKR_ARGUMENTS_BAD, rig_session(SLOT_SIGN));
    ck_assert_uint_eq(pad_uses(), 0);
}
END_TEST

START_TEST(a_reader_without_a_keypad_has_no_path)
{
    (void)rig_start("");
    ck_assert(!on_keypad(SLOT_AUTH));
    CK_PAD_LOGIN(CKR_ARGUMENTS_BAD, rig_session(SLOT_AUTH));
}
END_TEST

START_TEST(options_switch_it_off)
{
    rig_options("pinpad=off");
    (void)pad_start("", true, NULL, 0);
    ck_assert(!on_keypad(SLOT_AUTH));
    CK_PAD_LOGIN(CKR_ARGUMENTS_BAD, rig_session(SLOT_AUTH));
    rig_expect(CKR_OK, rig_login(rig_session(SLOT_AUTH), PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_assert_uint_eq(pad_uses(), 0);
}
END_TEST

START_TEST(every_signature_asks)
{
    const struct sim_pad_step *steps = STEPS(TYPE(PIN_AUTH), TYPE(PIN_AUTH), TYPE(PIN_AUTH));
    struct sim_card *card = pad_start("", true, steps, 3);
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    CK_PAD_LOGIN(CKR_OK, session);
    ck_assert_uint_eq(pad_uses(), 1);
    ck_assert_uint_eq(rig_state(session), CKS_RW_USER_FUNCTIONS);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(pad_uses(), 2);
    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(pad_uses(), 3);
    CK_GOOD(C_Logout, session);
}
END_TEST

/* What ends an entry without a PIN: it costs nothing, and the next one can be right. */
START_TEST(entries_that_cost_nothing)
{
    static const struct {
        struct sim_pad_step step;
        CK_RV rv;
    } rows[] = {
        { CANCEL, CKR_FUNCTION_CANCELED },    { TIMEOUT, CKR_FUNCTION_FAILED },
        { MISTYPE, CKR_PIN_INCORRECT },       { TYPE("123"), CKR_PIN_INCORRECT },
        { TYPE("12345"), CKR_PIN_INCORRECT },
    };
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, NULL, 0);
    session = rig_session(SLOT_AUTH);
    for (size_t i = 0; i < COUNT(rows); i++) {
        pad_next(&rows[i].step, 1);
        (void)rig_stats();
        CK_PAD_LOGIN(rows[i].rv, session);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    }
    pad_next(STEPS(TYPE(PIN_AUTH)), 1);
    CK_PAD_LOGIN(CKR_OK, session);
}
END_TEST

START_TEST(wrong_pins_down_to_locked)
{
    const struct sim_pad_step *steps =
        STEPS(TYPE("0001"), TYPE("0001"), TYPE("0002"), TYPE(PIN_AUTH));
    CK_SESSION_HANDLE session;

    rig_options("final-try=allow");
    (void)pad_start("", true, steps, 4);
    session = rig_session(SLOT_AUTH);
    CK_PAD_LOGIN(CKR_PIN_INCORRECT, session);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), CKF_USER_PIN_COUNT_LOW);
    CK_PAD_LOGIN(CKR_PIN_INCORRECT, session); /* nobody here can know that it is the same one */
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY);
    CK_PAD_LOGIN(CKR_PIN_LOCKED, session);
    ck_assert_uint_eq(pad_uses(), 3);
    CK_PAD_LOGIN(CKR_PIN_LOCKED, session);
    ck_assert_uint_eq(pad_uses(), 3);
}
END_TEST

START_TEST(the_last_try_is_kept_from_the_keypad_too)
{
    rig_options("final-try=refuse");
    (void)pad_start("tries-auth=1", true, STEPS(TYPE("0001")), 1);
    CK_PAD_LOGIN(CKR_PIN_LOCKED, rig_session(SLOT_AUTH));
    ck_assert_uint_eq(pad_uses(), 0);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
}
END_TEST

START_TEST(a_pin_from_the_host_is_taken_too)
{
    struct sim_card *card = pad_start("", true, NULL, 0);
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    rig_sign_good(session, card, SIM_AUTH);
    ck_assert_uint_eq(pad_uses(), 0);
}
END_TEST

START_TEST(login_twice_does_not_ask)
{
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, STEPS(TYPE(PIN_AUTH)), 1);
    session = rig_session(SLOT_AUTH);
    CK_PAD_LOGIN(CKR_OK, session);
    CK_PAD_LOGIN(CKR_USER_ALREADY_LOGGED_IN, session);
    ck_assert_uint_eq(pad_uses(), 1);
}
END_TEST

/* At a signature: what the person does, what C_Sign answers, and whether the login goes on. */
START_TEST(entries_at_a_signature)
{
    static const struct {
        struct sim_pad_step step;
        CK_RV rv;
        bool goes_on;
    } rows[] = {
        { CANCEL, CKR_FUNCTION_CANCELED, true },
        { TIMEOUT, CKR_FUNCTION_FAILED, true },
        { MISTYPE, CKR_USER_NOT_LOGGED_IN, false },
        { TYPE("0001"), CKR_USER_NOT_LOGGED_IN, false },
    };
    CK_BYTE signature[SIGNATURE_LEN];
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, NULL, 0);
    session = rig_session(SLOT_AUTH);
    for (size_t i = 0; i < COUNT(rows); i++) {
        pad_next(STEPS(TYPE(PIN_AUTH)), 1);
        if (rig_state(session) != CKS_RW_USER_FUNCTIONS)
            CK_PAD_LOGIN(CKR_OK, session);
        pad_next(&rows[i].step, 1);
        rig_expect(rows[i].rv, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
        ck_assert_uint_eq(rig_state(session),
                          rows[i].goes_on ? CKS_RW_USER_FUNCTIONS : CKS_RW_PUBLIC_SESSION);
    }
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    pad_next(STEPS(TYPE(PIN_AUTH)), 1);
    CK_PAD_LOGIN(CKR_OK, session);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(changed_on_the_keypad)
{
    struct sim_card *card =
        pad_start("", true, STEPS(TYPE(PIN_AUTH), TYPE("5678"), TYPE("5678"), TYPE("5678")), 4);
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    CK_PAD_CHANGE(CKR_OK, session);
    ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 1);
    ck_assert_uint_eq(pad_uses(), 2);
    CK_PAD_LOGIN(CKR_OK, session);
    rig_sign_good(session, card, SIM_AUTH);
}
END_TEST

START_TEST(a_login_from_the_host_ends_with_a_change_on_the_keypad)
{
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, STEPS(TYPE(PIN_AUTH), TYPE("5678")), 2);
    session = rig_logged_in(SLOT_AUTH);
    CK_PAD_CHANGE(CKR_OK, session);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
    rig_expect(CKR_OK, rig_login(session, "5678"), "C_Login", __FILE__, __LINE__);
}
END_TEST

/* The old PIN, what is done for the new one, and the answer; the old PIN holds after each. */
START_TEST(changes_that_do_not_come_about)
{
    static const struct {
        struct sim_pad_step steps[2];
        CK_RV rv;
        unsigned tries;
    } rows[] = {
        { { CANCEL, CANCEL }, CKR_FUNCTION_CANCELED, 3 },
        { { TYPE("0001"), CANCEL }, CKR_PIN_INCORRECT, 2 },
        { { MISTYPE, CANCEL }, CKR_PIN_INCORRECT, 2 },
        { { TYPE(PIN_AUTH), CANCEL }, CKR_FUNCTION_CANCELED, 3 },
        { { TYPE(PIN_AUTH), TIMEOUT }, CKR_FUNCTION_FAILED, 3 },
        { { TYPE(PIN_AUTH), MISTYPE }, CKR_PIN_INVALID, 3 },
        { { TYPE(PIN_AUTH), TYPE("56789") }, CKR_PIN_INVALID, 3 },
    };
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, NULL, 0);
    session = rig_session(SLOT_AUTH);
    for (size_t i = 0; i < COUNT(rows); i++) {
        pad_next(rows[i].steps, 2);
        CK_PAD_CHANGE(rows[i].rv, session);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), rows[i].tries);
        ck_assert_uint_eq(rig_stats().changes[SIM_AUTH], 0);
    }
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
}
END_TEST

START_TEST(a_keypad_that_only_verifies)
{
    CK_SESSION_HANDLE session;

    (void)pad_start("", false, STEPS(TYPE(PIN_AUTH)), 1);
    session = rig_session(SLOT_AUTH);
    CK_PAD_CHANGE(CKR_FUNCTION_FAILED, session);
    ck_assert_uint_eq(pad_uses(), 0);
    CK_PAD_LOGIN(CKR_OK, session);
}
END_TEST

START_TEST(half_of_a_change_is_no_change)
{
    CK_UTF8CHAR pin[] = PIN_AUTH;
    CK_SESSION_HANDLE session;

    (void)pad_start("", true, NULL, 0);
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_SetPIN, session, NULL, 0, pin, 4);
    CK_IS(CKR_ARGUMENTS_BAD, C_SetPIN, session, pin, 4, NULL, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_SetPIN, session, NULL, 4, NULL, 4);
    CK_PAD_CHANGE(CKR_ARGUMENTS_BAD, rig_session(SLOT_SIGN));
    ck_assert_uint_eq(pad_uses(), 0);
}
END_TEST

/* The card is pulled out while somebody types. */
START_TEST(the_card_leaves_during_the_entry)
{
    CK_SESSION_HANDLE session;
    struct sim_card *card = pad_start("", true, STEPS(TYPE(PIN_AUTH), TYPE(PIN_AUTH)), 2);

    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    rig_fault(1, "verify remove");
    CK_PAD_LOGIN(CKR_DEVICE_REMOVED, session);
    rig_insert(READER_A, card);
    CK_PAD_LOGIN(CKR_OK, rig_session(SLOT_AUTH));
}
END_TEST

RIG_TESTS("keypad", the_path_belongs_to_the_all_digit_pin, a_reader_without_a_keypad_has_no_path,
          options_switch_it_off, every_signature_asks, entries_that_cost_nothing,
          wrong_pins_down_to_locked, the_last_try_is_kept_from_the_keypad_too,
          a_pin_from_the_host_is_taken_too, login_twice_does_not_ask, entries_at_a_signature,
          changed_on_the_keypad, a_login_from_the_host_ends_with_a_change_on_the_keypad,
          changes_that_do_not_come_about, a_keypad_that_only_verifies,
          half_of_a_change_is_no_change, the_card_leaves_during_the_entry)
