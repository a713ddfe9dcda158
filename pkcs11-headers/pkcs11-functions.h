/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions of PKCS#11 3.2 and the lists a module hands them out in.  Parameter types and order are the standard's,
 * parameter names are ours: an output is ret_x; a length behind a pointer is the room on the way in and the length on
 * the way out.
 * Include pkcs11.h, not this file.
 */
#ifndef PKCS11_FUNCTIONS_H
#define PKCS11_FUNCTIONS_H

#include "pkcs11-structs.h"

/* The prototypes.  A module exports three of them: C_GetFunctionList, C_GetInterfaceList, C_GetInterface. */

/* general */
CK_RV C_Initialize(void *args);
CK_RV C_Finalize(void *reserved);
CK_RV C_GetInfo(CK_INFO *ret_info);
CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret_list);

/* slots and tokens */
CK_RV C_GetSlotList(CK_BBOOL token_present, CK_SLOT_ID *ret_slots, CK_ULONG *count);
CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *ret_info);
CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *ret_info);
CK_RV C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *ret_types, CK_ULONG *count);
CK_RV C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *ret_info);
CK_RV C_InitToken(CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *label);
CK_RV C_InitPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR *pin, CK_ULONG pin_len);
CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR *old_pin, CK_ULONG old_len, CK_UTF8CHAR *new_pin, CK_ULONG new_len);

/* sessions */
CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify, CK_SESSION_HANDLE *ret_session);
CK_RV C_CloseSession(CK_SESSION_HANDLE session);
CK_RV C_CloseAllSessions(CK_SLOT_ID slot);
CK_RV C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *ret_info);
CK_RV C_GetOperationState(CK_SESSION_HANDLE session, CK_BYTE *ret_state, CK_ULONG *state_len);
CK_RV C_SetOperationState(CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG state_len, CK_OBJECT_HANDLE encryption_key,
                          CK_OBJECT_HANDLE authentication_key);
CK_RV C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len);
CK_RV C_Logout(CK_SESSION_HANDLE session);

/* objects */
CK_RV C_CreateObject(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_object);
CK_RV C_CopyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count,
                   CK_OBJECT_HANDLE *ret_object);
CK_RV C_DestroyObject(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
CK_RV C_GetObjectSize(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *ret_size);
CK_RV C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count);
CK_RV C_SetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count);
CK_RV C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count);
CK_RV C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret_objects, CK_ULONG max, CK_ULONG *ret_count);
CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE session);

/* encryption and decryption */
CK_RV C_EncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_Encrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_EncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_EncryptFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_DecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_Decrypt(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_DecryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_DecryptFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len);

/* digests */
CK_RV C_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech);
CK_RV C_Digest(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_digest, CK_ULONG *digest_len);
CK_RV C_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_DigestKey(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
CK_RV C_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_digest, CK_ULONG *digest_len);

/* signatures */
CK_RV C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
             CK_ULONG *signature_len);
CK_RV C_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE *ret_signature, CK_ULONG *signature_len);
CK_RV C_SignRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_SignRecover(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
                    CK_ULONG *signature_len);

/* verification */
CK_RV C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_Verify(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG signature_len);
CK_RV C_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len);
CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_VerifyRecover(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len, CK_BYTE *ret_data,
                      CK_ULONG *ret_len);

/* two operations at once */
CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len);
CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len);
CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                          CK_ULONG *ret_len);
CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                            CK_ULONG *ret_len);

/* keys */
CK_RV C_GenerateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *attrs, CK_ULONG count,
                    CK_OBJECT_HANDLE *ret_key);
CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *public_attrs, CK_ULONG public_count,
                        CK_ATTRIBUTE *private_attrs, CK_ULONG private_count, CK_OBJECT_HANDLE *ret_public,
                        CK_OBJECT_HANDLE *ret_private);
CK_RV C_WrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key,
                CK_BYTE *ret_wrapped, CK_ULONG *wrapped_len);
CK_RV C_UnwrapKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped,
                  CK_ULONG wrapped_len, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_key);
CK_RV C_DeriveKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *attrs,
                  CK_ULONG count, CK_OBJECT_HANDLE *ret_key);

/* random numbers */
CK_RV C_SeedRandom(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_len);
CK_RV C_GenerateRandom(CK_SESSION_HANDLE session, CK_BYTE *ret_random, CK_ULONG len);

/* what is left from parallel functions */
CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE session);
CK_RV C_CancelFunction(CK_SESSION_HANDLE session);

/* events */
CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *ret_slot, void *reserved);

/* since 3.0: interfaces, named users, message-based operations */
CK_RV C_GetInterfaceList(CK_INTERFACE *ret_interfaces, CK_ULONG *count);
CK_RV C_GetInterface(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret_interface, CK_FLAGS flags);
CK_RV C_LoginUser(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *name,
                  CK_ULONG name_len);
CK_RV C_SessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags);
CK_RV C_MessageEncryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_EncryptMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len,
                       CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_EncryptMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len);
CK_RV C_EncryptMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags);
CK_RV C_MessageEncryptFinal(CK_SESSION_HANDLE session);
CK_RV C_MessageDecryptInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_DecryptMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len,
                       CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len);
CK_RV C_DecryptMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len);
CK_RV C_DecryptMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags);
CK_RV C_MessageDecryptFinal(CK_SESSION_HANDLE session);
CK_RV C_MessageSignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_SignMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                    CK_BYTE *ret_signature, CK_ULONG *signature_len);
CK_RV C_SignMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len);
CK_RV C_SignMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                        CK_BYTE *ret_signature, CK_ULONG *signature_len);
CK_RV C_MessageSignFinal(CK_SESSION_HANDLE session);
CK_RV C_MessageVerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
CK_RV C_VerifyMessage(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                      CK_BYTE *signature, CK_ULONG signature_len);
CK_RV C_VerifyMessageBegin(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len);
CK_RV C_VerifyMessageNext(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len,
                          CK_BYTE *signature, CK_ULONG signature_len);
CK_RV C_MessageVerifyFinal(CK_SESSION_HANDLE session);

/* since 3.2: encapsulation, signatures known in advance, asynchronous calls */
CK_RV C_EncapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *attrs,
                       CK_ULONG count, CK_BYTE *ret_ciphertext, CK_ULONG *ciphertext_len, CK_OBJECT_HANDLE *ret_key);
CK_RV C_DecapsulateKey(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *attrs,
                       CK_ULONG count, CK_BYTE *ciphertext, CK_ULONG ciphertext_len, CK_OBJECT_HANDLE *ret_key);
CK_RV C_VerifySignatureInit(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key, CK_BYTE *signature,
                            CK_ULONG signature_len);
CK_RV C_VerifySignature(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_VerifySignatureUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_VerifySignatureFinal(CK_SESSION_HANDLE session);
CK_RV C_GetSessionValidationFlags(CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *ret_flags);
CK_RV C_AsyncComplete(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret_result);
CK_RV C_AsyncGetID(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG *ret_id);
CK_RV C_AsyncJoin(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data, CK_ULONG data_len);
CK_RV C_WrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key,
                             CK_OBJECT_HANDLE key, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *ret_wrapped,
                             CK_ULONG *wrapped_len);
CK_RV C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key,
                               CK_BYTE *wrapped, CK_ULONG wrapped_len, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_BYTE *aad,
                               CK_ULONG aad_len, CK_OBJECT_HANDLE *ret_key);

/* A pointer type to each. */
typedef CK_RV (*CK_C_Initialize)(void *args);
typedef CK_RV (*CK_C_Finalize)(void *reserved);
typedef CK_RV (*CK_C_GetInfo)(CK_INFO *ret_info);
typedef CK_RV (*CK_C_GetFunctionList)(CK_FUNCTION_LIST **ret_list);
typedef CK_RV (*CK_C_GetSlotList)(CK_BBOOL token_present, CK_SLOT_ID *ret_slots, CK_ULONG *count);
typedef CK_RV (*CK_C_GetSlotInfo)(CK_SLOT_ID slot, CK_SLOT_INFO *ret_info);
typedef CK_RV (*CK_C_GetTokenInfo)(CK_SLOT_ID slot, CK_TOKEN_INFO *ret_info);
typedef CK_RV (*CK_C_GetMechanismList)(CK_SLOT_ID slot, CK_MECHANISM_TYPE *ret_types, CK_ULONG *count);
typedef CK_RV (*CK_C_GetMechanismInfo)(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *ret_info);
typedef CK_RV (*CK_C_InitToken)(CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *label);
typedef CK_RV (*CK_C_InitPIN)(CK_SESSION_HANDLE session, CK_UTF8CHAR *pin, CK_ULONG pin_len);
typedef CK_RV (*CK_C_SetPIN)(CK_SESSION_HANDLE session, CK_UTF8CHAR *old_pin, CK_ULONG old_len, CK_UTF8CHAR *new_pin,
                             CK_ULONG new_len);
typedef CK_RV (*CK_C_OpenSession)(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                                  CK_SESSION_HANDLE *ret_session);
typedef CK_RV (*CK_C_CloseSession)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_CloseAllSessions)(CK_SLOT_ID slot);
typedef CK_RV (*CK_C_GetSessionInfo)(CK_SESSION_HANDLE session, CK_SESSION_INFO *ret_info);
typedef CK_RV (*CK_C_GetOperationState)(CK_SESSION_HANDLE session, CK_BYTE *ret_state, CK_ULONG *state_len);
typedef CK_RV (*CK_C_SetOperationState)(CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG state_len,
                                        CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key);
typedef CK_RV (*CK_C_Login)(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len);
typedef CK_RV (*CK_C_Logout)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_CreateObject)(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count,
                                   CK_OBJECT_HANDLE *ret_object);
typedef CK_RV (*CK_C_CopyObject)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs, CK_ULONG count,
                                 CK_OBJECT_HANDLE *ret_object);
typedef CK_RV (*CK_C_DestroyObject)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
typedef CK_RV (*CK_C_GetObjectSize)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *ret_size);
typedef CK_RV (*CK_C_GetAttributeValue)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs,
                                        CK_ULONG count);
typedef CK_RV (*CK_C_SetAttributeValue)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs,
                                        CK_ULONG count);
typedef CK_RV (*CK_C_FindObjectsInit)(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count);
typedef CK_RV (*CK_C_FindObjects)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *ret_objects, CK_ULONG max,
                                  CK_ULONG *ret_count);
typedef CK_RV (*CK_C_FindObjectsFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_EncryptInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_Encrypt)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                              CK_ULONG *ret_len);
typedef CK_RV (*CK_C_EncryptUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                    CK_ULONG *ret_len);
typedef CK_RV (*CK_C_EncryptFinal)(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_Decrypt)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                              CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                    CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptFinal)(CK_SESSION_HANDLE session, CK_BYTE *ret_data, CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DigestInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech);
typedef CK_RV (*CK_C_Digest)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_digest,
                             CK_ULONG *digest_len);
typedef CK_RV (*CK_C_DigestUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
typedef CK_RV (*CK_C_DigestKey)(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_DigestFinal)(CK_SESSION_HANDLE session, CK_BYTE *ret_digest, CK_ULONG *digest_len);
typedef CK_RV (*CK_C_SignInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_Sign)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
                           CK_ULONG *signature_len);
typedef CK_RV (*CK_C_SignUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
typedef CK_RV (*CK_C_SignFinal)(CK_SESSION_HANDLE session, CK_BYTE *ret_signature, CK_ULONG *signature_len);
typedef CK_RV (*CK_C_SignRecoverInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_SignRecover)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
                                  CK_ULONG *signature_len);
typedef CK_RV (*CK_C_VerifyInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_Verify)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
                             CK_ULONG signature_len);
typedef CK_RV (*CK_C_VerifyUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
typedef CK_RV (*CK_C_VerifyFinal)(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len);
typedef CK_RV (*CK_C_VerifyRecoverInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_VerifyRecover)(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len,
                                    CK_BYTE *ret_data, CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DigestEncryptUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                          CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptDigestUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                          CK_ULONG *ret_len);
typedef CK_RV (*CK_C_SignEncryptUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                        CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptVerifyUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                          CK_ULONG *ret_len);
typedef CK_RV (*CK_C_GenerateKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *attrs, CK_ULONG count,
                                  CK_OBJECT_HANDLE *ret_key);
typedef CK_RV (*CK_C_GenerateKeyPair)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_ATTRIBUTE *public_attrs,
                                      CK_ULONG public_count, CK_ATTRIBUTE *private_attrs, CK_ULONG private_count,
                                      CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private);
typedef CK_RV (*CK_C_WrapKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key,
                              CK_OBJECT_HANDLE key, CK_BYTE *ret_wrapped, CK_ULONG *wrapped_len);
typedef CK_RV (*CK_C_UnwrapKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key,
                                CK_BYTE *wrapped, CK_ULONG wrapped_len, CK_ATTRIBUTE *attrs, CK_ULONG count,
                                CK_OBJECT_HANDLE *ret_key);
typedef CK_RV (*CK_C_DeriveKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE base_key,
                                CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_key);
typedef CK_RV (*CK_C_SeedRandom)(CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG seed_len);
typedef CK_RV (*CK_C_GenerateRandom)(CK_SESSION_HANDLE session, CK_BYTE *ret_random, CK_ULONG len);
typedef CK_RV (*CK_C_GetFunctionStatus)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_CancelFunction)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_WaitForSlotEvent)(CK_FLAGS flags, CK_SLOT_ID *ret_slot, void *reserved);
typedef CK_RV (*CK_C_GetInterfaceList)(CK_INTERFACE *ret_interfaces, CK_ULONG *count);
typedef CK_RV (*CK_C_GetInterface)(CK_UTF8CHAR *name, CK_VERSION *version, CK_INTERFACE **ret_interface, CK_FLAGS flags);
typedef CK_RV (*CK_C_LoginUser)(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len,
                                CK_UTF8CHAR *name, CK_ULONG name_len);
typedef CK_RV (*CK_C_SessionCancel)(CK_SESSION_HANDLE session, CK_FLAGS flags);
typedef CK_RV (*CK_C_MessageEncryptInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_EncryptMessage)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad,
                                     CK_ULONG aad_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                     CK_ULONG *ret_len);
typedef CK_RV (*CK_C_EncryptMessageBegin)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad,
                                          CK_ULONG aad_len);
typedef CK_RV (*CK_C_EncryptMessageNext)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                         CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags);
typedef CK_RV (*CK_C_MessageEncryptFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_MessageDecryptInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_DecryptMessage)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad,
                                     CK_ULONG aad_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
                                     CK_ULONG *ret_len);
typedef CK_RV (*CK_C_DecryptMessageBegin)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *aad,
                                          CK_ULONG aad_len);
typedef CK_RV (*CK_C_DecryptMessageNext)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                         CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len, CK_FLAGS flags);
typedef CK_RV (*CK_C_MessageDecryptFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_MessageSignInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_SignMessage)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                  CK_ULONG data_len, CK_BYTE *ret_signature, CK_ULONG *signature_len);
typedef CK_RV (*CK_C_SignMessageBegin)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len);
typedef CK_RV (*CK_C_SignMessageNext)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                      CK_ULONG data_len, CK_BYTE *ret_signature, CK_ULONG *signature_len);
typedef CK_RV (*CK_C_MessageSignFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_MessageVerifyInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key);
typedef CK_RV (*CK_C_VerifyMessage)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                    CK_ULONG data_len, CK_BYTE *signature, CK_ULONG signature_len);
typedef CK_RV (*CK_C_VerifyMessageBegin)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len);
typedef CK_RV (*CK_C_VerifyMessageNext)(CK_SESSION_HANDLE session, void *param, CK_ULONG param_len, CK_BYTE *data,
                                        CK_ULONG data_len, CK_BYTE *signature, CK_ULONG signature_len);
typedef CK_RV (*CK_C_MessageVerifyFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_EncapsulateKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE public_key,
                                     CK_ATTRIBUTE *attrs, CK_ULONG count, CK_BYTE *ret_ciphertext,
                                     CK_ULONG *ciphertext_len, CK_OBJECT_HANDLE *ret_key);
typedef CK_RV (*CK_C_DecapsulateKey)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE private_key,
                                     CK_ATTRIBUTE *attrs, CK_ULONG count, CK_BYTE *ciphertext, CK_ULONG ciphertext_len,
                                     CK_OBJECT_HANDLE *ret_key);
typedef CK_RV (*CK_C_VerifySignatureInit)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE key,
                                          CK_BYTE *signature, CK_ULONG signature_len);
typedef CK_RV (*CK_C_VerifySignature)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
typedef CK_RV (*CK_C_VerifySignatureUpdate)(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len);
typedef CK_RV (*CK_C_VerifySignatureFinal)(CK_SESSION_HANDLE session);
typedef CK_RV (*CK_C_GetSessionValidationFlags)(CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                                CK_FLAGS *ret_flags);
typedef CK_RV (*CK_C_AsyncComplete)(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret_result);
typedef CK_RV (*CK_C_AsyncGetID)(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG *ret_id);
typedef CK_RV (*CK_C_AsyncJoin)(CK_SESSION_HANDLE session, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data,
                                CK_ULONG data_len);
typedef CK_RV (*CK_C_WrapKeyAuthenticated)(CK_SESSION_HANDLE session, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key,
                                           CK_OBJECT_HANDLE key, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *ret_wrapped,
                                           CK_ULONG *wrapped_len);
typedef CK_RV (*CK_C_UnwrapKeyAuthenticated)(CK_SESSION_HANDLE session, CK_MECHANISM *mech,
                                             CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped, CK_ULONG wrapped_len,
                                             CK_ATTRIBUTE *attrs, CK_ULONG count, CK_BYTE *aad, CK_ULONG aad_len,
                                             CK_OBJECT_HANDLE *ret_key);

/*
 * The lists, in the order every module and every application has to agree on: the shorter is the beginning of the longer.
 */
struct CK_FUNCTION_LIST {
    CK_VERSION version;
    CK_C_Initialize C_Initialize;
    CK_C_Finalize C_Finalize;
    CK_C_GetInfo C_GetInfo;
    CK_C_GetFunctionList C_GetFunctionList;
    CK_C_GetSlotList C_GetSlotList;
    CK_C_GetSlotInfo C_GetSlotInfo;
    CK_C_GetTokenInfo C_GetTokenInfo;
    CK_C_GetMechanismList C_GetMechanismList;
    CK_C_GetMechanismInfo C_GetMechanismInfo;
    CK_C_InitToken C_InitToken;
    CK_C_InitPIN C_InitPIN;
    CK_C_SetPIN C_SetPIN;
    CK_C_OpenSession C_OpenSession;
    CK_C_CloseSession C_CloseSession;
    CK_C_CloseAllSessions C_CloseAllSessions;
    CK_C_GetSessionInfo C_GetSessionInfo;
    CK_C_GetOperationState C_GetOperationState;
    CK_C_SetOperationState C_SetOperationState;
    CK_C_Login C_Login;
    CK_C_Logout C_Logout;
    CK_C_CreateObject C_CreateObject;
    CK_C_CopyObject C_CopyObject;
    CK_C_DestroyObject C_DestroyObject;
    CK_C_GetObjectSize C_GetObjectSize;
    CK_C_GetAttributeValue C_GetAttributeValue;
    CK_C_SetAttributeValue C_SetAttributeValue;
    CK_C_FindObjectsInit C_FindObjectsInit;
    CK_C_FindObjects C_FindObjects;
    CK_C_FindObjectsFinal C_FindObjectsFinal;
    CK_C_EncryptInit C_EncryptInit;
    CK_C_Encrypt C_Encrypt;
    CK_C_EncryptUpdate C_EncryptUpdate;
    CK_C_EncryptFinal C_EncryptFinal;
    CK_C_DecryptInit C_DecryptInit;
    CK_C_Decrypt C_Decrypt;
    CK_C_DecryptUpdate C_DecryptUpdate;
    CK_C_DecryptFinal C_DecryptFinal;
    CK_C_DigestInit C_DigestInit;
    CK_C_Digest C_Digest;
    CK_C_DigestUpdate C_DigestUpdate;
    CK_C_DigestKey C_DigestKey;
    CK_C_DigestFinal C_DigestFinal;
    CK_C_SignInit C_SignInit;
    CK_C_Sign C_Sign;
    CK_C_SignUpdate C_SignUpdate;
    CK_C_SignFinal C_SignFinal;
    CK_C_SignRecoverInit C_SignRecoverInit;
    CK_C_SignRecover C_SignRecover;
    CK_C_VerifyInit C_VerifyInit;
    CK_C_Verify C_Verify;
    CK_C_VerifyUpdate C_VerifyUpdate;
    CK_C_VerifyFinal C_VerifyFinal;
    CK_C_VerifyRecoverInit C_VerifyRecoverInit;
    CK_C_VerifyRecover C_VerifyRecover;
    CK_C_DigestEncryptUpdate C_DigestEncryptUpdate;
    CK_C_DecryptDigestUpdate C_DecryptDigestUpdate;
    CK_C_SignEncryptUpdate C_SignEncryptUpdate;
    CK_C_DecryptVerifyUpdate C_DecryptVerifyUpdate;
    CK_C_GenerateKey C_GenerateKey;
    CK_C_GenerateKeyPair C_GenerateKeyPair;
    CK_C_WrapKey C_WrapKey;
    CK_C_UnwrapKey C_UnwrapKey;
    CK_C_DeriveKey C_DeriveKey;
    CK_C_SeedRandom C_SeedRandom;
    CK_C_GenerateRandom C_GenerateRandom;
    CK_C_GetFunctionStatus C_GetFunctionStatus;
    CK_C_CancelFunction C_CancelFunction;
    CK_C_WaitForSlotEvent C_WaitForSlotEvent;
};

struct CK_FUNCTION_LIST_3_0 {
    CK_VERSION version;
    CK_C_Initialize C_Initialize;
    CK_C_Finalize C_Finalize;
    CK_C_GetInfo C_GetInfo;
    CK_C_GetFunctionList C_GetFunctionList;
    CK_C_GetSlotList C_GetSlotList;
    CK_C_GetSlotInfo C_GetSlotInfo;
    CK_C_GetTokenInfo C_GetTokenInfo;
    CK_C_GetMechanismList C_GetMechanismList;
    CK_C_GetMechanismInfo C_GetMechanismInfo;
    CK_C_InitToken C_InitToken;
    CK_C_InitPIN C_InitPIN;
    CK_C_SetPIN C_SetPIN;
    CK_C_OpenSession C_OpenSession;
    CK_C_CloseSession C_CloseSession;
    CK_C_CloseAllSessions C_CloseAllSessions;
    CK_C_GetSessionInfo C_GetSessionInfo;
    CK_C_GetOperationState C_GetOperationState;
    CK_C_SetOperationState C_SetOperationState;
    CK_C_Login C_Login;
    CK_C_Logout C_Logout;
    CK_C_CreateObject C_CreateObject;
    CK_C_CopyObject C_CopyObject;
    CK_C_DestroyObject C_DestroyObject;
    CK_C_GetObjectSize C_GetObjectSize;
    CK_C_GetAttributeValue C_GetAttributeValue;
    CK_C_SetAttributeValue C_SetAttributeValue;
    CK_C_FindObjectsInit C_FindObjectsInit;
    CK_C_FindObjects C_FindObjects;
    CK_C_FindObjectsFinal C_FindObjectsFinal;
    CK_C_EncryptInit C_EncryptInit;
    CK_C_Encrypt C_Encrypt;
    CK_C_EncryptUpdate C_EncryptUpdate;
    CK_C_EncryptFinal C_EncryptFinal;
    CK_C_DecryptInit C_DecryptInit;
    CK_C_Decrypt C_Decrypt;
    CK_C_DecryptUpdate C_DecryptUpdate;
    CK_C_DecryptFinal C_DecryptFinal;
    CK_C_DigestInit C_DigestInit;
    CK_C_Digest C_Digest;
    CK_C_DigestUpdate C_DigestUpdate;
    CK_C_DigestKey C_DigestKey;
    CK_C_DigestFinal C_DigestFinal;
    CK_C_SignInit C_SignInit;
    CK_C_Sign C_Sign;
    CK_C_SignUpdate C_SignUpdate;
    CK_C_SignFinal C_SignFinal;
    CK_C_SignRecoverInit C_SignRecoverInit;
    CK_C_SignRecover C_SignRecover;
    CK_C_VerifyInit C_VerifyInit;
    CK_C_Verify C_Verify;
    CK_C_VerifyUpdate C_VerifyUpdate;
    CK_C_VerifyFinal C_VerifyFinal;
    CK_C_VerifyRecoverInit C_VerifyRecoverInit;
    CK_C_VerifyRecover C_VerifyRecover;
    CK_C_DigestEncryptUpdate C_DigestEncryptUpdate;
    CK_C_DecryptDigestUpdate C_DecryptDigestUpdate;
    CK_C_SignEncryptUpdate C_SignEncryptUpdate;
    CK_C_DecryptVerifyUpdate C_DecryptVerifyUpdate;
    CK_C_GenerateKey C_GenerateKey;
    CK_C_GenerateKeyPair C_GenerateKeyPair;
    CK_C_WrapKey C_WrapKey;
    CK_C_UnwrapKey C_UnwrapKey;
    CK_C_DeriveKey C_DeriveKey;
    CK_C_SeedRandom C_SeedRandom;
    CK_C_GenerateRandom C_GenerateRandom;
    CK_C_GetFunctionStatus C_GetFunctionStatus;
    CK_C_CancelFunction C_CancelFunction;
    CK_C_WaitForSlotEvent C_WaitForSlotEvent;
    CK_C_GetInterfaceList C_GetInterfaceList;
    CK_C_GetInterface C_GetInterface;
    CK_C_LoginUser C_LoginUser;
    CK_C_SessionCancel C_SessionCancel;
    CK_C_MessageEncryptInit C_MessageEncryptInit;
    CK_C_EncryptMessage C_EncryptMessage;
    CK_C_EncryptMessageBegin C_EncryptMessageBegin;
    CK_C_EncryptMessageNext C_EncryptMessageNext;
    CK_C_MessageEncryptFinal C_MessageEncryptFinal;
    CK_C_MessageDecryptInit C_MessageDecryptInit;
    CK_C_DecryptMessage C_DecryptMessage;
    CK_C_DecryptMessageBegin C_DecryptMessageBegin;
    CK_C_DecryptMessageNext C_DecryptMessageNext;
    CK_C_MessageDecryptFinal C_MessageDecryptFinal;
    CK_C_MessageSignInit C_MessageSignInit;
    CK_C_SignMessage C_SignMessage;
    CK_C_SignMessageBegin C_SignMessageBegin;
    CK_C_SignMessageNext C_SignMessageNext;
    CK_C_MessageSignFinal C_MessageSignFinal;
    CK_C_MessageVerifyInit C_MessageVerifyInit;
    CK_C_VerifyMessage C_VerifyMessage;
    CK_C_VerifyMessageBegin C_VerifyMessageBegin;
    CK_C_VerifyMessageNext C_VerifyMessageNext;
    CK_C_MessageVerifyFinal C_MessageVerifyFinal;
};

struct CK_FUNCTION_LIST_3_2 {
    CK_VERSION version;
    CK_C_Initialize C_Initialize;
    CK_C_Finalize C_Finalize;
    CK_C_GetInfo C_GetInfo;
    CK_C_GetFunctionList C_GetFunctionList;
    CK_C_GetSlotList C_GetSlotList;
    CK_C_GetSlotInfo C_GetSlotInfo;
    CK_C_GetTokenInfo C_GetTokenInfo;
    CK_C_GetMechanismList C_GetMechanismList;
    CK_C_GetMechanismInfo C_GetMechanismInfo;
    CK_C_InitToken C_InitToken;
    CK_C_InitPIN C_InitPIN;
    CK_C_SetPIN C_SetPIN;
    CK_C_OpenSession C_OpenSession;
    CK_C_CloseSession C_CloseSession;
    CK_C_CloseAllSessions C_CloseAllSessions;
    CK_C_GetSessionInfo C_GetSessionInfo;
    CK_C_GetOperationState C_GetOperationState;
    CK_C_SetOperationState C_SetOperationState;
    CK_C_Login C_Login;
    CK_C_Logout C_Logout;
    CK_C_CreateObject C_CreateObject;
    CK_C_CopyObject C_CopyObject;
    CK_C_DestroyObject C_DestroyObject;
    CK_C_GetObjectSize C_GetObjectSize;
    CK_C_GetAttributeValue C_GetAttributeValue;
    CK_C_SetAttributeValue C_SetAttributeValue;
    CK_C_FindObjectsInit C_FindObjectsInit;
    CK_C_FindObjects C_FindObjects;
    CK_C_FindObjectsFinal C_FindObjectsFinal;
    CK_C_EncryptInit C_EncryptInit;
    CK_C_Encrypt C_Encrypt;
    CK_C_EncryptUpdate C_EncryptUpdate;
    CK_C_EncryptFinal C_EncryptFinal;
    CK_C_DecryptInit C_DecryptInit;
    CK_C_Decrypt C_Decrypt;
    CK_C_DecryptUpdate C_DecryptUpdate;
    CK_C_DecryptFinal C_DecryptFinal;
    CK_C_DigestInit C_DigestInit;
    CK_C_Digest C_Digest;
    CK_C_DigestUpdate C_DigestUpdate;
    CK_C_DigestKey C_DigestKey;
    CK_C_DigestFinal C_DigestFinal;
    CK_C_SignInit C_SignInit;
    CK_C_Sign C_Sign;
    CK_C_SignUpdate C_SignUpdate;
    CK_C_SignFinal C_SignFinal;
    CK_C_SignRecoverInit C_SignRecoverInit;
    CK_C_SignRecover C_SignRecover;
    CK_C_VerifyInit C_VerifyInit;
    CK_C_Verify C_Verify;
    CK_C_VerifyUpdate C_VerifyUpdate;
    CK_C_VerifyFinal C_VerifyFinal;
    CK_C_VerifyRecoverInit C_VerifyRecoverInit;
    CK_C_VerifyRecover C_VerifyRecover;
    CK_C_DigestEncryptUpdate C_DigestEncryptUpdate;
    CK_C_DecryptDigestUpdate C_DecryptDigestUpdate;
    CK_C_SignEncryptUpdate C_SignEncryptUpdate;
    CK_C_DecryptVerifyUpdate C_DecryptVerifyUpdate;
    CK_C_GenerateKey C_GenerateKey;
    CK_C_GenerateKeyPair C_GenerateKeyPair;
    CK_C_WrapKey C_WrapKey;
    CK_C_UnwrapKey C_UnwrapKey;
    CK_C_DeriveKey C_DeriveKey;
    CK_C_SeedRandom C_SeedRandom;
    CK_C_GenerateRandom C_GenerateRandom;
    CK_C_GetFunctionStatus C_GetFunctionStatus;
    CK_C_CancelFunction C_CancelFunction;
    CK_C_WaitForSlotEvent C_WaitForSlotEvent;
    CK_C_GetInterfaceList C_GetInterfaceList;
    CK_C_GetInterface C_GetInterface;
    CK_C_LoginUser C_LoginUser;
    CK_C_SessionCancel C_SessionCancel;
    CK_C_MessageEncryptInit C_MessageEncryptInit;
    CK_C_EncryptMessage C_EncryptMessage;
    CK_C_EncryptMessageBegin C_EncryptMessageBegin;
    CK_C_EncryptMessageNext C_EncryptMessageNext;
    CK_C_MessageEncryptFinal C_MessageEncryptFinal;
    CK_C_MessageDecryptInit C_MessageDecryptInit;
    CK_C_DecryptMessage C_DecryptMessage;
    CK_C_DecryptMessageBegin C_DecryptMessageBegin;
    CK_C_DecryptMessageNext C_DecryptMessageNext;
    CK_C_MessageDecryptFinal C_MessageDecryptFinal;
    CK_C_MessageSignInit C_MessageSignInit;
    CK_C_SignMessage C_SignMessage;
    CK_C_SignMessageBegin C_SignMessageBegin;
    CK_C_SignMessageNext C_SignMessageNext;
    CK_C_MessageSignFinal C_MessageSignFinal;
    CK_C_MessageVerifyInit C_MessageVerifyInit;
    CK_C_VerifyMessage C_VerifyMessage;
    CK_C_VerifyMessageBegin C_VerifyMessageBegin;
    CK_C_VerifyMessageNext C_VerifyMessageNext;
    CK_C_MessageVerifyFinal C_MessageVerifyFinal;
    CK_C_EncapsulateKey C_EncapsulateKey;
    CK_C_DecapsulateKey C_DecapsulateKey;
    CK_C_VerifySignatureInit C_VerifySignatureInit;
    CK_C_VerifySignature C_VerifySignature;
    CK_C_VerifySignatureUpdate C_VerifySignatureUpdate;
    CK_C_VerifySignatureFinal C_VerifySignatureFinal;
    CK_C_GetSessionValidationFlags C_GetSessionValidationFlags;
    CK_C_AsyncComplete C_AsyncComplete;
    CK_C_AsyncGetID C_AsyncGetID;
    CK_C_AsyncJoin C_AsyncJoin;
    CK_C_WrapKeyAuthenticated C_WrapKeyAuthenticated;
    CK_C_UnwrapKeyAuthenticated C_UnwrapKeyAuthenticated;
};

#endif
