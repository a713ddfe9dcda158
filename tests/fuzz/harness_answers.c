/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Visits to a card that answers whatever it likes: each call of the transport takes the next item
 * of a list.  Held after each visit: at most one VERIFY with a PIN; and no PIN was sent without an
 * attempt to lock the card behind it.
 */
#include "fuzz.h"

#include "apdu.h"
#include "card_read.h"
#include "guard.h"

#include <string.h>

enum { SEED, VISITS, ANSWERS };

#define OK "\0\3\0\x90\0"
#define TRIES3 "\0\3\0\x63\xC3"
/* items: the error (0: none), then the answer's bytes */
static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [VISITS] = { "visits", FUZZ_BLOB, 24, FUZZ_TEXT("\x00\x04\x05") },
    [ANSWERS] = { "answers", FUZZ_LIST, 6000,
                  FUZZ_TEXT(
                      OK OK OK
                      "\0\x0f\0JPKIAPGPSETOKEN\x90\0" OK OK OK OK OK OK OK TRIES3 OK OK OK OK OK) },
};

static struct {
    struct slice answers;
    bool in_visit, sent_pin, locked;
    unsigned verifies, changes, signs;
} told;

/* The next item: its error, and what it answers. */
static enum jpki_err next_answer(struct slice *ret_bytes)
{
    struct slice item;

    *ret_bytes = slice_of(NULL, 0);
    if (!list_next(&told.answers, &item) || item.len == 0)
        return JPKI_ERR_NO_READER; /* the list's end is the reader's */
    *ret_bytes = slice_part(item, 1, item.len);
    return (enum jpki_err)(item.ptr[0] % (JPKI_ERR_PROTOCOL));
}

/* What may be left verified is over where the card lost its power, by us or with the reader. */
static enum jpki_err seen(enum jpki_err err)
{
    if (err == JPKI_ERR_NO_CARD || err == JPKI_ERR_NO_READER)
        told.locked = true;
    return err;
}

static enum jpki_err next_error(void)
{
    struct slice ignored;

    return seen(next_answer(&ignored));
}

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    enum jpki_err err = next_error();

    (void)reader;
    if (err == JPKI_OK)
        *ret_link = user;
    return err;
}

static void link_close(void *link, enum link_end end)
{
    (void)link;
    told.in_visit = false;
    told.locked = told.locked || end == LINK_UNPOWER;
}

static enum jpki_err visit_begin(void *link, bool *ret_reset)
{
    struct slice bytes;
    enum jpki_err err = seen(next_answer(&bytes));

    (void)link;
    if (told.in_visit)
        fuzz_fail("a visit inside a visit");
    told.in_visit = err == JPKI_OK;
    if (err == JPKI_OK)
        *ret_reset = bytes.len > 0 && bytes.ptr[0] == 1;
    return err;
}

static enum jpki_err visit_end(void *link)
{
    (void)link;
    told.in_visit = false;
    return next_error();
}

static enum jpki_err unpower(void *link)
{
    (void)link;
    told.locked = true;
    return next_error();
}

static void command_note(struct slice command)
{
    bool with_data = command.len > 5;

    if (!told.in_visit)
        fuzz_fail("an exchange outside a visit");
    if (command.len < 4 || command.len > APDU_COMMAND_MAX)
        fuzz_fail("a command of %zu bytes", command.len);
    if (command.ptr[1] == INS_SELECT && command.ptr[2] == 0x04 && command.len > 5 &&
        command.ptr[5] == 0xA0)
        told.locked = true;
    if (command.ptr[1] == INS_VERIFY && with_data) {
        told.verifies++;
        told.sent_pin = true;
        told.locked = false;
    }
    told.changes += command.ptr[1] == INS_CHANGE;
    /* without a PIN it signs nothing: the question for PSS, and the proof of the lock once the
     * card is meant to be locked */
    told.signs += command.ptr[1] == INS_SIGN && with_data && told.sent_pin && !told.locked;
    consume(command.ptr, command.len);
}

static enum jpki_err transmit(void *link, struct slice command, struct buf *answer)
{
    struct slice bytes;
    enum jpki_err err = next_answer(&bytes);

    (void)link;
    command_note(command);
    /* as pcsc.c: what does not fit never arrives */
    if (err == JPKI_OK && buf_put(answer, bytes) != JPKI_OK)
        err = JPKI_ERR_IO;
    return seen(err);
}

static bool has_pinpad(void *link, enum pinpad_job job)
{
    (void)link;
    (void)job;
    return next_error() == JPKI_OK;
}

static enum jpki_err pinpad(void *link, const struct pinpad_request *request, struct buf *answer)
{
    const uint8_t verify[] = {
        0x00, INS_VERIFY, request->p1, request->p2, 4, 0xFF, 0xFF, 0xFF, 0xFF
    };
    const uint8_t change[] = {
        0x00, INS_CHANGE, request->p1, request->p2, 4, 0xFF, 0xFF, 0xFF, 0xFF
    };

    return transmit(link, request->job == PINPAD_VERIFY ? SLICE_OF(verify) : SLICE_OF(change),
                    answer);
}

static const struct transport_ops ops = {
    .link_open = link_open,
    .link_close = link_close,
    .visit_begin = visit_begin,
    .visit_end = visit_end,
    .unpower = unpower,
    .transmit = transmit,
    .has_pinpad = has_pinpad,
    .pinpad = pinpad,
};

static struct guard_ask ask_of(const struct card *card, uint8_t flags)
{
    const char *pin = (flags & 1) != 0 ? "ABC123" : "1234";
    const bool keypad = (flags & 2) != 0;

    return (struct guard_ask){
        .whom = &card->facts.id,
        .role = (flags & 1) != 0 ? ROLE_SIGN : ROLE_AUTH,
        .pin = keypad ? slice_of(NULL, 0) : slice_of(pin, strlen(pin)),
        .origin = keypad             ? PIN_KEYPAD
                  : (flags & 4) != 0 ? PIN_KEPT
                                     : PIN_TYPED,
        .keep_last_try = (flags & 8) != 0,
    };
}

/* One visit with a PIN in it, the kind and its choices in a byte. */
static void pin_visit(struct card *card, unsigned kind, uint8_t flags)
{
    struct guard_ask ask = ask_of(card, flags);
    struct guard_tell tell;
    uint8_t bytes[CARD_CERT_MAX];
    struct buf out = BUF_OVER(bytes);
    static const uint8_t input[32] = { 1 }, digits[] = "5678", letters[] = "NEW123";

    ask.job = kind == 0 ? GUARD_LOGIN : kind == 1 ? GUARD_SIGN : GUARD_CHANGE;
    ask.scheme = (flags & 16) != 0 ? SCHEME_PSS : SCHEME_PKCS1;
    ask.input = SLICE_OF(input);
    if (kind == 1 || (flags & 16) != 0)
        ask.out = &out;
    if (ask.origin != PIN_KEYPAD)
        ask.new_pin = slice_of(ask.role == ROLE_SIGN ? letters : digits, ask.pin.len);
    tell = guard_pass(card, &ask);
    if ((tell.why == JPKI_OK || tell.work == WORK_DONE) && tell.pin != PIN_ACCEPTED)
        fuzz_fail("%u: done without a PIN that was accepted", kind);
    if (out.len > 0 && tell.work != WORK_DONE)
        fuzz_fail("%u: bytes of a deed that was not done", kind);
    consume(&tell, sizeof(tell));
    consume(out.ptr, out.len);
}

static void free_visit(struct card *card, uint8_t byte)
{
    uint8_t bytes[CARD_CERT_MAX];
    struct buf out = BUF_OVER(bytes);
    int tries = TRIES_UNKNOWN;
    bool yes = false;
    enum jpki_err err;

    switch (byte % 5) {
    case 0: err = card_recognise(card); break;
    case 1: err = card_read_cert(card, (enum cert_file)(byte / 5 % CERT_COUNT), &out); break;
    case 2:
        err = guard_tries(card, byte / 5 % 2 == 0 ? ROLE_AUTH : ROLE_SIGN, false, &tries);
        break;
    case 3: err = guard_pss(card, false, &yes); break;
    default:
        yes = card_has_pinpad(card, byte / 5 % 2 == 0 ? ROLE_AUTH : ROLE_SIGN,
                              byte / 10 % 2 == 0 ? PINPAD_VERIFY : PINPAD_MODIFY);
        err = JPKI_OK;
        break;
    }
    consume_text(err_name(err));
    consume(out.ptr, out.len);
}

static void visit_judge(const struct card *card)
{
    if (told.in_visit)
        fuzz_fail("the visit was never ended");
    if (told.verifies > 1 || told.changes > 1 || told.signs > 1)
        fuzz_fail("sent again: %u VERIFY, %u CHANGE, %u SIGN", told.verifies, told.changes,
                  told.signs);
    if (told.sent_pin && !told.locked)
        fuzz_fail("a PIN was sent and nothing was done to lock the card");
    if (told.sent_pin && card->facts.id.profile == NULL)
        fuzz_fail("a PIN was sent to a card that nobody recognised");
}

static void run(const struct fuzz_case *input)
{
    struct transport transport = { &ops, &told };
    struct slice visits = case_blob(input, VISITS);
    struct card card;

    told.answers = case_blob(input, ANSWERS);
    card_init(&card, &transport, "reader");
    for (size_t i = 0; i < visits.len; i++) {
        uint8_t byte = visits.ptr[i];

        told.verifies = told.changes = told.signs = 0;
        told.sent_pin = told.locked = false;
        if (byte >= 128)
            pin_visit(&card, byte / 32 % 3, byte & 31);
        else if (byte >= 120)
            card_disconnect(&card);
        else
            free_visit(&card, byte);
        visit_judge(&card);
    }
    card_disconnect(&card);
}

const struct fuzz_harness fuzz_harness = { "answers", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
