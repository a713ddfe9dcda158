/* SPDX-License-Identifier: BSD-3-Clause */
/* Selecting and reading: what the card has, where a read ends, and what it refuses. */
#include "test_sim.h"

START_TEST(without_power_no_answer)
{
    struct sim_card *card = sim_card_new_words("", NULL);

    ck_assert_uint_eq(ask(card, SELECT_JPKI).sw, 0);
    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x9000);
    sim_card_power_off(card);
    ck_assert_uint_eq(ask(card, SELECT_JPKI).sw, 0);
    sim_card_free(card);
}
END_TEST

START_TEST(the_card_manager_is_current_first)
{
    struct sim_card *card = sim_card_new_words("", NULL);

    sim_card_power_on(card);
    ck_sw(card, "00A4020C020006", 0x6A82);
    ck_sw(card, "00B0860020", 0x6D00);
    ck_sw(card, "00A40000", 0x6A86);
    ck_sw(card, "00CA0042FF", 0x9000);
    ck_sw(card, "00CA0043FF", 0x6A88);
    ck_sw(card, "00CA004201", 0x6700);
    sim_card_free(card);
}
END_TEST

START_TEST(applications_by_name_and_prefix)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00A4040C05D392F00026", 0x9000);
    ck_sw(card, "00A4040C04D3921000", 0x9000);
    ck_sw(card, "00A4040E04D3921000", 0x9000);
    ck_sw(card, "00A4040C07D2760001240101", 0x6A82);
    ck_sw(card, "00A404FF0AD392F000260100000001", 0x6A86);
    ck_sw(card, "00A4080C02000A", 0x6A86);
    ck_assert_uint_eq(ask(card, "00A404000AD392F00026010000000100").len, 14);
    ck_assert_uint_eq(ask(card, "00A404000AD392F000260100000001").len, 0);
    sim_card_free(card);

    card = card_ready("partial-aid=no");
    ck_sw(card, "00A4040C05D392F00026", 0x6A82);
    ck_sw(card, SELECT_JPKI, 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(unknown_application_changes_nothing)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00A4020C02000A", 0x9000);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "00A4020C02000A", 0x9000);
    ck_sw(card, "00A4040C07D2760001240101", 0x6A82);
    ck_sw(card, "00B0000004", 0x9000);
    ck_assert(sim_card_unlocked(card, SIM_AUTH));
    sim_card_free(card);
}
END_TEST

START_TEST(a_card_without_a_card_manager)
{
    struct sim_card *card = card_ready("card-manager=no");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, SELECT_ISD, 0x6A82);
    ck_sw(card, "00A4040C05A000000151", 0x6A82);
    ck_assert(sim_card_unlocked(card, SIM_AUTH));
    sim_card_free(card);
}
END_TEST

START_TEST(the_mf_is_no_way_out)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "00A40000", 0x9000);
    ck_sw(card, "00A40000023F00", 0x6A82);
    ck_sw(card, "00A4020C023F00", 0x6A82);
    ck_assert(sim_card_unlocked(card, SIM_AUTH));
    ck_sw(card, "00B0860020", 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(every_known_file_is_there)
{
    static const char *const there[] = { "0001", "0002", "0005", "0006", "0008", "0009",
                                         "000A", "000B", "0010", "0016", "0017", "0018",
                                         "0019", "001A", "001B", "001C", "001E" };
    struct sim_card *card = card_ready("");
    char hex[32];

    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        snprintf(hex, sizeof(hex), "00A4020C02%s", there[i]);
        ck_assert_msg(sw_of(card, hex) == 0x9000, "%s", there[i]);
    }
    ck_sw(card, "00A4020C020003", 0x6A82);
    ck_sw(card, "00A4020C0100", 0x6700);
    ck_sw(card, "00A4020C03000A00", 0x6700);
    sim_card_free(card);
}
END_TEST

START_TEST(token_information)
{
    struct sim_card *card = card_ready("");
    struct answer answer = ask(card, "00B0860000");

    ck_assert_uint_eq(answer.sw, 0x9000);
    ck_assert_uint_eq(answer.len, 160);
    ck_assert_mem_eq(answer.bytes, "JPKIAPICCTOKEN2                 ", 32);
    ck_assert_mem_eq(answer.bytes + 96, "\0\0\x04\x0D", 4);
    ck_assert_mem_eq(answer.bytes + 140, "03019999999999999999", 20);
    sim_card_free(card);
}
END_TEST

START_TEST(reading_by_offset_and_to_the_end)
{
    struct sim_card *card = card_ready("");
    struct answer answer;

    ck_sw(card, "00B0000004", 0x6986);
    ck_sw(card, "00A4020C02000A", 0x9000);
    answer = ask(card, "00B0000004");
    ck_assert_mem_eq(answer.bytes, "\x30\x82\x06\x1F", 4);
    ck_assert_uint_eq(ask(card, "00B0000000").len, 256);
    ck_assert_uint_eq(ask(card, "00B00EDF00").len, 1); /* the last byte of 3808 */
    ck_assert_uint_eq(ask(card, "00B00EDF00").bytes[0], 0xFF);
    ck_sw(card, "00B00EE001", 0x6B00);
    ck_sw(card, "00B07FFF01", 0x6B00);
    ck_sw(card, "00B00000", 0x6700);
    ck_sw(card, "00B000000401020304", 0x6700);
    ck_assert_uint_eq(ask(card, "00B08A0004").sw, 0x9000);
    ck_sw(card, "00B0830004", 0x6A82);
    ck_sw(card, "00B0AA0004", 0x6A86);
    ck_sw(card, "00A4020C020017", 0x9000);
    ck_sw(card, "00B0000004", 0x6981);
    ck_sw(card, "00B0890001", 0x6982);
    sim_card_free(card);
}
END_TEST

START_TEST(short_id_makes_a_file_current)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00B08A0004", 0x9000);
    ck_assert_uint_eq(ask(card, "00B0000404").len, 4);
    sim_card_free(card);

    card = card_ready("read-short-ids=no");
    ck_sw(card, "00B08A0004", 0x6A86);
    ck_sw(card, "00B0000404", 0x6986);
    ck_sw(card, "00200098", 0x63C3);
    sim_card_free(card);
}
END_TEST

START_TEST(strict_reads_at_the_end)
{
    static const struct {
        const char *words;
        unsigned sw;
    } rows[] = {
        { "strict-eof=no", 0x9000 },   { "strict-eof=yes", 0x6B00 },  { "strict-eof=6b00", 0x6B00 },
        { "strict-eof=6700", 0x6700 }, { "strict-eof=6cxx", 0x6CA0 }, { "le-6c=yes", 0x6CA0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sim_card *card = card_ready(rows[i].words);
        ck_sw(card, "00B0860000", rows[i].sw);
        ck_sw(card, "00B08600A0", 0x9000);
        sim_card_free(card);
    }
}
END_TEST

START_TEST(behind_the_end)
{
    struct sim_card *card = card_ready("past-end=6282");

    ck_sw(card, "00B088FF01", 0x6282);
    ck_assert(sim_card_set(card, "past-end=6B00"));
    ck_sw(card, "00B088FF01", 0x6B00);
    sim_card_free(card);
}
END_TEST

START_TEST(signature_certificate_needs_its_pin)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00B0810004", 0x6982);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "00B0810004", 0x6982);
    ck_sw(card, VERIFY_SIGN, 0x9000);
    ck_assert_mem_eq(ask(card, "00B0810004").bytes, "\x30\x82\x06\xCA", 4);
    ck_sw(card, "00B0820004", 0x9000);
    ck_sw(card, "00B08B0004", 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(availability_file)
{
    struct sim_card *card = card_ready("");

    ck_assert_mem_eq(ask(card, "00B0880003").bytes, "\x8F\x8F\x00", 3);
    ck_assert(sim_card_set(card, "sign-cert=no"));
    ck_assert_mem_eq(ask(card, "00B0880003").bytes, "\x00\x8F\x00", 3);
    ck_assert(sim_card_set(card, "ef0008=short"));
    ck_assert_uint_eq(ask(card, "00B0880003").len, 1);
    ck_assert(sim_card_set(card, "ef0008=no"));
    ck_sw(card, "00B0880003", 0x6A82);
    sim_card_free(card);
}
END_TEST

START_TEST(missing_certificates)
{
    struct sim_card *card = card_ready("auth-cert=no");

    ck_sw(card, "00B08A0004", 0x6A82);
    ck_assert(sim_card_set(card, "no-cert=ff"));
    ck_assert_mem_eq(ask(card, "00B08A0004").bytes, "\xFF\xFF\xFF\xFF", 4);
    ck_assert(sim_card_set(card, "no-cert=6982"));
    ck_sw(card, "00B08A0004", 0x6982);
    sim_card_free(card);
}
END_TEST

START_TEST(certificates_that_lie)
{
    static const struct {
        const char *words;
        const char *head;
    } rows[] = {
        { "auth-cert-form=true", "\x30\x82\x06\x1F" },
        { "auth-cert-form=longer", "\x30\x82\x06\x83" },
        { "auth-cert-form=shorter", "\x30\x82\x05\xBB" },
        { "auth-cert-form=beyond", "\x30\x82\x12\xC8" },
        { "auth-cert-form=not-der", "\x5A\x5A\x5A\x5A" },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sim_card *card = card_ready(rows[i].words);
        ck_assert_mem_eq(ask(card, "00B08A0004").bytes, rows[i].head, 4);
        sim_card_free(card);
    }
}
END_TEST

START_TEST(extended_lengths)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00B08A0004", 0x9000);
    ck_assert_uint_eq(ask(card, "00B0000400061F").len, 1567);
    ck_assert_uint_eq(ask(card, "00B00000000000").len, 3808);
    ck_sw(card, "00840000000010", 0x6985);
    ck_assert(sim_card_set(card, "extended=no"));
    ck_sw(card, "00B0000400061F", 0x6700);
    ck_sw(card, "00B0000400", 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(classes_and_instructions)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "01B0860004", 0x6881);
    ck_sw(card, "83B0860004", 0x6881);
    ck_sw(card, "0CA4040C0AD392F000260100000001", 0x6882);
    ck_sw(card, "0CB0860004", 0x69FC);
    ck_sw(card, "A0B0860004", 0x6E00);
    ck_sw(card, "FFCA000000", 0x6E00);
    ck_sw(card, "00FE000000", 0x6D00);
    ck_sw(card, "002A008001AA00", 0x6D00);
    ck_sw(card, "80FC000000", 0x6700);
    ck_sw(card, "80A200C6", 0x6A86);
    ck_sw(card, "80AE0000", 0x6982);
    ck_sw(card, "00880099", 0x6982);
    ck_sw(card, "00CA004200", 0x6A88);
    ck_sw(card, "00C0000000", 0x6D00);
    ck_sw(card, "00B2010400", 0x6981);
    ck_sw(card, "00A404", 0x6700);
    ck_sw(card, "00A4040C0AD392", 0x6700);
    ck_assert_uint_eq(ask(card, "0084000008").len, 8);
    ck_assert_uint_eq(ask(card, "0084000000").len, 256);
    ck_sw(card, "00840000", 0x6700);
    ck_sw(card, "0084010008", 0x6A86);
    sim_card_free(card);
}
END_TEST

START_TEST(first_command_may_fail)
{
    struct sim_card *card = sim_card_new_words("first-6f00=yes", NULL);

    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x6F00);
    ck_sw(card, SELECT_JPKI, 0x9000);
    sim_card_power_off(card);
    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x6F00);
    ck_assert(sim_card_set(card, "first-6f00=no"));
    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x9000);
    sim_card_free(card);
}
END_TEST

START_TEST(get_response)
{
    struct sim_card *card = card_ready("get-response=yes");

    ck_sw(card, "00B0860020", 0x6120);
    ck_sw(card, "00C0000010", 0x6C20);
    ck_assert_mem_eq(ask(card, "00C0000020").bytes, "JPKIAPICCTOKEN2", 15);
    ck_sw(card, "00B0860020", 0x6120);
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_sw(card, "00C0000020", 0x6985);
    sim_card_free(card);
}
END_TEST

RUN_CASES("files", without_power_no_answer, the_card_manager_is_current_first,
          applications_by_name_and_prefix, unknown_application_changes_nothing,
          a_card_without_a_card_manager, the_mf_is_no_way_out, every_known_file_is_there,
          token_information, reading_by_offset_and_to_the_end, short_id_makes_a_file_current,
          strict_reads_at_the_end, behind_the_end, signature_certificate_needs_its_pin,
          availability_file, missing_certificates, certificates_that_lie, extended_lengths,
          classes_and_instructions, first_command_may_fail, get_response)
