/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that every program of this folder makes. */
#include "house.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

static const CK_BYTE message[] = "somebody signs this";

CK_RV house_open(unsigned m, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session)
{
    return CALL(m, C_OpenSession, slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, ret_session);
}

CK_RV house_login(unsigned m, CK_SESSION_HANDLE session, const char *pin)
{
    CK_UTF8CHAR text[64];
    const size_t len = strlen(pin);

    memcpy(text, pin, len < sizeof text ? len : sizeof text);
    return CALL(m, C_Login, session, CKU_USER, text, len < sizeof text ? len : sizeof text);
}

CK_RV house_find(unsigned m, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *ret_object)
{
    CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof class };
    CK_ULONG found = 0;
    CK_RV rv = CALL(m, C_FindObjectsInit, session, &wanted, 1);

    *ret_object = CK_INVALID_HANDLE;
    if (rv != CKR_OK)
        return rv;
    rv = CALL(m, C_FindObjects, session, ret_object, 1, &found);
    (void)CALL(m, C_FindObjectsFinal, session);
    if (rv == CKR_OK && found == 0)
        rv = CKR_USER_NOT_LOGGED_IN; /* private objects are not seen without a login */
    return rv;
}

static bool signature_fits(EVP_PKEY *key, bool pss, const CK_BYTE *signature, size_t len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *key_ctx = NULL;
    bool good = EVP_DigestVerifyInit(ctx, &key_ctx, EVP_sha256(), NULL, key) == 1;

    if (good && pss)
        good = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, 32) == 1;
    good = good && EVP_DigestVerify(ctx, signature, len, message, sizeof message) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

static CK_MECHANISM sign_mechanism(bool pss)
{
    static CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };

    return pss ? (CK_MECHANISM){ CKM_SHA256_RSA_PKCS_PSS, &params, sizeof params }
               : (CK_MECHANISM){ CKM_SHA256_RSA_PKCS, NULL, 0 };
}

CK_RV house_sign_init(unsigned m, CK_SESSION_HANDLE session, bool pss)
{
    CK_MECHANISM mechanism = sign_mechanism(pss);
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = house_find(m, session, CKO_PRIVATE_KEY, &key);

    return rv == CKR_OK ? CALL(m, C_SignInit, session, &mechanism, key) : rv;
}

CK_RV house_sign_end(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss, const struct sim_card *card)
{
    CK_BYTE data[sizeof message], signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof signature;
    CK_RV rv;

    memcpy(data, message, sizeof data);
    rv = CALL(m, C_Sign, session, data, sizeof data, signature, &len);
    if (rv == CKR_OK && (card == NULL || len != SIGNATURE_LEN ||
                         !signature_fits(sim_card_identity(card)->key[house_role(slot)], pss, signature, len)))
        house_fault("C_Sign answered CKR_OK with something that is no signature of this card");
    return rv;
}

CK_RV house_sign(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss)
{
    unsigned long insertion = 0;
    CK_RV rv = house_sign_init(m, session, pss);

    return rv == CKR_OK ? house_sign_end(m, session, slot, pss, spy_card(house.world, house_reader(slot), &insertion)) : rv;
}
