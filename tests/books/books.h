/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of the books share: throw-away keys and certificates under O=JPKI-TEST, made anew
 * in each run, and the suites.
 */
#ifndef TESTS_BOOKS_H
#define TESTS_BOOKS_H

#include "bytes.h"

#include <check.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define BOOKS_DER_MAX 4096

/* What a certificate shall be like. */
struct cert_wish {
    EVP_PKEY *key;
    const char *usage;       /* keyUsage as OpenSSL's configuration writes it; NULL for none */
    const char *constraints; /* basicConstraints; NULL for none */
    const char *serial;      /* hexadecimal */
    bool odd_extension;      /* a critical extension that nobody knows */
};

struct test_cert {
    uint8_t der[BOOKS_DER_MAX];
    size_t len;
    X509 *x509; /* the same, for asking OpenSSL */
};

/* Made once before the first test; every test's process inherits them. */
struct books_world {
    EVP_PKEY *rsa, *small_rsa, *big_rsa, *p384, *p256;
    struct test_cert auth, auth_ca, ec; /* RSA-2048 end entity; its CA; P-384 end entity */
};
extern struct books_world world;

void books_world_make(void);
void books_world_free(void);

/* Make one certificate; aborts the test program if OpenSSL cannot. */
void test_cert_make(const struct cert_wish *wish, struct test_cert *ret_cert);
void test_cert_free(struct test_cert *cert);
struct slice test_cert_der(const struct test_cert *cert);

/* SubjectPublicKeyInfo of a key into out (room BOOKS_DER_MAX). */
struct slice test_spki(EVP_PKEY *key, uint8_t out[static BOOKS_DER_MAX]);

/*
 * For what ruins a process: true in a new child, which ends by test_child_end; false, once the
 * child has ended well, in the parent.  A child that crashes or ends badly fails the test.
 */
bool test_is_child(void);
void test_child_end(bool good) __attribute__((noreturn));

#define ck_slice_eq(a, b) ck_assert_msg(slice_equal((a), (b)), "the bytes differ: %s, %s", #a, #b)

Suite *attr_suite(void);
Suite *cert_suite(void);
Suite *config_suite(void);
Suite *sources_suite(void);
Suite *mech_suite(void);
Suite *object_suite(void);
Suite *ossl_suite(void);
Suite *rv_suite(void);
Suite *signature_suite(void);

#endif
