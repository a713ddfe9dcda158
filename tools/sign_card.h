/* SPDX-License-Identifier: BSD-3-Clause */
/* The card's part in a signature: its certificates, and the signature over what is composed once
 * they are known. */
#ifndef TOOLS_SIGN_CARD_H
#define TOOLS_SIGN_CARD_H

#include "prompt.h"
#include "sign_cms.h"

struct sign_order {
    const struct pin_source *source;
    enum role role;
    const uint8_t *digest; /* of the content, DIGEST_LEN bytes */
    bool dated;            /* the time goes among the signed attributes */
};

/*
 * Ask for the PIN and let the card sign.  CODE_OK: *ret_der is the encoded message, checked against
 * the certificate, and the certificate's own state was found good; the caller frees it by
 * OPENSSL_free, *ret_cert by X509_free.  Otherwise it was said why not.
 */
int card_message(const struct sign_order *order, struct card *card, unsigned char **ret_der,
                 size_t *ret_len, X509 **ret_cert) MUST_CHECK;

#endif
