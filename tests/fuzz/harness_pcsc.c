/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcsc.c over a winscard that answers whatever it likes (winscard_hostile.c): calls of the
 * transport from the input.  Held after each: outputs on success alone and within their room; every
 * context and connection given back that is not in use; a transaction open during a visit and never
 * else; no wait beyond its time; no exchange sent twice; and never "the card was not asked" about
 * one that broke.
 */
#include "winscard_hostile.h"

#include "log.h"
#include "pinpad.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS_MAX (READER_MAX + 4) /* some more than there can be readers */
#define COUNT_UNTOUCHED 77

enum { SEED, CALLS, LISTS, STATES, CODES, ANSWERS };

/* An item of calls is the row of the table below, then its arguments; winscard_hostile.h tells
 * of the others. */
#define CALL(bytes) "\0" bytes
#define TWO_READERS "\0\x0F\0\0\0\0Alpha\0Beta\0"
#define LONG_NAME "\0\x0C\0\0\0\x0ENameName"
#define LONGER_NAME "\0\x0C\0\0\0\x0FNameName" /* a byte too long */
#define MANY_NAMES \
    "\0\6\0\0\0\x12" \
    "A\0"
#define FOUR_GOOD "\0\3\0\0\3"
#define TWO_RESETS "\0\3\1\0\1"
#define CARD_IN "\0\x0A\0\xFF\0\0\1\0\x22\0\x0D\x3B"
#define CARD_OUT "\0\x11\0\x10\0\0\2\0\x12\0\0\0\0\0\0\x02\0\0\0"
#define PAD "\x06\4\x42\x33\0\6\x07\4\x42\x33\0\7"
#define FEATURES "\0\x10\0\0\0\0" PAD
#define FEATURES_BEYOND "\0\x10\0\xFF\xFF\x0B" PAD
#define ANSWER_OK "\0\6\0\0\0\0\x90\0"
#define BROKEN "\0\1\1\0\1\4\0\1\3" /* a reset, a timeout, a cancel */
#define SEND CALL("\6\x0B\0\0\x20\0\x98")
#define ENTER CALL("\6\x0D\0\0\x98\4\4")
static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [CALLS] = { "calls", FUZZ_LIST, 1000,
                FUZZ_TEXT(CALL("\2\0\x10") CALL("\2\1\2") CALL("\3\2\2\3") CALL("\1\3")
                              CALL("\2\5\0") CALL("\1\x08") CALL("\1\x0A") SEND CALL("\2\x0C\0")
                                  ENTER SEND SEND ENTER CALL("\1\x09") CALL("\2\6\0") CALL("\2\5\1")
                                      CALL("\2\0\x13") CALL("\3\2\x13\2") CALL("\2\0\x10")
                                          CALL("\1\4")) },
    [LISTS] = { "lists", FUZZ_LIST, 3000,
                FUZZ_TEXT(TWO_READERS TWO_READERS LONG_NAME MANY_NAMES LONGER_NAME LONGER_NAME) },
    [STATES] = { "states", FUZZ_LIST, 3000, FUZZ_TEXT(CARD_IN CARD_OUT CARD_IN) },
    [CODES] = { "codes", FUZZ_LIST, 1000, FUZZ_TEXT(FOUR_GOOD TWO_RESETS) },
    [ANSWERS] = { "answers", FUZZ_LIST, 4000,
                  FUZZ_TEXT(FEATURES ANSWER_OK "\0\6\0\0\0\0\x63\xC2" BROKEN FEATURES_BEYOND) },
};

static const struct transport_ops *ops;

static struct {
    void *watch, *link;
    bool in_visit;
    struct reader_view views[VIEWS_MAX]; /* as the last call left them */
    size_t view_count;
} now;

/* ---- what holds always ---- */

static void balance_judge(void)
{
    const size_t cards = now.link == NULL ? 0 : 1;
    const size_t contexts = (now.watch == NULL ? 0 : 1) + cards;

    if (winscard_told.contexts != contexts || winscard_told.cards != cards)
        fuzz_fail("%zu contexts and %zu connections where %zu and %zu are in use",
                  winscard_told.contexts, winscard_told.cards, contexts, cards);
    if (winscard_told.in_transaction != now.in_visit)
        fuzz_fail("a transaction %s a visit", now.in_visit ? "is missing in" : "outlives");
}

/* Of those that transport.h names, those that can come from pcscd. */
static void error_judge(enum jpki_err err)
{
    if (err != JPKI_OK && err != JPKI_ERR_MEMORY &&
        (err < JPKI_ERR_NO_SERVICE || err > JPKI_ERR_TIMEOUT))
        fuzz_fail("an error that pcscd cannot cause: %s", err_name(err));
}

static void view_judge(const struct reader_view *view)
{
    if (memchr(view->name, '\0', sizeof(view->name)) == NULL || view->name[0] == '\0')
        fuzz_fail("a name of no length, or without an end");
    if (view->atr_len > ATR_MAX || (!view->present && view->atr_len > 0))
        fuzz_fail("an ATR of %zu bytes", view->atr_len);
    if (!view->known && (view->present || view->exclusive))
        fuzz_fail("a card in a reader that is not known");
    consume_text(view->name);
    consume(view, sizeof(*view));
}

static void views_keep(struct slice views)
{
    if (views.len > 0)
        memcpy(now.views, views.ptr, views.len);
    now.view_count = views.len / sizeof(now.views[0]);
    for (size_t i = 0; i < now.view_count; i++)
        view_judge(&now.views[i]);
}

/* ---- the calls ---- */

static void list_run(struct slice args)
{
    static const struct reader_view blank[VIEWS_MAX];
    size_t cap = (size_t)(item_number(&args, 1) % VIEWS_MAX), count = COUNT_UNTOUCHED;
    struct slice views = exact_copy(slice_of(blank, cap * sizeof(blank[0])));
    enum jpki_err err =
        ops->watch_list(now.watch, (struct reader_view *)(uintptr_t)views.ptr, cap, &count);

    error_judge(err);
    if (err != JPKI_OK && count != COUNT_UNTOUCHED)
        fuzz_fail("a count of readers beside an error");
    if (err == JPKI_OK && count > cap)
        fuzz_fail("%zu readers where %zu fit", count, cap);
    if (err == JPKI_OK)
        views_keep(slice_of(views.ptr, count * sizeof(blank[0])));
    free((void *)(uintptr_t)views.ptr);
}

/* The readers that the last call left, and behind them some that nobody listed. */
static struct slice views_make(size_t count)
{
    for (size_t i = now.view_count; i < count; i++) {
        now.views[i] = (struct reader_view){ .known = i % 2 == 0, .events = (uint32_t)i };
        (void)snprintf(now.views[i].name, sizeof(now.views[i].name), "Ghost %02zu", i);
    }
    return exact_copy(slice_of(now.views, count * sizeof(now.views[0])));
}

static void views_judge(enum jpki_err err, struct slice views)
{
    error_judge(err);
    if (err == JPKI_OK)
        views_keep(views);
    else if (views.len > 0 && memcmp(now.views, views.ptr, views.len) != 0)
        fuzz_fail("views changed beside the error %s", err_name(err));
    free((void *)(uintptr_t)views.ptr);
}

static void poll_run(struct slice args)
{
    size_t count = (size_t)(item_number(&args, 1) % VIEWS_MAX);
    struct slice views = views_make(count);
    uint64_t waited_ms = winscard_told.waited_ms;

    views_judge(ops->watch_poll(now.watch, (struct reader_view *)(uintptr_t)views.ptr, count),
                views);
    if (winscard_told.waited_ms != waited_ms)
        fuzz_fail("a poll that waits");
}

static void wait_run(struct slice args)
{
    static const unsigned timeouts[] = { 0, 1, 250, 3000, 60000, UINT32_MAX - 1, UINT32_MAX };
    size_t count = (size_t)(item_number(&args, 1) % VIEWS_MAX);
    unsigned timeout = timeouts[item_number(&args, 1) % (sizeof(timeouts) / sizeof(timeouts[0]))];
    struct slice views = views_make(count);
    uint64_t waited_ms = winscard_told.waited_ms;

    views_judge(
        ops->watch_wait(now.watch, (struct reader_view *)(uintptr_t)views.ptr, count, timeout),
        views);
    if (winscard_told.waited_ms - waited_ms > timeout)
        fuzz_fail("a wait beyond its %u ms", timeout);
}

static void cancel_run(struct slice args)
{
    (void)args;
    ops->watch_cancel(now.watch);
}

static void watch_close_run(struct slice args)
{
    (void)args;
    ops->watch_close(now.watch);
    now.watch = NULL;
}

static void link_close_run(struct slice args)
{
    ops->link_close(now.link, item_number(&args, 1) % 2 == 0 ? LINK_LEAVE : LINK_UNPOWER);
    now.link = NULL;
    now.in_visit = false;
}

static void begin_run(struct slice args)
{
    size_t reconnects = winscard_told.reconnects;
    bool reset = false;
    enum jpki_err err;

    (void)args;
    if (now.in_visit)
        return;
    err = ops->visit_begin(now.link, &reset);
    error_judge(err);
    now.in_visit = err == JPKI_OK;
    if (reset != (err == JPKI_OK && winscard_told.reconnects > reconnects))
        fuzz_fail("a reset %s", reset ? "that was none" : "not told of");
    if (err == JPKI_OK && !winscard_told.agreed)
        fuzz_fail("a visit to a card that no protocol is agreed upon with");
    if (winscard_told.reconnects - reconnects > 32)
        fuzz_fail("connected anew without an end");
}

static void end_run(struct slice args)
{
    (void)args;
    if (now.in_visit)
        error_judge(ops->visit_end(now.link));
    now.in_visit = false;
}

static void unpower_run(struct slice args)
{
    (void)args;
    error_judge(ops->unpower(now.link));
}

/* Where an answer goes: the least room that is promised, and some more. */
static struct buf answer_room(struct slice *args)
{
    static const uint8_t blank[258 + 4];
    size_t room = 258 + item_number(args, 1) % 4;

    return (struct buf){ (uint8_t *)(uintptr_t)exact_copy(slice_of(blank, room)).ptr, 0, room };
}

/* The error of an exchange never says less than that it is unknown whether the card acted. */
static void exchange_judge(enum jpki_err err, struct buf *answer, size_t sent)
{
    if (winscard_told.exchanges - sent > 1)
        fuzz_fail("an exchange sent again");
    if (err == JPKI_OK && (answer->len > answer->cap || answer->len != winscard_told.claimed))
        fuzz_fail("an answer of %zu bytes", answer->len);
    if (err != JPKI_OK && answer->len != 0)
        fuzz_fail("an answer beside the error %s", err_name(err));
    consume(answer->ptr, answer->len);
    free(answer->ptr);
}

static void transmit_run(struct slice args)
{
    struct buf answer = answer_room(&args);
    struct slice command = exact_copy(args);
    size_t sent = winscard_told.exchanges;
    enum jpki_err err = ops->transmit(now.link, command, &answer);

    if (err != JPKI_OK && err != JPKI_ERR_RESET && err != JPKI_ERR_NO_CARD &&
        err != JPKI_ERR_NO_READER && err != JPKI_ERR_NO_SERVICE && err != JPKI_ERR_IO)
        fuzz_fail("an exchange whose error is %s", err_name(err));
    exchange_judge(err, &answer, sent);
    free((void *)(uintptr_t)command.ptr);
}

static void has_pinpad_run(struct slice args)
{
    size_t sent = winscard_told.exchanges;
    bool yes =
        ops->has_pinpad(now.link, item_number(&args, 1) % 2 == 0 ? PINPAD_VERIFY : PINPAD_MODIFY);

    consume(&yes, sizeof(yes));
    if (winscard_told.exchanges != sent)
        fuzz_fail("the card was asked for its reader's keypad");
}

static void pinpad_run(struct slice args)
{
    struct buf answer = answer_room(&args);
    const struct pinpad_request request = {
        .job = item_number(&args, 1) % 2 == 0 ? PINPAD_VERIFY : PINPAD_MODIFY,
        .ins = 0x20,
        .p1 = 0,
        .p2 = (uint8_t)item_number(&args, 1),
        .min_len = (uint8_t)item_number(&args, 1),
        .max_len = (uint8_t)item_number(&args, 1),
    };
    size_t sent = winscard_told.exchanges;
    enum jpki_err err = ops->pinpad(now.link, &request, &answer);
    bool gave_up = err == JPKI_ERR_TIMEOUT || err == JPKI_ERR_CANCELLED || err == JPKI_ERR_PIN_FORM;
    bool unsent = err == JPKI_ERR_UNSUPPORTED || err == JPKI_ERR_ARGUMENT;

    if (unsent ? winscard_told.exchanges != sent : winscard_told.exchanges == sent)
        fuzz_fail("an entry that was %s, and the error is %s",
                  unsent ? "asked for" : "never asked for", err_name(err));
    if (gave_up && !winscard_told.gave_up)
        fuzz_fail("the call broke, and the error is the person's: %s", err_name(err));
    if (!gave_up && !unsent)
        error_judge(err);
    exchange_judge(err, &answer, sent);
}

/* ---- the list of calls ---- */

/* What a call needs; it is opened if it is not yet. */
enum need { NEED_WATCH, NEED_LINK, NEED_VISIT };

static const struct call_row {
    enum need need;
    void (*run)(struct slice args);
} rows[] = {
    { NEED_WATCH, list_run },      { NEED_WATCH, poll_run },        { NEED_WATCH, wait_run },
    { NEED_WATCH, cancel_run },    { NEED_WATCH, watch_close_run }, { NEED_LINK, has_pinpad_run },
    { NEED_LINK, link_close_run }, { NEED_LINK, begin_run },        { NEED_LINK, end_run },
    { NEED_VISIT, unpower_run },   { NEED_VISIT, transmit_run },    { NEED_VISIT, has_pinpad_run },
    { NEED_VISIT, pinpad_run },
};

static void open_judge(enum jpki_err err, void **handle, void *untouched)
{
    error_judge(err);
    if ((err == JPKI_OK) == (*handle == untouched))
        fuzz_fail("opened with %s", err_name(err));
    if (err != JPKI_OK)
        *handle = NULL;
}

static bool need_meet(enum need need)
{
    static char untouched;
    const char *reader = now.view_count > 0 ? now.views[0].name : "Reader";

    if (need == NEED_WATCH && now.watch == NULL) {
        now.watch = &untouched;
        open_judge(ops->watch_open(NULL, &now.watch), &now.watch, &untouched);
    }
    if (need != NEED_WATCH && now.link == NULL) {
        now.link = &untouched;
        open_judge(ops->link_open(NULL, reader, &now.link), &now.link, &untouched);
    }
    balance_judge();
    if (need == NEED_VISIT && now.link != NULL)
        begin_run(slice_of(NULL, 0));
    return need == NEED_WATCH ? now.watch != NULL
                              : now.link != NULL && (need == NEED_LINK || now.in_visit);
}

static void run(const struct fuzz_case *input)
{
    struct slice calls = case_blob(input, CALLS), args;

    ops = transport_system()->ops;
    memset(&now, 0, sizeof(now));
    winscard_hostile_begin(case_blob(input, LISTS), case_blob(input, STATES),
                           case_blob(input, CODES), case_blob(input, ANSWERS));
    if (log_open("stderr") != JPKI_OK)
        return;
    while (list_next(&calls, &args)) {
        const struct call_row *row =
            &rows[item_number(&args, 1) % (sizeof(rows) / sizeof(rows[0]))];

        if (need_meet(row->need))
            row->run(args);
        balance_judge();
    }
    if (now.link != NULL)
        link_close_run(slice_of(NULL, 0));
    if (now.watch != NULL)
        watch_close_run(slice_of(NULL, 0));
    balance_judge();
    log_close();
}

const struct fuzz_harness fuzz_harness = { "pcsc", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
