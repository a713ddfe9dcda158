/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every function of every chapter at the wrong time and with nothing in its arguments.  h stands
 * for the session or slot in question; the other arguments are 0 and NULL.
 */
#include "rig.h"

/* X(function, answer to a good session and nothing else, arguments) */
#define SESSION_ROWS(X) \
    X(C_InitPIN, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_SetPIN, CKR_ARGUMENTS_BAD, h, NULL, 0, NULL, 0) \
    X(C_CloseSession, CKR_OK, h) \
    X(C_GetSessionInfo, CKR_ARGUMENTS_BAD, h, NULL) \
    X(C_GetOperationState, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL) \
    X(C_SetOperationState, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, 0, 0) \
    X(C_Login, CKR_USER_TYPE_INVALID, h, 0, NULL, 0) \
    X(C_Logout, CKR_USER_NOT_LOGGED_IN, h) \
    X(C_CreateObject, CKR_TOKEN_WRITE_PROTECTED, h, NULL, 0, NULL) \
    X(C_CopyObject, CKR_OBJECT_HANDLE_INVALID, h, 0, NULL, 0, NULL) \
    X(C_DestroyObject, CKR_OBJECT_HANDLE_INVALID, h, 0) \
    X(C_GetObjectSize, CKR_OBJECT_HANDLE_INVALID, h, 0, NULL) \
    X(C_GetAttributeValue, CKR_OBJECT_HANDLE_INVALID, h, 0, NULL, 0) \
    X(C_SetAttributeValue, CKR_OBJECT_HANDLE_INVALID, h, 0, NULL, 0) \
    X(C_FindObjectsInit, CKR_OK, h, NULL, 0) \
    X(C_FindObjects, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0, NULL) \
    X(C_FindObjectsFinal, CKR_OPERATION_NOT_INITIALIZED, h) \
    X(C_EncryptInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_Encrypt, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_EncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_EncryptFinal, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL) \
    X(C_DecryptInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_Decrypt, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_DecryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_DecryptFinal, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL) \
    X(C_DigestInit, CKR_ARGUMENTS_BAD, h, NULL) \
    X(C_Digest, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0, NULL, NULL) \
    X(C_DigestUpdate, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_DigestKey, CKR_FUNCTION_NOT_SUPPORTED, h, 0) \
    X(C_DigestFinal, CKR_OPERATION_NOT_INITIALIZED, h, NULL, NULL) \
    X(C_SignInit, CKR_ARGUMENTS_BAD, h, NULL, 0) \
    X(C_Sign, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0, NULL, NULL) \
    X(C_SignUpdate, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_SignFinal, CKR_OPERATION_NOT_INITIALIZED, h, NULL, NULL) \
    X(C_SignRecoverInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_SignRecover, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_VerifyInit, CKR_ARGUMENTS_BAD, h, NULL, 0) \
    X(C_Verify, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0, NULL, 0) \
    X(C_VerifyUpdate, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_VerifyFinal, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_VerifyRecoverInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_VerifyRecover, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_DigestEncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_DecryptDigestUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_SignEncryptUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_DecryptVerifyUpdate, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, NULL) \
    X(C_GenerateKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL, 0, NULL) \
    X(C_GenerateKeyPair, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL, 0, NULL, 0, NULL, NULL) \
    X(C_WrapKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, 0, NULL, NULL) \
    X(C_UnwrapKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0, NULL) \
    X(C_DeriveKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL) \
    X(C_SeedRandom, CKR_RANDOM_NO_RNG, h, NULL, 0) \
    X(C_GenerateRandom, CKR_RANDOM_NO_RNG, h, NULL, 0) \
    X(C_GetFunctionStatus, CKR_FUNCTION_NOT_PARALLEL, h) \
    X(C_CancelFunction, CKR_FUNCTION_NOT_PARALLEL, h) \
    X(C_LoginUser, CKR_USER_TYPE_INVALID, h, 0, NULL, 0, NULL, 0) \
    X(C_SessionCancel, CKR_OK, h, 0) \
    X(C_MessageEncryptInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_EncryptMessage, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0, NULL, NULL) \
    X(C_EncryptMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0) \
    X(C_EncryptMessageNext, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, NULL, 0) \
    X(C_MessageEncryptFinal, CKR_FUNCTION_NOT_SUPPORTED, h) \
    X(C_MessageDecryptInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_DecryptMessage, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0, NULL, NULL) \
    X(C_DecryptMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0) \
    X(C_DecryptMessageNext, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, NULL, 0) \
    X(C_MessageDecryptFinal, CKR_FUNCTION_NOT_SUPPORTED, h) \
    X(C_MessageSignInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_SignMessage, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, NULL) \
    X(C_SignMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_SignMessageNext, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, NULL) \
    X(C_MessageSignFinal, CKR_FUNCTION_NOT_SUPPORTED, h) \
    X(C_MessageVerifyInit, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_VerifyMessage, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0) \
    X(C_VerifyMessageBegin, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0) \
    X(C_VerifyMessageNext, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0) \
    X(C_MessageVerifyFinal, CKR_FUNCTION_NOT_SUPPORTED, h) \
    X(C_EncapsulateKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, NULL, NULL) \
    X(C_DecapsulateKey, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0, NULL) \
    X(C_VerifySignatureInit, CKR_ARGUMENTS_BAD, h, NULL, 0, NULL, 0) \
    X(C_VerifySignature, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_VerifySignatureUpdate, CKR_OPERATION_NOT_INITIALIZED, h, NULL, 0) \
    X(C_VerifySignatureFinal, CKR_OPERATION_NOT_INITIALIZED, h) \
    X(C_GetSessionValidationFlags, CKR_ARGUMENTS_BAD, h, 0, NULL) \
    X(C_AsyncComplete, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL) \
    X(C_AsyncGetID, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, NULL) \
    X(C_AsyncJoin, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0) \
    X(C_WrapKeyAuthenticated, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, 0, NULL, 0, NULL, NULL) \
    X(C_UnwrapKeyAuthenticated, CKR_FUNCTION_NOT_SUPPORTED, h, NULL, 0, NULL, 0, NULL, 0, NULL, 0, \
      NULL)

/* X(function, answer to a good slot and nothing else, answer to a slot that is not there,
 * arguments) */
#define SLOT_ROWS(X) \
    X(C_GetSlotList, CKR_ARGUMENTS_BAD, CKR_ARGUMENTS_BAD, 0, NULL, NULL) \
    X(C_GetSlotInfo, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, NULL) \
    X(C_GetTokenInfo, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, NULL) \
    X(C_GetMechanismList, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, NULL, NULL) \
    X(C_GetMechanismInfo, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, 0, NULL) \
    X(C_InitToken, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, NULL, 0, NULL) \
    X(C_OpenSession, CKR_ARGUMENTS_BAD, CKR_SLOT_ID_INVALID, h, 0, NULL, NULL, NULL) \
    X(C_CloseAllSessions, CKR_OK, CKR_SLOT_ID_INVALID, h) \
    X(C_WaitForSlotEvent, CKR_ARGUMENTS_BAD, CKR_ARGUMENTS_BAD, 0, NULL, NULL)

#define SESSION_CALL_OF(name, good, ...) \
    static CK_RV session_##name(CK_ULONG h) \
    { \
        return P11(name, __VA_ARGS__); \
    }
#define SLOT_CALL_OF(name, good, bad, ...) \
    static CK_RV slot_##name(CK_ULONG h) \
    { \
        (void)h; \
        return P11(name, __VA_ARGS__); \
    }
SESSION_ROWS(SESSION_CALL_OF)
SLOT_ROWS(SLOT_CALL_OF)

struct every_row {
    const char *name;
    CK_RV (*call)(CK_ULONG h);
    CK_RV good, bad;
};

#define SESSION_ROW(name, good, ...) { #name, session_##name, good, CKR_SESSION_HANDLE_INVALID },
#define SLOT_ROW(name, good, bad, ...) { #name, slot_##name, good, bad },

static const struct every_row session_rows[] = { SESSION_ROWS(SESSION_ROW) };
static const struct every_row slot_rows[] = { SLOT_ROWS(SLOT_ROW) };

#define SESSION_COUNT (sizeof(session_rows) / sizeof(session_rows[0]))
#define SLOT_COUNT (sizeof(slot_rows) / sizeof(slot_rows[0]))

static void row_expect(const struct every_row *row, CK_ULONG h, CK_RV expected)
{
    rig_expect(expected, row->call(h), row->name, __FILE__, __LINE__);
}

static void all_refuse_uninitialized(void)
{
    CK_INFO info;

    for (size_t i = 0; i < SESSION_COUNT; i++)
        row_expect(&session_rows[i], 1, CKR_CRYPTOKI_NOT_INITIALIZED);
    for (size_t i = 0; i < SLOT_COUNT; i++)
        row_expect(&slot_rows[i], 0, CKR_CRYPTOKI_NOT_INITIALIZED);
    CK_IS(CKR_CRYPTOKI_NOT_INITIALIZED, C_GetInfo, &info);
    CK_IS(CKR_CRYPTOKI_NOT_INITIALIZED, C_Finalize, NULL);
}

START_TEST(before_initialize)
{
    all_refuse_uninitialized();
}
END_TEST

START_TEST(after_finalize)
{
    (void)rig_start("");
    (void)rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_Finalize, NULL);
    all_refuse_uninitialized();
}
END_TEST

START_TEST(handles_that_never_were)
{
    static const CK_ULONG handles[] = { 0, 2, 77, (CK_ULONG)-1 };

    (void)rig_start("");
    (void)rig_session(SLOT_AUTH);
    for (size_t k = 0; k < sizeof(handles) / sizeof(handles[0]); k++) {
        for (size_t i = 0; i < SESSION_COUNT; i++)
            row_expect(&session_rows[i], handles[k], CKR_SESSION_HANDLE_INVALID);
    }
}
END_TEST

START_TEST(session_that_was_closed)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_CloseSession, session);
    for (size_t i = 0; i < SESSION_COUNT; i++)
        row_expect(&session_rows[i], session, CKR_SESSION_HANDLE_INVALID);
}
END_TEST

/* A handle is not given out again, and an old one does not lead to a new session. */
START_TEST(sessions_that_came_after_it)
{
    CK_SESSION_HANDLE first, later;

    (void)rig_start("");
    first = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_CloseAllSessions, SLOT_AUTH);
    for (int k = 0; k < 300; k++) {
        later = rig_session(SLOT_AUTH);
        ck_assert_uint_ne(later, first);
        if (k % 2 == 0)
            CK_GOOD(C_CloseSession, later);
    }
    for (size_t i = 0; i < SESSION_COUNT; i++)
        row_expect(&session_rows[i], first, CKR_SESSION_HANDLE_INVALID);
    CK_GOOD(C_Finalize, NULL);
    rig_open();
    later = rig_session(SLOT_AUTH);
    if (later != first)
        CK_IS(CKR_SESSION_HANDLE_INVALID, C_CloseSession, first);
}
END_TEST

/* A session in which everything is under way that can be. */
static CK_SESSION_HANDLE session_at_work(void)
{
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, sha256_rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_OBJECT_HANDLE public_key = rig_object(session, CKO_PUBLIC_KEY);

    if (rig_state(session) != CKS_RW_USER_FUNCTIONS)
        ck_assert_uint_eq(rig_login(session, PIN_AUTH), CKR_OK);
    ck_assert_uint_eq(rig_sign_begin(session, CKM_SHA256_RSA_PKCS), CKR_OK);
    CK_GOOD(C_VerifyInit, session, &sha256_rsa, public_key);
    CK_GOOD(C_DigestInit, session, &sha256);
    CK_GOOD(C_FindObjectsInit, session, NULL, 0);
    return session;
}

/* What is another answer than without an operation: now the arguments are what is wrong, or
 * nothing is. */
static const struct {
    const char *name;
    CK_RV rv;
} amid_rows[] = {
    { "C_Logout", CKR_OK },
    { "C_FindObjectsInit", CKR_OPERATION_ACTIVE },
    { "C_FindObjects", CKR_ARGUMENTS_BAD },
    { "C_FindObjectsFinal", CKR_OK },
    { "C_DigestInit", CKR_OK },
    { "C_Digest", CKR_ARGUMENTS_BAD },
    { "C_DigestUpdate", CKR_OK },
    { "C_DigestFinal", CKR_ARGUMENTS_BAD },
    { "C_SignInit", CKR_OK },
    { "C_Sign", CKR_ARGUMENTS_BAD },
    { "C_SignUpdate", CKR_OK },
    { "C_SignFinal", CKR_ARGUMENTS_BAD },
    { "C_VerifyInit", CKR_OK },
    { "C_Verify", CKR_ARGUMENTS_BAD },
    { "C_VerifyUpdate", CKR_OK },
    { "C_VerifyFinal", CKR_ARGUMENTS_BAD },
    { "C_VerifySignatureInit", CKR_OK },
};

START_TEST(amid_operations)
{
    (void)rig_start("");
    (void)rig_logged_in(SLOT_AUTH);
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        const CK_SESSION_HANDLE session = session_at_work();
        CK_RV expected = session_rows[i].good;

        for (size_t k = 0; k < sizeof(amid_rows) / sizeof(amid_rows[0]); k++)
            if (strcmp(amid_rows[k].name, session_rows[i].name) == 0)
                expected = amid_rows[k].rv;
        row_expect(&session_rows[i], session, expected);
        if (strcmp(session_rows[i].name, "C_CloseSession") != 0)
            CK_GOOD(C_CloseSession, session);
    }
}
END_TEST

START_TEST(slots_that_never_were)
{
    static const CK_ULONG slots[] = { 2, 3, 64, (CK_ULONG)-1 };

    (void)rig_start("");
    for (size_t k = 0; k < sizeof(slots) / sizeof(slots[0]); k++) {
        for (size_t i = 0; i < SLOT_COUNT; i++)
            row_expect(&slot_rows[i], slots[k], slot_rows[i].bad);
    }
}
END_TEST

/* A session for each row: some of them end it or leave an operation in it. */
START_TEST(nothing_in_the_arguments)
{
    (void)rig_start("");
    for (size_t i = 0; i < SESSION_COUNT; i++)
        row_expect(&session_rows[i], rig_session(SLOT_AUTH), session_rows[i].good);
    for (size_t i = 0; i < SLOT_COUNT; i++)
        row_expect(&slot_rows[i], SLOT_AUTH, slot_rows[i].good);
}
END_TEST

/* What is not offered says so at once and never reaches the card. */
START_TEST(nothing_in_the_arguments_costs_no_exchange)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        if (session_rows[i].good != CKR_OK)
            row_expect(&session_rows[i], session, session_rows[i].good);
    }
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(card_taken_away)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    rig_eject(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    for (size_t i = 0; i < SESSION_COUNT; i++) {
        if (strcmp(session_rows[i].name, "C_CloseSession") != 0)
            (void)session_rows[i].call(session);
    }
    CK_GOOD(C_CloseSession, session);
}
END_TEST

START_TEST(reader_without_a_card)
{
    (void)rig_reader(READER_A, NULL);
    rig_open();
    for (size_t i = 0; i < SLOT_COUNT; i++)
        (void)slot_rows[i].call(SLOT_AUTH);
}
END_TEST

RIG_TESTS("every", before_initialize, after_finalize, handles_that_never_were,
          session_that_was_closed, sessions_that_came_after_it, amid_operations,
          slots_that_never_were, nothing_in_the_arguments,
          nothing_in_the_arguments_costs_no_exchange, card_taken_away, reader_without_a_card)
