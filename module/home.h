/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose memory this is.  fork copies all of it, locks that threads of the parent held included, so
 * a child must know before it touches any that it is another process.  Its number does not tell: in
 * a PID namespace of its own a child may have its parent's.  A page that the kernel wipes at fork
 * does, and the number tells who shares the memory without a fork (vfork).
 */
#ifndef MODULE_HOME_H
#define MODULE_HOME_H

#include <stdatomic.h>
#include <stdbool.h>

struct home {
    _Atomic(atomic_long *) page; /* NULL before the first claim; never given back */
    atomic_bool wiped_by_fork;   /* the kernel does it: since Linux 4.14 */
    /* somebody has settled, here or in a process that this one is forked from */
    atomic_bool lived_in;
};

enum home_look {
    HOME_NOBODYS, /* never settled, or a parent's */
    HOME_CLAIMED, /* a thread of this process is about to settle */
    HOME_OURS,
    HOME_SHARED,   /* another process lives in this very memory: it waits in vfork */
    HOME_NO_MEMORY /* of home_claim */
};

/* Takes no lock and may be called at any time. */
enum home_look home_look(struct home *home);

/*
 * Where it is nobody's, let one thread of this process have it: HOME_NOBODYS for the one that got
 * it and calls home_settle when its locks are made.  *ret_inherited: what lies there is a parent's.
 * Every other thread is told how it is.
 */
enum home_look home_claim(struct home *home, bool *ret_inherited);
void home_settle(struct home *home);

#endif
