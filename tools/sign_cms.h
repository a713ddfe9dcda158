/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A CMS SignedData (RFC 5652) whose one signature is made elsewhere: the structure and its signed
 * attributes first, then the bytes to be signed, then the signature into its place.  What is signed
 * comes as its SHA-256 alone.
 */
#ifndef TOOLS_SIGN_CMS_H
#define TOOLS_SIGN_CMS_H

#include "bytes.h"

#include <openssl/cms.h>

#define DIGEST_LEN 32 /* SHA-256 */
#define DIGEST_INFO_LEN 51

struct cms_draft {
    CMS_ContentInfo *cms;
    CMS_SignerInfo *signer;    /* part of cms; it has the certificate */
    unsigned char *attributes; /* DER of the signed attributes as a SET: what is signed */
    size_t attributes_len;
};

/*
 * Draft a detached signature by cert's key over a content with this digest: content type, message
 * digest and signing certificate are signed attributes, and with dated the time, which a PDF keeps
 * elsewhere (ETSI EN 319 142-1).  False if OpenSSL refused; always ended by cms_free.
 */
bool cms_draft(X509 *cert, X509 *ca, const uint8_t digest[static DIGEST_LEN], bool dated,
               struct cms_draft *ret_draft) MUST_CHECK;
void cms_free(struct cms_draft *draft);

/* The DigestInfo (RFC 8017, 9.2) of SHA-256 over the signed attributes: what a card that pads by
 * itself is given. */
bool cms_digest_info(const struct cms_draft *draft,
                     uint8_t ret_info[static DIGEST_INFO_LEN]) MUST_CHECK;

/*
 * Put the signature in, if it is one of the certificate's key over the attributes, and encode.  The
 * caller frees *ret_der by OPENSSL_free.
 */
bool cms_complete(struct cms_draft *draft, struct slice signature, unsigned char **ret_der,
                  size_t *ret_len) MUST_CHECK;

/*
 * Whether these bytes begin with a SignedData whose one signature is by cert's key and holds for a
 * content with this digest: read anew, as a receiver does.
 */
bool cms_check(struct slice der, X509 *cert, const uint8_t digest[static DIGEST_LEN]) MUST_CHECK;

/*
 * The same message around its content, which is written as it comes: the head, octet strings of the
 * content each with cms_piece before it, then the tail (ends of content, and of der its
 * certificates and the signature).
 */
extern const struct slice cms_head;
#define CMS_PIECE_LEN 6
void cms_piece(size_t len, uint8_t ret_head[static CMS_PIECE_LEN]);
bool cms_tail_write(BIO *out, struct slice der) MUST_CHECK;

#endif
