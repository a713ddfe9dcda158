/* SPDX-License-Identifier: BSD-3-Clause */
/* Seeing readers and cards come and go, for the commands that do not end by themselves. */
#ifndef TOOLS_FOLLOW_H
#define TOOLS_FOLLOW_H

#include "holder.h"

struct follower {
    void *user;
    /* Once, with the readers that are there. */
    void (*begin)(void *user, const struct reader_view *views, size_t count);
    /*
     * Each reader after each wait.  before is what the last look saw; NULL for one that is new. One
     * that is gone comes once more, with known false.
     */
    void (*look)(void *user, const struct reader_view *before, const struct reader_view *now);
    /* How long to wait for news at most; 0, or NULL, where nothing depends on it. */
    unsigned (*patience)(void *user);
    bool outlive; /* go on when pcscd ends and another one comes */
};

/* Whether a reader or its card came or went. */
bool view_news(const struct reader_view *before, const struct reader_view *now);

/* Follow them without end; returns the exit code of what stopped it, which it has said. */
int readers_follow(const struct follower *follower);

#endif
