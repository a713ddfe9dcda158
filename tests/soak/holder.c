/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two programs for stopped.sh.  holder hold READER begins a transaction, says so and stops itself
 * with SIGSTOP; continued, it ends the transaction.  holder wait MODULE PLAN is a client that the
 * card is held from: it is logged in, says "ready", and when a line comes on its standard input it
 * signs in one thread while another looks how the module answers.
 */
#include "client.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <winscard.h>

#define PROMPT_MS 1000 /* what a polling call may take */
#define FINALIZE_LIMIT_MS 5000

static struct signer signer;
/* to look with: the calls of one session wait for each other */
static CK_SESSION_HANDLE other_session;
static CK_RV waiting_rv;
static atomic_bool returned;

static void say(const char *what)
{
    (void)puts(what);
    (void)fflush(stdout);
}

static int run_hold(char **argv)
{
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;

    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
        SCardConnect(context, argv[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                     &card, &protocol) != SCARD_S_SUCCESS ||
        SCardBeginTransaction(card) != SCARD_S_SUCCESS)
        return EXIT_FAILURE;
    say("held");
    (void)raise(SIGSTOP);
    (void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
    (void)SCardDisconnect(card, SCARD_LEAVE_CARD);
    (void)SCardReleaseContext(context);
    return EXIT_SUCCESS;
}

/* A line of standard input: the script has done its part. */
static void line_await(void)
{
    char line[16];

    expect(fgets(line, sizeof(line), stdin) == NULL ? CKR_GENERAL_ERROR : CKR_OK,
           "a line to go on at");
}

/* Judge the time since start, which is now again. */
static void prompt(unsigned long *start, const char *what)
{
    expect(program_own_ms() - *start <= PROMPT_MS ? CKR_OK : CKR_FUNCTION_FAILED, what);
    *start = program_own_ms();
}

/* What browsers poll with, while the card is held. */
static void polls_are_prompt(void)
{
    unsigned long start = program_own_ms();
    CK_SLOT_ID slots[8], slot;
    CK_ULONG count = 8;
    CK_TOKEN_INFO token;
    CK_SLOT_INFO info;
    CK_SESSION_INFO session;
    CK_RV rv;

    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    prompt(&start, "C_GetSlotList without a list is prompt");
    count = 8;
    expect(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    expect(count == 2 ? CKR_OK : CKR_TOKEN_NOT_PRESENT, "both tokens are there");
    expect(p11->C_GetSlotInfo(0, &info), "C_GetSlotInfo");
    prompt(&start, "C_GetSlotList and C_GetSlotInfo are prompt");
    for (CK_SLOT_ID each = 0; each < 2; each++) {
        expect(p11->C_GetTokenInfo(each, &token), "C_GetTokenInfo");
        prompt(&start, "C_GetTokenInfo is prompt");
    }
    expect(p11->C_GetSessionInfo(other_session, &session), "C_GetSessionInfo");
    prompt(&start, "C_GetSessionInfo is prompt");
    rv = p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);
    expect(rv == CKR_NO_EVENT ? CKR_OK : rv, "C_WaitForSlotEvent");
    prompt(&start, "C_WaitForSlotEvent is prompt");
}

static void *sign_run(void *arg)
{
    (void)arg;
    waiting_rv = sign_try(&signer);
    atomic_store(&returned, 1);
    return NULL;
}

static void *login_run(void *arg)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    (void)arg;
    waiting_rv = program_open(&program, 1, &session);
    if (waiting_rv == CKR_OK)
        waiting_rv = program_login(&program, session, CKU_USER, PIN_SIGN);
    atomic_store(&returned, 1);
    return NULL;
}

/* Start the call that has to wait for the card, and see that it does. */
static pthread_t waiter_start(void *(*run)(void *))
{
    const struct timespec moment = { 0, 500000000 };
    pthread_t thread;

    expect(pthread_create(&thread, NULL, run, NULL) == 0 ? CKR_OK : CKR_HOST_MEMORY, "a thread");
    (void)nanosleep(&moment, NULL);
    polls_are_prompt();
    expect(atomic_load(&returned) ? CKR_FUNCTION_FAILED : CKR_OK, "the call waits for the card");
    return thread;
}

static CK_RV finalize_timed(void)
{
    const unsigned long start = program_own_ms();
    const CK_RV rv = p11->C_Finalize(NULL);

    expect(program_own_ms() - start <= FINALIZE_LIMIT_MS ? CKR_OK : CKR_FUNCTION_FAILED,
           "C_Finalize answers within 5 s");
    return rv;
}

/* The call waits, and is good when the holder goes on. */
static void plan_goes_on(void *(*run)(void *))
{
    const pthread_t thread = waiter_start(run);

    say("waiting");
    line_await();
    (void)pthread_join(thread, NULL);
    expect(waiting_rv, "the call that waited");
    expect(sign_try(&signer), "the next C_Sign");
    expect(finalize_timed(), "C_Finalize");
}

static void plan_sign(void)
{
    plan_goes_on(sign_run);
}

static void plan_login(void)
{
    plan_goes_on(login_run);
}

/* C_Finalize gives up in time; once the holder goes on the module begins anew. */
static void plan_finalize(void)
{
    const pthread_t thread = waiter_start(sign_run);
    CK_ULONG count = 0;
    CK_RV rv = finalize_timed();

    expect(rv == CKR_FUNCTION_FAILED ? CKR_OK : CKR_GENERAL_ERROR,
           "C_Finalize says that a call is still inside");
    rv = p11->C_GetSlotList(CK_TRUE, NULL, &count);
    expect(rv == CKR_CRYPTOKI_NOT_INITIALIZED ? CKR_OK : CKR_GENERAL_ERROR, "the module is closed");
    say("waiting");
    line_await();
    (void)pthread_join(thread, NULL);
    expect(waiting_rv == CKR_OK ? CKR_GENERAL_ERROR : CKR_OK, "nothing is signed after C_Finalize");
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_close(&signer);
    signer_open(0, PIN_AUTH, &signer);
    expect(sign_try(&signer), "C_Sign of the new life");
    expect(finalize_timed(), "C_Finalize");
}

/* The program ends although its call waits for ever. */
static void plan_exit(void)
{
    (void)waiter_start(sign_run);
    say("leaving");
    exit(7);
}

static const struct plan {
    const char *name;
    void (*run)(void);
} plans[] = { { "sign", plan_sign },
              { "login", plan_login },
              { "finalize", plan_finalize },
              { "exit", plan_exit } };

static int run_wait(char **argv)
{
    (void)module_load(argv[0]);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    expect(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other_session), "C_OpenSession");
    expect(sign_try(&signer), "the first C_Sign");
    say("ready");
    line_await();
    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
        if (strcmp(argv[1], plans[i].name) == 0)
            plans[i].run();
    signer_close(&signer);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return run_hold(argv + 2);
    if (argc == 4 && strcmp(argv[1], "wait") == 0)
        return run_wait(argv + 2);
    fprintf(stderr, "usage: holder hold READER | holder wait MODULE PLAN\n");
    return 2;
}
