/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that every program of this folder makes. */
#include "house.h"

static const CK_BYTE message[] = "somebody signs this";

CK_RV house_open(unsigned m, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session)
{
    return program_open(&house.program[m], slot, ret_session);
}

CK_RV house_login(unsigned m, CK_SESSION_HANDLE session, const char *pin)
{
    return program_login(&house.program[m], session, CKU_USER, pin);
}

CK_RV house_find(unsigned m, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                 CK_OBJECT_HANDLE *ret_object)
{
    CK_RV rv = program_find(&house.program[m], session, class, ret_object);

    /* private objects are not seen without a login */
    return rv == CKR_OK && *ret_object == CK_INVALID_HANDLE ? CKR_USER_NOT_LOGGED_IN : rv;
}

CK_RV house_sign_init(unsigned m, CK_SESSION_HANDLE session, bool pss)
{
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = house_find(m, session, CKO_PRIVATE_KEY, &key);

    return rv != CKR_OK
               ? rv
               : program_sign_init(&house.program[m], session,
                                   pss ? CKM_SHA256_RSA_PKCS_PSS : CKM_SHA256_RSA_PKCS, key);
}

CK_RV house_sign_end(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss,
                     const struct sim_card *card)
{
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);
    CK_RV rv = program_sign(&house.program[m], session, message, sizeof(message), signature, &len);

    if (rv == CKR_OK && (card == NULL || len != SIGNATURE_LEN ||
                         !signature_fits(sim_card_identity(card)->key[house_role(slot)], "SHA256",
                                         pss, message, sizeof(message), signature, len)))
        house_fault("C_Sign answered CKR_OK with something that is no signature of this card");
    return rv;
}

CK_RV house_sign(unsigned m, CK_SESSION_HANDLE session, CK_SLOT_ID slot, bool pss)
{
    unsigned long insertion = 0;
    CK_RV rv = house_sign_init(m, session, pss);

    return rv == CKR_OK ? house_sign_end(m, session, slot, pss,
                                         spy_card(house.world, house_reader(slot), &insertion))
                        : rv;
}
