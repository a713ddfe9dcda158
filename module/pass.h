/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session's way through the guard: the card is taken for it, what the visit told is published,
 * the card is given back.
 */
#ifndef MODULE_PASS_H
#define MODULE_PASS_H

#include "session.h"

/*
 * Take the card that the session was opened on, and clear its veto.  On JPKI_OK the caller calls
 * pass_end, whatever comes between.
 */
enum jpki_err pass_begin(struct session *session) MUST_CHECK;

/*
 * The same for a signature.  Its PIN is the one that is kept (the signature's own with
 * sign-pin=each, else the token's; copied to pin, which the caller wipes), or is typed on the
 * reader's keypad: ask's pin and origin say so.  JPKI_ERR_DENIED if nobody is logged in.
 */
enum jpki_err pass_begin_kept(struct session *session, uint8_t pin[static 16],
                              struct guard_ask *ask) MUST_CHECK;

/*
 * One visit with a PIN: ask has job, origin, PINs, scheme, input and out; whose card it is and what
 * the options allow are filled in here.  The counter and the PIN's fate are published.
 */
struct guard_tell pass_guard(struct session *session, struct guard_ask *ask);

/* Give the card back; err is how the work went, so that a card that left is noticed at once. */
void pass_end(struct session *session, enum jpki_err err);

#endif
