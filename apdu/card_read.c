/* SPDX-License-Identifier: BSD-3-Clause */
#include "card_read.h"

#include "file.h"
#include "guard_parts.h"
#include "identity.h"
#include "log.h"
#include "tlv.h"

#include <string.h>

#define FID_AVAILABLE 0x0008
#define AVAILABLE_LEN 3
#define AVAILABLE_YES 0x8F

static struct role_file {
    enum role role;
    bool ca;
} const cert_files[CERT_COUNT] = {
    [CERT_AUTH] = { ROLE_AUTH, false },
    [CERT_SIGN] = { ROLE_SIGN, false },
    [CERT_AUTH_CA] = { ROLE_AUTH, true },
    [CERT_SIGN_CA] = { ROLE_SIGN, true },
};

/* The byte of EF 0008 that speaks for a role (PROTOCOL.md, "Files"). */
static const size_t available_byte[ROLE_COUNT] = { [ROLE_AUTH] = 1, [ROLE_SIGN] = 0 };

/* A file that is missing or refused is an empty one here; only the way to the card and a lying
 * answer stop recognition. */
static enum jpki_err head_try(struct visit *visit, uint16_t fid, size_t want, struct buf *out,
                              bool *ret_denied)
{
    enum jpki_err err = file_read_head(visit, fid, want, out);

    *ret_denied = err == JPKI_ERR_DENIED;
    return err_is_transport(err) || err == JPKI_ERR_PROTOCOL ? err : JPKI_OK;
}

static enum jpki_err available_read(struct visit *visit, struct card_facts *facts, bool *ret_told)
{
    uint8_t bytes[AVAILABLE_LEN];
    struct buf available = BUF_OVER(bytes);
    bool denied;
    enum jpki_err err = head_try(visit, FID_AVAILABLE, AVAILABLE_LEN, &available, &denied);

    if (err != JPKI_OK)
        return err;
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        facts->has_role[role] =
            facts->id.profile->role[role].exists &&
            (available.len < AVAILABLE_LEN || bytes[available_byte[role]] == AVAILABLE_YES);
        facts->cert_private[role] = facts->id.profile->role[role].cert_private;
    }
    *ret_told = available.len == AVAILABLE_LEN;
    return JPKI_OK;
}

/* Without EF 0008 the file of a private certificate tells: it is absent, or holds filler that
 * can be read. */
static enum jpki_err private_files_look(struct visit *visit, struct card_facts *facts)
{
    for (size_t role = 0; role < ROLE_COUNT; role++) {
        uint8_t byte = 0;
        struct buf head = { &byte, 0, sizeof(byte) };
        enum jpki_err err;

        if (!facts->has_role[role] || !facts->cert_private[role])
            continue;
        err = file_read_head(visit, facts->id.profile->role[role].cert_fid, sizeof(byte), &head);
        if (err_is_transport(err) || err == JPKI_ERR_PROTOCOL)
            return err;
        if (err == JPKI_ERR_NOT_FOUND || (err == JPKI_OK && byte != DER_SEQUENCE))
            facts->has_role[role] = false;
    }
    return JPKI_OK;
}

/*
 * Whether the start of the authentication certificate shows a key that this version has no row for.
 * How long the key is told to be is mostly the last that is seen of it, and enough: RSA with 2048
 * bits has 294 bytes, no curve as many as 256.
 */
static bool key_is_newer(const struct card_facts *facts)
{
    struct slice key = { NULL, 0 };
    bool rsa;

    if (cert_head_key(slice_of(facts->id.head, facts->id.len), &key) != JPKI_OK || key.len < 2)
        return false;
    rsa = key.ptr[1] == 0x82 && (key.len < 3 || key.ptr[2] == 0x01) &&
          (key.len < 4 || key.ptr[3] < 0x80);
    return rsa != (facts->id.profile->role[ROLE_AUTH].key == KEY_RSA_2048);
}

/* The first block of the authentication certificate, which also decides whether there is one. */
static enum jpki_err first_block_read(struct visit *visit, struct card_facts *facts)
{
    const struct role_profile *auth = &facts->id.profile->role[ROLE_AUTH];
    struct buf head = BUF_OVER(facts->id.head);
    bool denied = false;
    enum jpki_err err;

    if (!facts->has_role[ROLE_AUTH] || auth->cert_private)
        return JPKI_OK;
    err = head_try(visit, auth->cert_fid, CARD_HEAD_LEN, &head, &denied);
    if (err != JPKI_OK)
        return err;
    facts->id.len = head.len > 0 && head.ptr[0] == DER_SEQUENCE ? (uint16_t)head.len : 0;
    facts->has_role[ROLE_AUTH] = facts->id.len > 0 || denied;
    facts->cert_private[ROLE_AUTH] = denied;
    return key_is_newer(facts) ? JPKI_ERR_NEWER : JPKI_OK;
}

/*
 * Whoever shows a token is asked for its tries at once, and a visit of its own would begin with a
 * SELECT of its own.  A card that refuses the query is recognised all the same; a Juki card, whose
 * commands were never published, is not asked.
 */
static enum jpki_err tries_ask(struct visit *visit)
{
    struct card *card = visit->card;

    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        enum jpki_err err;

        if (!card->wants_tries[role] || !card->facts.has_role[role] ||
            card->facts.id.profile->login_refused)
            continue;
        err = pin_query(visit, role, PIN_WAY_ANY, &card->facts.tries[role]);
        if (err_is_transport(err))
            return err;
    }
    return JPKI_OK;
}

/* A newer card is one all the same for who wants it, and from here on it is asked for its files
 * alone. */
static enum jpki_err newer_take(const struct card *card, enum jpki_err err,
                                struct card_facts *facts)
{
    if (err != JPKI_ERR_NEWER || !card->wants_newer)
        return err;
    facts->id.profile = profile_unknown();
    return JPKI_OK;
}

static enum jpki_err recognise_visit(struct card *card)
{
    struct card_facts facts = { .id.profile = profile_default(),
                                .tries = { TRIES_UNKNOWN, TRIES_UNKNOWN } };
    struct card_facts before;
    bool told = false;
    struct visit visit;
    enum jpki_err err = visit_open(&visit, card);

    if (err != JPKI_OK)
        return err;
    err = newer_take(card, identity_read(&visit, &facts), &facts);
    if (err == JPKI_OK)
        err = available_read(&visit, &facts, &told);
    if (err == JPKI_OK)
        err = newer_take(card, first_block_read(&visit, &facts), &facts);
    if (err == JPKI_OK && !told)
        err = private_files_look(&visit, &facts);
    memcpy(facts.atr, card->facts.atr, sizeof(facts.atr));
    facts.atr_len = card->facts.atr_len;
    before = card->facts;
    card->facts = facts;
    if (err == JPKI_OK)
        err = tries_ask(&visit);
    err = visit_close(&visit, err);
    if (err != JPKI_OK) {
        card->facts = before;
        return err;
    }
    card->in_doubt = card->link == NULL ? DOUBT_LINK : DOUBT_NONE;
    log_line("card: %s, authentication %s, signature %s", facts.id.profile->name,
             facts.has_role[ROLE_AUTH] ? "yes" : "no", facts.has_role[ROLE_SIGN] ? "yes" : "no");
    return JPKI_OK;
}

enum jpki_err card_recognise(struct card *card)
{
    unsigned visits = 1;
    enum jpki_err err;

    do {
        err = recognise_visit(card);
    } while (visit_again(err, &visits));
    return err;
}

static enum jpki_err cert_visit(struct card *card, enum cert_file which, uint16_t fid,
                                struct buf *out)
{
    size_t start = out->len;
    struct visit visit;
    enum jpki_err err = visit_open(&visit, card);

    if (err != JPKI_OK)
        return err;
    /* the authentication certificate is its own proof, unless it says nothing */
    if (which != CERT_AUTH || card->facts.id.len == 0)
        err = identity_prove(&visit, &card->facts.id);
    if (err == JPKI_OK)
        err = file_read_cert(&visit, fid, out);
    if (err == JPKI_OK && which == CERT_AUTH && card->facts.id.len > 0)
        err = identity_compare(&visit, slice_part(buf_slice(out), start, card->facts.id.len));
    err = visit_close(&visit, err);
    if (err != JPKI_OK)
        out->len = start;
    return err;
}

enum jpki_err card_read_cert(struct card *card, enum cert_file which, struct buf *out)
{
    const struct role_file *file;
    const struct role_profile *row;
    unsigned visits = 1;
    enum jpki_err err;

    if (card->facts.id.profile == NULL || which < 0 || which >= CERT_COUNT)
        return JPKI_ERR_ARGUMENT;
    file = &cert_files[which];
    row = card_row(card, file->role);
    if (!row->exists || (!file->ca && !card->facts.has_role[file->role]))
        return JPKI_ERR_NOT_FOUND;
    if (!file->ca && card->facts.cert_private[file->role])
        return JPKI_ERR_DENIED;
    do {
        err = cert_visit(card, which, file->ca ? row->ca_fid : row->cert_fid, out);
    } while (visit_again(err, &visits));
    return err;
}
