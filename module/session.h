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

struct sign_op {
    bool active, multi; /* multi: an Update came, so only Final ends it */
    const struct mech_row *row;
    struct input input;
    /* given for this one signature (sign-pin=each), in pages of its own; module's lock */
    struct buf pin;
};

struct verify_op {
    bool active, multi;
    const struct mech_row *row;
    const struct cert_facts *cert;
    bool has_signature; /* given at the start (C_VerifySignatureInit) */
    uint8_t signature[CARD_SIGNATURE_MAX];
    size_t signature_len;
    struct input input;
};

struct digest_op {
    bool active, multi;
    struct hash_state hash;
};

struct session {
    CK_SESSION_HANDLE handle;
    struct module *module;
    struct reader *reader;
    enum role role;
    CK_ULONG series; /* of the card it was opened on */
    /* that card, in its own words: no PIN of this session is meant for another */
    struct card_id whom;
    CK_ULONG identity; /* of that card: its object handles outlive its removal */
    CK_FLAGS flags;
    char serial[CARD_SERIAL_ROOM]; /* of its token */
    unsigned refs;                 /* calls inside; module's lock */
    bool closed;                   /* out of the register; module's lock */
    atomic_bool
        vetoed; /* a PIN that the call inside is about to give must not go to the card any more;
                   written under the module's lock, read by who waits for the card without it */
    pthread_mutex_t op; /* guards the operations */
    struct find_op find;
    struct sign_op sign;
    struct verify_op verify;
    struct digest_op digest;
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
 * The two answers about the length of what an operation gives, which leave it alive and the card
 * untouched: how long it is, for a NULL pointer, and that the room is too small.  False: there is
 * room, and the operation goes on.
 */
bool length_answer(size_t len, const CK_BYTE *out, CK_ULONG *out_len, CK_RV *ret_rv);

/* End the session's operations of these kinds, wiping what they hold. */
void session_end_find(struct session *session);
void session_end_sign(struct session *session);
void session_end_verify(struct session *session);
void session_end_digest(struct session *session);

/* Free a list of sessions, or all that the module has; no call is inside. */
void sessions_free_list(struct session *list);
void sessions_free(struct module *module);

#endif
