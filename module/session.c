/* SPDX-License-Identifier: BSD-3-Clause */
#include "session.h"

#include "attr.h"
#include "log.h"
#include "pages.h"
#include "rv.h"

#include <stdlib.h>
#include <string.h>

#define BACK_WAIT_MS 1000 /* for another thread that asks pcscd, or the card, once its reader was away */

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

/* A personal certificate goes with the login it was read in, and so does the operation that has it still. */
static void session_shed_inlock(struct session *session)
{
    const struct cert_facts *cert = session->verify.cert;

    if (cert != NULL && cert->personal && session->reader->certs[role_cert(session->role)] != cert)
        session_end_verify(session);
}

/* A session with a call inside is left to that call's end. */
static void sessions_shed_inlock(struct module *module)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++) {
        for (struct session *s = module->sessions[i]; s != NULL; s = s->next) {
            if (pthread_mutex_trylock(&s->op) != 0)
                continue;
            session_shed_inlock(s);
            pthread_mutex_unlock(&s->op);
        }
    }
    module->shed = false;
}

static void session_free(struct session *session)
{
    session_end_sign(session);
    session_end_verify(session);
    session_end_digest(session);
    pthread_mutex_destroy(&session->op);
    free(session);
}

/* Handles count upwards, so they spread evenly. */
static struct session **session_bucket(struct module *module, CK_SESSION_HANDLE handle)
{
    return &module->sessions[handle % SESSION_BUCKETS];
}

static CK_RV session_ref(struct module *module, CK_SESSION_HANDLE handle, struct session **ret_session)
{
    CK_RV rv = CKR_SESSION_HANDLE_INVALID;

    pthread_mutex_lock(&module->lock);
    for (struct session *s = *session_bucket(module, handle); s != NULL; s = s->next) {
        if (s->handle == handle) {
            s->refs++;
            *ret_session = s;
            rv = CKR_OK;
            break;
        }
    }
    pthread_mutex_unlock(&module->lock);
    return rv;
}

static void session_unref(struct session *session)
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

CK_RV call_begin(struct call *call, const char *name)
{
    *call = (struct call){ .name = name };
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call->cancelling);
    return gate_enter(&call->module);
}

CK_RV call_begin_look(struct call *call, const char *name, CK_SESSION_HANDLE handle)
{
    CK_RV rv = call_begin(call, name);

    return rv == CKR_OK ? session_ref(call->module, handle, &call->session) : rv;
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

static void veto_set_inlock(struct session *session, bool vetoed)
{
    atomic_store(&session->vetoed, vetoed);
}

void session_veto_clear(struct session *session)
{
    pthread_mutex_lock(&session->module->lock);
    veto_set_inlock(session, session->closed || module_closing_inlock(session->module));
    pthread_mutex_unlock(&session->module->lock);
}

void sessions_veto_inlock(struct module *module, const struct reader *reader, enum role role)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        for (struct session *s = module->sessions[i]; s != NULL; s = s->next)
            if (s->reader == reader && s->role == role)
                veto_set_inlock(s, true);
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

void sessions_pin_set_inlock(struct module *module, const struct reader *reader, enum role role, struct slice pin)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++)
        for (struct session *s = module->sessions[i]; s != NULL; s = s->next)
            if (s->reader == reader && s->role == role)
                session_pin_set_inlock(s, pin);
}

/* Out of the register; the caller frees it if no call is inside. */
static void session_remove_inlock(struct session **link)
{
    struct session *session = *link;
    struct reader *reader = session->reader;
    struct token *token = &reader->token[session->role];

    *link = session->next;
    session->next = NULL;
    session->closed = true;
    veto_set_inlock(session, true);
    session_pin_set_inlock(session, slice_of(NULL, 0));
    if (session->series != reader->series)
        return;
    token->sessions--;
    token->rw_sessions -= (session->flags & CKF_RW_SESSION) != 0;
    if (token->sessions == 0)
        token_logout_inlock(reader, session->role);
}

/* Take the sessions of a slot out of the register: all of them, or only those of cards that are gone. */
static struct session *sessions_take_inlock(struct module *module, struct reader *reader, enum role role, bool dead_only)
{
    struct session *taken = NULL;

    for (size_t i = 0; i < SESSION_BUCKETS; i++) {
        struct session **link = &module->sessions[i];

        while (*link != NULL) {
            struct session *s = *link;

            if (s->reader != reader || s->role != role || (dead_only && s->series == reader->series)) {
                link = &s->next;
                continue;
            }
            session_remove_inlock(link);
            if (s->refs == 0) { /* else the call inside frees it when it leaves */
                s->next = taken;
                taken = s;
            }
        }
    }
    return taken;
}

static void sessions_free_list(struct session *list)
{
    while (list != NULL) {
        struct session *next = list->next;

        session_free(list);
        list = next;
    }
}

CK_RV session_open(struct module *module, const struct token_view *view, CK_FLAGS flags, CK_SESSION_HANDLE *ret_handle)
{
    CK_RV rv = CKR_TOKEN_NOT_PRESENT;
    struct session *session = calloc(1, sizeof *session), *dead = NULL;

    if (session == NULL)
        return CKR_HOST_MEMORY;
    session->module = module;
    session->reader = view->reader;
    session->role = view->role;
    session->series = view->series;
    session->identity = view->identity;
    session->flags = flags;
    memcpy(session->serial, view->serial, sizeof session->serial);
    pthread_mutex_init(&session->op, NULL);

    pthread_mutex_lock(&module->lock);
    if (view->reader->dead_sessions[view->role]) { /* they have told their owners by now */
        dead = sessions_take_inlock(module, view->reader, view->role, true);
        view->reader->dead_sessions[view->role] = false;
    }
    if (view->reader->series == view->series && view->reader->token[view->role].present) {
        struct token *token = &view->reader->token[view->role];
        struct session **bucket;

        session->whom = view->reader->id;
        session->handle = ++module->last_session;
        bucket = session_bucket(module, session->handle);
        session->next = *bucket;
        *bucket = session;
        token->sessions++;
        token->rw_sessions += (flags & CKF_RW_SESSION) != 0;
        *ret_handle = session->handle;
        session = NULL;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&module->lock);
    if (session != NULL)
        session_free(session);
    sessions_free_list(dead);
    return rv;
}

void session_close(struct session *session)
{
    struct module *module = session->module;

    pthread_mutex_lock(&module->lock);
    for (struct session **link = session_bucket(module, session->handle); *link != NULL; link = &(*link)->next) {
        if (*link == session) {
            session_remove_inlock(link);
            break;
        }
    }
    pthread_mutex_unlock(&module->lock);
    reader_rest(session->reader);
}

void sessions_close_slot(struct module *module, struct reader *reader, enum role role)
{
    struct session *closed;

    pthread_mutex_lock(&module->lock);
    closed = sessions_take_inlock(module, reader, role, false);
    pthread_mutex_unlock(&module->lock);
    sessions_free_list(closed);
    reader_rest(reader);
}

struct token_view session_look(struct session *session)
{
    if (reader_is_away(session->reader)) {
        (void)readers_poll_within(session->module, BACK_WAIT_MS);
        reader_look(session->reader, BACK_WAIT_MS);
    }
    return token_look(session->reader, session->role);
}

CK_RV session_check_card(struct session *session)
{
    return session_look(session).series == session->series ? CKR_OK : CKR_DEVICE_REMOVED;
}

const struct object_row *session_object(struct session *session, CK_OBJECT_HANDLE handle)
{
    struct token_view token = token_look(session->reader, session->role);
    struct object_sight sight = token_sight(&token);
    const struct object_row *row = object_find(session->identity, handle);

    return row != NULL && object_visible(row, &sight) ? row : NULL;
}

static bool template_needs_cert(const struct object_row *row, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++)
        if (attr_needs_cert(row, template[i].type))
            return true;
    return false;
}

static bool template_has(const CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
    for (CK_ULONG i = 0; i < count; i++)
        if (template[i].type == type)
            return true;
    return false;
}

CK_RV session_view(struct session *session, const struct object_row *row, const CK_ATTRIBUTE *template, CK_ULONG count,
                   struct object_view *ret_view)
{
    struct token_view token = session_look(session);
    struct object_sight sight = token_sight(&token);
    struct object_view view = { .row = row, .serial = session->serial };
    enum jpki_err err;

    if (token.profile == NULL || token.series != session->series)
        return CKR_DEVICE_REMOVED;
    view.keys = &token.profile->role[row->role];
    view.private = object_private(row, &sight);
    view.always_authenticate = session_asks_each(session);
    if (template_needs_cert(row, template, count)) {
        err = token_cert(session->reader, session->series, row->file, &view.cert);
        if (err != JPKI_OK && err != JPKI_ERR_NOT_FOUND && err != JPKI_ERR_DENIED)
            return rv_for_error(err);
    } else if (row->class != CKO_PROFILE) {
        view.cert = token_cert_known(session->reader, session->series, row->file);
    }
    if (row->class != CKO_CERTIFICATE && template_has(template, count, CKA_ALLOWED_MECHANISMS))
        view.with_pss = token_pss(session->reader, session->series);
    *ret_view = view;
    return CKR_OK;
}

void session_view_end(struct object_view *view)
{
    view->cert = cert_unref(view->cert);
}

void sessions_free(struct module *module)
{
    for (size_t i = 0; i < SESSION_BUCKETS; i++) {
        sessions_free_list(module->sessions[i]);
        module->sessions[i] = NULL;
    }
}
