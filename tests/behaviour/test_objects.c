/* SPDX-License-Identifier: BSD-3-Clause */
/* Which objects there are, who sees them and when, and how they are found. */
#include "rig.h"

#define ROOM 40

static size_t count_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE objects[ROOM];

    return rig_find(session, class, objects, ROOM);
}

static void ck_seen(CK_SESSION_HANDLE session, size_t certs, size_t publics, size_t privates,
                    size_t profiles)
{
    ck_assert_uint_eq(count_class(session, CKO_CERTIFICATE), certs);
    ck_assert_uint_eq(count_class(session, CKO_PUBLIC_KEY), publics);
    ck_assert_uint_eq(count_class(session, CKO_PRIVATE_KEY), privates);
    ck_assert_uint_eq(count_class(session, CKO_PROFILE), profiles);
}

START_TEST(authentication_token_before_and_after_login)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    ck_seen(session, 1, 1, 0, 4);
    (void)rig_login(session, PIN_AUTH);
    ck_seen(session, 1, 1, 1, 4);
    CK_GOOD(C_Logout, session);
    ck_seen(session, 1, 1, 0, 4);
}
END_TEST

START_TEST(signature_token_before_and_after_login)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE certificate;
    CK_ATTRIBUTE attribute = { CKA_VALUE, NULL, 0 };

    (void)rig_start("");
    session = rig_session(SLOT_SIGN);
    ck_seen(session, 0, 0, 0, 3);
    (void)rig_login(session, PIN_SIGN);
    ck_seen(session, 2, 1, 1, 3);
    certificate = rig_object(session, CKO_CERTIFICATE);
    CK_GOOD(C_GetAttributeValue, session, certificate, &attribute, 1);
    CK_GOOD(C_Logout, session);
    ck_seen(session, 0, 0, 0, 3);
    CK_IS(CKR_OBJECT_HANDLE_INVALID, C_GetAttributeValue, session, certificate, &attribute, 1);
}
END_TEST

START_TEST(certificates_of_the_authorities)
{
    rig_options("ca-certs=yes");
    (void)rig_start("");
    ck_seen(rig_session(SLOT_AUTH), 2, 1, 0, 4);
    ck_seen(rig_logged_in(SLOT_SIGN), 2, 1, 1, 3);
}
END_TEST

/* A phone's authentication certificate needs the PIN, so nothing may claim that all certificates
 * are public. */
START_TEST(private_authentication_certificate)
{
    struct sim_card *card = rig_start("profile=android");
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    ck_seen(session, 0, 0, 0, 3);
    (void)rig_login(session, PIN_AUTH);
    ck_seen(session, 1, 1, 1, 3);
    rig_sign_good(session, card, SIM_AUTH);
    CK_GOOD(C_Logout, session);
    ck_seen(session, 0, 0, 0, 3);
}
END_TEST

static void ck_tokens(const char *words, bool auth, bool sign)
{
    CK_TOKEN_INFO info;

    (void)rig_start(words);
    ck_assert_int_eq(rig_has_token(SLOT_AUTH), auth);
    ck_assert_int_eq(rig_has_token(SLOT_SIGN), sign);
    CK_IS(auth ? CKR_OK : CKR_TOKEN_NOT_PRESENT, C_GetTokenInfo, SLOT_AUTH, &info);
    CK_IS(sign ? CKR_OK : CKR_TOKEN_NOT_PRESENT, C_GetTokenInfo, SLOT_SIGN, &info);
}

START_TEST(card_without_signature_certificate)
{
    ck_tokens("profile=nosign", true, false);
    rig_sign_good(rig_logged_in(SLOT_AUTH), rig.cards[0], SIM_AUTH);
}
END_TEST

START_TEST(card_without_authentication_certificate)
{
    ck_tokens("profile=noauth", false, true);
    rig_sign_good(rig_logged_in(SLOT_SIGN), rig.cards[0], SIM_SIGN);
}
END_TEST

START_TEST(card_without_any_certificate)
{
    ck_tokens("profile=nocert", false, false);
}
END_TEST

START_TEST(juki_card_gets_no_pin)
{
    ck_tokens("profile=juki", false, true);
    ck_assert_uint_eq(rig_login(rig_session(SLOT_SIGN), PIN_SIGN), CKR_FUNCTION_REJECTED);
    ck_assert_uint_eq(rig_stats().verifies[SIM_SIGN], 0);
}
END_TEST

START_TEST(searches_for_what_never_is_cost_nothing)
{
    static const CK_OBJECT_CLASS classes[] = { 0xCE534351,     0xCE534352,    0xCE534353,
                                               0xCE534354,     CKO_DATA,      CKO_SECRET_KEY,
                                               CKO_HW_FEATURE, CKO_MECHANISM, CKO_DOMAIN_PARAMETERS,
                                               CKO_VALIDATION, CKO_TRUST };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE objects[ROOM];
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE not_token = { CKA_TOKEN, &no, sizeof(no) };
    CK_ATTRIBUTE unknown = { 0xCE536350, &no, sizeof(no) };

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        ck_assert_uint_eq(count_class(session, classes[i]), 0);
    ck_assert_uint_eq(rig_find_template(session, &not_token, 1, objects, ROOM), 0);
    ck_assert_uint_eq(rig_find_template(session, &unknown, 1, objects, ROOM), 0);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(found_in_parts)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE all[ROOM], one = CK_INVALID_HANDLE;
    CK_ULONG found = 99;
    size_t count;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    count = rig_find_template(session, NULL, 0, all, ROOM);
    ck_assert_uint_eq(count, 6);
    CK_GOOD(C_FindObjectsInit, session, NULL, 0);
    CK_IS(CKR_OPERATION_ACTIVE, C_FindObjectsInit, session, NULL, 0);
    CK_GOOD(C_FindObjects, session, NULL, 0, &found);
    ck_assert_uint_eq(found, 0);
    for (size_t i = 0; i < count; i++) {
        CK_GOOD(C_FindObjects, session, &one, 1, &found);
        ck_assert_uint_eq(found, 1);
        ck_assert_uint_eq(one, all[i]);
    }
    CK_GOOD(C_FindObjects, session, &one, 1, &found);
    ck_assert_uint_eq(found, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_FindObjects, session, &one, 1, NULL);
    CK_IS(CKR_ARGUMENTS_BAD, C_FindObjects, session, NULL, 1, &found);
    CK_GOOD(C_FindObjectsFinal, session);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_FindObjectsFinal, session);
}
END_TEST

START_TEST(templates_that_make_no_sense)
{
    CK_SESSION_HANDLE session;
    CK_ATTRIBUTE hole = { CKA_LABEL, NULL, 5 };

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_ARGUMENTS_BAD, C_FindObjectsInit, session, NULL, 1);
    CK_IS(CKR_ARGUMENTS_BAD, C_FindObjectsInit, session, &hole, 1);
    CK_IS(CKR_OPERATION_NOT_INITIALIZED, C_FindObjectsFinal, session);
}
END_TEST

START_TEST(handles_die_with_the_card)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE certificate;
    CK_ATTRIBUTE attribute = { CKA_VALUE, NULL, 0 };

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    certificate = rig_object(session, CKO_CERTIFICATE);
    rig_swap(READER_A, rig_card("holder=2"));
    CK_IS(CKR_DEVICE_REMOVED, C_GetSessionInfo, session, (CK_SESSION_INFO *)NULL);
    CK_IS(CKR_DEVICE_REMOVED, C_GetAttributeValue, session, certificate, &attribute, 1);
    session = rig_session(SLOT_AUTH);
    CK_IS(CKR_OBJECT_HANDLE_INVALID, C_GetAttributeValue, session, certificate, &attribute, 1);
}
END_TEST

START_TEST(nothing_can_be_written)
{
    CK_SESSION_HANDLE rw, ro;
    CK_OBJECT_HANDLE object, copy;
    CK_UTF8CHAR label[] = "mine";
    CK_ATTRIBUTE attribute = { CKA_LABEL, label, 4 };

    (void)rig_start("");
    rw = rig_session(SLOT_AUTH);
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &ro);
    object = rig_object(rw, CKO_CERTIFICATE);
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_CreateObject, rw, &attribute, 1, &copy);
    CK_IS(CKR_SESSION_READ_ONLY, C_CreateObject, ro, &attribute, 1, &copy);
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_CopyObject, rw, object, &attribute, 1, &copy);
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_DestroyObject, rw, object);
    CK_IS(CKR_TOKEN_WRITE_PROTECTED, C_SetAttributeValue, rw, object, &attribute, 1);
    CK_IS(CKR_SESSION_READ_ONLY, C_SetAttributeValue, ro, object, &attribute, 1);
    CK_IS(CKR_OBJECT_HANDLE_INVALID, C_DestroyObject, rw, 99999);
}
END_TEST

RIG_TESTS("objects", authentication_token_before_and_after_login,
          signature_token_before_and_after_login, certificates_of_the_authorities,
          private_authentication_certificate, card_without_signature_certificate,
          card_without_authentication_certificate, card_without_any_certificate,
          juki_card_gets_no_pin, searches_for_what_never_is_cost_nothing, found_in_parts,
          templates_that_make_no_sense, handles_die_with_the_card, nothing_can_be_written)
