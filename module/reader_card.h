/* SPDX-License-Identifier: BSD-3-Clause */
/* The card in a reader: recognising it, and taking it for work. */
#ifndef MODULE_READER_CARD_H
#define MODULE_READER_CARD_H

#include "reader.h"

/*
 * Recognise the card if one lies there that nobody looked at yet.  Waits so long for another thread
 * that uses it; then the old answer stands.  With 0 it waits for one alone that has only just begun
 * to recognise it.
 */
void reader_look(struct reader *reader, unsigned ms);

/*
 * Take the card for work: lock it, make sure that as far as pcscd tells it is still the one of this
 * series, and connect.  On JPKI_OK the caller works on reader->card and calls reader_give.
 * JPKI_ERR_CARD_CHANGED also where a silent card has sessions and the connection that they stand
 * for is gone.
 */
enum jpki_err reader_take(struct reader *reader, CK_ULONG series) MUST_CHECK;

/* The same, unless another thread has the card, or is asking pcscd, for longer than that:
 * JPKI_ERR_IN_USE. */
enum jpki_err reader_take_within(struct reader *reader, CK_ULONG series, unsigned ms) MUST_CHECK;

/* Give it back; err is how the work went, so that a card that left is noticed at once. */
void reader_give(struct reader *reader, enum jpki_err err);

/* A session ended: without any the connection is not kept.  Never waits; a thread that has the
 * card sees to it itself. */
void reader_rest(struct reader *reader);

#endif
