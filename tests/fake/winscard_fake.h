/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A winscard without a daemon: each call answers what the test told it to, and is written down. One
 * world, global, for tests of one thread.
 */
#ifndef WINSCARD_FAKE_H
#define WINSCARD_FAKE_H

#include <stddef.h>
#include <stdint.h>

/* Forget everything told and written down; every call succeeds again. */
void winscard_fake_reset(void);

/* The times-th call from now (1: the next) of this name, such as "transmit", returns code; calls
 * before it succeed. */
void winscard_fake_fail(const char *call, unsigned times, long code);

/* The calls since reset, as words: "establish connect(R,2,3) begin". */
const char *winscard_fake_calls(void);

/* How often SCardGetStatusChange was called since reset. */
size_t winscard_fake_asked(void);

/* How many contexts were established since reset. */
size_t winscard_fake_contexts(void);

/* ---- readers and what becomes of them; while it waits, time is time_fake.h's ---- */

/* Whose SCardGetStatusChange this is: that of pcsc-lite 1.9 (until told otherwise), 2.3 or 2.5. */
enum winscard_fake_version { PCSC_1_9, PCSC_2_3, PCSC_2_5, PCSC_VERSIONS };
void winscard_fake_version(enum winscard_fake_version version);

/* In what way it does not do as pcscd does. */
enum winscard_fake_oddity {
    ODD_NOTHING,
    ODD_NAME,    /* the special entry's name is not known: somebody stands in for pcscd */
    ODD_CHANGED, /* everything has changed, says each answer, at once */
    ODD_TIMEOUT, /* so long has nothing changed, says each answer, at once */
    ODD_LIST,    /* each list of the readers has another name */
    ODD_COUNT,   /* the count of readers that came or went moves by itself */
    ODD_SHIFTED, /* pcsc-lite 2.5: an event was taken for an answer, and each later answer of this
                  * context is to another question; a new context is well */
    ODD_UNKNOWN, /* each question about states is answered so, by every context: the reader is */
    ODD_NO_READERS, /* ... not known, there are none, or the question is no good */
    ODD_INVALID,
};
void winscard_fake_odd(enum winscard_fake_oddity oddity);

/* Readers there are, as a multi-string of len bytes; owned by the caller.  From the second call
 * on some came or went. */
void winscard_fake_readers(const char *names, size_t len);

/* What SCardGetStatusChange tells of the reader of this index: dwEventState, and an ATR of
 * atr_len bytes 3B. */
void winscard_fake_state(size_t reader, unsigned long event, size_t atr_len);

/* Let it happen as the next wait for pcscd begins. */
void winscard_fake_at_wait(void (*happen)(void));

/* ---- cards ---- */

/* What the next answers of transmit and control are. */
void winscard_fake_answer(const void *bytes, size_t len);

/* Say of those answers that they have this length. */
void winscard_fake_claim(size_t len);

/* What the last transmit or control was given. */
size_t winscard_fake_sent(uint8_t *bytes, size_t cap);

/* What SCardConnect and SCardReconnect name as the protocol: 1 is T=0, 2 is T=1. */
void winscard_fake_protocol(unsigned long protocol);

/*
 * What happens to the card, as pcscd tells an open connection: 0x80100069 a removal, 0x80100068
 * another program's reset, which covers a removal before it.  begin, transmit and control answer so
 * until a new connect, or after a reset a reconnect.
 */
void winscard_fake_happens(long code);

/* The reader is added anew: a connection from before answers SCARD_E_INVALID_VALUE for ever. */
void winscard_fake_replug(void);

#endif
