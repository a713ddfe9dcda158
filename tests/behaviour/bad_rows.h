/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rows of test_bad.c, which says what the letters mean, and what comes before their calls.
 * Every function that looks at its arguments is here.
 */
#ifndef BEHAVIOUR_BAD_ROWS_H
#define BEHAVIOUR_BAD_ROWS_H

#include "rig.h"

#define ROOM 8192
#define PARAMETERS 6

/* The arguments of a call: parameter i is n[i] or p[i]. */
struct args {
    CK_ULONG n[PARAMETERS];
    void *p[PARAMETERS];
};

static struct {
    _Alignas(16) CK_BYTE out[PARAMETERS][ROOM];
    CK_BYTE bytes[PARAMETERS][SIGNATURE_LEN];
    CK_ULONG room;
    CK_OBJECT_CLASS class;
    CK_ATTRIBUTE attribute;
    CK_MECHANISM mechanism;
    CK_RSA_PKCS_PSS_PARAMS pss;
    CK_OBJECT_HANDLE private_key, public_key, certificate, foreign, stale;
} store;

/* What comes before the call, beyond the arguments that every row gets. */
typedef void prepare(struct args *a);

static void plain(struct args *a)
{
    (void)a;
}

static void dont_block(struct args *a)
{
    a->n[0] = CKF_DONT_BLOCK;
}

static void mechanism_of_info(struct args *a)
{
    a->n[1] = CKM_SHA256_RSA_PKCS;
}

static void session_flags(struct args *a)
{
    a->n[1] = CKF_SERIAL_SESSION;
}

static void interface_name(struct args *a)
{
    memcpy(a->p[0], "PKCS 11", 8);
    *(CK_VERSION *)a->p[1] = (CK_VERSION){ 3, 0 };
}

static void pin_user(struct args *a)
{
    a->n[1] = CKU_USER;
    memcpy(a->p[2], PIN_SIGN, 6);
    a->n[3] = 6;
}

static void pins_two(struct args *a)
{
    memcpy(a->p[1], PIN_AUTH, 4);
    memcpy(a->p[3], "5678", 4);
    a->n[2] = a->n[4] = 4;
}

static void find(struct args *a)
{
    CK_GOOD(C_FindObjectsInit, a->n[0], NULL, 0);
}

static void mechanism_digest(struct args *a)
{
    (void)a;
    store.mechanism = (CK_MECHANISM){ CKM_SHA256, NULL, 0 };
}

static void digest(struct args *a)
{
    mechanism_digest(a);
    CK_GOOD(C_DigestInit, a->n[0], &store.mechanism);
}

static void mechanism_sign(struct args *a)
{
    store.mechanism = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS, NULL, 0 };
    a->n[2] = store.private_key;
}

static void mechanism_pss(struct args *a)
{
    store.pss = (CK_RSA_PKCS_PSS_PARAMS){ CKM_SHA256, CKG_MGF1_SHA256, 32 };
    store.mechanism = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS_PSS, &store.pss, sizeof(store.pss) };
    a->n[2] = store.private_key;
}

static void mechanism_verify(struct args *a)
{
    store.mechanism = (CK_MECHANISM){ CKM_SHA256_RSA_PKCS, NULL, 0 };
    a->n[2] = store.public_key;
}

static CK_MECHANISM sha256_rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };

static void sign(struct args *a)
{
    CK_GOOD(C_SignInit, a->n[0], &sha256_rsa, store.private_key);
}

static void sign_part(struct args *a)
{
    sign(a);
    CK_GOOD(C_SignUpdate, a->n[0], store.bytes[0], 1);
}

static void verify(struct args *a)
{
    CK_GOOD(C_VerifyInit, a->n[0], &sha256_rsa, store.public_key);
}

static void verify_signature(struct args *a)
{
    CK_GOOD(C_VerifySignatureInit, a->n[0], &sha256_rsa, store.public_key, store.bytes[0],
            SIGNATURE_LEN);
}

#define N(i) a->n[i]
#define P(i) a->p[i]
/* any permitted code; as a good answer: not called, it would change the card */
#define NOT_SAID CKR_VENDOR_DEFINED

/* X(function, kinds, what comes before, answer to the good call, answer to NULL where a pointer
 * must be, arguments) */
#define ROWS(X) \
    X(C_GetFunctionList, "p", plain, CKR_OK, CKR_ARGUMENTS_BAD, P(0)) \
    X(C_GetInterfaceList, "or", plain, CKR_OK, CKR_ARGUMENTS_BAD, P(0), P(1)) \
    X(C_GetInterface, "qqpx", interface_name, CKR_OK, CKR_ARGUMENTS_BAD, P(0), P(1), P(2), 0) \
    X(C_GetInfo, "p", plain, CKR_OK, CKR_ARGUMENTS_BAD, P(0)) \
    X(C_GetSlotList, "xor", plain, CKR_OK, CKR_ARGUMENTS_BAD, CK_FALSE, P(1), P(2)) \
    X(C_GetSlotInfo, "ip", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1)) \
    X(C_GetTokenInfo, "ip", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1)) \
    X(C_WaitForSlotEvent, "xp", dont_block, CKR_NO_EVENT, CKR_ARGUMENTS_BAD, N(0), P(1), NULL) \
    X(C_GetMechanismList, "ior", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), P(2)) \
    X(C_GetMechanismInfo, "ixp", mechanism_of_info, CKR_OK, CKR_ARGUMENTS_BAD, N(0), N(1), P(2)) \
    X(C_OpenSession, "ixqp", session_flags, CKR_OK, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), NULL, \
      P(3)) \
    X(C_GetSessionInfo, "sp", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1)) \
    X(C_GetSessionValidationFlags, "sxp", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), \
      CKS_LAST_VALIDATION_OK, P(2)) \
    X(C_SetPIN, "sblbl", pins_two, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), N(4)) \
    X(C_Login, "Sxbl", pin_user, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), N(3)) \
    X(C_LoginUser, "Sxbl", pin_user, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), N(3), NULL, 0) \
    X(C_CreateObject, "stnp", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), \
      P(1), N(2), P(3)) \
    X(C_CopyObject, "shtnp", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), \
      N(1), P(2), N(3), P(4)) \
    X(C_DestroyObject, "sh", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), \
      N(1)) \
    X(C_SetAttributeValue, "shtn", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, \
      N(0), N(1), P(2), N(3)) \
    X(C_GetObjectSize, "shp", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), N(1), P(2)) \
    X(C_GetAttributeValue, "shtn", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), N(3)) \
    X(C_FindObjectsInit, "stn", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_FindObjects, "spcp", find, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3)) \
    X(C_DigestInit, "sm", mechanism_digest, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1)) \
    X(C_Digest, "sbnor", digest, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), P(4)) \
    X(C_DigestUpdate, "sbn", digest, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_DigestFinal, "sor", digest, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), P(2)) \
    X(C_SignInit, "smk", mechanism_sign, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_SignInit, "smk", mechanism_pss, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_Sign, "sbnor", sign, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), P(4)) \
    X(C_SignUpdate, "sbn", sign, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_SignFinal, "sor", sign_part, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), P(2)) \
    X(C_VerifyInit, "smk", mechanism_verify, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_Verify, "sbnbg", verify, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), \
      N(4)) \
    X(C_VerifyUpdate, "sbn", verify, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_VerifyFinal, "sbg", verify, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_VerifySignatureInit, "smkbg", mechanism_verify, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), \
      N(2), P(3), N(4)) \
    X(C_VerifySignature, "sbn", verify_signature, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), \
      P(1), N(2)) \
    X(C_VerifySignatureUpdate, "sbn", verify_signature, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2))

#endif
