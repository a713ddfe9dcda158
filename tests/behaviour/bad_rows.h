/* SPDX-License-Identifier: BSD-3-Clause */
/* The rows of test_bad.c, which says what the letters mean.  Every function that looks at its arguments is here. */
#ifndef BEHAVIOUR_BAD_ROWS_H
#define BEHAVIOUR_BAD_ROWS_H

#define N(i) a->n[i]
#define P(i) a->p[i]
#define NOT_SAID CKR_VENDOR_DEFINED /* any permitted code; as a good answer: not called, it would change the card */

/* X(function, kinds, what comes before, answer to the good call, answer to NULL where a pointer must be, arguments) */
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
    X(C_OpenSession, "ixqp", session_flags, CKR_OK, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), NULL, P(3)) \
    X(C_GetSessionInfo, "sp", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1)) \
    X(C_GetSessionValidationFlags, "sxp", plain, CKR_OK, CKR_ARGUMENTS_BAD, N(0), CKS_LAST_VALIDATION_OK, P(2)) \
    X(C_SetPIN, "sblbl", pins_two, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), N(4)) \
    X(C_Login, "Sxbl", pin_user, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), N(3)) \
    X(C_LoginUser, "Sxbl", pin_user, NOT_SAID, CKR_ARGUMENTS_BAD, N(0), N(1), P(2), N(3), NULL, 0) \
    X(C_CreateObject, "stnp", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), P(1), N(2), P(3)) \
    X(C_CopyObject, "shtnp", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), N(1), P(2), N(3), P(4)) \
    X(C_DestroyObject, "sh", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), N(1)) \
    X(C_SetAttributeValue, "shtn", plain, CKR_TOKEN_WRITE_PROTECTED, CKR_TOKEN_WRITE_PROTECTED, N(0), N(1), P(2), N(3)) \
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
    X(C_Verify, "sbnbg", verify, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), N(4)) \
    X(C_VerifyUpdate, "sbn", verify, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_VerifyFinal, "sbg", verify, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_VerifySignatureInit, "smkbg", mechanism_verify, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2), P(3), N(4)) \
    X(C_VerifySignature, "sbn", verify_signature, CKR_SIGNATURE_INVALID, CKR_ARGUMENTS_BAD, N(0), P(1), N(2)) \
    X(C_VerifySignatureUpdate, "sbn", verify_signature, CKR_OK, CKR_ARGUMENTS_BAD, N(0), P(1), N(2))

#endif
