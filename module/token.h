/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A token as sessions use it: its certificates, tries and PSS, read from the card when something
 * first asks; its login.
 */
#ifndef MODULE_TOKEN_H
#define MODULE_TOKEN_H

#include "guard.h"
#include "mech.h"
#include "object.h"
#include "reader.h"

/* What C_GetTokenInfo and the attribute views need, copied in one critical section. */
struct token_view {
    struct reader *reader;
    enum role role;
    struct card_seen card; /* series 0 while its reader is away: no session has that */
    enum seen seen;
    bool present; /* the token; its card was recognised then */
    struct token token;
};

/* What the kind of card has for the token. */
static inline const struct role_profile *token_row(const struct token_view *view)
{
    return &view->card.id.profile->role[view->role];
}

/* A copy of the published state of one token. */
struct token_view token_look(struct reader *reader, enum role role);

/*
 * A certificate of the card, read once.  The caller gives the reference back by cert_unref.
 * JPKI_ERR_NOT_FOUND if there is none, JPKI_ERR_DENIED if it is private and nobody is logged in.
 */
enum jpki_err token_cert(struct reader *reader, CK_ULONG series, enum cert_file file,
                         const struct cert_facts **ret_facts) MUST_CHECK;

/* The same if it was read before, else NULL; the card is not asked. */
const struct cert_facts *token_cert_known(struct reader *reader, CK_ULONG series,
                                          enum cert_file file);

/* Publish a certificate that was read in a login's visit. */
void token_cert_publish(struct reader *reader, CK_ULONG series, enum cert_file file,
                        struct slice der);

/* Whether the card knows PSS: asked of the card once, without a PIN; false if options or the
 * card say no. */
bool token_pss(const struct token_view *view);

/*
 * The row of a mechanism that this token has for a use (CKF_SIGN, CKF_VERIFY, CKF_DIGEST), its
 * parameters checked; the card is asked only whether it knows PSS.  CKR_MECHANISM_INVALID or
 * CKR_MECHANISM_PARAM_INVALID.
 */
CK_RV token_mechanism(const struct token_view *view, const CK_MECHANISM *mechanism, CK_FLAGS use,
                      const struct mech_row **ret_row);

/*
 * Ask the card of a token that is present for the tries left unless that was done less than
 * max_age_ms ago, or another thread has the card for longer than wait_ms.
 */
void token_tries_refresh(const struct token_view *view, unsigned max_age_ms, unsigned wait_ms);

/* Publish what a visit with a PIN found out.  Called with the card in hand. */
void token_publish(struct reader *reader, enum role role, CK_ULONG series,
                   const struct guard_tell *tell);

/* The remembered PIN was not accepted, or could not be trusted: the token is logged out, its key
 * handles stay valid. */
void token_lapse(struct reader *reader, enum role role, CK_ULONG series, enum jpki_err err);

/* Which objects a session of this token sees now. */
struct object_sight token_sight(const struct token_view *view);

#endif
