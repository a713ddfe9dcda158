/* SPDX-License-Identifier: BSD-3-Clause */
/* The three interfaces, newest first, and the only three functions that leave the module by
 * name. */
#include "entry.h"

#include "general.h"

#include <string.h>

/* C_GetInfo stands apart: it answers the version of the interface it was reached by, which is
 * what clients may call. */
/* clang-format off */
#define FUNCTIONS_2_40(X) \
    X(C_Initialize) X(C_Finalize) X(C_GetFunctionList) X(C_GetSlotList) X(C_GetSlotInfo) X(C_GetTokenInfo) \
    X(C_GetMechanismList) X(C_GetMechanismInfo) X(C_InitToken) X(C_InitPIN) X(C_SetPIN) X(C_OpenSession) \
    X(C_CloseSession) X(C_CloseAllSessions) X(C_GetSessionInfo) X(C_GetOperationState) X(C_SetOperationState) \
    X(C_Login) X(C_Logout) X(C_CreateObject) X(C_CopyObject) X(C_DestroyObject) X(C_GetObjectSize) \
    X(C_GetAttributeValue) X(C_SetAttributeValue) X(C_FindObjectsInit) X(C_FindObjects) X(C_FindObjectsFinal) \
    X(C_EncryptInit) X(C_Encrypt) X(C_EncryptUpdate) X(C_EncryptFinal) X(C_DecryptInit) X(C_Decrypt) \
    X(C_DecryptUpdate) X(C_DecryptFinal) X(C_DigestInit) X(C_Digest) X(C_DigestUpdate) X(C_DigestKey) \
    X(C_DigestFinal) X(C_SignInit) X(C_Sign) X(C_SignUpdate) X(C_SignFinal) X(C_SignRecoverInit) X(C_SignRecover) \
    X(C_VerifyInit) X(C_Verify) X(C_VerifyUpdate) X(C_VerifyFinal) X(C_VerifyRecoverInit) X(C_VerifyRecover) \
    X(C_DigestEncryptUpdate) X(C_DecryptDigestUpdate) X(C_SignEncryptUpdate) X(C_DecryptVerifyUpdate) \
    X(C_GenerateKey) X(C_GenerateKeyPair) X(C_WrapKey) X(C_UnwrapKey) X(C_DeriveKey) X(C_SeedRandom) \
    X(C_GenerateRandom) X(C_GetFunctionStatus) X(C_CancelFunction) X(C_WaitForSlotEvent)

#define FUNCTIONS_3_0(X) \
    X(C_GetInterfaceList) X(C_GetInterface) X(C_LoginUser) X(C_SessionCancel) X(C_MessageEncryptInit) \
    X(C_EncryptMessage) X(C_EncryptMessageBegin) X(C_EncryptMessageNext) X(C_MessageEncryptFinal) \
    X(C_MessageDecryptInit) X(C_DecryptMessage) X(C_DecryptMessageBegin) X(C_DecryptMessageNext) \
    X(C_MessageDecryptFinal) X(C_MessageSignInit) X(C_SignMessage) X(C_SignMessageBegin) X(C_SignMessageNext) \
    X(C_MessageSignFinal) X(C_MessageVerifyInit) X(C_VerifyMessage) X(C_VerifyMessageBegin) X(C_VerifyMessageNext) \
    X(C_MessageVerifyFinal)

#define FUNCTIONS_3_2(X) \
    X(C_EncapsulateKey) X(C_DecapsulateKey) X(C_VerifySignatureInit) X(C_VerifySignature) X(C_VerifySignatureUpdate) \
    X(C_VerifySignatureFinal) X(C_GetSessionValidationFlags) X(C_AsyncComplete) X(C_AsyncGetID) X(C_AsyncJoin) \
    X(C_WrapKeyAuthenticated) X(C_UnwrapKeyAuthenticated)

#define ENTRY(name) .name = name,

static const CK_VERSION version_2_40 = { 2, 40 }, version_3_0 = { 3, 0 }, version_3_2 = { 3, 2 };

static CALL(info_2_40, (CK_INFO *info), call_begin(&call, "C_GetInfo"), general_info(info, version_2_40))
static CALL(info_3_0, (CK_INFO *info), call_begin(&call, "C_GetInfo"), general_info(info, version_3_0))
static CALL(info_3_2, (CK_INFO *info), call_begin(&call, "C_GetInfo"), general_info(info, version_3_2))

static const CK_FUNCTION_LIST list_2_40 = {
    .version = { 2, 40 }, .C_GetInfo = info_2_40, FUNCTIONS_2_40(ENTRY)
};
static const CK_FUNCTION_LIST_3_0 list_3_0 = {
    .version = { 3, 0 }, .C_GetInfo = info_3_0, FUNCTIONS_2_40(ENTRY) FUNCTIONS_3_0(ENTRY)
};
static const CK_FUNCTION_LIST_3_2 list_3_2 = {
    .version = { 3, 2 }, .C_GetInfo = info_3_2, FUNCTIONS_2_40(ENTRY) FUNCTIONS_3_0(ENTRY)
    FUNCTIONS_3_2(ENTRY)
};
/* clang-format on */

static const CK_UTF8CHAR interface_name[] = "PKCS 11";

/* The standard's structures are not const, although nobody may write to them. */
#define UNCONST(pointer) ((void *)(uintptr_t)(pointer))

static const CK_INTERFACE interfaces[] = {
    { UNCONST(interface_name), UNCONST(&list_3_2), 0 },
    { UNCONST(interface_name), UNCONST(&list_3_0), 0 },
    { UNCONST(interface_name), UNCONST(&list_2_40), 0 },
};

#define INTERFACE_COUNT (sizeof(interfaces) / sizeof(interfaces[0]))

EXPORTED CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    if (list == NULL)
        return CKR_ARGUMENTS_BAD;
    *list = UNCONST(&list_2_40);
    return CKR_OK;
}

EXPORTED CK_RV C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *count)
{
    CK_RV rv = CKR_OK;

    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    if (list != NULL && *count < INTERFACE_COUNT)
        rv = CKR_BUFFER_TOO_SMALL;
    else if (list != NULL)
        memcpy(list, interfaces, sizeof(interfaces));
    *count = INTERFACE_COUNT;
    return rv;
}

EXPORTED CK_RV C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret_interface,
                              CK_FLAGS flags)
{
    if (ret_interface == NULL || flags != 0)
        return CKR_ARGUMENTS_BAD;
    if (name != NULL && strcmp((const char *)name, (const char *)interface_name) != 0)
        return CKR_ARGUMENTS_BAD;
    for (size_t i = 0; i < INTERFACE_COUNT; i++) {
        /* each list begins with its version */
        if (version != NULL && memcmp(version, interfaces[i].pFunctionList, sizeof(*version)) != 0)
            continue;
        *ret_interface = UNCONST(&interfaces[i]);
        return CKR_OK;
    }
    return CKR_ARGUMENTS_BAD;
}
