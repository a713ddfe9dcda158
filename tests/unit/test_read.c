/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates: read exactly to their DER length, whatever the card says of lengths. */
#include "unit.h"

#include "card_read.h"

#include <stdio.h>

static uint8_t room[CARD_CERT_MAX];

/* 1571 bytes: six blocks of 256 and 35 more. */
#define BLOCKS_2_TO_5 \
    "> 00B0010000\n< BB*256 9000\n> 00B0020000\n< BB*256 9000\n> 00B0030000\n< BB*256 9000\n" \
    "> 00B0040000\n< BB*256 9000\n"
#define BLOCKS BLOCKS_2_TO_5 "> 00B0050000\n< BB*256 9000\n> 00B0060023\n< CC*35 9000\n"

static enum jpki_err cert_read(enum cert_file which, const char *script, struct buf *out)
{
    static char text[8192];
    size_t len = 0;
    const char *const parts[] = { RECOGNISE, script };

    for (size_t i = 0; i < 2; i++)
        for (const char *c = parts[i]; *c != '\0'; c++)
            text[len++] = *c;
    text[len] = '\0';
    *out = (struct buf)BUF_OVER(room);
    unit_recognised(text);
    return card_read_cert(&unit_card, which, out);
}

START_TEST(auth_is_read_to_its_length)
{
    struct buf out;

    ok(cert_read(CERT_AUTH, IN(READ_HEAD BLOCKS), &out));
    ck_assert_uint_eq(out.len, 1571);
    ck_assert_uint_eq(room[0], 0x30);
    ck_assert_uint_eq(room[255], 0xAA);
    ck_assert_uint_eq(room[256], 0xBB);
    ck_assert_uint_eq(room[1570], 0xCC);
    ck_assert_uint_eq(unit_finish(), 8);
}
END_TEST

START_TEST(ca_is_read_by_its_short_id)
{
    struct buf out;

    ok(cert_read(CERT_SIGN_CA,
                 IN("> 00B0820000\n< 3082013C DD*252 9000\n> 00B0010040\n< EE*64 9000\n"), &out));
    ck_assert_uint_eq(out.len, 320);
    ck_assert_uint_eq(unit_finish(), 3);
}
END_TEST

START_TEST(short_answers_are_continued)
{
    struct buf out;

    ok(cert_read(
        CERT_AUTH_CA,
        IN("> 00B08B0000\n< 3082013C DD*6 9000\n> 00B0000A00\n< EE*100 9000\n> 00B0006ED2\n"
           "< EE*210 6282\n"),
        &out));
    ck_assert_uint_eq(out.len, 320);
    unit_finish();
}
END_TEST

START_TEST(le_told_by_the_card_is_taken_once)
{
    struct buf out;

    ok(cert_read(
        CERT_AUTH_CA,
        IN("> 00B08B0000\n< 6C80\n> 00B08B0080\n< 3082013C DD*124 9000\n> 00B00080C0\n< 61C0\n"
           "> 00C00000C0\n< EE*192 9000\n"),
        &out));
    ck_assert_uint_eq(out.len, 320);
    unit_finish();
    fails("refused",
          cert_read(CERT_AUTH_CA, IN("> 00B08B0000\n< 6C80\n> 00B08B0080\n< 6C80\n"), &out));
    unit_finish();
    /* the tail asks for 64: 6CFF would be more */
    fails("protocol",
          cert_read(CERT_AUTH_CA,
                    IN("> 00B08B0000\n< 3082013C DD*252 9000\n> 00B0010040\n< 6CFF\n"), &out));
    ck_assert_uint_eq(out.len, 0);
    unit_finish();
}
END_TEST

START_TEST(lying_lengths)
{
    static const char *const heads[] = {
        IN("> 00B08B0000\n< 3082FFFF DD*252 9000\n"),
        IN("> 00B08B0000\n< 30820010 DD*252 9000\n"),
        IN("> 00B08B0000\n< 308100 DD*253 9000\n"),
        IN("> 00B08B0000\n< 3080 DD*254 9000\n"),
        IN("> 00B08B0000\n"
           "< 308205 9000\n"),
        IN("> 00B08B0000\n< 42*256 9000\n"),
        /* longer than the file: 9000 with nothing, 6B00, 6282 with nothing */
        IN("> 00B08B0000\n< 3082013C DD*252 9000\n> 00B0010040\n< 9000\n"),
        IN("> 00B08B0000\n< 3082013C DD*252 9000\n> 00B0010040\n< 6B00\n"),
        IN("> 00B08B0000\n< 3082013C DD*252 9000\n> 00B0010040\n< EE*63 6282\n> 00B0013F01\n< 6282\n"),
        /* more bytes than asked for */
        IN("> 00B08B0000\n< 3082013C DD*252 9000\n> 00B0010040\n< EE*65 9000\n"),
        /* no status word at all */
        IN("> 00B08B0000\n< 30\n"),
        IN("> 00B08B0000\n<\n"),
    };
    struct buf out;

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        fails("protocol", cert_read(CERT_AUTH_CA, heads[i], &out));
        ck_assert_uint_eq(out.len, 0);
        unit_finish();
    }
}
END_TEST

START_TEST(filler_and_refusals)
{
    struct buf out;

    fails("not-found", cert_read(CERT_SIGN_CA, IN("> 00B0820000\n< FF*256 9000\n"), &out));
    unit_finish();
    fails("not-found", cert_read(CERT_SIGN_CA, IN("> 00B0820000\n< 6A82\n"), &out));
    unit_finish();
    fails("denied", cert_read(CERT_SIGN_CA, IN("> 00B0820000\n< 6982\n"), &out));
    unit_finish();
    fails("io", cert_read(CERT_SIGN_CA, IN("> 00B0820000\n! io\n"), &out));
    ck_assert(unit_card.in_doubt);
    unit_finish();
    fails("no-card",
          cert_read(CERT_SIGN_CA, IN("> 00B0820000\n! no-card\n") "close leave\n", &out));
    ck_assert_ptr_null(unit_card.link);
    unit_finish();
}
END_TEST

START_TEST(crumbs_are_given_up)
{
    static char text[8192];
    struct buf out;
    size_t len = 0, reads;

    len += (size_t)snprintf(text, sizeof(text), "begin\n" SELECT "> 00B08B0000\n< 3082013C 9000\n");
    for (reads = 0; reads < 64; reads++) {
        size_t left = 320 - 4 - reads;

        len += (size_t)snprintf(text + len, sizeof(text) - len, "> 00B000%02X%02X\n< EE 9000\n",
                                (unsigned)(4 + reads), left < 256 ? (unsigned)left : 0);
    }
    ck_assert_int_gt(snprintf(text + len, sizeof(text) - len, "end\n"), 0);
    fails("protocol", cert_read(CERT_AUTH_CA, text, &out));
    unit_finish();
}
END_TEST

START_TEST(private_or_absent_is_not_asked_for)
{
    struct buf out;

    fails("denied", cert_read(CERT_SIGN, "", &out));
    ck_assert_uint_eq(unit_finish(), 0);
    unit_start("open\n" IN(READ_INFO "> 00B0880003\n< 000000 9000\n"));
    ok(card_recognise(&unit_card));
    fails("not-found", card_read_cert(&unit_card, CERT_AUTH, &out));
    fails("not-found", card_read_cert(&unit_card, CERT_SIGN, &out));
    unit_finish();
    unit_start("");
    fails("argument", card_read_cert(&unit_card, CERT_AUTH, &out));
    unit_finish();
}
END_TEST

START_TEST(another_card_is_noticed)
{
    struct buf out;

    fails("card-changed",
          cert_read(CERT_AUTH,
                    IN("> 00B08A0000\n< 3082010A AB*252 9000\n> 00B001000E\n< AB*14 9000\n"),
                    &out));
    ck_assert_uint_eq(out.len, 0);
    unit_finish();
    unit_recognised(RECOGNISE "begin reset\n" DROP SELECT READ_HEAD BLOCKS "end\n");
    out = (struct buf)BUF_OVER(room);
    ok(card_read_cert(&unit_card, CERT_AUTH, &out));
    ck_assert(!unit_card.in_doubt);
    unit_finish();
}
END_TEST

START_TEST(small_room_is_an_error)
{
    uint8_t small[300];
    struct buf out = BUF_OVER(small);

    unit_recognised(RECOGNISE IN(READ_HEAD "> 00B0010000\n< BB*256 9000\n"));
    fails("buffer", card_read_cert(&unit_card, CERT_AUTH, &out));
    ck_assert_uint_eq(out.len, 0);
    unit_finish();
}
END_TEST

START_TEST(recognise_refuses_a_long_answer)
{
    unit_start("open\n" IN("> 00B0860060\n< 20*97 9000\n"));
    fails("protocol", card_recognise(&unit_card));
    ck_assert_ptr_null(unit_card.facts.id.profile);
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        recognise_refuses_a_long_answer,
        auth_is_read_to_its_length,
        ca_is_read_by_its_short_id,
        short_answers_are_continued,
        le_told_by_the_card_is_taken_once,
        lying_lengths,
        filler_and_refusals,
        crumbs_are_given_up,
        private_or_absent_is_not_asked_for,
        another_card_is_noticed,
        small_room_is_an_error,
    };

    return unit_run("read", tests, sizeof(tests) / sizeof(tests[0]));
}
