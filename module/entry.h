/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame that every C_ function has, written once: name, parameters, and the expression that
 * gives its result.  GATE_CALL is for functions without a session, SESSION_CALL for those with one
 * (in the parameter session); both trace name and result and leave nothing locked.
 */
#ifndef MODULE_ENTRY_H
#define MODULE_ENTRY_H

#include "call.h"

#define CALL(name, parameters, begin, expression) \
    CK_RV name parameters \
    { \
        struct call call; \
        CK_RV rv = begin; \
        return call_end(&call, rv == CKR_OK ? (expression) : rv); \
    }

#define GATE_CALL(name, parameters, expression) \
    CALL(name, parameters, call_begin(&call, #name), expression)
#define SESSION_CALL(name, parameters, expression) \
    CALL(name, parameters, call_begin_session(&call, #name, session), expression)
/* A session call that touches no operation, and so does not wait for the one that another thread
 * is in. */
#define SESSION_LOOK(name, parameters, expression) \
    CALL(name, parameters, call_begin_look(&call, #name, session), expression)

/* A thread that is cancelled in the middle of these would leave a module that can neither be
 * opened nor closed any more. */
#define LIFE_CALL(name, parameters, expression) \
    CK_RV name parameters \
    { \
        int cancelling; \
        CK_RV rv; \
        (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancelling); \
        rv = (expression); \
        (void)pthread_setcancelstate(cancelling, NULL); \
        return rv; \
    }

#define EXPORTED __attribute__((visibility("default")))

#endif
