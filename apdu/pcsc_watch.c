/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Seeing readers and cards come and go, quietly, whatever pcscd does.
 *
 * Which readers there are is asked by SCardListReaders and compared by name.  That one came or went
 * is told by an entry of a special name, and what its high word means depends on pcscd:
 * - below 2.3 it means nothing: only what happens during the call is told, so what comes just
 *   before it is not.  The first wait is a short one therefore, and the names are compared once
 *   more behind it.
 * - from 2.3 on it counts such events.  0 is "I have no count": wait.  Any other count than pcscd's
 *   is told as a change at once, so the next call is given what the last one gave.
 *
 * Below 2.5 there may be 16 entries in all, the special one counted, and as many readers: with 16
 * none can come.  Who stands in for pcscd on a remote desktop may not know the name at all: then
 * the names are compared once a second.
 *
 * 2.5 asks for the states in two halves, after it has asked to be told of events.  An event that
 * comes between them is taken for an answer, the reader is said to be unknown though it was listed
 * just now, and all later answers of that context are to other questions.  So it is asked again by
 * a new one.  Where that does not help, the readers are taken for unknown: an error would make the
 * caller open the next watch, and so on.
 */
#include "pcsc_watch.h"

#include "bell.h"
#include "clock.h"
#include "log.h"
#include "names.h"
#include "pcsc_code.h"
#include "pcsc_context.h"

#include <stdlib.h>
#include <string.h>
#include <winscard.h>

#define PNP_READER "\\\\?PnP?\\Notification"
#define ENTRIES_OLD 16          /* of one question, in pcscd below 2.5 */
#define WAIT_MAX (INFINITE - 1) /* milliseconds; the next number would be no limit at all */
#define SETTLE_MS 1000          /* the first wait where what happened just before it is not told */
#define LOOK_MS 1000            /* how often to look where nothing is told */
/* an answer before that is an early one; a pause follows, twice the last one ... */
#define EARLY_MS 1000
#define PAUSE_MAX_MS 1000 /* ... up to this */
#define LISTS_NEW 3       /* so many readers may come or go between two waits, one by one */

#define COUNT_BITS 0xFFFF0000u /* of a state: its high word, where pcscd counts */
/* a list may grow between the question how long it is and the list */
#define LIST_TRIES 4
#define PNP_DOUBTS 2 /* so often not known is unknown, until a reader comes or goes */
#define POLL_TRIES 3 /* of one look */

/* One question to pcscd; one name that it does not know would spoil it, so only those are in it
 * that it listed just now. */
struct question {
    SCARD_READERSTATE states[READER_MAX + 1]; /* with room for the special entry */
    size_t view[READER_MAX];                  /* whose state it is */
    size_t used;
};

struct watch {
    struct pcsc_context context;
    struct bell cancelled;
    struct names now;  /* as pcscd listed them last */
    struct names told; /* as the caller knows them */
    bool told_any;
    DWORD pnp;           /* what pcscd last gave in the special entry's high word, in its place */
    unsigned pnp_doubts; /* how often, without a reader that went, it did not know that name */
    bool entries_few;    /* it takes no more than ENTRIES_OLD of them */
    unsigned pause_ms;   /* before pcscd is asked to wait again */
    unsigned lists_new;  /* so many waits in turn began with another list than the caller's */
    struct question question; /* the one under way: too large for a small stack */
};

enum jpki_err pcsc_watch_open(void *user, void **ret_watch)
{
    struct watch *watch = calloc(1, sizeof(*watch));
    enum jpki_err err = JPKI_ERR_MEMORY;

    (void)user;
    if (watch == NULL)
        goto out;
    err = context_open(&watch->context);
    if (err != JPKI_OK)
        goto out;
    bell_init(&watch->cancelled);
    *ret_watch = watch;
    watch = NULL;
out:
    free(watch);
    return err;
}

void pcsc_watch_close(void *handle)
{
    struct watch *watch = handle;

    context_close(&watch->context);
    bell_free(&watch->cancelled);
    free(watch->now.text);
    free(watch->told.text);
    free(watch);
}

void pcsc_watch_cancel(void *handle)
{
    struct watch *watch = handle;

    bell_ring(&watch->cancelled);
    context_cancel(&watch->context);
}

/* ---- which readers there are ---- */

/* Fill watch->now. */
static enum jpki_err names_ask(struct watch *watch)
{
    struct names *now = &watch->now;
    LONG code = SCARD_E_INSUFFICIENT_BUFFER;
    enum jpki_err err = context_renew(&watch->context);

    for (int i = 0; i < LIST_TRIES && err == JPKI_OK; i++) {
        DWORD len = (DWORD)now->room;

        if (now->text != NULL)
            memset(now->text, 0, now->room + 2);
        code = SCardListReaders(watch->context.context, NULL, now->text, &len);
        if (code == SCARD_E_NO_READERS_AVAILABLE) {
            if (now->text != NULL)
                now->text[0] = '\0';
            return JPKI_OK;
        }
        if (code != SCARD_E_INSUFFICIENT_BUFFER && (code != SCARD_S_SUCCESS || now->text != NULL))
            return pcsc_judge("list", code);
        /* the length alone was asked for, or the list is a longer one by now */
        err = names_grow(now, len);
    }
    return err != JPKI_OK ? err : pcsc_judge("list", SCARD_E_INSUFFICIENT_BUFFER);
}

/* What pcscd listed last is what the caller knows.  True if it is something else than before. */
static bool names_tell(struct watch *watch)
{
    struct names before = watch->told;
    bool news = watch->told_any && !names_equal(&before, &watch->now);

    watch->told = watch->now;
    watch->now = before;
    watch->told_any = true;
    return news;
}

enum jpki_err pcsc_watch_list(void *handle, struct reader_view *views, size_t cap,
                              size_t *ret_count)
{
    struct watch *watch = handle;
    size_t count = 0, left = 0;
    bool fresh = !watch->told_any;
    enum jpki_err err = names_ask(watch);

    if (err != JPKI_OK)
        return err;
    fresh = names_tell(watch) || fresh;
    for (const char *name = name_first(&watch->told); *name != '\0'; name = name_next(name)) {
        if (count == cap || strlen(name) >= READER_NAME_MAX) {
            left++;
            continue;
        }
        views[count] = (struct reader_view){ .known = true };
        memcpy(views[count].name, name, strlen(name));
        count++;
    }
    if (fresh && left > 0 && cap > 0)
        log_line("list: %zu readers are left out", left);
    *ret_count = count;
    return JPKI_OK;
}

/* ---- what is in them now ---- */

static void view_update(struct reader_view *view, const SCARD_READERSTATE *state)
{
    DWORD event = state->dwEventState;
    size_t len = state->cbAtr < ATR_MAX ? state->cbAtr : ATR_MAX;

    view->known =
        (event & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE | SCARD_STATE_IGNORE)) == 0;
    view->present = view->known && (event & SCARD_STATE_PRESENT) != 0;
    view->exclusive = view->known && (event & SCARD_STATE_EXCLUSIVE) != 0;
    view->used = view->exclusive || (view->known && (event & SCARD_STATE_INUSE) != 0);
    view->events = (uint32_t)(event >> 16) & 0xFFFFu;
    view->atr_len = view->present ? len : 0;
    memcpy(view->atr, state->rgbAtr, view->atr_len);
}

static void view_forget(struct reader_view *view)
{
    view->known = view->present = view->exclusive = view->used = false;
    view->atr_len = 0;
}

static void question_fill(struct question *question, const struct names *names,
                          const struct reader_view *views, size_t count)
{
    question->used = 0;
    for (size_t i = 0; i < count && question->used < READER_MAX; i++) {
        if (!names_have(names, views[i].name))
            continue;
        question->states[question->used] = (SCARD_READERSTATE){ .szReader = views[i].name };
        question->view[question->used++] = i;
    }
}

/* As pcsc_judge, of what SCardGetStatusChange answered. */
static enum jpki_err answer_judge(struct watch *watch, const char *call, LONG code)
{
    enum jpki_err err = pcsc_judge(call, code);

    if (err == JPKI_OK || err == JPKI_ERR_TIMEOUT)
        context_proved(&watch->context);
    return err;
}

/* The states of those readers that are there, into watch->question. */
static enum jpki_err states_ask(struct watch *watch, const struct reader_view *views, size_t count)
{
    struct question *question = &watch->question;
    enum jpki_err err = names_ask(watch);

    if (err != JPKI_OK)
        return err;
    question_fill(question, &watch->now, views, count);
    if (question->used > 0)
        err = answer_judge(watch, "poll",
                           SCardGetStatusChange(watch->context.context, 0, question->states,
                                                (DWORD)question->used));
    /* pcscd answers at once whatever the states were; TIMEOUT only says that none had changed */
    return err == JPKI_ERR_TIMEOUT ? JPKI_OK : err;
}

enum jpki_err pcsc_watch_poll(void *handle, struct reader_view *views, size_t count)
{
    struct watch *watch = handle;
    const struct question *question = &watch->question;
    enum jpki_err err = states_ask(watch, views, count);

    for (int i = 1; i < POLL_TRIES && err == JPKI_ERR_NO_READER; i++) {
        err = context_replace(&watch->context);
        if (err == JPKI_OK)
            err = states_ask(watch, views, count);
    }
    if (err != JPKI_OK && err != JPKI_ERR_NO_READER)
        return err;
    /* one that is not listed is not known, nor is one whose state no context tells */
    for (size_t i = 0; i < count; i++)
        view_forget(&views[i]);
    for (size_t i = 0; i < question->used && err == JPKI_OK; i++)
        view_update(&views[question->view[i]], &question->states[i]);
    return JPKI_OK;
}

/* ---- what becomes of them ---- */

/* What we say that we know, in the terms of winscard.  Who uses the card is left out: it is no
 * news to us. */
static DWORD state_known(DWORD event)
{
    const DWORD lasting =
        SCARD_STATE_PRESENT | SCARD_STATE_EMPTY | SCARD_STATE_MUTE | SCARD_STATE_UNAVAILABLE;

    return event & (lasting | COUNT_BITS);
}

static DWORD state_of_view(const struct reader_view *view)
{
    if (!view->known)
        return SCARD_STATE_UNAVAILABLE;
    return (DWORD)view->events << 16 | (view->present ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY);
}

/* Whether pcscd told something that a view does not say already. */
static bool view_differs(const struct reader_view *view, const SCARD_READERSTATE *state)
{
    struct reader_view now = *view;

    view_update(&now, state);
    return now.events != view->events || now.present != view->present || now.known != view->known;
}

/* An answer that came early, whatever it is, is followed by a pause: pcscd may give one to every
 * question. */
static void pause_set(struct watch *watch, uint64_t took, uint64_t wanted)
{
    if (took >= EARLY_MS || took * 2 >= wanted)
        watch->pause_ms = 0;
    else if (watch->pause_ms == 0)
        watch->pause_ms = 1;
    else if (watch->pause_ms < PAUSE_MAX_MS)
        watch->pause_ms *= 2;
}

static uint64_t time_left(uint64_t deadline)
{
    const uint64_t now = clock_ms();

    return now < deadline ? deadline - now : 0;
}

/* True if it was cancelled.  At most half of the time that is left, so that pcscd is asked in
 * the other half. */
static bool pause_make(struct watch *watch, uint64_t left)
{
    const uint64_t half = (left + 1) / 2;

    return bell_wait(&watch->cancelled, watch->pause_ms < half ? watch->pause_ms : (unsigned)half);
}

static bool special_known(const struct watch *watch)
{
    return watch->pnp_doubts < PNP_DOUBTS;
}

/* Whether to ask with the special entry. */
static bool special_wanted(const struct watch *watch, const struct question *question)
{
    return special_known(watch) && !(watch->entries_few && question->used >= ENTRIES_OLD);
}

/* One call that waits.  *ret_news: pcscd counted a reader that came or went. */
static LONG status_ask(struct watch *watch, struct question *question, uint64_t span,
                       bool *ret_news)
{
    bool special = special_wanted(watch, question);
    SCARD_READERSTATE *entry = &question->states[question->used];
    DWORD count = (DWORD)question->used + (special ? 1 : 0), given;
    LONG code;

    if (count == 0)
        return bell_wait(&watch->cancelled, (unsigned)span) ? SCARD_E_CANCELLED : SCARD_E_TIMEOUT;
    if (special)
        *entry = (SCARD_READERSTATE){ .szReader = PNP_READER, .dwCurrentState = watch->pnp };
    if (context_check(&watch->context) != JPKI_OK)
        return SCARD_E_NO_SERVICE;
    code = SCardGetStatusChange(watch->context.context, (DWORD)span, question->states, count);
    if (special && (code == SCARD_S_SUCCESS || code == SCARD_E_TIMEOUT)) {
        given = entry->dwEventState & COUNT_BITS;
        *ret_news = watch->pnp != 0 && given != watch->pnp;
        watch->pnp = given;
        watch->pnp_doubts = 0;
    }
    return code;
}

static uint64_t span_next(const struct watch *watch, bool first, uint64_t left)
{
    uint64_t span = WAIT_MAX;

    if (!special_known(watch))
        span = LOOK_MS;
    else if (first && watch->pnp == 0)
        span = SETTLE_MS;
    return span < left ? span : left;
}

/* Let pcscd wait once.  *ret_news: something changed that a view does not say. */
static enum jpki_err news_ask(struct watch *watch, const struct reader_view *views,
                              struct question *question, uint64_t span, bool *ret_news)
{
    bool special = special_wanted(watch, question), news = false;
    uint64_t began = clock_ms();
    LONG code = status_ask(watch, question, span, &news);
    enum jpki_err err;

    pause_set(watch, clock_ms() - began, span);
    if (code == SCARD_E_INVALID_PARAMETER && special && question->used >= ENTRIES_OLD) {
        watch->entries_few = true;
        return JPKI_OK;
    }
    err = answer_judge(watch, "wait", code);
    if (err == JPKI_ERR_NO_READER) {
        /* a reader went, which the names tell; or it is the special one; or no answer to this */
        watch->pnp_doubts += special ? 1 : 0;
        err = context_replace(&watch->context);
        return err == JPKI_ERR_NO_READER ? JPKI_OK : err;
    }
    for (size_t i = 0; i < question->used && err == JPKI_OK; i++) {
        SCARD_READERSTATE *state = &question->states[i];

        news = news || view_differs(&views[question->view[i]], state);
        state->dwCurrentState = state_known(state->dwEventState);
    }
    *ret_news = news;
    return err == JPKI_ERR_TIMEOUT ? JPKI_OK : err;
}

/* Compare the names with those told.  *ret_news: a reader came or went. */
static enum jpki_err names_compare(struct watch *watch, const struct reader_view *views,
                                   size_t count, bool *ret_news)
{
    enum jpki_err err = names_ask(watch);
    bool news;

    if (err != JPKI_OK)
        return err;
    news = names_tell(watch);
    for (size_t i = 0; i < count && !news; i++)
        news = views[i].known && !names_have(&watch->told, views[i].name);
    if (news)
        watch->pnp_doubts = 0;
    *ret_news = news;
    return JPKI_OK;
}

/* As watch_wait, without bringing the views up to date. */
static enum jpki_err news_wait(struct watch *watch, const struct reader_view *views, size_t count,
                               uint64_t deadline)
{
    struct question *question = &watch->question;
    bool news = false;
    enum jpki_err err = names_compare(watch, views, count, &news);

    watch->lists_new = err == JPKI_OK && news ? watch->lists_new + 1 : 0;
    /* a list that is another one each time would never be waited for */
    if (watch->lists_new > LISTS_NEW && bell_wait(&watch->cancelled, LOOK_MS))
        return JPKI_ERR_CANCELLED;
    question_fill(question, &watch->told, views, count);
    for (size_t i = 0; i < question->used; i++)
        question->states[i].dwCurrentState = state_of_view(&views[question->view[i]]);
    for (bool first = true; err == JPKI_OK && !news; first = false) {
        if (pause_make(watch, time_left(deadline)))
            return JPKI_ERR_CANCELLED;
        if (time_left(deadline) == 0)
            return JPKI_ERR_TIMEOUT;
        err = news_ask(watch, views, question, span_next(watch, first, time_left(deadline)), &news);
        if (err == JPKI_OK && !news)
            err = names_compare(watch, views, count, &news);
    }
    return err;
}

enum jpki_err pcsc_watch_wait(void *handle, struct reader_view *views, size_t count,
                              unsigned timeout_ms)
{
    struct watch *watch = handle;
    enum jpki_err err = news_wait(watch, views, count, clock_ms() + timeout_ms);

    if (err == JPKI_ERR_CANCELLED)
        bell_clear(&watch->cancelled);
    return err == JPKI_OK ? pcsc_watch_poll(watch, views, count) : err;
}
