/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Initialize, C_Finalize, dlclose and exit at every moment. */
#include "lifecycle.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
/* before what is open is counted: caches and thread stacks are there by then */
#define ROUNDS_TO_SETTLE 4
#define MAPS_SLACK 4
#define STARTERS 8
#define CALLERS 4
#define FINALIZE_LIMIT_MS 5000
#define STATUS 7 /* of a program that ends by exit */

/* ---- dlclose ---- */

static size_t maps_count(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t lines = 0;

    expect_that(maps != NULL, "/proc/self/maps can be read");
    for (int c = getc(maps); c != EOF; c = getc(maps))
        lines += c == '\n';
    (void)fclose(maps);
    return lines;
}

static void rounds_run(void (*round)(void))
{
    char text[8192];
    size_t descriptors = 0, maps = 0;

    for (int i = 0; i < ROUNDS; i++) {
        if (i == ROUNDS_TO_SETTLE) {
            descriptors = descriptors_tell(sizeof(text), text);
            maps = maps_count();
        }
        round();
    }
    expect_that(descriptors_tell(sizeof(text), text) == descriptors,
                "as many descriptors as before");
    expect_that(maps_count() <= maps + MAPS_SLACK, "as many mappings as before");
}

/* Load, sign, finalise, unload. */
static void round_finalized(void)
{
    void *module = module_load(module_path);
    struct signer signer;

    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    (void)sign_once(&signer);
    signer_close(&signer);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_that(dlclose(module) == 0, "dlclose");
}

/* The same without C_Finalize: the module stays as it is, and says so to who loads it again. */
static void round_unfinalized(void)
{
    static _Bool again;
    void *module = module_load(module_path);
    struct signer signer;

    expect_rv(again ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_OK, p11->C_Initialize(NULL),
              "C_Initialize");
    again = 1;
    signer_open(0, PIN_AUTH, &signer);
    (void)sign_once(&signer);
    signer_close(&signer);
    expect_that(dlclose(module) == 0, "dlclose");
}

static void round_waiting(void)
{
    void *module = module_load(module_path);
    struct busy waiter;

    expect(p11->C_Initialize(NULL), "C_Initialize");
    busy_start(&waiter, NULL);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, busy_join(&waiter), "C_WaitForSlotEvent in the end");
    expect_that(dlclose(module) == 0, "dlclose");
}

static void dlclose_finalized(void)
{
    rounds_run(round_finalized);
}

static void dlclose_unfinalized(void)
{
    rounds_run(round_unfinalized);
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

static void dlclose_waiting(void)
{
    rounds_run(round_waiting);
}

/* Unloaded under two threads that are inside. */
static void dlclose_inside(void)
{
    void *module = module_load(module_path);
    struct busy waiter, worker;
    struct signer signer;

    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    busy_start(&waiter, NULL);
    busy_start(&worker, &signer);
    expect_that(dlclose(module) == 0, "dlclose");
    sleep_millis(50);
    (void)module_load(module_path);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, busy_join(&waiter), "C_WaitForSlotEvent in the end");
    expect_finalized(busy_join(&worker));
}

/* ---- C_Initialize and C_Finalize ---- */

static pthread_barrier_t start_line;

static void *initialize_run(void *arg)
{
    (void)pthread_barrier_wait(&start_line);
    *(CK_RV *)arg = p11->C_Initialize(NULL);
    return NULL;
}

static void *finalize_run(void *arg)
{
    (void)pthread_barrier_wait(&start_line);
    *(CK_RV *)arg = p11->C_Finalize(NULL);
    return NULL;
}

/* All at once: one does it, the others are told this. */
static void one_wins(void *(*run)(void *), CK_RV others)
{
    pthread_t threads[STARTERS];
    CK_RV rvs[STARTERS];
    size_t winners = 0;

    (void)pthread_barrier_init(&start_line, NULL, STARTERS);
    for (size_t i = 0; i < STARTERS; i++)
        expect_that(pthread_create(&threads[i], NULL, run, &rvs[i]) == 0, "a thread can be made");
    for (size_t i = 0; i < STARTERS; i++) {
        (void)pthread_join(threads[i], NULL);
        winners += rvs[i] == CKR_OK;
        expect_rv(rvs[i] == CKR_OK ? CKR_OK : others, rvs[i], "who did not win");
    }
    (void)pthread_barrier_destroy(&start_line);
    expect_that(winners == 1, "exactly one wins");
}

static void initialize_twice(void)
{
    struct signer signer;

    begin(&signer);
    expect_rv(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL), "C_Initialize again");
    (void)sign_once(&signer);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL), "C_Finalize again");
}

static void initialize_race(void)
{
    struct signer signer;

    (void)module_load(module_path);
    for (int i = 0; i < ROUNDS; i++) {
        one_wins(initialize_run, CKR_CRYPTOKI_ALREADY_INITIALIZED);
        signer_open(0, PIN_AUTH, &signer);
        (void)sign_once(&signer);
        signer_close(&signer);
        one_wins(finalize_run, CKR_CRYPTOKI_NOT_INITIALIZED);
    }
}

static void *cancelled_run(void *arg)
{
    CK_RV (*const call)(void *) = *(CK_RV(**)(void *))arg;

    (void)pthread_cancel(pthread_self());
    (void)call(NULL);
    pthread_testcancel();
    return NULL;
}

/* Cancelled from the start, so that it ends at the first point there is: after the call, not in
 * it. */
static void cancelled_in(CK_RV (*call)(void *))
{
    pthread_t thread;
    void *result = NULL;

    expect_that(pthread_create(&thread, NULL, cancelled_run, &call) == 0, "a thread can be made");
    expect_that(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED,
                "the thread is cancelled");
}

static void initialize_cancelled(void)
{
    struct signer signer;

    (void)module_load(module_path);
    cancelled_in(p11->C_Initialize);
    expect_rv(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL),
              "C_Initialize after a cancelled one");
    signer_open(0, PIN_AUTH, &signer);
    cancelled_in(p11->C_Finalize);
    expect(p11->C_Initialize(NULL), "C_Initialize after a cancelled C_Finalize");
    signer_close(&signer);
    signer_open(0, PIN_AUTH, &signer);
    (void)sign_once(&signer);
    signer_close(&signer);
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

static void finalize_in_time(void)
{
    const unsigned long start = program_own_ms();

    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_that(program_own_ms() - start <= FINALIZE_LIMIT_MS, "C_Finalize answers within 5 s");
}

/* Threads in both tokens' signatures and in waits, all of them inside when it is finalised; then
 * all over again. */
static void finalize_under_calls(void)
{
    struct busy waiters[CALLERS], workers[CALLERS];
    struct signer signers[CALLERS];

    (void)module_load(module_path);
    for (int round = 0; round < 3; round++) {
        expect(p11->C_Initialize(NULL), "C_Initialize");
        for (size_t i = 0; i < CALLERS; i++)
            signer_open(i % 2, i % 2 == 0 ? PIN_AUTH : PIN_SIGN, &signers[i]);
        for (size_t i = 0; i < CALLERS; i++) {
            busy_start(&waiters[i], NULL);
            busy_start(&workers[i], &signers[i]);
        }
        finalize_in_time();
        for (size_t i = 0; i < CALLERS; i++) {
            expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, busy_join(&waiters[i]),
                      "C_WaitForSlotEvent in the end");
            expect_finalized(busy_join(&workers[i]));
            signer_close(&signers[i]);
        }
    }
    begin(&signers[0]);
    finalize_in_time();
}

const struct life_case close_cases[] = {
    { "dlclose after C_Finalize, 20 times", dlclose_finalized, EXIT_SUCCESS },
    { "dlclose without C_Finalize, 20 times", dlclose_unfinalized, EXIT_SUCCESS },
    { "dlclose after C_Finalize woke a thread, 20 times", dlclose_waiting, EXIT_SUCCESS },
    { "dlclose while threads are inside", dlclose_inside, EXIT_SUCCESS },
    { "C_Initialize twice", initialize_twice, EXIT_SUCCESS },
    { "C_Initialize and C_Finalize by eight threads at once", initialize_race, EXIT_SUCCESS },
    { "a thread is cancelled in C_Initialize and C_Finalize", initialize_cancelled, EXIT_SUCCESS },
    { "C_Finalize while threads sign and wait", finalize_under_calls, EXIT_SUCCESS },
    { NULL, NULL, 0 },
};

/* ---- the program ends ---- */

static struct busy ending_waiter, ending_workers[CALLERS];
static struct signer ending_signer, ending_signers[CALLERS];

static void *exit_run(void *arg)
{
    (void)arg;
    exit(STATUS);
}

static void exit_from_main(void)
{
    begin(&ending_signer);
    exit(STATUS);
}

static void exit_by_return(void)
{
    begin(&ending_signer);
}

static void exit_from_thread(void)
{
    pthread_t thread;

    begin(&ending_signer);
    expect_that(pthread_create(&thread, NULL, exit_run, NULL) == 0, "a thread can be made");
    for (;;)
        sleep_millis(1000);
}

static void exit_while_waiting(void)
{
    begin(&ending_signer);
    busy_start(&ending_waiter, NULL);
    exit(STATUS);
}

/* The script stops pcscd when it reads "ready", and says that it did. */
static void exit_while_pcscd_hangs(void)
{
    begin(&ending_signer);
    busy_start(&ending_waiter, NULL);
    (void)puts("ready");
    expect_that(getchar() != EOF, "pcscd is stopped");
    exit(STATUS);
}

/* Threads on both tokens.  They check nothing, since OpenSSL ends too. */
static void all_inside(void)
{
    begin(&ending_signer);
    signer_close(&ending_signer);
    busy_start(&ending_waiter, NULL);
    for (size_t i = 0; i < CALLERS; i++) {
        signer_open(i % 2, i % 2 == 0 ? PIN_AUTH : PIN_SIGN, &ending_signers[i]);
        signer_close(&ending_signers[i]);
        busy_start(&ending_workers[i], &ending_signers[i]);
    }
    sleep_millis(getpid() % 8);
}

static void exit_while_signing(void)
{
    all_inside();
    exit(STATUS);
}

static void exit_from_thread_while_signing(void)
{
    pthread_t thread;

    all_inside();
    expect_that(pthread_create(&thread, NULL, exit_run, NULL) == 0, "a thread can be made");
    for (;;)
        (void)sign_try(&ending_signer);
}

static void exit_now(int signal)
{
    (void)signal;
    exit(STATUS);
}

/* It is not allowed there, but programs do it; the signal comes at any moment of a call. */
static void calls_until_signal(void)
{
    const struct itimerspec soon = { { 0, 0 }, { 0, 20000000 + getpid() % 997 * 1000 } };
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF };
    CK_SESSION_INFO info;
    timer_t timer;

    expect_that(signal(SIGPROF, exit_now) != SIG_ERR &&
                    timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 &&
                    timer_settime(timer, 0, &soon, NULL) == 0,
                "a timer");
    for (;;)
        (void)p11->C_GetSessionInfo(CK_INVALID_HANDLE, &info);
}

static void exit_from_handler(void)
{
    begin(&ending_signer);
    calls_until_signal();
}

static void *zone_run(void *arg)
{
    tzset();
    return arg;
}

/* A time zone from a pipe that nothing comes through: a thread has its lock, and whoever asks
 * libc for the date waits. */
static void exit_from_handler_beside_zone(void)
{
    pthread_t thread;
    char zone[40];
    int ends[2];

    begin(&ending_signer);
    expect_that(pipe(ends) == 0, "a pipe");
    (void)snprintf(zone, sizeof(zone), ":/proc/self/fd/%d", ends[0]);
    expect_that(setenv("TZ", zone, 1) == 0, "an environment");
    expect_that(pthread_create(&thread, NULL, zone_run, NULL) == 0, "a thread can be made");
    sleep_millis(100);
    calls_until_signal();
}

static void finalize_at_exit(void)
{
    if (p11->C_Finalize(NULL) != CKR_OK)
        _exit(EXIT_FAILURE);
}

static void finalize_from_exit(void)
{
    expect_that(atexit(finalize_at_exit) == 0, "atexit");
    all_inside();
    exit(STATUS);
}

const struct life_case end_cases[] = {
    { "exit from main while logged in", exit_from_main, STATUS },
    { "return from main while logged in", exit_by_return, EXIT_SUCCESS },
    { "exit from a thread while logged in", exit_from_thread, STATUS },
    { "exit while a thread waits for an event", exit_while_waiting, STATUS },
    { "exit while pcscd hangs and a thread waits for an event", exit_while_pcscd_hangs, STATUS },
    { "exit while threads sign and wait", exit_while_signing, STATUS },
    { "exit from a thread while others sign and wait", exit_from_thread_while_signing, STATUS },
    { "exit from a signal's handler in the middle of a call", exit_from_handler, STATUS },
    { "exit from a signal's handler while a thread reads the time zone",
      exit_from_handler_beside_zone, STATUS },
    { "C_Finalize at exit while threads sign and wait", finalize_from_exit, STATUS },
    { NULL, NULL, 0 },
};
