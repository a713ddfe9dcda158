/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Recognising a card and reading what needs no PIN.  Each function is one visit (visit.h), which
 * begins anew where another program's reset cut it off.  PROTOCOL.md has every exchange with its
 * source.
 */
#ifndef APDU_CARD_READ_H
#define APDU_CARD_READ_H

#include "card.h"

/*
 * Connect if need be, find out what lies in the reader and fill card->facts: SELECT, READ 0006,
 * 0008 and the first block of 000A.  Four exchanges on a My Number Card and one for each PIN in
 * wants_tries; one on another card. JPKI_ERR_NOT_JPKI; JPKI_ERR_NEWER, of a kind after two
 * exchanges and of a key after four, unless wants_newer; or an error of the way to the card.
 */
enum jpki_err card_recognise(struct card *card) MUST_CHECK;

/*
 * Read a certificate that needs no PIN, exactly to its DER length, into out (room CARD_CERT_MAX).
 * JPKI_ERR_NOT_FOUND: this card has none; JPKI_ERR_DENIED: it is private; JPKI_ERR_PROTOCOL: not a
 * certificate, or a length that lies.
 */
enum jpki_err card_read_cert(struct card *card, enum cert_file which, struct buf *out) MUST_CHECK;

#endif
