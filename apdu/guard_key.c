/* SPDX-License-Identifier: BSD-3-Clause */
/* The guard's work with keys: signatures, the question for PSS, the proof that a card is locked. */
#include "guard_parts.h"

#include "file.h"
#include "sw.h"

#define HASH_LEN 32
#define RSA_2048_LEN 256

/* Scheme rows: what the card takes and what it answers (PROTOCOL.md, "Signatures"). */
static const struct scheme_row {
    enum card_scheme scheme;
    size_t min_len, max_len;
} schemes[] = {
    { SCHEME_PKCS1, 1, GUARD_INPUT_MAX },
    { SCHEME_PSS, HASH_LEN, HASH_LEN },
};

bool scheme_takes(enum card_scheme scheme, size_t len)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (schemes[i].scheme == scheme)
            return len >= schemes[i].min_len && len <= schemes[i].max_len;
    }
    return false;
}

/* P2 of COMPUTE DIGITAL SIGNATURE.  Selecting the key's EF leaves the PIN verified. */
static enum jpki_err key_address(struct visit *visit, enum role role, uint8_t *ret_p2)
{
    const struct card *card = visit->card;
    const uint16_t fid = card_row(card, role)->key_fid;
    enum jpki_err err;

    if (card->pin_short_ids[role] == TRI_YES && !card->key_by_file) {
        *ret_p2 = short_p2(fid);
        return JPKI_OK;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        *ret_p2 = P2_CURRENT;
    return err;
}

/* An RSA signature has one length; other kinds of key are believed up to the room there is. */
static enum jpki_err signature_take(enum key_kind kind, const struct answer *answer,
                                    struct buf *signature)
{
    if (answer->data_len == 0 || (kind == KEY_RSA_2048 && answer->data_len != RSA_2048_LEN))
        return JPKI_ERR_PROTOCOL;
    return buf_put(signature, answer_data(answer));
}

enum jpki_err key_sign(struct visit *visit, const struct guard_ask *ask, struct slice input,
                       struct guard_tell *tell)
{
    struct card *card = visit->card;
    struct apdu sign = { 0x80, INS_SIGN, (uint8_t)ask->scheme, 0, input, APDU_LE_MAX };
    struct answer answer;
    enum jpki_err err = key_address(visit, ask->role, &sign.p2);

    if (err != JPKI_OK)
        return err;
    tell->work = WORK_UNKNOWN;
    err = visit_send(visit, &sign, &answer);
    if (err != JPKI_OK)
        return err;
    tell->work = WORK_NONE;
    err = sw_error_plain(answer.sw);
    if (err == JPKI_OK) {
        err = signature_take(card_row(card, ask->role)->key, &answer, ask->out);
        if (err == JPKI_OK)
            tell->work = WORK_DONE;
        return err;
    }
    /* a refused scheme is known from now on; a refused short EF id makes the next signature go
     * by SELECT EF */
    if (err == JPKI_ERR_UNSUPPORTED && ask->scheme == SCHEME_PSS)
        card->pss = TRI_NO;
    else if ((err == JPKI_ERR_UNSUPPORTED || err == JPKI_ERR_NOT_FOUND) && sign.p2 != P2_CURRENT)
        card->key_by_file = true;
    return err;
}

enum jpki_err draft_sign(struct visit *visit, const struct guard_ask *ask, struct guard_tell *tell)
{
    const struct role_profile *row = card_row(visit->card, ask->role);
    const struct guard_draft *draft = ask->draft;
    uint8_t bytes[GUARD_INPUT_MAX];
    struct buf input = BUF_OVER(bytes);
    enum jpki_err err = file_read_cert(visit, row->cert_fid, draft->cert);

    if (err == JPKI_OK)
        err = file_read_cert(visit, row->ca_fid, draft->ca);
    if (err == JPKI_OK)
        err = draft->compose(draft->user, buf_slice(draft->cert), buf_slice(draft->ca), &input);
    if (err == JPKI_OK && !scheme_takes(ask->scheme, input.len))
        err = JPKI_ERR_ARGUMENT;
    if (err == JPKI_OK)
        err = key_sign(visit, ask, buf_slice(&input), tell);
    return err;
}

/* A COMPUTE without a PIN: 32 zero bytes, whose signature nobody is given. */
static enum jpki_err probe_send(struct visit *visit, enum card_scheme scheme, uint8_t p2,
                                uint16_t *ret_sw)
{
    static const uint8_t zeros[HASH_LEN];
    const struct apdu probe = { 0x80, INS_SIGN, (uint8_t)scheme, p2, SLICE_OF(zeros), APDU_LE_MAX };
    struct answer answer;
    enum jpki_err err = visit_send(visit, &probe, &answer);

    if (err != JPKI_OK)
        return err;
    /* somebody left the card unlocked */
    if (answer.sw == SW_OK)
        visit->must_drop = true;
    *ret_sw = answer.sw;
    return JPKI_OK;
}

enum jpki_err pss_ask(struct visit *visit, enum role role, enum tri *ret_pss)
{
    struct card *card = visit->card;
    const uint16_t fid = card_row(card, role)->key_fid;
    uint16_t sw = SW_WRONG_P1_P2, by_short_id;
    enum jpki_err err = JPKI_OK;

    if (card->pin_short_ids[role] != TRI_NO && !card->key_by_file)
        err = probe_send(visit, SCHEME_PSS, short_p2(fid), &sw);
    /* 6A86 may speak of P2, and no key by short EF id says nothing of schemes */
    by_short_id = sw;
    if (err == JPKI_OK && (sw == SW_WRONG_P1_P2 || sw_error(sw) == JPKI_ERR_NOT_FOUND)) {
        err = file_select(visit, fid);
        if (err == JPKI_OK)
            err = probe_send(visit, SCHEME_PSS, P2_CURRENT, &sw);
        /* only a refusal that the scheme does not explain speaks of the short EF id */
        card->key_by_file = card->key_by_file || (err == JPKI_OK && sw != by_short_id);
    }
    if (err == JPKI_OK)
        *ret_pss = sw == SW_WRONG_P1_P2 ? TRI_NO : TRI_YES;
    return err;
}

enum lock_state lock_prove(struct visit *visit, enum role role)
{
    struct card *card = visit->card;
    uint16_t sw = 0;
    uint8_t p2 = 0;
    enum jpki_err err = key_address(visit, role, &p2);

    if (err == JPKI_OK)
        err = probe_send(visit, SCHEME_PKCS1, p2, &sw);
    /* no key by this short EF id: its file may be selected */
    if (err == JPKI_OK && p2 != P2_CURRENT && sw_error_plain(sw) == JPKI_ERR_NOT_FOUND) {
        err = file_select(visit, card_row(card, role)->key_fid);
        if (err == JPKI_OK)
            err = probe_send(visit, SCHEME_PKCS1, P2_CURRENT, &sw);
    }
    if (err == JPKI_OK && sw == SW_OK)
        return LOCK_OPEN;
    if (err != JPKI_OK || sw_error_plain(sw) != JPKI_ERR_DENIED)
        return LOCK_UNPROVED;
    card->given[role] = false;
    return LOCK_SURE;
}
