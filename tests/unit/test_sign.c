/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures and the question whether the card knows PSS. */
#include "unit.h"

#include <stdio.h>

static uint8_t room[CARD_SIGNATURE_MAX];
static struct buf signature;
static const uint8_t hash[32];

#define SIGN_5 "> 802A0097 05 48656C6C6F 00\n"
#define GOOD "< 5A*256 9000\n"

static enum jpki_err sign(struct guard_ask ask, enum card_scheme scheme, struct slice input)
{
    signature = (struct buf)BUF_OVER(room);
    ask.job = GUARD_SIGN;
    ask.scheme = scheme;
    ask.input = input;
    ask.out = &signature;
    return unit_pass(ask);
}

#define SIGN(...) \
    (unit_recognised(RECOGNISE __VA_ARGS__), \
     sign(ask_kept(ROLE_AUTH), SCHEME_PKCS1, DIGITS("Hello")))

START_TEST(remembered_takes_five_exchanges)
{
    ok(SIGN(IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 GOOD DROP)));
    ck_assert_uint_eq(signature.len, 256);
    ck_assert_uint_eq(room[0], 0x5A);
    unit_told(3, PIN_ACCEPTED);
    ck_assert_uint_eq(unit_finish(), 5);
}
END_TEST

START_TEST(signature_key_and_pss)
{
    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN
                                 "< 9000\n> 802A049A 20 00*32 00\n< 5A*256 9000\n" DROP));
    ok(sign(ask_kept(ROLE_SIGN), SCHEME_PSS, SLICE_OF(hash)));
    ck_assert_uint_eq(unit_finish(), 5);
}
END_TEST

START_TEST(signing_by_select)
{
    int tries;

    unit_recognised(
        RECOGNISE IN("> 00200098\n< 6A86\n> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n") IN(
            "> 00A4020C020018\n< 9000\n> 00200080\n< 63C3\n> 002000800431323334\n< 9000\n> 00A4020C020017\n"
            "< 9000\n"
            "> 802A0080 05 48656C6C6F 00\n" GOOD DROP));
    ok(guard_tries(&unit_card, ROLE_AUTH, false, &tries));
    ok(sign(ask_kept(ROLE_AUTH), SCHEME_PKCS1, DIGITS("Hello")));
    ck_assert_uint_eq(unit_finish(), 4 + 7);
}
END_TEST

START_TEST(input_is_checked_before_the_card_is_asked)
{
    static const uint8_t much[246];

    unit_recognised(
        RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n> 802A0097 F5 00*245 00\n" GOOD DROP));
    fails("argument", sign(ask_typed(ROLE_AUTH), SCHEME_PKCS1, slice_of(much, 0)));
    fails("argument", sign(ask_typed(ROLE_AUTH), SCHEME_PKCS1, slice_of(much, 246)));
    fails("argument", sign(ask_typed(ROLE_AUTH), SCHEME_PSS, slice_of(much, 31)));
    fails("argument", sign(ask_typed(ROLE_AUTH), SCHEME_PSS, slice_of(much, 33)));
    fails("argument", sign(ask_typed(ROLE_AUTH), (enum card_scheme)0x02, slice_of(much, 32)));
    ok(sign(ask_typed(ROLE_AUTH), SCHEME_PKCS1, slice_of(much, 245)));
    unit_finish();
}
END_TEST

START_TEST(small_room_is_noticed_first)
{
    struct guard_ask ask = ask_typed(ROLE_AUTH);
    struct buf small = { room, 0, 255 };

    unit_recognised(RECOGNISE);
    ask.job = GUARD_SIGN;
    ask.input = DIGITS("Hello");
    fails("buffer", unit_pass(ask));
    ask.out = &small;
    fails("buffer", unit_pass(ask));
    ck_assert_uint_eq(unit_finish(), 0);
}
END_TEST

START_TEST(wrong_pin_signs_nothing)
{
    fails("pin-wrong", SIGN(IN(QUERY_AUTH_3 VERIFY_AUTH "< 63C2\n" DROP)));
    ck_assert_uint_eq(signature.len, 0);
    unit_finish();
}
END_TEST

START_TEST(signature_is_never_repeated)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6F00\n" DROP) },
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6C80\n" DROP) },
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6100\n" DROP) },
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6985\n" DROP) },
        { "denied", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6982\n" DROP) },
        { "io", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "! io\n" DROP) },
        { "reset", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH
                                "< 9000\n" SIGN_5 "! reset\n> 00A4040C07A0000001510000\n"
                                "! reset\nunpower\n" SELECT PROOF "< 6982\n") },
        /* a PIN's status word where no PIN was compared */
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6983\n" DROP) },
        { "refused", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 63C0\n" DROP) },
        { "no-card",
          RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "! no-card\n") "close leave\n" },
        { "protocol",
          RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 5A*255 9000\n" DROP) },
        { "protocol", RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 9000\n" DROP) },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_recognised(rows[i].text);
        fails(rows[i].name, sign(ask_kept(ROLE_AUTH), SCHEME_PKCS1, DIGITS("Hello")));
        ck_assert_uint_eq(signature.len, 0);
        ck_assert(unit_tell.pin == PIN_ACCEPTED && unit_tell.work != WORK_DONE);
        unit_finish();
    }
}
END_TEST

START_TEST(short_id_refused_for_the_key_goes_by_select_next)
{
    fails("not-found", SIGN(IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 "< 6A88\n" DROP) IN(
                           QUERY_AUTH_3 VERIFY_AUTH "< 9000\n> 00A4020C020017\n< 9000\n"
                                                    "> 802A0080 05 48656C6C6F 00\n" GOOD DROP)));
    ok(sign(ask_kept(ROLE_AUTH), SCHEME_PKCS1, DIGITS("Hello")));
    unit_finish();
}
END_TEST

START_TEST(good_signature_on_a_card_that_stays_open)
{
    fails("drop",
          SIGN(IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 GOOD DROP_FAILS "unpower !io\n")));
    ck_assert_uint_eq(signature.len, 256);
    ck_assert(unit_card.dirty);
    unit_finish();
    ok(SIGN(IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" SIGN_5 GOOD DROP_FAILS "unpower\n" SELECT PROOF
                                        "< 6982\n")));
    ck_assert_uint_eq(signature.len, 256);
    ck_assert(!unit_card.dirty && unit_tell.lock == LOCK_SURE);
    unit_finish();
}
END_TEST

#define PROBE_SHORT "> 802A0497 20 00*32 00\n"
#define PROBE_SELECT "> 00A4020C020017\n< 9000\n> 802A0480 20 00*32 00\n"

START_TEST(pss_is_probed_once)
{
    static const struct {
        const char *text;
        bool pss;
    } rows[] = {
        { RECOGNISE IN(PROBE_SHORT "< 6982\n"), true },
        { RECOGNISE IN(PROBE_SHORT "< 6985\n"), true },
        { RECOGNISE IN(PROBE_SHORT "< 6A86\n" PROBE_SELECT "< 6A86\n"), false },
        { RECOGNISE IN(PROBE_SHORT "< 6A86\n" PROBE_SELECT "< 6982\n"), true },
        { RECOGNISE IN(PROBE_SHORT "< 6A88\n" PROBE_SELECT "< 6A86\n"), false },
        /* somebody left it unlocked: found, so it is locked */
        { RECOGNISE IN(PROBE_SHORT GOOD DROP), true },
    };
    bool pss;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unit_recognised(rows[i].text);
        for (int again = 0; again < 2; again++) {
            pss = !rows[i].pss;
            ok(guard_pss(&unit_card, false, &pss));
            ck_assert(pss == rows[i].pss);
        }
        unit_finish();
    }
}
END_TEST

/* The probe for PSS also tells whether keys are found by short EF id: no signature is lost to
 * find that out. */
START_TEST(the_probe_finds_a_key_without_a_short_id)
{
    static const char *const probes[] = { PROBE_SHORT "< 6A86\n" PROBE_SELECT "< 6982\n",
                                          PROBE_SHORT "< 6A88\n" PROBE_SELECT "< 6A86\n" };
    char text[2000];
    bool pss;

    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        snprintf(text, sizeof(text), "%sbegin\n%s%send\n%s", RECOGNISE, SELECT, probes[i],
                 IN(QUERY_AUTH_3 VERIFY_AUTH
                    "< 9000\n> 00A4020C020017\n< 9000\n> 802A0080 05 48656C6C6F 00\n" GOOD DROP));
        unit_recognised(text);
        ok(guard_pss(&unit_card, false, &pss));
        signature.len = 0;
        ok(sign(ask_typed(ROLE_AUTH), SCHEME_PKCS1, DIGITS("Hello")));
        unit_finish();
    }
}
END_TEST

START_TEST(pss_unknown_after_a_failed_probe)
{
    bool pss;

    unit_recognised(RECOGNISE IN(PROBE_SHORT "! io\n")
                        IN(PROBE_SHORT "< 6A86\n" PROBE_SELECT "< 6A86\n"));
    fails("io", guard_pss(&unit_card, false, &pss));
    ck_assert(unit_card.pss == TRI_UNKNOWN);
    ok(guard_pss(&unit_card, false, &pss));
    ck_assert(!pss);
    fails("unsupported", sign(ask_typed(ROLE_AUTH), SCHEME_PSS, SLICE_OF(hash)));
    unit_finish();
}
END_TEST

START_TEST(pss_refused_while_signing_is_remembered)
{
    bool pss = true;

    unit_recognised(RECOGNISE IN(QUERY_AUTH_3 VERIFY_AUTH "< 9000\n" PROBE_SHORT "< 6A86\n" DROP));
    fails("unsupported", sign(ask_typed(ROLE_AUTH), SCHEME_PSS, SLICE_OF(hash)));
    ok(guard_pss(&unit_card, false, &pss));
    ck_assert(!pss && unit_card.pin_short_ids[ROLE_AUTH] == TRI_YES);
    unit_finish();
    unit_start("");
    fails("argument", guard_pss(&unit_card, false, &pss));
    fails("argument", sign(ask_typed(ROLE_AUTH), SCHEME_PSS, SLICE_OF(hash)));
    unit_finish();
}
END_TEST

/* Both certificates, 260 bytes each, behind the password. */
#define CERTIFICATES \
    "> 00B0810000\n< 30820100 11*252 9000\n> 00B0010004\n< 11*4 9000\n" \
    "> 00B0820000\n< 30820100 22*252 9000\n> 00B0010004\n< 22*4 9000\n"
#define SIGN_5_KEY_SIGN "> 802A009A 05 48656C6C6F 00\n"

struct composer {
    int calls;
    enum jpki_err err;
    size_t len;
};

static enum jpki_err compose(void *user, struct slice cert, struct slice ca, struct buf *ret_input)
{
    static const uint8_t much[GUARD_INPUT_MAX] = "Hello";
    struct composer *composer = user;

    composer->calls++;
    ck_assert(cert.len == 260 && cert.ptr[4] == 0x11 && ca.len == 260 && ca.ptr[4] == 0x22);
    return composer->err != JPKI_OK ? composer->err
                                    : buf_put(ret_input, slice_of(much, composer->len));
}

static enum jpki_err sign_draft(struct composer *composer)
{
    uint8_t cert_bytes[CARD_CERT_MAX], ca_bytes[CARD_CERT_MAX];
    struct buf cert = BUF_OVER(cert_bytes), ca = BUF_OVER(ca_bytes);
    const struct guard_draft draft = { composer, &cert, &ca, compose };
    struct guard_ask ask = ask_typed(ROLE_SIGN);

    ask.draft = &draft;
    return sign(ask, SCHEME_PKCS1, slice_of(NULL, 0));
}

START_TEST(certificates_and_signature_in_one_visit)
{
    struct composer composer = { .len = 5 };

    unit_recognised(
        RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n" CERTIFICATES SIGN_5_KEY_SIGN GOOD DROP));
    ok(sign_draft(&composer));
    ck_assert(signature.len == 256 && composer.calls == 1);
    unit_told(5, PIN_ACCEPTED);
    ck_assert_uint_eq(unit_finish(), 9);
}
END_TEST

START_TEST(a_draft_that_fails_signs_nothing)
{
    struct composer refusing = { .err = JPKI_ERR_CANCELLED }, empty = { .len = 0 };

    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n" CERTIFICATES DROP)
                        IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n" CERTIFICATES DROP));
    fails("cancelled", sign_draft(&refusing));
    unit_told(5, PIN_ACCEPTED);
    ck_assert(signature.len == 0 && unit_tell.work == WORK_NONE && unit_tell.lock == LOCK_SURE);
    fails("argument", sign_draft(&empty));
    ck_assert(signature.len == 0 && refusing.calls == 1 && empty.calls == 1);
    unit_finish();
}
END_TEST

START_TEST(nothing_is_composed_without_the_certificates)
{
    struct composer composer = { .len = 5 };

    unit_recognised(RECOGNISE IN(QUERY_SIGN_5 VERIFY_SIGN "< 63C4\n" DROP)
                        IN(QUERY_SIGN_5 VERIFY_SIGN "< 9000\n> 00B0810000\n< 6A82\n" DROP));
    fails("pin-wrong", sign_draft(&composer));
    fails("not-found", sign_draft(&composer));
    unit_told(5, PIN_ACCEPTED);
    ck_assert(composer.calls == 0 && signature.len == 0);
    unit_finish();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        remembered_takes_five_exchanges,
        signature_key_and_pss,
        signing_by_select,
        input_is_checked_before_the_card_is_asked,
        small_room_is_noticed_first,
        wrong_pin_signs_nothing,
        signature_is_never_repeated,
        short_id_refused_for_the_key_goes_by_select_next,
        the_probe_finds_a_key_without_a_short_id,
        good_signature_on_a_card_that_stays_open,
        pss_is_probed_once,
        pss_unknown_after_a_failed_probe,
        pss_refused_while_signing_is_remembered,
        certificates_and_signature_in_one_visit,
        a_draft_that_fails_signs_nothing,
        nothing_is_composed_without_the_certificates,
    };

    return unit_run("sign", tests, sizeof(tests) / sizeof(tests[0]));
}
