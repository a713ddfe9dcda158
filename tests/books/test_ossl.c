/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "ossl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

static const uint8_t message[] = "The quick brown fox jumps over the lazy dog, and signs for it.";

static const EVP_MD *md_of(enum hash kind)
{
    switch (kind) {
    case HASH_SHA1: return EVP_sha1();
    case HASH_SHA224: return EVP_sha224();
    case HASH_SHA256: return EVP_sha256();
    case HASH_SHA384: return EVP_sha384();
    case HASH_SHA512: return EVP_sha512();
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    return NULL;
}

START_TEST(hashes_agree_with_evp)
{
    enum hash kind = (enum hash)_i;
    uint8_t expected[EVP_MAX_MD_SIZE], got[HASH_MAX_LEN + 1];
    unsigned expected_len = 0;
    struct hash_state state;
    struct buf out = BUF_OVER(got);

    ck_assert_int_eq(EVP_Digest(message, sizeof(message), expected, &expected_len, md_of(kind), NULL), 1);
    ck_assert_uint_eq(hash_len(kind), expected_len);
    ck_assert_int_eq(hash_once(kind, SLICE_OF(message), &out), JPKI_OK);
    ck_slice_eq(buf_slice(&out), slice_of(expected, expected_len));

    out.len = 0; /* the same in pieces, with an empty one among them */
    ck_assert_int_eq(hash_begin(&state, kind), JPKI_OK);
    for (size_t i = 0; i < sizeof(message); i++) {
        ck_assert_int_eq(hash_update(&state, slice_of(message + i, 1)), JPKI_OK);
        ck_assert_int_eq(hash_update(&state, slice_of(NULL, 0)), JPKI_OK);
    }
    ck_assert_int_eq(hash_end(&state, &out), JPKI_OK);
    ck_slice_eq(buf_slice(&out), slice_of(expected, expected_len));
    for (size_t i = 0; i < sizeof(state); i++) {
        ck_assert_uint_eq(((const uint8_t *)&state)[i], 0);
    }
    out = (struct buf){ got, 0, hash_len(kind) - 1 };
    ck_assert_int_eq(hash_once(kind, SLICE_OF(message), &out), JPKI_ERR_BUFFER);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(no_hash_is_an_error)
{
    uint8_t room[HASH_MAX_LEN];
    struct buf out = BUF_OVER(room);
    struct hash_state state;

    ck_assert_int_eq(hash_begin(&state, HASH_NONE), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(hash_begin(&state, HASH_COUNT), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(hash_update(&state, SLICE_OF(message)), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(hash_end(&state, &out), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(hash_once(HASH_NONE, SLICE_OF(message), &out), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(digest_info_put(HASH_NONE, slice_of(NULL, 0), &out), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(digest_info_put(HASH_SHA256, slice_of(message, 31), &out), JPKI_ERR_ARGUMENT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_uint_eq(hash_len(HASH_NONE), 0);
    ck_assert_uint_eq(hash_len(HASH_COUNT), 0);
    out.cap = 19 + 31; /* prefix fits, digest does not: nothing is left behind */
    ck_assert_int_eq(digest_info_put(HASH_SHA256, slice_of(message, 32), &out), JPKI_ERR_BUFFER);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

/* RFC 4231, cases 1, 2 and 6: the first 16 bytes. */
START_TEST(keyed_hash_of_the_rfc)
{
    static const uint8_t want1[] = { 0xB0, 0x34, 0x4C, 0x61, 0xD8, 0xDB, 0x38, 0x53, 0x5C, 0xA8, 0xAF, 0xCE, 0xAF, 0x0B,
                                     0xF1, 0x2B };
    static const uint8_t want2[] = { 0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60, 0x75, 0x4E, 0x6A, 0x04, 0x24, 0x26, 0x08, 0x95,
                                     0x75, 0xC7 };
    static const uint8_t want6[] = { 0x60, 0xE4, 0x31, 0x59, 0x1E, 0xE0, 0xB6, 0x7F, 0x0D, 0x8A, 0x26, 0xAA, 0xCB, 0xF5,
                                     0xB7, 0x7F };
    uint8_t key[131], got[KEYED_HASH_LEN];

    memset(key, 0x0B, sizeof(key));
    ck_assert_int_eq(keyed_hash(slice_of(key, 20), slice_of("Hi There", 8), got), JPKI_OK);
    ck_assert_mem_eq(got, want1, sizeof(got));
    ck_assert_int_eq(keyed_hash(slice_of("Jefe", 4), slice_of("what do ya want for nothing?", 28), got), JPKI_OK);
    ck_assert_mem_eq(got, want2, sizeof(got));
    memset(key, 0xAA, sizeof(key));
    ck_assert_int_eq(keyed_hash(SLICE_OF(key), slice_of("Test Using Larger Than Block-Size Key - Hash Key First", 54), got),
                     JPKI_OK);
    ck_assert_mem_eq(got, want6, sizeof(got));
}
END_TEST

/* Sign as a card would, by OpenSSL: a message under md and padding, or given bytes if md is NULL. */
static struct slice sign(EVP_PKEY *key, const EVP_MD *md, int padding, int salt, struct slice input, uint8_t out[static 512])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t len = 512;

    ck_assert_int_eq(EVP_PKEY_sign_init(ctx), 1);
    if (padding != 0) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 0);
    }
    if (md) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_signature_md(ctx, md), 0);
    }
    if (padding == RSA_PKCS1_PSS_PADDING) {
        ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, salt), 0);
    }
    ck_assert_int_eq(EVP_PKEY_sign(ctx, out, &len, input.ptr, input.len), 1);
    EVP_PKEY_CTX_free(ctx);
    return slice_of(out, len);
}

static bool fits(struct slice spki, enum sig_form form, struct slice input, struct slice signature)
{
    bool good = false;

    ck_assert_int_eq(signature_check(spki, form, input, signature, &good), JPKI_OK);
    return good;
}

/* A signature fits; with one bit changed anywhere, cut, or over another input it does not. */
static void check_one(struct slice spki, enum sig_form form, struct slice input, struct slice signature)
{
    uint8_t copy[512], other[512];

    ck_assert(fits(spki, form, input, signature));
    for (size_t i = 0; i < signature.len; i += 37) {
        memcpy(copy, signature.ptr, signature.len);
        copy[i] ^= 0x10;
        ck_assert_msg(!fits(spki, form, input, slice_of(copy, signature.len)), "byte %zu", i);
    }
    ck_assert(!fits(spki, form, input, slice_of(signature.ptr, signature.len - 1)));
    ck_assert(!fits(spki, form, input, slice_of(NULL, 0)));
    memcpy(other, input.ptr, input.len);
    other[0] ^= 1;
    ck_assert(!fits(spki, form, slice_of(other, input.len), signature));
    ck_assert(!fits(spki, form, slice_of(input.ptr, input.len - 1), signature));
}

/* OpenSSL makes the DigestInfo itself here, so the prefixes of our table are proved as well. */
START_TEST(pkcs1_signatures)
{
    enum hash kind = (enum hash)_i;
    uint8_t key[BOOKS_DER_MAX], digest[HASH_MAX_LEN], info[HASH_MAX_LEN + 19], signature[512];
    struct buf digest_out = BUF_OVER(digest), info_out = BUF_OVER(info);
    struct slice made;

    ck_assert_int_eq(hash_once(kind, SLICE_OF(message), &digest_out), JPKI_OK);
    ck_assert_int_eq(digest_info_put(kind, buf_slice(&digest_out), &info_out), JPKI_OK);
    made = sign(world.rsa, md_of(kind), RSA_PKCS1_PADDING, 0, buf_slice(&digest_out), signature);
    check_one(test_spki(world.rsa, key), SIG_PKCS1, buf_slice(&info_out), made);
}
END_TEST

START_TEST(pkcs1_signatures_of_plain_bytes)
{
    static const uint8_t longest[245] = { 0x42 };
    uint8_t key[BOOKS_DER_MAX], signature[512];
    struct slice spki = test_spki(world.rsa, key);

    check_one(spki, SIG_PKCS1, SLICE_OF(longest), sign(world.rsa, NULL, RSA_PKCS1_PADDING, 0, SLICE_OF(longest), signature));
    check_one(spki, SIG_PKCS1, slice_of("hi", 2), sign(world.rsa, NULL, RSA_PKCS1_PADDING, 0, slice_of("hi", 2), signature));
}
END_TEST

START_TEST(pss_signatures)
{
    uint8_t key[BOOKS_DER_MAX], signature[512];
    struct slice spki = test_spki(world.rsa, key), digest = slice_of(message, 32), made;

    check_one(spki, SIG_PSS, digest, sign(world.rsa, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 32, digest, signature));
    made = sign(world.rsa, EVP_sha256(), RSA_PKCS1_PSS_PADDING, 20, digest, signature);
    ck_assert_msg(!fits(spki, SIG_PSS, digest, made), "a salt of another length passed");
    made = sign(world.rsa, EVP_sha256(), RSA_PKCS1_PADDING, 0, digest, signature);
    ck_assert_msg(!fits(spki, SIG_PSS, digest, made), "PKCS#1 v1.5 passed as PSS");
}
END_TEST

START_TEST(ecdsa_signatures)
{
    static const size_t digest_lens[] = { 20, 32, 48, 64 };
    uint8_t key[BOOKS_DER_MAX], der[512], flat[96];
    struct slice spki = test_spki(world.p384, key), digest = slice_of(message, digest_lens[_i]);
    struct buf out = BUF_OVER(flat);

    ck_assert_int_eq(ecdsa_flatten(sign(world.p384, NULL, 0, 0, digest, der), 48, &out), JPKI_OK);
    ck_assert_uint_eq(out.len, 96);
    ck_assert(fits(spki, SIG_ECDSA, digest, buf_slice(&out)));
    /* of a longer digest only the leftmost 48 bytes count */
    ck_assert(fits(spki, SIG_ECDSA, slice_part(digest, 0, 48), buf_slice(&out)));
    ck_assert(!fits(spki, SIG_ECDSA, slice_of(message + 1, digest.len), buf_slice(&out)));
    ck_assert(!fits(spki, SIG_ECDSA, digest, slice_of(flat, 95)));
    ck_assert(!fits(spki, SIG_ECDSA, digest, slice_of(flat, 94)));
    ck_assert(!fits(spki, SIG_ECDSA, digest, slice_of(NULL, 0)));
    flat[50] ^= 1;
    ck_assert(!fits(spki, SIG_ECDSA, digest, buf_slice(&out)));
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

START_TEST(keys_that_cannot_be_used)
{
    uint8_t key[BOOKS_DER_MAX];
    struct slice spki = test_spki(world.rsa, key), digest = slice_of(message, 32);
    bool good = true;

    ck_assert_int_eq(signature_check(spki, SIG_ECDSA, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(slice_of(key, spki.len - 1), SIG_PSS, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(slice_of(key, spki.len + 1), SIG_PSS, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(slice_of(NULL, 0), SIG_PSS, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_int_eq(signature_check(spki, SIG_PKCS1, slice_of(NULL, 0), digest, &good), JPKI_ERR_ARGUMENT);
    spki = test_spki(world.p384, key);
    ck_assert_int_eq(signature_check(spki, SIG_PKCS1, digest, digest, &good), JPKI_ERR_ARGUMENT);
    ck_assert_msg(good, "the output was written on failure");
}
END_TEST

/* The error queue belongs to the application: what it holds stays, and nothing is added. */
START_TEST(the_error_queue_stays_as_it_was)
{
    uint8_t key[BOOKS_DER_MAX], room[96];
    struct slice spki = test_spki(world.rsa, key);
    struct buf out = BUF_OVER(room);
    bool good;

    ERR_clear_error();
    for (int round = 0; round < 2; round++) {
        unsigned long before = ERR_peek_last_error();

        ck_assert(!fits(spki, SIG_PKCS1, slice_of(message, 32), slice_of(message, 32)));
        ck_assert_int_eq(signature_check(slice_of(key, 9), SIG_PSS, SLICE_OF(message), spki, &good), JPKI_ERR_ARGUMENT);
        ck_assert_int_eq(ecdsa_flatten(SLICE_OF(message), 48, &out), JPKI_ERR_PROTOCOL);
        ck_assert_uint_eq(ERR_peek_last_error(), before);
        ERR_raise(ERR_LIB_USER, 77);
    }
    ERR_clear_error();
}
END_TEST

/* Applications call modules when OpenSSL is already shut down.  Without ossl_alive this one crashes inside OpenSSL. */
START_TEST(after_openssl_is_shut_down)
{
    static uint8_t key[BOOKS_DER_MAX];
    struct slice spki = test_spki(world.rsa, key);
    uint8_t digest[HASH_MAX_LEN];
    struct buf out = BUF_OVER(digest);
    bool good = false;

    if (test_is_child()) {
        OPENSSL_cleanup();
        test_child_end(hash_once(HASH_SHA256, SLICE_OF(message), &out) == JPKI_OK &&
                       signature_check(spki, SIG_PKCS1, slice_of(message, 32), slice_of(message, 32), &good) ==
                           JPKI_ERR_UNSUPPORTED &&
                       ecdsa_flatten(slice_of(message, 32), 48, &out) == JPKI_ERR_UNSUPPORTED);
    }
}
END_TEST

Suite *ossl_suite(void)
{
    Suite *suite = suite_create("ossl");
    TCase *tcase = tcase_create("ossl");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, hashes_agree_with_evp, HASH_SHA1, HASH_COUNT);
    tcase_add_test(tcase, no_hash_is_an_error);
    tcase_add_test(tcase, keyed_hash_of_the_rfc);
    tcase_add_loop_test(tcase, pkcs1_signatures, HASH_SHA1, HASH_COUNT);
    tcase_add_test(tcase, pkcs1_signatures_of_plain_bytes);
    tcase_add_test(tcase, pss_signatures);
    tcase_add_loop_test(tcase, ecdsa_signatures, 0, 4);
    tcase_add_test(tcase, ecdsa_flatten_is_strict);
    tcase_add_test(tcase, keys_that_cannot_be_used);
    tcase_add_test(tcase, the_error_queue_stays_as_it_was);
    tcase_add_test(tcase, after_openssl_is_shut_down);
    suite_add_tcase(suite, tcase);
    return suite;
}
