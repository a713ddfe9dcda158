/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CMS SignedData (RFC 5652) whose one signature is made elsewhere: the structure and its signed attributes first, then the
 * bytes to be signed, then the signature into its place.
 */
#ifndef TOOLS_SIGN_CMS_H
#define TOOLS_SIGN_CMS_H

#include "bytes.h"

#include <openssl/cms.h>

struct cms_draft {
    CMS_ContentInfo *cms;
    CMS_SignerInfo *signer;   /* part of cms */
    unsigned char *attributes;/* DER of the signed attributes as a SET: what is signed */
    size_t attributes_len;
};

/*
 * Draft a signature by cert's key over content with SHA-256: content type, message digest, signing time and signing
 * certificate are signed attributes.  attached: the content goes in.  False if OpenSSL refused; always ended by cms_free.
 */
bool cms_draft(X509 *cert, X509 *ca, struct slice content, bool attached, struct cms_draft *ret_draft) MUST_CHECK;
void cms_free(struct cms_draft *draft);

/* The DigestInfo (RFC 8017, 9.2) of SHA-256 over the signed attributes: what a card that pads by itself is given. */
#define DIGEST_INFO_LEN 51
bool cms_digest_info(const struct cms_draft *draft, uint8_t ret_info[static DIGEST_INFO_LEN]) MUST_CHECK;

/* Put the signature in, if it is one of cert's key over the attributes. */
bool cms_complete(struct cms_draft *draft, X509 *cert, struct slice signature) MUST_CHECK;

#endif
