/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame of every visit (PROTOCOL.md, "Visits"): begin, drop first if the card may be unlocked,
 * SELECT JPKI, the work, drop if a PIN was sent, end.  Signals that would end or stop the process
 * in the middle wait until the visit is over, and nothing of the outside world is touched: what is
 * logged is written afterwards.
 */
#ifndef APDU_VISIT_H
#define APDU_VISIT_H

#include "apdu.h"
#include "card.h"

#include <signal.h>

struct visit {
    struct card *card;
    sigset_t old_mask;   /* the thread's, put back by visit_close */
    uint16_t current_ef; /* as far as it is known; 0: not known */
    bool first;          /* nothing was sent yet in this visit */
    bool must_drop;      /* a PIN was sent, or the card was found reset or unlocked */
    bool unproved;       /* it began by dropping, and only the reader vouches for that */
    bool gone;           /* the link serves no longer: card, reader or pcscd went away */
    /* the card or its reader did: it has no power, so no PIN is verified any more */
    bool removed;
};

/*
 * Connect if need be, begin, drop first if the card may be unlocked, SELECT JPKI.  On any error the
 * visit is closed already; on JPKI_OK the caller calls visit_close exactly once.
 */
enum jpki_err visit_open(struct visit *visit, struct card *card) MUST_CHECK;

/*
 * Lock the card if the visit calls for it, and end.  work is how the visit went: its error wins;
 * JPKI_ERR_DROP if only the locking failed.
 */
enum jpki_err visit_close(struct visit *visit, enum jpki_err work) MUST_CHECK;

/*
 * The two halves of visit_close, for who proves the lock between them.  visit_drop: LOCK_UNPROVED
 * if a PIN was given and the reader alone says that the card lost its power.
 */
enum lock_state visit_drop(struct visit *visit);
void visit_end(struct visit *visit);

/*
 * SELECT the JPKI application.  JPKI_ERR_NOT_JPKI: the card has none; JPKI_ERR_CARD_CHANGED: a card
 * that was known to have it says twice that it has not.
 */
enum jpki_err visit_select_jpki(struct visit *visit) MUST_CHECK;

/* Note that the card forgot every PIN. */
void visit_note_locked(struct visit *visit);

/* One exchange, never repeated.  JPKI_OK means that there is an answer, whatever its status
 * word. */
enum jpki_err visit_send(struct visit *visit, const struct apdu *command,
                         struct answer *ret) MUST_CHECK;

/*
 * The same for SELECT and READ, which may be sent a second time: after 6Cxx with that Le, after
 * 61xx by GET RESPONSE, after the 6F00 of a first command as it is.
 */
enum jpki_err visit_ask(struct visit *visit, const struct apdu *command,
                        struct answer *ret) MUST_CHECK;

/* Note what a transport error means for the card and the link; for the one exchange that is not
 * visit_send's (a PIN pad). */
void visit_note_error(struct visit *visit, enum jpki_err err);

/*
 * Whether a visit that ended so is worth another: a reset by another program cut it off.  Only for
 * visits that have sent no PIN; visits counts them from 1, and the third is the last.
 */
bool visit_again(enum jpki_err err, unsigned *visits);

#endif
