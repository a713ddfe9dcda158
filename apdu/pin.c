/* SPDX-License-Identifier: BSD-3-Clause */
#include "pin.h"

#include "file.h"
#include "log.h"
#include "sw.h"

#define P2_CURRENT 0x80 /* the current EF; with a short EF id in the low bits: that EF */

static const struct role_profile *role_row(const struct visit *visit, enum role role)
{
    return &visit->card->facts.profile->role[role];
}

/* The query with this P2: a status word that tells the tries is JPKI_OK. */
static enum jpki_err query_send(struct visit *visit, uint8_t p2, int *ret_tries)
{
    struct card *card = visit->card;
    struct apdu query = { 0x00, INS_VERIFY, 0x00, p2, { NULL, 0 }, card->query_le ? APDU_LE_MAX : 0 };
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
    const uint16_t fid = role_row(visit, role)->pin_fid;
    enum tri *known = &visit->card->pin_short_ids[role];
    int tries = TRIES_UNKNOWN;
    enum jpki_err err;

    if (way == PIN_WAY_ANY && *known != TRI_NO) {
        visit->current_ef = 0;
        err = query_send(visit, (uint8_t)(P2_CURRENT | (fid & 0x1F)), &tries);
        /* a blocked PIN may have been answered 6984 to any P2: only a count above zero proves the short EF id */
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

/* P2 of a command with the PIN; selects its EF where the short EF id is not proved. */
static enum jpki_err pin_address(struct visit *visit, enum role role, enum pin_way way, uint8_t *ret_p2)
{
    const uint16_t fid = role_row(visit, role)->pin_fid;
    enum jpki_err err = JPKI_OK;

    if (way == PIN_WAY_ANY && visit->card->pin_short_ids[role] == TRI_YES) {
        *ret_p2 = (uint8_t)(P2_CURRENT | (fid & 0x1F));
        return JPKI_OK;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        *ret_p2 = P2_CURRENT;
    return err;
}

/* Whether this is still the card that accepted the remembered PIN: its authentication certificate begins the same. */
static enum jpki_err same_card_prove(struct visit *visit)
{
    struct card *card = visit->card;
    uint8_t bytes[CARD_HEAD_LEN];
    struct buf head = BUF_OVER(bytes);
    enum jpki_err err;

    if (!card->in_doubt)
        return JPKI_OK;
    if (card->facts.head_len == 0)
        return JPKI_ERR_CARD_CHANGED;
    err = file_read_head(visit, card->facts.profile->role[ROLE_AUTH].cert_fid, APDU_LE_MAX, &head);
    if (err_is_transport(err))
        return err;
    if (err != JPKI_OK || !slice_equal(buf_slice(&head), slice_of(card->facts.head, card->facts.head_len)))
        return JPKI_ERR_CARD_CHANGED;
    card->in_doubt = false;
    return JPKI_OK;
}

/* Ask for the tries where the rules call for it, and stop where they forbid the VERIFY. */
static enum jpki_err tries_check(struct visit *visit, const struct pin_use *use, enum pin_way way, struct pin_result *ret)
{
    bool unproved = way == PIN_WAY_ANY && visit->card->pin_short_ids[use->role] == TRI_UNKNOWN;
    enum jpki_err err;

    if (!use->remembered && !use->keep_last_try && !unproved)
        return JPKI_OK;
    err = pin_query(visit, use->role, way, &ret->tries);
    if (err != JPKI_OK)
        return err;
    if (ret->tries == 0)
        return JPKI_ERR_PIN_BLOCKED;
    if (use->remembered && ret->tries != role_row(visit, use->role)->pin.tries)
        return JPKI_ERR_PIN_STALE;
    if (use->keep_last_try && ret->tries == 1)
        return JPKI_ERR_LAST_TRY;
    return JPKI_OK;
}

bool pin_for_keypad(const struct pin_rule *rule)
{
    return rule->chars == PIN_DIGITS && rule->min_len == rule->max_len;
}

/* One exchange whose PIN is typed on the reader; the error is the way's or the person's, not the card's. */
static enum jpki_err keypad_send(struct visit *visit, enum pinpad_job job, const struct pin_rule *rule, uint8_t p2,
                                 struct answer *ret)
{
    const struct pinpad_request request = { job, job == PINPAD_MODIFY ? 0x01 : 0x00, p2, rule->min_len, rule->max_len };
    const struct card *card = visit->card;
    struct buf in = { ret->raw, 0, sizeof(ret->raw) };
    enum jpki_err err = card->transport->ops->pinpad(card->link, &request, &in);

    visit->first = false;
    if (err == JPKI_OK)
        err = answer_parse(ret, in.len);
    log_line("keypad %s P2 %02X -> %s", job == PINPAD_VERIFY ? "verify" : "modify", (unsigned)p2,
             err == JPKI_OK ? sw_sentence(ret->sw) : err_name(err));
    visit_note_error(visit, err == JPKI_ERR_PROTOCOL ? JPKI_ERR_IO : err);
    return err;
}

/* Errors of the person at the keypad: the card was not asked. */
static bool keypad_gave_up(enum jpki_err err)
{
    return err == JPKI_ERR_CANCELLED || err == JPKI_ERR_TIMEOUT || err == JPKI_ERR_PIN_FORM;
}

static enum jpki_err verify_send(struct visit *visit, const struct pin_use *use, uint8_t p2, struct pin_result *ret)
{
    const struct apdu verify = { 0x00, INS_VERIFY, 0x00, p2, use->pin, 0 };
    const struct pin_rule *rule = &role_row(visit, use->role)->pin;
    struct answer answer;
    enum jpki_err err;

    visit->must_drop = true;
    ret->tries = TRIES_UNKNOWN;
    if (use->pin.len > 0) {
        ret->sent = true;
        err = visit_send(visit, &verify, &answer);
    } else {
        err = keypad_send(visit, PINPAD_VERIFY, rule, p2, &answer);
        ret->sent = !keypad_gave_up(err) && err != JPKI_ERR_UNSUPPORTED;
    }
    if (err != JPKI_OK)
        return err;
    err = sw_judge_pin(answer.sw, &ret->tries);
    ret->accepted = err == JPKI_OK;
    if (ret->accepted)
        ret->tries = rule->tries;
    return err;
}

/*
 * Whether the card took a PIN that was not answered plainly can no longer be asked; what it cost can.  Only where the
 * connection still lives, and without a say in how the visit ends.
 */
static void cost_ask(struct visit *visit, enum role role, enum pin_way way, enum jpki_err err, struct pin_result *ret)
{
    int tries;

    if (!ret->sent || ret->tries != TRIES_UNKNOWN || visit->gone || err == JPKI_ERR_RESET)
        return;
    if (pin_query(visit, role, way, &tries) == JPKI_OK)
        ret->tries = tries;
}

/* What can be said without the card. */
static enum jpki_err use_check(const struct visit *visit, const struct pin_use *use)
{
    const struct role_profile *row = role_row(visit, use->role);

    if (!row->exists)
        return JPKI_ERR_NOT_FOUND;
    if (use->pin.len > 0)
        return pin_fits(&row->pin, use->pin) ? JPKI_OK : JPKI_ERR_PIN_FORM;
    return pin_for_keypad(&row->pin) ? JPKI_OK : JPKI_ERR_UNSUPPORTED;
}

enum jpki_err pin_present(struct visit *visit, const struct pin_use *use, enum pin_way way, struct pin_result *ret)
{
    struct card *card = visit->card;
    uint8_t p2 = 0;
    enum jpki_err err = use_check(visit, use);

    if (err == JPKI_OK && use->remembered)
        err = same_card_prove(visit);
    if (err == JPKI_OK)
        err = tries_check(visit, use, way, ret);
    if (err == JPKI_OK)
        err = pin_address(visit, use->role, way, &p2);
    if (err == JPKI_OK && use->vetoed != NULL && __atomic_load_n(use->vetoed, __ATOMIC_ACQUIRE))
        err = JPKI_ERR_CANCELLED;
    if (err != JPKI_OK)
        return err;
    err = verify_send(visit, use, p2, ret);
    /* a card without a readable head can be proved in no other way than by the PIN that somebody just typed */
    if (err == JPKI_OK && card->facts.head_len == 0)
        card->in_doubt = false;
    if (err != JPKI_OK)
        cost_ask(visit, use->role, way, err, ret);
    return err;
}

enum jpki_err pin_replace(struct visit *visit, enum role role, struct slice new_pin)
{
    const struct apdu change = { 0x00, INS_CHANGE, 0x01, P2_CURRENT, new_pin, 0 };
    const struct role_profile *row = role_row(visit, role);
    struct answer answer;
    enum jpki_err err = file_select(visit, row->pin_fid);

    if (err != JPKI_OK)
        return err;
    if (new_pin.len > 0)
        err = visit_send(visit, &change, &answer);
    else
        err = keypad_send(visit, PINPAD_MODIFY, &row->pin, P2_CURRENT, &answer);
    if (keypad_gave_up(err) || err == JPKI_ERR_UNSUPPORTED)
        return err;
    if (err != JPKI_OK)
        return JPKI_ERR_PIN_UNSURE;
    err = sw_error(answer.sw);
    return err == JPKI_ERR_PIN_WRONG ? JPKI_ERR_REFUSED : err;
}
