/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A session's token and card: what it sees of them, and what its opening and closing mean for them.
 */
#ifndef MODULE_SESSION_TOKEN_H
#define MODULE_SESSION_TOKEN_H

#include "session.h"
#include "token.h"

/* Open a session on the token that was just looked at. */
CK_RV session_open(struct module *module, const struct token_view *view, CK_FLAGS flags,
                   CK_SESSION_HANDLE *ret_handle);

/* Take out of the register; freed when the last call leaves it.  The last session of a token
 * logs it out. */
void session_close(struct session *session);
void sessions_close_slot(struct module *module, struct reader *reader, enum role role);

/*
 * A personal certificate goes with the login it was read in, and so does the operation that has it
 * still.  A session with a call inside is left to that call's end.  Both under the module's lock.
 */
void session_shed_inlock(struct session *session);
void sessions_shed_inlock(struct module *module);

/*
 * What is published of the session's token.  If its reader went, as it does when the machine
 * sleeps, it is looked for first: until it is back with the same card the view's series is 0, which
 * no session has.
 */
struct token_view session_look(struct session *session);

/* CKR_OK while the card that the session was opened on lies there, else CKR_DEVICE_REMOVED. */
CK_RV session_check_card(struct session *session);

/* The object of a handle that this session sees now: CKR_OBJECT_HANDLE_INVALID if there is none,
 * or CKR_DEVICE_REMOVED. */
CK_RV session_object(struct session *session, CK_OBJECT_HANDLE handle,
                     const struct object_row **ret_row);

/*
 * What to read attributes of an object from, for the attributes of one template: its certificate (a
 * reference, given back by session_view_end) and the card's PSS are asked of the card only if the
 * template asks for something that needs them.
 */
CK_RV session_view(struct session *session, const struct object_row *row,
                   const CK_ATTRIBUTE *template, CK_ULONG count, struct object_view *ret_view);
void session_view_end(struct object_view *view);

#endif
