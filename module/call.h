/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call: the frame of every entry.
 */
#ifndef MODULE_CALL_H
#define MODULE_CALL_H

#include "session_token.h"

/* One call: what its frame needs.  session is NULL for calls without one. */
struct call {
    const char *name;
    struct module *module;
    struct session *session;
    bool has_op;    /* the session's op lock is taken */
    int cancelling; /* the thread's state, put back by call_end */
};

/*
 * The frame of every entry: gate, then session and its op lock, which a mere look does without, and
 * back.  call_end logs name and result.  A thread that is cancelled meanwhile ends after the call:
 * in the middle it would leave a card unlocked and locks taken for ever.
 */
CK_RV call_begin(struct call *call, const char *name);
CK_RV call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_begin_look(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_end(struct call *call, CK_RV rv);

#endif
