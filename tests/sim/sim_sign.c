/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_inside.h"

#include <openssl/rsa.h>
#include <string.h>

/* What P1 says of the input and of what is done with it. */
struct scheme_row {
    size_t min_len, max_len; /* of the input, bytes */
    bool hash;               /* the card hashes the input itself, by SHA-256 */
    bool digest_info;        /* puts the DigestInfo of SHA-256 in front */
    bool pss;
};

static const struct scheme_row scheme_rows[] = {
    [0x00] = { 1, 245, false, false, false }, [0x01] = { 1, 255, true, false, false },
    [0x02] = { 32, 32, false, true, false },  [0x03] = { 1, 255, true, true, false },
    [0x04] = { 32, 32, false, false, true },  [0x05] = { 1, 255, true, false, true },
};

/* The future card signs a SHA-384 value by ECDSA; how it will be asked is not public, so it is
 * asked by P1 00. */
static const struct scheme_row ec_row = { 48, 48, false, false, false };

static const struct scheme_row *scheme_find(const struct sim_card *card, uint8_t p1)
{
    if (card->opt.ec)
        return p1 == 0 ? &ec_row : NULL;
    if (p1 >= sizeof(scheme_rows) / sizeof(scheme_rows[0]) ||
        (scheme_rows[p1].pss && !card->opt.pss))
        return NULL;
    return &scheme_rows[p1];
}

static bool padding_set(EVP_PKEY_CTX *ctx, const struct scheme_row *scheme)
{
    if (!scheme->pss) {
        return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
               (!scheme->digest_info || EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0);
    }
    return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) > 0 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32) > 0 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) > 0;
}

static bool key_sign(EVP_PKEY *key, const struct scheme_row *scheme, const uint8_t *data,
                     size_t len, struct sim_answer *answer)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    size_t out_len = sizeof(answer->data);
    bool done = false;

    if (ctx == NULL || EVP_PKEY_sign_init(ctx) <= 0)
        goto out;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && !padding_set(ctx, scheme))
        goto out;
    if (scheme->hash) {
        if (EVP_Digest(data, len, digest, &digest_len, EVP_sha256(), NULL) != 1)
            goto out;
        data = digest;
        len = digest_len;
    }
    if (EVP_PKEY_sign(ctx, answer->data, &out_len, data, len) <= 0)
        goto out;
    answer->len = out_len;
    done = true;
out:
    EVP_PKEY_CTX_free(ctx);
    return done;
}

uint16_t sim_compute_signature(struct sim_card *card, const struct sim_command *cmd,
                               struct sim_answer *answer)
{
    const struct scheme_row *scheme = scheme_find(card, cmd->p1);
    struct sim_file *file = NULL;
    uint16_t sw = 0x6A86;

    if (scheme == NULL)
        return 0x6A86;
    sw = sim_file_by_p2(card, cmd->p2, card->opt.key_short_ids, SIM_FILE_KEY, &file);
    if (sw != 0x9000)
        return sw;
    if (!file->has_key || !card->verified[file->role])
        return 0x6982;
    if (cmd->lc < scheme->min_len || cmd->lc > scheme->max_len)
        return card->opt.sign_length_sw;
    if (!cmd->has_le)
        return 0x6700;
    if (!card->opt.ec && cmd->le < 256)
        return card->opt.le_6c ? 0x6C00 : 0x6700;
    if (!key_sign(card->identity->key[file->role], scheme, cmd->data, cmd->lc, answer))
        return 0x6F00;
    card->stats.signatures[file->role]++;
    return 0x9000;
}
