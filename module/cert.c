/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The certificate is read by hand.  OpenSSL's d2i_X509 looks every object identifier up, and for
 * one it does not know, as JPKI certificates have, it first loads the application's openssl.cnf: in
 * a private library context too (measured with 3.0).  That configuration may load a PKCS#11
 * provider, and that this module, while it holds the card.  Reading it here also works after
 * OpenSSL is shut down, and is faster.
 */
#include "cert.h"

#include "ossl.h"
#include "p384.h"
#include "pages.h"
#include "tlv.h"

#include <stdlib.h>
#include <string.h>

#define TAG_BOOLEAN 0x01
#define TAG_INTEGER 0x02
#define TAG_BIT_STRING 0x03
#define TAG_OCTET_STRING 0x04
#define TAG_OID 0x06
#define TAG_UTC_TIME 0x17
#define TAG_GENERALIZED_TIME 0x18
#define TAG_SEQUENCE 0x30
#define TAG_ISSUER_ID 0x81  /* [1] IMPLICIT BIT STRING */
#define TAG_SUBJECT_ID 0x82 /* [2] */
#define TAG_VERSION 0xA0    /* [0] EXPLICIT */
#define TAG_EXTENSIONS 0xA3 /* [3] */

#define RSA_KEY_LEN 256
#define RSA_CA_KEY_MAX 1024
#define USAGE_BITS 9
#define USAGE_ALL ((1U << USAGE_BITS) - 1)

/* AlgorithmIdentifiers of the two kinds of key, whole: rsaEncryption with NULL; ecPublicKey with
 * secp384r1. */
static const uint8_t alg_rsa[] = { 0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                   0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00 };
static const uint8_t alg_p384[] = { 0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                    0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22 };
#define P384_OID_OFFSET 11

/* Object identifiers of the extensions that matter, without tag and length: keyUsage,
 * basicConstraints. */
static const uint8_t oid_usage[] = { 0x55, 0x1D, 0x0F };
static const uint8_t oid_constraints[] = { 0x55, 0x1D, 0x13 };

static bool tag_next(struct slice rest, uint8_t tag)
{
    return rest.len > 0 && rest.ptr[0] == tag;
}

/* Take one complete element off the front of rest.  ret_whole may be NULL; ret_inside is what is
 * between head and end. */
static bool der_take(struct slice *rest, uint8_t tag, struct slice *ret_whole,
                     struct slice *ret_inside)
{
    const struct slice before = *rest;
    uint8_t found;

    if (!tag_next(*rest, tag) || tlv_take(rest, &found, ret_inside) != JPKI_OK)
        return false;
    if (ret_whole != NULL)
        *ret_whole = slice_part(before, 0, before.len - rest->len);
    return true;
}

/* What is not needed, and may be missing. */
static bool der_skip(struct slice *rest, uint8_t tag)
{
    struct slice inside;

    return !tag_next(*rest, tag) || der_take(rest, tag, NULL, &inside);
}

/* The parts of a certificate that are looked into further. */
struct cert_parts {
    struct slice validity, spki, extensions; /* what is inside of each */
};

/* Fill the slices of facts from its der, which must be one certificate without trailing bytes
 * (RFC 5280, section 4.1). */
static bool cert_walk(struct cert_facts *facts, struct cert_parts *ret_parts)
{
    struct slice rest = facts->der, cert, tbs, inside;
    struct cert_parts parts = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
    bool good;

    if (!der_take(&rest, TAG_SEQUENCE, NULL, &cert) || rest.len != 0)
        return false;
    if (!der_take(&cert, TAG_SEQUENCE, NULL, &tbs) ||
        !der_take(&cert, TAG_SEQUENCE, NULL, &inside) ||
        !der_take(&cert, TAG_BIT_STRING, NULL, &inside) || cert.len != 0)
        return false;
    good = der_skip(&tbs, TAG_VERSION) && der_take(&tbs, TAG_INTEGER, &facts->serial, &inside) &&
           inside.len > 0 &&
           der_take(&tbs, TAG_SEQUENCE, NULL, &inside) && /* signature algorithm */
           der_take(&tbs, TAG_SEQUENCE, &facts->issuer, &inside) &&
           der_take(&tbs, TAG_SEQUENCE, NULL, &parts.validity) &&
           der_take(&tbs, TAG_SEQUENCE, &facts->subject, &inside) &&
           der_take(&tbs, TAG_SEQUENCE, &facts->spki, &parts.spki) &&
           der_skip(&tbs, TAG_ISSUER_ID) && der_skip(&tbs, TAG_SUBJECT_ID);
    if (good && tag_next(tbs, TAG_EXTENSIONS)) {
        good = der_take(&tbs, TAG_EXTENSIONS, NULL, &inside) &&
               der_take(&inside, TAG_SEQUENCE, NULL, &parts.extensions) && inside.len == 0;
    }
    if (!good || tbs.len != 0)
        return false;
    *ret_parts = parts;
    return true;
}

/* An INTEGER's value, big endian without the leading zero of the sign. */
static bool integer_take(struct slice *rest, struct slice *ret_value)
{
    struct slice value;

    if (!der_take(rest, TAG_INTEGER, NULL, &value) || value.len == 0)
        return false;
    if (value.len > 1 && value.ptr[0] == 0)
        value = slice_part(value, 1, value.len - 1);
    *ret_value = value;
    return true;
}

static bool rsa_walk(struct cert_facts *facts, struct slice bits)
{
    struct slice inside;

    if (!der_take(&bits, TAG_SEQUENCE, NULL, &inside) || bits.len != 0)
        return false;
    if (!integer_take(&inside, &facts->modulus) || !integer_take(&inside, &facts->exponent) ||
        inside.len != 0)
        return false;
    facts->key = KEY_RSA_2048;
    /* the card's own keys sign and must be of the size the mechanisms say; a CA's is only shown */
    return facts->modulus.ptr[0] >= 0x80 && facts->modulus.len >= RSA_KEY_LEN &&
           facts->modulus.len <= (facts->is_ca ? RSA_CA_KEY_MAX : RSA_KEY_LEN);
}

/* The key's parts and its SHA-1, from what stands inside the SubjectPublicKeyInfo. */
static bool key_walk(struct cert_facts *facts, struct slice spki, uint8_t *point_der)
{
    struct buf digest = BUF_OVER(facts->subject_key_sha1);
    struct slice alg, bits, inside;

    if (!der_take(&spki, TAG_SEQUENCE, &alg, &inside) ||
        !der_take(&spki, TAG_BIT_STRING, NULL, &bits) || spki.len != 0 || bits.len < 2 ||
        bits.ptr[0] != 0) { /* no unused bits */
        return false;
    }
    bits = slice_part(bits, 1, bits.len - 1);
    if (hash_once(HASH_SHA1, bits, &digest) != JPKI_OK)
        return false;
    if (slice_equal(alg, SLICE_OF(alg_rsa)))
        return rsa_walk(facts, bits);
    if (slice_equal(alg, SLICE_OF(alg_p384))) {
        facts->key = KEY_EC_P384;
        facts->ec_params = slice_part(alg, P384_OID_OFFSET, alg.len);
        return p384_point(bits, point_der, &facts->ec_point);
    }
    return false;
}

/* Two digits as a number, or -1. */
static int pair_read(const uint8_t *digits)
{
    bool good = digits[0] >= '0' && digits[0] <= '9' && digits[1] >= '0' && digits[1] <= '9';

    return good ? (digits[0] - '0') * 10 + (digits[1] - '0') : -1;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar; years are counted from March, so
 * that leap days end them. */
static int64_t days_since_1970(int year, int month, int day)
{
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t years = month > 2 ? year : year - 1;

    return years * 365 + years / 4 - years / 100 + years / 400 + (from_march * 153 + 2) / 5 + day -
           1 - 719468;
}

/* Take one end of the validity as date and as seconds: UTCTime or GeneralizedTime, in UTC (RFC
 * 5280, section 4.1.2.5). */
static bool time_take(struct slice *rest, char ret_date[static 8], int64_t *ret_seconds)
{
    /* century, year, month, day, hour, minute, second */
    static const int most[] = { 99, 99, 12, 31, 23, 59, 59 };
    bool utc = tag_next(*rest, TAG_UTC_TIME);
    uint8_t text[15];
    struct slice value;
    int part[7];

    if (!der_take(rest, utc ? TAG_UTC_TIME : TAG_GENERALIZED_TIME, NULL, &value) ||
        value.len != (utc ? 13U : 15U))
        return false;
    memcpy(text + sizeof(text) - value.len, value.ptr, value.len);
    if (utc)
        memcpy(text, value.ptr[0] >= '5' ? "19" : "20", 2);
    for (size_t i = 0; i < 7; i++) {
        part[i] = pair_read(text + 2 * i);
        if (part[i] < 0 || part[i] > most[i])
            return false;
    }
    if (text[14] != 'Z' || part[2] < 1 || part[3] < 1)
        return false;
    memcpy(ret_date, text, 8);
    *ret_seconds = days_since_1970(part[0] * 100 + part[1], part[2], part[3]) * 86400 +
                   part[4] * 3600 + part[5] * 60 + part[6];
    return true;
}

static bool validity_walk(struct cert_facts *facts, struct slice validity)
{
    return time_take(&validity, facts->start, &facts->not_before) &&
           time_take(&validity, facts->end, &facts->not_after) && validity.len == 0;
}

/* keyUsage: a BIT STRING whose bit 0 is the highest of the first byte. */
static bool usage_read(struct slice value, unsigned *ret_usage)
{
    struct slice bits;
    unsigned usage = 0;

    if (!der_take(&value, TAG_BIT_STRING, NULL, &bits) || value.len != 0 || bits.len < 2 ||
        bits.len > 3 || bits.ptr[0] > 7)
        return false;
    for (unsigned bit = 0; bit < USAGE_BITS && bit / 8 + 1 < bits.len; bit++)
        usage |= (bits.ptr[bit / 8 + 1] & (0x80U >> bit % 8)) != 0 ? 1U << bit : 0;
    *ret_usage = usage;
    return true;
}

/* basicConstraints: SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL }. */
static bool constraints_read(struct slice value, bool *ret_ca)
{
    struct slice inside, truth = { NULL, 0 };

    if (!der_take(&value, TAG_SEQUENCE, NULL, &inside) || value.len != 0)
        return false;
    if (tag_next(inside, TAG_BOOLEAN) &&
        (!der_take(&inside, TAG_BOOLEAN, NULL, &truth) || truth.len != 1))
        return false;
    if (!der_skip(&inside, TAG_INTEGER) || inside.len != 0)
        return false;
    *ret_ca = truth.len == 1 && truth.ptr[0] != 0;
    return true;
}

/* Look through all extensions for the two that matter; what the others hold is nobody's business
 * here. */
static bool extensions_walk(struct cert_facts *facts, struct slice extensions)
{
    struct slice extension, oid, value;
    bool has_usage = false, has_constraints = false;

    facts->usage = USAGE_ALL;
    while (extensions.len > 0) {
        if (!der_take(&extensions, TAG_SEQUENCE, NULL, &extension) ||
            !der_take(&extension, TAG_OID, NULL, &oid) || !der_skip(&extension, TAG_BOOLEAN) ||
            !der_take(&extension, TAG_OCTET_STRING, NULL, &value) || extension.len != 0)
            return false;
        if (slice_equal(oid, SLICE_OF(oid_usage))) {
            if (has_usage || !usage_read(value, &facts->usage))
                return false;
            has_usage = true;
        }
        if (slice_equal(oid, SLICE_OF(oid_constraints))) {
            if (has_constraints || !constraints_read(value, &facts->is_ca))
                return false;
            has_constraints = true;
        }
    }
    return true;
}

/* Facts, certificate and EC point lie in one piece. */
static size_t facts_size(size_t der_len)
{
    return sizeof(struct cert_facts) + der_len + P384_POINT_DER_LEN;
}

enum jpki_err cert_parse(struct slice der, bool personal, const struct cert_facts **ret_facts)
{
    enum jpki_err err = JPKI_ERR_PROTOCOL;
    struct cert_facts *facts = NULL;
    struct cert_parts parts;
    struct buf digest;
    uint8_t *room;

    if (der.len == 0 || der.len > UINT16_MAX)
        return JPKI_ERR_PROTOCOL;
    facts = personal ? pages_new(facts_size(der.len)) : calloc(1, facts_size(der.len));
    if (facts == NULL)
        return JPKI_ERR_MEMORY;
    atomic_init(&facts->refs, 1);
    facts->personal = personal;
    room = (uint8_t *)(facts + 1);
    memcpy(room, der.ptr, der.len);
    facts->der = slice_of(room, der.len);
    digest = BUF_OVER(facts->sha1);
    if (!cert_walk(facts, &parts) || !validity_walk(facts, parts.validity) ||
        !extensions_walk(facts, parts.extensions) || !key_walk(facts, parts.spki, room + der.len) ||
        hash_once(HASH_SHA1, facts->der, &digest) != JPKI_OK)
        goto out;
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
    if (facts != NULL)
        atomic_fetch_add(facts_refs(facts), 1);
    return facts;
}

const struct cert_facts *cert_unref(const struct cert_facts *facts)
{
    void *memory = (void *)(uintptr_t)facts;

    if (facts == NULL || atomic_fetch_sub(facts_refs(facts), 1) != 1)
        return NULL;
    if (facts->personal) {
        pages_free(memory, facts_size(facts->der.len));
    } else {
        free(memory);
    }
    return NULL;
}
