/* SPDX-License-Identifier: BSD-3-Clause */
/* APDUs, status words, TLV, the profiles' rows, PINs in the card's form, and what a keypad is
 * told. */
#include "unit.h"

#include "apdu.h"
#include "pinpad.h"
#include "sw.h"
#include "tlv.h"

#include <string.h>

START_TEST(commands_of_all_four_cases)
{
    static const uint8_t data[256];
    static const struct {
        struct apdu apdu;
        const char *bytes;
        size_t len;
    } rows[] = {
        { { 0x00, 0x20, 0x00, 0x98, { NULL, 0 }, 0 }, "\x00\x20\x00\x98", 4 },
        { { 0x00, 0xB0, 0x01, 0x02, { NULL, 0 }, 256 }, "\x00\xB0\x01\x02\x00", 5 },
        { { 0x00, 0xA4, 0x02, 0x0C, { data, 2 }, 0 }, "\x00\xA4\x02\x0C\x02\x00\x00", 7 },
        { { 0x80, 0x2A, 0x00, 0x80, { data, 1 }, 255 }, "\x80\x2A\x00\x80\x01\x00\xFF", 7 },
    };
    struct apdu big = { 0x80, 0x2A, 0, 0x80, { data, 255 }, 256 };
    uint8_t bytes[APDU_COMMAND_MAX];
    struct buf out = BUF_OVER(bytes);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        out.len = 0;
        ok(apdu_build(&rows[i].apdu, &out));
        ck_assert(slice_equal(buf_slice(&out), slice_of(rows[i].bytes, rows[i].len)));
    }
    out.len = 0;
    ok(apdu_build(&big, &out));
    ck_assert_uint_eq(out.len, 261);
    for (size_t cap = 0; cap < 261; cap++) {
        out = (struct buf){ bytes, 0, cap };
        fails("buffer", apdu_build(&big, &out));
        ck_assert_uint_eq(out.len, 0);
    }
    big.data.len = 256;
    fails("argument", apdu_build(&big, &out));
    big.data.len = 1;
    big.le = 257;
    fails("argument", apdu_build(&big, &out));
}
END_TEST

START_TEST(answers_have_a_status_word)
{
    struct answer answer = { .raw = { 1, 2, 3, 0x63, 0xC2 } };

    ok(answer_parse(&answer, 5));
    ck_assert_uint_eq(answer.sw, 0x63C2);
    ck_assert_uint_eq(answer_data(&answer).len, 3);
    fails("protocol", answer_parse(&answer, 0));
    fails("protocol", answer_parse(&answer, 1));
    fails("protocol", answer_parse(&answer, 3)); /* no status word begins with 2 */
    answer.raw[APDU_ANSWER_MAX - 2] = 0x90;
    ok(answer_parse(&answer, APDU_ANSWER_MAX));
    fails("protocol", answer_parse(&answer, APDU_ANSWER_MAX + 1));
}
END_TEST

START_TEST(tries_are_counted_from_every_status_word)
{
    for (unsigned sw = 0; sw <= 0xFFFF; sw++) {
        int tries = -7, expected = TRIES_UNKNOWN;
        enum jpki_err err = sw_judge_pin((uint16_t)sw, &tries);

        if ((sw & 0xFFF0) == 0x63C0)
            expected = (int)(sw & 0x0F);
        else if (sw == 0x6983 || sw == 0x6984)
            expected = 0;
        ck_assert_int_eq(tries, expected);
        ck_assert((err == JPKI_ERR_PIN_BLOCKED) == (expected == 0));
        ck_assert((err == JPKI_ERR_PIN_WRONG) == (expected > 0 || sw == 0x6300));
        ck_assert((err == JPKI_OK) == (sw == 0x9000));
        ck_assert(strlen(sw_sentence((uint16_t)sw)) > 3);
    }
    fails("not-found", sw_error(0x6A82));
    fails("not-found", sw_error(0x6A88));
    fails("unsupported", sw_error(0x6A86));
    fails("denied", sw_error(0x6982));
    fails("refused", sw_error(0x1234));
}
END_TEST

START_TEST(elements_are_taken_one_by_one)
{
    static const uint8_t good[] = { 0x06, 0x01, 0xAA, 0x07, 0x00, 0x30, 0x81, 0x80 };
    static const char *const bad[] = {
        "\x06",         "\x06\x02\x01", "\x06\x80\x01",         "\x06\x83\x01", "\x06\x81",
        "\x06\x81\x01", "\x06\x82\x01", "\x06\x82\x80\x01\x01", "\x06\xFF"
    };
    struct slice rest = SLICE_OF(good), value;
    uint8_t tag, element[132] = { 0x30, 0x81, 0x80 };

    ok(tlv_take(&rest, &tag, &value));
    ck_assert(tag == 0x06 && value.len == 1 && value.ptr[0] == 0xAA);
    ok(tlv_take(&rest, &tag, &value));
    ck_assert(tag == 0x07 && value.len == 0);
    fails("protocol", tlv_take(&rest, &tag, &value));
    ck_assert_uint_eq(rest.len, 3);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        rest = slice_of(bad[i], strlen(bad[i]));
        fails("protocol", tlv_take(&rest, &tag, &value));
    }
    rest = SLICE_OF(element);
    ok(tlv_take(&rest, &tag, &value));
    ck_assert(value.len == 128 && rest.len == 1);
    rest = slice_of(NULL, 0);
    fails("protocol", tlv_take(&rest, &tag, &value));
}
END_TEST

START_TEST(certificate_lengths)
{
    static const struct {
        const char *head;
        size_t len; /* 0: refused */
    } rows[] = {
        { "\x30\x82\x06\x1F", 1571 }, { "\x30\x82\x01\x00", 260 }, { "\x30\x82\x0F\xFC", 4096 },
        { "\x30\x82\x00\xFF", 0 },    { "\x30\x82\x0F\xFD", 0 },   { "\x30\x82\xFF\xFF", 0 },
        { "\x31\x82\x06\x1F", 0 },    { "\x30\x83\x06\x1F", 0 },   { "\x30\x80\x06\x1F", 0 },
    };
    size_t len;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        len = 0;
        ck_assert_int_eq(cert_der_len(slice_of(rows[i].head, 4), CARD_CERT_MAX, &len) == JPKI_OK,
                         rows[i].len > 0);
        ck_assert_uint_eq(len, rows[i].len);
    }
    fails("protocol", cert_der_len(slice_of(rows[0].head, 3), CARD_CERT_MAX, &len));
    fails("protocol", cert_der_len(slice_of(NULL, 0), CARD_CERT_MAX, &len));
}
END_TEST

START_TEST(profiles_obey_their_rules)
{
    static const char *const labels[] = { "JPKIAPICCTOKEN2", "JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN",
                                          "JPKIAPICCTOKEN" };

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        const struct card_profile *profile = profile_find(slice_of(labels[i], strlen(labels[i])));

        ck_assert_ptr_nonnull(profile);
        ck_assert_str_eq(profile->label, labels[i]);
        ck_assert(strlen(profile->name) <= 16 && profile->role[ROLE_SIGN].cert_private);
        for (size_t role = 0; role < ROLE_COUNT; role++) {
            const struct role_profile *row = &profile->role[role];

            ck_assert(!row->exists ||
                      (row->pin.min_len > 0 && row->pin.min_len <= row->pin.max_len &&
                       row->pin.max_len <= 16 && row->pin.tries > 0 && row->pin.tries <= 15));
            /* five bits must be enough for every file: short EF ids */
            ck_assert(row->key_fid <= 0x1E && row->pin_fid <= 0x1E && row->cert_fid <= 0x1E &&
                      row->ca_fid <= 0x1E);
        }
    }
    ck_assert_ptr_null(profile_find(DIGITS("JPKIAPICCTOKEN3"))); /* -Dnext_generation=true has it */
    ck_assert_ptr_null(profile_find(DIGITS("JPKI")));
    ck_assert_ptr_null(profile_find(slice_of(NULL, 0)));
    ck_assert_str_eq(profile_default()->label, "JPKIAPICCTOKEN2");
    ck_assert(profile_find(DIGITS("JPKIAPICCTOKEN"))->login_refused &&
              !profile_default()->login_refused);
    ck_assert(profile_find(DIGITS("JPKIAPGPSETOKEN"))->role[ROLE_AUTH].cert_private);
}
END_TEST

static const struct pin_rule four = { 4, 4, 3, PIN_DIGITS, false },
                             word = { 6, 16, 5, PIN_ALNUM, true };

static void folds(const struct pin_rule *rule, const char *typed, bool any_form,
                  const char *expected)
{
    uint8_t pin[16];
    size_t len = 99;
    enum jpki_err err;

    memset(pin, 0x55, sizeof(pin));
    err = pin_fold(rule, slice_of(typed, strlen(typed)), any_form, pin, &len);
    if (expected != NULL) {
        ck_assert_msg(err == JPKI_OK, "%s", typed);
        ck_assert(slice_equal(slice_of(pin, len), slice_of(expected, strlen(expected))));
        ck_assert(pin_fits(rule, slice_of(pin, len), any_form));
        return;
    }
    ck_assert_msg(err == JPKI_ERR_PIN_FORM, "%s", typed);
    ck_assert_uint_eq(len, 99);
    for (size_t i = 0; i < sizeof(pin); i++)
        ck_assert_uint_eq(pin[i], 0);
}

START_TEST(pins_are_folded_or_refused)
{
    uint8_t pin[16];
    size_t len = 0;

    folds(&four, "1234", false, "1234");
    folds(&four,
          "\xEF\xBC\x90\xEF\xBC\x99"
          "34",
          false, "0934");
    folds(&four, "123", false, NULL);
    folds(&four, "12345", false, NULL);
    folds(&four, "12a4", false, NULL);
    folds(&four, "", false, NULL);
    folds(&four, "12\xEF\xBC", false, NULL);
    folds(&four, "123\xEF\xBC\xA1", false, NULL);
    folds(&word, "abc123", false, "ABC123");
    folds(&word,
          "\xEF\xBC\xA1\xEF\xBC\xBA\xEF\xBD\x81\xEF\xBD\x9A"
          "12",
          false, "AZAZ12");
    /* 大文字英数字混在: letters alone and digits alone are nobody's password, unless its owner says
     * so */
    folds(&word, "ABCDEF", true, "ABCDEF");
    folds(&word, "ABCDEF", false, NULL);
    folds(&word, "123456", false, NULL);
    folds(&word, "123456", true, "123456");
    folds(&word, "abc123", true, "ABC123");
    folds(&word, "A2345", false, NULL);
    folds(&word, "A234567890123456", true, "A234567890123456");
    folds(&word, "A2345678901234567", true, NULL);
    folds(&word, "ABC 123", false, NULL);
    folds(&word, "ABC-123", false, NULL);
    folds(&word, "ABC12\xC3\xA4", false, NULL);
    folds(&word, "ABC12\xEF\xBC\x8D", false, NULL); /* a full-width hyphen is still no letter */
    folds(&word, "ABC123\xFF", false, NULL);
    /* what ends a line or a C string is no part of a PIN; in the middle it is */
    folds(&four, "1234\n", false, "1234");
    folds(&word, "abc123\r\n", false, "ABC123");
    folds(&four, "12\n34", false, NULL);
    folds(&four, "\n1234", false, NULL);
    ck_assert_int_eq(pin_fold(&four, DIGITS("1234\0\0"), false, pin, &len), JPKI_OK);
    ck_assert_uint_eq(len, 4);
}
END_TEST

START_TEST(every_byte_is_either_a_pin_character_or_refused)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t typed[7] = { 'A', 'B', 'C', '1', '2', '3', (uint8_t)c }, pin[16];
        size_t len;
        bool good = (c >= '0' && c <= '9') || c == '\n' || c == '\r' || c == '\0' ||
                    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        ck_assert_int_eq(pin_fold(&word, SLICE_OF(typed), false, pin, &len) == JPKI_OK, good);
    }
}
END_TEST

START_TEST(reader_features)
{
    static const uint8_t both[] = { 0x06, 4, 0x42, 0x33, 0x00, 0x06, 0x12, 4,    1,
                                    2,    3, 4,    0x07, 4,    0x42, 0x33, 0x00, 0x07 };
    struct pinpad_features features = { 9, 9, 9 };

    fails("protocol", pinpad_features_parse(slice_of(both, sizeof(both) - 1), &features));
    ck_assert(features.verify == 9 && features.modify == 9);
    ok(pinpad_features_parse(SLICE_OF(both), &features));
    ck_assert(features.verify == 0x42330006 && features.modify == 0x42330007);
    ok(pinpad_features_parse(slice_of(both, 6), &features));
    ck_assert(features.verify == 0x42330006 && features.modify == 0);
    ok(pinpad_features_parse(slice_of(NULL, 0), &features));
    ck_assert(features.verify == 0 && features.modify == 0);
    fails("protocol", pinpad_features_parse(DIGITS("\x06\x01\x01"), &features));
}
END_TEST

/* Written out for a little-endian host; the numbers' places are found by value on others. */
START_TEST(keypad_blocks)
{
    static const uint8_t verify[] = { 30,   30,   0x82, 4, 0,    0x04, 0x04, 2,   0xFF, 0x11,
                                      0x04, 0,    0,    0, 0,    9,    0,    0,   0,    0x00,
                                      0x20, 0x00, 0x98, 4, 0xFF, 0xFF, 0xFF, 0xFF };
    static const uint8_t modify[] = {
        30, 30, 0x82, 4, 0, 0, 0, 0x04, 0x04, 1,    2,    0xFF, 0x11, 0x04, 0,    1,   0,
        0,  0,  0,    9, 0, 0, 0, 0x00, 0x24, 0x01, 0x80, 4,    0xFF, 0xFF, 0xFF, 0xFF
    };
    struct pinpad_request request = { PINPAD_VERIFY, 0x20, 0x00, 0x98, 4, 4 };
    uint8_t bytes[PINPAD_BLOCK_MAX];
    struct buf block = BUF_OVER(bytes);
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;

    ok(pinpad_block_build(&request, &block));
    ck_assert_uint_eq(block.len, sizeof(verify));
    ck_assert(!little || slice_equal(buf_slice(&block), SLICE_OF(verify)));
    block.len = 0;
    request = (struct pinpad_request){ PINPAD_MODIFY, 0x24, 0x01, 0x80, 4, 4 };
    ok(pinpad_block_build(&request, &block));
    ck_assert_uint_eq(block.len, sizeof(modify));
    ck_assert(!little || slice_equal(buf_slice(&block), SLICE_OF(modify)));
    for (size_t cap = 0; cap < sizeof(modify); cap++) {
        block = (struct buf){ bytes, 0, cap };
        fails("buffer", pinpad_block_build(&request, &block));
        ck_assert_uint_eq(block.len, 0);
    }
    request.max_len = 5;
    fails("argument", pinpad_block_build(&request, &block));
    request.min_len = request.max_len = 0;
    fails("argument", pinpad_block_build(&request, &block));
    request.min_len = request.max_len = 17;
    fails("argument", pinpad_block_build(&request, &block));
}
END_TEST

START_TEST(keypad_answers)
{
    fails("timeout", pinpad_answer_judge(slice_of("\x64\x00", 2)));
    fails("cancelled", pinpad_answer_judge(slice_of("\x64\x01", 2)));
    fails("pin-form", pinpad_answer_judge(slice_of("\x64\x02", 2)));
    fails("pin-form", pinpad_answer_judge(slice_of("\x64\x03", 2)));
    ok(pinpad_answer_judge(slice_of("\x64\x04", 2)));
    ok(pinpad_answer_judge(slice_of("\x63\xC2", 2)));
    ok(pinpad_answer_judge(slice_of("\x90\x00", 2)));
    ok(pinpad_answer_judge(slice_of(NULL, 0)));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        commands_of_all_four_cases,
        answers_have_a_status_word,
        tries_are_counted_from_every_status_word,
        elements_are_taken_one_by_one,
        certificate_lengths,
        profiles_obey_their_rules,
        pins_are_folded_or_refused,
        every_byte_is_either_a_pin_character_or_refused,
        reader_features,
        keypad_blocks,
        keypad_answers,
    };

    return unit_run("codec", tests, sizeof(tests) / sizeof(tests[0]));
}
