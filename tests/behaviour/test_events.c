/* SPDX-License-Identifier: BSD-3-Clause */
/* C_WaitForSlotEvent, asking and waiting; C_Finalize while others wait or are inside. */
#include "rig.h"
#include "sleep.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static void ck_no_event(void)
{
    CK_SLOT_ID slot = 77;

    CK_IS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    ck_assert_uint_eq(slot, 77);
}

static void ck_event(CK_SLOT_ID expected)
{
    CK_SLOT_ID slot = 77;

    CK_GOOD(C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    ck_assert_uint_eq(slot, expected);
}

START_TEST(what_lay_there_at_the_start_is_no_event)
{
    (void)rig_start("");
    ck_no_event();
}
END_TEST

START_TEST(each_slot_tells_once)
{
    struct sim_card *card = rig_start("");

    rig_eject(READER_A);
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    ck_no_event();
    rig_insert(READER_A, card);
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    ck_no_event();
}
END_TEST

START_TEST(a_swap_between_two_looks_is_an_event)
{
    (void)rig_start("");
    rig_swap(READER_A, rig_card("holder=2"));
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    ck_no_event();
}
END_TEST

START_TEST(new_reader_with_a_card_is_an_event)
{
    (void)rig_start("");
    (void)rig_reader(READER_B, "holder=2");
    ck_event(SLOT_AUTH_B);
    ck_event(SLOT_SIGN_B);
    ck_no_event();
}
END_TEST

START_TEST(hidden_slots_have_no_events)
{
    rig_options("slots=sign");
    (void)rig_start("");
    rig_eject(READER_A);
    ck_event(SLOT_SIGN);
    ck_no_event();
}
END_TEST

START_TEST(wait_arguments)
{
    CK_SLOT_ID slot;

    (void)rig_start("");
    CK_IS(CKR_ARGUMENTS_BAD, C_WaitForSlotEvent, CKF_DONT_BLOCK, NULL, NULL);
    CK_IS(CKR_ARGUMENTS_BAD, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, &slot);
}
END_TEST

static void ck_waiter(CK_RV expected, CK_SLOT_ID slot, pthread_t thread, const CK_SLOT_ID *told)
{
    void *result = NULL;

    ck_assert_int_eq(pthread_join(thread, &result), 0);
    rig_expect(expected, (CK_RV)(uintptr_t)result, "C_WaitForSlotEvent", __FILE__, __LINE__);
    if (expected == CKR_OK)
        ck_assert_uint_eq(*told, slot);
}

static void *waiter(void *arg)
{
    return (void *)(uintptr_t)rig.p11->C_WaitForSlotEvent(0, arg, NULL);
}

static pthread_t waiter_start(CK_SLOT_ID *slot)
{
    pthread_t thread;

    ck_assert_int_eq(pthread_create(&thread, NULL, waiter, slot), 0);
    (void)usleep(100000);
    return thread;
}

START_TEST(waiting_ends_with_an_insertion)
{
    struct sim_card *card = rig_start("");
    CK_SLOT_ID slot = 77;
    pthread_t thread;

    rig_eject(READER_A);
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    thread = waiter_start(&slot);
    rig_insert(READER_A, card);
    ck_waiter(CKR_OK, SLOT_AUTH, thread, &slot);
}
END_TEST

START_TEST(waiting_ends_with_a_new_reader)
{
    CK_SLOT_ID slot = 77;
    pthread_t thread;

    (void)rig_start("");
    thread = waiter_start(&slot);
    (void)rig_reader(READER_B, "holder=2");
    ck_waiter(CKR_OK, SLOT_AUTH_B, thread, &slot);
}
END_TEST

START_TEST(two_new_readers_are_both_told)
{
    CK_SLOT_ID slot = 77;
    pthread_t thread;

    (void)rig_start("");
    thread = waiter_start(&slot);
    (void)rig_reader(READER_B, "holder=2");
    (void)rig_reader("Third Reader 00 00", "holder=3");
    ck_waiter(CKR_OK, SLOT_AUTH_B, thread, &slot);
    /* the rest is told without any waiting */
    for (CK_SLOT_ID expected = SLOT_SIGN_B; expected <= SLOT_SIGN_B + 2; expected++) {
        CK_GOOD(C_WaitForSlotEvent, 0, &slot, NULL);
        ck_assert_uint_eq(slot, expected);
    }
    ck_no_event();
}
END_TEST

/* A signature finds that its card is gone, which pcscd tells nobody: who waits hears of it. */
static void ck_signature_wakes(CK_SESSION_HANDLE session)
{
    CK_SLOT_ID slot = 77;
    pthread_t thread;

    rig_crowd(true);
    thread = waiter_start(&slot);
    ck_sign(CKR_DEVICE_REMOVED, session);
    ck_waiter(CKR_OK, SLOT_AUTH, thread, &slot);
    rig_crowd(false);
}

/* A card without a number that another program reset may be another one by now. */
START_TEST(waiting_ends_with_a_card_that_another_thread_lost)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("profile=android");
    session = agent(SLOT_AUTH);
    ck_assert(sim_world_reset(rig.world, READER_A));
    ck_signature_wakes(session);
}
END_TEST

START_TEST(waiting_ends_with_another_card_in_a_reader_that_is_back)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = agent(SLOT_AUTH);
    reader_goes(READER_A);
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    reader_comes(READER_A, rig_card("holder=2"));
    ck_event(SLOT_AUTH);
    ck_event(SLOT_SIGN);
    ck_signature_wakes(session);
}
END_TEST

START_TEST(waiting_without_a_service)
{
    CK_SLOT_ID slot = 77;
    pthread_t thread;

    sim_world_service(rig.world, false);
    rig_open();
    thread = waiter_start(&slot);
    sim_world_service(rig.world, true);
    (void)rig_reader(READER_A, "");
    ck_waiter(CKR_OK, SLOT_AUTH, thread, &slot);
}
END_TEST

static unsigned long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

START_TEST(finalize_wakes_the_waiters)
{
    pthread_t threads[4];
    CK_SLOT_ID slots[4];
    unsigned long began;

    (void)rig_start("");
    for (size_t i = 0; i < 4; i++)
        threads[i] = waiter_start(&slots[i]);
    began = now_ms();
    CK_GOOD(C_Finalize, NULL);
    ck_assert_uint_lt(now_ms() - began, 1500);
    for (size_t i = 0; i < 4; i++)
        ck_waiter(CKR_CRYPTOKI_NOT_INITIALIZED, 0, threads[i], NULL);
    rig_open();
    ck_assert(rig_has_token(SLOT_AUTH));
}
END_TEST

/* Without pcscd the pauses grow: after three seconds the next look is seconds away. */
START_TEST(finalize_ends_a_pause)
{
    CK_SLOT_ID slot = 77;
    unsigned long began;
    pthread_t thread;

    sim_world_service(rig.world, false);
    rig_open();
    thread = waiter_start(&slot);
    (void)usleep(3200000);
    began = now_ms();
    CK_GOOD(C_Finalize, NULL);
    ck_assert_uint_lt(now_ms() - began, 1500);
    ck_waiter(CKR_CRYPTOKI_NOT_INITIALIZED, 0, thread, NULL);
    rig_open();
}
END_TEST

/* Each refusal is two lines in pcscd's log.  A minute of a program that waits in one thread and
 * looks in another. */
static void ck_asks_seldom(enum jpki_err refusal)
{
    CK_SLOT_ID slot = 77;
    CK_SLOT_INFO info;
    CK_ULONG count = 0;
    pthread_t thread;

    (void)rig_reader(READER_A, "");
    sim_world_refuse(rig.world, refusal);
    rig_open();
    thread = waiter_start(&slot);
    for (int i = 0; i < 240; i++) {
        CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
        CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &info);
        rig_clock(250);
        (void)usleep(1000);
    }
    ck_assert_uint_ge(sim_world_refused(rig.world), 5);
    ck_assert_uint_le(sim_world_refused(rig.world), 10);
    /* once there is a right, ten seconds at most */
    sim_world_refuse(rig.world, JPKI_OK);
    rig_clock(10000);
    ck_assert(rig_has_token(SLOT_AUTH));
    ck_waiter(CKR_OK, SLOT_AUTH, thread, &slot);
}

START_TEST(who_is_refused_asks_seldom)
{
    ck_asks_seldom(JPKI_ERR_ACCESS);
}
END_TEST

/* As in a container whose pcscd is another one. */
START_TEST(who_speaks_another_protocol_asks_seldom)
{
    ck_asks_seldom(JPKI_ERR_NO_SERVICE);
}
END_TEST

static void *signer(void *arg)
{
    CK_BYTE signature[SIGNATURE_LEN];

    return (void *)(uintptr_t)rig_sign_message(*(const CK_SESSION_HANDLE *)arg, signature);
}

static void *unblocker(void *arg)
{
    (void)arg;
    (void)usleep(300000);
    ck_assert(sim_world_unblock(rig.world, READER_A));
    return NULL;
}

START_TEST(finalize_waits_for_calls_inside)
{
    CK_SESSION_HANDLE session;
    pthread_t thread, helper;
    void *result = NULL;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_crowd(true);
    rig_fault(1, "compute block");
    ck_assert_int_eq(pthread_create(&thread, NULL, signer, &session), 0);
    ck_assert(sim_world_wait_blocked(rig.world, READER_A));
    ck_assert_int_eq(pthread_create(&helper, NULL, unblocker, NULL), 0);
    CK_GOOD(C_Finalize, NULL);
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_int_eq(pthread_join(helper, NULL), 0);
    rig_expect(CKR_OK, (CK_RV)(uintptr_t)result, "C_Sign", __FILE__, __LINE__);
    rig_crowd(false);
}
END_TEST

/* Another program that never lets go: C_Finalize gives up after five seconds, and the module
 * stays closed. */
START_TEST(finalize_gives_up)
{
    CK_SESSION_HANDLE session;
    pthread_t thread;
    CK_SESSION_INFO info;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_crowd(true);
    ck_assert(sim_world_hold(rig.world, READER_A, true));
    ck_assert_int_eq(pthread_create(&thread, NULL, signer, &session), 0);
    ck_assert(sim_world_wait_waiting(rig.world, READER_A));
    CK_IS(CKR_FUNCTION_FAILED, C_Finalize, NULL);
    CK_IS(CKR_CRYPTOKI_NOT_INITIALIZED, C_GetSessionInfo, session, &info);
    CK_IS(CKR_FUNCTION_FAILED, C_Initialize, NULL);
    ck_assert(sim_world_hold(rig.world, READER_A, false));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    rig_crowd(false);
    _exit(EXIT_SUCCESS); /* what it holds cannot be given back any more */
}
END_TEST

RIG_TESTS("events", what_lay_there_at_the_start_is_no_event, each_slot_tells_once,
          a_swap_between_two_looks_is_an_event, new_reader_with_a_card_is_an_event,
          hidden_slots_have_no_events, wait_arguments, waiting_ends_with_an_insertion,
          waiting_ends_with_a_new_reader, two_new_readers_are_both_told,
          waiting_ends_with_a_card_that_another_thread_lost,
          waiting_ends_with_another_card_in_a_reader_that_is_back, waiting_without_a_service,
          finalize_wakes_the_waiters, finalize_ends_a_pause, who_is_refused_asks_seldom,
          who_speaks_another_protocol_asks_seldom, finalize_waits_for_calls_inside,
          finalize_gives_up)
