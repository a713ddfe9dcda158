/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "card.h"
#include "cert.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

static const struct cert_facts *parse(const struct test_cert *cert)
{
    const struct cert_facts *facts = NULL;

    ck_assert_int_eq(cert_parse(test_cert_der(cert), false, &facts), JPKI_OK);
    ck_assert_ptr_nonnull(facts);
    return facts;
}

static void check_names(const struct cert_facts *facts, const struct test_cert *cert)
{
    uint8_t *der = NULL;
    int len = i2d_X509_NAME(X509_get_subject_name(cert->x509), &der);

    ck_slice_eq(facts->subject, slice_of(der, (size_t)len));
    OPENSSL_free(der);
    der = NULL;
    len = i2d_X509_NAME(X509_get_issuer_name(cert->x509), &der);
    ck_slice_eq(facts->issuer, slice_of(der, (size_t)len));
    OPENSSL_free(der);
    der = NULL;
    len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert->x509), &der);
    ck_slice_eq(facts->serial, slice_of(der, (size_t)len));
    OPENSSL_free(der);
}

static void check_hashes(const struct cert_facts *facts, const struct test_cert *cert)
{
    uint8_t digest[EVP_MAX_MD_SIZE], spki[BOOKS_DER_MAX];
    unsigned len = 0;

    ck_assert_int_eq(X509_digest(cert->x509, EVP_sha1(), digest, &len), 1);
    ck_slice_eq(SLICE_OF(facts->sha1), slice_of(digest, len));
    ck_assert_int_eq(X509_pubkey_digest(cert->x509, EVP_sha1(), digest, &len), 1);
    ck_slice_eq(SLICE_OF(facts->subject_key_sha1), slice_of(digest, len));
    ck_slice_eq(facts->spki, test_spki(X509_get0_pubkey(cert->x509), spki));
}

static void check_number(struct slice got, EVP_PKEY *key, const char *name)
{
    uint8_t bytes[512];
    BIGNUM *number = NULL;

    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &number), 1);
    ck_slice_eq(got, slice_of(bytes, (size_t)BN_bn2bin(number, bytes)));
    BN_free(number);
}

START_TEST(facts_of_an_rsa_certificate)
{
    const struct cert_facts *facts = parse(&world.auth);

    ck_slice_eq(facts->der, test_cert_der(&world.auth));
    ck_assert_msg(facts->der.ptr != world.auth.der, "the certificate was not copied");
    check_names(facts, &world.auth);
    check_hashes(facts, &world.auth);
    check_number(facts->modulus, world.rsa, OSSL_PKEY_PARAM_RSA_N);
    check_number(facts->exponent, world.rsa, OSSL_PKEY_PARAM_RSA_E);
    ck_assert_uint_eq(facts->ec_params.len + facts->ec_point.len, 0);
    ck_assert_int_eq(facts->key, KEY_RSA_2048);
    ck_assert_uint_eq(facts->modulus.len, 2048 / 8);
    ck_assert_uint_eq(facts->usage, USAGE_DIGITAL_SIGNATURE);
    ck_assert(!facts->is_ca);
    ck_assert_mem_eq(facts->start, "20251027", 8);
    ck_assert_mem_eq(facts->end, "20550217", 8);
    ck_assert_int_eq(facts->not_before, 1761534245); /* date -u -d '2025-10-27 03:04:05' +%s */
    ck_assert_int_eq(facts->not_after, 2686489199);
    cert_unref(facts);
}
END_TEST

START_TEST(facts_of_an_ec_certificate)
{
    static const uint8_t oid[] = { 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22 };
    const struct cert_facts *facts = parse(&world.ec);
    uint8_t point[99] = { 0x04, 97 };
    size_t len = 0;

    check_names(facts, &world.ec);
    check_hashes(facts, &world.ec);
    ck_assert_int_eq(facts->key, KEY_EC_P384);
    ck_slice_eq(facts->ec_params, SLICE_OF(oid));
    ck_assert_int_eq(
        EVP_PKEY_get_octet_string_param(world.p384, OSSL_PKEY_PARAM_PUB_KEY, point + 2, 97, &len),
        1);
    ck_slice_eq(facts->ec_point, SLICE_OF(point));
    ck_assert_uint_eq(facts->modulus.len + facts->exponent.len, 0);
    ck_assert_uint_eq(facts->usage, USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION);
    cert_unref(facts);
}
END_TEST

/* A CA's key is only shown: it may be larger than the card's. */
START_TEST(facts_of_a_ca)
{
    const struct cert_facts *facts = parse(&world.auth_ca);

    ck_assert(facts->is_ca);
    ck_assert_uint_eq(facts->usage, USAGE_CERT_SIGN | USAGE_CRL_SIGN);
    ck_assert_uint_eq(facts->modulus.len, 3072 / 8);
    ck_assert_uint_eq(facts->modulus.len, 384);
    cert_unref(facts);
}
END_TEST

START_TEST(without_key_usage_all_is_allowed)
{
    struct test_cert cert;
    const struct cert_facts *facts;

    test_cert_make(&(struct cert_wish){ world.rsa, NULL, "CA:FALSE", "80", false }, &cert);
    facts = parse(&cert);
    ck_assert_uint_eq(facts->usage & 0x1FF, 0x1FF);
    ck_assert(!facts->is_ca);
    cert_unref(facts);
    test_cert_free(&cert);
}
END_TEST

static void refused(struct slice der, const char *why)
{
    static const struct cert_facts marker;
    const struct cert_facts *facts = &marker;

    ck_assert_msg(cert_parse(der, false, &facts) == JPKI_ERR_PROTOCOL, "%s was taken", why);
    ck_assert_ptr_eq(facts, &marker);
}

START_TEST(keys_that_no_row_fits_are_refused)
{
    struct test_cert cert;

    test_cert_make(&(struct cert_wish){ world.small_rsa, NULL, NULL, "01", false }, &cert);
    refused(test_cert_der(&cert), "RSA-1024");
    test_cert_free(&cert);
    test_cert_make(&(struct cert_wish){ world.big_rsa, NULL, NULL, "01", false }, &cert);
    refused(test_cert_der(&cert), "RSA-3072 of an end entity");
    test_cert_free(&cert);
    test_cert_make(&(struct cert_wish){ world.p256, NULL, NULL, "01", false }, &cert);
    refused(test_cert_der(&cert), "P-256");
    test_cert_free(&cert);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    for (size_t len = 0; len < world.auth.len; len++) {
        uint8_t *exact = malloc(len + 1); /* so that a sanitizer sees one byte too many */

        ck_assert_ptr_nonnull(exact);
        memcpy(exact, world.auth.der, len);
        refused(slice_of(exact, len), "a part");
        free(exact);
    }
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    struct test_cert cert = world.auth;

    cert.der[cert.len] = 0;
    refused(slice_of(cert.der, cert.len + 1), "a zero behind the end");
    memset(cert.der + cert.len, 0xFF, 300);
    refused(slice_of(cert.der, cert.len + 300), "a file's filler");
    refused(slice_of(NULL, 0), "nothing");

    /* an element more inside the outer SEQUENCE (30 82 hh ll), whose length says so */
    cert.der[cert.len] = 0x05;
    cert.der[cert.len + 1] = 0x00;
    ck_assert_uint_eq(cert.der[1], 0x82);
    cert.der[2] = (uint8_t)((cert.len + 2 - 4) >> 8);
    cert.der[3] = (uint8_t)(cert.len + 2 - 4);
    refused(slice_of(cert.der, cert.len + 2), "an element behind the signature");
}
END_TEST

/* A changed byte may well leave a certificate; whatever comes out must hold together. */
START_TEST(changed_bytes_do_no_harm)
{
    for (size_t i = 0; i < world.ec.len; i++) {
        struct test_cert cert = world.ec;
        const struct cert_facts *facts = NULL;

        cert.der[i] ^= (uint8_t)(0x81 >> (i % 3));
        if (cert_parse(test_cert_der(&cert), false, &facts) == JPKI_OK) {
            ck_assert_uint_eq(facts->der.len, cert.len);
            ck_assert_uint_eq(facts->ec_point.len, 99);
            ck_assert(facts->serial.ptr > facts->der.ptr &&
                      facts->spki.ptr < facts->der.ptr + facts->der.len);
        }
        cert_unref(facts);
    }
    ck_assert_uint_eq(ERR_peek_error(), 0);
}
END_TEST

START_TEST(references_are_counted)
{
    const struct cert_facts *facts = parse(&world.auth), *second = cert_ref(facts);

    ck_assert_ptr_eq(facts, second);
    ck_assert_ptr_null(cert_unref(facts));
    ck_assert_mem_eq(second->start, "20251027", 8);
    ck_assert_ptr_null(cert_unref(second));
    ck_assert_ptr_null(cert_ref(NULL));
    ck_assert_ptr_null(cert_unref(NULL));
}
END_TEST

START_TEST(a_personal_one_lies_elsewhere_and_says_the_same)
{
    const struct cert_facts *plain = parse(&world.auth), *personal = NULL;

    ck_assert_int_eq(cert_parse(test_cert_der(&world.auth), true, &personal), JPKI_OK);
    ck_assert(personal->personal && !plain->personal);
    ck_assert(slice_equal(personal->der, plain->der) &&
              slice_equal(personal->modulus, plain->modulus));
    ck_assert_ptr_eq(cert_ref(personal), personal);
    cert_unref(personal);
    ck_assert(slice_equal(personal->subject, plain->subject));
    cert_unref(personal);
    personal = NULL;
    ck_assert_int_eq(cert_parse(slice_of("0", 1), true, &personal), JPKI_ERR_PROTOCOL);
    ck_assert_ptr_null(personal);
    cert_unref(plain);
}
END_TEST

/* The serial number of a card whose authentication certificate begins so; "" if that tells none. */
static const char *serial_of(const uint8_t *der, size_t len)
{
    static char serial[CARD_SERIAL_ROOM];
    struct card_facts facts = { .id.len = (uint16_t)len };

    memcpy(facts.id.head, der, len);
    memset(serial, 'x', sizeof(serial));
    ck_assert_int_eq(card_serial(&facts, serial), serial[0] != '\0');
    return serial;
}

START_TEST(serial_from_the_first_block)
{
    static const uint8_t padded[] = { 0x30, 0x82, 0x06, 0x1F, 0x30, 0x82, 0x05, 0x07, 0xA0,
                                      0x03, 0x02, 0x01, 0x02, 0x02, 0x03, 0x00, 0x00, 0xAB };
    struct card_facts facts = { .id.len = 0, .serial_info = "0000000090000001" };
    char serial[CARD_SERIAL_ROOM];
    uint8_t head[CARD_HEAD_LEN];

    ck_assert_str_eq(serial_of(world.auth.der, sizeof(head)), "0132C4AB");
    /* the last 16 digits of a longer number */
    ck_assert_str_eq(serial_of(world.ec.der, sizeof(head)), "5432100123456789");
    ck_assert_str_eq(serial_of(world.auth_ca.der, sizeof(head)), "01");
    ck_assert_str_eq(serial_of(padded, sizeof(padded)), "AB");

    memset(head, 0xFF, sizeof(head));
    ck_assert_str_eq(serial_of(head, sizeof(head)), "");
    memset(head, 0, sizeof(head));
    ck_assert_str_eq(serial_of(head, sizeof(head)), "");
    for (size_t len = 0; len < 19; len++) { /* up to the last byte of the number */
        ck_assert_str_eq(serial_of(world.auth.der, len), "");
    }
    ck_assert_str_eq(serial_of(world.auth.der, 19), "0132C4AB");
    ck_assert(card_serial(&facts, serial));
    ck_assert_str_eq(serial, "0000000090000001");
}
END_TEST

START_TEST(after_openssl_is_shut_down)
{
    const struct cert_facts *before = parse(&world.auth), *after = NULL;

    if (test_is_child()) {
        OPENSSL_cleanup();
        test_child_end(cert_parse(test_cert_der(&world.auth), false, &after) == JPKI_OK &&
                       slice_equal(after->subject, before->subject));
    }
    cert_unref(before);
}
END_TEST

Suite *cert_suite(void)
{
    Suite *suite = suite_create("cert");
    TCase *tcase = tcase_create("cert");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, facts_of_an_rsa_certificate);
    tcase_add_test(tcase, facts_of_an_ec_certificate);
    tcase_add_test(tcase, facts_of_a_ca);
    tcase_add_test(tcase, without_key_usage_all_is_allowed);
    tcase_add_test(tcase, keys_that_no_row_fits_are_refused);
    tcase_add_test(tcase, every_cut_is_refused);
    tcase_add_test(tcase, trailing_bytes_are_refused);
    tcase_add_test(tcase, changed_bytes_do_no_harm);
    tcase_add_test(tcase, references_are_counted);
    tcase_add_test(tcase, a_personal_one_lies_elsewhere_and_says_the_same);
    tcase_add_test(tcase, serial_from_the_first_block);
    tcase_add_test(tcase, after_openssl_is_shut_down);
    suite_add_tcase(suite, tcase);
    return suite;
}
