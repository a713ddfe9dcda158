/* SPDX-License-Identifier: BSD-3-Clause */
/* What both tests of the watch begin with: the readers of a system, and waits in which no time
 * passes. */
#ifndef TESTS_UNIT_WATCH_H
#define TESTS_UNIT_WATCH_H

#include "unit_pcsc.h"

#include "time_fake.h"

#include <string.h>

#define COUNT(n) ((n)*0x10000ul)

#define LONG_MS 600000
#define QUIET 3 /* questions that a wait of any length may cost where nothing happens */

static const char three[] = "Alpha 00 00\0Beta 00 00\0Gamma 00 00\0";

/* The readers of a system, listed and looked at, as whoever waits has done before. */
static void system_start(int version, const char *names, size_t len)
{
    watch_start();
    winscard_fake_version((enum winscard_fake_version)version);
    winscard_fake_readers(names, len);
    for (size_t i = 0; i < READER_MAX; i++)
        winscard_fake_state(i, EMPTY, 0);
    winscard_fake_state(0, PRESENT | COUNT(3), 13);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ok(ops->watch_poll(handle, views, count));
}

static enum jpki_err wait_long(void)
{
    return ops->watch_wait(handle, views, count, LONG_MS);
}

static void nothing_happens(void)
{
    size_t asked = winscard_fake_asked();
    unsigned long began = time_fake_now();

    fails("timeout", wait_long());
    ck_assert_uint_eq(time_fake_now() - began, LONG_MS);
    ck_assert_uint_le(winscard_fake_asked() - asked, QUIET);
}

/* So many readers, with names as long as pcscd has them. */
static size_t names_make(char *names, size_t readers)
{
    char *at = names;

    for (size_t i = 0; i < readers; i++) {
        memset(at, 'R', READER_NAME_MAX - 1);
        at[0] = (char)('A' + i);
        at[READER_NAME_MAX - 1] = '\0';
        at += READER_NAME_MAX;
    }
    *at = '\0';
    return readers == 0 ? 0 : (size_t)(at - names) + 1;
}

static void gamma_comes(void)
{
    winscard_fake_readers(three, sizeof(three));
}

static void ends_after(unsigned long ms)
{
    unsigned long began = time_fake_now();

    ok(wait_long());
    ck_assert_uint_le(time_fake_now() - began, ms);
    ok(ops->watch_list(handle, views, READER_MAX, &count));
    ok(ops->watch_poll(handle, views, count));
}

#endif
