/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that most tests begin with. */
#include "rig.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

static const char message[] = "a message that somebody signs";

CK_SESSION_HANDLE rig_session(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    CK_GOOD(C_OpenSession, slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);
    return session;
}

CK_RV rig_login_as(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    CK_UTF8CHAR text[128];
    size_t len = strlen(pin);

    ck_assert_uint_lt(len, sizeof text);
    memcpy(text, pin, len);
    return P11(C_Login, session, user, text, len);
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

size_t rig_find_template(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *objects,
                         size_t room)
{
    CK_ULONG found = 0;

    CK_GOOD(C_FindObjectsInit, session, template, count);
    CK_GOOD(C_FindObjects, session, objects, room, &found);
    CK_GOOD(C_FindObjectsFinal, session);
    return found;
}

size_t rig_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *objects, size_t room)
{
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof class };

    return rig_find_template(session, &template, 1, objects, room);
}

CK_OBJECT_HANDLE rig_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

    (void)rig_find(session, class, &object, 1);
    return object;
}

CK_RV rig_sign_begin(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
    CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { type, NULL, 0 };

    if (type == CKM_RSA_PKCS_PSS || type == CKM_SHA256_RSA_PKCS_PSS)
        mechanism = (CK_MECHANISM){ type, &params, sizeof params };
    return P11(C_SignInit, session, &mechanism, rig_object(session, CKO_PRIVATE_KEY));
}

CK_RV rig_sign_message(CK_SESSION_HANDLE session, CK_BYTE signature[SIGNATURE_LEN])
{
    CK_BYTE data[sizeof message];
    CK_ULONG len = SIGNATURE_LEN;
    CK_RV rv = rig_sign_begin(session, CKM_SHA256_RSA_PKCS);

    memcpy(data, message, sizeof data);
    return rv != CKR_OK ? rv : P11(C_Sign, session, data, sizeof data, signature, &len);
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
    ck_assert(rig_signature_fits(card, role, "SHA256", false, message, sizeof message, signature));
}

static EVP_PKEY *public_key(const struct sim_card *card, enum sim_role role)
{
    const struct sim_identity *identity = sim_card_identity(card);
    const int which = role == SIM_AUTH ? SIM_CERT_AUTH : SIM_CERT_SIGN;
    const unsigned char *der = identity->cert[which];
    X509 *cert = d2i_X509(NULL, &der, (long)identity->cert_len[which]);
    EVP_PKEY *key = NULL;

    ck_assert_ptr_nonnull(cert);
    key = X509_get_pubkey(cert);
    X509_free(cert);
    return key;
}

/* The bytes that a signature without digest carries between its padding. */
static bool recovered_is(EVP_PKEY *key, const void *data, size_t len, const CK_BYTE *signature)
{
    unsigned char plain[SIGNATURE_LEN];
    size_t plain_len = sizeof plain;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool same = EVP_PKEY_verify_recover_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_verify_recover(ctx, plain, &plain_len, signature, SIGNATURE_LEN) == 1 && plain_len == len &&
                memcmp(plain, data, len) == 0;

    EVP_PKEY_CTX_free(ctx);
    return same;
}

static bool digest_verifies(EVP_PKEY *key, const char *digest, bool pss, const void *data, size_t len,
                            const CK_BYTE *signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = EVP_DigestVerifyInit(ctx, &key_ctx, EVP_get_digestbyname(digest), NULL, key) == 1;

    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, 32) == 1;
    good = good && EVP_DigestVerify(ctx, signature, SIGNATURE_LEN, data, len) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool rig_signature_fits(const struct sim_card *card, enum sim_role role, const char *digest, bool pss, const void *data,
                        size_t len, const CK_BYTE *signature)
{
    EVP_PKEY *key = public_key(card, role);
    bool fits = digest == NULL ? recovered_is(key, data, len, signature)
                               : digest_verifies(key, digest, pss, data, len, signature);

    EVP_PKEY_free(key);
    return fits;
}
