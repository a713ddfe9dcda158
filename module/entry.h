/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The frame that every C_ function has, written once.  GATE_CALL is for functions without a
 * session, SESSION_CALL for those with one; both trace the name and the result and leave nothing
 * locked.
 */
#ifndef MODULE_ENTRY_H
#define MODULE_ENTRY_H

#include "call.h"

#define GATE_CALL(name, expression) \
    { \
        struct call call; \
        CK_RV rv = call_begin(&call, name); \
        return call_end(&call, rv == CKR_OK ? (expression) : rv); \
    }

#define SESSION_CALL(name, handle, expression) \
    { \
        struct call call; \
        CK_RV rv = call_begin_session(&call, name, handle); \
        return call_end(&call, rv == CKR_OK ? (expression) : rv); \
    }

/* A session call that touches no operation, and so does not wait for the one that another thread
 * is in. */
#define SESSION_LOOK(name, handle, expression) \
    { \
        struct call call; \
        CK_RV rv = call_begin_look(&call, name, handle); \
        return call_end(&call, rv == CKR_OK ? (expression) : rv); \
    }

/* A thread that is cancelled in the middle of these would leave a module that can neither be
 * opened nor closed any more. */
#define LIFE_CALL(expression) \
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
