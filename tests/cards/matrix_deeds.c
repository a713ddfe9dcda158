/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done with a token: one function a column.  Each answers the first code that is not
 * CKR_OK. */
#include "matrix.h"

static CK_SESSION_HANDLE open_session(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    (void)program_open(&rig.program, slot, &session);
    return session;
}

static const char *pin_of(CK_SLOT_ID slot)
{
    return slot == SLOT_AUTH ? PIN_AUTH : PIN_SIGN;
}

static CK_RV run_list(CK_SLOT_ID slot)
{
    CK_ULONG count = 0;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO info;

    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    CK_GOOD(C_GetSlotInfo, slot, &slot_info);
    return P11(C_GetTokenInfo, slot, &info);
}

static CK_RV run_login(CK_SLOT_ID slot)
{
    return rig_login(open_session(slot), pin_of(slot));
}

/* The certificate's value, with the login where it is private. */
static CK_RV run_read(CK_SLOT_ID slot)
{
    CK_BYTE value[4096];
    CK_ATTRIBUTE attribute = { CKA_VALUE, value, sizeof(value) };
    CK_SESSION_HANDLE session = open_session(slot);
    CK_OBJECT_HANDLE object = rig_object(session, CKO_CERTIFICATE);
    CK_RV rv = CKR_OK;

    if (object == CK_INVALID_HANDLE) {
        rv = rig_login(session, pin_of(slot));
        object = rig_object(session, CKO_CERTIFICATE);
    }
    return rv != CKR_OK ? rv : P11(C_GetAttributeValue, session, object, &attribute, 1);
}

/* One signature by the mechanism a program would choose: PSS, or the plain one of the token's
 * kind of key. */
static CK_RV sign_by(CK_SLOT_ID slot, bool pss)
{
    CK_BYTE data[] = "a message that somebody signs", signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);
    CK_SESSION_HANDLE session = open_session(slot);
    CK_KEY_TYPE type = CKK_RSA;
    CK_ATTRIBUTE attribute = { CKA_KEY_TYPE, &type, sizeof(type) };
    CK_RV rv =
        P11(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), &attribute, 1);

    if (rv == CKR_OK)
        rv = rig_sign_begin(session, pss              ? CKM_SHA256_RSA_PKCS_PSS
                                     : type == CKK_EC ? CKM_ECDSA_SHA384
                                                      : CKM_SHA256_RSA_PKCS);
    return rv != CKR_OK ? rv : P11(C_Sign, session, data, sizeof(data), signature, &len);
}

static CK_RV run_sign(CK_SLOT_ID slot)
{
    return sign_by(slot, false);
}

static CK_RV run_pss(CK_SLOT_ID slot)
{
    return sign_by(slot, true);
}

static CK_RV run_change(CK_SLOT_ID slot)
{
    CK_UTF8CHAR old_pin[SIM_PIN_MAX + 1], new_pin[] = "5678", new_password[] = "NEW777";
    size_t len = strlen(pin_of(slot));

    memcpy(old_pin, pin_of(slot), len);
    return P11(C_SetPIN, open_session(slot), old_pin, len,
               slot == SLOT_AUTH ? new_pin : new_password, slot == SLOT_AUTH ? 4 : 6);
}

/* A wrong PIN that was never given before: these cards say the same of themselves, and what one
 * refused is remembered. */
static const char *wrong_next(CK_SLOT_ID slot)
{
    static char pin[SIM_PIN_MAX + 1];
    static unsigned used;

    snprintf(pin, sizeof(pin), slot == SLOT_AUTH ? "9%03u" : "WRONG%u", used++ % 1000);
    return pin;
}

static CK_RV run_wrong(CK_SLOT_ID slot)
{
    return rig_login(open_session(slot), wrong_next(slot));
}

/* Wrong PINs, every one another, until the answer is another too. */
static CK_RV run_lock(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = open_session(slot);
    CK_RV rv = CKR_PIN_INCORRECT;

    for (int i = 0; i < 9 && rv == CKR_PIN_INCORRECT; i++)
        rv = rig_login(session, wrong_next(slot));
    return rv;
}

const struct deed deeds[] = {
    { "list", 22, false, 0, run_list },   { "login", 14, false, 0, run_login },
    { "read", 14, false, 0, run_read },   { "sign", 6, true, 0, run_sign },
    { "PSS", 19, true, 0, run_pss },      { "change", 12, false, 0, run_change },
    { "wrong", 15, false, 1, run_wrong }, { "lock", 13, false, 5, run_lock },
    { NULL, 0, false, 0, NULL },
};
