/* SPDX-License-Identifier: BSD-3-Clause */
#include "p384.h"

#include "ossl.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define POINT_HEAD_LEN 2   /* of an OCTET STRING */
#define ECDSA_FIELD_MAX 66 /* bytes of r or s on the largest curve in use, P-521 */
#define ECDSA_DER_MAX 160  /* of a signature on it, DER */

bool p384_point(struct slice bits, uint8_t room[static P384_POINT_DER_LEN], struct slice *ret_der)
{
    if (bits.len != P384_POINT_DER_LEN - POINT_HEAD_LEN || bits.ptr[0] != 0x04)
        return false;
    room[0] = 0x04; /* OCTET STRING */
    room[1] = (uint8_t)bits.len;
    memcpy(room + POINT_HEAD_LEN, bits.ptr, bits.len);
    *ret_der = slice_of(room, P384_POINT_DER_LEN);
    return true;
}

enum jpki_err ecdsa_input_put(struct slice digest, struct buf *out)
{
    enum jpki_err err = JPKI_OK;

    for (size_t len = digest.len; err == JPKI_OK && len < P384_FIELD_LEN; len++)
        err = buf_put_byte(out, 0);
    return err == JPKI_OK ? buf_put(out, slice_part(digest, 0, P384_FIELD_LEN)) : err;
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
    if (sig == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(sig, r, s) != 1)
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
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.ptr,
                                          point.len),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

enum jpki_err ecdsa_check(struct slice point, struct slice input, struct slice signature,
                          bool *ret_good)
{
    enum jpki_err err = JPKI_ERR_MEMORY;
    uint8_t der[ECDSA_DER_MAX];
    size_t der_len = 0;
    OSSL_LIB_CTX *libctx = NULL;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *ctx = NULL;

    if (point.len != P384_POINT_DER_LEN)
        return JPKI_ERR_ARGUMENT;
    libctx = OSSL_LIB_CTX_new();
    if (libctx == NULL)
        goto out;
    key = ec_key(libctx, slice_part(point, POINT_HEAD_LEN, point.len));
    ctx = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(libctx, key, NULL);
    if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
        goto out;
    *ret_good = ecdsa_der(signature, der, &der_len) &&
                EVP_PKEY_verify(ctx, der, der_len, input.ptr, input.len) == 1;
    err = JPKI_OK;

out:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    OSSL_LIB_CTX_free(libctx);
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
    if (sig == NULL || next != der.ptr + der.len)
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
