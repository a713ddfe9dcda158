/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign_card.h"

#include "cert_verify.h"
#include "x509.h"

/* The message while the card waits for what it is to sign. */
struct composer {
    const struct sign_order *order;
    X509 *cert, *ca;
    struct cms_draft draft;
    bool out_of_date, not_by_ca; /* why there is nothing to sign */
};

/* What the guard calls once the password has opened the certificate; says nothing, the card
 * waits. */
static enum jpki_err message_compose(void *user, struct slice cert, struct slice ca,
                                     struct buf *ret_input)
{
    struct composer *composer = user;
    const struct sign_order *order = composer->order;
    uint8_t info[DIGEST_INFO_LEN];
    enum cert_state state;

    composer->cert = cert_parse(cert);
    composer->ca = cert_parse(ca);
    if (composer->cert == NULL || composer->ca == NULL)
        return JPKI_ERR_PROTOCOL;
    /* with such a certificate a signature is worth nothing */
    state = cert_dates(composer->cert, time(NULL)).state;
    composer->out_of_date = state == CERT_EXPIRED || state == CERT_NOT_YET;
    composer->not_by_ca = !cert_signed_by(composer->cert, composer->ca);
    if (composer->out_of_date || composer->not_by_ca)
        return JPKI_ERR_CANCELLED;
    if (!cms_draft(composer->cert, composer->ca, order->digest, order->dated, &composer->draft) ||
        !cms_digest_info(&composer->draft, info))
        return JPKI_ERR_MEMORY;
    return buf_put(ret_input, slice_of(info, sizeof(info)));
}

/* What became of the visit, in words. */
static int visit_explain(const struct composer *composer, const struct guard_tell *tell)
{
    const enum role role = composer->order->role;
    struct cert_dates dates;

    if (tell->why == JPKI_ERR_NOT_FOUND && tell->pin == PIN_ACCEPTED)
        return cert_missing(role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN);
    if (tell->why != JPKI_ERR_CANCELLED || tell->pin != PIN_ACCEPTED)
        return pin_explain(role, tell);
    if (tell->lock == LOCK_OPEN)
        (void)error_explain(JPKI_ERR_DROP);
    if (composer->out_of_date) {
        dates = cert_dates(composer->cert, time(NULL));
        say_error(_("the certificate cannot be used: %s"), cert_dates_sentence(&dates));
    } else {
        say_error("%s", _("the certificate is not by the CA on the card; nothing was signed"));
    }
    return CODE_CHECK;
}

/* The one visit: password, both certificates, signature. */
static int composed_sign(struct composer *composer, struct card *card, struct buf *signature)
{
    const struct sign_order *order = composer->order;
    uint8_t cert_bytes[CARD_CERT_MAX], ca_bytes[CARD_CERT_MAX];
    struct buf cert = BUF_OVER(cert_bytes), ca = BUF_OVER(ca_bytes);
    const struct guard_draft draft = {
        .user = composer, .cert = &cert, .ca = &ca, .compose = message_compose
    };
    struct guard_ask ask = pin_wish(order->source, card, order->role, GUARD_SIGN);
    struct secret pin = { .len = 0 };
    struct guard_tell tell;
    int code = pin_get(order->source, card, order->role, &pin);

    if (code == CODE_OK) {
        pin_fill(&ask, &pin);
        ask.scheme = SCHEME_PKCS1;
        ask.draft = &draft;
        ask.out = signature;
        tell = guard_pass(card, &ask);
        code = visit_explain(composer, &tell);
    }
    wipe(&pin, sizeof(pin));
    wipe(cert_bytes, sizeof(cert_bytes));
    return code;
}

int card_message(const struct sign_order *order, struct card *card, unsigned char **ret_der,
                 size_t *ret_len, X509 **ret_cert)
{
    uint8_t bytes[CARD_SIGNATURE_MAX];
    struct buf signature = BUF_OVER(bytes);
    struct composer composer = { .order = order };
    int code = card->facts.has_role[order->role]
                   ? composed_sign(&composer, card, &signature)
                   : cert_missing(order->role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN);

    if (code == CODE_OK &&
        !cms_complete(&composer.draft, buf_slice(&signature), ret_der, ret_len)) {
        say_error("%s", _("the card's signature does not fit its certificate; it was thrown away"));
        code = CODE_FAILED;
    }
    if (code == CODE_OK) {
        *ret_cert = composer.cert;
        composer.cert = NULL;
    }
    cms_free(&composer.draft);
    X509_free(composer.cert);
    X509_free(composer.ca);
    return code;
}
