/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "fd.h"

#include "clock.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOW_COUNT 3
#define LOW_BUSY (-1)

/* How many are between take and give; LOW_BUSY while one of them puts the stand-ins there or takes them away. */
static struct {
    atomic_int users;
    bool standing[LOW_COUNT]; /* by who made users LOW_BUSY */
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

void fds_low_forget(void)
{
    low_remove();
    atomic_store(&low.users, 0);
}
