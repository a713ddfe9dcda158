/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of the PC/SC room begin with: its functions over a winscard that writes down
 * what it is asked. */
#ifndef TESTS_UNIT_PCSC_H
#define TESTS_UNIT_PCSC_H

#include "unit.h"

#include "winscard_fake.h"

/* Codes as pcscd sends them; written as numbers because only pcsc.c knows their names.  A long of
 * 32 bits has no room for them as positive ones. */
#define NO_SERVICE ((long)0x8010001Dul)
#define INVALID_HANDLE ((long)0x80100003ul)
#define EMPTY 0x10ul
#define PRESENT 0x20ul

static const char two[] = "Alpha 00 00\0Beta 00 00\0";
static const struct transport_ops *ops;
static void *handle;
static struct reader_view views[READER_MAX + 1];
static size_t count;

/* A watch beside the two readers. */
static void watch_start(void)
{
    winscard_fake_reset();
    ops = transport_system()->ops;
    ok(ops->watch_open(NULL, &handle));
    winscard_fake_readers(two, sizeof(two));
}

#endif
