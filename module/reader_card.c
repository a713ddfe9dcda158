/* SPDX-License-Identifier: BSD-3-Clause */
/* The card in a reader: recognising it, and taking it for work. */
#include "reader_card.h"

#include "card_read.h"
#include "log.h"
#include "reader_away.h"
#include "readers.h"

#include <limits.h>
#include <string.h>

/* a card that could not be asked is asked again then, and after twice as long each time ... */
#define RETRY_MIN_MS 1000
/* the pause after the third time: now the card's power is taken away, once */
#define RETRY_STUCK_MS 4000
#define RETRY_MAX_MS 60000 /* ... up to this: the reader's lamp goes on */
/* a look takes half of that at most; polling calls wait for no longer one */
#define LOOK_YOUNG_MS 230
#define LOOK_STEP_MS 2
#define BUSY_MAX_MS 1000 /* after so long of visits back to back ... */
/* ... others get this long: pcscd lets waiting programs try every 100 ms */
#define BUSY_GAP_MS 150
#define BACK_TO_BACK_MS 50
#define WAITED_MS 50 /* a visit that waited so long for its turn met another program ... */
/* ... and for so long thereafter each visit leaves the others a gap */
#define CROWDED_MS 3000

/* The serial number that tells this card from another and stays the same for it. */
static void reader_serial(const struct card_facts *facts, char ret_serial[static CARD_SERIAL_ROOM])
{
    uint8_t digest[HASH_MAX_LEN];
    struct buf out = BUF_OVER(digest);

    if (!card_serial(facts, ret_serial) &&
        hash_once(HASH_SHA256, slice_of(facts->atr, facts->atr_len), &out) == JPKI_OK)
        hex_text(digest, CARD_SERIAL_BYTES, ret_serial);
}

static bool ordinal_used_inlock(const struct reader *reader, unsigned ordinal)
{
    for (size_t i = 0; i < reader->module->reader_count; i++) {
        const struct reader *other = reader->module->readers[i];

        if (other != reader && other->shown.ordinal == ordinal &&
            (other->away_until_ms != 0 || (other->present && other->seen == SEEN_JPKI)))
            return true;
    }
    return false;
}

/* NSS knows a certificate by the labels of token and certificate: of two tokens with one label
 * Chromium offers one alone. */
static unsigned ordinal_free_inlock(const struct reader *reader)
{
    unsigned ordinal = 1;

    while (ordinal_used_inlock(reader, ordinal))
        ordinal++;
    return ordinal;
}

static void reader_facts_publish(struct reader *reader, CK_ULONG series,
                                 const struct card_facts *facts, bool pinpad)
{
    const struct module *module = reader->module;
    char serial[CARD_SERIAL_ROOM];

    reader_serial(facts, serial);
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series) {
        reader->seen = SEEN_JPKI;
        reader->shown.pinpad = pinpad;
        if (reader->shown.identity == 0 || facts->id.len == 0 ||
            !card_id_equal(&reader->shown.id, &facts->id))
            reader->shown.identity = series;
        reader->shown.id = facts->id;
        reader->shown.ordinal = ordinal_free_inlock(reader);
        memcpy(reader->shown.serial, serial, sizeof(serial));
        for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
            struct token *token = &reader->token[role];
            const int full = facts->id.profile->role[role].pin.tries;

            token->present = facts->has_role[role] && module->config.slots[role];
            reader->shown.cert_private[role] = facts->cert_private[role];
            token->tries = facts->tries[role];
            token->tries_ms = clock_ms();
            token->failed = facts->tries[role] != TRIES_UNKNOWN && facts->tries[role] < full;
        }
    }
    pthread_mutex_unlock(&reader->module->lock);
}

/* A card that another program holds exclusively (IN_USE) was not asked at all, so the pause does
 * not grow. */
static unsigned retry_pause(const struct reader *reader, enum jpki_err err)
{
    const unsigned twice = reader->tried_pause_ms * 2;

    if (twice == 0 || err == JPKI_ERR_IN_USE)
        return RETRY_MIN_MS;
    return twice < RETRY_MAX_MS ? twice : RETRY_MAX_MS;
}

/*
 * After sleep a reader may fail whatever its card is sent until that has had no power.  No PIN was
 * sent to it, and it is looked at once more at once.
 */
static void reader_power_cycle(struct reader *reader)
{
    const struct transport *transport = reader->module->transport;
    void *link = NULL;

    log_line("reader '%s': the card answers nothing; its power is taken away", reader->name);
    card_disconnect(&reader->card);
    if (transport->ops->link_open(transport->user, reader->name, &link) != JPKI_OK)
        return;
    transport->ops->link_close(link, LINK_UNPOWER);
    pthread_mutex_lock(&reader->module->lock);
    reader->tried_ms = 0;
    pthread_mutex_unlock(&reader->module->lock);
}

/* Note how an attempt to recognise went. */
static void reader_look_failed(struct reader *reader, CK_ULONG series, enum jpki_err err)
{
    bool stuck = false;

    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series && (err == JPKI_ERR_NOT_JPKI || err == JPKI_ERR_NEWER)) {
        reader->seen = SEEN_OTHER;
    } else if (reader->shown.series == series) {
        reader->tried_ms = clock_ms();
        reader->tried_pause_ms = retry_pause(reader, err);
        stuck = err == JPKI_ERR_IO && reader->tried_pause_ms == RETRY_STUCK_MS;
    }
    pthread_mutex_unlock(&reader->module->lock);
    log_line("reader '%s': the card was not recognised (%s)", reader->name, err_name(err));
    if (stuck)
        reader_power_cycle(reader);
}

/* Whether somebody should look at the card, and which one it is; notes since when somebody has
 * meant to. */
static bool reader_needs_look(struct reader *reader, CK_ULONG *ret_series)
{
    bool needs;

    pthread_mutex_lock(&reader->module->lock);
    needs = reader->present && reader->seen == SEEN_NOT_YET &&
            (reader->tried_ms == 0 || clock_ms() - reader->tried_ms >= reader->tried_pause_ms);
    if (needs) {
        *ret_series = reader->shown.series;
        if (atomic_load(&reader->looking_ms) == 0)
            atomic_store(&reader->looking_ms, clock_ms());
    }
    pthread_mutex_unlock(&reader->module->lock);
    return needs;
}

/*
 * Lock the card without waiting for it, but for a look that has only just begun: "no token" would
 * be a wrong answer to a program that starts with several threads, and none of them asks again.
 */
static bool reader_trylock(struct reader *reader)
{
    while (!turn_try(&reader->card_lock)) {
        if (clock_ms() - atomic_load(&reader->looking_ms) >= LOOK_YOUNG_MS)
            return false;
        sleep_ms(LOOK_STEP_MS);
    }
    return true;
}

/* The reader's name, which a placeholder gets late, and the last resort for a serial number:
 * pcscd told them. */
static void reader_told_copy(struct reader *reader)
{
    struct card_facts *facts = &reader->card.facts;

    pthread_mutex_lock(&reader->module->lock);
    memcpy(reader->card.reader, reader->name, sizeof(reader->card.reader));
    memcpy(facts->atr, reader->atr, sizeof(facts->atr));
    facts->atr_len = reader->atr_len;
    pthread_mutex_unlock(&reader->module->lock);
}

/* Whether the visits just made met another program. */
static void reader_crowd_note(struct reader *reader)
{
    if (reader->card.waited_ms >= WAITED_MS)
        reader->crowded_ms = clock_ms();
    reader->card.waited_ms = 0;
}

/* Recognise what lies there; the caller has the card. */
static void reader_recognise(struct reader *reader, CK_ULONG series)
{
    enum jpki_err err;

    card_reset(&reader->card);
    reader_told_copy(reader);
    memcpy(reader->card.wants_tries, reader->module->config.slots,
           sizeof(reader->card.wants_tries));
    err = card_recognise(&reader->card);
    if (err == JPKI_OK || err == JPKI_ERR_NOT_JPKI || err == JPKI_ERR_NEWER)
        series = reader_away_end(reader, series, err == JPKI_OK ? &reader->card.facts.id : NULL);
    reader->card_series = series;
    if (err == JPKI_OK)
        reader_facts_publish(reader, series, &reader->card.facts,
                             reader->module->config.pinpad &&
                                 card_has_pinpad(&reader->card, ROLE_AUTH, PINPAD_VERIFY));
    else
        reader_look_failed(reader, series, err);
    if (err != JPKI_OK || !reader_has_sessions(reader))
        card_disconnect(&reader->card);
}

void reader_look(struct reader *reader, unsigned ms)
{
    CK_ULONG series;

    if (!reader_needs_look(reader, &series))
        return;
    if (ms > 0 ? !turn_try_within(&reader->card_lock, ms) : !reader_trylock(reader))
        return;
    if (reader_needs_look(reader, &series)) /* not done by the thread that was waited for */
        reader_recognise(reader, series);
    reader_crowd_note(reader);
    atomic_store(&reader->looking_ms, 0);
    turn_give(&reader->card_lock);
}

/*
 * A program that only signs, as ssh-agent, looks at no reader: it finds here that its reader went,
 * and whether it is back with the same card.
 */
static void reader_return(struct reader *reader, CK_ULONG series, unsigned ms)
{
    CK_ULONG found;

    if (reader->card_series == series && card_check(&reader->card) != JPKI_OK) {
        card_disconnect(&reader->card);
        reader_went(reader, series);
    }
    if (!reader_is_away(reader) || !readers_poll_within(reader->module, ms) ||
        !reader_needs_look(reader, &found))
        return;
    reader_recognise(reader, found);
    atomic_store(&reader->looking_ms, 0);
}

/*
 * pcscd is unfair: a program that visits without pause starves the others.  Alone it pauses now and
 * then, so that one who comes gets in; once it had to wait itself, it lets everybody else try
 * before it comes again.
 */
static void reader_pace(struct reader *reader)
{
    const uint64_t now = clock_ms(), pause = now - reader->idle_since_ms;
    const bool crowded = reader->crowded_ms != 0 && now - reader->crowded_ms < CROWDED_MS;

    if (crowded && pause < BUSY_GAP_MS) {
        sleep_ms((unsigned)(BUSY_GAP_MS - pause));
    } else if (pause > BACK_TO_BACK_MS) {
        reader->busy_since_ms = now;
    } else if (now - reader->busy_since_ms >= BUSY_MAX_MS) {
        sleep_ms(BUSY_GAP_MS);
        reader->busy_since_ms = clock_ms();
    }
}

static bool reader_is_series(struct reader *reader, CK_ULONG series)
{
    bool same;

    pthread_mutex_lock(&reader->module->lock);
    same = reader->present && reader->shown.series == series && reader->seen == SEEN_JPKI;
    pthread_mutex_unlock(&reader->module->lock);
    return same;
}

/* The card of this series is gone, whatever pcscd says: sessions end, and what lies there is
 * recognised anew.  pcscd wakes nobody for it who waits for an event. */
static void reader_lose(struct reader *reader, CK_ULONG series, bool present)
{
    bool lost;

    pthread_mutex_lock(&reader->module->lock);
    lost = reader->shown.series == series;
    if (lost) {
        reader_card_gone_inlock(reader);
        reader->present = reader->present && present;
    }
    pthread_mutex_unlock(&reader->module->lock);
    if (lost)
        waiters_cancel(reader->module);
}

/* Connect first and then ask pcscd: what it knows to have been swapped cannot go unnoticed
 * between the two. */
static enum jpki_err reader_connect(struct reader *reader, CK_ULONG series, unsigned ms)
{
    enum jpki_err err;

    /* a session on a silent card means the card at the end of this connection, and there is no
     * other proof of it */
    if (reader->card.link == NULL && reader->card.facts.id.len == 0 &&
        reader_has_sessions(reader)) {
        reader_lose(reader, series, true);
        return JPKI_ERR_CARD_CHANGED;
    }
    err = card_connect(&reader->card);
    if (err != JPKI_OK)
        return err;
    /* after a removal and then a reset the connection tells of the reset alone; pcscd's count of
     * events tells of both */
    if (!readers_poll_within(reader->module, ms))
        return JPKI_ERR_IN_USE;
    return reader_is_series(reader, series) ? JPKI_OK : JPKI_ERR_CARD_CHANGED;
}

/* The rest of reader_take, once the card is locked. */
static enum jpki_err reader_taken(struct reader *reader, CK_ULONG series, unsigned ms)
{
    enum jpki_err err = JPKI_ERR_CARD_CHANGED;

    if (!module_closing(reader->module))
        reader_return(reader, series, ms);
    if (!module_closing(reader->module) && reader_is_series(reader, series) &&
        reader->card_series == series) {
        reader_pace(reader);
        err = reader_connect(reader, series, ms);
    }
    if (err == JPKI_OK)
        return JPKI_OK;
    /* a session of an earlier card takes nothing from those of this one */
    if (!reader_is_series(reader, reader->card_series))
        card_disconnect(&reader->card);
    turn_give(&reader->card_lock);
    return err;
}

enum jpki_err reader_take(struct reader *reader, CK_ULONG series)
{
    turn_take(&reader->card_lock);
    return reader_taken(reader, series, UINT_MAX);
}

enum jpki_err reader_take_within(struct reader *reader, CK_ULONG series, unsigned ms)
{
    const uint64_t deadline = clock_ms() + ms;
    uint64_t now;

    if (!turn_try_within(&reader->card_lock, ms))
        return JPKI_ERR_IN_USE;
    now = clock_ms();
    return reader_taken(reader, series, now < deadline ? (unsigned)(deadline - now) : 0);
}

static bool err_is_gone(enum jpki_err err)
{
    return err == JPKI_ERR_NO_CARD || err == JPKI_ERR_NO_READER || err == JPKI_ERR_NO_SERVICE ||
           err == JPKI_ERR_CARD_CHANGED;
}

void reader_give(struct reader *reader, enum jpki_err err)
{
    CK_ULONG series = reader->card_series;

    if (err_is_gone(err) || card_is_lost(&reader->card)) {
        card_disconnect(&reader->card);
        if (err == JPKI_ERR_NO_READER || err == JPKI_ERR_NO_SERVICE)
            reader_went(reader, series);
        else
            reader_lose(reader, series, false); /* no card, until pcscd says otherwise */
        log_line("reader '%s': the card is gone (%s)", reader->name, err_name(err));
    } else if (!reader_has_sessions(reader)) {
        card_disconnect(&reader->card);
    }
    reader->idle_since_ms = clock_ms();
    reader_crowd_note(reader);
    turn_give(&reader->card_lock);
}

void reader_rest(struct reader *reader)
{
    if (!turn_try(&reader->card_lock))
        return;
    if (!reader_has_sessions(reader))
        card_disconnect(&reader->card);
    turn_give(&reader->card_lock);
}
