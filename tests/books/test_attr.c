/* SPDX-License-Identifier: BSD-3-Clause */
#include "attr.h"
#include "books.h"

#include <string.h>

static const struct role_profile rsa_keys = { .exists = true, .key = KEY_RSA_2048 };
static const struct role_profile ec_keys = { .exists = true, .key = KEY_EC_P384 };

/* The first row of a class. */
static const struct object_row *row_of(CK_OBJECT_CLASS class)
{
    for (size_t i = 0; i < object_count(); i++) {
        if (object_at(i)->class == class) {
            return object_at(i);
        }
    }
    ck_abort_msg("no row of class %lu", class);
    return NULL;
}

static const struct cert_facts *parse(const struct test_cert *cert)
{
    const struct cert_facts *facts = NULL;

    ck_assert_int_eq(cert_parse(test_cert_der(cert), false, &facts), JPKI_OK);
    return facts;
}

static struct object_view view_of(CK_OBJECT_CLASS class, const struct cert_facts *cert)
{
    const struct role_profile *keys =
        cert != NULL && cert->key == KEY_EC_P384 ? &ec_keys : &rsa_keys;

    return (struct object_view){ row_of(class), keys, cert, "0132C4AB", class == CKO_PRIVATE_KEY,
                                 false,         true };
}

START_TEST(rows_are_sorted_and_apart)
{
    for (size_t i = 0; i < attr_count(); i++) {
        struct attr_fact fact = attr_fact_at(i);

        ck_assert_msg(strncmp(fact.name, "CKA_", 4) == 0 && fact.classes != 0, "row %zu", i);
        ck_assert(!fact.sensitive || fact.classes == 1U << CKO_PRIVATE_KEY);
        for (size_t j = 0; j < i; j++) {
            struct attr_fact earlier = attr_fact_at(j);

            ck_assert_msg(earlier.type <= fact.type, "%s before %s", earlier.name, fact.name);
            ck_assert_msg(earlier.type != fact.type || (earlier.classes & fact.classes) == 0,
                          "%s twice", fact.name);
        }
    }
}
END_TEST

/* What every client reads without a login and, here, without a certificate. */
static const struct {
    CK_OBJECT_CLASS class;
    CK_ATTRIBUTE_TYPE type;
    CK_ULONG value;
    size_t size;
} numbers[] = {
    { CKO_CERTIFICATE, CKA_CLASS, CKO_CERTIFICATE, sizeof(CK_ULONG) },
    { CKO_CERTIFICATE, CKA_TOKEN, CK_TRUE, 1 },
    { CKO_CERTIFICATE, CKA_PRIVATE, CK_FALSE, 1 },
    { CKO_CERTIFICATE, CKA_MODIFIABLE, CK_FALSE, 1 },
    { CKO_CERTIFICATE, CKA_COPYABLE, CK_FALSE, 1 },
    { CKO_CERTIFICATE, CKA_DESTROYABLE, CK_FALSE, 1 },
    { CKO_CERTIFICATE, CKA_CERTIFICATE_TYPE, CKC_X_509, sizeof(CK_ULONG) },
    { CKO_CERTIFICATE, CKA_CERTIFICATE_CATEGORY, 1, sizeof(CK_ULONG) },
    { CKO_CERTIFICATE, CKA_TRUSTED, CK_FALSE, 1 },
    { CKO_CERTIFICATE, CKA_JAVA_MIDP_SECURITY_DOMAIN, 0, sizeof(CK_ULONG) },
    { CKO_CERTIFICATE, CKA_NAME_HASH_ALGORITHM, CKM_SHA_1, sizeof(CK_ULONG) },
    { CKO_CERTIFICATE, CKA_ID, 1, 1 },
    { CKO_CERTIFICATE, CKA_URL, 0, 0 },
    { CKO_CERTIFICATE, CKA_HASH_OF_ISSUER_PUBLIC_KEY, 0, 0 },
    { CKO_PUBLIC_KEY, CKA_CLASS, CKO_PUBLIC_KEY, sizeof(CK_ULONG) },
    { CKO_PUBLIC_KEY, CKA_KEY_TYPE, CKK_RSA, sizeof(CK_ULONG) },
    { CKO_PUBLIC_KEY, CKA_MODULUS_BITS, 2048, sizeof(CK_ULONG) },
    { CKO_PUBLIC_KEY, CKA_ENCRYPT, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_VERIFY, CK_TRUE, 1 },
    { CKO_PUBLIC_KEY, CKA_VERIFY_RECOVER, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_WRAP, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_ENCAPSULATE, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_DERIVE, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_LOCAL, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_TRUSTED, CK_FALSE, 1 },
    { CKO_PUBLIC_KEY, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION, sizeof(CK_ULONG) },
    { CKO_PRIVATE_KEY, CKA_PRIVATE, CK_TRUE, 1 },
    { CKO_PRIVATE_KEY, CKA_SENSITIVE, CK_TRUE, 1 },
    { CKO_PRIVATE_KEY, CKA_ALWAYS_SENSITIVE, CK_TRUE, 1 },
    { CKO_PRIVATE_KEY, CKA_EXTRACTABLE, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_NEVER_EXTRACTABLE, CK_TRUE, 1 },
    { CKO_PRIVATE_KEY, CKA_SIGN, CK_TRUE, 1 },
    { CKO_PRIVATE_KEY, CKA_SIGN_RECOVER, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_DECRYPT, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_UNWRAP, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_DECAPSULATE, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_OBJECT_VALIDATION_FLAGS, 0, sizeof(CK_ULONG) },
    { CKO_PRIVATE_KEY, CKA_DERIVE, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_WRAP_WITH_TRUSTED, CK_FALSE, 1 },
    { CKO_PRIVATE_KEY, CKA_ALWAYS_AUTHENTICATE, CK_FALSE, 1 },
    { CKO_PROFILE, CKA_CLASS, CKO_PROFILE, sizeof(CK_ULONG) },
    { CKO_PROFILE, CKA_TOKEN, CK_TRUE, 1 },
    { CKO_PROFILE, CKA_PROFILE_ID, CKP_BASELINE_PROVIDER, sizeof(CK_ULONG) },
};

START_TEST(constants)
{
    struct object_view view = view_of(numbers[_i].class, NULL);
    struct attr_value value;
    CK_ULONG number = 0;

    ck_assert(!attr_needs_cert(view.row, numbers[_i].type));
    ck_assert_uint_eq(attr_read(&view, numbers[_i].type, &value), CKR_OK);
    ck_assert_uint_eq(value.bytes.len, numbers[_i].size);
    if (numbers[_i].size == 1) {
        number = value.bytes.ptr[0];
    } else if (numbers[_i].size > 1) {
        memcpy(&number, value.bytes.ptr, sizeof(number));
    }
    ck_assert_uint_eq(number, numbers[_i].value);
}
END_TEST

static void check_value(const struct object_view *view, CK_ATTRIBUTE_TYPE type,
                        struct slice expected)
{
    struct attr_value value;

    ck_assert_uint_eq(attr_read(view, type, &value), CKR_OK);
    ck_assert_msg(slice_equal(value.bytes, expected), "attribute 0x%lx", type);
}

START_TEST(texts)
{
    struct object_view view = view_of(CKO_CERTIFICATE, NULL);

    check_value(&view, CKA_LABEL, slice_of("User Authentication", 19));
    check_value(&view, CKA_UNIQUE_ID, slice_of("0132C4AB-auth-cert", 18));
    view = view_of(CKO_PRIVATE_KEY, NULL);
    check_value(&view, CKA_LABEL, slice_of("User Authentication", 19));
    view.always_authenticate = true;
    check_value(&view, CKA_ALWAYS_AUTHENTICATE, slice_of("\1", 1));
}
END_TEST

START_TEST(what_comes_from_the_certificate)
{
    const struct cert_facts *facts = parse(&world.auth);
    static const CK_OBJECT_CLASS classes[] = { CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY };

    for (size_t i = 0; i < 3; i++) {
        struct object_view view = view_of(classes[i], facts);

        check_value(&view, CKA_SUBJECT, facts->subject);
        check_value(&view, CKA_PUBLIC_KEY_INFO, facts->spki);
        check_value(&view, CKA_START_DATE, slice_of("20251027", 8));
        check_value(&view, CKA_END_DATE, slice_of("20550217", 8));
        if (classes[i] == CKO_CERTIFICATE) {
            check_value(&view, CKA_VALUE, test_cert_der(&world.auth));
            check_value(&view, CKA_ISSUER, facts->issuer);
            check_value(&view, CKA_SERIAL_NUMBER, slice_of("\2\4\x01\x32\xC4\xAB", 6));
            check_value(&view, CKA_CHECK_VALUE, slice_of(facts->sha1, 3));
            check_value(&view, CKA_HASH_OF_SUBJECT_PUBLIC_KEY, SLICE_OF(facts->subject_key_sha1));
        } else {
            check_value(&view, CKA_MODULUS, facts->modulus);
            check_value(&view, CKA_PUBLIC_EXPONENT, slice_of("\1\0\1", 3));
        }
    }
    cert_unref(facts);
}
END_TEST

START_TEST(ec_keys_have_ec_attributes)
{
    const struct cert_facts *facts = parse(&world.ec);
    struct object_view view = view_of(CKO_PRIVATE_KEY, facts);
    CK_ULONG key_type = CKK_EC;
    CK_MECHANISM_TYPE allowed[] = { CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384,
                                    CKM_ECDSA_SHA512 };
    struct attr_value value;

    check_value(&view, CKA_KEY_TYPE, slice_of(&key_type, sizeof(key_type)));
    check_value(&view, CKA_EC_PARAMS, facts->ec_params);
    check_value(&view, CKA_EC_POINT, facts->ec_point);
    check_value(&view, CKA_ALLOWED_MECHANISMS, slice_of(allowed, sizeof(allowed)));
    ck_assert_uint_eq(attr_read(&view, CKA_VALUE, &value), CKR_ATTRIBUTE_SENSITIVE);
    ck_assert_uint_eq(attr_read(&view, CKA_MODULUS, &value), CKR_ATTRIBUTE_TYPE_INVALID);
    ck_assert_uint_eq(attr_read(&view, CKA_MODULUS_BITS, &value), CKR_ATTRIBUTE_TYPE_INVALID);
    ck_assert_uint_eq(attr_read(&view, CKA_PRIME_1, &value), CKR_ATTRIBUTE_TYPE_INVALID);
    /* the card's profile and its certificate disagree: no value, and no empty one */
    view.keys = &rsa_keys;
    ck_assert_uint_eq(attr_read(&view, CKA_MODULUS, &value), CKR_ATTRIBUTE_TYPE_INVALID);
    cert_unref(facts);
}
END_TEST

START_TEST(secrets_stay)
{
    static const CK_ATTRIBUTE_TYPE secrets[] = { CKA_PRIVATE_EXPONENT, CKA_PRIME_1,
                                                 CKA_PRIME_2,          CKA_EXPONENT_1,
                                                 CKA_EXPONENT_2,       CKA_COEFFICIENT };
    struct object_view view = view_of(CKO_PRIVATE_KEY, NULL);
    struct attr_value value;

    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        ck_assert_uint_eq(attr_read(&view, secrets[i], &value), CKR_ATTRIBUTE_SENSITIVE);
    }
    ck_assert_uint_eq(attr_read(&view, CKA_VALUE, &value), CKR_ATTRIBUTE_TYPE_INVALID);
    view = view_of(CKO_PUBLIC_KEY, NULL);
    ck_assert_uint_eq(attr_read(&view, CKA_PRIVATE_EXPONENT, &value), CKR_ATTRIBUTE_TYPE_INVALID);
}
END_TEST

/* For every row and class: what needs the certificate is missing without it, and only that. */
START_TEST(needs_cert_tells_the_truth)
{
    const struct cert_facts *facts = parse(&world.auth);

    for (size_t o = 0; o < object_count(); o++) {
        struct object_view without = { object_at(o), &rsa_keys, NULL, "01", false, false, true },
                           with = without;

        with.cert = facts;
        for (size_t i = 0; i < attr_count(); i++) {
            CK_ATTRIBUTE_TYPE type = attr_fact_at(i).type;
            struct attr_value value;
            CK_RV before = attr_read(&without, type, &value),
                  after = attr_read(&with, type, &value);

            if (attr_needs_cert(object_at(o), type)) {
                ck_assert_uint_eq(before, CKR_ATTRIBUTE_TYPE_INVALID);
            } else {
                ck_assert_uint_eq(before, after);
            }
        }
        ck_assert(!attr_needs_cert(object_at(o), CKA_CLASS));
    }
    cert_unref(facts);
}
END_TEST

START_TEST(allowed_mechanisms_follow_pss)
{
    struct object_view view = view_of(CKO_PRIVATE_KEY, NULL);
    struct attr_value value;
    CK_MECHANISM_TYPE first = 0;

    ck_assert_uint_eq(attr_read(&view, CKA_ALLOWED_MECHANISMS, &value), CKR_OK);
    ck_assert_uint_eq(value.bytes.len, 8 * sizeof(CK_MECHANISM_TYPE));
    memcpy(&first, value.bytes.ptr, sizeof(first));
    ck_assert_uint_eq(first, CKM_RSA_PKCS);
    view.with_pss = false;
    ck_assert_uint_eq(attr_read(&view, CKA_ALLOWED_MECHANISMS, &value), CKR_OK);
    ck_assert_uint_eq(value.bytes.len, 6 * sizeof(CK_MECHANISM_TYPE));
}
END_TEST

/* keyUsage as OpenSSL writes it, and whether such a key signs. */
static const struct {
    const char *usage;
    CK_BBOOL signs;
} usages[] = {
    { "digitalSignature", CK_TRUE },
    { "nonRepudiation", CK_TRUE },
    { "digitalSignature,nonRepudiation", CK_TRUE },
    { "keyEncipherment,dataEncipherment", CK_FALSE },
    { NULL, CK_TRUE },
};

START_TEST(key_usage_says_what_signs)
{
    const struct cert_wish wish = { .key = world.rsa, .usage = usages[_i].usage, .serial = "01" };
    const struct cert_facts *facts = NULL;
    struct test_cert cert;
    struct object_view view;

    test_cert_make(&wish, &cert);
    facts = parse(&cert);
    view = view_of(CKO_PRIVATE_KEY, facts);
    check_value(&view, CKA_SIGN, slice_of(&usages[_i].signs, 1));
    view = view_of(CKO_PUBLIC_KEY, facts);
    check_value(&view, CKA_VERIFY, slice_of(&usages[_i].signs, 1));
    cert_unref(facts);
    test_cert_free(&cert);
}
END_TEST

START_TEST(answers_of_a_template_entry)
{
    struct object_view view = view_of(CKO_CERTIFICATE, NULL);
    uint8_t room[32] = { 0 };
    CK_ATTRIBUTE entry = { CKA_LABEL, NULL, 77 };

    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_OK);
    ck_assert_uint_eq(entry.ulValueLen, 19);
    entry = (CK_ATTRIBUTE){ CKA_LABEL, room, 18 };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_BUFFER_TOO_SMALL);
    ck_assert_uint_eq(entry.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    ck_assert_uint_eq(room[0], 0);
    entry = (CK_ATTRIBUTE){ CKA_LABEL, room, 19 };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_OK);
    ck_assert_mem_eq(room, "User Authentication", 20);
    entry = (CK_ATTRIBUTE){ CKA_LABEL, room, sizeof(room) };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_OK);
    ck_assert_uint_eq(entry.ulValueLen, 19);
    entry = (CK_ATTRIBUTE){ CKA_URL, room, sizeof(room) };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_OK);
    ck_assert_uint_eq(entry.ulValueLen, 0);
    entry = (CK_ATTRIBUTE){ 0xCE534351, room, sizeof(room) };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_ATTRIBUTE_TYPE_INVALID);
    ck_assert_uint_eq(entry.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    view = view_of(CKO_PRIVATE_KEY, NULL);
    entry = (CK_ATTRIBUTE){ CKA_PRIME_1, NULL, 0 };
    ck_assert_uint_eq(attr_answer(&view, &entry), CKR_ATTRIBUTE_SENSITIVE);
    ck_assert_uint_eq(entry.ulValueLen, CK_UNAVAILABLE_INFORMATION);
}
END_TEST

START_TEST(matches)
{
    struct object_view view = view_of(CKO_PRIVATE_KEY, NULL);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BYTE id = 1;
    char label[] = "User Authentication";

    ck_assert(attr_matches(&view, &(CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof(class) }));
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof(class) - 1 }));
    ck_assert(attr_matches(&view, &(CK_ATTRIBUTE){ CKA_ID, &id, 1 }));
    id = 2;
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_ID, &id, 1 }));
    ck_assert(attr_matches(&view, &(CK_ATTRIBUTE){ CKA_LABEL, label, 19 }));
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_LABEL, label, 20 }));
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_LABEL, NULL, 19 }));
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_LABEL, NULL, 0 }));
    ck_assert_msg(!attr_matches(&view, &(CK_ATTRIBUTE){ CKA_PRIME_1, NULL, 0 }),
                  "a secret was compared");
    ck_assert(!attr_matches(&view, &(CK_ATTRIBUTE){ 0xCE534351, &id, 1 }));
    view = view_of(CKO_CERTIFICATE, NULL);
    ck_assert(attr_matches(&view, &(CK_ATTRIBUTE){ CKA_URL, NULL, 0 }));
}
END_TEST

Suite *attr_suite(void)
{
    Suite *suite = suite_create("attr");
    TCase *tcase = tcase_create("attr");

    tcase_add_test(tcase, rows_are_sorted_and_apart);
    tcase_add_loop_test(tcase, constants, 0, (int)(sizeof(numbers) / sizeof(numbers[0])));
    tcase_add_test(tcase, texts);
    tcase_add_test(tcase, what_comes_from_the_certificate);
    tcase_add_test(tcase, ec_keys_have_ec_attributes);
    tcase_add_test(tcase, secrets_stay);
    tcase_add_test(tcase, needs_cert_tells_the_truth);
    tcase_add_test(tcase, allowed_mechanisms_follow_pss);
    tcase_add_loop_test(tcase, key_usage_says_what_signs, 0,
                        (int)(sizeof(usages) / sizeof(usages[0])));
    tcase_add_test(tcase, answers_of_a_template_entry);
    tcase_add_test(tcase, matches);
    suite_add_tcase(suite, tcase);
    return suite;
}
