/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct books_world world;

/* Without keys and certificates there is nothing to test. */
static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "cannot make the test's certificates: %s\n", what);
        abort();
    }
}

static void extension_add(X509 *x509, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;

    if (value == NULL) {
        return;
    }
    X509V3_set_ctx(&ctx, x509, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    must(extension != NULL && X509_add_ext(x509, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

/* An OID of the arc for examples, so that nobody knows it. */
static void odd_extension_add(X509 *x509)
{
    static const uint8_t value[] = { 0x05, 0x00 };
    ASN1_OBJECT *oid = OBJ_txt2obj("2.999.1", 1);
    ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
    X509_EXTENSION *extension;

    must(oid != NULL && octets != NULL && ASN1_OCTET_STRING_set(octets, value, sizeof(value)) == 1,
         "odd extension");
    extension = X509_EXTENSION_create_by_OBJ(NULL, oid, 1, octets);
    must(extension != NULL && X509_add_ext(x509, extension, -1) == 1, "odd extension");
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(octets);
    ASN1_OBJECT_free(oid);
}

static void names_set(X509 *x509)
{
    X509_NAME *issuer = X509_NAME_new(), *subject = X509_NAME_new();

    must(issuer != NULL && subject != NULL, "names");
    must(X509_NAME_add_entry_by_txt(issuer, "C", MBSTRING_ASC, (const uint8_t *)"JP", -1, -1, 0) ==
             1,
         "C");
    must(X509_NAME_add_entry_by_txt(issuer, "O", MBSTRING_UTF8, (const uint8_t *)"JPKI-TEST", -1,
                                    -1, 0) == 1,
         "O");
    must(X509_NAME_add_entry_by_txt(subject, "C", MBSTRING_ASC, (const uint8_t *)"JP", -1, -1, 0) ==
             1,
         "C");
    must(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const uint8_t *)"JPKI-TEST", -1,
                                    -1, 0) == 1,
         "O");
    must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)"BOOK0001", -1,
                                    -1, 0) == 1,
         "CN");
    must(X509_set_issuer_name(x509, issuer) == 1 && X509_set_subject_name(x509, subject) == 1,
         "names");
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
}

void test_cert_make(const struct cert_wish *wish, struct test_cert *ret_cert)
{
    X509 *x509 = X509_new();
    BIGNUM *serial = NULL;
    uint8_t *next = ret_cert->der;
    int len;

    must(x509 != NULL && X509_set_version(x509, X509_VERSION_3) == 1, "version");
    must(BN_hex2bn(&serial, wish->serial) > 0 &&
             BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509)) != NULL,
         "serial");
    names_set(x509);
    must(ASN1_TIME_set_string_X509(X509_getm_notBefore(x509), "20251027030405Z") == 1,
         "not before");
    must(ASN1_TIME_set_string_X509(X509_getm_notAfter(x509), "20550217145959Z") == 1, "not after");
    must(X509_set_pubkey(x509, wish->key) == 1, "key");
    extension_add(x509, NID_key_usage, wish->usage);
    extension_add(x509, NID_basic_constraints, wish->constraints);
    if (wish->odd_extension) {
        odd_extension_add(x509);
    }
    must(X509_sign(x509, wish->key, EVP_sha256()) > 0, "signature");
    len = i2d_X509(x509, NULL);
    must(len > 0 && len <= BOOKS_DER_MAX, "length");
    ret_cert->len = (size_t)i2d_X509(x509, &next);
    ret_cert->x509 = x509;
    BN_free(serial);
}

void test_cert_free(struct test_cert *cert)
{
    X509_free(cert->x509);
    cert->x509 = NULL;
}

struct slice test_cert_der(const struct test_cert *cert)
{
    return slice_of(cert->der, cert->len);
}

struct slice test_spki(EVP_PKEY *key, uint8_t out[static BOOKS_DER_MAX])
{
    uint8_t *next = out;
    int len = i2d_PUBKEY(key, NULL);

    must(len > 0 && len <= BOOKS_DER_MAX, "public key");
    len = i2d_PUBKEY(key, &next);
    return slice_of(out, (size_t)len);
}

bool test_is_child(void)
{
    pid_t child = fork();
    int status = 0;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        return true;
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ended with status 0x%x",
                  (unsigned)status);
    return false;
}

void test_child_end(bool good)
{
    _exit(good ? 0 : 1);
}

void books_world_make(void)
{
    world.rsa = EVP_RSA_gen(2048);
    world.small_rsa = EVP_RSA_gen(1024);
    world.big_rsa = EVP_RSA_gen(3072);
    world.p384 = EVP_EC_gen("P-384");
    world.p256 = EVP_EC_gen("P-256");
    must(world.rsa != NULL && world.small_rsa != NULL && world.big_rsa != NULL &&
             world.p384 != NULL && world.p256 != NULL,
         "keys");
    test_cert_make(
        &(struct cert_wish){ world.rsa, "critical,digitalSignature", NULL, "0132C4AB", true },
        &world.auth);
    test_cert_make(&(struct cert_wish){ world.big_rsa, "critical,keyCertSign,cRLSign",
                                        "critical,CA:TRUE", "01", false },
                   &world.auth_ca);
    test_cert_make(&(struct cert_wish){ world.p384, "critical,digitalSignature,nonRepudiation",
                                        NULL, "FEDCBA98765432100123456789", false },
                   &world.ec);
}

void books_world_free(void)
{
    test_cert_free(&world.auth);
    test_cert_free(&world.auth_ca);
    test_cert_free(&world.ec);
    EVP_PKEY_free(world.rsa);
    EVP_PKEY_free(world.small_rsa);
    EVP_PKEY_free(world.big_rsa);
    EVP_PKEY_free(world.p384);
    EVP_PKEY_free(world.p256);
}
