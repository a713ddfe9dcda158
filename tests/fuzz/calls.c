/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots and sessions, and the table of all calls. */
#include "calls_inside.h"

#include "hostile.h"

#include <stdlib.h>

/* ---- general, slots ---- */

static CK_RV do_initialize(struct caller *caller, struct args *args)
{
    CK_C_INITIALIZE_ARGS init = { .flags = arg_number(args) };
    uint8_t byte = arg_byte(args);

    if (byte == 1)
        init.pReserved = &init;
    return P11->C_Initialize(byte < 128 ? &init : NULL);
}

static CK_RV do_finalize(struct caller *caller, struct args *args)
{
    return P11->C_Finalize(arg_byte(args) == 255 ? caller : NULL);
}

static CK_RV do_get_info(struct caller *caller, struct args *args)
{
    CK_INFO info = { .flags = 0 };
    CK_RV rv = P11->C_GetInfo(arg_byte(args) == 255 ? NULL : &info);

    consume(&info, sizeof(info));
    return rv;
}

static CK_RV do_slot_list(struct caller *caller, struct args *args)
{
    CK_BBOOL present = arg_byte(args) % 2 == 0 ? CK_FALSE : CK_TRUE;
    uint8_t room = arg_byte(args) % 10;
    CK_ULONG count = room;
    CK_SLOT_ID *slots = room == 0 ? NULL : memory(room * sizeof(*slots));
    CK_RV rv = P11->C_GetSlotList(present, slots, &count);

    return finish_out(rv, (CK_BYTE *)slots, room * sizeof(*slots), count * sizeof(*slots));
}

static CK_RV do_slot_info(struct caller *caller, struct args *args)
{
    CK_SLOT_INFO info = { .flags = 0 };
    CK_SLOT_ID slot = arg_number(args);
    CK_RV rv = P11->C_GetSlotInfo(slot, arg_byte(args) == 255 ? NULL : &info);

    consume(&info, sizeof(info));
    return rv;
}

static CK_RV do_token_info(struct caller *caller, struct args *args)
{
    CK_TOKEN_INFO info = { .flags = 0 };
    CK_SLOT_ID slot = arg_number(args);
    CK_RV rv = P11->C_GetTokenInfo(slot, arg_byte(args) == 255 ? NULL : &info);

    consume(&info, sizeof(info));
    return rv;
}

static CK_RV do_mechanism_list(struct caller *caller, struct args *args)
{
    CK_SLOT_ID slot = arg_number(args);
    uint8_t room = arg_byte(args) % 32;
    CK_ULONG count = room;
    CK_MECHANISM_TYPE *types = room == 0 ? NULL : memory(room * sizeof(*types));
    CK_RV rv = P11->C_GetMechanismList(slot, types, &count);

    return finish_out(rv, (CK_BYTE *)types, room * sizeof(*types), count * sizeof(*types));
}

static CK_RV do_mechanism_info(struct caller *caller, struct args *args)
{
    CK_MECHANISM_INFO info = { .flags = 0 };
    CK_SLOT_ID slot = arg_number(args);
    CK_RV rv = P11->C_GetMechanismInfo(slot, arg_mechanism_type(args), &info);

    consume(&info, sizeof(info));
    return rv;
}

static CK_RV do_wait(struct caller *caller, struct args *args)
{
    CK_SLOT_ID slot = 0;
    CK_FLAGS flags = caller->may_block && arg_byte(args) % 4 == 0 ? 0 : CKF_DONT_BLOCK;

    return P11->C_WaitForSlotEvent(flags, &slot, NULL);
}

/* ---- sessions ---- */

static CK_RV do_open(struct caller *caller, struct args *args)
{
    CK_SLOT_ID slot = arg_number(args);
    CK_FLAGS flags = arg_byte(args) % 8;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_RV rv = P11->C_OpenSession(slot, flags == 0 ? CKF_SERIAL_SESSION | CKF_RW_SESSION : flags,
                                  NULL, NULL, &session);

    if (rv == CKR_OK)
        caller->session[caller->session_next++ % CALLS_SESSIONS] = session;
    return rv;
}

static CK_RV do_close(struct caller *caller, struct args *args)
{
    return P11->C_CloseSession(arg_session(args, caller));
}

static CK_RV do_close_all(struct caller *caller, struct args *args)
{
    return P11->C_CloseAllSessions(arg_number(args));
}

static CK_RV do_session_info(struct caller *caller, struct args *args)
{
    CK_SESSION_INFO info = { .state = 0 };
    CK_RV rv = P11->C_GetSessionInfo(arg_session(args, caller), &info);

    consume(&info, sizeof(info));
    return rv;
}

static CK_RV do_cancel(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);

    return P11->C_SessionCancel(session, arg_number(args) << 8);
}

static CK_RV do_login(struct caller *caller, struct args *args)
{
    static const CK_USER_TYPE users[] = { CKU_USER, CKU_USER, CKU_USER, CKU_CONTEXT_SPECIFIC,
                                          CKU_SO,   99 };
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_USER_TYPE user = users[arg_byte(args) % (sizeof(users) / sizeof(users[0]))];
    CK_ULONG len = 0;
    CK_BYTE *pin = arg_pin(args, &len);
    CK_RV rv;

    wrap_secret(slice_of(pin, len));
    rv = P11->C_Login(session, user, pin, len);
    wrap_secret(slice_of(NULL, 0));
    free(pin);
    return rv;
}

static CK_RV do_logout(struct caller *caller, struct args *args)
{
    return P11->C_Logout(arg_session(args, caller));
}

static CK_RV do_set_pin(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG old_len = 0, new_len = 0;
    CK_BYTE *old_pin = arg_pin(args, &old_len), *new_pin = arg_pin(args, &new_len);
    CK_RV rv;

    wrap_secret(slice_of(new_pin, new_len));
    rv = P11->C_SetPIN(session, old_pin, old_len, new_pin, new_len);
    wrap_secret(slice_of(NULL, 0));
    free(old_pin);
    free(new_pin);
    return rv;
}

static const struct call_row {
    const char *name;
    call_with_args *call;
} rows[] = {
    { "C_Initialize", do_initialize },
    { "C_Finalize", do_finalize },
    { "C_GetInfo", do_get_info },
    { "C_GetSlotList", do_slot_list },
    { "C_GetSlotInfo", do_slot_info },
    { "C_GetTokenInfo", do_token_info },
    { "C_GetMechanismList", do_mechanism_list },
    { "C_GetMechanismInfo", do_mechanism_info },
    { "C_WaitForSlotEvent", do_wait },
    { "C_OpenSession", do_open },
    { "C_CloseSession", do_close },
    { "C_CloseAllSessions", do_close_all },
    { "C_GetSessionInfo", do_session_info },
    { "C_SessionCancel", do_cancel },
    { "C_Login", do_login },
    { "C_Logout", do_logout },
    { "C_SetPIN", do_set_pin },
    { "C_FindObjectsInit", do_find_init },
    { "C_FindObjects", do_find },
    { "C_FindObjectsFinal", do_find_final },
    { "C_GetAttributeValue", do_attributes },
    { "C_GetObjectSize", do_size },
    { "C_SignInit", do_sign_init },
    { "C_Sign", do_sign },
    { "C_SignUpdate", do_sign_update },
    { "C_SignFinal", do_sign_final },
    { "C_VerifyInit", do_verify_init },
    { "C_Verify", do_verify },
    { "C_VerifyUpdate", do_verify_update },
    { "C_VerifyFinal", do_verify_final },
    { "C_DigestInit", do_digest_init },
    { "C_Digest", do_digest },
    { "C_DigestUpdate", do_digest_update },
    { "C_DigestFinal", do_digest_final },
    { "C_GenerateRandom", do_random },
};

CK_RV call_do(struct caller *caller, struct slice bytes, const char **ret_function)
{
    struct args args = { bytes };
    const struct call_row *row;
    uint8_t byte = arg_byte(&args);

    *ret_function = NULL;
    if (byte >= 250) {
        hostile_card_toggle();
        return CKR_OK;
    }
    if (byte >= 245) {
        wrap_clock((uint64_t)arg_byte(&args) * 10000);
        return CKR_OK;
    }
    row = &rows[byte % (sizeof(rows) / sizeof(rows[0]))];
    *ret_function = row->name;
    return row->call(caller, &args);
}
