/* SPDX-License-Identifier: BSD-3-Clause */
/* The seam over pcscd; it and pcsc_code.c know winscard.  Every context is its own, as transport.h says. */
#include "clock.h"
#include "log.h"
#include "pcsc_code.h"
#include "pinpad.h"
#include "transport.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#define PROTOCOLS (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1)
#define PNP_READER "\\\\?PnP?\\Notification"
#define GET_FEATURE_REQUEST 0x42000D48 /* PC/SC part 10; its name is in a header that pcscd need not have */
#define WAIT_MAX (INFINITE - 1) /* milliseconds; the next number would be no limit at all */
#define RESETS_MAX 20 /* resets while a visit waits for its turn; more is another program gone wild */

struct watch {
    SCARDCONTEXT context;
};

struct link {
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    bool features_known;
    struct pinpad_features features;
};

/* ---- watch ---- */

static enum jpki_err watch_open(void *user, void **ret_watch)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    enum jpki_err err = JPKI_ERR_MEMORY;

    (void)user;
    if (watch == NULL)
        goto out;
    err = pcsc_judge("establish", SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &watch->context));
    if (err != JPKI_OK)
        goto out;
    *ret_watch = watch;
    watch = NULL;
out:
    free(watch);
    return err;
}

static void watch_close(void *handle)
{
    struct watch *watch = handle;

    (void)SCardReleaseContext(watch->context);
    free(watch);
}

static void watch_forget(void *handle)
{
    free(handle);
}

static enum jpki_err watch_list(void *handle, struct reader_view *views, size_t cap, size_t *ret_count)
{
    struct watch *watch = handle;
    char names[READER_MAX * READER_NAME_MAX + 2] = ""; /* two bytes stay zero: the last name ends, and so does the list */
    DWORD len = sizeof(names) - 2;
    size_t count = 0;
    LONG code = SCardListReaders(watch->context, NULL, names, &len);

    if (code != SCARD_E_NO_READERS_AVAILABLE && code != SCARD_S_SUCCESS)
        return pcsc_judge("list", code);
    if (code == SCARD_E_NO_READERS_AVAILABLE)
        names[0] = '\0';
    for (const char *name = names; *name != '\0' && count < cap; name += strlen(name) + 1) {
        if (strlen(name) >= READER_NAME_MAX)
            continue;
        views[count] = (struct reader_view){ .known = true };
        memcpy(views[count].name, name, strlen(name));
        count++;
    }
    *ret_count = count;
    return JPKI_OK;
}

/* One unknown name makes pcscd refuse the whole question: find out which of them it knows. */
static enum jpki_err known_mark(void *watch, struct reader_view *views, size_t count)
{
    struct reader_view *now = calloc(READER_MAX, sizeof(*now));
    size_t now_count = 0;
    enum jpki_err err = JPKI_ERR_MEMORY;

    if (now == NULL)
        goto out;
    err = watch_list(watch, now, READER_MAX, &now_count);
    if (err != JPKI_OK)
        goto out;
    for (size_t i = 0; i < count; i++) {
        views[i].known = false;
        for (size_t j = 0; j < now_count && !views[i].known; j++)
            views[i].known = strcmp(views[i].name, now[j].name) == 0;
    }
out:
    free(now);
    return err;
}

static void view_update(struct reader_view *view, const SCARD_READERSTATE *state)
{
    DWORD event = state->dwEventState;
    size_t len = state->cbAtr < ATR_MAX ? state->cbAtr : ATR_MAX;

    view->known = (event & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_IGNORE)) == 0;
    view->present = view->known && (event & SCARD_STATE_PRESENT) != 0;
    view->exclusive = view->known && (event & SCARD_STATE_EXCLUSIVE) != 0;
    view->events = (uint32_t)(event >> 16) & 0xFFFFu;
    view->atr_len = view->present ? len : 0;
    memcpy(view->atr, state->rgbAtr, view->atr_len);
}

static void view_forget(struct reader_view *view)
{
    view->present = view->exclusive = false;
    view->atr_len = 0;
}

/* What is asked about each known view; index[i] is the view of states[i].  Returns how many. */
static size_t states_fill(const struct reader_view *views, size_t count, SCARD_READERSTATE *states, size_t *index)
{
    size_t used = 0;

    for (size_t i = 0; i < count && used < READER_MAX; i++) {
        if (!views[i].known)
            continue;
        states[used] = (SCARD_READERSTATE){ .szReader = views[i].name, .dwCurrentState = SCARD_STATE_UNAWARE };
        index[used++] = i;
    }
    return used;
}

/* As watch_poll; half done where it fails. */
static enum jpki_err views_ask(struct watch *watch, struct reader_view *views, size_t count)
{
    SCARD_READERSTATE states[READER_MAX];
    size_t index[READER_MAX], used;
    enum jpki_err err = known_mark(watch, views, count);

    if (err != JPKI_OK)
        return err;
    used = states_fill(views, count, states, index);
    if (used > 0)
        err = pcsc_judge("poll", SCardGetStatusChange(watch->context, 0, states, (DWORD)used));
    /* pcscd answers at once whatever the states were; TIMEOUT only says that none had changed */
    if (err == JPKI_ERR_TIMEOUT)
        err = JPKI_OK;
    if (err != JPKI_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (!views[i].known)
            view_forget(&views[i]);
    }
    for (size_t i = 0; i < used; i++)
        view_update(&views[index[i]], &states[i]);
    return JPKI_OK;
}

static enum jpki_err watch_poll(void *handle, struct reader_view *views, size_t count)
{
    struct reader_view *fresh = calloc(count + 1, sizeof(*fresh));
    enum jpki_err err = JPKI_ERR_MEMORY;

    if (fresh == NULL)
        goto out;
    for (size_t i = 0; i < count; i++)
        fresh[i] = views[i];
    err = views_ask(handle, fresh, count);
    for (size_t i = 0; err == JPKI_OK && i < count; i++)
        views[i] = fresh[i];
out:
    free(fresh);
    return err;
}

/* Whether pcscd told something that a view does not say already. */
static bool news_in(const struct reader_view *view, const SCARD_READERSTATE *state)
{
    struct reader_view now = *view;

    view_update(&now, state);
    return now.events != view->events || now.present != view->present || now.known != view->known;
}

/* One wait over the known readers and, last in states, the place where pcscd tells of readers that come and go. */
static enum jpki_err states_wait(struct watch *watch, const struct reader_view *views, SCARD_READERSTATE *states,
                                 const size_t *index, size_t used, uint64_t deadline)
{
    for (;;) {
        uint64_t now = clock_ms(), left = deadline - now;
        enum jpki_err err;

        if (now >= deadline)
            return JPKI_ERR_TIMEOUT;
        left = left < WAIT_MAX ? left : WAIT_MAX;
        err = pcsc_judge("wait", SCardGetStatusChange(watch->context, (DWORD)left, states, (DWORD)(used + 1)));
        if (err == JPKI_ERR_NO_READER)
            return JPKI_OK; /* a reader went: poll tells which */
        if (err != JPKI_OK || (states[used].dwEventState & SCARD_STATE_CHANGED) != 0)
            return err;
        for (size_t i = 0; i < used; i++) {
            if (news_in(&views[index[i]], &states[i]))
                return JPKI_OK;
        }
        /* a change that is none to us, such as another program connecting: wait on from there */
        for (size_t i = 0; i <= used; i++)
            states[i].dwCurrentState = states[i].dwEventState & ~(DWORD)SCARD_STATE_CHANGED;
    }
}

static enum jpki_err watch_wait(void *handle, struct reader_view *views, size_t count, unsigned timeout_ms)
{
    struct watch *watch = handle;
    SCARD_READERSTATE states[READER_MAX + 1];
    size_t index[READER_MAX];
    size_t used = states_fill(views, count, states, index);
    uint64_t deadline = clock_ms() + timeout_ms;
    enum jpki_err err;

    for (size_t i = 0; i < used; i++) {
        const struct reader_view *view = &views[index[i]];

        states[i].dwCurrentState = (DWORD)view->events << 16
            | (view->present ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY);
    }
    states[used] = (SCARD_READERSTATE){ .szReader = PNP_READER, .dwCurrentState = (DWORD)used << 16 };
    err = states_wait(watch, views, states, index, used, deadline);
    return err == JPKI_OK ? watch_poll(handle, views, count) : err;
}

static void watch_cancel(void *handle)
{
    struct watch *watch = handle;

    (void)SCardCancel(watch->context);
}

/* ---- link ---- */

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    struct link *link = calloc(1, sizeof(*link));
    enum jpki_err err = JPKI_ERR_MEMORY;

    (void)user;
    if (link == NULL)
        goto out;
    err = pcsc_judge("establish", SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &link->context));
    if (err != JPKI_OK)
        goto out;
    err = pcsc_judge("connect", SCardConnect(link->context, reader, SCARD_SHARE_SHARED, PROTOCOLS, &link->card,
                                             &link->protocol));
    if (err != JPKI_OK) {
        (void)SCardReleaseContext(link->context);
        goto out;
    }
    *ret_link = link;
    link = NULL;
out:
    free(link);
    return err;
}

static void link_close(void *handle, enum link_end end)
{
    struct link *link = handle;

    (void)SCardDisconnect(link->card, end == LINK_UNPOWER ? SCARD_UNPOWER_CARD : SCARD_LEAVE_CARD);
    (void)SCardReleaseContext(link->context);
    free(link);
}

static void link_forget(void *handle)
{
    free(handle);
}

static LONG link_reconnect(struct link *link, DWORD initialization)
{
    return SCardReconnect(link->card, SCARD_SHARE_SHARED, PROTOCOLS, initialization, &link->protocol);
}

/* A reset that is half done is not told by a transaction that is granted meanwhile, but its state has no protocol then. */
static LONG transaction_begin(struct link *link)
{
    DWORD protocol = link->protocol;
    LONG code = SCardBeginTransaction(link->card);

    if (code == SCARD_S_SUCCESS && (SCardStatus(link->card, NULL, NULL, NULL, &protocol, NULL, NULL) != SCARD_S_SUCCESS
                                    || protocol != link->protocol)) {
        (void)SCardEndTransaction(link->card, SCARD_LEAVE_CARD);
        code = SCARD_W_RESET_CARD;
    }
    return code;
}

static enum jpki_err visit_begin(void *handle, bool *ret_reset)
{
    struct link *link = handle;
    bool reset = false;
    LONG code = transaction_begin(link);

    for (int i = 0; i < RESETS_MAX && (code == SCARD_W_RESET_CARD || code == SCARD_E_PROTO_MISMATCH); i++) {
        reset = true;
        code = link_reconnect(link, SCARD_LEAVE_CARD);
        if (code == SCARD_S_SUCCESS)
            code = transaction_begin(link);
    }
    if (code == SCARD_S_SUCCESS)
        *ret_reset = reset;
    return pcsc_judge("begin", code);
}

static enum jpki_err visit_end(void *handle)
{
    struct link *link = handle;

    return pcsc_judge("end", SCardEndTransaction(link->card, SCARD_LEAVE_CARD));
}

static enum jpki_err unpower(void *handle)
{
    return pcsc_judge("unpower", link_reconnect(handle, SCARD_UNPOWER_CARD));
}

/*
 * How an exchange ended.  A length beyond the room comes from something broken: what of it is an answer is not known.  Nor
 * is it known of most codes whether they came before the card acted; TIMEOUT and CANCELLED would say that it did not.
 */
static enum jpki_err exchange_judge(const char *call, LONG code, DWORD len, size_t room)
{
    enum jpki_err err = pcsc_judge(call, code);

    if (err == JPKI_OK && len > room) {
        log_line("%s: %lu bytes said to be in room for %zu", call, (unsigned long)len, room);
        err = JPKI_ERR_IO;
    }
    if (err == JPKI_OK || err == JPKI_ERR_RESET || err == JPKI_ERR_NO_CARD || err == JPKI_ERR_NO_READER
        || err == JPKI_ERR_NO_SERVICE)
        return err;
    return JPKI_ERR_IO;
}

static enum jpki_err transmit(void *handle, struct slice command, struct buf *answer)
{
    struct link *link = handle;
    const SCARD_IO_REQUEST *pci = link->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
    size_t room = answer->cap - answer->len;
    DWORD len = (DWORD)room;
    LONG code = SCardTransmit(link->card, pci, command.ptr, (DWORD)command.len, NULL, answer->ptr + answer->len, &len);
    enum jpki_err err = exchange_judge("transmit", code, len, room);

    if (err == JPKI_OK)
        answer->len += len;
    return err;
}

/* Asked once a connection.  A reader that knows no feature request has no keypad. */
static void features_ask(struct link *link)
{
    uint8_t list[PINPAD_BLOCK_MAX * 2] = { 0 };
    DWORD len = 0;

    if (link->features_known)
        return;
    link->features_known = true;
    if (SCardControl(link->card, GET_FEATURE_REQUEST, NULL, 0, list, sizeof(list), &len) != SCARD_S_SUCCESS
        || len > sizeof(list))
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
    if (err != JPKI_OK)
        return err;
    end = SCardControl(link->card, code, block.ptr, (DWORD)block.len, answer->ptr + answer->len, (DWORD)room, &len);
    err = exchange_judge("keypad", end, len, room);
    if (err != JPKI_OK)
        return err;
    /* only the reader's own words end the entry without the card */
    err = pinpad_answer_judge(slice_of(answer->ptr + answer->len, len));
    if (err == JPKI_OK)
        answer->len += len;
    return err;
}

static const struct transport_ops pcsc_ops = {
    .watch_open = watch_open, .watch_close = watch_close, .watch_forget = watch_forget, .watch_list = watch_list,
    .watch_poll = watch_poll, .watch_wait = watch_wait, .watch_cancel = watch_cancel, .link_open = link_open,
    .link_close = link_close, .link_forget = link_forget, .visit_begin = visit_begin, .visit_end = visit_end,
    .unpower = unpower, .transmit = transmit, .has_pinpad = has_pinpad, .pinpad = pinpad,
};

const struct transport *transport_system(void)
{
    static const struct transport pcsc = { &pcsc_ops, NULL };

    return &pcsc;
}
