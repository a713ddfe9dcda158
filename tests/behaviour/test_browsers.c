/* SPDX-License-Identifier: BSD-3-Clause */
/* What browsers hold on to: the slots of their first look, the handles of a card that comes
 * back, the labels of tokens. */
#include "rig.h"

static void label_of(CK_SLOT_ID slot, char ret_label[static 33])
{
    CK_TOKEN_INFO info;
    size_t len = 32;

    CK_GOOD(C_GetTokenInfo, slot, &info);
    memcpy(ret_label, info.label, 32);
    while (len > 0 && ret_label[len - 1] == ' ')
        len--;
    ret_label[len] = '\0';
}

START_TEST(spare_slot_until_the_first_reader)
{
    CK_ULONG count = 99;
    CK_SLOT_INFO info;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_assert_uint_eq(count, 0);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 2);
    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &info);
    ck_assert_uint_eq(info.flags, CKF_REMOVABLE_DEVICE | CKF_HW_SLOT);
    ck_assert_int_eq(memcmp(info.slotDescription, "no reader yet", 13), 0);
    CK_IS(CKR_SLOT_ID_INVALID, C_GetSlotInfo, SLOT_AUTH_B, &info);
}
END_TEST

/* Chromium: C_GetSlotInfo alone, never C_GetSlotList again. */
START_TEST(first_reader_takes_the_spare_slot)
{
    CK_ULONG count = 99;
    CK_SLOT_INFO info;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    (void)rig_reader(READER_A, "");
    rig_clock(1000);
    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &info);
    ck_assert_int_eq(memcmp(info.slotDescription, READER_A, strlen(READER_A)), 0);
    ck_assert(rig_has_token(SLOT_AUTH));
    (void)rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(readers_after_the_first_get_their_own_slots)
{
    CK_ULONG count = 99;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    (void)rig_reader(READER_A, "");
    (void)rig_reader(READER_B, "holder=2");
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 4);
    ck_assert(rig_has_token(SLOT_AUTH));
    ck_assert(rig_has_token(SLOT_AUTH_B));
}
END_TEST

START_TEST(same_card_has_its_handles_again)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
    CK_OBJECT_HANDLE key = rig_object(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };

    rig_eject(READER_A);
    rig_clock(1000);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_insert(READER_A, card);
    rig_clock(1000);
    CK_IS(CKR_DEVICE_REMOVED, C_SignInit, session, &mechanism, key);
    session = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_SignInit, session, &mechanism, key);
    ck_assert_uint_eq(rig_object(session, CKO_PRIVATE_KEY), key);
}
END_TEST

START_TEST(another_card_has_other_handles)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    (void)rig_start("");
    key = rig_object(rig_logged_in(SLOT_AUTH), CKO_PRIVATE_KEY);
    rig_swap(READER_A, rig_card("holder=2"));
    rig_clock(1000);
    session = rig_logged_in(SLOT_AUTH);
    CK_IS(CKR_KEY_HANDLE_INVALID, C_SignInit, session, &mechanism, key);
}
END_TEST

START_TEST(two_cards_have_two_labels)
{
    char label[33];

    (void)rig_reader(READER_A, "");
    (void)rig_reader(READER_B, "holder=2");
    rig_open();
    ck_assert(rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_AUTH_B));
    label_of(SLOT_AUTH, label);
    ck_assert_str_eq(label, "JPKI User Authentication");
    label_of(SLOT_AUTH_B, label);
    ck_assert_str_eq(label, "JPKI User Authentication 2");
    label_of(SLOT_SIGN_B, label);
    ck_assert_str_eq(label, "JPKI Digital Signature 2");
    rig_eject(READER_A);
    rig_clock(1000);
    ck_assert(!rig_has_token(SLOT_AUTH));
    label_of(SLOT_AUTH_B, label); /* a label stays while its card does */
    ck_assert_str_eq(label, "JPKI User Authentication 2");
}
END_TEST

START_TEST(a_card_alone_has_the_plain_label)
{
    char label[33];

    (void)rig_reader(READER_A, NULL);
    (void)rig_reader(READER_B, "");
    rig_open();
    ck_assert(rig_has_token(SLOT_AUTH_B));
    label_of(SLOT_AUTH_B, label);
    ck_assert_str_eq(label, "JPKI User Authentication");
}
END_TEST

RIG_TESTS("browsers", spare_slot_until_the_first_reader, first_reader_takes_the_spare_slot,
          readers_after_the_first_get_their_own_slots, same_card_has_its_handles_again,
          another_card_has_other_handles, two_cards_have_two_labels,
          a_card_alone_has_the_plain_label)
