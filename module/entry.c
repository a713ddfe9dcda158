/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions that this module really has: a row each. */
#include "entry.h"

#include "find.h"
#include "general.h"
#include "login.h"
#include "sign.h"
#include "slot.h"
#include "verify.h"

/* clang-format off */
/* general purpose: these two make and end what the gate guards, so they stand before it */
LIFE_CALL(C_Initialize, (void *args), general_initialize(args))
LIFE_CALL(C_Finalize, (void *reserved), general_finalize(reserved))

/* slots and tokens */
GATE_CALL(C_GetSlotList, (CK_BBOOL with_token, CK_SLOT_ID *slots, CK_ULONG *count),
          slot_list(call.module, with_token, slots, count))
GATE_CALL(C_GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), slot_info(call.module, slot, info))
GATE_CALL(C_GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info),
          slot_token_info(call.module, slot, info))
GATE_CALL(C_GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *types, CK_ULONG *count),
          slot_mechanism_list(call.module, slot, types, count))
GATE_CALL(C_GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info),
          slot_mechanism_info(call.module, slot, type, info))
GATE_CALL(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved),
          slot_wait(call.module, flags, slot, reserved))

/* sessions */
GATE_CALL(C_OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE *session),
          ((void)application, (void)notify, slot_open_session(call.module, slot, flags, session)))
SESSION_CALL(C_CloseSession, (CK_SESSION_HANDLE session), (session_close(call.session), CKR_OK))
GATE_CALL(C_CloseAllSessions, (CK_SLOT_ID slot), slot_close_sessions(call.module, slot))
SESSION_LOOK(C_GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info),
             general_session_info(call.session, info))
SESSION_CALL(C_SessionCancel, (CK_SESSION_HANDLE session, CK_FLAGS flags),
             operations_cancel(call.session, flags))
SESSION_LOOK(C_GetSessionValidationFlags, (CK_SESSION_HANDLE session,
                                           CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *flags),
             general_validation_flags(call.session, type, flags))

/* the PIN */
SESSION_CALL(C_Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
                       CK_ULONG pin_len),
             login_user(call.session, user, pin, pin_len))
SESSION_CALL(C_LoginUser, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin,
                           CK_ULONG pin_len, CK_UTF8CHAR *name, CK_ULONG name_len),
             ((void)name, name_len == 0 ? login_user(call.session, user, pin, pin_len)
                                        : CKR_ARGUMENTS_BAD))
SESSION_CALL(C_Logout, (CK_SESSION_HANDLE session), login_end(call.session))
SESSION_CALL(C_SetPIN, (CK_SESSION_HANDLE session, CK_UTF8CHAR *old_pin, CK_ULONG old_len,
                        CK_UTF8CHAR *new_pin, CK_ULONG new_len),
             login_set_pin(call.session, old_pin, old_len, new_pin, new_len))

/* objects */
SESSION_CALL(C_FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count),
             find_init(call.session, attrs, count))
SESSION_CALL(C_FindObjects, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max,
                             CK_ULONG *count),
             find_next(call.session, objects, max, count))
SESSION_CALL(C_FindObjectsFinal, (CK_SESSION_HANDLE session), find_final(call.session))
SESSION_CALL(C_GetAttributeValue, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                                   CK_ATTRIBUTE *attrs, CK_ULONG count),
             find_attributes(call.session, object, attrs, count))
SESSION_CALL(C_GetObjectSize, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size),
             find_size(call.session, object, size))

/* signing */
SESSION_CALL(C_SignInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
             sign_init(call.session, mechanism, key))
SESSION_CALL(C_Sign, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                      CK_BYTE *signature, CK_ULONG *signature_len),
             sign_whole(call.session, data, data_len, signature, signature_len))
SESSION_CALL(C_SignUpdate, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len),
             operation_update(call.session, &call.session->sign, data, data_len))
SESSION_CALL(C_SignFinal, (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *signature_len),
             sign_final(call.session, signature, signature_len))

/* checking signatures */
SESSION_CALL(C_VerifyInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key),
             verify_init(call.session, mechanism, key))
SESSION_CALL(C_Verify, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                        CK_BYTE *signature, CK_ULONG signature_len),
             verify_whole(call.session, data, data_len, signature, signature_len))
SESSION_CALL(C_VerifyUpdate, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len),
             verify_update(call.session, false, data, data_len))
SESSION_CALL(C_VerifyFinal, (CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len),
             verify_final(call.session, signature, signature_len))
SESSION_CALL(C_VerifySignatureInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism,
                                     CK_OBJECT_HANDLE key, CK_BYTE *signature,
                                     CK_ULONG signature_len),
             verify_signature_init(call.session, mechanism, key, signature, signature_len))
SESSION_CALL(C_VerifySignature, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len),
             verify_signature_whole(call.session, data, data_len))
SESSION_CALL(C_VerifySignatureUpdate, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len),
             verify_update(call.session, true, data, data_len))
SESSION_CALL(C_VerifySignatureFinal, (CK_SESSION_HANDLE session),
             verify_signature_final(call.session))

/* digests */
SESSION_CALL(C_DigestInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism),
             digest_init(call.session, mechanism))
SESSION_CALL(C_Digest, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                        CK_BYTE *digest, CK_ULONG *digest_len),
             digest_whole(call.session, data, data_len, digest, digest_len))
SESSION_CALL(C_DigestUpdate, (CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len),
             operation_update(call.session, &call.session->digest, data, data_len))
SESSION_CALL(C_DigestFinal, (CK_SESSION_HANDLE session, CK_BYTE *digest, CK_ULONG *digest_len),
             digest_final(call.session, digest, digest_len))
