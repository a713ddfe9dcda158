/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the calls that programs repeat cost, in process on the simulated card: polling while another
 * thread signs, ten thousand sessions, sixteen readers.  One line a figure; exit status 1 if one is
 * past its limit.
 */
#include "program.h"

#include "sim_transport.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POLLS 400000
#define SESSIONS 10000
#define READERS 16

static CK_FUNCTION_LIST *p11;
static atomic_bool signing_done;
static int failures;

static void check(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "bench-micro: %s: 0x%lX\n", what, rv);
    exit(1);
}

static double now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* What this thread alone worked: a busy machine does not make it more. */
static double work_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void report(const char *name, double value, double limit)
{
    printf("%s - %s: %.1f <= %.0f\n", value <= limit ? "ok" : "not ok", name, value, limit);
    failures += value > limit;
}

static int compare_double(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static CK_SESSION_HANDLE session_open(void)
{
    CK_SESSION_HANDLE session = 0;

    check(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    return session;
}

static void *sign_loop(void *argument)
{
    CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)argument;
    const struct program program = { .p11 = p11 };
    CK_OBJECT_HANDLE key = 0;
    CK_BYTE signature[256];
    CK_ULONG len;

    check(program_find(&program, session, CKO_PRIVATE_KEY, &key), "looking for the key");
    while (!atomic_load(&signing_done)) {
        len = sizeof(signature);
        check(program_sign_init(&program, session, CKM_SHA256_RSA_PKCS, key), "C_SignInit");
        check(program_sign(&program, session, "measured", sizeof("measured"), signature, &len),
              "C_Sign");
    }
    return NULL;
}

static void poll_while_signing(void)
{
    static double slot_us[POLLS], session_us[POLLS];
    CK_SESSION_HANDLE signer = session_open(), poller = session_open();
    CK_UTF8CHAR pin[] = "1234";
    CK_SLOT_INFO slot;
    CK_SESSION_INFO session;
    pthread_t thread;

    check(p11->C_Login(signer, CKU_USER, pin, 4), "C_Login");
    pthread_create(&thread, NULL, sign_loop, &signer);
    for (size_t i = 0; i < POLLS; i++) {
        double start = now_us();

        check(p11->C_GetSlotInfo(0, &slot), "C_GetSlotInfo");
        slot_us[i] = now_us() - start;
        start = now_us();
        check(p11->C_GetSessionInfo(poller, &session), "C_GetSessionInfo");
        session_us[i] = now_us() - start;
    }
    atomic_store(&signing_done, true);
    pthread_join(thread, NULL);
    qsort(slot_us, POLLS, sizeof(slot_us[0]), compare_double);
    qsort(session_us, POLLS, sizeof(session_us[0]), compare_double);
    report("C_GetSlotInfo while another thread signs, 99th percentile, us",
           slot_us[POLLS * 99 / 100], 100);
    report("C_GetSessionInfo while another thread signs, 99th percentile, us",
           session_us[POLLS * 99 / 100], 100);
    check(p11->C_CloseAllSessions(0), "C_CloseAllSessions");
}

static void many_sessions(void)
{
    static CK_SESSION_HANDLE handles[SESSIONS];
    CK_SESSION_INFO info;
    double start = work_us(), opened, asked;

    for (size_t i = 0; i < SESSIONS; i++)
        handles[i] = session_open();
    opened = work_us();
    for (size_t i = 0; i < SESSIONS; i++)
        check(p11->C_GetSessionInfo(handles[i], &info), "C_GetSessionInfo");
    asked = work_us();
    check(p11->C_CloseAllSessions(0), "C_CloseAllSessions");
    report("10,000 sessions: open one, us", (opened - start) / SESSIONS, 100);
    report("10,000 sessions: ask one, us", (asked - opened) / SESSIONS, 100);
    report("10,000 sessions: close all, ms", (work_us() - asked) / 1e3, 1000);
}

static void many_readers(struct sim_world *world)
{
    CK_SLOT_ID slots[2 * READERS];
    CK_ULONG count = 2 * READERS;
    CK_SLOT_INFO info;
    double start, listed;
    char name[64];

    for (int i = 1; i < READERS; i++) {
        snprintf(name, sizeof(name), "Reader %02d", i);
        if (!sim_world_add_reader(world, name))
            check(CKR_HOST_MEMORY, "sixteen readers");
    }
    start = work_us();
    check(p11->C_GetSlotList(CK_FALSE, NULL, &count), "C_GetSlotList");
    listed = work_us();
    if (count != 2 * READERS)
        check(CKR_GENERAL_ERROR, "thirty-two slots");
    check(p11->C_GetSlotList(CK_FALSE, slots, &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count; i++)
        check(p11->C_GetSlotInfo(slots[i], &info), "C_GetSlotInfo");
    report("16 readers: list the slots, ms", (listed - start) / 1e3, 20);
    report("16 readers: ask each slot, us", (work_us() - listed) / (double)count, 100);
}

/* Card time passes a hundred times faster than on a real card, but it passes: the lock on the
 * card is really held. */
static void sleep_us(void *user, unsigned long us)
{
    struct timespec span = { 0, (long)us * 10 };

    (void)user;
    nanosleep(&span, NULL);
}

int main(int argc, char **argv)
{
    struct sim_world *world = sim_world_new();
    struct sim_card *card = sim_card_new_words("", argc > 1 ? argv[1] : ".");
    CK_ULONG count = 0;

    if (world == NULL || card == NULL || !sim_world_add_reader(world, "Reader 00") ||
        !sim_world_insert(world, "Reader 00", card))
        return 1;
    sim_world_set_clock(world, sleep_us, NULL);
    sim_system_set(world);
    check(C_GetFunctionList(&p11), "C_GetFunctionList");
    check(p11->C_Initialize(NULL), "C_Initialize");
    check(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    poll_while_signing();
    many_sessions();
    many_readers(world);
    check(p11->C_Finalize(NULL), "C_Finalize");
    sim_world_free(world);
    sim_card_free(card);
    return failures == 0 ? 0 : 1;
}
