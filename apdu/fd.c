/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "fd.h"

#include "clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define LOW_COUNT 3
#define LOW_BUSY (-1)

/* How many are between take and give; LOW_BUSY while one of them puts the stand-ins there or
 * takes them away. */
static struct {
    atomic_int users;
    bool standing[LOW_COUNT]; /* by who made users LOW_BUSY */
    atomic_bool catching;     /* a thread is between fd_catch_begin and fd_catch_end */
} low;

struct fd_name fd_name_of(int fd)
{
    struct stat st;

    if (fd < 0 || fstat(fd, &st) != 0)
        return (struct fd_name){ .fd = -1 };
    return (struct fd_name){ fd, st.st_dev, st.st_ino, st.st_mode & S_IFMT };
}

bool fd_is_still(const struct fd_name *name)
{
    const struct fd_name now = fd_name_of(name->fd);

    return name->fd >= 0 && now.fd >= 0 && now.device == name->device && now.inode == name->inode;
}

void fd_close(struct fd_name *name)
{
    if (fd_is_still(name))
        (void)close(name->fd);
    name->fd = -1;
}

/* A descriptor that is none to read or write: with O_PATH both say EBADF. */
static void low_place(void)
{
    for (int fd = 0; fd < LOW_COUNT; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        /* the lowest free number is this one, unless another thread was quicker */
        const int got = open("/", O_PATH | O_CLOEXEC);

        if (got >= LOW_COUNT)
            (void)close(got);
        else if (got >= 0)
            low.standing[got] = true;
    }
}

static void low_remove(void)
{
    for (int fd = 0; fd < LOW_COUNT; fd++) {
        const int flags = low.standing[fd] ? fcntl(fd, F_GETFL) : -1;

        if (flags >= 0 && (flags & O_PATH) != 0)
            (void)close(fd);
        low.standing[fd] = false;
    }
}

/* The first to come and the last to go work on the numbers, the others only count. */
static void low_count(int step, int alone, void (*work)(void))
{
    for (;;) {
        int users = atomic_load(&low.users);

        if (users == LOW_BUSY) {
            sleep_ms(1);
        } else if (users != alone) {
            if (atomic_compare_exchange_weak(&low.users, &users, users + step))
                return;
        } else if (atomic_compare_exchange_weak(&low.users, &users, LOW_BUSY)) {
            work();
            atomic_store(&low.users, alone + step);
            return;
        }
    }
}

void fds_low_take(void)
{
    low_count(1, 0, low_place);
}

void fds_low_give(void)
{
    low_count(-1, 1, low_remove);
}

/* ---- what a library opens ---- */

#define CATCH_BITS 64u
/* from the lowest free number up; a new one is the lowest unless threads are at it */
#define CATCH_COUNT (CATCH_BITS * 4u)

static bool catch_has(const struct fd_catch *before, unsigned at)
{
    return (before->open[at / CATCH_BITS] >> (at % CATCH_BITS) & 1) != 0;
}

void fd_catch_begin(struct fd_catch *ret_catch)
{
    struct fd_catch now = { 0 };

    while (atomic_exchange(&low.catching, true))
        sleep_ms(1);
    fds_low_take();
    now.first = open("/", O_PATH | O_CLOEXEC);
    if (now.first >= 0)
        (void)close(now.first);
    for (unsigned at = 0; at < CATCH_COUNT && now.first >= 0; at++) {
        if (fcntl(now.first + (int)at, F_GETFD) >= 0)
            now.open[at / CATCH_BITS] |= UINT64_C(1) << (at % CATCH_BITS);
    }
    *ret_catch = now;
}

/* Whether it is a socket that is connected within this machine. */
static bool is_connected(int fd)
{
    struct sockaddr_un peer = { .sun_family = AF_UNSPEC };
    socklen_t len = sizeof(peer);

    return getpeername(fd, (struct sockaddr *)&peer, &len) == 0 && peer.sun_family == AF_UNIX;
}

struct fd_name fd_catch_end(const struct fd_catch *before)
{
    struct fd_name found = { .fd = -1 };
    unsigned count = 0;

    for (unsigned at = 0; at < CATCH_COUNT && before->first >= 0; at++) {
        const int fd = before->first + (int)at;

        if (catch_has(before, at) || !is_connected(fd))
            continue;
        found = fd_name_of(fd);
        count++;
    }
    fds_low_give();
    atomic_store(&low.catching, false);
    return count == 1 ? found : (struct fd_name){ .fd = -1 };
}

void fds_forked(void)
{
    low_remove();
    atomic_store(&low.users, 0);
    atomic_store(&low.catching, false);
}
