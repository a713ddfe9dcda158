/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign_cms.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HASH_LEN 32

static bool content_put(CMS_ContentInfo *cms, struct slice content)
{
    ASN1_OCTET_STRING **place = CMS_get0_content(cms);

    return place != NULL && *place != NULL && ASN1_OCTET_STRING_set(*place, content.ptr, (int)content.len) == 1;
}

/* The attributes that the library would add only while it signs itself. */
static bool attributes_put(CMS_SignerInfo *signer, struct slice content)
{
    unsigned char hash[HASH_LEN];
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    bool good = now != NULL && EVP_Digest(content.ptr, content.len, hash, NULL, EVP_sha256(), NULL) == 1
        && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_contentType, V_ASN1_OBJECT, OBJ_nid2obj(NID_pkcs7_data), -1) == 1
        && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_messageDigest, V_ASN1_OCTET_STRING, hash, HASH_LEN) == 1
        && CMS_signed_add1_attr_by_NID(signer, NID_pkcs9_signingTime, now->type, now, -1) == 1;

    ASN1_TIME_free(now);
    return good;
}

/* One attribute's DER. */
struct encoded {
    unsigned char *der;
    size_t len;
};

/* The order of a SET OF in DER: as byte strings. */
static int encoded_order(const void *left, const void *right)
{
    const struct encoded *a = left, *b = right;
    const int order = memcmp(a->der, b->der, a->len < b->len ? a->len : b->len);

    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* The signed attributes as the SET OF that is hashed (RFC 5652, 5.4), not with the tag [0] that they have in the message. */
static bool attributes_encode(struct cms_draft *draft)
{
    enum { MOST = 16 };
    struct encoded set[MOST] = { { NULL, 0 } };
    const int count = CMS_signed_get_attr_count(draft->signer);
    unsigned char *at;
    int inner = 0, whole;
    bool good = false;

    if (count < 1 || count > MOST)
        return false;
    for (int i = 0; i < count; i++) {
        const int len = i2d_X509_ATTRIBUTE(CMS_signed_get_attr(draft->signer, i), &set[i].der);
        if (len <= 0)
            goto out;
        set[i].len = (size_t)len;
        inner += len;
    }
    qsort(set, (size_t)count, sizeof(set[0]), encoded_order);
    whole = ASN1_object_size(1, inner, V_ASN1_SET);
    draft->attributes = malloc((size_t)whole);
    at = draft->attributes;
    if (at == NULL)
        goto out;
    ASN1_put_object(&at, 1, inner, V_ASN1_SET, V_ASN1_UNIVERSAL);
    for (int i = 0; i < count; i++) {
        memcpy(at, set[i].der, set[i].len);
        at += set[i].len;
    }
    draft->attributes_len = (size_t)whole;
    good = true;
out:
    for (int i = 0; i < count; i++)
        OPENSSL_free(set[i].der);
    return good;
}

bool cms_draft(X509 *cert, X509 *ca, struct slice content, bool attached, struct cms_draft *ret_draft)
{
    /* partial: nothing is signed yet, so the public key is all that is needed of the signer */
    const unsigned flags = CMS_PARTIAL | CMS_BINARY | (attached ? 0 : CMS_DETACHED);

    *ret_draft = (struct cms_draft){ .cms = CMS_sign(NULL, NULL, NULL, NULL, flags) };
    if (ret_draft->cms == NULL || (attached && !content_put(ret_draft->cms, content)))
        return false;
    ret_draft->signer = CMS_add1_signer(ret_draft->cms, cert, X509_get0_pubkey(cert), EVP_sha256(),
                                        flags | CMS_NOSMIMECAP | CMS_CADES);
    if (ret_draft->signer == NULL || (ca != NULL && CMS_add1_cert(ret_draft->cms, ca) != 1))
        return false;
    return attributes_put(ret_draft->signer, content) && attributes_encode(ret_draft);
}

void cms_free(struct cms_draft *draft)
{
    CMS_ContentInfo_free(draft->cms);
    free(draft->attributes);
    *draft = (struct cms_draft){ .cms = NULL };
}

bool cms_digest_info(const struct cms_draft *draft, uint8_t ret_info[static DIGEST_INFO_LEN])
{
    static const uint8_t head[DIGEST_INFO_LEN - HASH_LEN] = {
        0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
    };

    memcpy(ret_info, head, sizeof(head));
    return EVP_Digest(draft->attributes, draft->attributes_len, ret_info + sizeof(head), NULL, EVP_sha256(), NULL) == 1;
}

bool cms_complete(struct cms_draft *draft, X509 *cert, struct slice signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL
        && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, X509_get0_pubkey(cert)) == 1
        && EVP_DigestVerify(context, signature.ptr, signature.len, draft->attributes, draft->attributes_len) == 1
        && ASN1_STRING_set(CMS_SignerInfo_get0_signature(draft->signer), signature.ptr, (int)signature.len) == 1;

    EVP_MD_CTX_free(context);
    return good;
}
