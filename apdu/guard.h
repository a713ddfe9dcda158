/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one door for PINs and keys.  No VERIFY with a PIN, no CHANGE and no COMPUTE goes to a card
 * but through here, and whoever calls has no rule of its own: the rules are the rows of guard.c
 * (SECURITY.md has each, with its test).
 *
 * guard_pass is one visit: the rules that need no card, the card that is meant, its counter, VERIFY
 * once, the work, the drop, the proof of the drop.  VERIFY, CHANGE and COMPUTE are never repeated,
 * whatever happens.
 */
#ifndef APDU_GUARD_H
#define APDU_GUARD_H

#include "guard_ask.h"

/*
 * One visit with a PIN.  why is JPKI_OK if all went well; else, among others,
 * - before the card is asked: _ARGUMENT, _NOT_FOUND (no such role), _KIND, _PIN_FORM, _UNSUPPORTED,
 *   _BUFFER;
 * - before the PIN is sent: _CARD_CHANGED, _PIN_BLOCKED, _PIN_STALE (a kept PIN and a counter that
 *   is not full), _LAST_TRY, _PIN_REPEATED, _CANCELLED (by the veto);
 * - after it: _PIN_WRONG, _PIN_BLOCKED (the counter says 0), _PIN_UNSURE (a change was cut off),
 *   _DROP.
 *
 * A signature is in out even where lock is LOCK_OPEN: the caller must not hand it out then.
 */
struct guard_tell guard_pass(struct card *card, const struct guard_ask *ask) MUST_CHECK;

/* The same up to the PIN, before a person types one: kind of card, identity, counter.  Of ask:
 * whom, role and the bools. */
struct guard_tell guard_look(struct card *card, const struct guard_ask *ask) MUST_CHECK;

/*
 * How many tries a PIN has left, without costing one: 0 when blocked.  JPKI_ERR_NOT_FOUND if the
 * card has no such PIN (6A88, 6A82); JPKI_ERR_KIND; JPKI_ERR_CARD_CHANGED.  *ret_tries is written
 * on JPKI_OK only.
 */
enum jpki_err guard_tries(struct card *card, enum role role, bool juki_try,
                          int *ret_tries) MUST_CHECK;

/*
 * Whether the card knows PSS, asked without a PIN and remembered: 6A86 is no, anything else yes.
 * JPKI_ERR_KIND.
 */
enum jpki_err guard_pss(struct card *card, bool juki_try, bool *ret_pss) MUST_CHECK;

#endif
