/* SPDX-License-Identifier: BSD-3-Clause */
/* The seam over pcscd: the link to one card.  pcsc_watch.c has the other half. */
#include "clock.h"
#include "log.h"
#include "pcsc_code.h"
#include "pcsc_context.h"
#include "pcsc_watch.h"
#include "pinpad.h"
#include "transport.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
/* PC/SC part 10; its name is in a header that pcscd need not have */
#define GET_FEATURE_REQUEST 0x42000D48
#define ATTR_DRIVER_VERSION 0x00010102 /* its name is in that header too */
#define POLL_MS 600 /* pcscd asks its readers every 400 ms whether the card is still there */
/* exchanges in a row; then only new power helps, as with many readers after sleep */
#define FAILED_MAX 3
/* resets while a visit waits for its turn; more is another program gone wild */
#define RESETS_MAX 20

struct link {
    struct pcsc_context context;
    /* connected anew since the last visit: nobody knows what happened to the card */
    bool renewed;
    char reader[READER_NAME_MAX];
    SCARDHANDLE card;
    DWORD protocol;
    unsigned failed; /* so many exchanges in a row */
    bool revived;    /* the card had new power since one last went well */
    bool features_known;
    struct pinpad_features features;
};

static enum jpki_err link_connect(struct link *link)
{
    enum jpki_err err = context_open(&link->context);

    if (err != JPKI_OK)
        return err;
    err =
        pcsc_judge("connect", SCardConnect(link->context.context, link->reader, SCARD_SHARE_SHARED,
                                           PROTOCOLS, &link->card, &link->protocol));
    if (err != JPKI_OK)
        context_close(&link->context);
    return err;
}

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    struct link *link = calloc(1, sizeof(*link));
    enum jpki_err err = JPKI_ERR_MEMORY;

    (void)user;
    if (link == NULL)
        goto out;
    memcpy(link->reader, reader, strnlen(reader, READER_NAME_MAX - 1));
    err = link_connect(link);
    if (err != JPKI_OK)
        goto out;
    *ret_link = link;
    link = NULL;
out:
    free(link);
    return err;
}

/* Between visits: a link whose connection the program closed is made anew. */
static enum jpki_err link_renew(struct link *link)
{
    struct link fresh = { 0 };
    enum jpki_err err = context_check(&link->context);

    if (err == JPKI_OK)
        return JPKI_OK;
    memcpy(fresh.reader, link->reader, sizeof(fresh.reader));
    fresh.renewed = true;
    err = link_connect(&fresh);
    if (err == JPKI_OK)
        *link = fresh;
    return err;
}

static void link_close(void *handle, enum link_end end)
{
    struct link *link = handle;

    if (context_is_ours(&link->context))
        (void)SCardDisconnect(link->card,
                              end == LINK_UNPOWER ? SCARD_UNPOWER_CARD : SCARD_LEAVE_CARD);
    context_close(&link->context);
    free(link);
}

static enum jpki_err link_check(void *handle)
{
    struct link *link = handle;
    DWORD protocol;
    enum jpki_err err = context_check(&link->context);

    if (err == JPKI_OK)
        err =
            pcsc_judge("status", SCardStatus(link->card, NULL, NULL, NULL, &protocol, NULL, NULL));
    return err == JPKI_ERR_NO_READER || err == JPKI_ERR_NO_SERVICE ? err : JPKI_OK;
}

static LONG link_reconnect(struct link *link, DWORD initialization)
{
    return SCardReconnect(link->card, SCARD_SHARE_SHARED, PROTOCOLS, initialization,
                          &link->protocol);
}

/* pcscd may grant a transaction while a reset is half done, and say nothing of it: the card has
 * no protocol then. */
static LONG transaction_begin(struct link *link)
{
    DWORD protocol = link->protocol;
    LONG code = SCardBeginTransaction(link->card);

    if (code == SCARD_S_SUCCESS &&
        (SCardStatus(link->card, NULL, NULL, NULL, &protocol, NULL, NULL) != SCARD_S_SUCCESS ||
         protocol != link->protocol)) {
        (void)SCardEndTransaction(link->card, SCARD_LEAVE_CARD);
        code = SCARD_W_RESET_CARD;
    }
    return code;
}

/* New power for a card that answers nothing any more, in a transaction; it is ended if that
 * fails. */
static LONG card_revive(struct link *link)
{
    LONG code = SCARD_W_REMOVED_CARD;

    if (!link->revived)
        code = link_reconnect(link, SCARD_UNPOWER_CARD);
    link->revived = true;
    link->failed = 0;
    log_line("the card answers nothing: %s",
             code == SCARD_S_SUCCESS ? "it was given new power" : "it is taken for gone");
    if (code != SCARD_S_SUCCESS)
        (void)SCardEndTransaction(link->card, SCARD_LEAVE_CARD);
    return code;
}

static enum jpki_err visit_begin(void *handle, bool *ret_reset)
{
    struct link *link = handle;
    bool reset = false;
    enum jpki_err err = link_renew(link);
    LONG code;

    if (err != JPKI_OK)
        return err;
    /* a card that was taken out answers nothing either: with new power before pcscd knows, its
     * return goes unseen */
    if (link->failed >= FAILED_MAX && !link->revived)
        sleep_ms(POLL_MS);
    code = transaction_begin(link);
    for (int i = 0;
         i < RESETS_MAX && (code == SCARD_W_RESET_CARD || code == SCARD_E_PROTO_MISMATCH); i++) {
        reset = true;
        code = link_reconnect(link, SCARD_LEAVE_CARD);
        if (code == SCARD_S_SUCCESS)
            code = transaction_begin(link);
    }
    if (code == SCARD_S_SUCCESS && link->failed >= FAILED_MAX) {
        code = card_revive(link);
        reset = true;
    }
    if (code == SCARD_S_SUCCESS) {
        *ret_reset = reset || link->renewed;
        link->renewed = false;
    }
    return pcsc_judge("begin", code);
}

static enum jpki_err visit_end(void *handle)
{
    struct link *link = handle;
    enum jpki_err err = context_check(&link->context);

    return err != JPKI_OK ? err
                          : pcsc_judge("end", SCardEndTransaction(link->card, SCARD_LEAVE_CARD));
}

static enum jpki_err card_restart(struct link *link, const char *call, DWORD initialization)
{
    enum jpki_err err = context_check(&link->context);

    return err != JPKI_OK ? err : pcsc_judge(call, link_reconnect(link, initialization));
}

static enum jpki_err unpower(void *link)
{
    return card_restart(link, "unpower", SCARD_UNPOWER_CARD);
}

static enum jpki_err warm_reset(void *link)
{
    return card_restart(link, "reset", SCARD_RESET_CARD);
}

/*
 * How an exchange ended.  A length beyond the room comes from something broken: what of it is an
 * answer is not known.  Nor is it known of most codes whether they came before the card acted;
 * TIMEOUT and CANCELLED would say that it did not.
 */
static enum jpki_err exchange_judge(const char *call, LONG code, DWORD len, size_t room)
{
    enum jpki_err err = pcsc_judge(call, code);

    if (err == JPKI_OK && len > room) {
        log_line("%s: %lu bytes said to be in room for %zu", call, (unsigned long)len, room);
        err = JPKI_ERR_IO;
    }
    if (err == JPKI_OK || err == JPKI_ERR_RESET || err == JPKI_ERR_NO_CARD ||
        err == JPKI_ERR_NO_READER || err == JPKI_ERR_NO_SERVICE)
        return err;
    return JPKI_ERR_IO;
}

/* How many failed in a row, on either way to the card. */
static void exchange_count(struct link *link, enum jpki_err err)
{
    link->failed = err == JPKI_ERR_IO ? link->failed + 1 : 0;
    if (err == JPKI_OK)
        link->revived = false;
}

static enum jpki_err transmit(void *handle, struct slice command, struct buf *answer)
{
    struct link *link = handle;
    const SCARD_IO_REQUEST *pci = link->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    size_t room = answer->cap - answer->len;
    DWORD len = (DWORD)room;
    enum jpki_err err = context_check(&link->context);
    LONG code;

    if (err != JPKI_OK)
        return err;
    code = SCardTransmit(link->card, pci, command.ptr, (DWORD)command.len, NULL,
                         answer->ptr + answer->len, &len);
    err = exchange_judge("transmit", code, len, room);
    exchange_count(link, err);
    if (err == JPKI_OK)
        answer->len += len;
    return err;
}

/* Asked once a connection.  A reader that knows no feature request has no keypad. */
static void features_ask(struct link *link)
{
    uint8_t list[PINPAD_BLOCK_MAX * 2] = { 0 };
    DWORD len = 0;

    if (link->features_known || link_renew(link) != JPKI_OK)
        return;
    link->features_known = true;
    if (SCardControl(link->card, GET_FEATURE_REQUEST, NULL, 0, list, sizeof(list), &len) !=
            SCARD_S_SUCCESS ||
        len > sizeof(list))
        return;
    if (pinpad_features_parse(slice_of(list, len), &link->features) != JPKI_OK)
        log_line("the reader's list of features does not add up: no keypad");
}

static uint32_t feature_code(struct link *link, enum pinpad_job job)
{
    features_ask(link);
    return job == PINPAD_MODIFY ? link->features.modify : link->features.verify;
}

static bool has_pinpad(void *handle, enum pinpad_job job)
{
    return feature_code(handle, job) != 0;
}

static void reader_look(void *handle, struct reader_facts *ret)
{
    struct link *link = handle;
    uint8_t version[4] = { 0 };
    DWORD len = sizeof(version);

    features_ask(link);
    *ret = (struct reader_facts){ .features = link->features.tags };
    /* in the host's byte order, as drivers of this system write it */
    if (SCardGetAttrib(link->card, ATTR_DRIVER_VERSION, version, &len) == SCARD_S_SUCCESS &&
        len == sizeof(version))
        memcpy(&ret->driver, version, sizeof(version));
}

static enum jpki_err pinpad(void *handle, const struct pinpad_request *request, struct buf *answer)
{
    struct link *link = handle;
    uint32_t code = feature_code(link, request->job);
    uint8_t bytes[PINPAD_BLOCK_MAX];
    struct buf block = BUF_OVER(bytes);
    size_t room = answer->cap - answer->len;
    DWORD len = 0;
    enum jpki_err err;
    LONG end;

    if (code == 0)
        return JPKI_ERR_UNSUPPORTED;
    err = pinpad_block_build(request, &block);
    if (err == JPKI_OK)
        err = context_check(&link->context);
    if (err != JPKI_OK)
        return err;
    end = SCardControl(link->card, code, block.ptr, (DWORD)block.len, answer->ptr + answer->len,
                       (DWORD)room, &len);
    err = exchange_judge("keypad", end, len, room);
    exchange_count(link, err);
    if (err != JPKI_OK)
        return err;
    /* only the reader's own words end the entry without the card */
    err = pinpad_answer_judge(slice_of(answer->ptr + answer->len, len));
    if (err == JPKI_OK)
        answer->len += len;
    return err;
}

static const struct transport_ops pcsc_ops = {
    .watch_open = pcsc_watch_open,
    .watch_close = pcsc_watch_close,
    .watch_list = pcsc_watch_list,
    .watch_poll = pcsc_watch_poll,
    .watch_wait = pcsc_watch_wait,
    .watch_cancel = pcsc_watch_cancel,
    .link_open = link_open,
    .link_close = link_close,
    .link_check = link_check,
    .visit_begin = visit_begin,
    .visit_end = visit_end,
    .unpower = unpower,
    .warm_reset = warm_reset,
    .transmit = transmit,
    .has_pinpad = has_pinpad,
    .reader_look = reader_look,
    .pinpad = pinpad,
    .tell = herald_tell,
};

const struct transport *transport_system(void)
{
    static const struct transport pcsc = { &pcsc_ops, NULL };

    return &pcsc;
}
