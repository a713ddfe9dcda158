/* SPDX-License-Identifier: BSD-3-Clause */
#include "session_token.h"

#include "attr.h"
#include "reader_away.h"
#include "reader_card.h"
#include "readers.h"
#include "rv.h"

#include <stdlib.h>
#include <string.h>

/* for another thread that asks pcscd, or the card, once its reader was away */
#define BACK_WAIT_MS 1000

void session_shed_inlock(struct session *session)
{
    const struct cert_facts *cert = session->verify.cert;

    if (cert != NULL && cert->personal && session->reader->certs[role_cert(session->role)] != cert)
        operation_end_inlock(&session->verify);
}

void sessions_shed_inlock(struct module *module)
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

/* Out of the register; the caller frees it if no call is inside. */
static void session_remove_inlock(struct session **link)
{
    struct session *session = *link;
    struct reader *reader = session->reader;
    struct token *token = &reader->token[session->role];

    session_unlink_inlock(link);
    if (session->card.series != reader->shown.series)
        return;
    token->sessions--;
    token->rw_sessions -= (session->flags & CKF_RW_SESSION) != 0;
    if (token->sessions == 0)
        token_logout_inlock(reader, session->role);
}

/* Take the sessions of a slot out of the register: all of them, or only those of cards that are
 * gone. */
static struct session *sessions_take_inlock(struct module *module, struct reader *reader,
                                            enum role role, bool dead_only)
{
    struct session *taken = NULL;

    for (size_t i = 0; i < SESSION_BUCKETS; i++) {
        struct session **link = &module->sessions[i];

        while (*link != NULL) {
            struct session *s = *link;

            if (s->reader != reader || s->role != role ||
                (dead_only && s->card.series == reader->shown.series)) {
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

CK_RV session_open(struct module *module, const struct token_view *view, CK_FLAGS flags,
                   CK_SESSION_HANDLE *ret_handle)
{
    CK_RV rv = CKR_TOKEN_NOT_PRESENT;
    struct session *session = calloc(1, sizeof(*session)), *dead = NULL;

    if (session == NULL)
        return CKR_HOST_MEMORY;
    session->module = module;
    session->reader = view->reader;
    session->role = view->role;
    session->flags = flags;
    pthread_mutex_init(&session->op, NULL);

    pthread_mutex_lock(&module->lock);
    /* every call on them answered CKR_DEVICE_REMOVED until now */
    if (view->reader->dead_sessions[view->role]) {
        dead = sessions_take_inlock(module, view->reader, view->role, true);
        view->reader->dead_sessions[view->role] = false;
    }
    if (view->reader->shown.series == view->card.series &&
        view->reader->token[view->role].present) {
        struct token *token = &view->reader->token[view->role];

        session->card = view->reader->shown;
        session->handle = ++module->last_session;
        *session_link_inlock(module, session->handle) = session;
        token->sessions++;
        token->rw_sessions += (flags & CKF_RW_SESSION) != 0;
        *ret_handle = session->handle;
        session = NULL;
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&module->lock);
    sessions_free_list(session);
    sessions_free_list(dead);
    return rv;
}

void session_close(struct session *session)
{
    struct module *module = session->module;

    pthread_mutex_lock(&module->lock);
    if (!session->closed)
        session_remove_inlock(session_link_inlock(module, session->handle));
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
    return session_look(session).card.series == session->card.series ? CKR_OK : CKR_DEVICE_REMOVED;
}

CK_RV session_object(struct session *session, CK_OBJECT_HANDLE handle,
                     const struct object_row **ret_row)
{
    struct token_view token = session_look(session);
    struct object_sight sight = token_sight(&token);
    const struct object_row *row = object_find(session->card.identity, handle);

    if (token.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    if (row == NULL || !object_visible(row, &sight))
        return CKR_OBJECT_HANDLE_INVALID;
    *ret_row = row;
    return CKR_OK;
}

static bool template_needs_cert(const struct object_row *row, const CK_ATTRIBUTE *template,
                                CK_ULONG count)
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

CK_RV session_view(struct session *session, const struct object_row *row,
                   const CK_ATTRIBUTE *template, CK_ULONG count, struct object_view *ret_view)
{
    struct token_view token = session_look(session);
    struct object_sight sight = token_sight(&token);
    struct object_view view = { .row = row, .serial = session->card.serial };
    enum jpki_err err;

    if (token.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    view.keys = &token.card.id.profile->role[row->role];
    view.private = object_private(row, &sight);
    view.always_authenticate = session_asks_each(session);
    if (template_needs_cert(row, template, count)) {
        err = token_cert(session->reader, session->card.series, row->file, &view.cert);
        if (err != JPKI_OK && err != JPKI_ERR_NOT_FOUND && err != JPKI_ERR_DENIED)
            return rv_for_error(err);
    } else if (row->class != CKO_PROFILE) {
        view.cert = token_cert_known(session->reader, session->card.series, row->file);
    }
    if (row->class != CKO_CERTIFICATE && template_has(template, count, CKA_ALLOWED_MECHANISMS))
        view.with_pss = token_pss(&token);
    *ret_view = view;
    return CKR_OK;
}

void session_view_end(struct object_view *view)
{
    view->cert = cert_unref(view->cert);
}
