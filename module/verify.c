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
    enum jpki_err err;
    CK_RV rv;

    if (operation_answered(session, &session->verify, mechanism, &rv))
        return rv;
    rv = session_object(session, key, &object);
    if (rv == CKR_DEVICE_REMOVED)
        return rv;
    if (rv != CKR_OK || (object->class != CKO_PUBLIC_KEY && object->class != CKO_PRIVATE_KEY))
        return CKR_KEY_HANDLE_INVALID;
    if (object->class == CKO_PRIVATE_KEY)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    rv = token_mechanism(&view, mechanism, CKF_VERIFY, &row);
    if (rv != CKR_OK)
        return rv;
    err = token_cert(session->reader, session->card.series, object->file, &session->verify.cert);
    return err == JPKI_OK ? operation_start(session, &session->verify, row) : rv_for_error(err);
}

/* The whole input is there: does the signature fit? */
static CK_RV verify_decide(struct session *session, struct slice signature)
{
    struct operation *verify = &session->verify;
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

/*
 * The last of its data, or all of it, ends the operation; the signature is given now or was given
 * first.
 */
static CK_RV verify_finish(struct session *session, bool first, const struct slice *whole,
                           struct slice signature)
{
    struct operation *op = &session->verify;
    CK_RV rv = CKR_OPERATION_NOT_INITIALIZED;

    if (!op->active || op->has_signature != first)
        return rv;
    if (whole != NULL && op->multi)
        goto out;
    if (first)
        signature = slice_of(op->signature, op->signature_len);
    rv = signature.ptr == NULL ? CKR_ARGUMENTS_BAD : CKR_OK;
    if (rv == CKR_OK && whole != NULL)
        rv = operation_add(op, whole->ptr, whole->len);
    if (rv == CKR_OK)
        rv = verify_decide(session, signature);

out:
    operation_end(session, op);
    return rv;
}

CK_RV verify_whole(struct session *session, const CK_BYTE *data, CK_ULONG len,
                   const CK_BYTE *signature, CK_ULONG signature_len)
{
    const struct slice whole = slice_of(data, len);

    return verify_finish(session, false, &whole, slice_of(signature, signature_len));
}

CK_RV verify_update(struct session *session, bool first, const CK_BYTE *part, CK_ULONG len)
{
    return session->verify.has_signature == first
               ? operation_update(session, &session->verify, part, len)
               : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV verify_final(struct session *session, const CK_BYTE *signature, CK_ULONG signature_len)
{
    return verify_finish(session, false, NULL, slice_of(signature, signature_len));
}

CK_RV verify_signature_init(struct session *session, const CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, const CK_BYTE *signature, CK_ULONG signature_len)
{
    CK_RV rv;

    if (mechanism != NULL && signature == NULL)
        return CKR_ARGUMENTS_BAD;
    if (mechanism != NULL && signature_len > sizeof(session->verify.signature))
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
    const struct slice whole = slice_of(data, len);

    return verify_finish(session, true, &whole, slice_of(NULL, 0));
}

CK_RV verify_signature_final(struct session *session)
{
    return verify_finish(session, true, NULL, slice_of(NULL, 0));
}
