/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Descriptors in somebody else's program, which may close any number and open something else under
 * it.  What stands behind a number is told by device and inode, so that nothing is written to, or
 * closed, that is not ours any more.
 */
#ifndef APDU_FD_H
#define APDU_FD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A number, and what stood behind it; fd -1: nothing. */
struct fd_name {
    int fd;
    dev_t device;
    ino_t inode;
    mode_t kind; /* S_IFMT of its mode */
};

/* What stands behind this number now; fd is -1 in the answer if nothing does. */
struct fd_name fd_name_of(int fd);

/* Whether the same still stands there. */
bool fd_is_still(const struct fd_name *name);

/* Close it if it is still the same; else leave it alone.  Forgets it. */
void fd_close(struct fd_name *name);

/*
 * Between these two no descriptor that is opened, by whomever, becomes 0, 1 or 2: where a program
 * began without them, what it prints would go into it.  Until fds_low_give, at most for the time of
 * the call, each of the three that is not open answers as a closed one does (EBADF).  Threads may
 * do it at once.
 */
void fds_low_take(void);
void fds_low_give(void);

/*
 * Which descriptor a library opened: between these two it connects one socket.  One thread at a
 * time, the others wait.  The answer's fd is -1 if it cannot be told, because the program opened
 * sockets just then.  0 to 2 are kept free as above.
 */
struct fd_catch {
    int first; /* the lowest number that was free */
    uint64_t open[4];
};
void fd_catch_begin(struct fd_catch *ret_catch);
struct fd_name fd_catch_end(const struct fd_catch *before);

/* In a forked child: forget that a thread of the parent's was between two of these. */
void fds_forked(void);

#endif
