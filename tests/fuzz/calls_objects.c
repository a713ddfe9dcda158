/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects, and the operations on them. */
#include "calls_inside.h"

#include <stdlib.h>
#include <string.h>

/* ---- objects ---- */

static const CK_ATTRIBUTE_TYPE types[] = { CKA_CLASS,
                                           CKA_TOKEN,
                                           CKA_PRIVATE,
                                           CKA_LABEL,
                                           CKA_VALUE,
                                           CKA_CERTIFICATE_TYPE,
                                           CKA_ISSUER,
                                           CKA_SERIAL_NUMBER,
                                           CKA_SUBJECT,
                                           CKA_ID,
                                           CKA_KEY_TYPE,
                                           CKA_SIGN,
                                           CKA_MODULUS,
                                           CKA_MODULUS_BITS,
                                           CKA_PUBLIC_EXPONENT,
                                           CKA_EC_POINT,
                                           CKA_EC_PARAMS,
                                           CKA_PRIVATE_EXPONENT,
                                           CKA_START_DATE,
                                           CKA_END_DATE,
                                           CKA_CHECK_VALUE,
                                           CKA_ALWAYS_AUTHENTICATE,
                                           CKA_ALLOWED_MECHANISMS,
                                           CKA_PUBLIC_KEY_INFO,
                                           CKA_VERIFY };

#define TEMPLATE_MAX 8

/* Attributes with exactly as much memory as they say; filled with what stands in the arguments. */
static CK_ULONG template_make(struct args *args, CK_ATTRIBUTE *template, size_t value_max)
{
    CK_ULONG count = arg_byte(args) % (TEMPLATE_MAX + 1);

    for (CK_ULONG i = 0; i < count; i++) {
        template[i].type = types[arg_byte(args) % (sizeof(types) / sizeof(types[0]))];
        template[i].pValue =
            value_max == 0 ? arg_room(args, &template[i].ulValueLen)
                           : arg_data(args, arg_byte(args) % value_max, &template[i].ulValueLen);
    }
    return count;
}

static void template_free(CK_ATTRIBUTE *template, CK_ULONG count)
{
    for (CK_ULONG i = 0; i < count; i++)
        free(template[i].pValue);
}

CK_RV do_find_init(struct caller *caller, struct args *args)
{
    CK_ATTRIBUTE template[TEMPLATE_MAX];
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG count = template_make(args, template, 16);
    CK_RV rv = P11->C_FindObjectsInit(session, template, count);

    template_free(template, count);
    return rv;
}

CK_RV do_find(struct caller *caller, struct args *args)
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

CK_RV do_find_final(struct caller *caller, struct args *args)
{
    return P11->C_FindObjectsFinal(arg_session(args, caller));
}

CK_RV do_attributes(struct caller *caller, struct args *args)
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
        consume(template[i].pValue,
                template[i].ulValueLen < room[i] ? template[i].ulValueLen : room[i]);
    }
    template_free(template, count);
    return rv;
}

CK_RV do_size(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG size = 0;

    return P11->C_GetObjectSize(session, arg_object(args, caller), &size);
}

/* ---- operations ---- */

typedef CK_RV key_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
typedef CK_RV give_data(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len);
typedef CK_RV take_out(CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *out_len);
typedef CK_RV whole(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG len, CK_BYTE *out,
                    CK_ULONG *out_len);

static CK_RV begin_with_key(struct caller *caller, struct args *args, key_init *init)
{
    CK_RSA_PKCS_PSS_PARAMS pss = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_OBJECT_HANDLE key = arg_object(args, caller);
    CK_MECHANISM mechanism = { arg_mechanism_type(args), NULL, 0 };
    uint8_t byte = arg_byte(args);

    if (mechanism.mechanism == CKM_RSA_PKCS_PSS || mechanism.mechanism == CKM_SHA256_RSA_PKCS_PSS ||
        byte == 1)
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

CK_RV do_sign_init(struct caller *caller, struct args *args)
{
    return begin_with_key(caller, args, P11->C_SignInit);
}

CK_RV do_sign(struct caller *caller, struct args *args)
{
    return do_whole(caller, args, P11->C_Sign);
}

CK_RV do_sign_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_SignUpdate);
}

CK_RV do_sign_final(struct caller *caller, struct args *args)
{
    return do_final(caller, args, P11->C_SignFinal);
}

CK_RV do_verify_init(struct caller *caller, struct args *args)
{
    return begin_with_key(caller, args, P11->C_VerifyInit);
}

CK_RV do_verify(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_ULONG signature_len = 0, data_len = 0;
    CK_BYTE *signature = arg_data(args, 256, &signature_len),
            *data = arg_data(args, 600, &data_len);
    CK_RV rv = P11->C_Verify(session, data, data_len, signature, signature_len);

    free(data);
    free(signature);
    return rv;
}

CK_RV do_verify_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_VerifyUpdate);
}

CK_RV do_verify_final(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_VerifyFinal);
}

CK_RV do_digest_init(struct caller *caller, struct args *args)
{
    CK_SESSION_HANDLE session = arg_session(args, caller);
    CK_MECHANISM mechanism = { arg_mechanism_type(args), NULL, 0 };

    return P11->C_DigestInit(session, &mechanism);
}

CK_RV do_digest(struct caller *caller, struct args *args)
{
    return do_whole(caller, args, P11->C_Digest);
}

CK_RV do_digest_update(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_DigestUpdate);
}

CK_RV do_digest_final(struct caller *caller, struct args *args)
{
    return do_final(caller, args, P11->C_DigestFinal);
}

CK_RV do_random(struct caller *caller, struct args *args)
{
    return do_update(caller, args, P11->C_GenerateRandom);
}
