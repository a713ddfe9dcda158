/* SPDX-License-Identifier: BSD-3-Clause */
#include "guard_parts.h"

#include "file.h"
#include "log.h"
#include "sw.h"

/* The query with this P2: a status word that tells the tries is JPKI_OK. */
static enum jpki_err query_send(struct visit *visit, uint8_t p2, int *ret_tries)
{
    struct card *card = visit->card;
    struct apdu query = {
        0x00, INS_VERIFY, 0x00, p2, { NULL, 0 }, card->query_le ? APDU_LE_MAX : 0
    };
    struct answer answer;
    int tries = TRIES_UNKNOWN;
    enum jpki_err err = visit_send(visit, &query, &answer);

    if (err == JPKI_OK && answer.sw == SW_WRONG_LENGTH && !card->query_le) {
        query.le = APDU_LE_MAX;
        err = visit_send(visit, &query, &answer);
        card->query_le = err == JPKI_OK && answer.sw != SW_WRONG_LENGTH;
    }
    if (err != JPKI_OK)
        return err;
    err = sw_judge_pin(answer.sw, &tries);
    if (tries != TRIES_UNKNOWN) {
        *ret_tries = tries;
        return JPKI_OK;
    }
    /* 9000 and 6300 are no answers to a question for a number */
    return err == JPKI_OK || err == JPKI_ERR_PIN_WRONG ? JPKI_ERR_PROTOCOL : err;
}

enum jpki_err pin_query(struct visit *visit, enum role role, enum pin_way way, int *ret_tries)
{
    const uint16_t fid = card_row(visit->card, role)->pin_fid;
    enum tri *known = &visit->card->pin_short_ids[role];
    int tries = TRIES_UNKNOWN;
    enum jpki_err err;

    if (way == PIN_WAY_ANY && *known != TRI_NO) {
        visit->current_ef = 0;
        err = query_send(visit, short_p2(fid), &tries);
        /* a blocked PIN may have been answered 6984 to any P2: only a count above zero proves
         * the short EF id */
        if (err == JPKI_OK && tries > 0)
            *known = TRI_YES;
        if ((err != JPKI_ERR_UNSUPPORTED && err != JPKI_ERR_NOT_FOUND) || *known == TRI_YES)
            goto out;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        err = query_send(visit, P2_CURRENT, &tries);
    if (err == JPKI_OK && way == PIN_WAY_ANY)
        *known = TRI_NO;
out:
    if (err == JPKI_OK)
        *ret_tries = tries;
    return err;
}

enum jpki_err pin_address(struct visit *visit, enum role role, enum pin_way way, uint8_t *ret_p2)
{
    const uint16_t fid = card_row(visit->card, role)->pin_fid;
    enum jpki_err err = JPKI_OK;

    if (way == PIN_WAY_ANY && visit->card->pin_short_ids[role] == TRI_YES) {
        *ret_p2 = short_p2(fid);
        return JPKI_OK;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        *ret_p2 = P2_CURRENT;
    return err;
}

/* One exchange whose PIN is typed on the reader; the error is the way's or the person's, not the
 * card's. */
static enum jpki_err keypad_send(struct visit *visit, enum pinpad_job job,
                                 const struct pin_rule *rule, uint8_t p2, struct answer *ret)
{
    const bool modify = job == PINPAD_MODIFY;
    const struct pinpad_request request = {
        job,          modify ? INS_CHANGE : INS_VERIFY, modify ? 0x01 : 0x00, p2, rule->min_len,
        rule->max_len
    };
    struct card *card = visit->card;
    struct buf in = { ret->raw, 0, sizeof(ret->raw) };
    enum jpki_err err;

    atomic_store(&card->at_work, AT_KEYPAD);
    err = card->transport->ops->pinpad(card->link, &request, &in);
    atomic_store(&card->at_work, AT_REST);
    visit->first = false;
    if (err == JPKI_OK)
        err = answer_parse(ret, in.len);
    log_line("keypad %s P2 %02X -> %s", modify ? "modify" : "verify", (unsigned)p2,
             err == JPKI_OK ? sw_sentence(ret->sw) : err_name(err));
    visit_note_error(visit, err == JPKI_ERR_PROTOCOL ? JPKI_ERR_IO : err);
    return err;
}

/* Errors of the person at the keypad: the card was not asked. */
static bool keypad_gave_up(enum jpki_err err)
{
    return err == JPKI_ERR_CANCELLED || err == JPKI_ERR_TIMEOUT || err == JPKI_ERR_PIN_FORM;
}

/* Where the answer leaves the PIN's fate open, the counter is asked, once, and only if the
 * connection still lives. */
static enum jpki_err pin_judge(struct visit *visit, const struct guard_ask *ask, enum pin_way way,
                               enum jpki_err err, struct guard_tell *tell)
{
    const int before = tell->tries;
    int after = TRIES_UNKNOWN;

    tell->pin = PIN_UNKNOWN;
    tell->tries = TRIES_UNKNOWN;
    if (visit->gone || err == JPKI_ERR_RESET || pin_query(visit, ask->role, way, &after) != JPKI_OK)
        return err;
    tell->tries = after;
    if (after >= before)
        return err;
    tell->pin = PIN_REFUSED;
    return after == 0 ? JPKI_ERR_PIN_BLOCKED : JPKI_ERR_PIN_WRONG;
}

enum jpki_err pin_verify(struct visit *visit, const struct guard_ask *ask, enum pin_way way,
                         uint8_t p2, struct guard_tell *tell)
{
    const struct apdu verify = { 0x00, INS_VERIFY, 0x00, p2, ask->pin, 0 };
    const struct pin_rule *rule = &card_row(visit->card, ask->role)->pin;
    struct answer answer;
    int tries = TRIES_UNKNOWN;
    enum jpki_err err;

    visit->must_drop = true;
    visit->card->given[ask->role] = true;
    if (ask->origin == PIN_KEYPAD)
        err = keypad_send(visit, PINPAD_VERIFY, rule, p2, &answer);
    else
        err = visit_send(visit, &verify, &answer);
    if (ask->origin == PIN_KEYPAD && (keypad_gave_up(err) || err == JPKI_ERR_UNSUPPORTED))
        return err;
    if (err != JPKI_OK)
        return pin_judge(visit, ask, way, err, tell);
    err = sw_judge_pin(answer.sw, &tries);
    if (err == JPKI_OK) {
        tell->pin = PIN_ACCEPTED;
        tell->tries = rule->tries;
    } else if (err == JPKI_ERR_PIN_WRONG && tries > 0) {
        tell->pin = PIN_REFUSED;
        tell->tries = tries;
    } else {
        /* "locked", or a word that nobody knows, is not believed: the counter is asked, which
         * had this PIN just before */
        err = sw_error_plain(answer.sw);
        err = pin_judge(visit, ask, way, err == JPKI_ERR_NOT_FOUND ? JPKI_ERR_REFUSED : err, tell);
    }
    return err;
}

enum jpki_err pin_change(struct visit *visit, const struct guard_ask *ask, struct guard_tell *tell)
{
    const struct apdu change = { 0x00, INS_CHANGE, 0x01, P2_CURRENT, ask->new_pin, 0 };
    const struct role_profile *row = card_row(visit->card, ask->role);
    struct answer answer;
    enum jpki_err err = file_select(visit, row->pin_fid);

    if (err != JPKI_OK)
        return err;
    if (ask->new_pin.len > 0)
        err = visit_send(visit, &change, &answer);
    else
        err = keypad_send(visit, PINPAD_MODIFY, &row->pin, P2_CURRENT, &answer);
    if (ask->new_pin.len == 0 && (keypad_gave_up(err) || err == JPKI_ERR_UNSUPPORTED))
        return err;
    if (err != JPKI_OK) {
        tell->work = WORK_UNKNOWN;
        return JPKI_ERR_PIN_UNSURE;
    }
    err = sw_error_plain(answer.sw);
    if (err == JPKI_OK)
        tell->work = WORK_DONE;
    return err;
}
