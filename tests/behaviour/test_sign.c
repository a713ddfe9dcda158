/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Sign and its like: every mechanism against OpenSSL, lengths, parameters, and when an
 * operation ends. */
#include "rig.h"

#define MESSAGE_LEN 1000

static CK_BYTE message[MESSAGE_LEN];

struct mech_case {
    CK_MECHANISM_TYPE type;
    const char *digest; /* OpenSSL's name; NULL: what is signed is the input itself */
    bool pss;
    size_t len; /* of the input */
};

/* The PSS of a ready hash is checked below, over a hash that OpenSSL makes. */
static const struct mech_case mech_cases[] = {
    { CKM_RSA_PKCS, NULL, false, 51 },
    { CKM_SHA1_RSA_PKCS, "SHA1", false, MESSAGE_LEN },
    { CKM_SHA224_RSA_PKCS, "SHA224", false, MESSAGE_LEN },
    { CKM_SHA256_RSA_PKCS, "SHA256", false, MESSAGE_LEN },
    { CKM_SHA384_RSA_PKCS, "SHA384", false, MESSAGE_LEN },
    { CKM_SHA512_RSA_PKCS, "SHA512", false, MESSAGE_LEN },
    { CKM_SHA256_RSA_PKCS_PSS, "SHA256", true, MESSAGE_LEN },
};

#define CASE_COUNT (sizeof(mech_cases) / sizeof(mech_cases[0]))

static void ck_begin(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
    rig_expect(CKR_OK, rig_sign_begin(session, type), "C_SignInit", __FILE__, __LINE__);
}

static void ck_all_mechanisms(CK_SLOT_ID slot, enum sim_role role)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(slot);
    CK_BYTE signature[SIGNATURE_LEN];

    for (size_t i = 0; i < MESSAGE_LEN; i++)
        message[i] = (CK_BYTE)i;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        const struct mech_case *c = &mech_cases[i];
        CK_ULONG len = sizeof(signature);

        ck_begin(session, c->type);
        CK_GOOD(C_Sign, session, message, c->len, signature, &len);
        ck_assert_uint_eq(len, SIGNATURE_LEN);
        ck_assert(rig_signature_fits(card, role, c->digest, c->pss, message, c->len, signature));
        len = sizeof(signature);
        ck_begin(session, c->type);
        CK_GOOD(C_SignUpdate, session, message, 10);
        CK_GOOD(C_SignUpdate, session, NULL, 0);
        CK_GOOD(C_SignUpdate, session, message + 10, c->len - 10);
        CK_GOOD(C_SignFinal, session, signature, &len);
        ck_assert(rig_signature_fits(card, role, c->digest, c->pss, message, c->len, signature));
    }
}

START_TEST(authentication_key_by_every_mechanism)
{
    ck_all_mechanisms(SLOT_AUTH, SIM_AUTH);
}
END_TEST

START_TEST(signature_key_by_every_mechanism)
{
    ck_all_mechanisms(SLOT_SIGN, SIM_SIGN);
}
END_TEST

START_TEST(pss_of_a_ready_hash)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
    CK_BYTE signature[SIGNATURE_LEN], hash[32];
    CK_ULONG len = sizeof(signature);
    unsigned hash_len = 0;

    ck_assert_int_eq(EVP_Digest("abc", 3, hash, &hash_len, EVP_sha256(), NULL), 1);
    ck_begin(session, CKM_RSA_PKCS_PSS);
    CK_GOOD(C_Sign, session, hash, 32, signature, &len);
    ck_assert(rig_signature_fits(card, SIM_AUTH, "SHA256", true, "abc", 3, signature));
    ck_begin(session, CKM_RSA_PKCS_PSS);
    CK_IS(CKR_DATA_LEN_RANGE, C_Sign, session, hash, 31, signature, &len);
    ck_begin(session, CKM_RSA_PKCS_PSS);
    CK_IS(CKR_DATA_LEN_RANGE, C_Sign, session, message, 33, signature, &len);
}
END_TEST

START_TEST(lengths_of_plain_input)
{
    static const struct {
        CK_ULONG len;
        CK_RV rv;
    } rows[] = { { 0, CKR_DATA_LEN_RANGE },
                 { 1, CKR_OK },
                 { 245, CKR_OK },
                 { 246, CKR_DATA_LEN_RANGE },
                 { 256, CKR_DATA_LEN_RANGE },
                 { 257, CKR_DATA_LEN_RANGE },
                 { MESSAGE_LEN, CKR_DATA_LEN_RANGE } };
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
    CK_BYTE signature[SIGNATURE_LEN];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CK_ULONG len = sizeof(signature);

        (void)rig_exchanges();
        ck_begin(session, CKM_RSA_PKCS);
        CK_IS(rows[i].rv, C_Sign, session, message, rows[i].len, signature, &len);
        if (rows[i].rv == CKR_OK)
            ck_assert(
                rig_signature_fits(card, SIM_AUTH, NULL, false, message, rows[i].len, signature));
        else
            ck_assert_uint_eq(rig_exchanges(), 0);
        CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 1, signature, &len);
    }
}
END_TEST

START_TEST(nothing_is_a_message_too)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);

    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_Sign, session, NULL, 0, signature, &len);
    ck_assert(rig_signature_fits(card, SIM_AUTH, "SHA256", false, "", 0, signature));
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_SignFinal, session, signature, &len);
    ck_assert(rig_signature_fits(card, SIM_AUTH, "SHA256", false, "", 0, signature));
}
END_TEST

START_TEST(asking_for_the_length_keeps_the_operation)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = 0;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_exchanges();
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_Sign, session, message, 5, NULL, &len);
    ck_assert_uint_eq(len, SIGNATURE_LEN);
    len = SIGNATURE_LEN - 1;
    CK_IS(CKR_BUFFER_TOO_SMALL, C_Sign, session, message, 5, signature, &len);
    ck_assert_uint_eq(len, SIGNATURE_LEN);
    ck_assert_uint_eq(rig_exchanges(), 0);
    CK_GOOD(C_Sign, session, message, 5, signature, &len);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
}
END_TEST

START_TEST(asking_for_the_length_in_parts)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = 0;

    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_SignUpdate, session, message, 5);
    CK_GOOD(C_SignFinal, session, NULL, &len);
    len = 10;
    CK_IS(CKR_BUFFER_TOO_SMALL, C_SignFinal, session, signature, &len);
    ck_assert_uint_eq(len, SIGNATURE_LEN);
    CK_GOOD(C_SignFinal, session, signature, &len);
    ck_assert(rig_signature_fits(card, SIM_AUTH, "SHA256", false, message, 5, signature));
}
END_TEST

START_TEST(every_other_result_ends_the_operation)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_IS(CKR_ARGUMENTS_BAD, C_Sign, session, NULL, 5, signature, &len);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_IS(CKR_ARGUMENTS_BAD, C_Sign, session, message, 5, signature, NULL);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_SignUpdate, session, message, 5);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_IS(CKR_ARGUMENTS_BAD, C_SignUpdate, session, NULL, 5);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_SignFinal, session, signature, &len);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_IS(CKR_ARGUMENTS_BAD, C_SignFinal, session, signature, NULL);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_SignFinal, session, signature, &len);
    ck_begin(session, CKM_RSA_PKCS);
    CK_IS(CKR_DATA_LEN_RANGE, C_SignUpdate, session, message, 300);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_SignFinal, session, signature, &len);
}
END_TEST

START_TEST(whole_and_parts_do_not_mix)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_SignUpdate, session, message, 5);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
}
END_TEST

START_TEST(sign_init_twice_and_cancelled)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    key = rig_object(session, CKO_PRIVATE_KEY);
    CK_IS(CKR_ARGUMENTS_BAD, C_SignInit, session, NULL, key);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    rig_expect(CKR_OPERATION_ACTIVE, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit",
               __FILE__, __LINE__);
    CK_GOOD(C_SignInit, session, NULL, key);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_SessionCancel, session, CKF_VERIFY | CKF_DIGEST | CKF_FIND_OBJECTS);
    rig_expect(CKR_OPERATION_ACTIVE, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit",
               __FILE__, __LINE__);
    CK_GOOD(C_SessionCancel, session, CKF_SIGN);
    CK_GOOD(C_SessionCancel, session, CKF_SIGN);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
}
END_TEST

START_TEST(keys_that_do_not_sign)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_SESSION_HANDLE session, sign;
    CK_OBJECT_HANDLE key;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    key = rig_object(session, CKO_PRIVATE_KEY);
    CK_IS(CKR_KEY_FUNCTION_NOT_PERMITTED, C_SignInit, session, &mechanism,
          rig_object(session, CKO_PUBLIC_KEY));
    CK_IS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &mechanism,
          rig_object(session, CKO_CERTIFICATE));
    CK_IS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &mechanism, CK_INVALID_HANDLE);
    CK_IS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &mechanism, 12345);
    sign = rig_logged_in(SLOT_SIGN);
    CK_IS(CKR_KEY_HANDLE_INVALID, C_SignInit, sign, &mechanism, key);
    CK_GOOD(C_Logout, session);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_SignInit, session, &mechanism, key);
}
END_TEST

START_TEST(mechanisms_and_parameters_that_are_not)
{
    static const CK_MECHANISM_TYPE types[] = {
        CKM_RSA_X_509, CKM_MD5_RSA_PKCS,  CKM_SHA384_RSA_PKCS_PSS, CKM_SHA256,
        CKM_ECDSA,     CKM_RSA_PKCS_OAEP, CKM_VENDOR_DEFINED
    };
    static const CK_RSA_PKCS_PSS_PARAMS bad[] = {
        { CKM_SHA_1, CKG_MGF1_SHA256, 32 },  { CKM_SHA256, CKG_MGF1_SHA1, 32 },
        { CKM_SHA256, CKG_MGF1_SHA256, 20 }, { CKM_SHA512, CKG_MGF1_SHA512, 64 },
        { CKM_SHA256, CKG_MGF1_SHA256, 0 },
    };
    CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_PSS, &params, sizeof(params) };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    key = rig_object(session, CKO_PRIVATE_KEY);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        params = bad[i];
        CK_IS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &mechanism, key);
    }
    mechanism.ulParameterLen--;
    CK_IS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &mechanism, key);
    mechanism = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS_PSS, NULL, 0 };
    CK_IS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &mechanism, key);
    mechanism = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS, &params, sizeof(params) };
    CK_IS(CKR_MECHANISM_PARAM_INVALID, C_SignInit, session, &mechanism, key);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        mechanism = (CK_MECHANISM){ types[i], NULL, 0 };
        CK_IS(CKR_MECHANISM_INVALID, C_SignInit, session, &mechanism, key);
    }
}
END_TEST

START_TEST(logout_ends_the_operation)
{
    CK_SESSION_HANDLE session, other;
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    other = rig_session(SLOT_AUTH);
    ck_begin(session, CKM_SHA256_RSA_PKCS);
    ck_begin(other, CKM_SHA256_RSA_PKCS);
    CK_GOOD(C_Logout, session);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Sign, session, message, 5, signature, &len);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, other, message, 5, signature, &len);
}
END_TEST

/* The certificate is read to check a PSS signature.  If that fails, nothing is known against the
 * signature: it is given. */
START_TEST(what_cannot_be_checked_is_no_bad_signature)
{
    static const char *const faults[] = { "read sw=6A82", "read sw=6982", "read mute" };
    CK_BYTE signature[SIGNATURE_LEN];

    (void)rig_start("");
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
        CK_ULONG len = sizeof(signature);

        ck_begin(session, CKM_SHA256_RSA_PKCS_PSS);
        rig_fault(1, faults[i]);
        CK_GOOD(C_Sign, session, message, MESSAGE_LEN, signature, &len);
        ck_assert(rig_signature_fits(rig.cards[0], SIM_AUTH, "SHA256", true, message, MESSAGE_LEN,
                                     signature));
        CK_GOOD(C_Finalize, NULL);
        rig_open();
    }
}
END_TEST

RIG_TESTS("sign", what_cannot_be_checked_is_no_bad_signature, authentication_key_by_every_mechanism,
          signature_key_by_every_mechanism, pss_of_a_ready_hash, lengths_of_plain_input,
          nothing_is_a_message_too, asking_for_the_length_keeps_the_operation,
          asking_for_the_length_in_parts, every_other_result_ends_the_operation,
          whole_and_parts_do_not_mix, sign_init_twice_and_cancelled, keys_that_do_not_sign,
          mechanisms_and_parameters_that_are_not, logout_ends_the_operation)
