/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers and cards that come and go, as pcscd tells it. */
#ifndef MODULE_READER_AWAY_H
#define MODULE_READER_AWAY_H

#include "reader.h"

/*
 * The reader went with its card, or pcscd did: sessions on a card that can be told from every other
 * wait for it, all else ends as when the card is gone.  Under the module's lock; reader_went is for
 * a thread that found its connection dead.
 */
void reader_away_inlock(struct reader *reader);
void reader_went(struct reader *reader, CK_ULONG series);

/* Whether they wait, and whether they did so for too long. */
bool reader_is_away(struct reader *reader);
bool reader_away_over_inlock(const struct reader *reader);

/*
 * The card of a reader that was away was recognised (id: NULL, it is not for us): the sessions go
 * on or end.  Returns the series that the card has from now on.
 */
CK_ULONG reader_away_end(struct reader *reader, CK_ULONG series, const struct card_id *id);

/* Publish what pcscd said of one reader.  Called under the module's lock. */
void reader_publish_inlock(struct reader *reader, const struct reader_view *view);

#endif
