/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hashes and signature checks on the host, by OpenSSL.  No OpenSSL object outlives a call: applications finalise modules in
 * any order with OpenSSL's own exit handler.  signature_check works in a private library context with the default provider,
 * never in the application's.  All the same OpenSSL 3.0 reads the application's openssl.cnf, once a process, before any
 * public-key work (measured), and that may load a PKCS#11 provider and through it this module: so signature_check is never
 * called with the card's lock held.  The other functions read no configuration.
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
 * Whether OpenSSL has not yet been shut down by the application or by the process's end: after that its functions crash.
 * Asked first by every call that needs more of it than a plain hash; such a call then answers JPKI_ERR_UNSUPPORTED.
 */
bool ossl_alive(void);

/*
 * Let OpenSSL begin now if it has not, so that what it does at the program's exit is registered before what its caller then
 * registers.  It reads no configuration.  False if it has ended.
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
enum jpki_err keyed_hash(struct slice key, struct slice data, uint8_t ret_hash[static KEYED_HASH_LEN]) MUST_CHECK;

enum sig_form {
    SIG_PKCS1, /* input: the bytes between the type 1 padding */
    SIG_PSS,   /* input: a SHA-256 digest; MGF1-SHA-256, salt 32 */
    SIG_ECDSA, /* input: a digest; signature: r || s of equal length */
};

/*
 * Check a signature against a public key (SubjectPublicKeyInfo, DER).  *ret_good is written on JPKI_OK; a signature that
 * does not fit is JPKI_OK with false.  JPKI_ERR_ARGUMENT: the key cannot be used.  JPKI_ERR_UNSUPPORTED: see ossl_alive.
 */
enum jpki_err signature_check(struct slice spki, enum sig_form form, struct slice input, struct slice signature,
                              bool *ret_good) MUST_CHECK;

/* The card's ECDSA signature, DER SEQUENCE of r and s, as PKCS#11 has it: r || s, each field_len bytes, appended to out. */
enum jpki_err ecdsa_flatten(struct slice der, size_t field_len, struct buf *out) MUST_CHECK;

#endif
