/* SPDX-License-Identifier: BSD-3-Clause */
#include "signature.h"

#include "ossl.h"
#include "p384.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <string.h>

#define PSS_DIGEST_LEN 32
#define PSS_SALT_LEN 32
#define RSA_LEN 256
#define PKCS1_PADDING_MIN 11 /* 00 01, eight or more FF, 00 */
#define PSS_MASKED_LEN (RSA_LEN - PSS_DIGEST_LEN - 1)

/* What the owner of the key had padded: signature ^ exponent mod modulus, as long as the
 * modulus. */
static enum jpki_err rsa_open(const struct cert_facts *cert, struct slice signature,
                              uint8_t ret_padded[static RSA_LEN])
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

/* EMSA-PKCS1-v1_5 (RFC 8017, section 9.2): there is one right form, and it is compared as a
 * whole. */
static bool pkcs1_fits(const uint8_t padded[static RSA_LEN], struct slice input)
{
    uint8_t right[RSA_LEN];

    if (input.len > RSA_LEN - PKCS1_PADDING_MIN)
        return false;
    memset(right, 0xFF, sizeof(right));
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
            block[sizeof(block) - 1] = (uint8_t)(i / PSS_DIGEST_LEN);
            if (hash_once(HASH_SHA256, SLICE_OF(block), &out) != JPKI_OK)
                return JPKI_ERR_MEMORY;
        }
        data->ptr[i] ^= mask[i % PSS_DIGEST_LEN];
    }
    return JPKI_OK;
}

/*
 * EMSA-PSS (RFC 8017, section 9.1.2).  Padded is: zeros, 1 and the salt, all masked; a hash over
 * digest and salt, which is the mask's seed; BC.
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
    zeros_and_1[sizeof(zeros_and_1) - 1] = 1;
    memcpy(text + 8, digest.ptr, PSS_DIGEST_LEN);
    memcpy(text + 8 + PSS_DIGEST_LEN, salt, PSS_SALT_LEN);
    err = hash_once(HASH_SHA256, SLICE_OF(text), &out);
    if (err == JPKI_OK)
        *ret_good = memcmp(padded, zeros_and_1, sizeof(zeros_and_1)) == 0 &&
                    memcmp(seed, hash, PSS_DIGEST_LEN) == 0;
    return err;
}

static enum jpki_err rsa_check(const struct cert_facts *cert, enum sig_form form,
                               struct slice input, struct slice signature, bool *ret_good)
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

enum jpki_err signature_check(const struct cert_facts *cert, enum sig_form form, struct slice input,
                              struct slice signature, bool *ret_good)
{
    enum jpki_err err;

    if (input.len == 0)
        return JPKI_ERR_ARGUMENT;
    if (!ossl_alive())
        return JPKI_ERR_UNSUPPORTED;
    ERR_set_mark(); /* the error queue is the application's: leave it as it was */
    err = form == SIG_ECDSA ? ecdsa_check(cert->ec_point, input, signature, ret_good)
                            : rsa_check(cert, form, input, signature, ret_good);
    ERR_pop_to_mark();
    return err;
}
