/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Failures on purpose: calls of the system and of OpenSSL from the code under test arrive here, by
 * the linker's --wrap, and fail as often as the table at WRAP says, by numbers that the case's seed
 * begins.  Time stands still but for what is slept. What the code under test writes is a log line,
 * and is judged here.
 */
#define _GNU_SOURCE
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One call in so many fails: some hundred of them are made by one case, so most get far and few
 * see no failure. */
#define ONE_IN 200

static struct {
    uint32_t random; /* 0: nothing fails */
    unsigned paused;
    bool on, failed;
    uint64_t clock_ns;
    struct slice secret;
} wrap = { .paused = 0 };

void wrap_begin(uint32_t seed)
{
    wrap.random = seed;
    wrap.paused = 0;
    wrap.on = true;
    wrap.failed = false;
    wrap.clock_ns = 1000000000000u;
    wrap.secret = slice_of(NULL, 0);
}

void wrap_end(void)
{
    wrap.on = false;
    wrap.secret = slice_of(NULL, 0);
}

bool wrap_failed(void)
{
    return wrap.failed;
}

void wrap_pause(void)
{
    wrap.paused++;
}

void wrap_resume(void)
{
    wrap.paused--;
}

void wrap_clock(uint64_t ms)
{
    wrap.clock_ns += ms * 1000000u;
}

void wrap_secret(struct slice secret)
{
    wrap.secret = secret;
}

static bool wrapped(void)
{
    return wrap.on && wrap.paused == 0;
}

static bool fails(void)
{
    if (!wrapped() || wrap.random == 0)
        return false;
    wrap.random = wrap.random * 1664525u + 1013904223u;
    if (wrap.random == 0)
        wrap.random = 1;
    if ((wrap.random >> 8) % ONE_IN != 0)
        return false;
    wrap.failed = true;
    errno = ENOMEM;
    return true;
}

#define WRAP(type, name, args, given, failure) \
    type __real_##name args; \
    type __wrap_##name args; \
    type __wrap_##name args \
    { \
        return fails() ? (failure) : __real_##name given; \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, mmap, (void *at, size_t len, int protection, int flags, int fd, off_t offset),
     (at, len, protection, flags, fd, offset), MAP_FAILED)
WRAP(int, mlock, (const void *at, size_t len), (at, len), -1)
WRAP(int, madvise, (void *at, size_t len, int advice), (at, len, advice), -1)
WRAP(ssize_t, getrandom, (void *to, size_t len, unsigned flags), (to, len, flags), -1)
WRAP(OSSL_LIB_CTX *, OSSL_LIB_CTX_new, (void), (), NULL)
WRAP(EVP_PKEY *, d2i_PUBKEY_ex,
     (EVP_PKEY * *key, const unsigned char **der, long len, OSSL_LIB_CTX *lib, const char *query),
     (key, der, len, lib, query), NULL)
WRAP(EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_pkey,
     (OSSL_LIB_CTX * lib, EVP_PKEY *key, const char *query), (lib, key, query), NULL)
WRAP(int, EVP_PKEY_verify_init, (EVP_PKEY_CTX * ctx), (ctx), 0)
WRAP(ECDSA_SIG *, ECDSA_SIG_new, (void), (), NULL)

/* ---- time ---- */

int __real_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    if (!wrap.on)
        return __real_clock_gettime(clock, ret_now);
    wrap.clock_ns += 1000; /* whoever waits by looking at the clock gets to the end */
    ret_now->tv_sec = (time_t)(wrap.clock_ns / 1000000000u);
    ret_now->tv_nsec = (long)(wrap.clock_ns % 1000000000u);
    return 0;
}

int __real_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
                                  const struct timespec *until)
{
    if (!wrap.on)
        return __real_pthread_cond_timedwait(cond, lock, until);
    wrap.clock_ns = (uint64_t)until->tv_sec * 1000000000u + (uint64_t)until->tv_nsec;
    return ETIMEDOUT;
}

int __real_nanosleep(const struct timespec *span, struct timespec *ret_left);
int __wrap_nanosleep(const struct timespec *span, struct timespec *ret_left);
int __wrap_nanosleep(const struct timespec *span, struct timespec *ret_left)
{
    if (!wrap.on)
        return __real_nanosleep(span, ret_left);
    wrap.clock_ns += (uint64_t)span->tv_sec * 1000000000u + (uint64_t)span->tv_nsec;
    return 0;
}

/* ---- the log: no file is written, whatever an option says ---- */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    if (!wrapped())
        return __real_open(path, flags, 0600);
    consume_text(path);
    if ((flags & O_CREAT) == 0 || fails()) {
        errno = ENOENT;
        return -1;
    }
    return memfd_create("log", MFD_CLOEXEC);
}

ssize_t __real_write(int fd, const void *from, size_t len);
ssize_t __wrap_write(int fd, const void *from, size_t len);
ssize_t __wrap_write(int fd, const void *from, size_t len)
{
    const uint8_t *line = from;

    if (!wrapped())
        return __real_write(fd, from, len);
    if (len == 0 || line[len - 1] != '\n')
        fuzz_fail("a log line without an end");
    for (size_t i = 0; i + 1 < len; i++) {
        if (line[i] < 0x20 || line[i] == 0x7F)
            fuzz_fail("a control character in a log line");
    }
    if (wrap.secret.len >= 5 && memmem(from, len, wrap.secret.ptr, wrap.secret.len) != NULL)
        fuzz_fail("a PIN in a log line: %.*s", (int)len, (const char *)from);
    return fails() ? -1 : (ssize_t)len;
}
