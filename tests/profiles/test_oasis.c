/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mandatory test cases of the OASIS PKCS #11 Profiles, version 3.2, call by call on the
 * simulated card: BL-M-1 (baseline provider), EXT-M-1 (extended provider), AUTH-M-1 (authentication
 * token) and CERT-M-1 (public certificates token).
 *
 * What cannot fit a card that only signs:
 *   - names, versions, serial numbers, keys and signatures are those of the committee's own token;
 *   - CKF_RNG and CKF_RESTORE_KEY_NOT_NEEDED: the module lends no random numbers and saves no
 * operation's state;
 *   - CKF_WRITE_PROTECTED is set here, and not there: nobody can write to the card;
 *   - EXT-M-1 asks for CKM_SHA512 (not listed: Java would take it for PSS, which the card has with
 * SHA-256 alone) and for CKM_RSA_PKCS_KEY_PAIR_GEN (the card makes no keys): both are
 * CKR_MECHANISM_INVALID.  Of CKM_RSA_PKCS it expects decrypting and wrapping and keys from 512 bits
 * on; the card signs, with 2048 bits;
 *   - AUTH-M-1 finds the two keys under two labels; here certificate and keys share one, by which
 * clients join them;
 *   - CERT-M-1 reads a root certificate of a token full of them.  The signature token's
 * certificates need the password, so it does not claim the profile, and the case stops at its first
 * certificate.
 */
#include "rig.h"

#define ROOM 32
#define CERT_ROOM 4096

/* One token under test. */
struct subject {
    const char *words; /* of the card */
    CK_SLOT_ID slot;
    enum sim_role role;
    const char *pin, *label; /* label: of its certificate and keys */
};

static const struct subject subjects[] = {
    { "", SLOT_AUTH, SIM_AUTH, PIN_AUTH, "User Authentication" },
    { "", SLOT_SIGN, SIM_SIGN, PIN_SIGN, "Digital Signature" },
    { "profile=android", SLOT_AUTH, SIM_AUTH, PIN_AUTH, "User Authentication" },
    { "profile=oldcard", SLOT_AUTH, SIM_AUTH, PIN_AUTH, "User Authentication" },
    { "profile=nosign", SLOT_AUTH, SIM_AUTH, PIN_AUTH, "User Authentication" },
    { "profile=noauth", SLOT_SIGN, SIM_SIGN, PIN_SIGN, "Digital Signature" },
};

#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

/* C_Initialize, C_GetInfo, C_GetSlotList with a token twice: the head of every case. */
static void case_begin(const struct subject *subject)
{
    CK_INFO info;
    CK_SLOT_ID slots[ROOM];
    CK_ULONG count = 0, again;
    bool found = false;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetInfo, &info);
    ck_assert_uint_eq(info.cryptokiVersion.major, 3);
    ck_assert_uint_eq(info.cryptokiVersion.minor, 2);
    ck_assert_uint_eq(info.flags, 0);
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_assert_uint_ge(count, 1);
    ck_assert_uint_le(count, ROOM);
    again = count;
    CK_GOOD(C_GetSlotList, CK_TRUE, slots, &again);
    ck_assert_uint_eq(again, count);
    for (CK_ULONG i = 0; i < again; i++)
        found = found || slots[i] == subject->slot;
    ck_assert(found);
}

/* C_CloseSession, C_CloseAllSessions, C_Finalize: the end of every case. */
static void case_end(const struct subject *subject, CK_SESSION_HANDLE session)
{
    CK_GOOD(C_CloseSession, session);
    CK_GOOD(C_CloseAllSessions, subject->slot);
    CK_GOOD(C_Finalize, NULL);
}

static void ck_slot_and_token(CK_SLOT_ID slot)
{
    const CK_FLAGS wanted = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO info;

    CK_GOOD(C_GetSlotInfo, slot, &slot_info);
    ck_assert_uint_ne(slot_info.flags & CKF_TOKEN_PRESENT, 0);
    CK_GOOD(C_GetTokenInfo, slot, &info);
    ck_assert_uint_eq(info.flags, wanted | CKF_WRITE_PROTECTED);
    ck_assert_uint_eq(info.ulSessionCount, 0);
    ck_assert_uint_eq(info.ulRwSessionCount, 0);
    ck_assert_uint_le(info.ulMinPinLen, info.ulMaxPinLen);
}

static CK_SESSION_HANDLE session_open(CK_SLOT_ID slot, CK_FLAGS flags)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    CK_GOOD(C_OpenSession, slot, flags, NULL, NULL, &session);
    ck_assert_uint_ne(session, CK_INVALID_HANDLE);
    return session;
}

/* C_FindObjectsInit for what is on the token, and C_FindObjects; C_FindObjectsFinal is the
 * caller's. */
static CK_ULONG token_objects(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG room)
{
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE template = { CKA_TOKEN, &yes, sizeof(yes) };
    CK_ULONG found = 0;

    CK_GOOD(C_FindObjectsInit, session, &template, 1);
    CK_GOOD(C_FindObjects, session, objects, room, &found);
    return found;
}

/* A case is about a token that claims its profile. */
static void ck_claims(CK_SESSION_HANDLE session, CK_PROFILE_ID profile, bool claimed)
{
    CK_OBJECT_CLASS class = CKO_PROFILE;
    CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) },
                                { CKA_PROFILE_ID, &profile, sizeof(profile) } };
    CK_OBJECT_HANDLE object;

    ck_assert_uint_eq(rig_find_template(session, template, 2, &object, 1), claimed ? 1 : 0);
}

/* The world anew for each subject, since each case begins and ends the module. */
static const struct subject *subject_up(size_t i)
{
    if (i > 0) {
        rig_down();
        rig_up();
    }
    (void)rig_reader(READER_A, subjects[i].words);
    return &subjects[i];
}

START_TEST(bl_m_1)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *subject = subject_up(i);
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE object;

        case_begin(subject);
        ck_slot_and_token(subject->slot);
        session = session_open(subject->slot, CKF_SERIAL_SESSION);
        ck_claims(session, CKP_BASELINE_PROVIDER, true);
        ck_assert_uint_eq(token_objects(session, &object, 1), 1);
        CK_GOOD(C_FindObjectsFinal, session);
        case_end(subject, session);
    }
}
END_TEST

/* C_GetMechanismList twice, and C_GetMechanismInfo of each and of what the committee's token has
 * besides. */
static void ck_mechanisms(CK_SLOT_ID slot)
{
    CK_MECHANISM_TYPE types[ROOM];
    CK_MECHANISM_INFO info;
    CK_ULONG count = 0, again;

    CK_GOOD(C_GetMechanismList, slot, NULL, &count);
    ck_assert_uint_le(count, ROOM);
    again = count;
    CK_GOOD(C_GetMechanismList, slot, types, &again);
    ck_assert_uint_eq(again, count);
    for (CK_ULONG i = 0; i < count; i++) {
        CK_GOOD(C_GetMechanismInfo, slot, types[i], &info);
        ck_assert_uint_ne(info.flags & (CKF_SIGN | CKF_DIGEST), 0);
    }
    ck_assert_uint_eq(types[0], CKM_RSA_PKCS);
    CK_GOOD(C_GetMechanismInfo, slot, CKM_RSA_PKCS, &info);
    ck_assert_uint_eq(info.flags, CKF_HW | CKF_SIGN | CKF_VERIFY);
    CK_IS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, slot, CKM_SHA512, &info);
    CK_IS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, slot, CKM_RSA_PKCS_KEY_PAIR_GEN, &info);
}

START_TEST(ext_m_1)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *subject = subject_up(i);
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE object;

        case_begin(subject);
        ck_slot_and_token(subject->slot);
        ck_mechanisms(subject->slot);
        session = session_open(subject->slot, CKF_RW_SESSION | CKF_SERIAL_SESSION);
        ck_claims(session, CKP_EXTENDED_PROVIDER, true);
        rig_expect(CKR_OK, rig_login(session, subject->pin), "C_Login", __FILE__, __LINE__);
        ck_assert_uint_eq(token_objects(session, &object, 1), 1);
        CK_GOOD(C_FindObjectsFinal, session);
        CK_GOOD(C_Logout, session);
        case_end(subject, session);
    }
}
END_TEST

static CK_OBJECT_HANDLE key_find(CK_SESSION_HANDLE session, const char *label,
                                 CK_OBJECT_CLASS class)
{
    CK_BBOOL yes = CK_TRUE;
    CK_UTF8CHAR text[ROOM];
    CK_ATTRIBUTE template[] = { { CKA_TOKEN, &yes, sizeof(yes) },
                                { CKA_LABEL, text, strlen(label) },
                                { CKA_CLASS, &class, sizeof(class) } };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;

    memcpy(text, label, strlen(label));
    ck_assert_uint_eq(rig_find_template(session, template, 3, &object, 1), 1);
    return object;
}

START_TEST(auth_m_1)
{
    static const CK_BYTE f4[] = { 1, 0, 1 };
    CK_MECHANISM sha256_rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };

    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *subject = subject_up(i);
        CK_BYTE modulus[1024], exponent[1024], data[391], signature[SIGNATURE_LEN];
        CK_ATTRIBUTE key[] = { { CKA_MODULUS, modulus, sizeof(modulus) },
                               { CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent) } };
        CK_ULONG len = sizeof(signature);
        CK_SESSION_HANDLE session;

        case_begin(subject);
        session = session_open(subject->slot, CKF_RW_SESSION | CKF_SERIAL_SESSION);
        ck_claims(session, CKP_AUTHENTICATION_TOKEN, true);
        rig_expect(CKR_OK, rig_login(session, subject->pin), "C_Login", __FILE__, __LINE__);
        CK_GOOD(C_GetAttributeValue, session, key_find(session, subject->label, CKO_PUBLIC_KEY),
                key, 2);
        ck_assert_uint_eq(key[0].ulValueLen, SIGNATURE_LEN);
        ck_assert_uint_eq(key[1].ulValueLen, sizeof(f4));
        ck_assert_mem_eq(exponent, f4, sizeof(f4));
        CK_GOOD(C_SignInit, session, &sha256_rsa,
                key_find(session, subject->label, CKO_PRIVATE_KEY));
        memset(data, 0x30, sizeof(data)); /* as long as what the committee's token signs */
        CK_GOOD(C_Sign, session, data, sizeof(data), signature, &len);
        ck_assert_uint_eq(len, SIGNATURE_LEN);
        ck_assert(rig_signature_fits(rig.cards[0], subject->role, "SHA256", false, data,
                                     sizeof(data), signature));
        CK_GOOD(C_Logout, session);
        case_end(subject, session);
    }
}
END_TEST

/* C_GetAttributeValue twice: the length, then the value. */
static CK_ULONG value_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                         CK_BYTE *room)
{
    CK_ATTRIBUTE attribute = { type, NULL, 0 };
    CK_ULONG len;

    CK_GOOD(C_GetAttributeValue, session, object, &attribute, 1);
    len = attribute.ulValueLen;
    ck_assert_uint_le(len, CERT_ROOM);
    attribute.pValue = room;
    CK_GOOD(C_GetAttributeValue, session, object, &attribute, 1);
    ck_assert_uint_eq(attribute.ulValueLen, len);
    return len;
}

/* The search is still open while attributes are read, as in the published case. */
static void ck_certificate(CK_SESSION_HANDLE session, const struct subject *subject)
{
    const struct sim_identity *identity = sim_card_identity(rig.cards[0]);
    const int which = subject->role == SIM_AUTH ? SIM_CERT_AUTH : SIM_CERT_SIGN;
    CK_OBJECT_HANDLE objects[5];
    CK_BYTE room[CERT_ROOM];
    CK_ULONG len;

    ck_assert_uint_eq(token_objects(session, objects, 5), 5);
    len = value_of(session, objects[0], CKA_LABEL, room);
    ck_assert_uint_eq(len, strlen(subject->label));
    ck_assert_mem_eq(room, subject->label, len);
    len = value_of(session, objects[0], CKA_VALUE, room);
    ck_assert_uint_eq(len, identity->cert_len[which]);
    ck_assert_mem_eq(room, identity->cert[which], len);
    CK_GOOD(C_FindObjectsFinal, session);
}

START_TEST(cert_m_1)
{
    for (size_t i = 0; i < SUBJECTS; i++) {
        const struct subject *subject = subject_up(i);
        const bool claimed =
            subject->role == SIM_AUTH && strcmp(subject->words, "profile=android") != 0;
        CK_SESSION_HANDLE session;

        case_begin(subject);
        session = session_open(subject->slot, CKF_SERIAL_SESSION);
        ck_claims(session, CKP_PUBLIC_CERTIFICATES_TOKEN, claimed);
        if (claimed)
            ck_certificate(session, subject);
        else
            ck_assert_uint_eq(rig_object(session, CKO_CERTIFICATE), CK_INVALID_HANDLE);
        case_end(subject, session);
    }
}
END_TEST

RIG_TESTS("oasis", bl_m_1, ext_m_1, auth_m_1, cert_m_1)
