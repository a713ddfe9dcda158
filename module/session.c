/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include "pages.h"

#include <stdlib.h>
#include <string.h>

void operation_end_inlock(struct operation *op)
{
    const struct buf pin = op->pin;

    cert_unref(op->cert);
    wipe(op, sizeof(*op));
    pages_free(pin.ptr, pin.cap);
}

void operation_end(struct session *session, struct operation *op)
{
    pthread_mutex_lock(&session->module->lock);
    operation_end_inlock(op);
    pthread_mutex_unlock(&session->module->lock);
}

bool operation_answered(struct session *session, struct operation *op,
                        const CK_MECHANISM *mechanism, CK_RV *ret_rv)
{
    if (mechanism != NULL && !op->active)
        return false;
    *ret_rv = op->active ? CKR_OK : CKR_ARGUMENTS_BAD;
    if (mechanism == NULL)
        operation_end(session, op);
    else
        *ret_rv = CKR_OPERATION_ACTIVE;
    return true;
}

CK_RV operation_start(struct session *session, struct operation *op, const struct mech_row *row)
{
    op->row = row;
    op->active = input_begin(&op->input, row) == JPKI_OK;
    if (op->active)
        return CKR_OK;
    operation_end(session, op);
    return CKR_HOST_MEMORY;
}

CK_RV operation_add(struct operation *op, const CK_BYTE *part, CK_ULONG len)
{
    if (part == NULL && len > 0)
        return CKR_ARGUMENTS_BAD;
    if (input_add(&op->input, op->row, slice_of(part, len)) != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    return op->input.too_long ? CKR_DATA_LEN_RANGE : CKR_OK;
}

CK_RV operation_update(struct session *session, struct operation *op, const CK_BYTE *part,
                       CK_ULONG len)
{
    CK_RV rv;

    if (!op->active)
        return CKR_OPERATION_NOT_INITIALIZED;
    op->multi = true;
    rv = operation_add(op, part, len);
    if (rv != CKR_OK)
        operation_end(session, op);
    return rv;
}

static CK_ULONG result_len(const struct mech_row *row)
{
    return (row->flags & CKF_DIGEST) != 0 ? hash_len(row->hash) : mech_signature_len(row->key);
}

CK_RV operation_finish(struct session *session, struct operation *op, const struct slice *whole,
                       CK_RV (*make)(struct session *session, CK_BYTE *out, CK_ULONG *out_len),
                       CK_BYTE *out, CK_ULONG *out_len)
{
    CK_RV rv = CKR_ARGUMENTS_BAD;

    if (!op->active)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (whole != NULL && op->multi) {
        rv = CKR_OPERATION_NOT_INITIALIZED;
        goto out;
    }
    if (out_len == NULL || (whole != NULL && whole->ptr == NULL && whole->len > 0))
        goto out;
    if (out == NULL || *out_len < result_len(op->row)) {
        *out_len = result_len(op->row);
        return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    rv = whole != NULL ? operation_add(op, whole->ptr, whole->len) : CKR_OK;
    if (rv == CKR_OK)
        rv = make(session, out, out_len);

out:
    operation_end(session, op);
    return rv;
}

static void session_free(struct session *session)
{
    operation_end(session, &session->sign);
    operation_end(session, &session->verify);
    operation_end(session, &session->digest);
    pthread_mutex_destroy(&session->op);
    free(session);
}

struct session **session_link_inlock(struct module *module, CK_SESSION_HANDLE handle)
{
    /* handles count upwards, so they spread evenly */
    struct session **link = &module->sessions[handle % SESSION_BUCKETS];

    while (*link != NULL && (*link)->handle != handle)
        link = &(*link)->next;
    return link;
}

struct session *session_ref(struct module *module, CK_SESSION_HANDLE handle)
{
    struct session *session;

    pthread_mutex_lock(&module->lock);
    session = *session_link_inlock(module, handle);
    if (session != NULL)
        session->refs++;
    pthread_mutex_unlock(&module->lock);
    return session;
}

void session_unref(struct session *session)
{
    struct module *module = session->module;
    bool last;

    pthread_mutex_lock(&module->lock);
    session->refs--;
    last = session->closed && session->refs == 0;
    pthread_mutex_unlock(&module->lock);
    if (last)
        session_free(session);
}

void session_veto_clear(struct session *session)
{
    pthread_mutex_lock(&session->module->lock);
    atomic_store(&session->vetoed, session->closed || module_closing_inlock(session->module));
    pthread_mutex_unlock(&session->module->lock);
}

void sessions_veto_inlock(struct module *module, const struct reader *reader, enum role role)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        for (struct session *s = module->sessions[i]; s != NULL; s = s->next)
            if (s->reader == reader && s->role == role)
                atomic_store(&s->vetoed, true);
}

static void session_pin_set_inlock(struct session *session, struct slice pin)
{
    struct buf *own = &session->sign.pin;

    if (own->len == 0)
        return;
    wipe(own->ptr, own->cap);
    if (pin.len > 0)
        memcpy(own->ptr, pin.ptr, pin.len);
    own->len = pin.len;
}

void sessions_pin_set_inlock(struct module *module, const struct reader *reader, enum role role,
                             struct slice pin)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        for (struct session *s = module->sessions[i]; s != NULL; s = s->next)
            if (s->reader == reader && s->role == role)
                session_pin_set_inlock(s, pin);
}

void session_unlink_inlock(struct session **link)
{
    struct session *session = *link;

    *link = session->next;
    session->next = NULL;
    session->closed = true;
    atomic_store(&session->vetoed, true);
    session_pin_set_inlock(session, slice_of(NULL, 0));
}

void sessions_free_list(struct session *list)
{
    while (list != NULL) {
        struct session *next = list->next;

        session_free(list);
        list = next;
    }
}

void sessions_free(struct module *module)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        sessions_free_list(module->sessions[i]);
}
