/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the guard: what it sends within a visit (PROTOCOL.md, "PINs" and "Signatures").  No
 * part repeats anything. For guard*.c, and for card.c, which asks for counters at recognition.
 */
#ifndef APDU_GUARD_PARTS_H
#define APDU_GUARD_PARTS_H

#include "guard_ask.h"
#include "visit.h"

/* What the kind of a card that was recognised has for a role. */
static inline const struct role_profile *card_row(const struct card *card, enum role role)
{
    return &card->facts.id.profile->role[role];
}

#define P2_CURRENT 0x80 /* the current EF; with a short EF id in the low bits: that EF */

static inline uint8_t short_p2(uint16_t fid)
{
    return (uint8_t)(P2_CURRENT | (fid & 0x1F));
}

/* How the PIN is named to the card. */
enum pin_way {
    PIN_WAY_ANY,     /* by short EF id if a query proved that the card takes it, else as below */
    PIN_WAY_CURRENT, /* SELECT the PIN's EF, then P2 = 80: the only way in which a change was ever
                        seen */
};

/* The tries left, without costing one.  JPKI_ERR_NOT_FOUND if the card has no such PIN. */
enum jpki_err pin_query(struct visit *visit, enum role role, enum pin_way way,
                        int *ret_tries) MUST_CHECK;

/* P2 of a command with the PIN; selects its EF where the short EF id is not proved. */
enum jpki_err pin_address(struct visit *visit, enum role role, enum pin_way way,
                          uint8_t *ret_p2) MUST_CHECK;

/*
 * VERIFY, once.  tell->tries is the counter before it and then the one after it; tell->pin is the
 * PIN's fate.  9000 and 63Cx speak for themselves; after anything else the counter is asked.
 */
enum jpki_err pin_verify(struct visit *visit, const struct guard_ask *ask, enum pin_way way,
                         uint8_t p2, struct guard_tell *tell) MUST_CHECK;

/* CHANGE after a VERIFY by PIN_WAY_CURRENT; an empty new PIN is typed on the reader.  Sets
 * tell->work. */
enum jpki_err pin_change(struct visit *visit, const struct guard_ask *ask,
                         struct guard_tell *tell) MUST_CHECK;

/* Whether the scheme takes an input of so many bytes. */
bool scheme_takes(enum card_scheme scheme, size_t len);

/* COMPUTE DIGITAL SIGNATURE of input, under ask->scheme, into ask->out.  Sets tell->work. */
enum jpki_err key_sign(struct visit *visit, const struct guard_ask *ask, struct slice input,
                       struct guard_tell *tell) MUST_CHECK;

/* The same with the input that ask->draft composes of the certificates.  JPKI_ERR_ARGUMENT: the
 * scheme does not take it. */
enum jpki_err draft_sign(struct visit *visit, const struct guard_ask *ask,
                         struct guard_tell *tell) MUST_CHECK;

/* What a report tries, between VERIFY and the drop.  tell->work is WORK_DONE once a signature
 * was made. */
enum jpki_err trial_do(struct visit *visit, const struct guard_ask *ask,
                       struct guard_tell *tell) MUST_CHECK;

/* Ask whether the card knows PSS: a COMPUTE without a PIN. */
enum jpki_err pss_ask(struct visit *visit, enum role role, enum tri *ret_pss) MUST_CHECK;

/*
 * Whether the role's key refuses to sign: 6982 proves that the card has forgotten the PIN, 9000
 * that it has not.  Called with JPKI selected.
 */
enum lock_state lock_prove(struct visit *visit, enum role role);

#endif
