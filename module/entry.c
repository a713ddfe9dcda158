/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions that this module really has: one line each. */
#include "entry.h"

#include "find.h"
#include "general.h"
#include "login.h"
#include "sign.h"
#include "slot.h"
#include "verify.h"

/* general purpose: C_Initialize and C_Finalize make and end what the gate guards, so they stand
 * before it */

CK_RV C_Initialize(void *args) LIFE_CALL(general_initialize(args))

    CK_RV C_Finalize(void *reserved) LIFE_CALL(general_finalize(reserved))

    /* slots and tokens */

    CK_RV C_GetSlotList(CK_BBOOL with_token, CK_SLOT_ID *slots, CK_ULONG *count)
        GATE_CALL("C_GetSlotList", slot_list(call.module, with_token, slots, count))

            CK_RV C_GetSlotInfo(CK_SLOT_ID slot, CK_SLOT_INFO *info)
                GATE_CALL("C_GetSlotInfo", slot_info(call.module, slot, info))

                    CK_RV C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
                        GATE_CALL("C_GetTokenInfo", slot_token_info(call.module, slot, info))

                            CK_RV
    C_GetMechanismList(CK_SLOT_ID slot, CK_MECHANISM_TYPE *types, CK_ULONG *count)
        GATE_CALL("C_GetMechanismList", slot_mechanism_list(call.module, slot, types, count))

            CK_RV
    C_GetMechanismInfo(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
        GATE_CALL("C_GetMechanismInfo", slot_mechanism_info(call.module, slot, type, info))

            CK_RV C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved)
                GATE_CALL("C_WaitForSlotEvent", slot_wait(call.module, flags, slot, reserved))

    /* sessions */

    CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, void *application, CK_NOTIFY notify,
                        CK_SESSION_HANDLE *session)
        GATE_CALL("C_OpenSession", ((void)application, (void)notify,
                                    slot_open_session(call.module, slot, flags, session)))

            CK_RV C_CloseSession(CK_SESSION_HANDLE session)
                SESSION_CALL("C_CloseSession", session, (session_close(call.session), CKR_OK))

                    CK_RV C_CloseAllSessions(CK_SLOT_ID slot)
                        GATE_CALL("C_CloseAllSessions", slot_close_sessions(call.module, slot))

                            CK_RV
    C_GetSessionInfo(CK_SESSION_HANDLE session, CK_SESSION_INFO *info)
        SESSION_LOOK("C_GetSessionInfo", session, general_session_info(call.session, info))

            CK_RV C_SessionCancel(CK_SESSION_HANDLE session, CK_FLAGS flags)
                SESSION_CALL("C_SessionCancel", session, operations_cancel(call.session, flags))

                    CK_RV
    C_GetSessionValidationFlags(CK_SESSION_HANDLE session, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                CK_FLAGS *flags)
        SESSION_LOOK("C_GetSessionValidationFlags", session,
                     general_validation_flags(call.session, type, flags))

    /* the PIN */

    CK_RV C_Login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len)
        SESSION_CALL("C_Login", session, login_user(call.session, user, pin, pin_len))

            CK_RV
    C_LoginUser(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG pin_len,
                CK_UTF8CHAR *name, CK_ULONG name_len)
        SESSION_CALL("C_LoginUser", session,
                     ((void)name, name_len == 0 ? login_user(call.session, user, pin, pin_len)
                                                : CKR_ARGUMENTS_BAD))

            CK_RV
    C_Logout(CK_SESSION_HANDLE session) SESSION_CALL("C_Logout", session, login_end(call.session))

        CK_RV C_SetPIN(CK_SESSION_HANDLE session, CK_UTF8CHAR *old_pin, CK_ULONG old_len,
                       CK_UTF8CHAR *new_pin, CK_ULONG new_len)
            SESSION_CALL("C_SetPIN", session,
                         login_set_pin(call.session, old_pin, old_len, new_pin, new_len))

    /* objects */

    CK_RV C_FindObjectsInit(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attrs, CK_ULONG count)
        SESSION_CALL("C_FindObjectsInit", session, find_init(call.session, attrs, count))

            CK_RV C_FindObjects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG max,
                                CK_ULONG *count)
                SESSION_CALL("C_FindObjects", session, find_next(call.session, objects, max, count))

                    CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE session)
                        SESSION_CALL("C_FindObjectsFinal", session, find_final(call.session))

                            CK_RV
    C_GetAttributeValue(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attrs,
                        CK_ULONG count)
        SESSION_CALL("C_GetAttributeValue", session,
                     find_attributes(call.session, object, attrs, count))

            CK_RV
    C_GetObjectSize(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size)
        SESSION_CALL("C_GetObjectSize", session, find_size(call.session, object, size))

    /* signing */

    CK_RV C_SignInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
        SESSION_CALL("C_SignInit", session, sign_init(call.session, mechanism, key))

            CK_RV C_Sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                         CK_BYTE *signature, CK_ULONG *signature_len)
                SESSION_CALL("C_Sign", session,
                             sign_whole(call.session, data, data_len, signature, signature_len))

                    CK_RV
    C_SignUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
        SESSION_CALL("C_SignUpdate", session, sign_update(call.session, data, data_len))

            CK_RV
    C_SignFinal(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG *signature_len)
        SESSION_CALL("C_SignFinal", session, sign_final(call.session, signature, signature_len))

    /* checking signatures */

    CK_RV C_VerifyInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
        SESSION_CALL("C_VerifyInit", session, verify_init(call.session, mechanism, key))

            CK_RV C_Verify(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *signature, CK_ULONG signature_len)
                SESSION_CALL("C_Verify", session,
                             verify_whole(call.session, data, data_len, signature, signature_len))

                    CK_RV
    C_VerifyUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
        SESSION_CALL("C_VerifyUpdate", session, verify_update(call.session, false, data, data_len))

            CK_RV
    C_VerifyFinal(CK_SESSION_HANDLE session, CK_BYTE *signature, CK_ULONG signature_len)
        SESSION_CALL("C_VerifyFinal", session, verify_final(call.session, signature, signature_len))

            CK_RV
    C_VerifySignatureInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                          CK_BYTE *signature, CK_ULONG signature_len)
        SESSION_CALL("C_VerifySignatureInit", session,
                     verify_signature_init(call.session, mechanism, key, signature, signature_len))

            CK_RV C_VerifySignature(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
                SESSION_CALL("C_VerifySignature", session,
                             verify_signature_whole(call.session, data, data_len))

                    CK_RV
    C_VerifySignatureUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
        SESSION_CALL("C_VerifySignatureUpdate", session,
                     verify_update(call.session, true, data, data_len))

            CK_RV
    C_VerifySignatureFinal(CK_SESSION_HANDLE session)
        SESSION_CALL("C_VerifySignatureFinal", session, verify_signature_final(call.session))

    /* digests */

    CK_RV C_DigestInit(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism)
        SESSION_CALL("C_DigestInit", session, digest_init(call.session, mechanism))

            CK_RV C_Digest(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len,
                           CK_BYTE *digest, CK_ULONG *digest_len)
                SESSION_CALL("C_Digest", session,
                             digest_whole(call.session, data, data_len, digest, digest_len))

                    CK_RV
    C_DigestUpdate(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len)
        SESSION_CALL("C_DigestUpdate", session, digest_update(call.session, data, data_len))

            CK_RV
    C_DigestFinal(CK_SESSION_HANDLE session, CK_BYTE *digest, CK_ULONG *digest_len)
        SESSION_CALL("C_DigestFinal", session, digest_final(call.session, digest, digest_len))
