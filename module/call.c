/* SPDX-License-Identifier: BSD-3-Clause */
#include "call.h"

#include "life.h"
#include "log.h"
#include "rv.h"

CK_RV call_begin(struct call *call, const char *name)
{
    *call = (struct call){ .name = name };
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call->cancelling);
    return gate_enter(&call->module);
}

CK_RV call_begin_look(struct call *call, const char *name, CK_SESSION_HANDLE handle)
{
    CK_RV rv = call_begin(call, name);

    if (rv != CKR_OK)
        return rv;
    call->session = session_ref(call->module, handle);
    return call->session != NULL ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

CK_RV call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle)
{
    CK_RV rv = call_begin_look(call, name, handle);

    if (rv == CKR_OK) {
        pthread_mutex_lock(&call->session->op);
        call->has_op = true;
    }
    return rv;
}

CK_RV call_end(struct call *call, CK_RV rv)
{
    if (call->module != NULL) {
        pthread_mutex_lock(&call->module->lock);
        if (call->has_op) {
            session_shed_inlock(call->session);
            pthread_mutex_unlock(&call->session->op);
        }
        if (call->module->shed)
            sessions_shed_inlock(call->module);
        pthread_mutex_unlock(&call->module->lock);
    }
    if (call->session != NULL)
        session_unref(call->session);
    if (call->module != NULL) {
        if (log_on())
            log_line("%s: %s", call->name, rv_name(rv));
        gate_leave(call->module);
    }
    (void)pthread_setcancelstate(call->cancelling, NULL);
    return rv;
}
