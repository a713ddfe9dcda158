/* SPDX-License-Identifier: BSD-3-Clause */
/* The visits that use a PIN or a key: tries, login, signature, PIN change. */
#include "card.h"

#include "file.h"
#include "pin.h"
#include "sw.h"

#define HASH_LEN 32
#define RSA_2048_LEN 256

/* Scheme rows: what the card takes and what it answers (PROTOCOL.md, "Signatures"). */
static const struct scheme_row {
    enum card_scheme scheme;
    size_t min_len, max_len;
} schemes[] = {
    { SCHEME_PKCS1, 1, 245 },
    { SCHEME_PSS, HASH_LEN, HASH_LEN },
};

static bool scheme_takes(enum card_scheme scheme, size_t len)
{
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (schemes[i].scheme == scheme)
            return len >= schemes[i].min_len && len <= schemes[i].max_len;
    }
    return false;
}

static bool role_known(const struct card *card, enum role role)
{
    return card->facts.profile != NULL && role >= 0 && role < ROLE_COUNT;
}

static enum jpki_err tries_visit(struct card *card, enum role role, int *ret_tries)
{
    struct visit visit;
    enum jpki_err err = visit_open(&visit, card);

    if (err != JPKI_OK)
        return err;
    err = pin_query(&visit, role, PIN_WAY_ANY, ret_tries);
    return visit_close(&visit, err);
}

enum jpki_err card_tries(struct card *card, enum role role, int *ret_tries)
{
    int tries = TRIES_UNKNOWN;
    unsigned visits = 1;
    enum jpki_err err;

    if (!role_known(card, role))
        return JPKI_ERR_ARGUMENT;
    if (!card->facts.profile->role[role].exists)
        return JPKI_ERR_NOT_FOUND;
    do {
        err = tries_visit(card, role, &tries);
    } while (visit_again(err, &visits));
    if (err == JPKI_OK)
        *ret_tries = tries;
    return err;
}

/* P2 of COMPUTE DIGITAL SIGNATURE.  Selecting the key's EF leaves the PIN verified. */
static enum jpki_err key_address(struct visit *visit, enum role role, uint8_t *ret_p2)
{
    const struct card *card = visit->card;
    const uint16_t fid = card->facts.profile->role[role].key_fid;
    enum jpki_err err;

    if (card->pin_short_ids[role] == TRI_YES && !card->key_by_file) {
        *ret_p2 = (uint8_t)(0x80 | (fid & 0x1F));
        return JPKI_OK;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        *ret_p2 = 0x80;
    return err;
}

/* An RSA signature has one length; other kinds of key are believed up to the room there is. */
static enum jpki_err signature_take(enum key_kind kind, const struct answer *answer, struct buf *signature)
{
    if (answer->data_len == 0 || (kind == KEY_RSA_2048 && answer->data_len != RSA_2048_LEN))
        return JPKI_ERR_PROTOCOL;
    return buf_put(signature, answer_data(answer));
}

static enum jpki_err key_sign(struct visit *visit, enum role role, enum card_scheme scheme, struct slice input,
                              struct buf *signature)
{
    struct card *card = visit->card;
    struct apdu sign = { 0x80, INS_SIGN, (uint8_t)scheme, 0, input, APDU_LE_MAX };
    struct answer answer;
    enum jpki_err err = key_address(visit, role, &sign.p2);

    if (err != JPKI_OK)
        return err;
    err = visit_send(visit, &sign, &answer);
    if (err != JPKI_OK)
        return err;
    err = sw_error(answer.sw);
    if (err == JPKI_OK)
        return signature_take(card->facts.profile->role[role].key, &answer, signature);
    /* a refused scheme is known from now on; a refused short EF id makes the next signature go by SELECT EF */
    if (err == JPKI_ERR_UNSUPPORTED && scheme == SCHEME_PSS)
        card->pss = TRI_NO;
    else if ((err == JPKI_ERR_UNSUPPORTED || err == JPKI_ERR_NOT_FOUND) && sign.p2 != 0x80)
        card->key_by_file = true;
    return err;
}

/* One try of the probe: 32 zero bytes as a hash, whose signature nobody is given. */
static enum jpki_err probe_send(struct visit *visit, uint8_t p2, uint16_t *ret_sw)
{
    static const uint8_t hash[HASH_LEN];
    const struct apdu probe = { 0x80, INS_SIGN, SCHEME_PSS, p2, SLICE_OF(hash), APDU_LE_MAX };
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

static enum jpki_err pss_ask(struct visit *visit, enum role role, enum tri *ret_pss)
{
    struct card *card = visit->card;
    const uint16_t fid = card->facts.profile->role[role].key_fid;
    uint16_t sw = SW_WRONG_P1_P2, by_short_id;
    enum jpki_err err = JPKI_OK;

    if (card->pin_short_ids[role] != TRI_NO && !card->key_by_file)
        err = probe_send(visit, (uint8_t)(0x80 | (fid & 0x1F)), &sw);
    /* 6A86 may speak of P2, and no key by short EF id says nothing of schemes */
    by_short_id = sw;
    if (err == JPKI_OK && (sw == SW_WRONG_P1_P2 || sw_error(sw) == JPKI_ERR_NOT_FOUND)) {
        err = file_select(visit, fid);
        if (err == JPKI_OK)
            err = probe_send(visit, 0x80, &sw);
        /* only a refusal that the scheme does not explain speaks of the short EF id */
        card->key_by_file = card->key_by_file || (err == JPKI_OK && sw != by_short_id);
    }
    if (err == JPKI_OK)
        *ret_pss = sw == SW_WRONG_P1_P2 ? TRI_NO : TRI_YES;
    return err;
}

static enum jpki_err pss_visit(struct card *card)
{
    const enum role role = card->facts.has_role[ROLE_AUTH] ? ROLE_AUTH : ROLE_SIGN;
    enum tri pss = TRI_UNKNOWN;
    struct visit visit;
    enum jpki_err err = visit_open(&visit, card);

    if (err != JPKI_OK)
        return err;
    err = pss_ask(&visit, role, &pss);
    err = visit_close(&visit, err);
    if (err == JPKI_OK)
        card->pss = pss;
    return err;
}

enum jpki_err card_probe_pss(struct card *card, bool *ret_pss)
{
    unsigned visits = 1;
    enum jpki_err err = JPKI_OK;

    if (!role_known(card, ROLE_AUTH))
        return JPKI_ERR_ARGUMENT;
    while (card->pss == TRI_UNKNOWN) {
        err = pss_visit(card);
        if (err != JPKI_OK && !visit_again(err, &visits))
            return err;
    }
    *ret_pss = card->pss == TRI_YES;
    return JPKI_OK;
}

static enum jpki_err pin_visit_try(struct visit *visit, struct card *card, const struct pin_use *use, enum pin_way way,
                                   struct pin_result *ret)
{
    enum jpki_err err = visit_open(visit, card);

    if (err != JPKI_OK)
        return err;
    err = pin_present(visit, use, way, ret);
    if (err != JPKI_OK)
        err = visit_close(visit, err);
    return err;
}

/* Open a visit for a PIN and present it; the visit is closed already if this fails.  A PIN once sent is never sent again. */
static enum jpki_err pin_visit_open(struct visit *visit, struct card *card, const struct pin_use *use, enum pin_way way,
                                    struct pin_result *ret)
{
    unsigned visits = 1;
    enum jpki_err err;

    *ret = (struct pin_result){ .tries = TRIES_UNKNOWN };
    if (!role_known(card, use->role))
        return JPKI_ERR_ARGUMENT;
    do {
        err = pin_visit_try(visit, card, use, way, ret);
    } while (!ret->sent && visit_again(err, &visits));
    return err;
}

enum jpki_err card_login(struct card *card, const struct pin_use *use, struct buf *cert_out, struct pin_result *ret)
{
    size_t start = cert_out != NULL ? cert_out->len : 0;
    struct visit visit;
    enum jpki_err err = pin_visit_open(&visit, card, use, PIN_WAY_ANY, ret);

    if (err != JPKI_OK)
        return err;
    if (cert_out != NULL)
        err = file_read_cert(&visit, card->facts.profile->role[use->role].cert_fid, cert_out);
    /* the PIN was right: a certificate that the card does not give takes nothing from that */
    if (!err_is_transport(err))
        err = JPKI_OK;
    err = visit_close(&visit, err);
    if (err != JPKI_OK && cert_out != NULL) {
        wipe(cert_out->ptr + start, cert_out->len - start);
        cert_out->len = start;
    }
    return err;
}

enum jpki_err card_sign(struct card *card, const struct pin_use *use, enum card_scheme scheme, struct slice input,
                        struct buf *signature, struct pin_result *ret)
{
    size_t start = signature->len;
    struct visit visit;
    enum jpki_err err;

    *ret = (struct pin_result){ .tries = TRIES_UNKNOWN };
    if (!scheme_takes(scheme, input.len))
        return JPKI_ERR_ARGUMENT;
    if (signature->cap - signature->len < CARD_SIGNATURE_MAX)
        return JPKI_ERR_BUFFER;
    if (scheme == SCHEME_PSS && card->pss == TRI_NO)
        return JPKI_ERR_UNSUPPORTED;
    err = pin_visit_open(&visit, card, use, PIN_WAY_ANY, ret);
    if (err != JPKI_OK)
        return err;
    err = key_sign(&visit, use->role, scheme, input, signature);
    err = visit_close(&visit, err);
    if (err != JPKI_OK && err != JPKI_ERR_DROP)
        signature->len = start;
    return err;
}

enum jpki_err card_change_pin(struct card *card, const struct pin_use *old_pin, struct slice new_pin,
                              struct pin_result *ret)
{
    const struct pin_rule *rule;
    struct visit visit;
    enum jpki_err err;

    *ret = (struct pin_result){ .tries = TRIES_UNKNOWN };
    if (!role_known(card, old_pin->role))
        return JPKI_ERR_ARGUMENT;
    rule = &card->facts.profile->role[old_pin->role].pin;
    if (new_pin.len > 0 ? !pin_fits(rule, new_pin) : !pin_for_keypad(rule))
        return JPKI_ERR_PIN_FORM;
    /* nobody is asked for the old PIN by a keypad that cannot take the new one */
    if (new_pin.len == 0) {
        err = card_connect(card);
        if (err == JPKI_OK && !card->transport->ops->has_pinpad(card->link, PINPAD_MODIFY))
            err = JPKI_ERR_UNSUPPORTED;
        if (err != JPKI_OK)
            return err;
    }
    err = pin_visit_open(&visit, card, old_pin, PIN_WAY_CURRENT, ret);
    if (err != JPKI_OK)
        return err;
    err = pin_replace(&visit, old_pin->role, new_pin);
    return visit_close(&visit, err);
}

bool card_has_pinpad(struct card *card, enum role role, enum pinpad_job job)
{
    if (!role_known(card, role) || !card->facts.profile->role[role].exists || card->not_jpki
        || !pin_for_keypad(&card->facts.profile->role[role].pin))
        return false;
    /* by card_connect, so that a card known from an earlier connection is in doubt */
    return card_connect(card) == JPKI_OK && card->transport->ops->has_pinpad(card->link, job);
}
