/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wanted of a certificate, copied out of it once.
 */
#ifndef MODULE_CERT_H
#define MODULE_CERT_H

#include "profile.h"

#include <stdatomic.h>

/* keyUsage bits as the standard numbers them, bit n is 1 << n. */
enum key_usage {
    USAGE_DIGITAL_SIGNATURE = 1,
    USAGE_NON_REPUDIATION = 2,
    USAGE_CERT_SIGN = 32,
    USAGE_CRL_SIGN = 64
};

/* Shared and never changed once made; the slices point into der or into the same allocation. */
struct cert_facts {
    atomic_uint refs;
    bool personal;                    /* it lies in pages of its own (pages.h) */
    struct slice der;                 /* the whole certificate */
    struct slice subject, issuer;     /* DER names as in the certificate */
    struct slice serial;              /* DER INTEGER with tag and length */
    struct slice spki;                /* SubjectPublicKeyInfo, DER */
    struct slice modulus, exponent;   /* RSA, big endian without leading zeros; empty for EC */
    struct slice ec_params, ec_point; /* DER OID and DER OCTET STRING; empty for RSA */
    enum key_kind key;
    /* key_usage bits; all of them if the certificate has no keyUsage */
    unsigned usage;
    char start[8], end[8];         /* YYYYMMDD, UTC, not terminated */
    int64_t not_before, not_after; /* seconds since 1970 */
    bool is_ca;
    /* of the certificate; its first three bytes are CKA_CHECK_VALUE */
    uint8_t sha1[20];
    uint8_t subject_key_sha1[20]; /* SHA-1 of the public key's bit string */
};

/*
 * Parse exactly der (copied; personal: into memory that leaves the process in no way).  The result
 * has one reference. JPKI_ERR_PROTOCOL if it is no certificate that can be used, JPKI_ERR_MEMORY.
 */
enum jpki_err cert_parse(struct slice der, bool personal,
                         const struct cert_facts **ret_facts) MUST_CHECK;

/* One more user of the same facts; NULL gives NULL. */
const struct cert_facts *cert_ref(const struct cert_facts *facts);

/* One user less; the last one frees, and wipes what is personal.  Takes NULL, returns NULL. */
const struct cert_facts *cert_unref(const struct cert_facts *facts);

#endif
