/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign.h"

#include "log.h"
#include "p384.h"
#include "pass.h"
#include "rv.h"
#include "session_token.h"

#include <string.h>

/* The key of the handle, if this session may sign with it. */
static CK_RV sign_key(struct session *session, CK_OBJECT_HANDLE key, const struct token_view *view)
{
    const struct object_row *row = object_find(session->card.identity, key);

    if (view->card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    if (row == NULL || row->role != session->role)
        return CKR_KEY_HANDLE_INVALID;
    if (row->class == CKO_PUBLIC_KEY)
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    if (row->class != CKO_PRIVATE_KEY)
        return CKR_KEY_HANDLE_INVALID;
    return view->token.logged_in ? CKR_OK : CKR_USER_NOT_LOGGED_IN;
}

CK_RV sign_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    struct token_view view = session_look(session);
    const struct mech_row *row;
    CK_RV rv;

    if (operation_answered(session, &session->sign, mechanism, &rv))
        return rv;
    rv = sign_key(session, key, &view);
    if (rv != CKR_OK)
        return rv;
    rv = token_mechanism(&view, mechanism, CKF_SIGN, &row);
    return rv == CKR_OK ? operation_start(session, &session->sign, row) : rv;
}

/*
 * Check a signature before it is handed out, if the public key is at hand; for PSS it always is,
 * since a card that pads differently would end as somebody else's failed handshake.  What cannot be
 * checked is no bad signature.
 */
static CK_RV sign_check(struct session *session, struct slice input, struct slice signature)
{
    const enum sig_form form = session->sign.row->form;
    const struct cert_facts *cert = NULL;
    enum jpki_err err = JPKI_OK;
    bool good = true;

    if (form == SIG_PSS)
        err = token_cert(session->reader, session->card.series, role_cert(session->role), &cert);
    else
        cert = token_cert_known(session->reader, session->card.series, role_cert(session->role));
    if (cert != NULL)
        err = signature_check(cert, form, input, signature, &good);
    cert_unref(cert);
    if (err != JPKI_OK)
        log_line("C_Sign: the card's signature could not be checked (%s)", err_name(err));
    if (good)
        return CKR_OK;
    log_line("C_Sign: the card's signature does not fit its certificate; it was thrown away");
    return CKR_FUNCTION_FAILED;
}

/* One visit: the card signs input into signature. */
static CK_RV sign_visit(struct session *session, struct slice input, struct buf *signature)
{
    struct guard_ask ask = {
        .job = GUARD_SIGN, .scheme = session->sign.row->scheme, .input = input, .out = signature
    };
    struct guard_tell tell;
    uint8_t pin[16];
    enum jpki_err err;
    CK_RV rv;

    err = pass_begin_kept(session, pin, &ask);
    if (err != JPKI_OK)
        return rv_for_error(err);
    tell = pass_guard(session, &ask);
    rv = rv_for_tell(GUARD_SIGN, &tell);
    if (rv == CKR_USER_NOT_LOGGED_IN || tell.lock == LOCK_OPEN)
        token_lapse(session->reader, session->role, session->card.series, tell.why);
    pass_end(session, tell.why);
    wipe(pin, sizeof(pin));
    return rv;
}

/* From the whole input to the bytes that are handed out. */
static CK_RV sign_produce(struct session *session, CK_BYTE *signature, CK_ULONG *signature_len)
{
    const struct mech_row *row = session->sign.row;
    uint8_t input[INPUT_BUFFER_MAX], raw[CARD_SIGNATURE_MAX], flat[CARD_SIGNATURE_MAX];
    struct buf to_card = BUF_OVER(input), from_card = BUF_OVER(raw), out = BUF_OVER(flat);
    size_t len = mech_signature_len(row->key);
    enum jpki_err err = input_end(&session->sign.input, row, &to_card);
    CK_RV rv;

    if (err == JPKI_ERR_ARGUMENT)
        return CKR_DATA_LEN_RANGE;
    if (err != JPKI_OK)
        return CKR_FUNCTION_FAILED;
    rv = sign_visit(session, buf_slice(&to_card), &from_card);
    if (rv != CKR_OK)
        return rv;
    err = row->form == SIG_ECDSA ? ecdsa_flatten(buf_slice(&from_card), len / 2, &out)
                                 : buf_put(&out, buf_slice(&from_card));
    if (err != JPKI_OK || out.len != len) {
        log_line("C_Sign: the card's signature has %zu bytes instead of %zu", out.len, len);
        return CKR_DEVICE_ERROR;
    }
    rv = sign_check(session, buf_slice(&to_card), buf_slice(&out));
    if (rv == CKR_OK) {
        memcpy(signature, out.ptr, out.len);
        *signature_len = out.len;
    }
    return rv;
}

CK_RV sign_whole(struct session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
                 CK_ULONG *signature_len)
{
    const struct slice whole = slice_of(data, len);

    return operation_finish(session, &session->sign, &whole, sign_produce, signature,
                            signature_len);
}

CK_RV sign_final(struct session *session, CK_BYTE *signature, CK_ULONG *signature_len)
{
    return operation_finish(session, &session->sign, NULL, sign_produce, signature, signature_len);
}
