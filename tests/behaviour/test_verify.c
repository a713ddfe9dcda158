/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Verify and C_VerifySignature and their parts, and C_Digest: all on the host, with the card's
 * certificate. */
#include "rig.h"

static CK_BYTE text[] = "a text", other_text[] = "a lie!";
#define TEXT_LEN 6

static CK_RSA_PKCS_PSS_PARAMS pss_params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
static CK_MECHANISM sha256_rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
static CK_MECHANISM sha256_pss = { CKM_SHA256_RSA_PKCS_PSS, &pss_params, sizeof(pss_params) };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, sha1 = { CKM_SHA_1, NULL, 0 };

/* A session with a signature of the text by this mechanism, and its public key. */
struct signed_text {
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_BYTE signature[SIGNATURE_LEN];
};

static struct signed_text text_signed(CK_SLOT_ID slot, CK_MECHANISM *mechanism)
{
    struct signed_text is = { .key = CK_INVALID_HANDLE };
    CK_ULONG len = SIGNATURE_LEN;

    (void)rig_start("");
    is.session = rig_logged_in(slot);
    is.key = rig_object(is.session, CKO_PUBLIC_KEY);
    CK_GOOD(C_SignInit, is.session, mechanism, rig_object(is.session, CKO_PRIVATE_KEY));
    CK_GOOD(C_Sign, is.session, text, TEXT_LEN, is.signature, &len);
    return is;
}

static void ck_verify(struct signed_text *is, CK_MECHANISM *mechanism)
{
    CK_GOOD(C_VerifyInit, is->session, mechanism, is->key);
    CK_GOOD(C_Verify, is->session, text, TEXT_LEN, is->signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifyInit, is->session, mechanism, is->key);
    CK_IS(CKR_SIGNATURE_INVALID, C_Verify, is->session, other_text, TEXT_LEN, is->signature,
          SIGNATURE_LEN);
    CK_GOOD(C_VerifyInit, is->session, mechanism, is->key);
    CK_GOOD(C_VerifyUpdate, is->session, text, 2);
    CK_GOOD(C_VerifyUpdate, is->session, text + 2, TEXT_LEN - 2);
    CK_GOOD(C_VerifyFinal, is->session, is->signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifySignatureInit, is->session, mechanism, is->key, is->signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifySignature, is->session, text, TEXT_LEN);
    CK_GOOD(C_VerifySignatureInit, is->session, mechanism, is->key, is->signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifySignatureUpdate, is->session, text, 2);
    CK_GOOD(C_VerifySignatureUpdate, is->session, text + 2, TEXT_LEN - 2);
    CK_GOOD(C_VerifySignatureFinal, is->session);
    CK_GOOD(C_VerifySignatureInit, is->session, mechanism, is->key, is->signature, SIGNATURE_LEN);
    CK_IS(CKR_SIGNATURE_INVALID, C_VerifySignature, is->session, other_text, TEXT_LEN);
    is->signature[200] ^= 1;
    CK_GOOD(C_VerifyInit, is->session, mechanism, is->key);
    CK_IS(CKR_SIGNATURE_INVALID, C_Verify, is->session, text, TEXT_LEN, is->signature,
          SIGNATURE_LEN);
}

START_TEST(verify_with_the_authentication_key)
{
    struct signed_text is = text_signed(SLOT_AUTH, &sha256_rsa);

    ck_verify(&is, &sha256_rsa);
}
END_TEST

START_TEST(verify_pss_with_the_signature_key)
{
    struct signed_text is = text_signed(SLOT_SIGN, &sha256_pss);

    ck_verify(&is, &sha256_pss);
}
END_TEST

START_TEST(verify_needs_no_login)
{
    struct signed_text is = text_signed(SLOT_AUTH, &sha256_rsa);

    CK_GOOD(C_Logout, is.session);
    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_GOOD(C_Verify, is.session, text, TEXT_LEN, is.signature, SIGNATURE_LEN);
}
END_TEST

/* The certificate that it needs is personal, and goes with the login: of every session, whoever
 * logs out. */
START_TEST(verify_ends_with_the_login)
{
    struct signed_text is = text_signed(SLOT_SIGN, &sha256_rsa);
    const CK_SESSION_HANDLE other = rig_session(SLOT_SIGN);

    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_GOOD(C_VerifyInit, other, &sha256_rsa, is.key);
    CK_GOOD(C_VerifyUpdate, other, text, 2);
    CK_GOOD(C_Logout, is.session);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Verify, is.session, text, TEXT_LEN, is.signature,
          SIGNATURE_LEN);
    ck_assert_uint_eq(rig_login(is.session, PIN_SIGN), CKR_OK);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifyFinal, other, is.signature, SIGNATURE_LEN);
    ck_verify(&is, &sha256_rsa);
}
END_TEST

START_TEST(verify_lengths)
{
    struct signed_text is = text_signed(SLOT_AUTH, &sha256_rsa);
    CK_MECHANISM plain = { CKM_RSA_PKCS, NULL, 0 };
    CK_BYTE much[300] = { 0 };

    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_IS(CKR_SIGNATURE_LEN_RANGE, C_Verify, is.session, text, TEXT_LEN, is.signature,
          SIGNATURE_LEN - 1);
    CK_GOOD(C_VerifyInit, is.session, &plain, is.key);
    CK_IS(CKR_DATA_LEN_RANGE, C_Verify, is.session, much, sizeof(much), is.signature,
          SIGNATURE_LEN);
    CK_GOOD(C_VerifyInit, is.session, &plain, is.key);
    CK_IS(CKR_DATA_LEN_RANGE, C_Verify, is.session, much, 246, is.signature, SIGNATURE_LEN);
    CK_IS(CKR_SIGNATURE_LEN_RANGE, C_VerifySignatureInit, is.session, &plain, is.key, much,
          sizeof(much));
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Verify, is.session, text, TEXT_LEN, is.signature,
          SIGNATURE_LEN);
}
END_TEST

START_TEST(verify_rules_of_operations)
{
    struct signed_text is = text_signed(SLOT_AUTH, &sha256_rsa);

    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_IS(CKR_OPERATION_ACTIVE, C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_IS(CKR_OPERATION_ACTIVE, C_VerifySignatureInit, is.session, &sha256_rsa, is.key,
          is.signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifyInit, is.session, NULL, is.key);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifyUpdate, is.session, text, TEXT_LEN);
    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_IS(CKR_ARGUMENTS_BAD, C_VerifyUpdate, is.session, NULL, 3);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifyUpdate, is.session, text, TEXT_LEN);
    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_GOOD(C_VerifyUpdate, is.session, text, 1);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Verify, is.session, text, TEXT_LEN, is.signature,
          SIGNATURE_LEN);
    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifySignatureFinal, is.session);
    CK_GOOD(C_SessionCancel, is.session, CKF_VERIFY);
    CK_GOOD(C_VerifySignatureInit, is.session, &sha256_rsa, is.key, is.signature, SIGNATURE_LEN);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifyFinal, is.session, is.signature, SIGNATURE_LEN);
    CK_GOOD(C_VerifySignature, is.session, text, TEXT_LEN);
    CK_IS(CKR_KEY_FUNCTION_NOT_PERMITTED, C_VerifyInit, is.session, &sha256_rsa,
          rig_object(is.session, CKO_PRIVATE_KEY));
    CK_IS(CKR_KEY_HANDLE_INVALID, C_VerifyInit, is.session, &sha256_rsa,
          rig_object(is.session, CKO_CERTIFICATE));
    CK_IS(CKR_MECHANISM_INVALID, C_VerifyInit, is.session, &sha256, is.key);
}
END_TEST

static void ck_digest(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, const EVP_MD *md)
{
    CK_BYTE expected[64], digest[64];
    unsigned expected_len = 0;
    CK_ULONG len = 0;

    ck_assert_int_eq(EVP_Digest(text, TEXT_LEN, expected, &expected_len, md, NULL), 1);
    CK_GOOD(C_DigestInit, session, mechanism);
    CK_GOOD(C_Digest, session, text, TEXT_LEN, NULL, &len);
    ck_assert_uint_eq(len, expected_len);
    len--;
    CK_IS(CKR_BUFFER_TOO_SMALL, C_Digest, session, text, TEXT_LEN, digest, &len);
    CK_GOOD(C_Digest, session, text, TEXT_LEN, digest, &len);
    ck_assert_mem_eq(digest, expected, expected_len);
    CK_GOOD(C_DigestInit, session, mechanism);
    CK_GOOD(C_DigestUpdate, session, text, 1);
    CK_GOOD(C_DigestUpdate, session, text + 1, TEXT_LEN - 1);
    memset(digest, 0, sizeof(digest));
    CK_GOOD(C_DigestFinal, session, digest, &len);
    ck_assert_mem_eq(digest, expected, expected_len);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_DigestFinal, session, digest, &len);
}

START_TEST(digests)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    ck_digest(session, &sha256, EVP_sha256());
    ck_digest(session, &sha1, EVP_sha1());
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(digest_rules_of_operations)
{
    CK_BYTE digest[32];
    CK_ULONG len = sizeof(digest);
    CK_SESSION_HANDLE session;
    CK_MECHANISM sha512 = { CKM_SHA512, NULL, 0 }, odd = { CKM_SHA256, &len, sizeof(len) };

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_MECHANISM_INVALID, C_DigestInit, session, &sha512);
    CK_IS(CKR_MECHANISM_INVALID, C_DigestInit, session, &sha256_rsa);
    CK_IS(CKR_MECHANISM_PARAM_INVALID, C_DigestInit, session, &odd);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_IS(CKR_OPERATION_ACTIVE, C_DigestInit, session, &sha256);
    CK_IS(CKR_ARGUMENTS_BAD, C_Digest, session, NULL, 3, digest, &len);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_DigestUpdate, session, text, 1);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_IS(CKR_ARGUMENTS_BAD, C_DigestUpdate, session, NULL, 3);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_DigestUpdate, session, text, 1);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_GOOD(C_DigestUpdate, session, text, 1);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Digest, session, text, 1, digest, &len);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_IS(CKR_ARGUMENTS_BAD, C_DigestFinal, session, digest, NULL);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_DigestFinal, session, digest, &len);
}
END_TEST

/* One session may sign, verify, digest and search at the same time; what ends the one leaves the
 * others. */
START_TEST(operations_stand_side_by_side)
{
    struct signed_text is = text_signed(SLOT_AUTH, &sha256_rsa);
    CK_BYTE digest[32];
    CK_ULONG len = sizeof(digest), found = 0;
    CK_OBJECT_HANDLE object;

    CK_GOOD(C_FindObjectsInit, is.session, NULL, 0);
    CK_GOOD(C_VerifyInit, is.session, &sha256_rsa, is.key);
    CK_GOOD(C_DigestInit, is.session, &sha256);
    CK_GOOD(C_SessionCancel, is.session, CKF_DIGEST);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_Digest, is.session, text, TEXT_LEN, digest, &len);
    CK_GOOD(C_Verify, is.session, text, TEXT_LEN, is.signature, SIGNATURE_LEN);
    CK_GOOD(C_FindObjects, is.session, &object, 1, &found);
    ck_assert_uint_eq(found, 1);
    CK_GOOD(C_SessionCancel, is.session, CKF_FIND_OBJECTS);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_FindObjects, is.session, &object, 1, &found);
    CK_GOOD(C_SessionCancel, is.session, 0);
}
END_TEST

RIG_TESTS("verify", verify_with_the_authentication_key, verify_pss_with_the_signature_key,
          verify_needs_no_login, verify_ends_with_the_login, verify_lengths,
          verify_rules_of_operations, digests, digest_rules_of_operations,
          operations_stand_side_by_side)
