/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include "pages.h"

#include <stdlib.h>
#include <string.h>

bool length_answer(size_t len, const CK_BYTE *out, CK_ULONG *out_len, CK_RV *ret_rv)
{
    if (out != NULL && *out_len >= len)
        return false;
    *ret_rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    *out_len = len;
    return true;
}

void session_end_find(struct session *session)
{
    session->find = (struct find_op){ 0 };
}

void session_end_sign(struct session *session)
{
    struct buf pin;

    pthread_mutex_lock(&session->module->lock);
    pin = session->sign.pin;
    wipe(&session->sign, sizeof session->sign);
    pthread_mutex_unlock(&session->module->lock);
    pages_free(pin.ptr, pin.cap);
}

void session_end_verify(struct session *session)
{
    cert_unref(session->verify.cert);
    wipe(&session->verify, sizeof session->verify);
}

void session_end_digest(struct session *session)
{
    wipe(&session->digest, sizeof session->digest);
}

static void session_free(struct session *session)
{
    session_end_sign(session);
    session_end_verify(session);
    session_end_digest(session);
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
