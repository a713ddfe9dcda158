/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "ossl.h"
#include "p384.h"
#include "signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

static const uint8_t message[] = "The quick brown fox jumps over the lazy dog, and signs for it.";

/* What signature_check looks at of a certificate; room holds the numbers. */
static struct cert_facts key_facts(EVP_PKEY *key, uint8_t room[static BOOKS_DER_MAX])
{
    BIGNUM *n = NULL, *e = NULL;
    struct cert_facts facts = { .key = KEY_EC_P384 };
    size_t len = 0;

    if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
        EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1) {
        facts.modulus = slice_of(room, (size_t)BN_bn2bin(n, room));
        facts.exponent =
            slice_of(room + facts.modulus.len, (size_t)BN_bn2bin(e, room + facts.modulus.len));
    } else {
        room[0] = 0x04; /* OCTET STRING */
        ck_assert_int_eq(
            EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, room + 2, 97, &len), 1);
        room[1] = (uint8_t)len;
        facts.ec_point = slice_of(room, len + 2);
    }
    BN_free(n);
    BN_free(e);
    return facts;
}

/* Sign as a card would, by OpenSSL: a message under md and padding, or given bytes if md is
 * NULL. */
static struct slice sign(EVP_PKEY *key, const EVP_MD *md, int padding, int salt, struct slice input,
                         uint8_t out[static 512])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t len = 512;

    ck_assert_int_eq(EVP_PKEY_sign_init(ctx), 1);
    if (padding != 0) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 0);
    }
    if (md != NULL) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_signature_md(ctx, md), 0);
    }
    if (padding == RSA_PKCS1_PSS_PADDING) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 0);
    }
    ck_assert_int_eq(EVP_PKEY_sign(ctx, out, &len, input.ptr, input.len), 1);
    EVP_PKEY_CTX_free(ctx);
    return slice_of(out, len);
}

static bool fits(const struct cert_facts *key, enum sig_form form, struct slice input,
                 struct slice signature)
{
    bool good = false;

    ck_assert_int_eq(signature_check(key, form, input, signature, &good), JPKI_OK);
    return good;
}

/* A signature fits; with one bit changed anywhere, cut, or over another input it does not. */
static void check_one(const struct cert_facts *key, enum sig_form form, struct slice input,
                      struct slice signature)
{
    uint8_t copy[512], other[512];

    ck_assert(fits(key, form, input, signature));
    for (size_t i = 0; i < signature.len; i += 37) {
        memcpy(copy, signature.ptr, signature.len);
        copy[i] ^= 0x10;
        ck_assert_msg(!fits(key, form, input, slice_of(copy, signature.len)), "byte %zu", i);
    }
    ck_assert(!fits(key, form, input, slice_of(signature.ptr, signature.len - 1)));
    ck_assert(!fits(key, form, input, slice_of(NULL, 0)));
    memcpy(other, input.ptr, input.len);
    other[0] ^= 1;
    ck_assert(!fits(key, form, slice_of(other, input.len), signature));
    ck_assert(!fits(key, form, slice_of(input.ptr, input.len - 1), signature));
}

/* OpenSSL makes the DigestInfo itself here, so the prefixes of our table are proved as well. */
START_TEST(pkcs1_signatures)
{
    enum hash kind = (enum hash)_i;
    static const char *const names[HASH_COUNT] = { NULL,     "SHA1",   "SHA224",
                                                   "SHA256", "SHA384", "SHA512" };
    uint8_t room[BOOKS_DER_MAX], digest[HASH_MAX_LEN], info[HASH_MAX_LEN + 19], signature[512];
    const struct cert_facts key = key_facts(world.rsa, room);
    struct buf digest_out = BUF_OVER(digest), info_out = BUF_OVER(info);
    struct slice made;

    ck_assert_int_eq(hash_once(kind, SLICE_OF(message), &digest_out), JPKI_OK);
    ck_assert_int_eq(digest_info_put(kind, buf_slice(&digest_out), &info_out), JPKI_OK);
    made = sign(world.rsa, EVP_get_digestbyname(names[kind]), RSA_PKCS1_PADDING, 0,
                buf_slice(&digest_out), signature);
    check_one(&key, SIG_PKCS1, buf_slice(&info_out), made);
}
END_TEST

START_TEST(pkcs1_signatures_of_plain_bytes)
{
    static const uint8_t longest[245] = { 0x42 };
    uint8_t room[BOOKS_DER_MAX], signature[512];
    const struct cert_facts key = key_facts(world.rsa, room);

    check_one(&key, SIG_PKCS1, SLICE_OF(longest),
              sign(world.rsa, NULL, RSA_PKCS1_PADDING, 0, SLICE_OF(longest), signature));
    check_one(&key, SIG_PKCS1, slice_of("hi", 2),
              sign(world.rsa, NULL, RSA_PKCS1_PADDING, 0, slice_of("hi", 2), signature));
}
END_TEST

START_TEST(pss_signatures)
{
    uint8_t room[BOOKS_DER_MAX], signature[512];
    const struct cert_facts key = key_facts(world.rsa, room);
    struct slice digest = slice_of(message, 32), made;

    check_one(&key, SIG_PSS, digest,
              sign(world.rsa, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32, digest, signature));
    made = sign(world.rsa, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 20, digest, signature);
    ck_assert_msg(!fits(&key, SIG_PSS, digest, made), "a salt of another length passed");
    made = sign(world.rsa, EVP_sha256(), RSA_PKCS1_PADDING, 0, digest, signature);
    ck_assert_msg(!fits(&key, SIG_PSS, digest, made), "PKCS#1 v1.5 passed as PSS");
}
END_TEST

START_TEST(ecdsa_signatures)
{
    static const size_t digest_lens[] = { 20, 32, 48, 64 };
    uint8_t room[BOOKS_DER_MAX], der[512], flat[96];
    const struct cert_facts key = key_facts(world.p384, room);
    struct slice digest = slice_of(message, digest_lens[_i]);
    struct buf out = BUF_OVER(flat);

    ck_assert_int_eq(ecdsa_flatten(sign(world.p384, NULL, 0, 0, digest, der), 48, &out), JPKI_OK);
    ck_assert_uint_eq(out.len, 96);
    ck_assert(fits(&key, SIG_ECDSA, digest, buf_slice(&out)));
    /* of a longer digest only the leftmost 48 bytes count */
    ck_assert(fits(&key, SIG_ECDSA, slice_part(digest, 0, 48), buf_slice(&out)));
    ck_assert(!fits(&key, SIG_ECDSA, slice_of(message + 1, digest.len), buf_slice(&out)));
    ck_assert(!fits(&key, SIG_ECDSA, digest, slice_of(flat, 95)));
    ck_assert(!fits(&key, SIG_ECDSA, digest, slice_of(flat, 94)));
    ck_assert(!fits(&key, SIG_ECDSA, digest, slice_of(NULL, 0)));
    flat[50] ^= 1;
    ck_assert(!fits(&key, SIG_ECDSA, digest, buf_slice(&out)));
}
END_TEST

START_TEST(ecdsa_flatten_is_strict)
{
    static const uint8_t small[] = { 0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07 };
    static const uint8_t trailing[] = { 0x30, 0x06, 0x02, 0x01, 0x05, 0x02, 0x01, 0x07, 0x00 };
    static const uint8_t negative[] = { 0x30, 0x06, 0x02, 0x01, 0x85, 0x02, 0x01, 0x07 };
    static const uint8_t large[] = { 0x30, 0x08, 0x02, 0x03, 0x01, 0x00, 0x00, 0x02, 0x01, 0x07 };
    uint8_t flat[8];
    struct buf out = BUF_OVER(flat);

    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(small), 2, &out), JPKI_OK);
    ck_assert_mem_eq(flat, "\0\5\0\7", 4);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(trailing), 2, &out), JPKI_ERR_PROTOCOL);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(negative), 2, &out), JPKI_ERR_PROTOCOL);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(large), 2, &out), JPKI_ERR_PROTOCOL);
    ck_assert_int_eq(ecdsa_flatten(slice_of(small, 7), 2, &out), JPKI_ERR_PROTOCOL);
    ck_assert_int_eq(ecdsa_flatten(slice_of(NULL, 0), 2, &out), JPKI_ERR_PROTOCOL);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(small), 0, &out), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(small), 67, &out), JPKI_ERR_ARGUMENT);
    ck_assert_uint_eq(out.len, 4);
    ck_assert_int_eq(ecdsa_flatten(SLICE_OF(small), 3, &out), JPKI_ERR_BUFFER);
}
END_TEST

/* Every byte of a padding matters: made by hand, so that a key's owner could have signed it. */
START_TEST(odd_paddings)
{
    static const struct {
        size_t at;
        uint8_t is;
    } odd[] = { { 0, 1 }, { 1, 2 }, { 2, 0xFE }, { 150, 0 }, { 223, 1 } };
    uint8_t room[BOOKS_DER_MAX], signature[512], padded[256];
    const struct cert_facts key = key_facts(world.rsa, room);

    for (size_t i = 0; i <= sizeof(odd) / sizeof(*odd); i++) {
        const bool good = i == sizeof(odd) / sizeof(*odd);
        struct slice made;

        memset(padded, 0xFF, sizeof(padded));
        padded[0] = 0;
        padded[1] = 1;
        padded[223] = 0;
        memcpy(padded + 224, message, 32);
        if (!good)
            padded[odd[i].at] = odd[i].is;
        if (padded[0] == 0) { /* else it may be larger than the modulus */
            made = sign(world.rsa, NULL, RSA_NO_PADDING, 0, SLICE_OF(padded), signature);
            ck_assert(fits(&key, SIG_PKCS1, slice_of(message, 32), made) == good);
        }
    }
    ck_assert_msg(!fits(&key, SIG_PKCS1, slice_of(message, 32), key.modulus), "the modulus itself");
    ck_assert(!fits(&key, SIG_PKCS1, SLICE_OF(padded), slice_of(signature, 256)));
}
END_TEST

START_TEST(keys_that_cannot_be_used)
{
    uint8_t room[BOOKS_DER_MAX], ec_room[BOOKS_DER_MAX];
    struct cert_facts key = key_facts(world.rsa, room), ec = key_facts(world.p384, ec_room);
    struct slice digest = slice_of(message, 32);
    bool good = true;

    ck_assert_int_eq(signature_check(&key, SIG_ECDSA, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(&key, SIG_PKCS1, slice_of(NULL, 0), digest, &good),
                     JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(&ec, SIG_PKCS1, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(&ec, SIG_PSS, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ec_room[10] ^= 1; /* a point that is not on the curve */
    ck_assert_int_ne(signature_check(&ec, SIG_ECDSA, digest, digest, &good), JPKI_OK);
    key = key_facts(world.big_rsa, room);
    ck_assert_int_eq(signature_check(&key, SIG_PKCS1, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_msg(good, "the output was written on failure");
}
END_TEST

/* The error queue belongs to the application: what it holds stays, and nothing is added. */
START_TEST(the_error_queue_stays_as_it_was)
{
    uint8_t numbers[BOOKS_DER_MAX], room[96];
    const struct cert_facts key = key_facts(world.rsa, numbers);
    struct buf out = BUF_OVER(room);
    bool good;

    ERR_clear_error();
    for (int round = 0; round < 2; round++) {
        unsigned long before = ERR_peek_last_error();

        ck_assert(!fits(&key, SIG_PKCS1, slice_of(message, 32), slice_of(message, 32)));
        ck_assert_int_eq(signature_check(&key, SIG_ECDSA, SLICE_OF(message), key.modulus, &good),
                         JPKI_ERR_ARGUMENT);
        ck_assert_int_eq(ecdsa_flatten(SLICE_OF(message), 48, &out), JPKI_ERR_PROTOCOL);
        ck_assert_uint_eq(ERR_peek_last_error(), before);
        ERR_raise(ERR_LIB_USER, 77);
    }
    ERR_clear_error();
}
END_TEST

/* Applications call modules when OpenSSL is already shut down.  Without ossl_alive this one
 * crashes inside OpenSSL. */
START_TEST(after_openssl_is_shut_down)
{
    static uint8_t room[BOOKS_DER_MAX];
    struct cert_facts key = key_facts(world.rsa, room);
    uint8_t flat[96];
    struct buf out = BUF_OVER(flat);
    bool good = false;

    if (test_is_child()) {
        OPENSSL_cleanup();
        test_child_end(signature_check(&key, SIG_PKCS1, slice_of(message, 32),
                                       slice_of(message, 32), &good) == JPKI_ERR_UNSUPPORTED &&
                       ecdsa_flatten(slice_of(message, 32), 48, &out) == JPKI_ERR_UNSUPPORTED);
    }
}
END_TEST

Suite *signature_suite(void)
{
    Suite *suite = suite_create("signature");
    TCase *tcase = tcase_create("signature");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, pkcs1_signatures, HASH_SHA1, HASH_COUNT);
    tcase_add_test(tcase, pkcs1_signatures_of_plain_bytes);
    tcase_add_test(tcase, odd_paddings);
    tcase_add_test(tcase, pss_signatures);
    tcase_add_loop_test(tcase, ecdsa_signatures, 0, 4);
    tcase_add_test(tcase, ecdsa_flatten_is_strict);
    tcase_add_test(tcase, keys_that_cannot_be_used);
    tcase_add_test(tcase, the_error_queue_stays_as_it_was);
    tcase_add_test(tcase, after_openssl_is_shut_down);
    suite_add_tcase(suite, tcase);
    return suite;
}
