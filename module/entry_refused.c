/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions that a card which only signs does not have.  They pass the gate first, so that a call before C_Initialize or
 * with a stale session is told so, and then answer the code that the standard lists for them.
 */
#include "entry.h"

#include "find.h"
#include "slot.h"

/* The parameters keep the standard's places and names although nothing looks at them. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

CK_RV C_InitToken(CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *label)
GATE_CALL("C_InitToken", slot_init_token(call.module, slot, label))

CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR *pin, CK_ULONG pin_len)
SESSION_CALL("C_InitPIN", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE *ret_state, CK_ULONG *state_len)
SESSION_CALL("C_GetOperationState", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG state_len,
                          CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key)
SESSION_CALL("C_SetOperationState", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_object)
SESSION_CALL("C_CreateObject", session, find_refuse_write(call.session, 0, false))

CK_RV C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count,
                   CK_OBJECT_HANDLE *ret_object)
SESSION_CALL("C_CopyObject", session, find_refuse_write(call.session, object, true))

CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
SESSION_CALL("C_DestroyObject", session, find_refuse_write(call.session, object, true))

CK_RV C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count)
SESSION_CALL("C_SetAttributeValue", session, find_refuse_write(call.session, object, true))

CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_EncryptInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_Encrypt", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_EncryptUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_EncryptFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_DecryptInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_Decrypt", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_DecryptUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_DecryptFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
SESSION_CALL("C_DigestKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_SignRecoverInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
                    CK_ULONG *signature_len)
SESSION_CALL("C_SignRecover", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_VerifyRecoverInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len, CK_BYTE *ret_data,
                      CK_ULONG *ret_len)
SESSION_CALL("C_VerifyRecover", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len)
SESSION_CALL("C_DigestEncryptUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len)
SESSION_CALL("C_DecryptDigestUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                          CK_ULONG *ret_len)
SESSION_CALL("C_SignEncryptUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len)
SESSION_CALL("C_DecryptVerifyUpdate", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *attrs, CK_ULONG count,
                    CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_GenerateKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *public_attrs,
                        CK_ULONG public_count, CK_ATTRIBUTE *private_attrs, CK_ULONG private_count,
                        CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private)
SESSION_CALL("C_GenerateKeyPair", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
                CK_BYTE *ret_wrapped, CK_ULONG *wrapped_len)
SESSION_CALL("C_WrapKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped,
                  CK_ULONG wrapped_len, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_UnwrapKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *attrs,
                  CK_ULONG count, CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_DeriveKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_len)
SESSION_CALL("C_SeedRandom", session, CKR_RANDOM_NO_RNG)

CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *ret_random, CK_ULONG len)
SESSION_CALL("C_GenerateRandom", session, CKR_RANDOM_NO_RNG)

CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE session)
SESSION_CALL("C_GetFunctionStatus", session, CKR_FUNCTION_NOT_PARALLEL)

CK_RV C_CancelFunction(CK_SESSION_HANDLE session)
SESSION_CALL("C_CancelFunction", session, CKR_FUNCTION_NOT_PARALLEL)

CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_MessageEncryptInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len,
                       CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_EncryptMessage", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len)
SESSION_CALL("C_EncryptMessageBegin", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags)
SESSION_CALL("C_EncryptMessageNext", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session)
SESSION_CALL("C_MessageEncryptFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_MessageDecryptInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len,
                       CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
SESSION_CALL("C_DecryptMessage", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len)
SESSION_CALL("C_DecryptMessageBegin", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags)
SESSION_CALL("C_DecryptMessageNext", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session)
SESSION_CALL("C_MessageDecryptFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_MessageSignInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                    CK_BYTE *ret_signature, CK_ULONG *signature_len)
SESSION_CALL("C_SignMessage", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len)
SESSION_CALL("C_SignMessageBegin", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                        CK_BYTE *ret_signature, CK_ULONG *signature_len)
SESSION_CALL("C_SignMessageNext", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session)
SESSION_CALL("C_MessageSignFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
SESSION_CALL("C_MessageVerifyInit", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                      CK_BYTE *signature, CK_ULONG signature_len)
SESSION_CALL("C_VerifyMessage", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len)
SESSION_CALL("C_VerifyMessageBegin", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                          CK_BYTE *signature, CK_ULONG signature_len)
SESSION_CALL("C_VerifyMessageNext", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session)
SESSION_CALL("C_MessageVerifyFinal", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *attrs,
                       CK_ULONG count, CK_BYTE *ret_ciphertext, CK_ULONG *ciphertext_len, CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_EncapsulateKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *attrs,
                       CK_ULONG count, CK_BYTE *ciphertext, CK_ULONG ciphertext_len, CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_DecapsulateKey", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret_result)
SESSION_CALL("C_AsyncComplete", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG *ret_id)
SESSION_CALL("C_AsyncGetID", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data, CK_ULONG data_len)
SESSION_CALL("C_AsyncJoin", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key,
                             CK_OBJECT_HANDLE key, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *ret_wrapped,
                             CK_ULONG *wrapped_len)
SESSION_CALL("C_WrapKeyAuthenticated", session, CKR_FUNCTION_NOT_SUPPORTED)

CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key,
                               CK_BYTE *wrapped, CK_ULONG wrapped_len, CK_ATTRIBUTE *attrs, CK_ULONG count,
                               CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret_key)
SESSION_CALL("C_UnwrapKeyAuthenticated", session, CKR_FUNCTION_NOT_SUPPORTED)
