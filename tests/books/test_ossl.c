/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "ossl.h"

#include <openssl/crypto.h>
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

    ck_assert_int_eq(
        EVP_Digest(message, sizeof(message), expected, &expected_len, md_of(kind), NULL), 1);
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
    static const uint8_t want1[] = { 0xB0, 0x34, 0x4C, 0x61, 0xD8, 0xDB, 0x38, 0x53,
                                     0x5C, 0xA8, 0xAF, 0xCE, 0xAF, 0x0B, 0xF1, 0x2B };
    static const uint8_t want2[] = { 0x5B, 0xDC, 0xC1, 0x46, 0xBF, 0x60, 0x75, 0x4E,
                                     0x6A, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xC7 };
    static const uint8_t want6[] = { 0x60, 0xE4, 0x31, 0x59, 0x1E, 0xE0, 0xB6, 0x7F,
                                     0x0D, 0x8A, 0x26, 0xAA, 0xCB, 0xF5, 0xB7, 0x7F };
    uint8_t key[131], got[KEYED_HASH_LEN];

    memset(key, 0x0B, sizeof(key));
    ck_assert_int_eq(keyed_hash(slice_of(key, 20), slice_of("Hi There", 8), got), JPKI_OK);
    ck_assert_mem_eq(got, want1, sizeof(got));
    ck_assert_int_eq(
        keyed_hash(slice_of("Jefe", 4), slice_of("what do ya want for nothing?", 28), got),
        JPKI_OK);
    ck_assert_mem_eq(got, want2, sizeof(got));
    memset(key, 0xAA, sizeof(key));
    ck_assert_int_eq(
        keyed_hash(SLICE_OF(key),
                   slice_of("Test Using Larger Than Block-Size Key - Hash Key First", 54), got),
        JPKI_OK);
    ck_assert_mem_eq(got, want6, sizeof(got));
}
END_TEST

/* Applications call modules when OpenSSL is already shut down. */
START_TEST(after_openssl_is_shut_down)
{
    uint8_t digest[HASH_MAX_LEN];
    struct buf out = BUF_OVER(digest);

    if (test_is_child()) {
        OPENSSL_cleanup();
        test_child_end(!ossl_alive() && hash_once(HASH_SHA256, SLICE_OF(message), &out) == JPKI_OK);
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
    tcase_add_test(tcase, after_openssl_is_shut_down);
    suite_add_tcase(suite, tcase);
    return suite;
}
