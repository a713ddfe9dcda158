/* SPDX-License-Identifier: BSD-3-Clause */
#include "visit.h"

#include "clock.h"
#include "log.h"
#include "sw.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#define VISITS_MAX 3

/* PROTOCOL.md, "Applications". */
static const uint8_t aid_jpki[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t aid_card_manager[] = { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00 };

bool visit_again(enum jpki_err err, unsigned *visits)
{
    if (err != JPKI_ERR_RESET || *visits >= VISITS_MAX)
        return false;
    (*visits)++;
    return true;
}

void visit_note_error(struct visit *visit, enum jpki_err err)
{
    struct card *card = visit->card;

    if (!err_is_transport(err) || err == JPKI_ERR_CANCELLED || err == JPKI_ERR_TIMEOUT)
        return;
    card->in_doubt = DOUBT_EVENT;
    visit->current_ef = 0;
    if (err == JPKI_ERR_RESET && card->facts.id.profile != NULL)
        card->dirty = true;
    if (err == JPKI_ERR_NO_CARD || err == JPKI_ERR_NO_READER)
        visit->removed = true;
    if (visit->removed || err == JPKI_ERR_NO_SERVICE)
        visit->gone = true;
}

enum jpki_err visit_send(struct visit *visit, const struct apdu *command, struct answer *ret)
{
    uint8_t bytes[APDU_COMMAND_MAX];
    struct buf out = BUF_OVER(bytes), in = { ret->raw, 0, sizeof(ret->raw) };
    struct card *card = visit->card;
    enum jpki_err err = apdu_build(command, &out);
    uint64_t start;

    if (err != JPKI_OK)
        goto out;
    visit->first = false;
    start = card->observer != NULL ? clock_us() : 0;
    atomic_store(&card->at_work, AT_EXCHANGE);
    err = err_of_way(card->transport->ops->transmit(card->link, buf_slice(&out), &in));
    atomic_store(&card->at_work, AT_REST);
    if (err == JPKI_OK)
        err = answer_parse(ret, in.len);
    if (err == JPKI_OK && card->observer != NULL)
        card->observer->saw(card->observer->user, command, ret, (unsigned)(clock_us() - start));
    log_exchange(buf_slice(&out), buf_slice(&in), err);
    visit_note_error(visit, err);
    /* an answer without a status word says as little as no answer */
    if (err == JPKI_ERR_PROTOCOL)
        visit_note_error(visit, JPKI_ERR_IO);
out:
    wipe(bytes, sizeof(bytes));
    return err;
}

enum jpki_err visit_ask(struct visit *visit, const struct apdu *command, struct answer *ret)
{
    struct apdu again = *command;
    bool first = visit->first;
    size_t told;
    enum jpki_err err = visit_send(visit, command, ret);

    if (err != JPKI_OK)
        return err;
    told = (ret->sw & 0xFFu) == 0 ? APDU_LE_MAX : (ret->sw & 0xFFu);
    if ((ret->sw & 0xFF00) == 0x6C00 && command->le > 0)
        again.le = told;
    else if ((ret->sw & 0xFF00) == 0x6100)
        again = (struct apdu){ command->cla, INS_GET_RESPONSE, 0, 0, { NULL, 0 }, told };
    else if (ret->sw != SW_FIRST_COMMAND || !first)
        return JPKI_OK;
    /* more than was asked for is no answer to what was asked */
    if (again.le > command->le && command->le > 0)
        return JPKI_ERR_PROTOCOL;
    return visit_send(visit, &again, ret);
}

/* SELECT by AID, first or only, no data wanted. */
static enum jpki_err aid_select(struct visit *visit, struct slice aid, uint16_t *ret_sw)
{
    const struct apdu select = { 0x00, INS_SELECT, 0x04, 0x0C, aid, 0 };
    struct answer answer;
    enum jpki_err err = visit_ask(visit, &select, &answer);

    if (err == JPKI_OK)
        *ret_sw = answer.sw;
    return err;
}

void visit_note_locked(struct visit *visit)
{
    struct card *card = visit->card;

    card->dirty = false;
    memset(card->given, 0, sizeof(card->given));
}

/* Make the card forget every PIN.  A card that was pulled out has forgotten them too. */
static enum lock_state card_drop(struct visit *visit)
{
    struct card *card = visit->card;
    uint16_t sw = 0;
    enum jpki_err err = aid_select(visit, SLICE_OF(aid_card_manager), &sw);

    visit->current_ef = 0;
    if (visit->removed || (err == JPKI_OK && sw == SW_OK)) {
        visit_note_locked(visit);
        return LOCK_SURE;
    }
    log_line("drop failed (%s), taking the card's power away",
             err != JPKI_OK ? err_name(err) : sw_sentence(sw));
    card->dirty = true;
    err = card->transport->ops->unpower(card->link);
    visit_note_error(visit, err);
    if (err != JPKI_OK && !visit->removed)
        return LOCK_OPEN;
    /* a reader may call it done and leave the card in its field: that matters where a PIN was
     * given */
    if (!visit->removed && (card->given[ROLE_AUTH] || card->given[ROLE_SIGN]))
        return LOCK_UNPROVED;
    visit_note_locked(visit);
    return LOCK_SURE;
}

enum lock_state visit_drop(struct visit *visit)
{
    /* if pcscd went away and not the card, the drop is tried all the same: its failure says that
     * the card is not locked */
    if (visit->must_drop && !visit->removed)
        return card_drop(visit);
    if (visit->removed)
        visit_note_locked(visit);
    return LOCK_SURE;
}

/* SELECT JPKI.  JPKI_ERR_NOT_JPKI: the card has no such application. */
static enum jpki_err jpki_try(struct visit *visit)
{
    uint16_t sw = 0;
    enum jpki_err err = aid_select(visit, SLICE_OF(aid_jpki), &sw);

    if (err != JPKI_OK)
        return err;
    err = sw_error_plain(sw);
    return err == JPKI_ERR_NOT_FOUND || err == JPKI_ERR_UNSUPPORTED ? JPKI_ERR_NOT_JPKI : err;
}

enum jpki_err visit_select_jpki(struct visit *visit)
{
    struct card *card = visit->card;
    const bool known = card->facts.id.profile != NULL;
    enum jpki_err err = jpki_try(visit);

    /* a card that has the application does not lose it: it is asked once more before that is
     * believed */
    if (err == JPKI_ERR_NOT_JPKI && known)
        err = jpki_try(visit);
    if (err != JPKI_ERR_NOT_JPKI)
        return err;
    card->not_jpki = !known;
    return known ? JPKI_ERR_CARD_CHANGED : JPKI_ERR_NOT_JPKI;
}

/* Whether what lies there may be unlocked at the start: then nothing else comes before the drop. */
static enum jpki_err first_drop(struct visit *visit, bool reset)
{
    struct card *card = visit->card;
    enum lock_state lock;

    if (reset)
        card->in_doubt = DOUBT_EVENT;
    if (!card->dirty && !reset)
        return JPKI_OK;
    if (card->facts.id.profile == NULL) {
        /* not known to be ours: the card manager is selected only once SELECT JPKI said so */
        visit->must_drop = true;
        return JPKI_OK;
    }
    lock = card_drop(visit);
    visit->first = true;
    visit->unproved = lock == LOCK_UNPROVED;
    if (visit->removed)
        return JPKI_ERR_NO_CARD;
    return lock == LOCK_OPEN ? JPKI_ERR_DROP : JPKI_OK;
}

/*
 * While a card may be unlocked no signal ends or stops the program, and none of its handlers runs:
 * they wait until the visit is over.  The signals of a thread's own fault cannot wait.
 */
static void signals_hold(void)
{
    static const int own_faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT };
    sigset_t held;

    (void)sigfillset(&held);
    for (size_t i = 0; i < sizeof(own_faults) / sizeof(own_faults[0]); i++)
        (void)sigdelset(&held, own_faults[i]);
    (void)pthread_sigmask(SIG_BLOCK, &held, NULL);
}

/*
 * Before the card's turn is waited for, however long that takes: the program can be ended then, but
 * not stopped, since a turn that is given to a stopped program keeps the card from everybody.  The
 * log too is quiet from here on.
 */
static void outside_shut(struct visit *visit)
{
    sigset_t stops;

    (void)sigemptyset(&stops);
    (void)sigaddset(&stops, SIGTSTP);
    (void)sigaddset(&stops, SIGTTIN);
    (void)sigaddset(&stops, SIGTTOU);
    (void)pthread_sigmask(SIG_BLOCK, &stops, &visit->old_mask);
    log_hold();
}

static void outside_open(struct visit *visit)
{
    log_release();
    (void)pthread_sigmask(SIG_SETMASK, &visit->old_mask, NULL);
}

/* The connection is given up if it serves no longer; then the signals are let in. */
static void visit_leave(struct visit *visit, enum jpki_err err)
{
    visit_note_error(visit, err);
    if (visit->gone)
        card_disconnect(visit->card);
    outside_open(visit);
}

void visit_end(struct visit *visit)
{
    visit_leave(visit, visit->card->transport->ops->visit_end(visit->card->link));
}

/* Wait for the card's turn, however long another program has it. */
static enum jpki_err begin_await(struct card *card, bool *ret_reset)
{
    const uint64_t start = clock_ms();
    enum jpki_err err = err_of_way(card->transport->ops->visit_begin(card->link, ret_reset));
    const uint64_t waited = clock_ms() - start;

    card->waited_ms += waited < UINT_MAX - card->waited_ms ? (unsigned)waited : 0;
    return err;
}

enum jpki_err visit_open(struct visit *visit, struct card *card)
{
    bool reset = false;
    enum jpki_err err;

    *visit = (struct visit){ .card = card, .first = true };
    if (card->not_jpki)
        return JPKI_ERR_NOT_JPKI;
    err = card_connect(card);
    if (err != JPKI_OK)
        return err;
    outside_shut(visit);
    err = begin_await(card, &reset);
    if (err != JPKI_OK) {
        visit_leave(visit, err);
        return err;
    }
    signals_hold();
    err = first_drop(visit, reset);
    if (err == JPKI_OK)
        err = visit_select_jpki(visit);
    if (err != JPKI_OK) {
        visit->must_drop = false;
        visit_end(visit);
    }
    return err;
}

enum jpki_err visit_close(struct visit *visit, enum jpki_err work)
{
    enum lock_state lock = visit_drop(visit);

    visit_end(visit);
    if (work != JPKI_OK)
        return work;
    return lock == LOCK_OPEN ? JPKI_ERR_DROP : JPKI_OK;
}
