/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many exchanges each thing costs, exactly.  On a contactless card an exchange is 6 ms and a
 * byte 0.1 ms, so a number that grows here is time that every holder waits.
 */
#include "rig.h"

static void ck_cost(unsigned expected, const char *what)
{
    unsigned exchanges = rig_exchanges();

    ck_assert_msg(exchanges == expected, "%s: %u exchanges instead of %u", what, exchanges,
                  expected);
}

START_TEST(costs_of_listing)
{
    CK_ULONG count = 0;
    CK_TOKEN_INFO info;

    (void)rig_start("");
    ck_cost(0, "the list of slots");
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_cost(
        6,
        "recognising the card: SELECT, EF 0006, EF 0008, the first block of EF 000A, the tries of both PINs");
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_cost(0, "the list again");
    CK_GOOD(C_GetTokenInfo, SLOT_AUTH, &info);
    ck_cost(0, "tries of the authentication PIN, asked with the rest");
    CK_GOOD(C_GetTokenInfo, SLOT_SIGN, &info);
    ck_cost(0, "tries of the password, too");
    CK_GOOD(C_GetTokenInfo, SLOT_SIGN, &info);
    ck_cost(0, "token info again");
}
END_TEST

/* What a listing program does, in a fresh process. */
START_TEST(costs_of_a_whole_listing)
{
    CK_SLOT_ID slots[2];
    CK_ULONG count = 2;
    CK_TOKEN_INFO info;
    CK_SLOT_INFO slot_info;

    (void)rig_start("");
    CK_GOOD(C_GetSlotList, CK_FALSE, slots, &count);
    for (CK_SLOT_ID slot = 0; slot < 2; slot++) {
        CK_GOOD(C_GetSlotInfo, slot, &slot_info);
        CK_GOOD(C_GetTokenInfo, slot, &info);
    }
    ck_cost(6, "both slots and both tokens");
}
END_TEST

static void value_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_BYTE value[4096];
    CK_ATTRIBUTE attribute = { CKA_VALUE, value, sizeof(value) };

    CK_GOOD(C_GetAttributeValue, session, object, &attribute, 1);
}

START_TEST(costs_of_objects)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE objects[16];
    CK_OBJECT_HANDLE certificate;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    ck_assert_uint_eq(rig_find_template(session, NULL, 0, objects, 16), 6);
    certificate = rig_object(session, CKO_CERTIFICATE);
    ck_cost(0, "searching by what the tables tell");
    value_read(session, certificate);
    ck_cost(8, "the authentication certificate: SELECT and its bytes in blocks of 256");
    value_read(session, certificate);
    ck_cost(0, "the certificate again");
}
END_TEST

START_TEST(costs_of_the_authentication_key)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    ck_cost(6, "recognising");
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_cost(5,
            "the first login: SELECT, READ of EF 000A on the new connection, query, VERIFY, drop");
    rig_sign_good(session, card, SIM_AUTH);
    ck_cost(5, "a signature: SELECT, query, VERIFY, COMPUTE, drop");
    rig_sign_good(session, card, SIM_AUTH);
    ck_cost(5, "another signature");
    CK_GOOD(C_Logout, session);
    ck_cost(0, "logging out");
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    ck_cost(4, "another login: SELECT, query, VERIFY, drop");
}
END_TEST

START_TEST(costs_of_the_signature_key)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_session(SLOT_SIGN);

    ck_cost(6, "recognising");
    rig_expect(CKR_OK, rig_login(session, PIN_SIGN), "C_Login", __FILE__, __LINE__);
    ck_cost(12, "the first login, with the certificate in seven blocks");
    rig_sign_good(session, card, SIM_SIGN);
    ck_cost(5, "a signature");
    value_read(session, rig_object(session, CKO_CERTIFICATE));
    ck_cost(0, "the certificate, which the login has read");
}
END_TEST

START_TEST(costs_of_pss)
{
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1 };
    CK_ULONG len = sizeof(signature), count = 0;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    (void)rig_exchanges();
    CK_GOOD(C_GetMechanismList, SLOT_AUTH, NULL, &count);
    ck_cost(2, "asking whether the card knows PSS");
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS_PSS), "C_SignInit", __FILE__,
               __LINE__);
    CK_GOOD(C_Sign, session, data, 1, signature, &len);
    ck_cost(13, "the first PSS signature, checked with the certificate that is read for it");
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS_PSS), "C_SignInit", __FILE__,
               __LINE__);
    CK_GOOD(C_Sign, session, data, 1, signature, &len);
    ck_cost(5, "another PSS signature");
}
END_TEST

START_TEST(costs_of_wrong_pins)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    rig_expect(CKR_PIN_INCORRECT, rig_login(session, "0001"), "C_Login", __FILE__, __LINE__);
    ck_cost(5, "a wrong PIN on a new connection: SELECT, READ, query, VERIFY, drop");
    rig_expect(CKR_PIN_INCORRECT, rig_login(session, "0002"), "C_Login", __FILE__, __LINE__);
    ck_cost(4, "another");
    rig_expect(CKR_PIN_INCORRECT, rig_login(session, "0002"), "C_Login", __FILE__, __LINE__);
    ck_cost(
        2,
        "one that was refused before: whether it has become right elsewhere, only the counter tells");
}
END_TEST

START_TEST(costs_of_a_pin_change)
{
    CK_UTF8CHAR old_pin[] = PIN_AUTH, new_pin[] = "5678";

    (void)rig_start("");
    (void)rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    CK_GOOD(C_SetPIN, rig_session(SLOT_AUTH), old_pin, 4, new_pin, 4);
    ck_cost(7, "SELECT, READ, SELECT EF, query, VERIFY, CHANGE, drop");
}
END_TEST

/* An old card without short EF ids selects each file. */
START_TEST(costs_without_short_ids)
{
    struct sim_card *card = rig_start("profile=oldcard");
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    (void)rig_exchanges();
    rig_sign_good(session, card, SIM_AUTH);
    ck_cost(7, "a signature: SELECT, SELECT EF, query, VERIFY, SELECT EF, COMPUTE, drop");
}
END_TEST

RIG_TESTS("counts", costs_of_listing, costs_of_a_whole_listing, costs_of_objects,
          costs_of_the_authentication_key, costs_of_the_signature_key, costs_of_pss,
          costs_of_wrong_pins, costs_of_a_pin_change, costs_without_short_ids)
