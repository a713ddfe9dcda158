/* SPDX-License-Identifier: BSD-3-Clause */
/* Several threads at once: polling while another signs, workers on two tokens, cards that leave
 * meanwhile. */
#include "program.h"
#include "rig.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define POLLS 200
#define WORKERS 8
#define ROUNDS 6

static atomic_bool done;
static atomic_uint done_so_far; /* signatures of the thread that makes them until done */

static unsigned long now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000000 + (unsigned long)now.tv_nsec / 1000;
}

/* The card takes its time: 420 ms for a signature. */
static void card_sleeps(void *user, unsigned long us)
{
    (void)user;
    (void)usleep((useconds_t)us);
}

static void *sign_until_done(void *arg)
{
    const CK_SESSION_HANDLE session = *(const CK_SESSION_HANDLE *)arg;
    CK_BYTE signature[SIGNATURE_LEN];

    while (!atomic_load(&done)) {
        rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
        atomic_fetch_add(&done_so_far, 1);
    }
    return NULL;
}

/* A card that takes its time, a thread that signs on it until busy_end, and a session beside. */
static pthread_t busy_begin(CK_SESSION_HANDLE *ret_other)
{
    static CK_SESSION_HANDLE session; /* the thread's, in this test's process */
    pthread_t thread;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    *ret_other = rig_session(SLOT_AUTH);
    sim_world_set_clock(rig.world, card_sleeps, NULL);
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&thread, NULL, sign_until_done, &session), 0);
    return thread;
}

static void busy_end(pthread_t thread)
{
    atomic_store(&done, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    sim_world_set_clock(rig.world, NULL, NULL);
    rig_crowd(false);
}

/* What clients poll with must never wait for the card that is at work. */
static unsigned long poll_once(CK_SESSION_HANDLE session)
{
    CK_SLOT_INFO slot_info;
    CK_SESSION_INFO session_info;
    CK_SLOT_ID slots[2];
    CK_ULONG count = 2;
    const unsigned long began = now_us();

    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &slot_info);
    CK_GOOD(C_GetSlotInfo, SLOT_SIGN, &slot_info);
    CK_GOOD(C_GetSlotList, CK_TRUE, slots, &count);
    CK_GOOD(C_GetSessionInfo, session, &session_info);
    ck_assert_uint_eq(session_info.state, CKS_RW_USER_FUNCTIONS);
    return now_us() - began;
}

START_TEST(polling_never_waits_for_a_signature)
{
    CK_SESSION_HANDLE other;
    const pthread_t thread = busy_begin(&other);
    unsigned slow = 0;

    for (int i = 0; i < POLLS; i++) {
        slow += poll_once(other) > 50000; /* a busy machine is forgiven; a signature takes 420 ms */
        (void)usleep(5000);
    }
    busy_end(thread);
    ck_assert_uint_le(slow, POLLS / 50);
}
END_TEST

/* Beside a thread that signs without pause another one waits for the signature under way alone. */
START_TEST(who_asks_first_signs_first)
{
    CK_BYTE signature[SIGNATURE_LEN];
    CK_SESSION_HANDLE other;
    const pthread_t thread = busy_begin(&other);
    unsigned waited = 0; /* signatures of the other thread */

    for (int i = 0; i < 3; i++) {
        unsigned before;

        (void)usleep(100000);
        before = atomic_load(&done_so_far);
        rig_expect(CKR_OK, rig_sign_message(other, signature), "C_Sign", __FILE__, __LINE__);
        waited += atomic_load(&done_so_far) - before;
    }
    busy_end(thread);
    /* one each time, and one that was not counted yet; a mutex makes it two */
    ck_assert_uint_le(waited, 4);
}
END_TEST

struct worker {
    CK_SLOT_ID slot;
    enum sim_role role;
    const struct sim_card *card;
};

/* A whole client: session, login unless somebody did it, search, sign, check, close. */
static void *worker_run(void *arg)
{
    const struct worker *worker = arg;

    for (int i = 0; i < ROUNDS; i++) {
        CK_SESSION_HANDLE session = rig_session(worker->slot);
        CK_RV rv = rig_login(session, worker->role == SIM_AUTH ? PIN_AUTH : PIN_SIGN);

        ck_assert(rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN);
        rig_sign_good(session, worker->card, worker->role);
        if (i == 0)
            CK_GOOD(C_CloseSession, rig_session(worker->slot));
    }
    return NULL;
}

START_TEST(eight_workers_on_two_tokens)
{
    struct sim_card *card = rig_start("");
    const struct worker jobs[2] = { { SLOT_AUTH, SIM_AUTH, card }, { SLOT_SIGN, SIM_SIGN, card } };
    pthread_t threads[WORKERS];

    rig_crowd(true);
    for (size_t i = 0; i < WORKERS; i++) {
        union {
            const struct worker *in;
            void *out;
        } job = { &jobs[i % 2] };
        ck_assert_int_eq(pthread_create(&threads[i], NULL, worker_run, job.out), 0);
    }
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    rig_crowd(false);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
    ck_assert_uint_eq(rig_stats().signatures[SIM_AUTH], WORKERS / 2 * ROUNDS);
}
END_TEST

/* Whatever comes back, only what the standard permits; the wrapper holds it. */
static void *worker_amid_swaps(void *arg)
{
    (void)arg;
    while (!atomic_load(&done)) {
        CK_BYTE signature[SIGNATURE_LEN];
        CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
        CK_SLOT_INFO info;
        CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
        CK_ULONG len = sizeof(signature);
        CK_BYTE data[1] = { 1 };

        CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &info);
        if (P11(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
            continue;
        (void)rig_login(session, PIN_AUTH);
        if (P11(C_SignInit, session, &mechanism, 3) == CKR_OK)
            (void)P11(C_Sign, session, data, 1, signature, &len);
        (void)P11(C_CloseSession, session);
    }
    return NULL;
}

START_TEST(cards_swapped_under_the_workers)
{
    struct sim_card *cards[2] = { rig_start(""), rig_card("holder=2") };
    pthread_t threads[4];

    rig_crowd(true);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, worker_amid_swaps, NULL), 0);
    for (size_t i = 0; i < 40; i++) {
        rig_swap(READER_A, cards[(i + 1) % 2]);
        (void)usleep(20000);
    }
    atomic_store(&done, true);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    rig_crowd(false);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

/* One wrong PIN given by many at once costs one try. */
static void *login_wrong(void *arg)
{
    const CK_RV rv = rig_login(*(const CK_SESSION_HANDLE *)arg, "9999");

    ck_assert(rv == CKR_PIN_INCORRECT || rv == CKR_FUNCTION_CANCELED);
    return NULL;
}

START_TEST(one_wrong_pin_by_many_threads)
{
    CK_SESSION_HANDLE session[WORKERS];
    pthread_t threads[WORKERS];

    (void)rig_start("");
    for (size_t i = 0; i < WORKERS; i++)
        session[i] = rig_session(SLOT_AUTH);
    rig_crowd(true);
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, login_wrong, &session[i]), 0);
    for (size_t i = 0; i < WORKERS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    rig_crowd(false);
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 1);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
}
END_TEST

/* No arrays in here: AddressSanitizer does not see that a cancelled thread leaves their frame. */
static void *sign_until_cancelled(void *arg)
{
    static CK_BYTE signatures[2][SIGNATURE_LEN];
    static atomic_uint thread;

    rig_expect(CKR_OK,
               rig_sign_message(*(const CK_SESSION_HANDLE *)arg,
                                signatures[atomic_fetch_add(&thread, 1) % 2]),
               "C_Sign", __FILE__, __LINE__);
    while (true)
        pthread_testcancel();
    return NULL;
}

/* A call that a thread is in goes to its end, or the card would stay unlocked and nobody's turn
 * would ever come again. */
START_TEST(a_thread_is_cancelled_after_its_call)
{
    CK_SESSION_HANDLE session, other;
    CK_BYTE signature[SIGNATURE_LEN];
    pthread_t threads[2];
    void *result;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    other = rig_session(SLOT_AUTH);
    sim_world_set_clock(rig.world, card_sleeps, NULL);
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&threads[0], NULL, sign_until_cancelled, &session), 0);
    (void)usleep(60000);
    ck_assert_int_eq(pthread_create(&threads[1], NULL, sign_until_cancelled, &other), 0);
    (void)usleep(60000);
    for (size_t i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_cancel(threads[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    }
    sim_world_set_clock(rig.world, NULL, NULL);
    rig_crowd(false);
    rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
}
END_TEST

/* The connection given up when the last session goes is no visit: nobody leaves others a gap
 * after it. */
#define MS(began) (program_own_ms() - (began))

static void *sign_once_run(void *arg)
{
    static CK_BYTE signature[SIGNATURE_LEN];
    static CK_RV rv;

    rv = rig_sign_message(*(const CK_SESSION_HANDLE *)arg, signature);
    return &rv;
}

/* A reader is silent for three minutes in the middle of another thread's signature: polling goes
 * on with what is known. */
START_TEST(polling_is_bounded_whatever_the_card_does)
{
    CK_SESSION_HANDLE session, other;
    CK_SESSION_INFO session_info;
    CK_TOKEN_INFO token_info;
    CK_SLOT_INFO slot_info;
    pthread_t thread;
    unsigned long began;
    void *result;
    CK_RV rv;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    other = rig_session(SLOT_SIGN);
    rig_fault(3, "block"); /* SELECT, the counter, and then VERIFY, which does not come back */
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&thread, NULL, sign_once_run, &session), 0);
    ck_assert(sim_world_wait_blocked(rig.world, READER_A));
    rig_clock(180000);
    for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++) {
        began = program_own_ms();
        CK_GOOD(C_GetSlotInfo, slot, &slot_info);
        ck_assert_uint_le(MS(began), 250);
        ck_assert((slot_info.flags & CKF_TOKEN_PRESENT) != 0);
        began = program_own_ms();
        CK_GOOD(C_GetSessionInfo, slot == SLOT_AUTH ? session : other, &session_info);
        ck_assert_uint_le(MS(began), 250);
        began = program_own_ms();
        CK_GOOD(C_GetTokenInfo, slot, &token_info);
        ck_assert_uint_le(MS(began), 1000);
        ck_assert_uint_eq(token_info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_LOCKED), 0);
    }
    began = program_own_ms();
    rv = P11(C_Finalize, NULL);
    ck_assert_uint_le(MS(began), 5000);
    ck_assert_uint_eq(rv, CKR_FUNCTION_FAILED);
    ck_assert(sim_world_unblock(rig.world, READER_A));
    ck_assert_int_eq(pthread_join(thread, &result), 0);
    ck_assert_uint_ne(*(CK_RV *)result, CKR_CRYPTOKI_NOT_INITIALIZED);
    rig_crowd(false);
    /* the login's, and the one that took so long */
    ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 2);
    CK_GOOD(C_Initialize, NULL);
}
END_TEST

static void *close_until_done(void *arg)
{
    (void)arg;
    while (!atomic_load(&done)) {
        rig_expect(CKR_OK, P11(C_CloseAllSessions, SLOT_AUTH), "C_CloseAllSessions", __FILE__,
                   __LINE__);
        atomic_fetch_add(&done_so_far, 1);
    }
    return NULL;
}

/* The spare reader becomes a real one while a thread looks whether its connection can rest. */
START_TEST(a_reader_comes_while_sessions_close)
{
    pthread_t thread;
    CK_ULONG count = 0;

    rig_open();
    rig_crowd(true);
    ck_assert_int_eq(pthread_create(&thread, NULL, close_until_done, NULL), 0);
    while (atomic_load(&done_so_far) == 0)
        (void)usleep(100);
    (void)rig_reader(READER_A, "");
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_assert_uint_eq(count, 2);
    atomic_store(&done, true);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    rig_crowd(false);
}
END_TEST

START_TEST(closing_a_session_delays_nothing)
{
    unsigned long least = ~0UL;

    (void)rig_start("");
    for (int i = 0; i < 5; i++) {
        CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);
        const unsigned long began = now_us();

        CK_GOOD(C_CloseSession, session);
        session = rig_logged_in(SLOT_AUTH);
        CK_GOOD(C_CloseSession, session);
        least = now_us() - began < least ? now_us() - began : least;
        rig_clock(2000);
    }
    ck_assert_uint_lt(least, 120000);
}
END_TEST

static void *let_go_later(void *arg)
{
    (void)arg;
    ck_assert(sim_world_wait_waiting(rig.world, READER_A));
    (void)usleep(100000);
    ck_assert(sim_world_hold(rig.world, READER_A, false));
    return NULL;
}

/* pcscd lets waiting programs ask every 100 ms: one that comes again at once would keep them out
 * for ever. */
START_TEST(who_had_to_wait_lets_the_others_try)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN];
    unsigned long began;
    pthread_t thread;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    ck_assert(sim_world_hold(rig.world, READER_A, true));
    ck_assert_int_eq(pthread_create(&thread, NULL, let_go_later, NULL), 0);
    rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    for (int i = 0; i < 3; i++) {
        began = now_us();
        rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
        ck_assert_uint_ge(now_us() - began, 110000);
    }
}
END_TEST

RIG_TESTS("threads", polling_never_waits_for_a_signature, who_asks_first_signs_first,
          eight_workers_on_two_tokens, cards_swapped_under_the_workers,
          one_wrong_pin_by_many_threads, who_had_to_wait_lets_the_others_try,
          a_thread_is_cancelled_after_its_call, a_reader_comes_while_sessions_close,
          closing_a_session_delays_nothing, polling_is_bounded_whatever_the_card_does)
