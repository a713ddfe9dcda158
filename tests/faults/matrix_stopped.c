/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another process is stopped inside its transaction.  It got in between two of our visits, so the
 * next one waits for as long as it pleases the other; a thread waits there while this one looks at
 * everything else.
 */
#include "matrix.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FINALIZE_MAX_MS 5000
#define PAIRS_AT_ONCE 4

enum ending { GOES_ON, IS_KILLED, WE_FINALIZE, ENDINGS };

static const char *const ending_names[ENDINGS] = { "goes on", "is killed",
                                                   "is still there at C_Finalize" };

/* It costs nothing and goes by itself, so everything must be as ever. */
static const struct fault stopped = { "stopped", true, false };

struct walk {
    const struct flow *flow;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    enum ending ending;
    bool waits; /* the flow itself is what waits, and it gives a PIN */
    CK_RV rv, next_rv;
};

/* One more call for which the card is needed, whatever the flow left behind. */
static CK_RV card_need(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    CK_RV rv = CKR_OK;

    if (session == CK_INVALID_HANDLE)
        rv = house_open(0, slot, &session);
    if (rv == CKR_OK && state_is_user(session))
        return house_sign(0, session, slot, false);
    return rv == CKR_OK ? house_login(0, session, pin_now(house_role(slot))) : rv;
}

static void *walk_run(void *arg)
{
    struct walk *walk = arg;

    walk->rv = walk->flow->run(walk->slot, walk->session);
    flow_judge(walk->flow, &stopped, walk->slot, walk->session, walk->rv, false);
    walk->next_rv = card_need(walk->slot, walk->session);
    return NULL;
}

static void answered(CK_RV rv, const char *what)
{
    if (rv != CKR_OK && rv != CKR_NO_EVENT)
        house_fault("meanwhile %s answered %s", what, house_rv_name(rv));
}

/* Calls for which no card is needed answer; if one waited for it, the alarm would end the pair. */
static void others_judge(const struct walk *walk, CK_SESSION_HANDLE other)
{
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
    CK_BYTE digest[32], data[] = { 1, 2, 3 };
    CK_ULONG len = sizeof(digest), count = 0;
    CK_SLOT_INFO slot_info;
    CK_SESSION_INFO session_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_INFO mechanism_info;
    CK_SLOT_ID told = 0;
    CK_INFO info;

    answered(CALL(0, C_GetInfo, &info), "C_GetInfo");
    answered(CALL(0, C_GetSlotList, CK_FALSE, NULL, &count), "C_GetSlotList");
    answered(CALL(0, C_GetSlotInfo, walk->slot, &slot_info), "C_GetSlotInfo");
    if (!walk->flow->event)
        answered(CALL(0, C_WaitForSlotEvent, CKF_DONT_BLOCK, &told, NULL), "C_WaitForSlotEvent");
    if (other == CK_INVALID_HANDLE)
        return;
    answered(CALL(0, C_GetTokenInfo, walk->slot, &token_info), "C_GetTokenInfo");
    answered(CALL(0, C_GetMechanismInfo, walk->slot, CKM_SHA256_RSA_PKCS, &mechanism_info),
             "C_GetMechanismInfo");
    answered(CALL(0, C_GetSessionInfo, other, &session_info), "C_GetSessionInfo");
    answered(CALL(0, C_DigestInit, other, &sha256), "C_DigestInit");
    answered(CALL(0, C_Digest, other, data, sizeof(data), digest, &len), "C_Digest");
    answered(CALL(0, C_CloseSession, other), "C_CloseSession");
    answered(house_open(0, walk->slot, &other), "C_OpenSession");
    answered(CALL(0, C_CloseSession, other), "C_CloseSession");
}

/* The program will not wait any longer; a call of its own is inside, so it cannot be CKR_OK. */
static void finalize_judge(void)
{
    const unsigned long start = program_own_ms();
    const CK_RV rv = CALL(0, C_Finalize, NULL);
    const unsigned long took = program_own_ms() - start;

    if (rv != CKR_FUNCTION_FAILED)
        house_fault("C_Finalize answered %s", house_rv_name(rv));
    if (took > FINALIZE_MAX_MS)
        house_fault("C_Finalize took %lu ms", took);
}

/* What became of the two calls of the other thread. */
static void walk_judge(const struct walk *walk, unsigned verifies)
{
    if (walk->ending == WE_FINALIZE) {
        /* a list may be answered with what is known; what needs a PIN may not go through */
        if (walk->next_rv == CKR_OK || (walk->waits && walk->rv == CKR_OK))
            house_fault("after C_Finalize: %s, then %s", house_rv_name(walk->rv),
                        house_rv_name(walk->next_rv));
        if (matrix_verifies() != verifies)
            house_fault("a PIN went to the card after C_Finalize");
    } else if (walk->rv != CKR_OK || walk->next_rv != CKR_OK) {
        house_fault("%s, then %s", house_rv_name(walk->rv), house_rv_name(walk->next_rv));
    }
}

/* A module that could not be finalised opens again once the call is out, and has its whole life
 * on the card. */
static void life_judge(unsigned m, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    CK_RV rv = CALL(m, C_Initialize, NULL);

    if (rv == CKR_OK)
        rv = CALL(m, C_GetSlotList, CK_TRUE, NULL, &count);
    if (rv == CKR_OK)
        rv = house_open(m, slot, &session);
    if (rv == CKR_OK)
        rv = house_login(m, session, pin_now(house_role(slot)));
    if (rv == CKR_OK)
        rv = house_sign(m, session, slot, false);
    if (rv != CKR_OK)
        house_fault("afterwards, in the %s program: %s", m == 0 ? "same" : "other",
                    house_rv_name(rv));
}

static void pair_begin(struct walk *walk, unsigned k, CK_SESSION_HANDLE *ret_other,
                       pthread_t *ret_thread)
{
    CK_SESSION_HANDLE other = CK_INVALID_HANDLE;
    bool good = true;

    walk->session = flow_prepare(walk->flow, walk->slot, "torn-verify-costs=no");
    if (walk->flow->session)
        good = house_open(0, walk->slot, &other) == CKR_OK;
    good = good && (k == 0 ? sim_world_hold(house.world, READER_A, true)
                           : sim_world_fault(house.world, READER_A, k, "hold"));
    house_crowd(true);
    good = pthread_create(ret_thread, NULL, walk_run, walk) == 0 && good;
    if (!good || !sim_world_wait_waiting(house.world, READER_A))
        house_fault("nobody waits for the card");
    *ret_other = other;
}

static void pair_play(struct walk *walk, unsigned k)
{
    CK_SESSION_HANDLE other = CK_INVALID_HANDLE;
    unsigned verifies;
    pthread_t thread;

    house_place("%s, another process is stopped after exchange %u and %s, slot %lu",
                walk->flow->name, k, ending_names[walk->ending], walk->slot);
    alarm(PAIR_SECONDS); /* nothing hangs */
    pair_begin(walk, k, &other, &thread);
    others_judge(walk, other);
    verifies = matrix_verifies();
    if (walk->ending == WE_FINALIZE)
        finalize_judge();
    /* pcscd resets the card of a client that dies */
    if ((walk->ending == IS_KILLED && !sim_world_reset(house.world, READER_A)) ||
        !sim_world_hold(house.world, READER_A, false))
        house_fault("the world does not play along");
    pthread_join(thread, NULL);
    house_crowd(false);
    walk_judge(walk, verifies);
    if (walk->ending != WE_FINALIZE) {
        aftermath_judge(walk->flow, &stopped, walk->slot, walk->session);
        return;
    }
    for (unsigned m = MODULES; m-- > 0;)
        life_judge(m, walk->slot);
    house_down();
}

/* In a process of its own, so that the alarm ends one pair alone. */
static pid_t pair_begin_process(const struct flow *flow, CK_SLOT_ID slot, enum ending ending,
                                unsigned k)
{
    struct walk walk = { .flow = flow,
                         .slot = slot,
                         .ending = ending,
                         .rv = CKR_OK,
                         .next_rv = CKR_OK,
                         .waits = k == 0 && flow->gives_pin };
    const unsigned before = house_faults();
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child != 0)
        return child;
    pair_play(&walk, k);
    fflush(NULL);
    if (k > 0)
        _exit(house_faults() == before ? EXIT_SUCCESS : EXIT_FAILURE);
    house_unload();
    /* where leaks are looked for, which takes its time */
    exit(house_faults() == before ? EXIT_SUCCESS : EXIT_FAILURE);
}

void stopped_play(const struct flow *flow, CK_SLOT_ID slot, unsigned exchanges, unsigned *ret_run,
                  unsigned *ret_passed)
{
    pid_t children[PAIRS_AT_ONCE];

    for (int ending = GOES_ON; ending < ENDINGS; ending++)
        for (unsigned first = 0; first <= exchanges; first += PAIRS_AT_ONCE) {
            unsigned count = 0;

            for (; count < PAIRS_AT_ONCE && first + count <= exchanges; count++)
                children[count] =
                    pair_begin_process(flow, slot, (enum ending)ending, first + count);
            *ret_run += count;
            while (count-- > 0) {
                int status = -1;

                *ret_passed += children[count] > 0 &&
                               waitpid(children[count], &status, 0) == children[count] &&
                               status == 0;
            }
        }
}
