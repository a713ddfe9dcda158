/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program in the middle of a visit meets what ends, stops or blocks programs: interrupted MODULE
 * runs every case beside a real pcscd and prints a line for each.  The program is a child; this one
 * looks what it left behind.  The points of a visit are found by standing between the module and
 * libpcsclite.
 */
#include "client.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

#define READER "JPKI Test Reader 00 00"
#define NOBODY 65534
#define PATIENCE 60 /* seconds for one child: whether it hangs */
#define INS_VERIFY 0x20
#define INS_SIGN 0x2A

enum point {
    POINT_NONE,
    BEGUN,
    BEFORE_VERIFY,
    AFTER_VERIFY,
    AFTER_SIGNATURE,
    BEFORE_END,
    POINT_COUNT
};

static const char *const point_names[POINT_COUNT] = {
    [BEGUN] = "after begin",         [BEFORE_VERIFY] = "before VERIFY",
    [AFTER_VERIFY] = "after VERIFY", [AFTER_SIGNATURE] = "after COMPUTE",
    [BEFORE_END] = "before end",
};

static const struct signal_row {
    int number;
    const char *name;
    _Bool stops;
} signals[] = {
    { SIGINT, "SIGINT", 0 },       { SIGTERM, "SIGTERM", 0 }, { SIGHUP, "SIGHUP", 0 },
    { SIGALRM, "SIGALRM", 0 },     { SIGPIPE, "SIGPIPE", 0 }, { SIGQUIT, "SIGQUIT", 0 },
    { SIGUSR1, "SIGUSR1", 0 },     { SIGUSR2, "SIGUSR2", 0 }, { SIGPROF, "SIGPROF", 0 },
    { SIGVTALRM, "SIGVTALRM", 0 }, { SIGXCPU, "SIGXCPU", 0 }, { SIGXFSZ, "SIGXFSZ", 0 },
    { SIGTSTP, "SIGTSTP", 1 },     { SIGTTIN, "SIGTTIN", 1 }, { SIGTTOU, "SIGTTOU", 1 },
};

static const char *module_path;
static int failed;

/* ---- between module and libpcsclite, in the child ---- */

static enum point wanted; /* where the signal comes; POINT_NONE: nowhere yet */
static int wanted_signal;

static void point_reached(enum point point)
{
    if (point != wanted)
        return;
    wanted = POINT_NONE;
    (void)kill(getpid(), wanted_signal);
}

static void *real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);

    if (function == NULL)
        abort();
    return function;
}

__attribute__((visibility("default"))) LONG
SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *request, LPCBYTE command, DWORD command_len,
              SCARD_IO_REQUEST *ret_request, LPBYTE answer, LPDWORD answer_len)
{
    LONG(*next)
    (SCARDHANDLE, const SCARD_IO_REQUEST *, LPCBYTE, DWORD, SCARD_IO_REQUEST *, LPBYTE, LPDWORD);
    void *symbol = real("SCardTransmit");
    const _Bool verify = command[1] == INS_VERIFY && command_len > 5, sign = command[1] == INS_SIGN;
    LONG code;

    memcpy(&next, &symbol, sizeof(next));
    point_reached(verify ? BEFORE_VERIFY : BEGUN);
    code = next(card, request, command, command_len, ret_request, answer, answer_len);
    if (verify)
        point_reached(AFTER_VERIFY);
    if (sign)
        point_reached(AFTER_SIGNATURE);
    return code;
}

__attribute__((visibility("default"))) LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
    LONG (*next)(SCARDHANDLE, DWORD);
    void *symbol = real("SCardEndTransaction");

    memcpy(&next, &symbol, sizeof(next));
    point_reached(BEFORE_END);
    return next(card, disposition);
}

/* ---- children ---- */

static pid_t child_start(void (*body)(const void *), const void *arg)
{
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0) {
        body(arg);
        _exit(EXIT_SUCCESS);
    }
    expect(child > 0 ? CKR_OK : CKR_HOST_MEMORY, "a child");
    return child;
}

/* The child's end or stop; one that takes too long is killed. */
static int child_await(pid_t child)
{
    const struct timespec moment = { 0, 5000000 };
    const double end = seconds() + PATIENCE;
    int status = 0;

    while (waitpid(child, &status, WNOHANG | WUNTRACED) == 0) {
        if (seconds() > end)
            (void)kill(child, SIGKILL);
        (void)nanosleep(&moment, NULL);
    }
    return status;
}

static void sign_with_module(void)
{
    struct signer signer;

    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    expect(sign_try(&signer), "C_Sign");
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

/* ---- what is left behind ---- */

/* Whether another program gets a transaction at once. */
static void transaction_try(const void *arg)
{
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;

    (void)arg;
    (void)alarm(30); /* who holds it holds it for ever */
    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS ||
        SCardConnect(context, READER, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                     &card, &protocol) != SCARD_S_SUCCESS ||
        SCardBeginTransaction(card) != SCARD_S_SUCCESS)
        _exit(EXIT_FAILURE);
    (void)SCardEndTransaction(card, SCARD_LEAVE_CARD);
    (void)SCardDisconnect(card, SCARD_LEAVE_CARD);
}

static _Bool card_is_left_well(void)
{
    const int fd = card_connect();
    const char *stats = card_stats(fd);
    const int status = child_await(child_start(transaction_try, NULL));

    (void)close(fd);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
        printf("the transaction is not free (0x%X)\n", (unsigned)status);
    else if (strstr(stats, "\"unlocked\":[]") == NULL ||
             strstr(stats, "\"tries\":{\"auth\":3,") == NULL)
        printf("the card is left so: %s", stats);
    else
        return 1;
    return 0;
}

static void say(_Bool good, const char *what, const char *where)
{
    printf("%s - %s %s\n", good ? "ok" : "not ok", what, where);
    failed |= !good;
}

/* ---- signals ---- */

struct strike {
    const struct signal_row *signal;
    enum point point;
};

static void struck(const void *arg)
{
    const struct strike *strike = arg;
    struct signer signer;

    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    wanted_signal = strike->signal->number;
    wanted = strike->point;
    expect(sign_try(&signer), "C_Sign");
    expect(strike->signal->stops ? CKR_OK : CKR_GENERAL_ERROR,
           "the signal was lost: C_Sign came back");
}

/* One of the point's cases: the signal comes after the visit, and until then the card is not
 * left. */
static void strike_try(const struct strike *strike)
{
    const pid_t child = child_start(struck, strike);
    int status = child_await(child);
    _Bool good = card_is_left_well();

    if (strike->signal->stops) {
        good = good && WIFSTOPPED(status) && WSTOPSIG(status) == strike->signal->number;
        (void)kill(child, SIGCONT);
        status = child_await(child);
        good = good && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
    } else {
        good = good && WIFSIGNALED(status) && WTERMSIG(status) == strike->signal->number;
    }
    if (!good)
        printf("ended with 0x%X\n", (unsigned)status);
    say(good, strike->signal->name, point_names[strike->point]);
}

static void signals_try(void)
{
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        for (enum point point = BEGUN; point < POINT_COUNT; point++) {
            const struct strike strike = { &signals[i], point };

            strike_try(&strike);
        }
    }
}

/* ---- the log ---- */

enum sink { SINK_CLOSED, SINK_FULL, SINK_FULL_SOCKET, SINK_COUNT };

static const char *const sink_names[SINK_COUNT] = {
    [SINK_CLOSED] = "a pipe that is closed",
    [SINK_FULL] = "a pipe that nobody reads",
    [SINK_FULL_SOCKET] = "a socket that nobody reads",
};

/* Standard error becomes a pipe that nobody reads, and the log goes there. */
static void logs(const void *arg)
{
    const enum sink sink = *(const enum sink *)arg;
    static const char filler[4096];
    int ends[2];

    if (sink == SINK_FULL_SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 : pipe(ends) != 0)
        _exit(EXIT_FAILURE);
    (void)dup2(ends[1], STDERR_FILENO);
    (void)close(ends[1]);
    if (sink == SINK_CLOSED) {
        (void)close(ends[0]);
    } else {
        (void)fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
        while (write(STDERR_FILENO, filler, sizeof(filler)) > 0) {
        }
        (void)fcntl(STDERR_FILENO, F_SETFL, 0);
    }
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(EXIT_FAILURE);
    (void)setenv("JPKI_PKCS11_OPTIONS", "log=stderr", 1);
    sign_with_module();
}

/* ---- descriptors ---- */

#define HIGH 900 /* the first number that this program keeps for itself */
#define OWN_COUNT 12

/* What is not known is closed, and its numbers given to others, of this program: files, or ends
 * of connections. */
static void numbers_take(_Bool files, int own[OWN_COUNT])
{
    for (int fd = 3; fd < HIGH; fd++)
        (void)close(fd);
    for (int i = 0; i < OWN_COUNT; i += 2) {
        if (files) {
            own[i] = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
            own[i + 1] = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
        } else if (socketpair(AF_UNIX, SOCK_STREAM, 0, own + i) != 0) {
            own[i] = -1;
        }
        expect(own[i] == 3 + i ? CKR_OK : CKR_GENERAL_ERROR, "the numbers are free");
    }
}

static void numbers_are_whole(_Bool files, const int own[OWN_COUNT], const char *when)
{
    struct stat st;
    _Bool whole;
    char byte;

    for (int i = 0; i < OWN_COUNT; i++) {
        expect(fstat(own[i], &st) == 0 ? CKR_OK : CKR_GENERAL_ERROR, when);
        whole = files ? S_ISREG(st.st_mode) && st.st_size == 0
                      : S_ISSOCK(st.st_mode) && recv(own[i], &byte, 1, MSG_DONTWAIT) < 0 &&
                            errno == EAGAIN;
        expect(whole ? CKR_OK : CKR_DATA_INVALID, when);
    }
}

/* A daemon: login, close all from 3 up, open its own, and go on. */
static void closes_all(const void *arg)
{
    const _Bool files = *(const _Bool *)arg;
    CK_SESSION_INFO info;
    struct signer signer;
    int own[OWN_COUNT];

    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    expect(sign_try(&signer), "C_Sign");
    numbers_take(files, own);
    expect(sign_try(&signer), "C_Sign with a connection that is gone");
    numbers_are_whole(files, own, "the program's own descriptors after C_Sign");
    expect(sign_try(&signer), "C_Sign on the new one");
    sleep(1); /* so that polling looks again */
    expect(p11->C_GetSessionInfo(signer.session, &info), "C_GetSessionInfo");
    signer_open(1, PIN_SIGN, &signer);
    expect(sign_try(&signer), "C_Sign of the other token");
    expect(p11->C_Finalize(NULL), "C_Finalize");
    numbers_are_whole(files, own, "the program's own descriptors after C_Finalize");
}

/* The same, but it does nothing more than end. */
static void closes_all_and_finalizes(const void *arg)
{
    const _Bool files = *(const _Bool *)arg;
    struct signer signer;
    int own[OWN_COUNT];

    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    numbers_take(files, own);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    numbers_are_whole(files, own, "the program's own descriptors after C_Finalize");
}

/* A program that begins without some of 0, 1 and 2, one bit each, and prints all the same. */
static void without_stdio(const void *arg)
{
    const int missing = *(const int *)arg;
    struct signer signer;

    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0))
        _exit(EXIT_FAILURE);
    (void)setenv("JPKI_PKCS11_OPTIONS", getenv("INTERRUPTED_LOG"), 1);
    for (int fd = 0; fd < 3; fd++) {
        if ((missing >> fd & 1) != 0)
            (void)close(fd);
    }
    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(0, PIN_AUTH, &signer);
    for (int fd = 0; fd < 3; fd++)
        expect((missing >> fd & 1) == 0 || fcntl(fd, F_GETFD) < 0 ? CKR_OK : CKR_GENERAL_ERROR,
               "0 to 2 stay closed");
    for (int fd = 1; fd < 3; fd++)
        (void)!write(fd, "", (missing >> fd & 1) != 0);
    expect(sign_try(&signer), "C_Sign");
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

static void child_try(void (*body)(const void *), const void *arg, const char *what,
                      const char *where)
{
    const int status = child_await(child_start(body, arg));
    const _Bool good =
        card_is_left_well() && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;

    if (!good)
        printf("ended with 0x%X\n", (unsigned)status);
    say(good, what, where);
}

static void descriptors_try(void)
{
    static const char *const without[] = { NULL, "0", "1", "0, 1", "2", "0, 2", "1, 2", "0, 1, 2" };

    for (int i = 0; i < 2; i++) {
        const _Bool files = i == 0;
        const char *what = files ? "files" : "connections";

        child_try(closes_all, &files, "a program closes all from 3 up and goes on with its own",
                  what);
        child_try(closes_all_and_finalizes, &files,
                  "a program closes all from 3 up and finalises with its own", what);
    }
    for (int missing = 1; missing < 8; missing++)
        child_try(without_stdio, &missing, "a program begins without", without[missing]);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        (void)fprintf(stderr, "usage: interrupted MODULE\n");
        return 2;
    }
    module_path = argv[1];
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        (void)signal(signals[i].number, SIG_DFL);
    signals_try();
    for (enum sink sink = SINK_CLOSED; sink < SINK_COUNT; sink++)
        child_try(logs, &sink, "the log goes to", sink_names[sink]);
    descriptors_try();
    return failed;
}
