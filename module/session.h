/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sessions and the operations in them.  A session is found and pinned in one critical section and freed by whoever lets it
 * go last, so no call ever works on freed memory; handles are never used twice.
 */
#ifndef MODULE_SESSION_H
#define MODULE_SESSION_H

#include "input.h"
#include "token.h"

#define FIND_MAX 32       /* more than the objects of one token */

struct find_op {
    bool active;
    CK_OBJECT_HANDLE found[FIND_MAX];
    size_t count, next;
};

struct sign_op {
    bool active, multi;       /* multi: an Update came, so only Final ends it */
    const struct mech_row *row;
    struct input input;
    struct buf pin;           /* given for this one signature (sign-pin=each), in pages of its own; module's lock */
};

struct verify_op {
    bool active, multi;
    const struct mech_row *row;
    const struct cert_facts *cert;
    bool has_signature;       /* given at the start (C_VerifySignatureInit) */
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
    CK_ULONG series;          /* of the card it was opened on */
    struct card_id whom;      /* that card, in its own words: no PIN of this session is meant for another */
    CK_ULONG identity;        /* of that card: its object handles outlive its removal */
    CK_FLAGS flags;
    char serial[CARD_SERIAL_ROOM]; /* of its token */
    unsigned refs;            /* calls inside; module's lock */
    bool closed;              /* out of the register; module's lock */
    atomic_bool vetoed;       /* a PIN that the call inside is about to give must not go to the card any more; written
                                 under the module's lock, read by who waits for the card without it */
    pthread_mutex_t op;       /* guards the operations */
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

/* One call: what its frame needs.  session is NULL for calls without one. */
struct call {
    const char *name;
    struct module *module;
    struct session *session;
    bool has_op;    /* the session's op lock is taken */
    int cancelling; /* the thread's state, put back by call_end */
};

/*
 * The frame of every entry: gate, then session and its op lock, which a mere look does without, and back.  call_end
 * logs name and result.  A thread that is cancelled meanwhile ends after the call: in the middle it would leave a card
 * unlocked and locks taken for ever.
 */
CK_RV call_begin(struct call *call, const char *name);
CK_RV call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_begin_look(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_end(struct call *call, CK_RV rv);

/* Open a session on the token that was just looked at. */
CK_RV session_open(struct module *module, const struct token_view *view, CK_FLAGS flags, CK_SESSION_HANDLE *ret_handle);

/* Take out of the register; freed when the last call leaves it.  The last session of a token logs it out. */
void session_close(struct session *session);
void sessions_close_slot(struct module *module, struct reader *reader, enum role role);

/*
 * A call that is going to give a PIN clears the veto before it waits for the card.  Whoever logs the token out, closes the
 * session or the module meanwhile sets it, and the PIN is not sent.
 */
void session_veto_clear(struct session *session);
void sessions_veto_inlock(struct module *module, const struct reader *reader, enum role role);

/* PINs that were given for one signature each, and are not used yet, become this one; empty: they are forgotten. */
void sessions_pin_set_inlock(struct module *module, const struct reader *reader, enum role role, struct slice pin);

/*
 * What is published of the session's token.  If its reader went, as it does when the machine sleeps, it is looked for first:
 * until it is back with the same card the view's series is 0, which no session has.
 */
struct token_view session_look(struct session *session);

/* CKR_OK while the card that the session was opened on lies there, else CKR_DEVICE_REMOVED. */
CK_RV session_check_card(struct session *session);

/* The object of a handle that this session sees now; NULL if there is none. */
const struct object_row *session_object(struct session *session, CK_OBJECT_HANDLE handle);

/*
 * What to read attributes of an object from, for the attributes of one template: its certificate (a reference, given back by
 * session_view_end) and the card's PSS are asked of the card only if the template asks for something that needs them.
 */
CK_RV session_view(struct session *session, const struct object_row *row, const CK_ATTRIBUTE *template, CK_ULONG count,
                   struct object_view *ret_view);
void session_view_end(struct object_view *view);

/*
 * The two answers about the length of what an operation gives, which leave it alive and the card untouched: how long it
 * is, for a NULL pointer, and that the room is too small.  False: there is room, and the operation goes on.
 */
bool length_answer(size_t len, const CK_BYTE *out, CK_ULONG *out_len, CK_RV *ret_rv);

/* End the session's operations of these kinds, wiping what they hold. */
void session_end_find(struct session *session);
void session_end_sign(struct session *session);
void session_end_verify(struct session *session);
void session_end_digest(struct session *session);

/* Free all; nobody is inside. */
void sessions_free(struct module *module);

#endif
