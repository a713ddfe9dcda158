/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions, the operations in them and their register.  A session is found and counted in one
 * critical section and freed by whoever lets it go last, so no call ever works on freed memory;
 * handles are never used twice.
 */
#ifndef MODULE_SESSION_H
#define MODULE_SESSION_H

#include "card.h"
#include "cert.h"
#include "input.h"
#include "state.h"

#define FIND_MAX 32 /* more than the objects of one token */

struct find_op {
    bool active;
    CK_OBJECT_HANDLE found[FIND_MAX];
    size_t count, next;
};

/* What takes data, whole or in parts: a signature, the check of one, a digest. */
struct operation {
    bool active, multi; /* multi: an Update came, so only Final ends it */
    const struct mech_row *row;
    struct input input;
    /* to sign: given for this one signature (sign-pin=each), in pages of its own; module's lock */
    struct buf pin;
    /* to verify: the key's; and the signature, if it was given first (C_VerifySignatureInit) */
    const struct cert_facts *cert;
    bool has_signature;
    uint8_t signature[CARD_SIGNATURE_MAX];
    size_t signature_len;
};

struct session {
    CK_SESSION_HANDLE handle;
    struct module *module;
    struct reader *reader;
    enum role role;
    struct card_seen card; /* it was opened on */
    CK_FLAGS flags;
    unsigned refs; /* calls inside; module's lock */
    bool closed;   /* out of the register; module's lock */
    /* a PIN that the call inside is about to give must not go to the card any more; written under
     * the module's lock, read by who waits for the card without it */
    atomic_bool vetoed;
    pthread_mutex_t op; /* guards the operations */
    struct find_op find;
    struct operation sign, verify, digest;
    struct session *next;
};

/* Whether each signature of the session's key asks for the password anew (sign-pin=each). */
static inline bool session_asks_each(const struct session *session)
{
    return session->role == ROLE_SIGN && session->module->config.sign_pin_each;
}

/* The session of this handle for a call inside, which session_unref ends; NULL if there is none. */
struct session *session_ref(struct module *module, CK_SESSION_HANDLE handle);
void session_unref(struct session *session);

/* Where the register names the session of this handle; where it ends if there is none.  Under
 * the module's lock, as this: */
struct session **session_link_inlock(struct module *module, CK_SESSION_HANDLE handle);

/* Out of the register: closed, without a PIN.  The caller frees it if no call is inside. */
void session_unlink_inlock(struct session **link);

/*
 * A call that is going to give a PIN clears the veto before it waits for the card.  Whoever logs
 * the token out, closes the session or the module meanwhile sets it, and the PIN is not sent.
 */
void session_veto_clear(struct session *session);
void sessions_veto_inlock(struct module *module, const struct reader *reader, enum role role);

/* PINs that were given for one signature each, and are not used yet, become this one; empty:
 * they are forgotten. */
void sessions_pin_set_inlock(struct module *module, const struct reader *reader, enum role role,
                             struct slice pin);

/*
 * The Init, Update and end of an operation.  Whoever may not begin is answered at once: one is
 * active, or there is no mechanism, which since 3.0 ends it.  False: it may.
 */
bool operation_answered(struct session *session, struct operation *op,
                        const CK_MECHANISM *mechanism, CK_RV *ret_rv);
CK_RV operation_start(struct session *session, struct operation *op, const struct mech_row *row);
CK_RV operation_add(struct operation *op, const CK_BYTE *part, CK_ULONG len);
CK_RV operation_update(struct session *session, struct operation *op, const CK_BYTE *part,
                       CK_ULONG len);

/*
 * The call that gives the result, which make does: with the whole of the data, or NULL after
 * Updates.  It ends the operation, but for the two answers about the result's length, which leave
 * the card untouched too: how long it is, for a NULL pointer, and that the room is too small.
 */
CK_RV operation_finish(struct session *session, struct operation *op, const struct slice *whole,
                       CK_RV (*make)(struct session *session, CK_BYTE *out, CK_ULONG *out_len),
                       CK_BYTE *out, CK_ULONG *out_len);

/* End it, wiping what it holds. */
void operation_end(struct session *session, struct operation *op);
void operation_end_inlock(struct operation *op);

/* Free a list of sessions, or all that the module has; no call is inside. */
void sessions_free_list(struct session *list);
void sessions_free(struct module *module);

#endif
