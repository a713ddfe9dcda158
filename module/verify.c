/* SPDX-License-Identifier: BSD-3-Clause */
#include "verify.h"

#include "rv.h"
#include "session_token.h"

#include <string.h>

CK_RV verify_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    struct token_view view = session_look(session);
    const struct object_row *object;
    const struct mech_row *row;
    struct verify_op verify = { .active = true };
    enum jpki_err err;
    CK_RV rv;

    if (mechanism == NULL) {
        rv = session->verify.active ? CKR_OK : CKR_ARGUMENTS_BAD;
        session_end_verify(session);
        return rv;
    }
    if (session->verify.active)
        return CKR_OPERATION_ACTIVE;
    if (view.series != session->series || view.profile == NULL)
        return CKR_DEVICE_REMOVED;
    object = session_object(session, key);
    if (object == NULL || (object->class != CKO_PUBLIC_KEY && object->class != CKO_PRIVATE_KEY))
        return CKR_KEY_HANDLE_INVALID;
    if (object->class == CKO_PRIVATE_KEY)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    rv = token_mechanism(&view, mechanism, CKF_VERIFY, &row);
    if (rv != CKR_OK)
        return rv;
    err = token_cert(session->reader, session->series, object->file, &verify.cert);
    if (err != JPKI_OK)
        return rv_for_error(err);
    verify.row = row;
    session->verify = verify;
    if (input_begin(&session->verify.input, row) == JPKI_OK)
        return CKR_OK;
    session_end_verify(session);
    return CKR_HOST_MEMORY;
}

/* The whole input is there: does the signature fit? */
static CK_RV verify_decide(struct session *session, struct slice signature)
{
    struct verify_op *verify = &session->verify;
    uint8_t input[INPUT_BUFFER_MAX];
    struct buf expected = BUF_OVER(input);
    bool good = false;
    enum jpki_err err;

    if (signature.len != mech_signature_len(verify->row->key))
        return CKR_SIGNATURE_LEN_RANGE;
    err = input_end(&verify->input, verify->row, &expected);
    if (err == JPKI_ERR_ARGUMENT)
        return CKR_DATA_LEN_RANGE;
    if (err == JPKI_OK)
        err = signature_check(verify->cert, verify->row->form, buf_slice(&expected), signature,
                              &good);
    if (err != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    return good ? CKR_OK : CKR_SIGNATURE_INVALID;
}

static CK_RV verify_add(struct session *session, const CK_BYTE *part, CK_ULONG len)
{
    struct verify_op *verify = &session->verify;

    if (part == NULL && len > 0)
        return CKR_ARGUMENTS_BAD;
    if (input_add(&verify->input, verify->row, slice_of(part, len)) != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    return verify->input.too_long ? CKR_DATA_LEN_RANGE : CKR_OK;
}

/* The operation ends with the last of its data. */
static CK_RV verify_end(struct session *session, const CK_BYTE *data, CK_ULONG len,
                        struct slice signature)
{
    CK_RV rv = signature.ptr == NULL ? CKR_ARGUMENTS_BAD : verify_add(session, data, len);

    if (rv == CKR_OK)
        rv = verify_decide(session, signature);
    session_end_verify(session);
    return rv;
}

CK_RV verify_whole(struct session *session, const CK_BYTE *data, CK_ULONG len,
                   const CK_BYTE *signature, CK_ULONG signature_len)
{
    if (!session->verify.active || session->verify.has_signature)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (!session->verify.multi)
        return verify_end(session, data, len, slice_of(signature, signature_len));
    session_end_verify(session);
    return CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV verify_update(struct session *session, bool with_signature, const CK_BYTE *part, CK_ULONG len)
{
    CK_RV rv;

    if (!session->verify.active || session->verify.has_signature != with_signature)
        return CKR_OPERATION_NOT_INITIALIZED;
    session->verify.multi = true;
    rv = verify_add(session, part, len);
    if (rv != CKR_OK)
        session_end_verify(session);
    return rv;
}

CK_RV verify_final(struct session *session, const CK_BYTE *signature, CK_ULONG signature_len)
{
    if (!session->verify.active || session->verify.has_signature)
        return CKR_OPERATION_NOT_INITIALIZED;
    return verify_end(session, NULL, 0, slice_of(signature, signature_len));
}

CK_RV verify_signature_init(struct session *session, const CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, const CK_BYTE *signature, CK_ULONG signature_len)
{
    CK_RV rv;

    if (mechanism != NULL && signature == NULL)
        return CKR_ARGUMENTS_BAD;
    if (mechanism != NULL && signature_len > sizeof session->verify.signature)
        return CKR_SIGNATURE_LEN_RANGE;
    rv = verify_init(session, mechanism, key);
    if (rv != CKR_OK || mechanism == NULL)
        return rv;
    memcpy(session->verify.signature, signature, signature_len);
    session->verify.signature_len = signature_len;
    session->verify.has_signature = true;
    return CKR_OK;
}

CK_RV verify_signature_whole(struct session *session, const CK_BYTE *data, CK_ULONG len)
{
    const struct verify_op *verify = &session->verify;

    if (!verify->active || !verify->has_signature)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (!verify->multi)
        return verify_end(session, data, len, slice_of(verify->signature, verify->signature_len));
    session_end_verify(session);
    return CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV verify_signature_final(struct session *session)
{
    const struct verify_op *verify = &session->verify;

    if (!verify->active || !verify->has_signature)
        return CKR_OPERATION_NOT_INITIALIZED;
    return verify_end(session, NULL, 0, slice_of(verify->signature, verify->signature_len));
}
