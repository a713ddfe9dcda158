/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * killed MODULE: a program with a thread beside the one that signs, as most have; it signs until
 * something ends it.  On SIGUSR1 that is _exit in the other thread, on SIGUSR2 another program in
 * its place.
 *
 * killed leave MODULE: main ends while another thread's C_Login waits for a person at the reader's
 * keypad.
 *
 * killed beside READER: another program that is connected to the card, without which pcscd soon
 * takes its power away.
 *
 * killed strike PROCESS NUMBER: send the signal as soon as the card says that it is unlocked: its
 * next exchange is then under way.  Prints whether the card is unlocked still when that visit must
 * be over; or that the signal came late: the card was locked again before it had come.
 */
#include "client.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define KEYPAD_MOMENTS 1200 /* of 50 ms until the keypad asks */

static void *beside(void *arg)
{
    const sigset_t *waited = arg;
    int number = 0;

    (void)sigwait(waited, &number);
    if (number == SIGUSR1)
        _exit(EXIT_SUCCESS);
    execl("/bin/true", "true", (char *)NULL);
    return NULL;
}

static _Bool card_is_unlocked(int fd)
{
    return strstr(card_stats(fd), "\"unlocked\":[]") == NULL;
}

static int stand_beside(const char *reader)
{
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;

    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
        SCardConnect(context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                     &card, &protocol) != SCARD_S_SUCCESS)
        return EXIT_FAILURE;
    return pause();
}

static void *login_run(void *arg)
{
    (void)p11->C_Login(*(CK_SESSION_HANDLE *)arg, CKU_USER, NULL, 0);
    return NULL;
}

static _Bool keypad_tells(const char *line)
{
    char path[256], told[64];
    FILE *log;
    _Bool found = 0;

    (void)snprintf(path, sizeof(path), "%s.log", getenv("JPKI_KEYPAD"));
    log = fopen(path, "r");
    while (log != NULL && !found && fgets(told, sizeof(told), log) != NULL)
        found = strcmp(told, line) == 0;
    if (log != NULL)
        (void)fclose(log);
    return found;
}

static int leave(const char *module)
{
    const struct timespec moment = { 0, 50000000 };
    static CK_SESSION_HANDLE session;
    CK_ULONG count = 0;
    pthread_t thread;

    (void)module_load(module);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    if (pthread_create(&thread, NULL, login_run, &session) != 0)
        return EXIT_FAILURE;
    for (int i = 0; !keypad_tells("pause begun\n"); i++) {
        if (i == KEYPAD_MOMENTS)
            return EXIT_FAILURE;
        (void)nanosleep(&moment, NULL);
    }
    return EXIT_SUCCESS;
}

static int strike(pid_t process, int number)
{
    const struct timespec moment = { 0, 100000000 };
    const int fd = card_connect();
    _Bool unlocked = 1;

    while (!card_is_unlocked(fd)) {
        if (kill(process, 0) != 0)
            return EXIT_FAILURE;
    }
    (void)kill(process, number);
    if (!card_is_unlocked(fd)) {
        (void)puts("late");
        return EXIT_SUCCESS;
    }
    for (int i = 0; i < 30 && unlocked; i++) {
        (void)nanosleep(&moment, NULL);
        unlocked = card_is_unlocked(fd);
    }
    (void)puts(unlocked ? "unlocked" : "locked");
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    CK_C_INITIALIZE_ARGS locking = { .flags = CKF_OS_LOCKING_OK };
    CK_SLOT_ID slots[8] = { 0 };
    CK_ULONG count = 8;
    struct signer signer = { 0 };
    pthread_t thread;
    sigset_t waited;

    if (argc == 4)
        return strike((pid_t)strtol(argv[2], NULL, 10), (int)strtol(argv[3], NULL, 10));
    if (argc == 3)
        return strcmp(argv[1], "leave") == 0 ? leave(argv[2]) : stand_beside(argv[2]);
    if (argc != 2)
        return 2;
    (void)sigemptyset(&waited);
    (void)sigaddset(&waited, SIGUSR1);
    (void)sigaddset(&waited, SIGUSR2);
    (void)pthread_sigmask(SIG_BLOCK, &waited, NULL);
    if (pthread_create(&thread, NULL, beside, &waited) != 0)
        return EXIT_FAILURE;
    (void)module_load(argv[1]);
    expect(p11->C_Initialize(&locking), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION, NULL, NULL, &signer.session),
           "C_OpenSession");
    expect(program_login(&program, signer.session, CKU_USER, PIN_AUTH), "C_Login");
    signer.key = object_of(signer.session, CKO_PRIVATE_KEY);
    (void)puts("signing");
    (void)fflush(stdout);
    for (;;)
        expect(sign_try(&signer), "C_Sign");
}
