/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hashes on the host, by OpenSSL.  They read no configuration, and no OpenSSL object outlives a
 * call: applications finalise modules in any order with OpenSSL's own exit handler.
 */
#ifndef MODULE_OSSL_H
#define MODULE_OSSL_H

#include "bytes.h"

#include <openssl/sha.h>

enum hash { HASH_NONE, HASH_SHA1, HASH_SHA224, HASH_SHA256, HASH_SHA384, HASH_SHA512, HASH_COUNT };

#define HASH_MAX_LEN 64
#define KEYED_HASH_LEN 16

/* A hash in progress: plain memory, no handle, so it may be dropped (after a wipe) at any time. */
struct hash_state {
    enum hash kind;
    union {
        SHA_CTX sha1;
        SHA256_CTX sha256; /* and SHA-224 */
        SHA512_CTX sha512; /* and SHA-384 */
    } u;
};

/*
 * Whether OpenSSL has not yet been shut down by the application or by the process's end: after that
 * its functions crash. Asked first by every call that needs more of it than a plain hash; such a
 * call then answers JPKI_ERR_UNSUPPORTED.
 */
bool ossl_alive(void);

/*
 * Let OpenSSL begin now if it has not, so that what it does at the program's exit is registered
 * before what its caller then registers.  It reads no configuration.  False if it has ended.
 */
bool ossl_start(void);

/* Bytes of a digest; 0 for HASH_NONE. */
size_t hash_len(enum hash kind);

enum jpki_err hash_begin(struct hash_state *state, enum hash kind) MUST_CHECK;
enum jpki_err hash_update(struct hash_state *state, struct slice data) MUST_CHECK;
/* Append the digest to out and wipe the state. */
enum jpki_err hash_end(struct hash_state *state, struct buf *out) MUST_CHECK;

/* The whole of data at once. */
enum jpki_err hash_once(enum hash kind, struct slice data, struct buf *out) MUST_CHECK;

/* Append the DER DigestInfo of a digest (prefix and digest) to out. */
enum jpki_err digest_info_put(enum hash kind, struct slice digest, struct buf *out) MUST_CHECK;

/* A short keyed hash (HMAC-SHA-256, cut) for remembering refused PINs without keeping them. */
enum jpki_err keyed_hash(struct slice key, struct slice data,
                         uint8_t ret_hash[static KEYED_HASH_LEN]) MUST_CHECK;

#endif
