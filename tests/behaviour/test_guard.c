/* SPDX-License-Identifier: BSD-3-Clause */
/* The right card, the right PIN: each way in which a PIN went astray, or more was believed than
 * pcscd can promise. */
#include "rig.h"

#include <pthread.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ck_login(expected, session, pin) \
    rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)
#define ck_set_pin(expected, session, old_pin, new_pin) \
    rig_expect(expected, rig_set_pin(session, old_pin, new_pin), "C_SetPIN", __FILE__, __LINE__)

static unsigned tries_on(const struct sim_card *card, enum sim_role role)
{
    return sim_card_options(card)->role[role].tries;
}

static void ck_untouched(const struct sim_card *card)
{
    ck_assert_uint_eq(
        sim_card_stats(card)->verifies[SIM_AUTH] + sim_card_stats(card)->verifies[SIM_SIGN], 0);
    ck_assert_uint_eq(tries_on(card, SIM_AUTH), 3);
    ck_assert_uint_eq(tries_on(card, SIM_SIGN), 5);
    ck_assert_str_eq(sim_card_options(card)->role[SIM_AUTH].pin, PIN_AUTH);
}

/* A program begins again: everything closed and opened. */
static void begin_again(void)
{
    CK_GOOD(C_Finalize, NULL);
    rig_open();
}

/* ---- which card it is */

enum deed { DEED_LOGIN, DEED_SIGN, DEED_SET_PIN, DEEDS };

static CK_RV deed_do(enum deed deed, CK_SESSION_HANDLE session)
{
    if (deed == DEED_LOGIN)
        return rig_login(session, PIN_AUTH);
    return deed == DEED_SIGN ? rig_sign(session) : rig_set_pin(session, PIN_AUTH, "5678");
}

static CK_SESSION_HANDLE deed_session(enum deed deed)
{
    return deed == DEED_SIGN ? rig_logged_in(SLOT_AUTH) : rig_session(SLOT_AUTH);
}

/* Another person's card, with the same PIN, in the place of the one that the session was opened on,
   and reset by another program: the connection is told the reset alone. */
START_TEST(another_persons_card)
{
    for (enum deed deed = DEED_LOGIN; deed < DEEDS; deed++) {
        struct sim_card *own = rig_start(""), *other = rig_card("holder=2");
        CK_SESSION_HANDLE session = deed_session(deed);

        ck_assert(sim_world_swap_reset(rig.world, READER_A, other));
        rig_expect(CKR_DEVICE_REMOVED, deed_do(deed, session), "the call", __FILE__, (int)deed);
        ck_untouched(other);
        session = rig_logged_in(SLOT_AUTH);
        rig_sign_good(session, other, SIM_AUTH);
        ck_assert_uint_eq(tries_on(own, SIM_AUTH), 3);
        rig_down();
        rig_up();
    }
}
END_TEST

struct call {
    enum deed deed;
    CK_SESSION_HANDLE session;
    CK_RV rv;
};

static void *call_run(void *arg)
{
    struct call *call = arg;

    call->rv = deed_do(call->deed, call->session);
    return NULL;
}

/* The same, while the call waits for its turn: the count of events was looked at already, and
 * only the card can tell. */
START_TEST(another_persons_card_while_waiting)
{
    for (enum deed deed = DEED_LOGIN; deed < DEEDS; deed++) {
        struct sim_card *other = NULL;
        struct call call = { .deed = deed, .rv = CKR_OK };
        pthread_t thread;

        (void)rig_start("");
        other = rig_card("holder=2");
        call.session = deed_session(deed);
        ck_assert(sim_world_hold(rig.world, READER_A, true));
        rig_crowd(true);
        ck_assert_int_eq(pthread_create(&thread, NULL, call_run, &call), 0);
        ck_assert(sim_world_wait_waiting(rig.world, READER_A));
        ck_assert(sim_world_swap_reset(rig.world, READER_A, other));
        ck_assert(sim_world_hold(rig.world, READER_A, false));
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        rig_crowd(false);
        rig_expect(CKR_DEVICE_REMOVED, call.rv, "the call", __FILE__, (int)deed);
        ck_untouched(other);
        rig_down();
        rig_up();
    }
}
END_TEST

/* The reader was added anew, by hand or by sleep: same name, same count of events, another card
 * with the same PIN. */
START_TEST(another_card_in_a_reader_added_anew)
{
    for (enum deed deed = DEED_LOGIN; deed < DEEDS; deed++) {
        struct sim_card *other = NULL;
        CK_SESSION_HANDLE session;

        (void)rig_start("");
        other = rig_card("holder=2");
        session = deed_session(deed);
        ck_assert(sim_world_replug(rig.world, READER_A, other));
        rig_expect(CKR_DEVICE_REMOVED, deed_do(deed, session), "the call", __FILE__, (int)deed);
        ck_untouched(other);
        rig_clock(1000);
        rig_sign_good(rig_logged_in(SLOT_AUTH), other, SIM_AUTH);
        rig_down();
        rig_up();
    }
}
END_TEST

/* The same without a session: what was learned of the card before is not what the PIN goes by. */
START_TEST(another_card_behind_what_was_learned)
{
    struct sim_card *other = NULL;
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    other = rig_card("holder=2");
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_PIN_INCORRECT, session, "9999");
    CK_GOOD(C_CloseSession, session);
    ck_assert(sim_world_replug(rig.world, READER_A, other));
    session = rig_session(SLOT_AUTH);
    ck_login(CKR_DEVICE_REMOVED, session, PIN_AUTH);
    ck_untouched(other);
    rig_clock(1000);
    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    ck_login(CKR_OK, session, PIN_AUTH);
    rig_sign_good(session, other, SIM_AUTH);
}
END_TEST

/* The reader was added anew with the card still in it, which is looked at anew: all goes on,
 * with the login and without. */
START_TEST(a_session_from_before_a_replug)
{
    for (enum deed deed = DEED_LOGIN; deed < DEEDS; deed++) {
        struct sim_card *card = rig_start("");
        CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

        if (deed == DEED_LOGIN)
            CK_GOOD(C_Logout, session);
        ck_assert(sim_world_replug(rig.world, READER_A, NULL));
        rig_expect(CKR_OK, deed_do(deed, session), "the call", __FILE__, (int)deed);
        rig_clock(1000);
        rig_sign_good(session, card, SIM_AUTH);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        rig_down();
        rig_up();
    }
}
END_TEST

/* ---- one wrong value costs one try */

START_TEST(answers_to_the_verify_are_lost)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    for (int i = 0; i < 3; i++) {
        session = rig_session(SLOT_AUTH);
        rig_fault(1, "verify mute");
        ck_assert_uint_ne(rig_login(session, "0001"), CKR_OK);
        CK_GOOD(C_CloseSession, session);
    }
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
}
END_TEST

START_TEST(refused_before_the_module_was_closed)
{
    (void)rig_start("");
    for (int i = 0; i < 3; i++) {
        ck_login(CKR_PIN_INCORRECT, rig_session(SLOT_AUTH), "9999");
        begin_again();
    }
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
}
END_TEST

/* Unless somebody wants it otherwise, the last try is nobody's but jpki-token's. */
START_TEST(the_last_try_is_kept)
{
    static const char *const options[] = { "", "final-try=refuse", "final-try=allow" };

    for (size_t i = 0; i < COUNT(options); i++) {
        CK_SESSION_HANDLE session;
        char pin[8];

        rig_options(options[i]);
        (void)rig_start("");
        session = rig_session(SLOT_SIGN);
        for (unsigned n = 0; n < 6; n++) {
            snprintf(pin, sizeof(pin), "WRONG%u", n);
            rig_expect(n < 4 ? CKR_PIN_INCORRECT : CKR_PIN_LOCKED, rig_login(session, pin),
                       "C_Login", options[i], (int)n);
        }
        ck_assert_msg(rig_tries(SIM_SIGN) == (i < 2 ? 1 : 0), "%s", options[i]);
        rig_options("");
        rig_down();
        rig_up();
    }
}
END_TEST

/* The counter is asked in the transaction of the VERIFY: what another program spent meanwhile
 * counts. */
START_TEST(the_last_try_is_kept_though_others_spend)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), 0);
    rig_set("tries-auth=1");
    ck_login(CKR_PIN_LOCKED, session, "0001");
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 1);
}
END_TEST

/* ---- what cannot be the password */

START_TEST(letters_or_digits_alone)
{
    static const char *const values[] = { "123456", "12345678", "19800101",
                                          "ABCDEF", "abcdefgh", "１２３４５６" };
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_SIGN);
    (void)rig_stats();
    for (size_t i = 0; i < COUNT(values); i++) {
        ck_login(CKR_PIN_INCORRECT, session, values[i]);
        ck_set_pin(CKR_PIN_INCORRECT, session, values[i], "NEW777");
        CK_GOOD(C_CloseSession, session);
        session = rig_session(SLOT_SIGN);
    }
    ck_assert_uint_eq(rig_exchanges(), 0);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
}
END_TEST

START_TEST(letters_or_digits_alone_on_demand)
{
    rig_options("pin-form=any");
    (void)rig_start("pin-sign=123456");
    ck_login(CKR_OK, rig_session(SLOT_SIGN), "123456");
}
END_TEST

/* An end of line belongs to no PIN, nor does the NUL of a string. */
START_TEST(what_ends_a_line)
{
    static const struct {
        const char *bytes;
        CK_ULONG len;
    } rows[] = {
        { "1234\n", 5 }, { "1234\r\n", 6 }, { "1234\r", 5 }, { "1234", 5 }, { "1234\n", 6 }
    };
    CK_UTF8CHAR pin[8], fresh[] = "5678\n";
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(pin, rows[i].bytes, rows[i].len);
        rig_expect(CKR_OK, P11(C_Login, session, CKU_USER, pin, rows[i].len), "C_Login", __FILE__,
                   (int)i);
        CK_GOOD(C_Logout, session);
    }
    memcpy(pin, "1234\n", 5);
    CK_GOOD(C_SetPIN, session, pin, 5, fresh, 5);
    ck_login(CKR_OK, session, "5678");
    CK_GOOD(C_Logout, session);
    memcpy(pin, "\n1234", 5); /* at the end only */
    CK_IS(CKR_PIN_INCORRECT, C_Login, session, CKU_USER, pin, 5);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

RIG_TESTS("guard", another_persons_card, another_persons_card_while_waiting,
          another_card_in_a_reader_added_anew, another_card_behind_what_was_learned,
          a_session_from_before_a_replug, answers_to_the_verify_are_lost,
          refused_before_the_module_was_closed, the_last_try_is_kept,
          the_last_try_is_kept_though_others_spend, letters_or_digits_alone,
          letters_or_digits_alone_on_demand, what_ends_a_line)
