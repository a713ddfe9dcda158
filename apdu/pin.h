/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PINs within a visit (PROTOCOL.md, "PINs").  Nothing here is ever sent twice.
 */
#ifndef APDU_PIN_H
#define APDU_PIN_H

#include "visit.h"

/* How the PIN is named to the card. */
enum pin_way {
    PIN_WAY_ANY,     /* by short EF id if a query proved that the card takes it, else as below */
    PIN_WAY_CURRENT, /* SELECT the PIN's EF, then P2 = 80: the only way in which a change was ever seen */
};

/* The tries left, without costing one.  JPKI_ERR_NOT_FOUND if the card has no such PIN. */
enum jpki_err pin_query(struct visit *visit, enum role role, enum pin_way way, int *ret_tries) MUST_CHECK;

/* All that comes before a VERIFY, and the VERIFY.  Errors as card_login; ret is kept up to date. */
enum jpki_err pin_present(struct visit *visit, const struct pin_use *use, enum pin_way way,
                          struct pin_result *ret) MUST_CHECK;

/* Set a new PIN after pin_present with PIN_WAY_CURRENT; empty: typed on the reader.  JPKI_ERR_PIN_UNSURE: answer lost. */
enum jpki_err pin_replace(struct visit *visit, enum role role, struct slice new_pin) MUST_CHECK;

/* Whether the role's PIN is one that a keypad can take: digits, of one length. */
bool pin_for_keypad(const struct pin_rule *rule);

#endif
