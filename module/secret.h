/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where tokens' PINs are kept between calls: a few locked pages that no core dump holds and that a
 * forked child reads as zeros; the PIN of one signature has such pages of its own (session.h).
 * Everything here is guarded by the module's lock, except the key, which never changes while the
 * pages live.
 */
#ifndef MODULE_SECRET_H
#define MODULE_SECRET_H

#include "ossl.h"

#define SECRET_TOKENS 128 /* tokens: two a reader */

struct secrets;

/* Pages with a fresh random key; NULL if there is no memory or no randomness.  A refused mlock
 * is logged, not fatal. */
struct secrets *secrets_new(void);

/* Wipe and give back.  Takes NULL. */
void secrets_free(struct secrets *secrets);

/* Remember a PIN (at most 16 bytes) of a token, look at it (empty if none), forget it. */
void secret_put(struct secrets *secrets, size_t token, struct slice pin);
struct slice secret_pin(const struct secrets *secrets, size_t token);
void secret_forget(struct secrets *secrets, size_t token);

/* The keyed hash of what somebody typed for a token; to be computed without the module's lock. */
enum jpki_err secret_hash(const struct secrets *secrets, size_t token, struct slice typed,
                          uint8_t ret_hash[static KEYED_HASH_LEN]) MUST_CHECK;

/*
 * Note that this value is presented now; returns how many times in a row it has been, this time
 * included.  Forgotten when another value succeeds or the card goes.
 */
unsigned secret_presented(struct secrets *secrets, size_t token,
                          const uint8_t hash[static KEYED_HASH_LEN]);
void secret_run_clear(struct secrets *secrets, size_t token);

#endif
