/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that most tests begin with. */
#include "rig.h"

#include <openssl/evp.h>

static const char message[] = "a message that somebody signs";

CK_SESSION_HANDLE rig_session(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    rig_expect(CKR_OK, program_open(&rig.program, slot, &session), "C_OpenSession", __FILE__,
               __LINE__);
    return session;
}

CK_RV rig_login_as(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    return program_login(&rig.program, session, user, pin);
}

CK_RV rig_login(CK_SESSION_HANDLE session, const char *pin)
{
    return rig_login_as(session, CKU_USER, pin);
}

CK_RV rig_set_pin(CK_SESSION_HANDLE session, const char *old_pin, const char *new_pin)
{
    CK_UTF8CHAR from[64], to[64];

    memcpy(from, old_pin, strlen(old_pin));
    memcpy(to, new_pin, strlen(new_pin));
    return P11(C_SetPIN, session, from, strlen(old_pin), to, strlen(new_pin));
}

CK_SESSION_HANDLE rig_logged_in(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = rig_session(slot);
    CK_RV rv = rig_login(session, slot % 2 == 0 ? PIN_AUTH : PIN_SIGN);

    rig_expect(CKR_OK, rv, "C_Login", __FILE__, __LINE__);
    return session;
}

CK_STATE rig_state(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info = { .state = CK_UNAVAILABLE_INFORMATION };

    CK_GOOD(C_GetSessionInfo, session, &info);
    return info.state;
}

CK_FLAGS rig_pin_flags(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info = { .flags = 0 };

    CK_GOOD(C_GetTokenInfo, slot, &info);
    return info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
}

bool rig_has_token(CK_SLOT_ID slot)
{
    CK_SLOT_INFO info = { .flags = 0 };

    CK_GOOD(C_GetSlotInfo, slot, &info);
    return (info.flags & CKF_TOKEN_PRESENT) != 0;
}

size_t rig_find_template(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count,
                         CK_OBJECT_HANDLE *objects, size_t room)
{
    CK_ULONG found = 0;

    rig_expect(CKR_OK,
               program_find_all(&rig.program, session, template, count, objects, room, &found),
               "C_FindObjects", __FILE__, __LINE__);
    return found;
}

size_t rig_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *objects,
                size_t room)
{
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof(class) };

    return rig_find_template(session, &template, 1, objects, room);
}

CK_OBJECT_HANDLE rig_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

    rig_expect(CKR_OK, program_find(&rig.program, session, class, &object), "C_FindObjects",
               __FILE__, __LINE__);
    return object;
}

CK_RV rig_sign_begin(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
    return program_sign_init(&rig.program, session, type, rig_object(session, CKO_PRIVATE_KEY));
}

CK_RV rig_sign_message(CK_SESSION_HANDLE session, CK_BYTE signature[SIGNATURE_LEN])
{
    CK_ULONG len = SIGNATURE_LEN;
    CK_RV rv = rig_sign_begin(session, CKM_SHA256_RSA_PKCS);

    return rv != CKR_OK
               ? rv
               : program_sign(&rig.program, session, message, sizeof(message), signature, &len);
}

CK_RV rig_sign(CK_SESSION_HANDLE session)
{
    CK_BYTE signature[SIGNATURE_LEN];

    return rig_sign_message(session, signature);
}

void rig_sign_good(CK_SESSION_HANDLE session, const struct sim_card *card, enum sim_role role)
{
    CK_BYTE signature[SIGNATURE_LEN];

    rig_expect(CKR_OK, rig_sign_message(session, signature), "C_Sign", __FILE__, __LINE__);
    ck_assert(rig_signature_fits(card, role, "SHA256", false, message, sizeof(message), signature));
}

bool rig_signature_fits(const struct sim_card *card, enum sim_role role, const char *digest,
                        bool pss, const void *data, size_t len, const CK_BYTE *signature)
{
    const struct sim_identity *identity = sim_card_identity(card);
    const int which = role == SIM_AUTH ? SIM_CERT_AUTH : SIM_CERT_SIGN;
    EVP_PKEY *key = certificate_key(identity->cert[which], identity->cert_len[which]);
    bool fits =
        key != NULL && signature_fits(key, digest, pss, data, len, signature, SIGNATURE_LEN);

    EVP_PKEY_free(key);
    return fits;
}
