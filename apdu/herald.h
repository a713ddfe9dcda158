/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling the same person's desktop that a card refused a PIN: a program that asks for one seldom
 * says how many tries are left.  A datagram goes to a socket in the person's runtime folder, where
 * "jpki-token watch" may listen.  Whoever else binds that socket is the person, or root, and learns
 * a number.
 */
#ifndef APDU_HERALD_H
#define APDU_HERALD_H

#include <stdint.h>

#define HERALD_VERSION 1

/* The whole datagram; no PIN, no name, no number of a card. */
struct herald_news {
    uint8_t version;     /* HERALD_VERSION */
    uint8_t role;        /* enum role */
    uint8_t tries, full; /* left now; and of how many */
};

/* Where it is told; ret_path has room for HERALD_PATH_MAX, terminator and all. */
#define HERALD_PATH_MAX 64
void herald_path(char ret_path[static HERALD_PATH_MAX]);

/* Tell it.  Never waits, raises no signal and fails in silence; costs no exchange. */
void herald_tell(const struct herald_news *news);

#endif
