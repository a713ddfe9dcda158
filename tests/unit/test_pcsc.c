/* SPDX-License-Identifier: BSD-3-Clause */
/* pcsc.c and pcsc_watch.c on a winscard that writes down what it is asked: no daemon, no reader. */
#include "unit_pcsc.h"

#include "card_read.h"

#include <string.h>

#define CANCELLED ((long)0x80100002ul)
#define TIMEOUT ((long)0x8010000Aul)
#define UNKNOWN_READER ((long)0x80100009ul)
#define NO_SMARTCARD ((long)0x8010000Cul)
#define SHARING ((long)0x8010000Bul)
#define NO_ACCESS ((long)0x80100027ul)
#define REMOVED ((long)0x80100069ul)
#define RESET ((long)0x80100068ul)
#define NOT_TRANSACTED ((long)0x80100016ul)
#define CHANGED 0x02ul
#define EXCLUSIVE 0x80ul

static const uint8_t features[] = { 0x06, 4, 0x42, 0x33, 0x00, 0x06 };

static void calls_are(const char *expected)
{
    ck_assert_str_eq(winscard_fake_calls(), expected);
}

static void link_start(void)
{
    winscard_fake_reset();
    ops = transport_system()->ops;
    ok(ops->link_open(NULL, "Alpha", &handle));
}

START_TEST(opening_judges_the_code)
{
    static const struct {
        long code;
        const char *name;
    } rows[] = {
        { NO_SERVICE, "no-service" },     { NO_SMARTCARD, "no-card" },
        { UNKNOWN_READER, "no-reader" },  { SHARING, "in-use" },
        { NO_ACCESS, "access" },          { NOT_TRANSACTED, "io" },
        { INVALID_HANDLE, "no-service" },
    };

    ops = transport_system()->ops;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        winscard_fake_reset();
        winscard_fake_fail("connect", 1, rows[i].code);
        fails(rows[i].name, ops->link_open(NULL, "Alpha", &handle));
        calls_are("establish connect(Alpha,2,3) release");
    }
    winscard_fake_reset();
    winscard_fake_fail("establish", 1, NO_SERVICE);
    fails("no-service", ops->link_open(NULL, "Alpha", &handle));
    winscard_fake_fail("establish", 1, NO_ACCESS);
    fails("access", ops->watch_open(NULL, &handle));
    calls_are("establish establish");
}
END_TEST

START_TEST(link_is_shared_and_ends_as_told)
{
    link_start();
    ops->link_close(handle, LINK_LEAVE);
    calls_are("establish connect(Alpha,2,3) disconnect(0) release");
    link_start();
    ops->link_close(handle, LINK_UNPOWER);
    calls_are("establish connect(Alpha,2,3) disconnect(2) release");
}
END_TEST

START_TEST(visit_reconnects_after_a_reset_only)
{
    bool reset = true;

    link_start();
    ok(ops->visit_begin(handle, &reset));
    ck_assert(!reset);
    ok(ops->unpower(handle));
    ok(ops->visit_end(handle));
    calls_are("establish connect(Alpha,2,3) begin reconnect(2,3,2) end(0)");
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    winscard_fake_fail("begin", 1, RESET);
    ok(ops->visit_begin(handle, &reset));
    ck_assert(reset);
    calls_are("establish connect(Alpha,2,3) begin reconnect(2,3,0) begin");
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    winscard_fake_protocol(0); /* a reset that pcscd has not told yet: no protocol is agreed upon */
    reset = false;
    ok(ops->visit_begin(handle, &reset));
    ck_assert(reset);
    calls_are("establish connect(Alpha,2,3) begin end(0) reconnect(2,3,0) begin");
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    reset = true;
    winscard_fake_fail("begin", 1, REMOVED);
    fails("no-card", ops->visit_begin(handle, &reset));
    ck_assert(reset);
    calls_are("establish connect(Alpha,2,3) begin");
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

/* What pcscd knows of an old connection: a reset covers the removal before it, so that the card
 * may be another one. */
START_TEST(a_reset_covers_a_removal)
{
    bool reset = false;

    link_start();
    winscard_fake_happens(REMOVED);
    fails("no-card", ops->visit_begin(handle, &reset));
    fails("no-card", ops->visit_begin(handle, &reset));
    winscard_fake_happens(RESET);
    ok(ops->visit_begin(handle, &reset));
    ck_assert(reset);
    ok(ops->visit_end(handle));
    reset = false;
    ok(ops->visit_begin(handle, &reset));
    ck_assert(!reset);
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

/* The reader was added anew, after sleep or by hand: the link is dead, and says so at every
 * call. */
START_TEST(a_connection_from_before_a_replug)
{
    static const uint8_t command[] = { 0x00, 0x20, 0x00, 0x98 };
    uint8_t room[258];
    struct buf out = BUF_OVER(room);
    bool reset = false;

    link_start();
    ok(ops->visit_begin(handle, &reset));
    ok(ops->link_check(handle));
    winscard_fake_happens(0x80100069L); /* a card that was taken out leaves its reader */
    ok(ops->link_check(handle));
    winscard_fake_replug();
    fails("no-reader", ops->link_check(handle));
    fails("no-reader", ops->transmit(handle, SLICE_OF(command), &out));
    fails("no-reader", ops->unpower(handle));
    fails("no-reader", ops->visit_end(handle));
    for (int i = 0; i < 2; i++)
        fails("no-reader", ops->visit_begin(handle, &reset));
    ops->link_close(handle, LINK_LEAVE);
    ok(ops->link_open(NULL, "Alpha", &handle));
    ok(ops->visit_begin(handle, &reset));
    ok(ops->visit_end(handle));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

static void transmit_fails(unsigned times)
{
    static const uint8_t command[] = { 0x00, 0xA4, 0x04, 0x0C };
    uint8_t room[258];
    struct buf out = BUF_OVER(room);

    for (unsigned i = 0; i < times; i++) {
        winscard_fake_fail("transmit", 1, NOT_TRANSACTED);
        fails("io", ops->transmit(handle, SLICE_OF(command), &out));
    }
}

static void transmit_works(void)
{
    static const uint8_t command[] = { 0x00, 0xA4, 0x04, 0x0C };
    uint8_t room[258];
    struct buf out = BUF_OVER(room);

    winscard_fake_answer("\x90", 2);
    ok(ops->transmit(handle, SLICE_OF(command), &out));
}

/* After sleep a reader may fail whatever it is sent until the card has had no power. */
START_TEST(a_stuck_card_gets_new_power_once)
{
    bool reset = true;

    link_start();
    transmit_fails(2);
    ok(ops->visit_begin(handle, &reset));
    ck_assert(!reset);
    transmit_works();
    transmit_fails(3);
    ok(ops->visit_end(handle));
    /* nobody takes the power away while another has the card */
    winscard_fake_fail("begin", 1, SHARING);
    fails("in-use", ops->visit_begin(handle, &reset));
    ck_assert_ptr_null(strstr(winscard_fake_calls(), "reconnect"));
    ok(ops->visit_begin(handle, &reset));
    ck_assert(reset);
    ck_assert_ptr_nonnull(strstr(winscard_fake_calls(), "begin reconnect(2,3,2)"));
    transmit_works();
    ok(ops->visit_end(handle));
    /* it worked, so it may help once more; where it does not, the card is taken for gone */
    transmit_fails(3);
    ok(ops->visit_begin(handle, &reset));
    transmit_fails(3);
    ok(ops->visit_end(handle));
    fails("no-card", ops->visit_begin(handle, &reset));
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    transmit_fails(3);
    winscard_fake_fail("reconnect", 1, REMOVED);
    fails("no-card", ops->visit_begin(handle, &reset));
    ck_assert_ptr_nonnull(strstr(winscard_fake_calls(), "begin reconnect(2,3,2) end(0)"));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

START_TEST(transmit_carries_the_bytes)
{
    static const uint8_t command[] = { 0x00, 0x20, 0x00, 0x98 }, answer[] = { 0x63, 0xC3 };
    static const long unsure[] = { TIMEOUT, CANCELLED, SHARING, NO_ACCESS };
    uint8_t room[258], sent[16];
    struct buf out = BUF_OVER(room);

    link_start();
    winscard_fake_answer(answer, sizeof(answer));
    ok(ops->transmit(handle, SLICE_OF(command), &out));
    ck_assert(slice_equal(buf_slice(&out), SLICE_OF(answer)));
    ck_assert_uint_eq(winscard_fake_sent(sent, sizeof(sent)), 4);
    ck_assert_mem_eq(sent, command, 4);
    out.len = 0;
    winscard_fake_fail("transmit", 1, RESET);
    fails("reset", ops->transmit(handle, SLICE_OF(command), &out));
    winscard_fake_fail("transmit", 1, REMOVED);
    fails("no-card", ops->transmit(handle, SLICE_OF(command), &out));
    winscard_fake_fail("transmit", 1, NOT_TRANSACTED);
    fails("io", ops->transmit(handle, SLICE_OF(command), &out));
    ck_assert_uint_eq(out.len, 0);
    calls_are("establish connect(Alpha,2,3) transmit(T1) transmit(T1) transmit(T1) transmit(T1)");
    /* whatever pcscd calls it, an exchange that broke may have reached the card */
    for (size_t i = 0; i < sizeof(unsure) / sizeof(unsure[0]); i++) {
        winscard_fake_fail("transmit", 1, unsure[i]);
        fails("io", ops->transmit(handle, SLICE_OF(command), &out));
    }
    winscard_fake_fail("transmit", 1, NO_SERVICE);
    fails("no-service", ops->transmit(handle, SLICE_OF(command), &out));
    ops->link_close(handle, LINK_LEAVE);
    winscard_fake_reset();
    winscard_fake_protocol(1);
    ok(ops->link_open(NULL, "Alpha", &handle));
    winscard_fake_answer(answer, sizeof(answer));
    ok(ops->transmit(handle, SLICE_OF(command), &out));
    calls_are("establish connect(Alpha,2,3) transmit(T0)");
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

/* A broken driver or daemon: the room is ours, the length theirs. */
START_TEST(no_length_beyond_the_room_is_believed)
{
    static const uint8_t command[] = { 0x00, 0x20, 0x00, 0x98 }, answer[] = { 0x90, 0x00 };
    const struct pinpad_request request = { PINPAD_VERIFY, 0x20, 0x00, 0x98, 4, 4 };
    uint8_t room[258] = { 0 };
    struct buf out = BUF_OVER(room);
    static const size_t claims[] = { sizeof(room) + 1, 65538, SIZE_MAX };

    link_start();
    winscard_fake_answer(features, sizeof(features));
    ck_assert(ops->has_pinpad(handle, PINPAD_VERIFY));
    winscard_fake_answer(answer, sizeof(answer));
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        winscard_fake_claim(claims[i]);
        fails("io", ops->transmit(handle, SLICE_OF(command), &out));
        ck_assert_uint_eq(out.len, 0);
        fails("io", ops->pinpad(handle, &request, &out));
        ck_assert_uint_eq(out.len, 0);
    }
    winscard_fake_claim(sizeof(room));
    ok(ops->transmit(handle, SLICE_OF(command), &out));
    ck_assert_uint_eq(out.len, sizeof(room));
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    winscard_fake_answer(features, sizeof(features));
    winscard_fake_claim(4096);
    ck_assert(!ops->has_pinpad(handle, PINPAD_VERIFY));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

START_TEST(names_without_an_end)
{
    char names[READER_MAX * READER_NAME_MAX];

    watch_start();
    memset(names, 'N', sizeof(names));
    for (size_t i = 1; i < READER_MAX; i++)
        names[i * READER_NAME_MAX - 1] = '\0';
    winscard_fake_readers(names, sizeof(names));
    ok(ops->watch_list(handle, views, READER_MAX + 1, &count));
    /* the last is a byte too long for a name */
    ck_assert_uint_eq(count, READER_MAX - 1);
    ck_assert_uint_eq(strlen(views[0].name), READER_NAME_MAX - 1);
    ops->watch_close(handle);
}
END_TEST

START_TEST(polling_says_what_is_there)
{
    watch_start();
    views[0] = (struct reader_view){ .name = "Alpha 00 00" };
    views[1] = (struct reader_view){ .name = "Gone 00 00", .present = true, .known = true };
    views[2] = (struct reader_view){ .name = "Beta 00 00" };
    winscard_fake_state(0, CHANGED | PRESENT | EXCLUSIVE | 0x00070000ul, 13);
    winscard_fake_state(1, CHANGED | EMPTY | 0x00020000ul, 5);
    ok(ops->watch_poll(handle, views, 3));
    /* the length first */
    ck_assert_str_eq(winscard_fake_calls(), "establish list list status(0,2)");
    ck_assert(views[0].known && views[0].present && views[0].exclusive && views[0].events == 7);
    ck_assert(views[0].atr_len == 13 && views[0].atr[12] == 0x3B);
    ck_assert(!views[1].known && !views[1].present);
    ck_assert(views[2].known && !views[2].present && views[2].events == 2 && views[2].atr_len == 0);
    /* an ATR longer than any is cut */
    winscard_fake_state(0, CHANGED | PRESENT, 200);
    ok(ops->watch_poll(handle, views, 1));
    ck_assert_uint_eq(views[0].atr_len, ATR_MAX);
    winscard_fake_fail("status", 1, TIMEOUT);
    ok(ops->watch_poll(handle, views, 1));
    /* half an answer is none: the reader that is gone stays as it was */
    views[1].known = views[1].present = true;
    winscard_fake_fail("status", 1, NO_SERVICE);
    fails("no-service", ops->watch_poll(handle, views, 2));
    ck_assert(views[1].known && views[1].present);
    ops->watch_close(handle);
}
END_TEST

START_TEST(keypad_is_asked_for_once)
{
    link_start();
    winscard_fake_answer(features, sizeof(features));
    ck_assert(ops->has_pinpad(handle, PINPAD_VERIFY));
    ck_assert(!ops->has_pinpad(handle, PINPAD_MODIFY));
    calls_are("establish connect(Alpha,2,3) control(42000D48)");
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    winscard_fake_fail("control", 1, NOT_TRANSACTED);
    ck_assert(!ops->has_pinpad(handle, PINPAD_VERIFY));
    ops->link_close(handle, LINK_LEAVE);
    link_start();
    winscard_fake_answer("\x06\x04\x01", 3);
    ck_assert(!ops->has_pinpad(handle, PINPAD_VERIFY));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

START_TEST(keypad_entry)
{
    const struct pinpad_request request = { PINPAD_VERIFY, 0x20, 0x00, 0x98, 4, 4 };
    const struct pinpad_request modify = { PINPAD_MODIFY, 0x24, 0x01, 0x80, 4, 4 };
    uint8_t room[258], sent[64];
    struct buf out = BUF_OVER(room);

    link_start();
    winscard_fake_answer(features, sizeof(features));
    ck_assert(ops->has_pinpad(handle, PINPAD_VERIFY));
    winscard_fake_answer("\x63\xC2", 2);
    ok(ops->pinpad(handle, &request, &out));
    ck_assert(out.len == 2 && room[1] == 0xC2);
    ck_assert_uint_eq(winscard_fake_sent(sent, sizeof(sent)), 28);
    calls_are("establish connect(Alpha,2,3) control(42000D48) control(42330006)");
    fails("unsupported", ops->pinpad(handle, &modify, &out));
    out.len = 0;
    winscard_fake_answer("\x64\x01", 2);
    fails("cancelled", ops->pinpad(handle, &request, &out));
    ck_assert_uint_eq(out.len, 0);
    /* a call that broke may have come after the VERIFY: never taken for the person's doing */
    winscard_fake_fail("control", 1, CANCELLED);
    fails("io", ops->pinpad(handle, &request, &out));
    winscard_fake_fail("control", 1, TIMEOUT);
    fails("io", ops->pinpad(handle, &request, &out));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

/* An entry that fails is an exchange that fails: the third in a row, of either kind, calls for
 * new power. */
START_TEST(a_stuck_card_at_the_keypad)
{
    const struct pinpad_request request = { PINPAD_VERIFY, 0x20, 0x00, 0x98, 4, 4 };
    uint8_t room[258];
    struct buf out = BUF_OVER(room);
    bool reset = false;

    link_start();
    winscard_fake_answer(features, sizeof(features));
    ck_assert(ops->has_pinpad(handle, PINPAD_VERIFY));
    transmit_fails(2);
    winscard_fake_fail("control", 1, NOT_TRANSACTED);
    fails("io", ops->pinpad(handle, &request, &out));
    ok(ops->visit_begin(handle, &reset));
    ck_assert_msg(reset, "the card was given no new power");
    ok(ops->visit_end(handle));
    transmit_fails(2);
    winscard_fake_answer("\x64\x01", 2);
    fails("cancelled", ops->pinpad(handle, &request, &out)); /* the reader answers */
    transmit_fails(1);
    reset = false;
    ok(ops->visit_begin(handle, &reset));
    ck_assert(!reset);
    ok(ops->visit_end(handle));
    ops->link_close(handle, LINK_LEAVE);
}
END_TEST

START_TEST(a_whole_recognition)
{
    struct card card;

    winscard_fake_reset();
    winscard_fake_answer("\x6A\x82", 2);
    card_init(&card, transport_system(), "Alpha");
    fails("not-jpki", card_recognise(&card));
    calls_are("establish connect(Alpha,2,3) begin transmit(T1) end(0)");
    card_disconnect(&card);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        opening_judges_the_code,
        link_is_shared_and_ends_as_told,
        visit_reconnects_after_a_reset_only,
        a_reset_covers_a_removal,
        a_connection_from_before_a_replug,
        a_stuck_card_gets_new_power_once,
        transmit_carries_the_bytes,
        no_length_beyond_the_room_is_believed,
        names_without_an_end,
        polling_says_what_is_there,
        keypad_is_asked_for_once,
        keypad_entry,
        a_stuck_card_at_the_keypad,
        a_whole_recognition,
    };

    return unit_run("pcsc", tests, sizeof(tests) / sizeof(tests[0]));
}
