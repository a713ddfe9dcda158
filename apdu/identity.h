/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which card lies in the reader, by what it says of itself (PROTOCOL.md, "Which card").
 */
#ifndef APDU_IDENTITY_H
#define APDU_IDENTITY_H

#include "visit.h"

/*
 * Read EF 0006 into facts: the kind of card and its serial number.  A file that is missing or
 * refused leaves facts as they are.  JPKI_ERR_NEWER: it has a label that no row has, and the kind
 * is profile_unknown's.  Else an error of the way to the card, or JPKI_ERR_PROTOCOL.
 */
enum jpki_err identity_read(struct visit *visit, struct card_facts *facts) MUST_CHECK;

/*
 * Make sure that the card in this visit is *whom.  Costs nothing where the card was proved on this
 * connection and nothing happened since; else one READ.  JPKI_ERR_CARD_CHANGED: it is another, or a
 * silent card of which nobody can tell any more. JPKI_ERR_REFUSED: it gave a status word in place
 * of its words, and stays in doubt.  Or the way to the card.
 */
enum jpki_err identity_prove(struct visit *visit, const struct card_id *whom) MUST_CHECK;

/* The same with a first block that the caller has just read from the card's EF 000A. */
enum jpki_err identity_compare(struct visit *visit, struct slice head) MUST_CHECK;

#endif
