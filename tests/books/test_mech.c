/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "mech.h"

#include <string.h>

static const uint8_t bytes[300] = { 1, 2, 3, 4, 5 };

START_TEST(rows_hold_together)
{
    size_t count = 0;
    const struct mech_row *rows = mech_rows(&count);

    ck_assert_uint_eq(rows[0].type, CKM_RSA_PKCS);
    ck_assert_uint_eq(count, 14);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            ck_assert_uint_ne(rows[i].type, rows[j].type);
        }
        ck_assert_msg(strncmp(rows[i].name, "CKM_", 4) == 0, "%s", rows[i].name);
        if (rows[i].flags & CKF_DIGEST) {
            ck_assert_uint_eq(rows[i].flags, CKF_DIGEST);
            ck_assert(rows[i].hash == HASH_SHA256 || rows[i].hash == HASH_SHA1);
        } else {
            ck_assert_uint_eq(rows[i].flags & (CKF_HW | CKF_SIGN | CKF_VERIFY),
                              CKF_HW | CKF_SIGN | CKF_VERIFY);
            ck_assert_uint_eq(rows[i].min_bits, rows[i].max_bits);
            ck_assert_uint_eq(rows[i].min_bits, rows[i].key == KEY_RSA_2048 ? 2048 : 384);
        }
        ck_assert(rows[i].pss_params == (rows[i].scheme == SCHEME_PSS));
        ck_assert((rows[i].form == SIG_PSS) == (rows[i].scheme == SCHEME_PSS));
        ck_assert(rows[i].input != INPUT_MESSAGE || rows[i].hash != HASH_NONE);
    }
}
END_TEST

START_TEST(what_a_token_lists)
{
    ck_assert_ptr_nonnull(mech_find(CKM_RSA_PKCS, KEY_RSA_2048, false));
    ck_assert_ptr_null(mech_find(CKM_RSA_PKCS, KEY_EC_P384, true));
    ck_assert_ptr_null(mech_find(CKM_RSA_PKCS_PSS, KEY_RSA_2048, false));
    ck_assert_ptr_nonnull(mech_find(CKM_RSA_PKCS_PSS, KEY_RSA_2048, true));
    ck_assert_ptr_nonnull(mech_find(CKM_ECDSA, KEY_EC_P384, false));
    ck_assert_ptr_null(mech_find(CKM_ECDSA, KEY_RSA_2048, true));
    ck_assert_ptr_nonnull(mech_find(CKM_SHA256, KEY_RSA_2048, false));
    ck_assert_ptr_nonnull(mech_find(CKM_SHA256, KEY_EC_P384, false));
    ck_assert_msg(mech_find(CKM_SHA384, KEY_RSA_2048, true) == NULL,
                  "Java would take PSS with SHA-384");
    ck_assert_msg(!mech_find(CKM_RSA_X_509, KEY_RSA_2048, true), "the card has no raw RSA");
}
END_TEST

START_TEST(pss_parameters)
{
    CK_RSA_PKCS_PSS_PARAMS good = { CKM_SHA256, CKG_MGF1_SHA256, 32 }, bad;
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_PSS, &good, sizeof(good) };
    const struct mech_row *row = mech_find(CKM_RSA_PKCS_PSS, KEY_RSA_2048, true);

    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_OK);
    mechanism.ulParameterLen--;
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, NULL, 0 };
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);
    mechanism = (CK_MECHANISM){ CKM_RSA_PKCS_PSS, &bad, sizeof(bad) };
    bad = good;
    bad.hashAlg = CKM_SHA384;
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);
    bad = good;
    bad.mgf = CKG_MGF1_SHA1;
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);
    bad = good;
    bad.sLen = 20;
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);

    row = mech_find(CKM_SHA256_RSA_PKCS, KEY_RSA_2048, true);
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_MECHANISM_PARAM_INVALID);
    mechanism.ulParameterLen = 0; /* a pointer without a length is no parameter */
    ck_assert_uint_eq(mech_check_params(row, &mechanism), CKR_OK);
}
END_TEST

static size_t encoded_len(CK_MECHANISM_TYPE type, enum key_kind key, size_t given)
{
    uint8_t room[256];
    struct buf out = BUF_OVER(room);
    enum jpki_err err = mech_encode(mech_find(type, key, true), slice_of(bytes, given), &out);

    ck_assert(err == JPKI_OK || err == JPKI_ERR_ARGUMENT);
    ck_assert_msg((err == JPKI_OK) == (out.len > 0), "%zu bytes with error %s", out.len,
                  err_name(err));
    return out.len;
}

static const struct {
    CK_MECHANISM_TYPE type;
    enum key_kind key;
    size_t given, sent; /* sent 0: refused */
} encodings[] = {
    { CKM_RSA_PKCS, KEY_RSA_2048, 0, 0 },
    { CKM_RSA_PKCS, KEY_RSA_2048, 1, 1 },
    { CKM_RSA_PKCS, KEY_RSA_2048, 245, 245 },
    { CKM_RSA_PKCS, KEY_RSA_2048, 246, 0 },
    { CKM_SHA1_RSA_PKCS, KEY_RSA_2048, 20, 35 },
    { CKM_SHA224_RSA_PKCS, KEY_RSA_2048, 28, 47 },
    { CKM_SHA256_RSA_PKCS, KEY_RSA_2048, 32, 51 },
    { CKM_SHA256_RSA_PKCS, KEY_RSA_2048, 31, 0 },
    { CKM_SHA384_RSA_PKCS, KEY_RSA_2048, 48, 67 },
    { CKM_SHA512_RSA_PKCS, KEY_RSA_2048, 64, 83 },
    { CKM_RSA_PKCS_PSS, KEY_RSA_2048, 32, 32 },
    { CKM_RSA_PKCS_PSS, KEY_RSA_2048, 20, 0 },
    { CKM_RSA_PKCS_PSS, KEY_RSA_2048, 33, 0 },
    { CKM_SHA256_RSA_PKCS_PSS, KEY_RSA_2048, 32, 32 },
    { CKM_ECDSA, KEY_EC_P384, 0, 0 },
    { CKM_ECDSA, KEY_EC_P384, 20, 48 },
    { CKM_ECDSA, KEY_EC_P384, 48, 48 },
    { CKM_ECDSA, KEY_EC_P384, 64, 48 },
    { CKM_ECDSA, KEY_EC_P384, 65, 0 },
    { CKM_ECDSA_SHA256, KEY_EC_P384, 32, 48 },
    { CKM_ECDSA_SHA512, KEY_EC_P384, 64, 48 },
    { CKM_SHA256, KEY_RSA_2048, 32, 0 },
};

START_TEST(what_the_card_is_sent)
{
    ck_assert_uint_eq(encoded_len(encodings[_i].type, encodings[_i].key, encodings[_i].given),
                      encodings[_i].sent);
}
END_TEST

START_TEST(plain_bytes_go_as_they_are)
{
    uint8_t room[64];
    struct buf out = BUF_OVER(room);

    ck_assert_int_eq(
        mech_encode(mech_find(CKM_RSA_PKCS, KEY_RSA_2048, false), slice_of(bytes, 64), &out),
        JPKI_OK);
    ck_assert_mem_eq(room, bytes, 64);
    ck_assert_int_eq(
        mech_encode(mech_find(CKM_RSA_PKCS, KEY_RSA_2048, false), slice_of(bytes, 1), &out),
        JPKI_ERR_BUFFER);
}
END_TEST

START_TEST(lengths)
{
    ck_assert_uint_eq(mech_signature_len(KEY_RSA_2048), 256);
    ck_assert_uint_eq(mech_signature_len(KEY_EC_P384), 96);
    ck_assert_uint_eq(mech_input_max(mech_find(CKM_RSA_PKCS, KEY_RSA_2048, false)), 245);
    ck_assert_uint_eq(mech_input_max(mech_find(CKM_RSA_PKCS_PSS, KEY_RSA_2048, true)), 32);
    ck_assert_uint_eq(mech_input_max(mech_find(CKM_ECDSA, KEY_EC_P384, false)), 64);
}
END_TEST

Suite *mech_suite(void)
{
    Suite *suite = suite_create("mech");
    TCase *tcase = tcase_create("mech");

    tcase_add_test(tcase, rows_hold_together);
    tcase_add_test(tcase, what_a_token_lists);
    tcase_add_test(tcase, pss_parameters);
    tcase_add_loop_test(tcase, what_the_card_is_sent, 0,
                        (int)(sizeof(encodings) / sizeof(encodings[0])));
    tcase_add_test(tcase, plain_bytes_go_as_they_are);
    tcase_add_test(tcase, lengths);
    suite_add_tcase(suite, tcase);
    return suite;
}
