/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APDU_DATE_H
#define APDU_DATE_H

#include <stdint.h>

struct utc {
    unsigned year, month, day, hour, minute, second; /* month and day from 1 */
};

/*
 * The date and time of day of so many seconds since 1970, as gmtime_r has it.  libc's takes the
 * lock of the time zone: who comes here again from a signal's handler, or in a forked child, would
 * wait for it for ever.
 */
struct utc utc_of(uint64_t seconds);

#endif
