/* SPDX-License-Identifier: BSD-3-Clause */
#include "signature.h"

#include "ossl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define PSS_DIGEST_LEN 32
#define PSS_SALT_LEN 32
#define RSA_LEN 256
#define PKCS1_PADDING_MIN 11 /* 00 01, eight or more FF, 00 */
#define PSS_MASKED_LEN (RSA_LEN - PSS_DIGEST_LEN - 1)
#define EC_POINT_HEAD_LEN 2  /* of an OCTET STRING */
#define ECDSA_FIELD_MAX 66   /* bytes of r or s on the largest curve in use, P-521 */
#define ECDSA_DER_MAX 160    /* of a signature on it, DER */

/* What the owner of the key had padded: signature ^ exponent mod modulus, as long as the modulus. */
static enum jpki_err rsa_open(const struct cert_facts *cert, struct slice signature, uint8_t ret_padded[static RSA_LEN])
{
    enum jpki_err err = JPKI_ERR_MEMORY;
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *modulus = BN_bin2bn(cert->modulus.ptr, (int)cert->modulus.len, NULL);
    BIGNUM *exponent = BN_bin2bn(cert->exponent.ptr, (int)cert->exponent.len, NULL);
    BIGNUM *number = BN_bin2bn(signature.ptr, (int)signature.len, NULL);

    if (ctx == NULL || modulus == NULL || exponent == NULL || number == NULL)
        goto out;
    if (BN_ucmp(number, modulus) >= 0)
        memset(ret_padded, 0, RSA_LEN); /* fits nothing */
    else if (BN_mod_exp(number, number, exponent, modulus, ctx) != 1 ||
             BN_bn2binpad(number, ret_padded, RSA_LEN) != RSA_LEN)
        goto out;
    err = JPKI_OK;

out:
    BN_free(number);
    BN_free(exponent);
    BN_free(modulus);
    BN_CTX_free(ctx);
    return err;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, section 9.2): there is one right form, and it is compared as a whole. */
static bool pkcs1_fits(const uint8_t padded[static RSA_LEN], struct slice input)
{
    uint8_t right[RSA_LEN];

    if (input.len > RSA_LEN - PKCS1_PADDING_MIN)
        return false;
    memset(right, 0xFF, sizeof right);
    right[0] = 0;
    right[1] = 1;
    right[RSA_LEN - input.len - 1] = 0;
    memcpy(right + RSA_LEN - input.len, input.ptr, input.len);
    return memcmp(padded, right, RSA_LEN) == 0;
}

/* MGF1 with SHA-256 (RFC 8017, appendix B.2.1), xored over data. */
static enum jpki_err mgf1_xor(const uint8_t seed[static PSS_DIGEST_LEN], struct buf *data)
{
    uint8_t block[PSS_DIGEST_LEN + 4] = { 0 }, mask[PSS_DIGEST_LEN];

    memcpy(block, seed, PSS_DIGEST_LEN);
    for (size_t i = 0; i < data->len; i++) {
        struct buf out = BUF_OVER(mask);

        if (i % PSS_DIGEST_LEN == 0) { /* fewer than 256 blocks */
            block[sizeof block - 1] = (uint8_t)(i / PSS_DIGEST_LEN);
            if (hash_once(HASH_SHA256, SLICE_OF(block), &out) != JPKI_OK)
                return JPKI_ERR_MEMORY;
        }
        data->ptr[i] ^= mask[i % PSS_DIGEST_LEN];
    }
    return JPKI_OK;
}

/*
 * EMSA-PSS (RFC 8017, section 9.1.2).  Padded is: zeros, 1 and the salt, all masked; a hash over digest and salt, which is
 * the mask's seed; BC.
 */
static enum jpki_err pss_fits(uint8_t padded[static RSA_LEN], struct slice digest, bool *ret_good)
{
    struct buf masked = { padded, PSS_MASKED_LEN, PSS_MASKED_LEN };
    const uint8_t *seed = padded + PSS_MASKED_LEN, *salt = seed - PSS_SALT_LEN;
    uint8_t zeros_and_1[PSS_MASKED_LEN - PSS_SALT_LEN] = { 0 };
    uint8_t text[8 + PSS_DIGEST_LEN + PSS_SALT_LEN] = { 0 }, hash[PSS_DIGEST_LEN];
    struct buf out = BUF_OVER(hash);
    enum jpki_err err;

    if (digest.len != PSS_DIGEST_LEN || padded[RSA_LEN - 1] != 0xBC || (padded[0] & 0x80) != 0) {
        *ret_good = false;
        return JPKI_OK;
    }
    err = mgf1_xor(seed, &masked);
    if (err != JPKI_OK)
        return err;
    padded[0] &= 0x7F;
    zeros_and_1[sizeof zeros_and_1 - 1] = 1;
    memcpy(text + 8, digest.ptr, PSS_DIGEST_LEN);
    memcpy(text + 8 + PSS_DIGEST_LEN, salt, PSS_SALT_LEN);
    err = hash_once(HASH_SHA256, SLICE_OF(text), &out);
    if (err == JPKI_OK)
        *ret_good = memcmp(padded, zeros_and_1, sizeof zeros_and_1) == 0 && memcmp(seed, hash, PSS_DIGEST_LEN) == 0;
    return err;
}

static enum jpki_err rsa_check(const struct cert_facts *cert, enum sig_form form, struct slice input, struct slice signature,
                               bool *ret_good)
{
    uint8_t padded[RSA_LEN];
    enum jpki_err err = JPKI_OK;

    if (cert->modulus.len != RSA_LEN)
        return JPKI_ERR_ARGUMENT;
    if (signature.len != RSA_LEN) {
        *ret_good = false;
        return JPKI_OK;
    }
    err = rsa_open(cert, signature, padded);
    if (err == JPKI_OK && form == SIG_PSS)
        return pss_fits(padded, input, ret_good);
    if (err == JPKI_OK)
        *ret_good = pkcs1_fits(padded, input);
    return err;
}

/* r || s to the DER that OpenSSL checks; false if it has no such form. */
static bool ecdsa_der(struct slice flat, uint8_t ret_der[static ECDSA_DER_MAX], size_t *ret_len)
{
    ECDSA_SIG *sig = NULL;
    BIGNUM *r = NULL, *s = NULL;
    size_t half = flat.len / 2;
    int len = 0;
    bool good = false;

    if (half == 0 || half > ECDSA_FIELD_MAX || flat.len % 2 != 0)
        return false;
    sig = ECDSA_SIG_new();
    r = BN_bin2bn(flat.ptr, (int)half, NULL);
    s = BN_bin2bn(flat.ptr + half, (int)half, NULL);
    if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
        goto out;
    r = NULL; /* sig owns them now */
    s = NULL;
    len = i2d_ECDSA_SIG(sig, NULL);
    if (len <= 0 || len > ECDSA_DER_MAX)
        goto out;
    *ret_len = (size_t)i2d_ECDSA_SIG(sig, &ret_der);
    good = true;
out:
    BN_free(s);
    BN_free(r);
    ECDSA_SIG_free(sig);
    return good;
}

/* The key of a certificate on P-384; NULL if it cannot be made.  The caller frees it. */
static EVP_PKEY *ec_key(OSSL_LIB_CTX *libctx, struct slice point)
{
    char curve[] = "P-384";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.ptr, point.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static enum jpki_err ecdsa_check(const struct cert_facts *cert, struct slice input, struct slice signature, bool *ret_good)
{
    enum jpki_err err = JPKI_ERR_MEMORY;
    uint8_t der[ECDSA_DER_MAX];
    size_t der_len = 0;
    OSSL_LIB_CTX *libctx = NULL;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = NULL;

    if (cert->ec_point.len <= EC_POINT_HEAD_LEN)
        return JPKI_ERR_ARGUMENT;
    libctx = OSSL_LIB_CTX_new();
    if (libctx == NULL)
        goto out;
    key = ec_key(libctx, slice_part(cert->ec_point, EC_POINT_HEAD_LEN, cert->ec_point.len));
    ctx = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
    if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
        goto out;
    *ret_good = ecdsa_der(signature, der, &der_len) && EVP_PKEY_verify(ctx, der, der_len, input.ptr, input.len) == 1;
    err = JPKI_OK;

out:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    OSSL_LIB_CTX_free(libctx);
    return err;
}

enum jpki_err signature_check(const struct cert_facts *cert, enum sig_form form, struct slice input, struct slice signature,
                              bool *ret_good)
{
    enum jpki_err err;

    if (input.len == 0)
        return JPKI_ERR_ARGUMENT;
    if (!ossl_alive())
        return JPKI_ERR_UNSUPPORTED;
    ERR_set_mark(); /* the error queue is the application's: leave it as it was */
    err = form == SIG_ECDSA ? ecdsa_check(cert, input, signature, ret_good)
                            : rsa_check(cert, form, input, signature, ret_good);
    ERR_pop_to_mark();
    return err;
}

enum jpki_err ecdsa_flatten(struct slice der, size_t field_len, struct buf *out)
{
    enum jpki_err err = JPKI_ERR_PROTOCOL;
    uint8_t flat[2 * ECDSA_FIELD_MAX];
    const uint8_t *next = der.ptr;
    ECDSA_SIG *sig = NULL;

    if (field_len == 0 || field_len > ECDSA_FIELD_MAX)
        return JPKI_ERR_ARGUMENT;
    if (der.len == 0 || der.len > ECDSA_DER_MAX)
        return JPKI_ERR_PROTOCOL;
    if (!ossl_alive())
        return JPKI_ERR_UNSUPPORTED;
    ERR_set_mark();
    sig = d2i_ECDSA_SIG(NULL, &next, (long)der.len);
    if (!sig || next != der.ptr + der.len)
        goto out;
    if (BN_is_negative(ECDSA_SIG_get0_r(sig)) || BN_is_negative(ECDSA_SIG_get0_s(sig)) ||
        BN_bn2binpad(ECDSA_SIG_get0_r(sig), flat, (int)field_len) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(sig), flat + field_len, (int)field_len) < 0)
        goto out;
    err = buf_put(out, slice_of(flat, 2 * field_len));
out:
    ECDSA_SIG_free(sig);
    ERR_pop_to_mark();
    return err;
}
