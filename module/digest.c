/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Digest*: on the host, for the programs that ask a token for it (Java before it offers PSS). */
#include "verify.h"

#include "session_token.h"

CK_RV digest_init(struct session *session, const CK_MECHANISM *mechanism)
{
    struct token_view view = session_look(session);
    const struct mech_row *row;
    CK_RV rv;

    if (mechanism == NULL) {
        rv = session->digest.active ? CKR_OK : CKR_ARGUMENTS_BAD;
        session_end_digest(session);
        return rv;
    }
    if (session->digest.active)
        return CKR_OPERATION_ACTIVE;
    if (view.series != session->series || view.profile == NULL)
        return CKR_DEVICE_REMOVED;
    rv = token_mechanism(&view, mechanism, CKF_DIGEST, &row);
    if (rv != CKR_OK)
        return rv;
    if (hash_begin(&session->digest.hash, row->hash) != JPKI_OK)
        return CKR_HOST_MEMORY;
    session->digest.active = true;
    return CKR_OK;
}

static CK_RV digest_produce(struct session *session, CK_BYTE *digest, CK_ULONG *digest_len)
{
    struct buf out = { digest, 0, *digest_len };

    if (hash_end(&session->digest.hash, &out) != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    *digest_len = out.len;
    return CKR_OK;
}

CK_RV digest_whole(struct session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *digest,
                   CK_ULONG *digest_len)
{
    CK_RV rv = CKR_ARGUMENTS_BAD;

    if (!session->digest.active)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (session->digest.multi) {
        rv = CKR_OPERATION_NOT_INITIALIZED;
        goto out;
    }
    if (digest_len == NULL || (data == NULL && len > 0))
        goto out;
    if (length_answer(hash_len(session->digest.hash.kind), digest, digest_len, &rv))
        return rv;
    rv = CKR_FUNCTION_FAILED;
    if (hash_update(&session->digest.hash, slice_of(data, len)) == JPKI_OK)
        rv = digest_produce(session, digest, digest_len);

out:
    session_end_digest(session);
    return rv;
}

CK_RV digest_update(struct session *session, const CK_BYTE *part, CK_ULONG len)
{
    CK_RV rv = CKR_ARGUMENTS_BAD;

    if (!session->digest.active)
        return CKR_OPERATION_NOT_INITIALIZED;
    session->digest.multi = true;
    if (part != NULL || len == 0)
        rv = hash_update(&session->digest.hash, slice_of(part, len)) == JPKI_OK
                 ? CKR_OK
                 : CKR_FUNCTION_FAILED;
    if (rv != CKR_OK)
        session_end_digest(session);
    return rv;
}

CK_RV digest_final(struct session *session, CK_BYTE *digest, CK_ULONG *digest_len)
{
    CK_RV rv = CKR_ARGUMENTS_BAD;

    if (!session->digest.active)
        return CKR_OPERATION_NOT_INITIALIZED;
    if (digest_len != NULL) {
        if (length_answer(hash_len(session->digest.hash.kind), digest, digest_len, &rv))
            return rv;
        rv = digest_produce(session, digest, digest_len);
    }
    session_end_digest(session);
    return rv;
}

CK_RV operations_cancel(struct session *session, CK_FLAGS flags)
{
    if ((flags & CKF_FIND_OBJECTS) != 0)
        session_end_find(session);
    if ((flags & CKF_SIGN) != 0)
        session_end_sign(session);
    if ((flags & CKF_VERIFY) != 0)
        session_end_verify(session);
    if ((flags & CKF_DIGEST) != 0)
        session_end_digest(session);
    return CKR_OK;
}
