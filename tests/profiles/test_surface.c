/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole surface: the three lists hold the same functions, and what is not offered is refused
 * with good arguments too. */
#include "rig.h"

#define ROOM 64

/* One good argument of each kind.  Nobody may write to them: what is refused gives nothing. */
struct arguments {
    CK_OBJECT_HANDLE private_key, public_key, handle, second;
    CK_BYTE bytes[ROOM], out[ROOM];
    CK_ULONG len;
    CK_MECHANISM mech;
    CK_BBOOL truth;
    CK_ATTRIBUTE attr;
    CK_ASYNC_DATA async;
};

static struct arguments is;

/* X(function, answer, arguments) */
#define REFUSED_ROWS(X) \
    X(C_InitPIN, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 4) \
    X(C_GetOperationState, CKR_FUNCTION_NOT_SUPPORTED, session, is.out, &is.len) \
    X(C_SetOperationState, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, 0, is.private_key) \
    X(C_EncryptInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key) \
    X(C_Encrypt, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_EncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_EncryptFinal, CKR_FUNCTION_NOT_SUPPORTED, session, is.out, &is.len) \
    X(C_DecryptInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key) \
    X(C_Decrypt, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_DecryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_DecryptFinal, CKR_FUNCTION_NOT_SUPPORTED, session, is.out, &is.len) \
    X(C_DigestKey, CKR_FUNCTION_NOT_SUPPORTED, session, is.public_key) \
    X(C_SignRecoverInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key) \
    X(C_SignRecover, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_VerifyRecoverInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key) \
    X(C_VerifyRecover, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_DigestEncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_DecryptDigestUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_SignEncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_DecryptVerifyUpdate, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, ROOM, is.out, &is.len) \
    X(C_GenerateKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, &is.attr, 1, &is.handle) \
    X(C_GenerateKeyPair, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, &is.attr, 1, &is.attr, 1, \
      &is.handle, &is.second) \
    X(C_WrapKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key, is.private_key, \
      is.out, &is.len) \
    X(C_UnwrapKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key, is.bytes, ROOM, \
      &is.attr, 1, &is.handle) \
    X(C_DeriveKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key, &is.attr, 1, \
      &is.handle) \
    X(C_SeedRandom, CKR_RANDOM_NO_RNG, session, is.bytes, ROOM) \
    X(C_GenerateRandom, CKR_RANDOM_NO_RNG, session, is.out, ROOM) \
    X(C_GetFunctionStatus, CKR_FUNCTION_NOT_PARALLEL, session) \
    X(C_CancelFunction, CKR_FUNCTION_NOT_PARALLEL, session) \
    X(C_MessageEncryptInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key) \
    X(C_EncryptMessage, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.bytes, \
      1, is.out, &is.len) \
    X(C_EncryptMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1) \
    X(C_EncryptMessageNext, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.out, \
      &is.len, 0) \
    X(C_MessageEncryptFinal, CKR_FUNCTION_NOT_SUPPORTED, session) \
    X(C_MessageDecryptInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key) \
    X(C_DecryptMessage, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.bytes, \
      1, is.out, &is.len) \
    X(C_DecryptMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1) \
    X(C_DecryptMessageNext, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.out, \
      &is.len, 0) \
    X(C_MessageDecryptFinal, CKR_FUNCTION_NOT_SUPPORTED, session) \
    X(C_MessageSignInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key) \
    X(C_SignMessage, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.out, \
      &is.len) \
    X(C_SignMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1) \
    X(C_SignMessageNext, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.out, \
      &is.len) \
    X(C_MessageSignFinal, CKR_FUNCTION_NOT_SUPPORTED, session) \
    X(C_MessageVerifyInit, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key) \
    X(C_VerifyMessage, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, is.bytes, \
      ROOM) \
    X(C_VerifyMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1) \
    X(C_VerifyMessageNext, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.bytes, 1, \
      is.bytes, ROOM) \
    X(C_MessageVerifyFinal, CKR_FUNCTION_NOT_SUPPORTED, session) \
    X(C_EncapsulateKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key, &is.attr, 1, \
      is.out, &is.len, &is.handle) \
    X(C_DecapsulateKey, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key, &is.attr, \
      1, is.bytes, ROOM, &is.handle) \
    X(C_AsyncComplete, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, &is.async) \
    X(C_AsyncGetID, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, &is.len) \
    X(C_AsyncJoin, CKR_FUNCTION_NOT_SUPPORTED, session, is.bytes, 1, is.out, ROOM) \
    X(C_WrapKeyAuthenticated, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.public_key, \
      is.private_key, is.bytes, 1, is.out, &is.len) \
    X(C_UnwrapKeyAuthenticated, CKR_FUNCTION_NOT_SUPPORTED, session, &is.mech, is.private_key, \
      is.bytes, 1, &is.attr, 1, is.bytes, 1, &is.handle)

#define REFUSED_CALL(name, answer, ...) CK_IS(answer, name, __VA_ARGS__);

static void all_refused(CK_SESSION_HANDLE session)
{
    struct arguments before = is;

    REFUSED_ROWS(REFUSED_CALL)
    ck_assert_mem_eq(&is, &before, sizeof(is));
}

static void arguments_fill(CK_SESSION_HANDLE session)
{
    memset(&is, 0x5A, sizeof(is));
    is.truth = CK_TRUE;
    is.len = ROOM;
    is.mech = (CK_MECHANISM){ CKM_RSA_PKCS, NULL, 0 };
    is.attr = (CK_ATTRIBUTE){ CKA_TOKEN, &is.truth, sizeof(is.truth) };
    is.public_key = rig_object(session, CKO_PUBLIC_KEY);
    is.private_key = rig_object(session, CKO_PRIVATE_KEY);
}

/* Refused alike in every state of a session, without an exchange, and operations under way go
 * on. */
START_TEST(refused_with_good_arguments)
{
    CK_SESSION_HANDLE rw, ro;
    CK_BYTE digest[32];
    CK_ULONG len = sizeof(digest);
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };

    (void)rig_start("");
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &ro);
    rw = rig_logged_in(SLOT_AUTH);
    arguments_fill(rw);
    CK_GOOD(C_DigestInit, rw, &sha256);
    rig_expect(CKR_OK, rig_sign_begin(rw, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__, __LINE__);
    (void)rig_exchanges();
    all_refused(rw);
    all_refused(ro);
    ck_assert_uint_eq(rig_exchanges(), 0);
    CK_GOOD(C_Digest, rw, is.bytes, ROOM, digest, &len);
    CK_GOOD(C_SignUpdate, rw, is.bytes, ROOM);
    CK_GOOD(C_Logout, rw);
    all_refused(rw);
}
END_TEST

/* The older lists are the beginning of the newest; only C_GetInfo tells the version of its list. */
START_TEST(lists_hold_the_same_functions)
{
    enum { GET_INFO = 2 };
    const size_t members[] = { 0, sizeof(CK_FUNCTION_LIST_3_0), sizeof(CK_FUNCTION_LIST) };
    CK_INTERFACE list[3];
    CK_ULONG count = 3;

    CK_GOOD(C_GetInterfaceList, list, &count);
    for (size_t i = 1; i < 3; i++) {
        for (size_t k = 0; k < members[i] / sizeof(void *) - 1; k++) {
            const CK_BYTE *ours = (const CK_BYTE *)list[i].pFunctionList + (k + 1) * sizeof(void *);
            const CK_BYTE *newest =
                (const CK_BYTE *)list[0].pFunctionList + (k + 1) * sizeof(void *);
            ck_assert_msg((memcmp(ours, newest, sizeof(void *)) == 0) == (k != GET_INFO),
                          "list %zu, function %zu", i, k);
        }
    }
}
END_TEST

START_TEST(token_cannot_be_initialised)
{
    CK_UTF8CHAR label[32];

    (void)rig_start("");
    memset(label, ' ', sizeof(label));
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_InitToken, SLOT_AUTH, label, 4, label);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

START_TEST(validation_flags_of_the_one_type_there_is)
{
    CK_SESSION_HANDLE session;
    CK_FLAGS flags = 77;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetSessionValidationFlags, session, 0, &flags);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetSessionValidationFlags, session, CKS_LAST_VALIDATION_OK + 1,
          &flags);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetSessionValidationFlags, session, CKS_LAST_VALIDATION_OK, NULL);
    ck_assert_uint_eq(flags, 77);
    CK_GOOD(C_GetSessionValidationFlags, session, CKS_LAST_VALIDATION_OK, &flags);
    ck_assert_uint_eq(flags, 0);
}
END_TEST

/* An operation is continued by the functions of the family that began it. */
START_TEST(two_families_of_verification)
{
    CK_SESSION_HANDLE session;
    CK_MECHANISM sha256_rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE signature[SIGNATURE_LEN] = { 0 }, data[] = "data";
    CK_OBJECT_HANDLE key;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    key = rig_object(session, CKO_PUBLIC_KEY);
    CK_GOOD(C_VerifyInit, session, &sha256_rsa, key);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifySignatureUpdate, session, data, sizeof(data));
    CK_IS(CKR_SIGNATURE_INVALID, C_Verify, session, data, sizeof(data), signature,
          sizeof(signature));
    CK_GOOD(C_VerifySignatureInit, session, &sha256_rsa, key, signature, sizeof(signature));
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_VerifyUpdate, session, data, sizeof(data));
    CK_IS(CKR_SIGNATURE_INVALID, C_VerifySignature, session, data, sizeof(data));
}
END_TEST

/* A mechanism without parameters may come with a pointer to nothing, to all chapters alike. */
START_TEST(a_parameter_without_a_length)
{
    CK_SESSION_HANDLE session;
    CK_BYTE nothing;
    CK_MECHANISM sha256 = { CKM_SHA256, &nothing, 0 },
                 sha256_rsa = { CKM_SHA256_RSA_PKCS, &nothing, 0 };

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_GOOD(C_VerifyInit, session, &sha256_rsa, rig_object(session, CKO_PUBLIC_KEY));
    CK_GOOD(C_SignInit, session, &sha256_rsa, rig_object(session, CKO_PRIVATE_KEY));
}
END_TEST

/* Each attribute counts once, and a key has the size of what it shows. */
START_TEST(sizes_are_sums_of_values)
{
    static const CK_OBJECT_CLASS classes[] = { CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY,
                                               CKO_PROFILE };
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        const CK_OBJECT_HANDLE object = rig_object(session, classes[i]);
        CK_ULONG size = 0, sum = 0;

        CK_GOOD(C_GetObjectSize, session, object, &size);
        for (CK_ATTRIBUTE_TYPE type = 0; type < 0x700; type++) {
            CK_ATTRIBUTE attribute = { type, NULL, 0 };
            if (P11(C_GetAttributeValue, session, object, &attribute, 1) == CKR_OK)
                sum += attribute.ulValueLen;
        }
        if (classes[i] == CKO_PUBLIC_KEY || classes[i] == CKO_PRIVATE_KEY) {
            CK_ATTRIBUTE allowed = { CKA_ALLOWED_MECHANISMS, NULL, 0 };
            CK_GOOD(C_GetAttributeValue, session, object, &allowed, 1);
            sum += allowed.ulValueLen;
        }
        ck_assert_uint_eq(size, sum);
    }
}
END_TEST

/* The keys of these cards are for signatures; what else a key could be for is denied, that of
 * newer standards too. */
START_TEST(usage_bits_cost_no_exchange)
{
    CK_SESSION_HANDLE session;
    CK_BBOOL bits[3] = { 77, 77, 77 };
    CK_ATTRIBUTE private_bits[] = { { CKA_SIGN, &bits[0], 1 },
                                    { CKA_DECRYPT, &bits[1], 1 },
                                    { CKA_DECAPSULATE, &bits[2], 1 } };
    CK_ATTRIBUTE public_bits[] = { { CKA_VERIFY, &bits[0], 1 },
                                   { CKA_ENCRYPT, &bits[1], 1 },
                                   { CKA_ENCAPSULATE, &bits[2], 1 } };

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_exchanges();
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), private_bits, 3);
    ck_assert_mem_eq(bits, ((CK_BBOOL[]){ CK_TRUE, CK_FALSE, CK_FALSE }), 3);
    memset(bits, 77, sizeof(bits));
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PUBLIC_KEY), public_bits, 3);
    ck_assert_mem_eq(bits, ((CK_BBOOL[]){ CK_TRUE, CK_FALSE, CK_FALSE }), 3);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

/* A wrong PIN typed on the reader at a signature: C_Sign has no code for it, so the login ends
 * and is to be done again. */
START_TEST(wrong_pin_at_the_keypad_of_a_signature)
{
    static const struct sim_pad_step steps[] = {
        { SIM_PAD_TYPE, PIN_AUTH }, { SIM_PAD_TYPE, "9999" },   { SIM_PAD_TYPE, PIN_AUTH },
        { SIM_PAD_MISTYPE, NULL },  { SIM_PAD_TYPE, PIN_AUTH }, { SIM_PAD_TYPE, PIN_AUTH }
    };
    CK_BYTE signature[SIGNATURE_LEN];
    CK_SESSION_HANDLE session;

    (void)rig_reader(READER_A, "");
    ck_assert(sim_world_pinpad(rig.world, READER_A, true, steps, 6));
    rig_open();
    session = rig_session(SLOT_AUTH);
    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    rig_expect(CKR_USER_NOT_LOGGED_IN, rig_sign_message(session, signature), "C_Sign", __FILE__,
               __LINE__);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 2);
    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    rig_expect(CKR_USER_NOT_LOGGED_IN, rig_sign_message(session, signature), "C_Sign", __FILE__,
               __LINE__);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
    CK_GOOD(C_Login, session, CKU_USER, NULL, 0);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
    ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
}
END_TEST

RIG_TESTS("surface", refused_with_good_arguments, lists_hold_the_same_functions,
          token_cannot_be_initialised, validation_flags_of_the_one_type_there_is,
          two_families_of_verification, a_parameter_without_a_length, sizes_are_sums_of_values,
          usage_bits_cost_no_exchange, wrong_pin_at_the_keypad_of_a_signature)
