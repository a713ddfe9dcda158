/* SPDX-License-Identifier: BSD-3-Clause */
#include "calls_inside.h"

#include <stdlib.h>
#include <string.h>

uint8_t arg_byte(struct args *args)
{
    uint8_t byte = args->left.len > 0 ? args->left.ptr[0] : 0;

    args->left = slice_part(args->left, 1, args->left.len);
    return byte;
}

CK_ULONG arg_number(struct args *args)
{
    static const CK_ULONG odd[] = { CK_UNAVAILABLE_INFORMATION,
                                    CK_UNAVAILABLE_INFORMATION - 1,
                                    0x7FFFFFFF,
                                    0x80000000,
                                    (CK_ULONG)0x100000001,
                                    256,
                                    257,
                                    4096 };
    uint8_t byte = arg_byte(args);

    return byte < 248 ? byte : odd[byte - 248];
}

CK_SESSION_HANDLE arg_session(struct args *args, const struct caller *caller)
{
    uint8_t byte = arg_byte(args);

    return byte < 200 ? caller->session[byte % CALLS_SESSIONS] : byte;
}

CK_OBJECT_HANDLE arg_object(struct args *args, const struct caller *caller)
{
    uint8_t byte = arg_byte(args);

    return byte < 200 ? caller->object[byte % CALLS_OBJECTS] : byte;
}

void *memory(size_t len)
{
    struct slice zeros;
    static const uint8_t none[4096];

    zeros = exact_copy(slice_of(none, len < sizeof(none) ? len : sizeof(none)));
    return (void *)(uintptr_t)zeros.ptr;
}

CK_BYTE *arg_room(struct args *args, CK_ULONG *ret_len)
{
    static const CK_ULONG lengths[] = { 0, 1, 20, 32, 96, 255, 256, 257, 512, 4000 };
    uint8_t byte = arg_byte(args);

    *ret_len = byte < 16 ? 256 : lengths[byte % (sizeof(lengths) / sizeof(lengths[0]))];
    return byte == 255 ? NULL : memory(*ret_len);
}

CK_BYTE *arg_data(struct args *args, size_t max, CK_ULONG *ret_len)
{
    struct slice part = slice_part(args->left, 0, max);

    args->left = slice_part(args->left, part.len, args->left.len);
    *ret_len = part.len;
    return (CK_BYTE *)(uintptr_t)exact_copy(part).ptr;
}

CK_BYTE *arg_pin(struct args *args, CK_ULONG *ret_len)
{
    static const char *const pins[] = { "1234",    "ABC123", "abc123",  "9999",
                                        "WRONG99", "5678",   "NEW1234", "" };
    uint8_t byte = arg_byte(args);
    struct slice pin;

    if (byte >= 128)
        return arg_data(args, byte - 128u, ret_len);
    pin = slice_of(pins[byte % 8], strlen(pins[byte % 8]));
    *ret_len = pin.len;
    return (CK_BYTE *)(uintptr_t)exact_copy(pin).ptr;
}

CK_RV finish_out(CK_RV rv, CK_BYTE *room, CK_ULONG room_len, CK_ULONG len)
{
    if (rv == CKR_OK && room != NULL && len > room_len)
        fuzz_fail("%lu bytes in room for %lu", len, room_len);
    if (rv == CKR_OK && room != NULL)
        consume(room, len);
    free(room);
    return rv;
}

static const CK_MECHANISM_TYPE mechanisms[] = {
    CKM_RSA_PKCS,      CKM_SHA256_RSA_PKCS, CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS,
    CKM_SHA1_RSA_PKCS, CKM_SHA512_RSA_PKCS, CKM_SHA256,       CKM_SHA_1,
    CKM_ECDSA,         CKM_ECDSA_SHA384,    CKM_ECDSA_SHA256, CKM_SHA384_RSA_PKCS,
    CKM_AES_CBC
};

CK_MECHANISM_TYPE arg_mechanism_type(struct args *args)
{
    return mechanisms[arg_byte(args) % (sizeof(mechanisms) / sizeof(mechanisms[0]))];
}
