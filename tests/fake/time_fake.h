/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Time that stands still but for what is waited, in place of clock.c's and bell.c's: whoever is
 * linked with this file has theirs no more.  For tests of one thread.
 */
#ifndef TIME_FAKE_H
#define TIME_FAKE_H

#include "bell.h"
#include "clock.h"

/* Begin anew, with nothing that is to happen. */
void time_fake_reset(void);

/* Milliseconds since reset. */
unsigned long time_fake_now(void);

/* Let it happen so many ms from now, in the middle of whatever is waited for then; four such at
 * most. */
void time_fake_later(unsigned ms, void (*happen)(void));

/* Let time pass until something happens, or until clock_ms is this. */
void time_fake_pass(uint64_t until_ms);

#endif
