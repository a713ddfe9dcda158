/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Digest*: on the host, for the programs that ask a token for it (Java before it offers PSS). */
#include "verify.h"

#include "session_token.h"

CK_RV digest_init(struct session *session, const CK_MECHANISM *mechanism)
{
    struct token_view view = session_look(session);
    const struct mech_row *row;
    CK_RV rv;

    if (operation_answered(session, &session->digest, mechanism, &rv))
        return rv;
    if (view.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    rv = token_mechanism(&view, mechanism, CKF_DIGEST, &row);
    return rv == CKR_OK ? operation_start(session, &session->digest, row) : rv;
}

static CK_RV digest_produce(struct session *session, CK_BYTE *digest, CK_ULONG *digest_len)
{
    struct buf out = { digest, 0, *digest_len };

    if (hash_end(&session->digest.input.hash, &out) != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    *digest_len = out.len;
    return CKR_OK;
}

CK_RV digest_whole(struct session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *digest,
                   CK_ULONG *digest_len)
{
    const struct slice whole = slice_of(data, len);

    return operation_finish(session, &session->digest, &whole, digest_produce, digest, digest_len);
}

CK_RV digest_final(struct session *session, CK_BYTE *digest, CK_ULONG *digest_len)
{
    return operation_finish(session, &session->digest, NULL, digest_produce, digest, digest_len);
}

CK_RV operations_cancel(struct session *session, CK_FLAGS flags)
{
    if ((flags & CKF_FIND_OBJECTS) != 0)
        session->find.active = false;
    if ((flags & CKF_SIGN) != 0)
        operation_end(session, &session->sign);
    if ((flags & CKF_VERIFY) != 0)
        operation_end(session, &session->verify);
    if ((flags & CKF_DIGEST) != 0)
        operation_end(session, &session->digest);
    return CKR_OK;
}
