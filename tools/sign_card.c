/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign_card.h"

#include "cert_verify.h"
#include "x509.h"

/* Whether a signature with this certificate is worth anything: in time, and of the card's own CA. */
static int cert_judge(X509 *cert, X509 *ca)
{
    const struct cert_dates dates = cert_dates(cert, time(NULL));

    if (dates.state == CERT_EXPIRED || dates.state == CERT_NOT_YET) {
        say_error(_("the certificate cannot be used: %s"), cert_dates_sentence(&dates));
        return CODE_CHECK;
    }
    if (!cert_signed_by(cert, ca)) {
        say_error("%s", _("the certificate is not by the CA on the card; nothing was signed"));
        return CODE_CHECK;
    }
    return CODE_OK;
}

/* Let the card sign.  A PIN that was given for the certificate a moment ago serves again. */
static int draft_sign(const struct sign_order *order, struct card *card, struct secret *pin, struct cms_draft *draft,
                      struct buf *signature)
{
    uint8_t info[DIGEST_INFO_LEN];
    struct guard_ask ask = pin_wish(order->source, card, order->role, GUARD_SIGN);
    struct guard_tell tell;
    int code = CODE_OK;

    if (!cms_digest_info(draft, info))
        return CODE_FAILED;
    if (!card->facts.cert_private[order->role])
        code = pin_get(order->source, card, order->role, pin);
    if (code != CODE_OK)
        return code;
    pin_fill(&ask, pin);
    if (card->facts.cert_private[order->role] && pin->len > 0)
        ask.origin = PIN_KEPT;
    ask.scheme = SCHEME_PKCS1;
    ask.input = slice_of(info, sizeof(info));
    ask.out = signature;
    tell = guard_pass(card, &ask);
    return pin_explain(order->role, &tell);
}

int card_message(const struct sign_order *order, struct card *card, unsigned char **ret_der, size_t *ret_len,
                 X509 **ret_cert)
{
    uint8_t bytes[CARD_SIGNATURE_MAX];
    struct buf signature = BUF_OVER(bytes);
    struct secret pin = { .len = 0 };
    struct cms_draft draft = { .cms = NULL };
    X509 *cert = NULL, *ca = NULL;
    int code = cert_load(order->source, card, order->role == ROLE_AUTH ? CERT_AUTH_CA : CERT_SIGN_CA, &ca, NULL);

    if (code == CODE_OK)
        code = cert_load(order->source, card, order->role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN, &cert, &pin);
    if (code == CODE_OK)
        code = cert_judge(cert, ca);
    if (code == CODE_OK && !cms_draft(cert, ca, order->digest, order->dated, &draft)) {
        say_error("%s", _("the message could not be composed"));
        code = CODE_FAILED;
    }
    if (code == CODE_OK)
        code = draft_sign(order, card, &pin, &draft, &signature);
    if (code == CODE_OK && !cms_complete(&draft, buf_slice(&signature), ret_der, ret_len)) {
        say_error("%s", _("the card's signature does not fit its certificate; it was thrown away"));
        code = CODE_FAILED;
    }
    if (code == CODE_OK) {
        *ret_cert = cert;
        cert = NULL;
    }
    wipe(&pin, sizeof(pin));
    cms_free(&draft);
    X509_free(cert);
    X509_free(ca);
    return code;
}
