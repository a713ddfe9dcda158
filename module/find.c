/* SPDX-License-Identifier: BSD-3-Clause */
#include "find.h"

#include "attr.h"
#include "session_token.h"

/*
 * Whether an object fits the template.  What can be answered from tables is compared first, so that
 * a search for something this token never has costs no exchange with the card.
 */
static CK_RV object_fits(struct session *session, const struct object_row *row,
                         const CK_ATTRIBUTE *template, CK_ULONG count, bool *ret_fits)
{
    struct object_view view;
    CK_RV rv = session_view(session, row, NULL, 0, &view);
    bool more = false, fits = true;

    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count && fits; i++) {
        if (attr_needs_cert(row, template[i].type) || template[i].type == CKA_ALLOWED_MECHANISMS)
            more = true;
        else
            fits = attr_matches(&view, &template[i]);
    }
    session_view_end(&view);
    if (fits && more) {
        rv = session_view(session, row, template, count, &view);
        if (rv != CKR_OK)
            return rv;
        for (CK_ULONG i = 0; i < count && fits; i++)
            fits = attr_matches(&view, &template[i]);
        session_view_end(&view);
    }
    *ret_fits = fits;
    return CKR_OK;
}

static bool template_valid(const CK_ATTRIBUTE *template, CK_ULONG count)
{
    if (template == NULL)
        return count == 0;
    for (CK_ULONG i = 0; i < count; i++)
        if (template[i].pValue == NULL && template[i].ulValueLen != 0)
            return false;
    return true;
}

CK_RV find_init(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count)
{
    struct token_view token = session_look(session);
    struct object_sight sight = token_sight(&token);
    struct find_op find = { .active = true };
    CK_RV rv = CKR_OK;
    bool fits = false;

    if (token.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    if (session->find.active)
        return CKR_OPERATION_ACTIVE;
    if (!template_valid(template, count))
        return CKR_ARGUMENTS_BAD;
    for (size_t i = 0; i < object_count() && rv == CKR_OK; i++) {
        const struct object_row *row = object_at(i);

        if (!object_visible(row, &sight))
            continue;
        rv = object_fits(session, row, template, count, &fits);
        if (rv == CKR_OK && fits && find.count < FIND_MAX)
            find.found[find.count++] = object_handle(session->card.identity, i);
    }
    if (rv == CKR_OK)
        session->find = find;
    return rv;
}

CK_RV find_next(struct session *session, CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count)
{
    struct find_op *find = &session->find;
    CK_ULONG done = 0;
    CK_RV rv = session_check_card(session);

    if (rv != CKR_OK)
        return rv;
    if (!find->active)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (count == NULL || (objects == NULL && room > 0))
        return CKR_ARGUMENTS_BAD;
    while (done < room && find->next < find->count)
        objects[done++] = find->found[find->next++];
    *count = done;
    return CKR_OK;
}

CK_RV find_final(struct session *session)
{
    CK_RV rv = session->find.active ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;

    session->find.active = false;
    return rv;
}

CK_RV find_attributes(struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
                      CK_ULONG count)
{
    const struct object_row *row;
    struct object_view view;
    CK_RV rv = session_object(session, object, &row), first = CKR_OK;

    if (rv != CKR_OK)
        return rv;
    if (template == NULL && count > 0)
        return CKR_ARGUMENTS_BAD;
    rv = session_view(session, row, template, count, &view);
    if (rv != CKR_OK)
        return rv;
    for (CK_ULONG i = 0; i < count; i++) {
        rv = attr_answer(&view, &template[i]);
        if (first == CKR_OK)
            first = rv;
    }
    session_view_end(&view);
    return first;
}

CK_RV find_size(struct session *session, CK_OBJECT_HANDLE object, CK_ULONG *size)
{
    const struct object_row *row;
    struct object_view view;
    struct attr_value value;
    /* whatever is read */
    CK_ATTRIBUTE everything[] = { { .type = CKA_SUBJECT }, { .type = CKA_ALLOWED_MECHANISMS } };
    CK_ULONG sum = 0;
    CK_RV rv = session_object(session, object, &row);

    if (rv != CKR_OK)
        return rv;
    if (size == NULL)
        return CKR_ARGUMENTS_BAD;
    rv = session_view(session, row, everything, 2, &view);
    if (rv != CKR_OK)
        return rv;
    for (size_t i = 0; i < attr_count(); i++) {
        const struct attr_fact fact = attr_fact_at(i);

        if ((fact.classes & (1U << row->class)) != 0 &&
            attr_read(&view, fact.type, &value) == CKR_OK)
            sum += value.bytes.len;
    }
    session_view_end(&view);
    *size = sum;
    return CKR_OK;
}

CK_RV find_refuse_write(struct session *session, CK_OBJECT_HANDLE object, bool has_object)
{
    const struct object_row *row;
    CK_RV rv = has_object ? session_object(session, object, &row) : session_check_card(session);

    if (rv != CKR_OK)
        return rv;
    return (session->flags & CKF_RW_SESSION) != 0 ? CKR_TOKEN_WRITE_PROTECTED
                                                  : CKR_SESSION_READ_ONLY;
}
