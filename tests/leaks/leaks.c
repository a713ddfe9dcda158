/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A program that logs in through the module and then looks for what it must not find in its own
 * memory.
 *
 *   leaks MODULE SLOT PIN WHEN [NEEDLE...]
 *
 * PIN and NEEDLE are hexadecimal, each byte xored with 5A: this program's own arguments, and
 * whatever it keeps, are never what it looks for.  The PIN stands in clear only during C_Login, in
 * a page that is wiped.  WHEN is inside    logged in; prints for each needle "inside N": N copies
 * in memory that core dumps hold, and "kept N": in that they do not hold; then the same for a
 * forked child logout    after C_Logout       forget    after forget-after, by a clock that jumps
 * close   after the last session wait      logged in, and stays so until standard input ends (for a
 * core dump)
 */
#define _GNU_SOURCE
#include "program.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MASK 0x5A
#define WINDOW (1u << 20)
#define NEEDLE_MAX 256

int clock_gettime(clockid_t clock, struct timespec *now);

static long clock_ahead; /* seconds */

/* In place of libc's for the module too, since this program comes first in the search for
 * symbols. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    long failed = syscall(SYS_clock_gettime, clock, now);

    now->tv_sec += clock_ahead;
    return (int)failed;
}

static void wipe_bytes(volatile unsigned char *bytes, size_t len)
{
    while (len > 0)
        bytes[--len] = 0;
}

static _Noreturn void give_up(const char *what, unsigned long code)
{
    (void)fprintf(stderr, "leaks: %s: 0x%lX\n", what, code);
    exit(EXIT_FAILURE);
}

/* Masked bytes out of hexadecimal. */
static size_t masked_read(const char *hex, unsigned char *ret_masked)
{
    size_t len = 0;
    unsigned byte;

    while (len < NEEDLE_MAX && sscanf(hex + 2 * len, "%2x", &byte) == 1)
        ret_masked[len++] = (unsigned char)byte;
    return len;
}

static size_t needle_count(const unsigned char *window, size_t len, const unsigned char *masked,
                           size_t needle_len)
{
    size_t count = 0, same;

    for (size_t i = 0; i + needle_len <= len; i++) {
        for (same = 0; same < needle_len && (window[i + same] ^ MASK) == masked[same]; same++)
            ;
        count += same == needle_len;
    }
    return count;
}

static size_t range_search(int memory, unsigned char *window, unsigned long from, unsigned long to,
                           const char *hex)
{
    unsigned char masked[NEEDLE_MAX];
    size_t len = masked_read(hex, masked), count = 0;

    while (from < to) {
        size_t want = to - from < WINDOW ? to - from : WINDOW;
        ssize_t got = pread(memory, window, want, (off_t)from);

        if (got <= 0)
            break;
        count += needle_count(window, (size_t)got, masked, len);
        if ((size_t)got < want || from + want == to)
            break;
        from += want - (len - 1); /* one that lies across two windows */
    }
    wipe_bytes(window, WINDOW);
    return count;
}

/* All memory of this process but the window: how often the needle stands in what a core dump
 * holds, and in the rest. */
static void memory_search(unsigned char *window, const char *hex, size_t *ret_dumped,
                          size_t *ret_kept)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    unsigned long from = 0, to = 0, a, b;

    *ret_dumped = *ret_kept = 0;
    if (maps == NULL || memory < 0)
        give_up("own memory cannot be read", 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %*4s", &a, &b) == 2) {
            from = a;
            to = b;
        } else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " rd") != NULL &&
                   from != (unsigned long)window) {
            *(strstr(line, " dd") != NULL ? ret_kept : ret_dumped) +=
                range_search(memory, window, from, to, hex);
        }
    }
    (void)fclose(maps);
    (void)close(memory);
}

static void report(unsigned char *window, const char *who, char **needles, int count)
{
    for (int i = 0; i < count; i++) {
        size_t dumped, kept;

        memory_search(window, needles[i], &dumped, &kept);
        (void)printf("%s %d inside %zu kept %zu\n", who, i, dumped, kept);
    }
    (void)fflush(stdout);
}

static void child_report(unsigned char *window, char **needles, int count)
{
    pid_t child = fork();

    if (child == 0) {
        report(window, "child", needles, count);
        _exit(EXIT_SUCCESS);
    }
    (void)waitpid(child, NULL, 0);
}

static void login(const CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const char *hex)
{
    unsigned char *pin =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t len;
    CK_RV rv;

    if (pin == MAP_FAILED)
        give_up("no memory", 0);
    len = masked_read(hex, pin);
    for (size_t i = 0; i < len; i++)
        pin[i] ^= MASK;
    rv = p11->C_Login(session, CKU_USER, pin, len);
    wipe_bytes(pin, 4096);
    (void)munmap(pin, 4096);
    if (rv != CKR_OK)
        give_up("C_Login", rv);
}

/* One signature, so that the remembered PIN was used too. */
static void sign_once(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session)
{
    const struct program program = { .p11 = p11 };
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_BYTE signature[256];
    CK_ULONG len = sizeof(signature);
    CK_RV rv = program_find(&program, session, CKO_PRIVATE_KEY, &key);

    if (rv == CKR_OK)
        rv = program_sign_init(&program, session, CKM_SHA256_RSA_PKCS, key);
    if (rv == CKR_OK)
        rv = program_sign(&program, session, "data", 4, signature, &len);
    if (rv != CKR_OK)
        give_up("signing", rv);
}

static void until(const CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, const char *when)
{
    CK_RV rv = CKR_OK;
    CK_INFO info;

    if (strcmp(when, "logout") == 0)
        rv = p11->C_Logout(session);
    else if (strcmp(when, "close") == 0)
        rv = p11->C_CloseSession(session);
    else if (strcmp(when, "forget") == 0) {
        clock_ahead = 24 * 60 * 60;
        rv = p11->C_GetInfo(&info);
    } else if (strcmp(when, "wait") == 0) {
        (void)puts("ready");
        (void)fflush(stdout);
        while (getchar() != EOF)
            ;
    }
    if (rv != CKR_OK)
        give_up(when, rv);
}

int main(int argc, char **argv)
{
    unsigned char *window =
        mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CK_FUNCTION_LIST *p11 = NULL;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_ULONG slots = 0;
    CK_RV rv;

    if (argc < 5 || window == MAP_FAILED)
        give_up("leaks MODULE SLOT PIN WHEN [NEEDLE...]", 0);
    if (program_load(argv[1], &p11) == NULL)
        return EXIT_FAILURE;
    rv = p11->C_Initialize(NULL);
    if (rv == CKR_OK)
        rv = p11->C_GetSlotList(CK_FALSE, NULL, &slots);
    if (rv == CKR_OK)
        rv = p11->C_OpenSession(strtoul(argv[2], NULL, 10), CKF_SERIAL_SESSION, NULL, NULL,
                                &session);
    if (rv != CKR_OK)
        give_up("C_OpenSession", rv);
    login(p11, session, argv[3]);
    sign_once(p11, session);
    until(p11, session, argv[4]);
    report(window, "self", argv + 5, argc - 5);
    if (strcmp(argv[4], "inside") == 0)
        child_report(window, argv + 5, argc - 5);
    return p11->C_Finalize(NULL) == CKR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
