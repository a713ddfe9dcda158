/* SPDX-License-Identifier: BSD-3-Clause */
/* The SHA*_ functions are marked as deprecated since OpenSSL 3.0; hash_begin says why they are
 * used all the same. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ossl.h"

#include "guard.h"

#include <openssl/crypto.h>
#include <string.h>

#define HMAC_BLOCK_LEN 64 /* of SHA-256 */

/* DER of DigestInfo up to the digest: SEQUENCE { SEQUENCE { OID, NULL }, OCTET STRING header }
 * (RFC 8017, section 9.2). */
struct hash_row {
    size_t len;
    uint8_t prefix_len;
    uint8_t prefix[19];
};

/* clang-format off */
static const struct hash_row hashes[HASH_COUNT] = {
    [HASH_SHA1] = { 20, 15, { 0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E, 0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14 } },
    [HASH_SHA224] = { 28, 19, { 0x30, 0x2D, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04,
                                0x05, 0x00, 0x04, 0x1C } },
    [HASH_SHA256] = { 32, 19, { DIGEST_INFO_SHA256 } },
    [HASH_SHA384] = { 48, 19, { 0x30, 0x41, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
                                0x05, 0x00, 0x04, 0x30 } },
    [HASH_SHA512] = { 64, 19, { 0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03,
                                0x05, 0x00, 0x04, 0x40 } },
};
/* clang-format on */

/* The one question that OpenSSL answers in any state.  Without options it reads no
 * configuration. */
bool ossl_alive(void)
{
    return OPENSSL_init_crypto(0, NULL) == 1;
}

/* Asked for no option, OpenSSL answers without beginning; this is the least that checking a
 * signature needs anyway. */
bool ossl_start(void)
{
    return OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_DIGESTS, NULL) == 1;
}

size_t hash_len(enum hash kind)
{
    return (size_t)kind < HASH_COUNT ? hashes[kind].len : 0;
}

/*
 * The old functions of one hash each instead of EVP: their state is plain memory.  An EVP context
 * would be an OpenSSL object that lives from C_SignInit to C_SignFinal; an application that ends in
 * between, or that shuts OpenSSL down before it finalises its modules, would leave us with a
 * dangling one.
 */
enum jpki_err hash_begin(struct hash_state *state, enum hash kind)
{
    int good = 0;

    memset(state, 0, sizeof(*state));
    switch (kind) {
    case HASH_SHA1: good = SHA1_Init(&state->u.sha1); break;
    case HASH_SHA224: good = SHA224_Init(&state->u.sha256); break;
    case HASH_SHA256: good = SHA256_Init(&state->u.sha256); break;
    case HASH_SHA384: good = SHA384_Init(&state->u.sha512); break;
    case HASH_SHA512: good = SHA512_Init(&state->u.sha512); break;
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    if (good != 1)
        return JPKI_ERR_ARGUMENT;
    state->kind = kind;
    return JPKI_OK;
}

enum jpki_err hash_update(struct hash_state *state, struct slice data)
{
    int good = 0;

    if (data.len == 0)
        return state->kind == HASH_NONE ? JPKI_ERR_ARGUMENT : JPKI_OK;
    switch (state->kind) {
    case HASH_SHA1: good = SHA1_Update(&state->u.sha1, data.ptr, data.len); break;
    case HASH_SHA224: good = SHA224_Update(&state->u.sha256, data.ptr, data.len); break;
    case HASH_SHA256: good = SHA256_Update(&state->u.sha256, data.ptr, data.len); break;
    case HASH_SHA384: good = SHA384_Update(&state->u.sha512, data.ptr, data.len); break;
    case HASH_SHA512: good = SHA512_Update(&state->u.sha512, data.ptr, data.len); break;
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    return good == 1 ? JPKI_OK : JPKI_ERR_ARGUMENT;
}

enum jpki_err hash_end(struct hash_state *state, struct buf *out)
{
    enum jpki_err err = JPKI_ERR_ARGUMENT;
    uint8_t digest[HASH_MAX_LEN] = { 0 };
    int good = 0;

    switch (state->kind) {
    case HASH_SHA1: good = SHA1_Final(digest, &state->u.sha1); break;
    case HASH_SHA224: good = SHA224_Final(digest, &state->u.sha256); break;
    case HASH_SHA256: good = SHA256_Final(digest, &state->u.sha256); break;
    case HASH_SHA384: good = SHA384_Final(digest, &state->u.sha512); break;
    case HASH_SHA512: good = SHA512_Final(digest, &state->u.sha512); break;
    case HASH_NONE:
    case HASH_COUNT: break;
    }
    if (good == 1)
        err = buf_put(out, slice_of(digest, hash_len(state->kind)));
    wipe(digest, sizeof(digest));
    wipe(state, sizeof(*state));
    return err;
}

enum jpki_err hash_once(enum hash kind, struct slice data, struct buf *out)
{
    struct hash_state state;
    enum jpki_err err = hash_begin(&state, kind);

    if (err == JPKI_OK)
        err = hash_update(&state, data);
    if (err == JPKI_OK)
        err = hash_end(&state, out);
    wipe(&state, sizeof(state));
    return err;
}

enum jpki_err digest_info_put(enum hash kind, struct slice digest, struct buf *out)
{
    size_t before = out->len;
    enum jpki_err err;

    if (hash_len(kind) == 0 || digest.len != hash_len(kind))
        return JPKI_ERR_ARGUMENT;
    err = buf_put(out, slice_of(hashes[kind].prefix, hashes[kind].prefix_len));
    if (err != JPKI_OK)
        return err;
    err = buf_put(out, digest);
    if (err != JPKI_OK)
        out->len = before;
    return err;
}

/* One of HMAC's two passes: hash the key, padded and xored with mask, then data (RFC 2104). */
static enum jpki_err hmac_pass(const uint8_t key[static HMAC_BLOCK_LEN], uint8_t mask,
                               struct slice data, struct buf *out)
{
    struct hash_state state;
    uint8_t block[HMAC_BLOCK_LEN];
    enum jpki_err err;

    for (size_t i = 0; i < sizeof(block); i++)
        block[i] = key[i] ^ mask;
    err = hash_begin(&state, HASH_SHA256);
    if (err == JPKI_OK)
        err = hash_update(&state, SLICE_OF(block));
    if (err == JPKI_OK)
        err = hash_update(&state, data);
    if (err == JPKI_OK)
        err = hash_end(&state, out);
    wipe(&state, sizeof(state));
    wipe(block, sizeof(block));
    return err;
}

/*
 * Written out: OpenSSL's HMAC() of 3.x goes through the application's default library context, and
 * EVP_MAC reads the application's openssl.cnf first, in a library context of our own too (measured
 * with 3.0).
 */
enum jpki_err keyed_hash(struct slice key, struct slice data,
                         uint8_t ret_hash[static KEYED_HASH_LEN])
{
    uint8_t block[HMAC_BLOCK_LEN] = { 0 }, inner[HASH_MAX_LEN], outer[HASH_MAX_LEN];
    struct buf inner_out = BUF_OVER(inner), outer_out = BUF_OVER(outer);
    struct buf key_out = BUF_OVER(block);
    enum jpki_err err;

    err = key.len > sizeof(block) ? hash_once(HASH_SHA256, key, &key_out) : buf_put(&key_out, key);
    if (err == JPKI_OK)
        err = hmac_pass(block, 0x36, data, &inner_out);
    if (err == JPKI_OK)
        err = hmac_pass(block, 0x5C, buf_slice(&inner_out), &outer_out);
    if (err == JPKI_OK)
        memcpy(ret_hash, outer, KEYED_HASH_LEN);
    wipe(block, sizeof(block));
    wipe(inner, sizeof(inner));
    wipe(outer, sizeof(outer));
    return err;
}
