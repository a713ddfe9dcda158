/* SPDX-License-Identifier: BSD-3-Clause */
/* A card, or all of pcscd, that does not answer one thread for three minutes: how long the
 * others wait. */
#include "program.h"
#include "rig.h"

#include <pthread.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* A call and its bound. */
#define CK_WITHIN(ms, expected, name, ...) \
    do { \
        const unsigned long began_ms = program_own_ms(); \
        CK_IS(expected, name, __VA_ARGS__); \
        ck_assert_msg(program_own_ms() - began_ms <= (ms), "%s took %lu ms, more than %u", #name, \
                      program_own_ms() - began_ms, (ms)); \
    } while (0)

static void *sign_run(void *arg)
{
    static CK_BYTE signature[SIGNATURE_LEN];

    return (void *)(uintptr_t)rig_sign_message(*(const CK_SESSION_HANDLE *)arg, signature);
}

static void *list_run(void *arg)
{
    CK_ULONG count;

    (void)arg;
    return (void *)(uintptr_t)P11(C_GetSlotList, CK_FALSE, NULL, &count);
}

static void *look_run(void *arg)
{
    CK_SLOT_INFO info;

    (void)arg;
    return (void *)(uintptr_t)P11(C_GetSlotInfo, SLOT_AUTH, &info);
}

/* What polls goes on with what is known, waits for the card once, and nobody is told that a try
 * is gone. */
static void ck_polls(CK_SESSION_HANDLE session, CK_RV token)
{
    CK_SLOT_ID slots[8], event;
    CK_ULONG count = COUNT(slots);
    CK_SESSION_INFO session_info;
    CK_TOKEN_INFO token_info;
    CK_SLOT_INFO slot_info;

    (void)alarm(30); /* who is held is held for ever, here */
    for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++) {
        CK_WITHIN(250u, CKR_OK, C_GetSlotInfo, slot, &slot_info);
        CK_WITHIN(slot == SLOT_AUTH ? 1000u : 500u, token, C_GetTokenInfo, slot, &token_info);
        if (token == CKR_OK)
            ck_assert_uint_eq(token_info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED), 0);
    }
    if (session != CK_INVALID_HANDLE)
        CK_WITHIN(250u, CKR_OK, C_GetSessionInfo, session, &session_info);
    CK_WITHIN(1000u, CKR_OK, C_GetSlotList, CK_FALSE, slots, &count);
    CK_WITHIN(1000u, CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &event, NULL);
}

/* The module closes in time, the thread comes back, and no PIN goes to the card a second time. */
static void ck_ends(pthread_t thread, unsigned verifies)
{
    void *result = NULL;

    CK_WITHIN(5000u, CKR_FUNCTION_FAILED, C_Finalize, NULL);
    sim_world_deaf(rig.world, false);
    ck_assert(sim_world_unblock(rig.world, READER_A));
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_uint_ne((uintptr_t)result, CKR_CRYPTOKI_NOT_INITIALIZED);
    rig_crowd(false);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], verifies);
    CK_GOOD(C_Initialize, NULL);
}

static void ck_signature_blocks(const char *fault, bool deaf)
{
    static CK_SESSION_HANDLE session;
    pthread_t thread;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_fault(1, fault);
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&thread, NULL, sign_run, &session), 0);
    ck_assert(sim_world_wait_blocked(rig.world, READER_A));
    sim_world_deaf(rig.world, deaf);
    rig_clock(180000);
    ck_polls(session, CKR_OK);
    ck_ends(thread, 2);
}

START_TEST(a_verify_takes_three_minutes)
{
    ck_signature_blocks("verify block", false);
}
END_TEST

START_TEST(a_signature_takes_three_minutes)
{
    ck_signature_blocks("compute block", false);
}
END_TEST

/* All of pcscd stands still with it, as was reported of lost cards: nobody else asks it
 * anything. */
START_TEST(pcscd_stands_still_with_a_verify)
{
    ck_signature_blocks("verify block", true);
}
END_TEST

START_TEST(pcscd_stands_still_with_a_signature)
{
    ck_signature_blocks("compute block", true);
}
END_TEST

/* The thread that polls is the one whose exchange does not come back. */
START_TEST(a_look_takes_three_minutes)
{
    pthread_t thread;

    (void)rig_reader(READER_A, "");
    rig_open();
    rig_fault(1, "block");
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&thread, NULL, look_run, NULL), 0);
    ck_assert(sim_world_wait_blocked(rig.world, READER_A));
    sim_world_deaf(rig.world, true);
    rig_clock(180000);
    ck_polls(CK_INVALID_HANDLE, CKR_TOKEN_NOT_PRESENT);
    ck_ends(thread, 0);
}
END_TEST

START_TEST(a_list_that_hangs_holds_nobody_who_polls)
{
    CK_SESSION_HANDLE session;
    pthread_t thread;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_crowd(true);
    sim_world_deaf(rig.world, true);
    ck_assert_int_eq(pthread_create(&thread, NULL, list_run, NULL), 0);
    while (sim_world_unheard(rig.world) == 0)
        (void)usleep(1000);
    rig_clock(180000);
    ck_polls(session, CKR_OK);
    ck_ends(thread, 1);
}
END_TEST

RIG_TESTS("blocked", a_verify_takes_three_minutes, a_signature_takes_three_minutes,
          pcscd_stands_still_with_a_verify, pcscd_stands_still_with_a_signature,
          a_look_takes_three_minutes, a_list_that_hangs_holds_nobody_who_polls)
