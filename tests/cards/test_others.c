/* SPDX-License-Identifier: BSD-3-Clause */
/* Cards that are not ours, readers of every kind and number, ATRs that say nothing; resets by
 * others. */
#include "rig.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define SELECT_OPENPGP "\x00\xA4\x04\x00\x06\xD2\x76\x00\x01\x24\x01"

static CK_ULONG tokens_count(void)
{
    CK_ULONG count = 0;

    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    return count;
}

/* What a program that starts would do to every slot, several times. */
static void pester(void)
{
    CK_TOKEN_INFO info;

    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(tokens_count(), 0);
        ck_assert(!rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_SIGN));
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, SLOT_AUTH, &info);
        rig_clock(5000);
    }
}

START_TEST(a_bank_card_is_asked_once_until_it_is_replaced)
{
    struct sim_card *bank = rig_start("profile=bankcard"), *ours = rig_card("");

    pester();
    ck_assert_uint_eq(rig_exchanges(), 1);
    ck_assert_uint_eq(sim_world_violations(rig.world), 0); /* and that inside a transaction */
    rig_swap(READER_A, ours);
    ck_assert_uint_eq(tokens_count(), 2);
    rig_swap(READER_A, bank);
    (void)rig_stats();
    pester();
    ck_assert_uint_eq(rig_exchanges(), 1);
}
END_TEST

/* Another program on the same card, straight through the transport. */
static uint16_t other_sends(void *link, const char *bytes, size_t len)
{
    const struct transport *transport = sim_world_transport(rig.world);
    uint8_t raw[300], command[32];
    struct buf answer = BUF_OVER(raw);
    bool reset = false;

    memcpy(command, bytes, len);
    ck_assert_int_eq(transport->ops->visit_begin(link, &reset), JPKI_OK);
    ck_assert(!reset);
    ck_assert_int_eq(transport->ops->transmit(link, slice_of(command, len), &answer), JPKI_OK);
    ck_assert_int_eq(transport->ops->visit_end(link), JPKI_OK);
    ck_assert_uint_ge(answer.len, 2);
    return (uint16_t)(raw[answer.len - 2] << 8 | raw[answer.len - 1]);
}

START_TEST(a_key_in_use_by_another_program_is_not_disturbed)
{
    const struct transport *transport = sim_world_transport(rig.world);
    void *other = NULL;

    (void)rig_reader(READER_A, "profile=yubikey");
    ck_assert_int_eq(transport->ops->link_open(transport->user, READER_A, &other), JPKI_OK);
    ck_assert_uint_eq(other_sends(other, SELECT_OPENPGP, sizeof(SELECT_OPENPGP) - 1), 0x9000);
    (void)rig_stats();
    rig_open();
    pester();
    ck_assert_uint_eq(rig_stats().app_changes, 0); /* what it had selected still is */
    transport->ops->link_close(other, LINK_LEAVE);
}
END_TEST

START_TEST(options_keep_us_away_altogether)
{
    CK_ULONG count = 9;

    rig_options("readers=*Reader?B*");
    (void)rig_reader(READER_A, "profile=yubikey");
    (void)rig_reader(READER_B, "");
    rig_open();
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(tokens_count(), 2);
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

/* Contact cards, contactless ones, one whose reader puts a random number into the ATR, one whose
 * reader makes its own. */
START_TEST(atrs_say_nothing)
{
    static const char *const atrs[] = {
        "3BDA13FF8131FB468012392F31C173C601C03B",
        "3BE000FF8131FE4514",
        "3B888001000005E0B381A1007F",
        "3B888001000014E0B38191005E",
        "3BF59100FF918171FE4000420001B3A115",
        "3B8880011C2D9411F7718500BE",
        "3B00",
    };

    for (size_t i = 0; i < COUNT(atrs); i++) {
        char words[96];
        struct sim_card *card;

        snprintf(words, sizeof(words), "atr=%s", atrs[i]);
        card = rig_start(words);
        ck_assert_uint_eq(tokens_count(), 2);
        rig_sign_good(rig_logged_in(SLOT_AUTH), card, SIM_AUTH);
        rig_down();
        rig_up();
    }
}
END_TEST

static void serial_get(CK_SLOT_ID slot, char ret_serial[static 17])
{
    CK_TOKEN_INFO info;

    CK_GOOD(C_GetTokenInfo, slot, &info);
    memcpy(ret_serial, info.serialNumber, 16);
    ret_serial[16] = '\0';
}

/* A card without an authentication certificate that can be read: from EF 0006; without that,
 * from the ATR. */
START_TEST(serials_of_cards_that_tell_little)
{
    char info[17], atr[17], again[17];

    (void)rig_start("profile=android serial-info=A1B2C3D4E5F60708");
    serial_get(SLOT_AUTH, info);
    ck_assert_str_eq(info, "A1B2C3D4E5F60708");
    rig_down();
    rig_up();
    (void)rig_start("profile=android serial-info=");
    serial_get(SLOT_AUTH, atr);
    ck_assert_str_ne(atr, "                ");
    rig_clock(60000);
    serial_get(SLOT_SIGN, again);
    ck_assert_str_eq(atr, again);
}
END_TEST

#define MANY 40

/* From pcsc-lite 2.5 on there is no limit: every fifth reader has a card. */
START_TEST(forty_readers)
{
    CK_SLOT_ID slots[2 * MANY];
    CK_ULONG count = COUNT(slots);
    char name[READER_NAME_MAX], words[32];
    struct sim_card *last = NULL;

    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof(name), "Reader %02u", i);
        snprintf(words, sizeof(words), "holder=%u", i / 5 + 1);
        if (i % 5 == 4)
            last = rig_reader(name, words);
        else
            (void)rig_reader(name, NULL);
    }
    rig_open();
    CK_GOOD(C_GetSlotList, CK_FALSE, slots, &count);
    ck_assert_uint_eq(count, COUNT(slots));
    ck_assert_uint_eq(tokens_count(), 2 * MANY / 5);
    for (CK_SLOT_ID slot = 0; slot < COUNT(slots); slot++) {
        ck_assert_uint_eq(slots[slot], slot);
        ck_assert(rig_has_token(slot) == (slot / 2 % 5 == 4));
    }
    rig_sign_good(rig_logged_in(COUNT(slots) - 2), last, SIM_AUTH);
}
END_TEST

/* A reader leaves with its card while others come: slots of readers stay where they are. */
START_TEST(readers_come_go_and_come_back)
{
    char first[17], second[17];
    CK_ULONG count = 0;
    struct sim_card *card = rig_start("");

    serial_get(SLOT_AUTH, first);
    ck_assert(sim_world_remove_reader(rig.world, READER_A));
    rig_clock(1000);
    (void)rig_reader(READER_B, "holder=2");
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 4);
    ck_assert(!rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_AUTH_B));
    serial_get(SLOT_AUTH_B, second);
    ck_assert_str_ne(first, second);
    ck_assert(sim_world_add_reader(rig.world, READER_A));
    rig_insert(READER_A, card);
    serial_get(SLOT_AUTH, second);
    ck_assert_str_eq(first, second);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 4);
}
END_TEST

/* Each slot of a new reader, and each of one that left, is told of once, without blocking. */
START_TEST(readers_are_events)
{
    CK_SLOT_ID slot = 99;

    (void)rig_start("");
    CK_IS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    (void)rig_reader(READER_B, "holder=2");
    rig_clock(1000);
    CK_GOOD(C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    ck_assert_uint_eq(slot, SLOT_AUTH_B);
    /* one is due already, so this does not block either */
    CK_GOOD(C_WaitForSlotEvent, 0, &slot, NULL);
    ck_assert_uint_eq(slot, SLOT_SIGN_B);
    CK_IS(CKR_NO_EVENT, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    ck_assert(sim_world_remove_reader(rig.world, READER_A));
    CK_GOOD(C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
    ck_assert_uint_eq(slot, SLOT_AUTH);
}
END_TEST

/* ---- cards of tomorrow */

/* Another label than those we know: two exchanges, no token, no PIN. */
START_TEST(a_card_newer_than_this_version)
{
    static const char *const cards[] = { "profile=newer", "profile=nextgen",
                                         "profile=newer ec=yes ef0008=no" };

    for (size_t i = 0; i < COUNT(cards); i++) {
        CK_SESSION_HANDLE session;
        CK_TOKEN_INFO info;

        (void)rig_start(cards[i]);
        ck_assert_msg(!rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_SIGN), "%s", cards[i]);
        ck_assert_uint_le(rig_exchanges(), 2);
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, SLOT_AUTH, &info);
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_OpenSession, SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL,
              &session);
        rig_clock(3600000);
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, SLOT_SIGN, &info);
        ck_assert_msg(rig_exchanges() == 0, "it is asked nothing more");
        rig_down();
        rig_up();
    }
}
END_TEST

/* A known kind with a key of tomorrow: the start of its certificate, which recognition reads,
 * tells it before any PIN. */
START_TEST(a_key_newer_than_this_version)
{
    CK_SESSION_HANDLE session;
    struct sim_stats stats;
    CK_TOKEN_INFO info;

    (void)rig_start("profile=newkey");
    for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++) {
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_OpenSession, slot, CKF_SERIAL_SESSION, NULL, NULL,
              &session);
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, slot, &info);
    }
    stats = rig_stats();
    ck_assert_uint_le(stats.exchanges, 4);
    ck_assert_uint_eq(stats.verifies[SIM_AUTH] + stats.verifies[SIM_SIGN] + stats.queries[SIM_AUTH],
                      0);
    rig_clock(3600000);
    ck_assert(!rig_has_token(SLOT_AUTH));
    ck_assert_uint_eq(rig_exchanges(), 0);
}
END_TEST

/* The other certificate is the password's: once it is read, its key is not shown as what it is
 * not. */
START_TEST(a_newer_key_behind_the_password)
{
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    (void)rig_start("ec-sign=yes");
    session = rig_session(SLOT_SIGN);
    rig_expect(CKR_OK, rig_login(session, PIN_SIGN), "C_Login", __FILE__, __LINE__);
    CK_IS(CKR_DEVICE_REMOVED, C_GetSessionInfo, session, (CK_SESSION_INFO *)NULL);
    for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++)
        CK_IS(CKR_TOKEN_NOT_RECOGNIZED, C_GetTokenInfo, slot, &info);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
}
END_TEST

/*
 * Another program resets the card between login and signature: whether the card keeps its state
 * over that or not, the login goes on, no try is lost and the card is locked afterwards (the rig
 * looks at each call's end).
 */
START_TEST(resets_of_contact_and_contactless_cards)
{
    static const char *const cards[] = { "warm-reset-keeps=yes", "warm-reset-keeps=no",
                                         "profile=contact" };

    for (size_t i = 0; i < COUNT(cards); i++) {
        struct sim_card *card = rig_start(cards[i]);
        CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

        ck_assert(sim_world_reset(rig.world, READER_A));
        rig_sign_good(session, card, SIM_AUTH);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        rig_down();
        rig_up();
    }
}
END_TEST

/* The reset comes in the middle of the signature's visit, after its VERIFY: the PIN is not left
 * behind. */
START_TEST(reset_behind_the_verify)
{
    static const char *const cards[] = { "warm-reset-keeps=yes", "warm-reset-keeps=no" };

    for (size_t i = 0; i < COUNT(cards); i++) {
        struct sim_card *card = rig_start(cards[i]);
        CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
        CK_BYTE signature[SIGNATURE_LEN];

        rig_fault(1, "compute reset");
        rig_expect(CKR_DEVICE_ERROR, rig_sign_message(session, signature), "C_Sign", cards[i], 0);
        rig_sign_good(session, card, SIM_AUTH);
        ck_assert_uint_eq(rig_tries(SIM_AUTH), 3);
        rig_down();
        rig_up();
    }
}
END_TEST

RIG_TESTS("others", a_bank_card_is_asked_once_until_it_is_replaced,
          a_key_in_use_by_another_program_is_not_disturbed, options_keep_us_away_altogether,
          atrs_say_nothing, serials_of_cards_that_tell_little, forty_readers,
          readers_come_go_and_come_back, readers_are_events, a_card_newer_than_this_version,
          a_key_newer_than_this_version, a_newer_key_behind_the_password,
          resets_of_contact_and_contactless_cards, reset_behind_the_verify)
