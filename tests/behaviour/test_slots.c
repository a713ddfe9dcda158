/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots and what lies in them: readers and cards that come and go. */
#include "rig.h"

static CK_ULONG slot_count(CK_BBOOL with_token)
{
    CK_ULONG count = 99;

    CK_GOOD(C_GetSlotList, with_token, NULL, &count);
    return count;
}

START_TEST(two_slots_for_each_reader)
{
    CK_SLOT_ID slots[4] = { 9, 9, 9, 9 };
    CK_ULONG count = 4;

    (void)rig_reader(READER_B, NULL);
    (void)rig_start("");
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    CK_GOOD(C_GetSlotList, CK_FALSE, slots, &count);
    for (CK_SLOT_ID i = 0; i < 4; i++)
        ck_assert_uint_eq(slots[i], i);
    ck_assert_uint_eq(slot_count(CK_TRUE), 2);
}
END_TEST

START_TEST(list_into_too_little_room)
{
    CK_SLOT_ID slots[2] = { 9, 9 };
    CK_ULONG count = 1;

    (void)rig_start("");
    CK_IS(CKR_BUFFER_TOO_SMALL, C_GetSlotList, CK_FALSE, slots, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(slots[1], 9);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetSlotList, CK_FALSE, slots, NULL);
}
END_TEST

START_TEST(new_readers_enter_by_a_count_alone)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;

    (void)rig_start("");
    (void)rig_reader(READER_B, "holder=2");
    CK_GOOD(C_GetSlotList, CK_FALSE, slots, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    ck_assert(rig_has_token(SLOT_AUTH_B));
}
END_TEST

START_TEST(readers_never_leave_the_list)
{
    (void)rig_reader(READER_B, "holder=2");
    (void)rig_start("");
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    ck_assert(sim_world_remove_reader(rig.world, READER_A));
    rig_clock(1000);
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    ck_assert_uint_eq(slot_count(CK_TRUE), 2);
    ck_assert(!rig_has_token(SLOT_SIGN_B)); /* it was the second to be plugged in */
}
END_TEST

START_TEST(reader_returns_under_its_name)
{
    struct sim_card *card = rig_start("");
    CK_SLOT_INFO before, after;

    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &before);
    ck_assert(sim_world_remove_reader(rig.world, READER_A));
    (void)rig_reader(READER_B, NULL);
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    ck_assert(sim_world_add_reader(rig.world, READER_A));
    rig_insert(READER_A, card);
    ck_assert_uint_eq(slot_count(CK_FALSE), 4);
    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &after);
    ck_assert_mem_eq(&before, &after, sizeof(before));
    ck_assert(rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_AUTH_B));
}
END_TEST

START_TEST(slot_info_of_a_token)
{
    CK_SLOT_INFO info;

    (void)rig_start("");
    CK_GOOD(C_GetSlotInfo, SLOT_AUTH, &info);
    ck_assert_uint_eq(info.flags, CKF_REMOVABLE_DEVICE | CKF_HW_SLOT | CKF_TOKEN_PRESENT);
    ck_assert_mem_eq(info.slotDescription, READER_A " (authentication)    ", 40);
    CK_GOOD(C_GetSlotInfo, SLOT_SIGN, &info);
    ck_assert_mem_eq(info.slotDescription, READER_A " (signature)         ", 40);
}
END_TEST

START_TEST(insert_and_eject)
{
    struct sim_card *card = rig_start("");

    ck_assert(rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_SIGN));
    rig_eject(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_SIGN));
    ck_assert_uint_eq(slot_count(CK_TRUE), 0);
    rig_insert(READER_A, card);
    ck_assert(rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_SIGN));
}
END_TEST

START_TEST(polling_does_not_touch_the_card)
{
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    (void)rig_exchanges();
    for (int i = 0; i < 20; i++) {
        ck_assert(rig_has_token(SLOT_AUTH));
        CK_GOOD(C_GetSessionInfo, session, &info);
        rig_clock(1000);
    }
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

static CK_TOKEN_INFO token_info(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;

    memset(&info, 0xAA, sizeof(info));
    CK_GOOD(C_GetTokenInfo, slot, &info);
    return info;
}

static void ck_field(const CK_UTF8CHAR *field, const char *text, size_t size)
{
    char padded[65];

    snprintf(padded, sizeof(padded), "%-*s", (int)size, text);
    ck_assert_msg(memcmp(field, padded, size) == 0, "'%.*s' is not '%s'", (int)size,
                  (const char *)field, padded);
}

static void ck_token(CK_SLOT_ID slot, const char *label, CK_ULONG min, CK_ULONG max)
{
    const CK_TOKEN_INFO info = token_info(slot);

    ck_field(info.label, label, sizeof(info.label));
    ck_field(info.manufacturerID, "J-LIS", sizeof(info.manufacturerID));
    ck_field(info.model, "My Number Card", sizeof(info.model));
    ck_assert_uint_eq(info.flags, CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED |
                                      CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED);
    ck_assert_uint_eq(info.ulMinPinLen, min);
    ck_assert_uint_eq(info.ulMaxPinLen, max);
    ck_assert_uint_eq(info.ulMaxSessionCount, CK_EFFECTIVELY_INFINITE);
    ck_assert_uint_eq(info.ulFreePrivateMemory, CK_UNAVAILABLE_INFORMATION);
}

START_TEST(token_info_of_both)
{
    CK_TOKEN_INFO auth, sign;

    (void)rig_start("");
    ck_token(SLOT_AUTH, "JPKI User Authentication", 4, 4);
    ck_token(SLOT_SIGN, "JPKI Digital Signature", 6, 16);
    auth = token_info(SLOT_AUTH);
    sign = token_info(SLOT_SIGN);
    ck_assert_mem_eq(auth.serialNumber, sign.serialNumber, sizeof(auth.serialNumber));
}
END_TEST

START_TEST(two_cards_have_two_serials_and_keep_them)
{
    struct sim_card *card = rig_start("");
    CK_TOKEN_INFO first = token_info(SLOT_AUTH), second;

    rig_swap(READER_A, rig_card("holder=2"));
    second = token_info(SLOT_AUTH);
    ck_assert_mem_ne(first.serialNumber, second.serialNumber, sizeof(first.serialNumber));
    rig_swap(READER_A, card);
    second = token_info(SLOT_AUTH);
    ck_assert_mem_eq(first.serialNumber, second.serialNumber, sizeof(first.serialNumber));
}
END_TEST

START_TEST(sessions_are_counted)
{
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session);
    info = token_info(SLOT_AUTH);
    ck_assert_uint_eq(info.ulSessionCount, 2);
    ck_assert_uint_eq(info.ulRwSessionCount, 1);
    CK_GOOD(C_CloseAllSessions, SLOT_AUTH);
    ck_assert_uint_eq(token_info(SLOT_AUTH).ulSessionCount, 0);
}
END_TEST

START_TEST(open_session_flags)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    CK_IS(CKR_SESSION_PARALLEL_NOT_SUPPORTED, C_OpenSession, SLOT_AUTH, CKF_RW_SESSION, NULL, NULL,
          &session);
    CK_IS(CKR_SESSION_ASYNC_NOT_SUPPORTED, C_OpenSession, SLOT_AUTH,
          CKF_SERIAL_SESSION | CKF_ASYNC_SESSION, NULL, NULL, &session);
    CK_IS(CKR_ARGUMENTS_BAD, C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, NULL);
    CK_GOOD(C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session);
    ck_assert_uint_eq(rig_state(session), CKS_RO_PUBLIC_SESSION);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_AUTH)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

START_TEST(other_cards_are_asked_once)
{
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE session;
    struct sim_stats stats;

    (void)rig_start("profile=yubikey");
    for (int i = 0; i < 5; i++) {
        ck_assert(!rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_SIGN));
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, SLOT_SIGN, &info);
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL,
              &session);
        ck_assert_uint_eq(slot_count(CK_TRUE), 0);
        rig_clock(5000);
    }
    stats = rig_stats();
    ck_assert_uint_eq(stats.exchanges, 1);
    ck_assert_uint_eq(stats.selects, 1);
}
END_TEST

START_TEST(card_held_by_another_program)
{
    CK_TOKEN_INFO info;

    (void)rig_reader(READER_A, "");
    ck_assert(sim_world_hold_exclusive(rig.world, READER_A, true));
    rig_open();
    CK_IS(CKR_TOKEN_NOT_PRESENT, C_GetTokenInfo, SLOT_AUTH, &info);
    ck_assert_uint_eq(rig_exchanges(), 0);
    ck_assert(sim_world_hold_exclusive(rig.world, READER_A, false));
    rig_clock(1000);
    CK_GOOD(C_GetTokenInfo, SLOT_AUTH, &info);
}
END_TEST

static bool utf8_is_whole(const CK_UTF8CHAR *text, size_t len)
{
    for (size_t i = 0, more; i < len; i += more + 1) {
        more = text[i] < 0x80 ? 0 : text[i] >= 0xE0 ? 2 : 1;
        for (size_t j = 0; j <= more; j++)
            if (i + j >= len || (j > 0) != ((text[i + j] & 0xC0) == 0x80))
                return false;
    }
    return true;
}

START_TEST(options_choose_slots_and_readers)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;

    rig_options("slots=auth readers=*Reader?B*");
    (void)rig_reader(READER_B, "holder=2");
    (void)rig_start("");
    CK_GOOD(C_GetSlotList, CK_FALSE, slots, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert_uint_eq(slots[0], SLOT_AUTH);
    ck_assert(rig_has_token(SLOT_AUTH));
    CK_IS(CKR_SLOT_ID_INVALID, C_GetSlotInfo, SLOT_SIGN, (CK_SLOT_INFO *)NULL);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

/* Two of one make, as pcscd names them, and two whose names differ where a short one has no
 * room. */
static const char *const long_names[] = {
    "SCM Microsystems Inc. SCR 3310 v2.0 [CCID Interface] (21120514204892) 00 00",
    "SCM Microsystems Inc. SCR 3310 v2.0 [CCID Interface] (21120514204892) 01 00",
    "\xE3\x82\xBD\xE3\x83\x8B\xE3\x83\xBC\xE6\xA0\xAA\xE5\xBC\x8F\xE4\xBC\x9A\xE7\xA4\xBE FeliCa Port/PaSoRi 4.0 0 "
    "\xE3\x83\xAA\xE3\x83\xBC\xE3\x83\x80\xE3\x83\xBC",
    "The very same beginning of a name, then a number 1 and the very same end of a name",
    "The very same beginning of a name, then a number 2 and the very same end of a name",
};
#define LONG_NAMES (sizeof(long_names) / sizeof(long_names[0]))

START_TEST(long_names_differ)
{
    CK_SLOT_INFO infos[2 * LONG_NAMES];

    for (size_t i = 0; i < LONG_NAMES; i++)
        (void)rig_reader(long_names[i], NULL);
    rig_open();
    for (size_t i = 0; i < 2 * LONG_NAMES; i++) {
        const CK_UTF8CHAR *text = infos[i].slotDescription;

        CK_GOOD(C_GetSlotInfo, (CK_SLOT_ID)i, &infos[i]);
        ck_assert_msg(utf8_is_whole(text, sizeof(infos[i].slotDescription)),
                      "a character is cut: %.64s", text);
        ck_assert_mem_eq(text, long_names[i / 2], 12);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(memcmp(text, infos[j].slotDescription, 64) != 0, "twice: %.64s", text);
    }
    ck_assert_mem_eq(infos[2].slotDescription,
                     "SCM Microsystems Inc. ...(21120514204892) 01 00 (authentication)", 64);
    ck_assert_mem_eq(infos[3].slotDescription,
                     "SCM Microsystems Inc. SC...e] (21120514204892) 01 00 (signature)", 64);
}
END_TEST

/* The card is there again, and so is who was logged in (test_sleep.c has the rest). */
static void ck_pcscd_anew(CK_SESSION_HANDLE session)
{
    sim_world_service(rig.world, true);
    rig_clock(1000);
    ck_assert(rig_has_token(SLOT_AUTH));
    rig_sign_good(session, rig.cards[0], SIM_AUTH);
}

START_TEST(pcscd_restarted)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    sim_world_service(rig.world, false);
    rig_clock(1000);
    ck_assert(!rig_has_token(SLOT_AUTH));
    ck_assert_uint_eq(slot_count(CK_FALSE), 2);
    ck_pcscd_anew(session);
}
END_TEST

/* Nobody asked while it was away: the first who asks then, as a browser does, already finds the
 * card. */
START_TEST(pcscd_restarted_unseen)
{
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    sim_world_service(rig.world, false);
    ck_pcscd_anew(session);
}
END_TEST

/* Each call with a slot id, to be the first after C_Initialize: the slots are 0 and 1 without
 * anybody having listed them. */
static CK_RV slot_call(size_t which, CK_SLOT_ID slot)
{
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_INFO mechanism_info;
    CK_SESSION_HANDLE session;
    CK_UTF8CHAR label[32] = { 0 };
    CK_ULONG count = 0;

    switch (which) {
    case 0: return P11(C_GetSlotInfo, slot, &slot_info);
    case 1: return P11(C_GetTokenInfo, slot, &token_info);
    case 2: return P11(C_GetMechanismList, slot, NULL, &count);
    case 3: return P11(C_GetMechanismInfo, slot, CKM_RSA_PKCS, &mechanism_info);
    case 4: return P11(C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
    case 5: return P11(C_CloseAllSessions, slot);
    default: return P11(C_InitToken, slot, NULL, 0, label);
    }
}

START_TEST(calls_before_any_list)
{
    static const CK_RV with_card[] = {
        CKR_OK, CKR_OK, CKR_OK, CKR_OK, CKR_OK, CKR_OK, CKR_TOKEN_WRITE_PROTECTED
    };

    (void)rig_reader(READER_A, "");
    for (size_t i = 0; i < sizeof(with_card) / sizeof(*with_card); i++) {
        for (CK_SLOT_ID slot = 0; slot < 3; slot++) {
            CK_GOOD(C_Initialize, NULL);
            rig_expect(slot < 2 ? with_card[i] : CKR_SLOT_ID_INVALID, slot_call(i, slot),
                       "the first call", __FILE__, __LINE__);
            CK_GOOD(C_Finalize, NULL);
        }
    }
}
END_TEST

/* Without a reader there is the spare one, which a list shows too. */
START_TEST(calls_before_any_list_or_reader)
{
    for (size_t i = 0; i < 7; i++) {
        CK_GOOD(C_Initialize, NULL);
        rig_expect(i == 0 || i == 5 ? CKR_OK : CKR_TOKEN_NOT_PRESENT, slot_call(i, SLOT_SIGN),
                   "the first call", __FILE__, __LINE__);
        CK_GOOD(C_Finalize, NULL);
    }
    sim_world_service(rig.world, false);
    CK_GOOD(C_Initialize, NULL);
    rig_expect(CKR_TOKEN_NOT_PRESENT, slot_call(4, SLOT_SIGN), "C_OpenSession", __FILE__, __LINE__);
    sim_world_service(rig.world, true);
    (void)rig_reader(READER_A, "");
    rig_clock(20000);
    CK_GOOD(C_CloseSession, rig_session(SLOT_SIGN));
}
END_TEST

RIG_TESTS("slots", calls_before_any_list, calls_before_any_list_or_reader,
          two_slots_for_each_reader, list_into_too_little_room, new_readers_enter_by_a_count_alone,
          readers_never_leave_the_list, reader_returns_under_its_name, slot_info_of_a_token,
          insert_and_eject, polling_does_not_touch_the_card, token_info_of_both,
          two_cards_have_two_serials_and_keep_them, sessions_are_counted, open_session_flags,
          other_cards_are_asked_once, card_held_by_another_program,
          options_choose_slots_and_readers, long_names_differ, pcscd_restarted,
          pcscd_restarted_unseen)
