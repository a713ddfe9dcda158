/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls.h"

#include "hostile.h"

#include <stdlib.h>
#include <string.h>

#define P11 caller->p11

/* The arguments of one call: what is not there is 0. */
struct args {
    struct slice left;
};

static uint8_t arg_byte(struct args *args)
{
    uint8_t byte = args->left.len > 0 ? args->left.ptr[0] : 0;

    args->left = slice_part(args->left, 1, args->left.len);
    return byte;
}

static CK_ULONG arg_number(struct args *args)
{
    static const CK_ULONG odd[] = { CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION - 1, 0x7FFFFFFF, 0x80000000,
                                    0x100000001, 256, 257, 4096 };
    uint8_t byte = arg_byte(args);

    return byte < 248 ? byte : odd[byte - 248];
}

static CK_SESSION_HANDLE arg_session(struct args *args, const struct caller *caller)
{
    uint8_t byte = arg_byte(args);

    return byte < 200 ? caller->session[byte % CALLS_SESSIONS] : byte;
}

static CK_OBJECT_HANDLE arg_object(struct args *args, const struct caller *caller)
{
    uint8_t byte = arg_byte(args);

    return byte < 200 ? caller->object[byte % CALLS_OBJECTS] : byte;
}

/* Memory of the harness: never fails on purpose. */
static void *memory(size_t len)
{
    struct slice zeros;
    static const uint8_t none[4096];

    zeros = exact_copy(slice_of(none, len < sizeof(none) ? len : sizeof(none)));
    return (void *)(uintptr_t)zeros.ptr;
}

/* Room for an answer: NULL, or exactly *ret_len bytes. */
static CK_BYTE *arg_room(struct args *args, CK_ULONG *ret_len)
{
    static const CK_ULONG lengths[] = { 0, 1, 20, 32, 96, 255, 256, 257, 512, 4000 };
    uint8_t byte = arg_byte(args);

    *ret_len = byte < 16 ? 256 : lengths[byte % (sizeof(lengths) / sizeof(lengths[0]))];
    return byte == 255 ? NULL : memory(*ret_len);
}

/* The rest of the arguments, or some of it, as data. */
static CK_BYTE *arg_data(struct args *args, size_t max, CK_ULONG *ret_len)
{
    struct slice part = slice_part(args->left, 0, max);

    args->left = slice_part(args->left, part.len, args->left.len);
    *ret_len = part.len;
    return (CK_BYTE *)(uintptr_t)exact_copy(part).ptr;
}

/* A PIN: one of those that count, or whatever stands there. */
static CK_BYTE *arg_pin(struct args *args, CK_ULONG *ret_len)
{
    static const char *const pins[] = { "1234", "ABC123", "abc123", "9999", "WRONG99", "5678", "NEW1234", "" };
    uint8_t byte = arg_byte(args);
    struct slice pin;

    if (byte >= 128)
        return arg_data(args, byte - 128u, ret_len);
    pin = slice_of(pins[byte % 8], strlen(pins[byte % 8]));
    *ret_len = pin.len;
    return (CK_BYTE *)(uintptr_t)exact_copy(pin).ptr;
}

static CK_RV finish_out(CK_RV rv, CK_BYTE *room, CK_ULONG room_len, CK_ULONG len)
{
    if (rv == CKR_OK && room != NULL && len > room_len)
        fuzz_fail("%lu bytes in room for %lu", len, room_len);
    if (rv == CKR_OK && room != NULL)
        consume(room, len);
    free(room);
    return rv;
}

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

static const CK_MECHANISM_TYPE mechanisms[] = { CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS,
                                                CKM_SHA1_RSA_PKCS, CKM_SHA512_RSA_PKCS, CKM_SHA256, CKM_SHA_1, CKM_ECDSA,
                                                CKM_ECDSA_SHA384, CKM_ECDSA_SHA256, CKM_SHA384_RSA_PKCS, CKM_AES_CBC };

static CK_MECHANISM_TYPE arg_mechanism_type(struct args *args)
{
    return mechanisms[arg_byte(args) % (sizeof(mechanisms) / sizeof(mechanisms[0]))];
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
    CK_RV rv = P11->C_OpenSession(slot, flags == 0 ? CKF_SERIAL_SESSION | CKF_RW_SESSION : flags, NULL, NULL, &session);

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
    static const CK_USER_TYPE users[] = { CKU_USER, CKU_USER, CKU_USER, CKU_CONTEXT_SPECIFIC, CKU_SO, 99 };
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

/* ---- objects ---- */

static const CK_ATTRIBUTE_TYPE types[] = { CKA_CLASS, CKA_TOKEN, CKA_PRIVATE, CKA_LABEL, CKA_VALUE, CKA_CERTIFICATE_TYPE,
                                           CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_SUBJECT, CKA_ID, CKA_KEY_TYPE, CKA_SIGN,
                                           CKA_MODULUS, CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT, CKA_EC_POINT, CKA_EC_PARAMS,
                                           CKA_PRIVATE_EXPONENT, CKA_START_DATE, CKA_END_DATE, CKA_CHECK_VALUE,
                                           CKA_ALWAYS_AUTHENTICATE, CKA_ALLOWED_MECHANISMS, CKA_PUBLIC_KEY_INFO, CKA_VERIFY };

#define TEMPLATE_MAX 8

/* Attributes with exactly as much memory as they say; filled with what stands in the arguments. */
static CK_ULONG template_make(struct args *args, CK_ATTRIBUTE *template, size_t value_max)
{
    CK_ULONG count = arg_byte(args) % (TEMPLATE_MAX + 1);

    for (CK_ULONG i = 0; i < count; i++) {
        template[i].type = types[arg_byte(args) % (sizeof(types) / sizeof(types[0]))];
        template[i].pValue = value_max == 0 ? arg_room(args, &template[i].ulValueLen)
                                            : arg_data(args, arg_byte(args) % value_max, &template[i].ulValueLen);
    }
    return count;
}

static void template_free(CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++)
        free(template[i].pValue);
}

static CK_RV do_find_init(struct caller *caller, struct args *args)
{
    CK_ATTRIBUTE template[TEMPLATE_MAX];
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG count = template_make(args, template, 16);
    CK_RV rv = P11->C_FindObjectsInit(session, template, count);

    template_free(template, count);
    return rv;
}

static CK_RV do_find(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG max = arg_byte(args) % 9, found = 0;
    CK_OBJECT_HANDLE *objects = memory(max * sizeof(*objects));
    CK_RV rv = P11->C_FindObjects(session, objects, max, &found);

    if (rv == CKR_OK && found > max)
        fuzz_fail("%lu objects found where %lu were asked for", found, max);
    if (rv == CKR_OK && found > 0)
        memcpy(caller->object, objects, found * sizeof(*objects));
    free(objects);
    return rv;
}

static CK_RV do_find_final(struct caller *caller, struct args *args)
{
    return P11->C_FindObjectsFinal(arg_session(args, caller));
}

static CK_RV do_attributes(struct caller *caller, struct args *args)
{
    CK_ATTRIBUTE template[TEMPLATE_MAX];
    CK_ULONG room[TEMPLATE_MAX], count;
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_OBJECT_HANDLE object = arg_object(args, caller);
    CK_RV rv;

    count = template_make(args, template, 0);
    for (CK_ULONG i = 0; i < count; i++)
        room[i] = template[i].ulValueLen;
    rv = P11->C_GetAttributeValue(session, object, template, count);
    for (CK_ULONG i = 0; i < count; i++) {
        if (template[i].pValue == NULL || template[i].ulValueLen == CK_UNAVAILABLE_INFORMATION)
            continue;
        if (rv == CKR_OK && template[i].ulValueLen > room[i])
            fuzz_fail("%lu bytes in room for %lu", template[i].ulValueLen, room[i]);
        consume(template[i].pValue, template[i].ulValueLen < room[i] ? template[i].ulValueLen : room[i]);
    }
    template_free(template, count);
    return rv;
}

static CK_RV do_size(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG size = 0;

    return P11->C_GetObjectSize(session, arg_object(args, caller), &size);
}

/* ---- operations ---- */

typedef CK_RV key_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
typedef CK_RV give_data(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len);
typedef CK_RV take_out(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len);
typedef CK_RV whole(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len);

static CK_RV begin_with_key(struct caller *caller, struct args *args, key_init *init)
{
    CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_OBJECT_HANDLE key = arg_object(args, caller);
    CK_MECHANISM mechanism = { arg_mechanism_type(args), NULL, 0 };
    uint8_t byte = arg_byte(args);

    if (mechanism.mechanism == CKM_RSA_PKCS_PSS || mechanism.mechanism == CKM_SHA256_RSA_PKCS_PSS || byte == 1)
        mechanism = (CK_MECHANISM){ mechanism.mechanism, &pss, byte == 2 ? 1 : sizeof(pss) };
    if (byte == 3)
        pss.sLen = 20;
    if (byte == 4)
        pss.hashAlg = CKM_SHA384;
    return init(session, byte == 255 ? NULL : &mechanism, key);
}

static CK_RV do_update(struct caller *caller, struct args *args, give_data *update)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG len = 0;
    CK_BYTE *data = arg_data(args, 600, &len);
    CK_RV rv = update(session, data, len);

    free(data);
    return rv;
}

static CK_RV do_final(struct caller *caller, struct args *args, take_out *final)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG room_len = 0, len;
    CK_BYTE *room = arg_room(args, &room_len);

    len = room_len;
    return finish_out(final(session, room, &len), room, room_len, len);
}

static CK_RV do_whole(struct caller *caller, struct args *args, whole *call)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG room_len = 0, len, data_len = 0;
    CK_BYTE *room = arg_room(args, &room_len), *data = arg_data(args, 600, &data_len);
    CK_RV rv;

    len = room_len;
    rv = call(session, data, data_len, room, &len);
    free(data);
    return finish_out(rv, room, room_len, len);
}

static CK_RV do_sign_init(struct caller *caller, struct args *args)
{
    return begin_with_key(caller, args, P11->C_SignInit);
}

static CK_RV do_sign(struct caller *caller, struct args *args)
{
    return do_whole(caller, args, P11->C_Sign);
}

static CK_RV do_sign_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_SignUpdate);
}

static CK_RV do_sign_final(struct caller *caller, struct args *args)
{
    return do_final(caller, args, P11->C_SignFinal);
}

static CK_RV do_verify_init(struct caller *caller, struct args *args)
{
    return begin_with_key(caller, args, P11->C_VerifyInit);
}

static CK_RV do_verify(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG signature_len = 0, data_len = 0;
    CK_BYTE *signature = arg_data(args, 256, &signature_len), *data = arg_data(args, 600, &data_len);
    CK_RV rv = P11->C_Verify(session, data, data_len, signature, signature_len);

    free(data);
    free(signature);
    return rv;
}

static CK_RV do_verify_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_VerifyUpdate);
}

static CK_RV do_verify_final(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_VerifyFinal);
}

static CK_RV do_digest_init(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_MECHANISM mechanism = { arg_mechanism_type(args), NULL, 0 };

    return P11->C_DigestInit(session, &mechanism);
}

static CK_RV do_digest(struct caller *caller, struct args *args)
{
    return do_whole(caller, args, P11->C_Digest);
}

static CK_RV do_digest_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_DigestUpdate);
}

static CK_RV do_digest_final(struct caller *caller, struct args *args)
{
    return do_final(caller, args, P11->C_DigestFinal);
}

static CK_RV do_random(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_GenerateRandom);
}

static const struct call_row {
    const char *name;
    CK_RV (*call)(struct caller *caller, struct args *args);
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
