/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APDU_CLOCK_H
#define APDU_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that never jumps, and goes on while the machine sleeps. */
uint64_t clock_ms(void);

/* The same of one that stands still while the machine sleeps. */
uint64_t clock_awake_ms(void);

/* Microseconds, to measure how long something takes. */
uint64_t clock_us(void);

void sleep_ms(unsigned ms);

#endif
