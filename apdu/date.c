/* SPDX-License-Identifier: BSD-3-Clause */
#include "date.h"

#include <stdbool.h>

static bool year_is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

struct utc utc_of(uint64_t seconds)
{
    static const uint8_t month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    struct utc utc = { .year = 1970, .month = 1 };
    unsigned day = (unsigned)(seconds / 86400), second = (unsigned)(seconds % 86400), len;

    for (; day >= (len = year_is_leap(utc.year) ? 366 : 365); utc.year++)
        day -= len;
    for (; day >=
           (len = month_days[utc.month - 1] + (utc.month == 2 && year_is_leap(utc.year) ? 1u : 0u));
         utc.month++)
        day -= len;
    utc.day = day + 1;
    utc.hour = second / 3600;
    utc.minute = second / 60 % 60;
    utc.second = second % 60;
    return utc;
}
