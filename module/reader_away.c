/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Readers and cards that come and go, as pcscd tells it; and readers that go with their card and
 * come back, as all of them do when the machine sleeps, by its driver's leave or pcscd's.
 *
 * A card that leaves a reader ends what programs have on it.  A reader that leaves with its card
 * does not yet: its sessions wait, with their logins, and give nothing.  Once it is back, and
 * before any PIN, what lies there is recognised anew.  If that is the same card, by its own words,
 * they go on; else they end.  A silent card has no words: they end at once.
 */
#include "reader_away.h"

#include "log.h"
#include "session.h"

#include <string.h>

/* so long is waited for a reader that is seen to be away, the machine being awake ... */
#define AWAY_MAX_MS 300000
/* ... and for a card in one that is back: contactless readers take a moment to find it */
#define EMPTY_MAX_MS 5000

/* The tokens are hidden, and each that was shown is an event for C_WaitForSlotEvent. */
static void tokens_hide_inlock(struct reader *reader)
{
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        struct token *token = &reader->token[role];

        token->present = false;
        token->tries = TRIES_UNKNOWN;
        token->event = true;
        /* a password that was given for one signature is meant for now */
        sessions_pin_set_inlock(reader->module, reader, role, slice_of(NULL, 0));
    }
}

void reader_away_inlock(struct reader *reader)
{
    if (reader->away_until_ms != 0)
        return;
    if (reader->seen != SEEN_JPKI || reader->shown.id.len == 0 ||
        !reader_has_sessions_inlock(reader)) {
        reader_card_gone_inlock(reader);
        return;
    }
    tokens_hide_inlock(reader);
    reader->seen = SEEN_NOT_YET;
    reader->tried_ms = reader->tried_pause_ms = 0;
    reader->away_until_ms = clock_awake_ms() + AWAY_MAX_MS;
}

bool reader_away_over_inlock(const struct reader *reader)
{
    return reader->away_until_ms != 0 && clock_awake_ms() >= reader->away_until_ms;
}

/* What pcscd says of a reader that was away, while nobody has recognised the card in it yet. */
static void return_note_inlock(struct reader *reader, const struct reader_view *view, bool changed)
{
    const uint64_t empty_until_ms = clock_awake_ms() + EMPTY_MAX_MS;

    if (reader_away_over_inlock(reader) || (view->known && reader->present && changed))
        reader_card_gone_inlock(reader); /* or it was back, and another card lies there by now */
    else if (view->known && !view->present && empty_until_ms < reader->away_until_ms)
        reader->away_until_ms = empty_until_ms;
    else if (view->known && view->present && !reader->present)
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++)
            reader->token[role].event = true;
}

/* Between a card and the next a reader that stayed counts two events more; one that was added
 * anew begins at 0. */
static bool count_restarted(uint32_t before, uint32_t now)
{
    return now < before || (now - before) % 2 != 0;
}

void reader_publish_inlock(struct reader *reader, const struct reader_view *view)
{
    const bool present = view->known && view->present;
    const bool changed = present != reader->present || (present && view->events != reader->events);

    if (reader->away_until_ms != 0)
        return_note_inlock(reader, view, changed);
    else if (changed && reader->present &&
             (!view->known || (present && count_restarted(reader->events, view->events))))
        reader_away_inlock(reader);
    else if (changed)
        reader_card_gone_inlock(reader);
    if (reader->from_start)
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++)
            reader->token[role].event = false;
    reader->from_start = false;
    reader->known = view->known;
    reader->present = present;
    reader->events = view->events;
    memcpy(reader->atr, view->atr, sizeof(reader->atr));
    reader->atr_len = view->atr_len;
}

bool reader_is_away(struct reader *reader)
{
    bool away;

    pthread_mutex_lock(&reader->module->lock);
    away = reader->away_until_ms != 0;
    pthread_mutex_unlock(&reader->module->lock);
    return away;
}

CK_ULONG reader_away_end(struct reader *reader, CK_ULONG series, const struct card_id *id)
{
    bool away, same = false;

    pthread_mutex_lock(&reader->module->lock);
    away = reader->shown.series == series && reader->away_until_ms != 0;
    if (away) {
        same = id != NULL && id->len > 0 && card_id_equal(&reader->shown.id, id) &&
               !reader_away_over_inlock(reader);
        if (!same)
            reader_card_gone_inlock(reader);
        reader->away_until_ms = 0;
        series = reader->shown.series;
    }
    pthread_mutex_unlock(&reader->module->lock);
    if (away && !same)
        waiters_cancel(reader->module);
    if (away)
        log_line("reader '%s': it is back with %s", reader->name,
                 same ? "the same card" : "another card");
    return series;
}

void reader_went(struct reader *reader, CK_ULONG series)
{
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series) {
        reader_away_inlock(reader);
        reader->present = false;
    }
    pthread_mutex_unlock(&reader->module->lock);
}
