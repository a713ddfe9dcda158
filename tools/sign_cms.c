/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign_cms.h"

#include "guard.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The attributes that the library would add only while it signs itself. */
static bool attributes_put(CMS_SignerInfo *signer, const uint8_t *digest, bool dated)
{
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    bool good = now != NULL &&
                CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType, V_ASN1_OBJECT,
                                            OBJ_nid2obj(NID_pkcs7_data), -1) == 1 &&
                CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING,
                                            digest, DIGEST_LEN) == 1 &&
                (!dated || CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime,
                                                       ASN1_STRING_type(now), now, -1) == 1);

    ASN1_TIME_free(now);
    return good;
}

/* The signed attributes as the SET OF that is hashed (RFC 5652, 5.4), not with the tag [0] that
 * they have in the message. */
ASN1_ITEM_TEMPLATE(SIGNED_ATTRIBUTES) = ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_OF, 0, attributes,
                                                              X509_ATTRIBUTE)
    static_ASN1_ITEM_TEMPLATE_END(SIGNED_ATTRIBUTES)

static bool attributes_encode(struct cms_draft *draft)
{
    STACK_OF(X509_ATTRIBUTE) *set = sk_X509_ATTRIBUTE_new_null();
    const int count = CMS_signed_get_attr_count(draft->signer);
    int len = 0;

    for (int i = 0; i < count; i++)
        (void)sk_X509_ATTRIBUTE_push(set, CMS_signed_get_attr(draft->signer, i));
    if (sk_X509_ATTRIBUTE_num(set) == count)
        len = ASN1_item_i2d((const ASN1_VALUE *)set, &draft->attributes,
                            ASN1_ITEM_rptr(SIGNED_ATTRIBUTES));
    sk_X509_ATTRIBUTE_free(set);
    draft->attributes_len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

bool cms_draft(X509 *cert, X509 *ca, const uint8_t digest[static DIGEST_LEN], bool dated,
               struct cms_draft *ret_draft)
{
    /* partial: nothing is signed yet, so the public key is all that is needed of the signer */
    const unsigned flags = CMS_PARTIAL | CMS_BINARY | CMS_DETACHED;

    *ret_draft = (struct cms_draft){ .cms = CMS_sign(NULL, NULL, NULL, NULL, flags) };
    if (ret_draft->cms == NULL)
        return false;
    ret_draft->signer = CMS_add1_signer(ret_draft->cms, cert, X509_get0_pubkey(cert), EVP_sha256(),
                                        flags | CMS_NOSMIMECAP | CMS_CADES);
    if (ret_draft->signer == NULL || (ca != NULL && CMS_add1_cert(ret_draft->cms, ca) != 1))
        return false;
    return attributes_put(ret_draft->signer, digest, dated) && attributes_encode(ret_draft);
}

void cms_free(struct cms_draft *draft)
{
    CMS_ContentInfo_free(draft->cms);
    OPENSSL_free(draft->attributes);
    *draft = (struct cms_draft){ .cms = NULL };
}

bool cms_digest_info(const struct cms_draft *draft, uint8_t ret_info[static DIGEST_INFO_LEN])
{
    static const uint8_t head[DIGEST_INFO_LEN - DIGEST_LEN] = { DIGEST_INFO_SHA256 };

    memcpy(ret_info, head, sizeof(head));
    return EVP_Digest(draft->attributes, draft->attributes_len, ret_info + sizeof(head), NULL,
                      EVP_sha256(), NULL) == 1;
}

bool cms_complete(struct cms_draft *draft, struct slice signature, unsigned char **ret_der,
                  size_t *ret_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY *key = NULL;
    int len = -1;
    bool good;

    /* not CMS_SignerInfo_verify: it takes the attributes in the order in which they were added */
    CMS_SignerInfo_get0_algs(draft->signer, &key, NULL, NULL, NULL);
    good = context != NULL && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestVerify(context, signature.ptr, signature.len, draft->attributes,
                            draft->attributes_len) == 1 &&
           ASN1_STRING_set(CMS_SignerInfo_get0_signature(draft->signer), signature.ptr,
                           (int)signature.len) == 1;
    EVP_MD_CTX_free(context);
    if (good)
        len = i2d_CMS_ContentInfo(draft->cms, ret_der);
    *ret_len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

bool cms_check(struct slice der, X509 *cert, const uint8_t digest[static DIGEST_LEN])
{
    const unsigned char *at = der.ptr;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)der.len);
    STACK_OF(CMS_SignerInfo) *signers = cms == NULL ? NULL : CMS_get0_SignerInfos(cms);
    CMS_SignerInfo *signer =
        sk_CMS_SignerInfo_num(signers) == 1 ? sk_CMS_SignerInfo_value(signers, 0) : NULL;
    const ASN1_OCTET_STRING *named =
        signer == NULL ? NULL
                       : CMS_signed_get0_data_by_OBJ(signer, OBJ_nid2obj(NID_pkcs9_messageDigest),
                                                     -3, V_ASN1_OCTET_STRING);
    bool good = named != NULL && ASN1_STRING_length(named) == DIGEST_LEN &&
                memcmp(ASN1_STRING_get0_data(named), digest, DIGEST_LEN) == 0 &&
                CMS_SignerInfo_cert_cmp(signer, cert) == 0;

    if (good) {
        CMS_SignerInfo_set1_signer_cert(signer, cert);
        good = CMS_SignerInfo_verify(signer) == 1;
    }
    CMS_ContentInfo_free(cms);
    ERR_clear_error();
    return good;
}

/* Up to the content, with lengths left open: ContentInfo, SignedData (version 1, SHA-256),
 * EncapsulatedContentInfo. */
static const uint8_t head[] = {
    0x30, 0x80, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02,
    0xA0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x0D, 0x30, 0x0B, 0x06, 0x09,
    0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x30, 0x80, 0x06, 0x09,
    0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01, 0xA0, 0x80, 0x24, 0x80,
};
const struct slice cms_head = { head, sizeof(head) };

void cms_piece(size_t len, uint8_t ret_head[static CMS_PIECE_LEN])
{
    ret_head[0] = V_ASN1_OCTET_STRING;
    ret_head[1] = 0x80 | (CMS_PIECE_LEN - 2);
    for (size_t i = 2; i < CMS_PIECE_LEN; i++)
        ret_head[i] = (uint8_t)(len >> (8 * (CMS_PIECE_LEN - 1 - i)));
}

/* Step into the element at *at, or over it; its end is *end then.  False if it does not fit. */
static bool element_pass(const unsigned char **at, const unsigned char *end, bool inside)
{
    long len = 0;
    int tag, class;

    if ((ASN1_get_object(at, &len, &tag, &class, end - *at) & 0x80) != 0 || len > end - *at)
        return false;
    *at += inside ? 0 : len;
    return true;
}

bool cms_tail_write(BIO *out, struct slice der)
{
    static const uint8_t ends[6] = { 0 }; /* of three open lengths */
    /* into ContentInfo, over its type, into [0] and SignedData, over version, digests and
     * content */
    static const bool inside[] = { true, false, true, true, false, false, false };
    const unsigned char *at = der.ptr, *end = der.ptr + der.len;

    for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++) {
        if (!element_pass(&at, end, inside[i]))
            return false;
    }
    return BIO_write(out, ends, sizeof(ends)) == (int)sizeof(ends) &&
           BIO_write(out, at, (int)(end - at)) == (int)(end - at) &&
           BIO_write(out, ends, sizeof(ends)) == (int)sizeof(ends);
}
