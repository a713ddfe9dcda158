/* SPDX-License-Identifier: BSD-3-Clause */
/* The judge of signatures: OpenSSL, which shares nothing with the module. */
#include "program.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#define SIGNATURE_MAX 512

EVP_PKEY *certificate_key(const CK_BYTE *der, size_t len)
{
    X509 *cert = d2i_X509(NULL, &der, (long)len);
    EVP_PKEY *key = cert == NULL ? NULL : X509_get_pubkey(cert);

    X509_free(cert);
    return key;
}

/* The bytes that a signature without digest carries between its padding. */
static bool recovered_is(EVP_PKEY *key, const void *data, size_t data_len, const CK_BYTE *signature,
                         size_t len)
{
    unsigned char plain[SIGNATURE_MAX];
    size_t plain_len = sizeof(plain);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool same = EVP_PKEY_verify_recover_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_verify_recover(ctx, plain, &plain_len, signature, len) == 1 &&
                plain_len == data_len && memcmp(plain, data, data_len) == 0;

    EVP_PKEY_CTX_free(ctx);
    return same;
}

static bool digest_verifies(EVP_PKEY *key, const char *digest, bool pss, const void *data,
                            size_t data_len, const CK_BYTE *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = EVP_DigestVerifyInit(ctx, &key_ctx, EVP_get_digestbyname(digest), NULL, key) == 1;

    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, 32) == 1;
    good = good && EVP_DigestVerify(ctx, signature, len, data, data_len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool signature_fits(EVP_PKEY *key, const char *digest, bool pss, const void *data, size_t data_len,
                    const CK_BYTE *signature, size_t len)
{
    return digest == NULL ? recovered_is(key, data, data_len, signature, len)
                          : digest_verifies(key, digest, pss, data, data_len, signature, len);
}
