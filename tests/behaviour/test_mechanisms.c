/* SPDX-License-Identifier: BSD-3-Clause */
/* Mechanism lists, and cards that know no PSS. */
#include "rig.h"

#define ROOM 32

static const CK_MECHANISM_TYPE full[] = {
    CKM_RSA_PKCS,        CKM_SHA1_RSA_PKCS,   CKM_SHA224_RSA_PKCS, CKM_SHA256_RSA_PKCS,
    CKM_SHA384_RSA_PKCS, CKM_SHA512_RSA_PKCS, CKM_RSA_PKCS_PSS,    CKM_SHA256_RSA_PKCS_PSS,
    CKM_SHA256,          CKM_SHA_1,
};
static const CK_MECHANISM_TYPE without_pss[] = {
    CKM_RSA_PKCS,        CKM_SHA1_RSA_PKCS,   CKM_SHA224_RSA_PKCS, CKM_SHA256_RSA_PKCS,
    CKM_SHA384_RSA_PKCS, CKM_SHA512_RSA_PKCS, CKM_SHA256,          CKM_SHA_1,
};

static void ck_list(CK_SLOT_ID slot, const CK_MECHANISM_TYPE *expected, size_t count)
{
    CK_MECHANISM_TYPE types[ROOM];
    CK_ULONG found = ROOM;

    CK_GOOD(C_GetMechanismList, slot, types, &found);
    ck_assert_uint_eq(found, count);
    ck_assert_mem_eq(types, expected, count * sizeof(types[0]));
}

START_TEST(lists_in_their_order)
{
    (void)rig_start("");
    ck_list(SLOT_AUTH, full, 10);
    ck_list(SLOT_SIGN, full, 10);
}
END_TEST

START_TEST(list_into_too_little_room)
{
    CK_MECHANISM_TYPE types[ROOM];
    CK_ULONG count = 3;

    (void)rig_start("");
    CK_IS(CKR_BUFFER_TOO_SMALL, C_GetMechanismList, SLOT_AUTH, types, &count);
    ck_assert_uint_eq(count, 10);
    count = 0;
    CK_GOOD(C_GetMechanismList, SLOT_AUTH, NULL, &count);
    ck_assert_uint_eq(count, 10);
}
END_TEST

static CK_MECHANISM_INFO info_of(CK_MECHANISM_TYPE type)
{
    CK_MECHANISM_INFO info = { 0, 0, 0 };

    CK_GOOD(C_GetMechanismInfo, SLOT_AUTH, type, &info);
    return info;
}

START_TEST(info_of_each)
{
    CK_MECHANISM_INFO info;

    (void)rig_start("");
    for (size_t i = 0; i < 8; i++) {
        info = info_of(full[i]);
        ck_assert_uint_eq(info.flags, CKF_HW | CKF_SIGN | CKF_VERIFY);
        ck_assert_uint_eq(info.ulMinKeySize, 2048);
        ck_assert_uint_eq(info.ulMaxKeySize, 2048);
    }
    ck_assert_uint_eq(info_of(CKM_SHA256).flags, CKF_DIGEST);
    ck_assert_uint_eq(info_of(CKM_SHA_1).flags, CKF_DIGEST);
    CK_IS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, SLOT_AUTH, CKM_RSA_X_509, &info);
}
END_TEST

static void ck_no_pss(const char *words)
{
    CK_MECHANISM_INFO info;
    CK_SESSION_HANDLE session;

    (void)rig_start(words);
    ck_list(SLOT_AUTH, without_pss, 8);
    ck_list(SLOT_SIGN, without_pss, 8);
    CK_IS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, SLOT_AUTH, CKM_RSA_PKCS_PSS, &info);
    session = rig_logged_in(SLOT_AUTH);
    rig_expect(CKR_MECHANISM_INVALID, rig_sign_begin(session, CKM_SHA256_RSA_PKCS_PSS),
               "C_SignInit", __FILE__, __LINE__);
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}

START_TEST(card_without_pss)
{
    ck_no_pss("profile=nopss");
}
END_TEST

START_TEST(old_card_without_pss_or_short_ids)
{
    ck_no_pss("profile=oldcard");
}
END_TEST

START_TEST(pss_switched_off)
{
    rig_options("pss=off");
    ck_no_pss("");
}
END_TEST

START_TEST(the_card_is_asked_once_and_without_a_pin)
{
    CK_ULONG count = 0;
    struct sim_stats stats;

    (void)rig_start("");
    ck_assert(rig_has_token(SLOT_AUTH));
    (void)rig_stats();
    CK_GOOD(C_GetMechanismList, SLOT_AUTH, NULL, &count);
    stats = rig_stats();
    ck_assert_uint_eq(stats.exchanges, 2);
    ck_assert_uint_eq(stats.signatures[SIM_AUTH], 0);
    CK_GOOD(C_GetMechanismList, SLOT_SIGN, NULL, &count);
    (void)info_of(CKM_RSA_PKCS_PSS);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

START_TEST(other_mechanisms_cost_no_question)
{
    (void)rig_start("");
    ck_assert(rig_has_token(SLOT_AUTH));
    (void)rig_stats();
    (void)info_of(CKM_SHA256_RSA_PKCS);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

RIG_TESTS("mechanisms", lists_in_their_order, list_into_too_little_room, info_of_each,
          card_without_pss, old_card_without_pss_or_short_ids, pss_switched_off,
          the_card_is_asked_once_and_without_a_pin, other_mechanisms_cost_no_question)
