/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The functions that a card which only signs does not have.  They pass the gate first, so that a
 * call before C_Initialize or with a stale session is told so, and then answer the code that the
 * standard lists for them.
 */
#include "entry.h"

#include "find.h"
#include "slot.h"

/* The parameters keep the standard's places and names although nothing looks at them. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define ANSWER(rv, name, ...) SESSION_CALL(name, (CK_SESSION_HANDLE session, __VA_ARGS__), rv)
#define REFUSE(name, ...) ANSWER(CKR_FUNCTION_NOT_SUPPORTED, name, __VA_ARGS__)
#define REFUSE_BARE(name, rv) SESSION_CALL(name, (CK_SESSION_HANDLE session), rv)

/* clang-format off */
GATE_CALL(C_InitToken, (CK_SLOT_ID slot, CK_UTF8CHAR *pin, CK_ULONG pin_len, CK_UTF8CHAR *label),
          slot_init_token(call.module, slot, label))
REFUSE(C_InitPIN, CK_UTF8CHAR *pin, CK_ULONG pin_len)
REFUSE(C_GetOperationState, CK_BYTE *ret_state, CK_ULONG *state_len)
REFUSE(C_SetOperationState, CK_BYTE *state, CK_ULONG state_len, CK_OBJECT_HANDLE encryption_key,
       CK_OBJECT_HANDLE authentication_key)
ANSWER(find_refuse_write(call.session, 0, false), C_CreateObject, CK_ATTRIBUTE *attrs, CK_ULONG count,
       CK_OBJECT_HANDLE *ret_object)
ANSWER(find_refuse_write(call.session, object, true), C_CopyObject, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs,
       CK_ULONG count, CK_OBJECT_HANDLE *ret_object)
ANSWER(find_refuse_write(call.session, object, true), C_DestroyObject, CK_OBJECT_HANDLE object)
ANSWER(find_refuse_write(call.session, object, true), C_SetAttributeValue, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs,
       CK_ULONG count)
REFUSE(C_EncryptInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_Encrypt, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_EncryptUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_EncryptFinal, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_Decrypt, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptFinal, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DigestKey, CK_OBJECT_HANDLE key)
REFUSE(C_SignRecoverInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_SignRecover, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature, CK_ULONG *signature_len)
REFUSE(C_VerifyRecoverInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_VerifyRecover, CK_BYTE *signature, CK_ULONG signature_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DigestEncryptUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptDigestUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_SignEncryptUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptVerifyUpdate, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_GenerateKey, CK_MECHANISM *mech, CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_key)
REFUSE(C_GenerateKeyPair, CK_MECHANISM *mech, CK_ATTRIBUTE *public_attrs, CK_ULONG public_count, CK_ATTRIBUTE *private_attrs,
       CK_ULONG private_count, CK_OBJECT_HANDLE *ret_public, CK_OBJECT_HANDLE *ret_private)
REFUSE(C_WrapKey, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, CK_BYTE *ret_wrapped,
       CK_ULONG *wrapped_len)
REFUSE(C_UnwrapKey, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped, CK_ULONG wrapped_len,
       CK_ATTRIBUTE *attrs, CK_ULONG count, CK_OBJECT_HANDLE *ret_key)
REFUSE(C_DeriveKey, CK_MECHANISM *mech, CK_OBJECT_HANDLE base_key, CK_ATTRIBUTE *attrs, CK_ULONG count,
       CK_OBJECT_HANDLE *ret_key)
ANSWER(CKR_RANDOM_NO_RNG, C_SeedRandom, CK_BYTE *seed, CK_ULONG seed_len)
ANSWER(CKR_RANDOM_NO_RNG, C_GenerateRandom, CK_BYTE *ret_random, CK_ULONG len)
REFUSE_BARE(C_GetFunctionStatus, CKR_FUNCTION_NOT_PARALLEL)
REFUSE_BARE(C_CancelFunction, CKR_FUNCTION_NOT_PARALLEL)
REFUSE(C_MessageEncryptInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_EncryptMessage, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *data, CK_ULONG data_len,
       CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_EncryptMessageBegin, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len)
REFUSE(C_EncryptMessageNext, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
       CK_ULONG *ret_len, CK_FLAGS flags)
REFUSE_BARE(C_MessageEncryptFinal, CKR_FUNCTION_NOT_SUPPORTED)
REFUSE(C_MessageDecryptInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_DecryptMessage, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len, CK_BYTE *data, CK_ULONG data_len,
       CK_BYTE *ret_data, CK_ULONG *ret_len)
REFUSE(C_DecryptMessageBegin, void *param, CK_ULONG param_len, CK_BYTE *aad, CK_ULONG aad_len)
REFUSE(C_DecryptMessageNext, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_data,
       CK_ULONG *ret_len, CK_FLAGS flags)
REFUSE_BARE(C_MessageDecryptFinal, CKR_FUNCTION_NOT_SUPPORTED)
REFUSE(C_MessageSignInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_SignMessage, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
       CK_ULONG *signature_len)
REFUSE(C_SignMessageBegin, void *param, CK_ULONG param_len)
REFUSE(C_SignMessageNext, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *ret_signature,
       CK_ULONG *signature_len)
REFUSE_BARE(C_MessageSignFinal, CKR_FUNCTION_NOT_SUPPORTED)
REFUSE(C_MessageVerifyInit, CK_MECHANISM *mech, CK_OBJECT_HANDLE key)
REFUSE(C_VerifyMessage, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
       CK_ULONG signature_len)
REFUSE(C_VerifyMessageBegin, void *param, CK_ULONG param_len)
REFUSE(C_VerifyMessageNext, void *param, CK_ULONG param_len, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature,
       CK_ULONG signature_len)
REFUSE_BARE(C_MessageVerifyFinal, CKR_FUNCTION_NOT_SUPPORTED)
REFUSE(C_EncapsulateKey, CK_MECHANISM *mech, CK_OBJECT_HANDLE public_key, CK_ATTRIBUTE *attrs, CK_ULONG count,
       CK_BYTE *ret_ciphertext, CK_ULONG *ciphertext_len, CK_OBJECT_HANDLE *ret_key)
REFUSE(C_DecapsulateKey, CK_MECHANISM *mech, CK_OBJECT_HANDLE private_key, CK_ATTRIBUTE *attrs, CK_ULONG count,
       CK_BYTE *ciphertext, CK_ULONG ciphertext_len, CK_OBJECT_HANDLE *ret_key)
REFUSE(C_AsyncComplete, CK_UTF8CHAR *function, CK_ASYNC_DATA *ret_result)
REFUSE(C_AsyncGetID, CK_UTF8CHAR *function, CK_ULONG *ret_id)
REFUSE(C_AsyncJoin, CK_UTF8CHAR *function, CK_ULONG id, CK_BYTE *data, CK_ULONG data_len)
REFUSE(C_WrapKeyAuthenticated, CK_MECHANISM *mech, CK_OBJECT_HANDLE wrapping_key, CK_OBJECT_HANDLE key, CK_BYTE *aad,
       CK_ULONG aad_len, CK_BYTE *ret_wrapped, CK_ULONG *wrapped_len)
REFUSE(C_UnwrapKeyAuthenticated, CK_MECHANISM *mech, CK_OBJECT_HANDLE unwrapping_key, CK_BYTE *wrapped, CK_ULONG wrapped_len,
       CK_ATTRIBUTE *attrs, CK_ULONG count, CK_BYTE *aad, CK_ULONG aad_len, CK_OBJECT_HANDLE *ret_key)
