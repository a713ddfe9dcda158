/* SPDX-License-Identifier: BSD-3-Clause */
/* timegm is no part of C11 */
#define _DEFAULT_SOURCE

#include "cert.h"

#include "ossl.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_SEQUENCE 0x30
#define TAG_VERSION 0xA0 /* [0] EXPLICIT */

#define RSA_KEY_LEN 256
#define RSA_CA_KEY_MAX 1024
#define EC_POINT_LEN 97                    /* 04, x, y of P-384 */
#define EC_POINT_DER_LEN (2 + EC_POINT_LEN) /* as an OCTET STRING */
#define USAGE_BITS 9
#define USAGE_ALL ((1U << USAGE_BITS) - 1)
#define SERIAL_TEXT_BYTES 8

/* AlgorithmIdentifiers of the two kinds of key, whole: rsaEncryption with NULL; ecPublicKey with secp384r1. */
static const uint8_t alg_rsa[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01,
                                   0x05, 0x00 };
static const uint8_t alg_p384[] = { 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
                                    0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22 };
#define P384_OID_OFFSET 11

/*
 * Step over a tag and its length (DER: definite and as short as can be).  The contents may reach beyond what is at hand.
 */
static bool der_open(struct slice *rest, uint8_t tag, size_t *ret_len)
{
    size_t head = 2, len, count;

    if (rest->len < 2 || rest->ptr[0] != tag) {
        return false;
    }
    len = rest->ptr[1];
    if (len >= 0x80) {
        count = len - 0x80;
        if (count < 1 || count > 2 || rest->len < 2 + count) { /* no certificate of 64 KiB or more is believed */
            return false;
        }
        head += count;
        len = rest->ptr[2];
        if (count == 2) {
            len = len << 8 | rest->ptr[3];
        }
        if (len < (count == 1 ? 0x80U : 0x100U)) {
            return false;
        }
    }
    *rest = slice_of(rest->ptr + head, rest->len - head);
    *ret_len = len;
    return true;
}

/* Take one complete element off the front of rest.  ret_whole may be NULL; ret_inside is what is between head and end. */
static bool der_take(struct slice *rest, uint8_t tag, struct slice *ret_whole, struct slice *ret_inside)
{
    struct slice after = *rest;
    size_t len = 0;

    if (!der_open(&after, tag, &len) || len > after.len) {
        return false;
    }
    if (ret_whole) {
        *ret_whole = slice_of(rest->ptr, (size_t)(after.ptr - rest->ptr) + len);
    }
    *ret_inside = slice_of(after.ptr, len);
    *rest = slice_of(after.ptr + len, after.len - len);
    return true;
}

/* Enter certificate and TBSCertificate as far as they are at hand and stop before the serial number. */
static bool cert_enter(struct slice *rest)
{
    struct slice version;
    size_t len = 0;

    return der_open(rest, TAG_SEQUENCE, &len) && der_open(rest, TAG_SEQUENCE, &len) &&
           (rest->len == 0 || rest->ptr[0] != TAG_VERSION || der_take(rest, TAG_VERSION, NULL, &version));
}

/* Fill the slices of facts from its der, which must be one element without trailing bytes. */
static bool cert_walk(struct cert_facts *facts, struct slice *ret_spki_inside)
{
    struct slice whole = facts->der, rest = facts->der, inside;

    return der_take(&whole, TAG_SEQUENCE, NULL, &inside) && whole.len == 0 && cert_enter(&rest) &&
           der_take(&rest, TAG_INTEGER, &facts->serial, &inside) &&
           der_take(&rest, TAG_SEQUENCE, NULL, &inside) && /* signature algorithm */
           der_take(&rest, TAG_SEQUENCE, &facts->issuer, &inside) &&
           der_take(&rest, TAG_SEQUENCE, NULL, &inside) && /* validity: OpenSSL reads it */
           der_take(&rest, TAG_SEQUENCE, &facts->subject, &inside) &&
           der_take(&rest, TAG_SEQUENCE, &facts->spki, ret_spki_inside);
}

/* An INTEGER's value, big endian without the leading zero of the sign. */
static bool integer_take(struct slice *rest, struct slice *ret_value)
{
    struct slice value;

    if (!der_take(rest, TAG_INTEGER, NULL, &value) || value.len == 0) {
        return false;
    }
    if (value.len > 1 && value.ptr[0] == 0) {
        value = slice_part(value, 1, value.len - 1);
    }
    *ret_value = value;
    return true;
}

static bool rsa_walk(struct cert_facts *facts, struct slice bits)
{
    struct slice inside;

    if (!der_take(&bits, TAG_SEQUENCE, NULL, &inside) || bits.len != 0) {
        return false;
    }
    if (!integer_take(&inside, &facts->modulus) || !integer_take(&inside, &facts->exponent) || inside.len != 0) {
        return false;
    }
    facts->key = KEY_RSA_2048;
    facts->bits = (unsigned)facts->modulus.len * 8;
    /* the card's own keys sign and must be of the size the mechanisms say; a CA's is only shown */
    return facts->modulus.ptr[0] >= 0x80 && facts->modulus.len >= RSA_KEY_LEN &&
           facts->modulus.len <= (facts->is_ca ? RSA_CA_KEY_MAX : RSA_KEY_LEN);
}

/* point_der is room inside the facts' allocation. */
static bool ec_walk(struct cert_facts *facts, struct slice params, struct slice bits, uint8_t *point_der)
{
    if (bits.len != EC_POINT_LEN || bits.ptr[0] != 0x04) {
        return false;
    }
    point_der[0] = TAG_OCTET_STRING;
    point_der[1] = EC_POINT_LEN;
    memcpy(point_der + 2, bits.ptr, EC_POINT_LEN);
    facts->ec_params = params;
    facts->ec_point = slice_of(point_der, EC_POINT_DER_LEN);
    facts->key = KEY_EC_P384;
    facts->bits = 384;
    return true;
}

/* The key's parts and its SHA-1, from what stands inside the SubjectPublicKeyInfo. */
static bool key_walk(struct cert_facts *facts, struct slice spki, uint8_t *point_der)
{
    struct buf digest = BUF_OVER(facts->subject_key_sha1);
    struct slice alg, bits, inside;

    if (!der_take(&spki, TAG_SEQUENCE, &alg, &inside) || !der_take(&spki, TAG_BIT_STRING, NULL, &bits) ||
        bits.len < 2 || bits.ptr[0] != 0) { /* no unused bits */
        return false;
    }
    bits = slice_part(bits, 1, bits.len - 1);
    if (hash_once(HASH_SHA1, bits, &digest) != JPKI_OK) {
        return false;
    }
    if (slice_equal(alg, SLICE_OF(alg_rsa))) {
        return rsa_walk(facts, bits);
    }
    if (slice_equal(alg, SLICE_OF(alg_p384))) {
        return ec_walk(facts, slice_part(alg, P384_OID_OFFSET, alg.len - P384_OID_OFFSET), bits, point_der);
    }
    return false;
}

/* One end of the validity as date and as seconds. */
static bool time_read(const ASN1_TIME *time, char ret_date[static 8], int64_t *ret_seconds)
{
    char text[48];
    struct tm tm = { 0 };

    if (!time || ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    if (snprintf(text, sizeof(text), "%04d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) != 8) {
        return false;
    }
    memcpy(ret_date, text, 8);
    *ret_seconds = (int64_t)timegm(&tm);
    return true;
}

/*
 * The two extensions that matter, each decoded by itself: X509_get_key_usage would give up for a certificate with any
 * extension that OpenSSL cannot read.
 */
static bool extensions_read(const X509 *x509, struct cert_facts *facts)
{
    int usage_state = 0, basic_state = 0; /* -1 is absent, -2 is there twice */
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(x509, NID_key_usage, &usage_state, NULL);
    BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(x509, NID_basic_constraints, &basic_state, NULL);
    bool good = (usage || usage_state == -1) && (basic || basic_state == -1);

    facts->usage = usage ? 0 : USAGE_ALL;
    for (int bit = 0; usage && bit < USAGE_BITS; bit++) {
        facts->usage |= ASN1_BIT_STRING_get_bit(usage, bit) == 1 ? 1U << bit : 0;
    }
    facts->is_ca = basic && basic->ca != 0;
    BASIC_CONSTRAINTS_free(basic);
    ASN1_BIT_STRING_free(usage);
    return good;
}

/* What OpenSSL is asked for: whether it is a certificate with a sound key, its validity, its extensions. */
static enum jpki_err x509_read(struct cert_facts *facts)
{
    enum jpki_err err = JPKI_ERR_MEMORY;
    const uint8_t *next = facts->der.ptr;
    OSSL_LIB_CTX *libctx = NULL;
    X509 *x509 = NULL;

    ERR_set_mark(); /* the error queue is the application's: leave it as it was */
    libctx = OSSL_LIB_CTX_new();
    if (!libctx) {
        goto out;
    }
    x509 = X509_new_ex(libctx, NULL);
    if (!x509) {
        goto out;
    }
    err = JPKI_ERR_PROTOCOL;
    if (!d2i_X509(&x509, &next, (long)facts->der.len) || next != facts->der.ptr + facts->der.len) {
        goto out;
    }
    if (!X509_get0_pubkey(x509) || !extensions_read(x509, facts)) {
        goto out;
    }
    if (!time_read(X509_get0_notBefore(x509), facts->start, &facts->not_before) ||
        !time_read(X509_get0_notAfter(x509), facts->end, &facts->not_after)) {
        goto out;
    }
    err = JPKI_OK;
out:
    X509_free(x509);
    OSSL_LIB_CTX_free(libctx);
    ERR_pop_to_mark();
    return err;
}

/* Facts, certificate and EC point lie in one piece. */
static size_t facts_size(size_t der_len)
{
    return sizeof(struct cert_facts) + der_len + EC_POINT_DER_LEN;
}

enum jpki_err cert_parse(struct slice der, const struct cert_facts **ret_facts)
{
    enum jpki_err err = JPKI_ERR_PROTOCOL;
    struct cert_facts *facts = NULL;
    struct slice spki;
    struct buf digest;
    uint8_t *room;

    if (der.len == 0 || der.len > UINT16_MAX) {
        return JPKI_ERR_PROTOCOL;
    }
    facts = calloc(1, facts_size(der.len));
    if (!facts) {
        return JPKI_ERR_MEMORY;
    }
    atomic_init(&facts->refs, 1);
    room = (uint8_t *)(facts + 1);
    memcpy(room, der.ptr, der.len);
    facts->der = slice_of(room, der.len);
    if (!cert_walk(facts, &spki)) {
        goto out;
    }
    err = x509_read(facts);
    if (err != JPKI_OK) {
        goto out;
    }
    err = JPKI_ERR_PROTOCOL;
    digest = BUF_OVER(facts->sha1);
    if (!key_walk(facts, spki, room + der.len) || hash_once(HASH_SHA1, facts->der, &digest) != JPKI_OK) {
        goto out;
    }
    *ret_facts = facts;
    facts = NULL;
    err = JPKI_OK;
out:
    cert_unref(facts);
    return err;
}

/* The count is the one thing in facts that changes; users see them as const. */
static atomic_uint *facts_refs(const struct cert_facts *facts)
{
    return &((struct cert_facts *)(uintptr_t)facts)->refs;
}

const struct cert_facts *cert_ref(const struct cert_facts *facts)
{
    if (facts) {
        atomic_fetch_add(facts_refs(facts), 1);
    }
    return facts;
}

const struct cert_facts *cert_unref(const struct cert_facts *facts)
{
    void *memory = (void *)(uintptr_t)facts;

    if (facts && atomic_fetch_sub(facts_refs(facts), 1) == 1) {
        wipe(memory, facts_size(facts->der.len));
        free(memory);
    }
    return NULL;
}

enum jpki_err cert_head_serial(struct slice head, char ret_serial[static 17])
{
    static const char digits[] = "0123456789ABCDEF";
    struct slice serial;
    size_t skip;

    if (!cert_enter(&head) || !integer_take(&head, &serial)) {
        return JPKI_ERR_PROTOCOL;
    }
    skip = serial.len > SERIAL_TEXT_BYTES ? serial.len - SERIAL_TEXT_BYTES : 0;
    serial = slice_part(serial, skip, serial.len - skip);
    for (size_t i = 0; i < serial.len; i++) {
        ret_serial[2 * i] = digits[serial.ptr[i] >> 4];
        ret_serial[2 * i + 1] = digits[serial.ptr[i] & 0x0F];
    }
    ret_serial[2 * serial.len] = '\0';
    return JPKI_OK;
}
