/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every attribute of every object, against the card's certificate as OpenSSL reads it; what an
 * object does not have; and each object found again by each of its attributes.
 */
#include "rig.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

#define VALUE_MAX 4096
#define ROOM 40

struct value {
    CK_BYTE bytes[VALUE_MAX];
    size_t len;
};

/* What OpenSSL says of a certificate, as the attributes say it. */
struct truth {
    struct value der, subject, issuer, serial, spki, modulus, exponent, sha1_head, key_sha1, start,
        end;
};

static struct value value_of(const void *bytes, size_t len)
{
    struct value value = { .len = len };

    ck_assert_uint_le(len, VALUE_MAX);
    memcpy(value.bytes, bytes, len);
    return value;
}

/* Take what an i2d_ function allocated. */
static struct value value_taken(unsigned char *bytes, int len)
{
    struct value value;

    ck_assert_int_gt(len, 0);
    value = value_of(bytes, (size_t)len);
    OPENSSL_free(bytes);
    return value;
}

#define DER_TAKE(ret, i2d, object) \
    do { \
        unsigned char *out = NULL; \
        const int len = i2d(object, &out); \
        ret = value_taken(out, len); \
    } while (0)

static struct value number_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *number = NULL;
    CK_BYTE bytes[VALUE_MAX];
    int len;

    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &number), 1);
    len = BN_bn2bin(number, bytes);
    BN_free(number);
    return value_of(bytes, (size_t)len);
}

static struct value date_of(const ASN1_TIME *time)
{
    struct tm tm;
    char text[32];

    ck_assert_int_eq(ASN1_TIME_to_tm(time, &tm), 1);
    snprintf(text, sizeof(text), "%04d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    return value_of(text, 8);
}

static void truth_tell(const struct sim_card *card, enum sim_cert which, struct truth *ret)
{
    const struct sim_identity *identity = sim_card_identity(card);
    const unsigned char *der = identity->cert[which];
    X509 *cert = d2i_X509(NULL, &der, (long)identity->cert_len[which]);
    CK_BYTE digest[32];
    unsigned digest_len = 0;

    ck_assert_ptr_nonnull(cert);
    ret->der = value_of(identity->cert[which], identity->cert_len[which]);
    DER_TAKE(ret->subject, i2d_X509_NAME, X509_get_subject_name(cert));
    DER_TAKE(ret->issuer, i2d_X509_NAME, X509_get_issuer_name(cert));
    DER_TAKE(ret->serial, i2d_ASN1_INTEGER, X509_get0_serialNumber(cert));
    DER_TAKE(ret->spki, i2d_X509_PUBKEY, X509_get_X509_PUBKEY(cert));
    ret->modulus = number_of(X509_get0_pubkey(cert), "n");
    ret->exponent = number_of(X509_get0_pubkey(cert), "e");
    ret->start = date_of(X509_get0_notBefore(cert));
    ret->end = date_of(X509_get0_notAfter(cert));
    ck_assert_int_eq(X509_digest(cert, EVP_sha1(), digest, &digest_len), 1);
    ret->sha1_head = value_of(digest, 3);
    ck_assert_int_eq(X509_pubkey_digest(cert, EVP_sha1(), digest, &digest_len), 1);
    ret->key_sha1 = value_of(digest, 20);
    X509_free(cert);
}

static void ck_value(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                     const void *bytes, size_t len)
{
    CK_BYTE got[VALUE_MAX];
    CK_ATTRIBUTE attribute = { type, got, sizeof(got) };
    CK_RV rv = P11(C_GetAttributeValue, session, object, &attribute, 1);

    ck_assert_msg(rv == CKR_OK, "attribute %lX: %s", type, rig_rv_name(rv));
    ck_assert_msg(attribute.ulValueLen == len, "attribute %lX has %lu bytes instead of %zu", type,
                  attribute.ulValueLen, len);
    ck_assert_msg(memcmp(got, bytes, len) == 0, "attribute %lX is not what the certificate says",
                  type);
}

static void ck_same(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                    const struct value *value)
{
    ck_value(session, object, type, value->bytes, value->len);
}

static void ck_number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                      CK_ULONG number)
{
    ck_value(session, object, type, &number, sizeof(number));
}

/* Attributes that are true and false: zero ends a list (CKA_CLASS is no such attribute). */
static void ck_bools(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                     const CK_ATTRIBUTE_TYPE *types, CK_BBOOL truth)
{
    for (size_t i = 0; types[i] != 0; i++)
        ck_value(session, object, types[i], &truth, sizeof(truth));
}

static void ck_fails(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                     const CK_ATTRIBUTE_TYPE *types, CK_RV expected)
{
    for (size_t i = 0; types[i] != CK_UNAVAILABLE_INFORMATION; i++) {
        CK_BYTE got[VALUE_MAX];
        CK_ATTRIBUTE attribute = { types[i], got, sizeof(got) };

        CK_IS(expected, C_GetAttributeValue, session, object, &attribute, 1);
        ck_assert_uint_eq(attribute.ulValueLen, CK_UNAVAILABLE_INFORMATION);
    }
}

struct trio {
    CK_SLOT_ID slot;
    enum sim_cert cert;
    CK_BYTE id;
    const char *label;
    bool private; /* certificate and public key */
};

static const struct trio auth_trio = { SLOT_AUTH, SIM_CERT_AUTH, 1, "User Authentication", false };
static const struct trio sign_trio = { SLOT_SIGN, SIM_CERT_SIGN, 2, "Digital Signature", true };

static void ck_common(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const struct trio *trio,
                      const struct truth *truth, bool private)
{
    static const CK_ATTRIBUTE_TYPE yes[] = { CKA_TOKEN, 0 },
                                   no[] = { CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE, 0 };
    const CK_BBOOL is_private = private ? CK_TRUE : CK_FALSE;

    ck_bools(session, object, yes, CK_TRUE);
    ck_bools(session, object, no, CK_FALSE);
    ck_value(session, object, CKA_PRIVATE, &is_private, 1);
    ck_value(session, object, CKA_LABEL, trio->label, strlen(trio->label));
    ck_value(session, object, CKA_ID, &trio->id, 1);
    ck_same(session, object, CKA_SUBJECT, &truth->subject);
    ck_same(session, object, CKA_PUBLIC_KEY_INFO, &truth->spki);
    ck_same(session, object, CKA_START_DATE, &truth->start);
    ck_same(session, object, CKA_END_DATE, &truth->end);
}

static void ck_certificate(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object,
                           const struct truth *truth)
{
    static const CK_ATTRIBUTE_TYPE no[] = { CKA_TRUSTED, 0 };
    static const CK_ATTRIBUTE_TYPE none[] = { CKA_MODULUS,
                                              CKA_SIGN,
                                              CKA_KEY_TYPE,
                                              CKA_PROFILE_ID,
                                              CKA_EC_POINT,
                                              0xCE536351,
                                              CK_UNAVAILABLE_INFORMATION };

    ck_number(session, object, CKA_CLASS, CKO_CERTIFICATE);
    ck_number(session, object, CKA_CERTIFICATE_TYPE, CKC_X_509);
    ck_number(session, object, CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_TOKEN_USER);
    ck_number(session, object, CKA_NAME_HASH_ALGORITHM, CKM_SHA_1);
    ck_same(session, object, CKA_VALUE, &truth->der);
    ck_same(session, object, CKA_ISSUER, &truth->issuer);
    ck_same(session, object, CKA_SERIAL_NUMBER, &truth->serial);
    ck_same(session, object, CKA_CHECK_VALUE, &truth->sha1_head);
    ck_same(session, object, CKA_HASH_OF_SUBJECT_PUBLIC_KEY, &truth->key_sha1);
    ck_value(session, object, CKA_URL, "", 0);
    ck_bools(session, object, no, CK_FALSE);
    ck_fails(session, object, none, CKR_ATTRIBUTE_TYPE_INVALID);
}

static void ck_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const struct truth *truth)
{
    static const CK_ATTRIBUTE_TYPE no[] = { CKA_DERIVE, CKA_LOCAL, 0 };
    static const CK_ATTRIBUTE_TYPE none[] = { CKA_VALUE, CKA_ISSUER, CKA_EC_PARAMS, CKA_PROFILE_ID,
                                              CK_UNAVAILABLE_INFORMATION };

    ck_number(session, object, CKA_KEY_TYPE, CKK_RSA);
    ck_number(session, object, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
    ck_number(session, object, CKA_MODULUS_BITS, 2048);
    ck_same(session, object, CKA_MODULUS, &truth->modulus);
    ck_same(session, object, CKA_PUBLIC_EXPONENT, &truth->exponent);
    ck_bools(session, object, no, CK_FALSE);
    ck_fails(session, object, none, CKR_ATTRIBUTE_TYPE_INVALID);
}

static void ck_private_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    static const CK_ATTRIBUTE_TYPE yes[] = { CKA_SENSITIVE, CKA_ALWAYS_SENSITIVE,
                                             CKA_NEVER_EXTRACTABLE, CKA_SIGN, 0 };
    static const CK_ATTRIBUTE_TYPE no[] = {
        CKA_EXTRACTABLE,         CKA_DECRYPT,           CKA_UNWRAP, CKA_SIGN_RECOVER,
        CKA_ALWAYS_AUTHENTICATE, CKA_WRAP_WITH_TRUSTED, 0
    };
    static const CK_ATTRIBUTE_TYPE secret[] = { CKA_PRIVATE_EXPONENT,
                                                CKA_PRIME_1,
                                                CKA_PRIME_2,
                                                CKA_EXPONENT_1,
                                                CKA_EXPONENT_2,
                                                CKA_COEFFICIENT,
                                                CK_UNAVAILABLE_INFORMATION };
    static const CK_MECHANISM_TYPE allowed[] = { CKM_RSA_PKCS,        CKM_SHA1_RSA_PKCS,
                                                 CKM_SHA224_RSA_PKCS, CKM_SHA256_RSA_PKCS,
                                                 CKM_SHA384_RSA_PKCS, CKM_SHA512_RSA_PKCS,
                                                 CKM_RSA_PKCS_PSS,    CKM_SHA256_RSA_PKCS_PSS };

    ck_number(session, object, CKA_CLASS, CKO_PRIVATE_KEY);
    ck_bools(session, object, yes, CK_TRUE);
    ck_bools(session, object, no, CK_FALSE);
    ck_fails(session, object, secret, CKR_ATTRIBUTE_SENSITIVE);
    ck_value(session, object, CKA_ALLOWED_MECHANISMS, allowed, sizeof(allowed));
}

static void ck_public_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    static const CK_ATTRIBUTE_TYPE yes[] = { CKA_VERIFY, 0 };
    static const CK_ATTRIBUTE_TYPE no[] = { CKA_ENCRYPT, CKA_WRAP, CKA_VERIFY_RECOVER, CKA_TRUSTED,
                                            0 };

    ck_number(session, object, CKA_CLASS, CKO_PUBLIC_KEY);
    ck_bools(session, object, yes, CK_TRUE);
    ck_bools(session, object, no, CK_FALSE);
}

static void ck_trio(const struct trio *trio)
{
    struct sim_card *card = rig_start("");
    CK_SESSION_HANDLE session = rig_logged_in(trio->slot);
    CK_OBJECT_HANDLE certificate = rig_object(session, CKO_CERTIFICATE),
                     public = rig_object(session, CKO_PUBLIC_KEY),
                     private = rig_object(session, CKO_PRIVATE_KEY);
    struct truth truth;

    truth_tell(card, trio->cert, &truth);
    ck_common(session, certificate, trio, &truth, trio->private);
    ck_common(session, public, trio, &truth, trio->private);
    ck_common(session, private, trio, &truth, true);
    ck_certificate(session, certificate, &truth);
    ck_key(session, public, &truth);
    ck_key(session, private, &truth);
    ck_public_key(session, public);
    ck_private_key(session, private);
}

START_TEST(authentication_objects)
{
    ck_trio(&auth_trio);
}
END_TEST

START_TEST(signature_objects)
{
    ck_trio(&sign_trio);
}
END_TEST

/* The CA of a token has an id and a label of its own. */
static void ck_ca(CK_SLOT_ID slot, enum sim_cert which, CK_BYTE id, const char *label)
{
    CK_SESSION_HANDLE session = rig_logged_in(slot);
    CK_OBJECT_HANDLE found[4];
    CK_ATTRIBUTE template = { CKA_ID, &id, 1 };
    struct truth truth;

    truth_tell(rig.cards[0], which, &truth);
    ck_assert_uint_eq(rig_find_template(session, &template, 1, found, 4), 1);
    ck_same(session, found[0], CKA_VALUE, &truth.der);
    ck_same(session, found[0], CKA_SUBJECT, &truth.subject);
    ck_value(session, found[0], CKA_LABEL, label, strlen(label));
    ck_number(session, found[0], CKA_CERTIFICATE_CATEGORY, CK_CERTIFICATE_CATEGORY_AUTHORITY);
}

START_TEST(certificates_of_the_authorities)
{
    rig_options("ca-certs=yes");
    (void)rig_start("");
    ck_ca(SLOT_AUTH, SIM_CERT_AUTH_CA, 3, "User Authentication CA");
    ck_ca(SLOT_SIGN, SIM_CERT_SIGN_CA, 4, "Digital Signature CA");
}
END_TEST

START_TEST(profile_objects)
{
    static const CK_PROFILE_ID ids[] = { CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER,
                                         CKP_AUTHENTICATION_TOKEN, CKP_PUBLIC_CERTIFICATES_TOKEN };
    CK_OBJECT_HANDLE found[ROOM];
    CK_SESSION_HANDLE session;
    size_t count;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    count = rig_find(session, CKO_PROFILE, found, ROOM);
    ck_assert_uint_eq(count, 4);
    for (size_t i = 0; i < count; i++)
        ck_number(session, found[i], CKA_PROFILE_ID, ids[i]);
    session = rig_session(SLOT_SIGN);
    ck_assert_uint_eq(rig_find(session, CKO_PROFILE, found, ROOM), 3);
}
END_TEST

/* Types that are answered for some object; every value that is read must find its object again. */
static const CK_ATTRIBUTE_TYPE all_types[] = {
    CKA_CLASS,
    CKA_TOKEN,
    CKA_PRIVATE,
    CKA_LABEL,
    CKA_UNIQUE_ID,
    CKA_VALUE,
    CKA_CERTIFICATE_TYPE,
    CKA_ISSUER,
    CKA_SERIAL_NUMBER,
    CKA_TRUSTED,
    CKA_CERTIFICATE_CATEGORY,
    CKA_HASH_OF_SUBJECT_PUBLIC_KEY,
    CKA_NAME_HASH_ALGORITHM,
    CKA_CHECK_VALUE,
    CKA_KEY_TYPE,
    CKA_SUBJECT,
    CKA_ID,
    CKA_SENSITIVE,
    CKA_SIGN,
    CKA_VERIFY,
    CKA_START_DATE,
    CKA_END_DATE,
    CKA_MODULUS,
    CKA_MODULUS_BITS,
    CKA_PUBLIC_EXPONENT,
    CKA_PUBLIC_KEY_INFO,
    CKA_EXTRACTABLE,
    CKA_ALWAYS_AUTHENTICATE,
    CKA_PROFILE_ID,
    CKA_ALLOWED_MECHANISMS,
    CKA_MODIFIABLE,
};

static bool found_by(CK_SESSION_HANDLE session, CK_ATTRIBUTE *attribute, CK_OBJECT_HANDLE object)
{
    CK_OBJECT_HANDLE found[ROOM];
    size_t count = rig_find_template(session, attribute, 1, found, ROOM);

    for (size_t i = 0; i < count; i++) {
        if (found[i] == object)
            return true;
    }
    return false;
}

START_TEST(found_again_by_every_attribute)
{
    CK_OBJECT_HANDLE objects[ROOM];
    CK_SESSION_HANDLE session;
    unsigned searches = 0;
    size_t count;

    (void)rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    count = rig_find_template(session, NULL, 0, objects, ROOM);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < sizeof(all_types) / sizeof(all_types[0]); k++) {
            CK_BYTE bytes[VALUE_MAX];
            CK_ATTRIBUTE attribute = { all_types[k], bytes, sizeof(bytes) };

            if (P11(C_GetAttributeValue, session, objects[i], &attribute, 1) != CKR_OK)
                continue;
            searches++;
            ck_assert_msg(found_by(session, &attribute, objects[i]), "object %zu, attribute %lX", i,
                          all_types[k]);
            if (attribute.ulValueLen == 0)
                continue;
            bytes[attribute.ulValueLen - 1] ^= 0x40;
            ck_assert_msg(!found_by(session, &attribute, objects[i]),
                          "object %zu, wrong attribute %lX", i, all_types[k]);
        }
    }
    ck_assert_uint_ge(searches, 90);
}
END_TEST

/* Every entry of a template is answered, and the first failure is the answer of the whole. */
START_TEST(templates_are_answered_to_the_end)
{
    CK_BYTE small[1], label[64], value[VALUE_MAX];
    CK_ATTRIBUTE template[] = { { CKA_MODULUS, value, sizeof(value) },
                                { CKA_LABEL, small, 1 },
                                { CKA_LABEL, label, 64 },
                                { CKA_VALUE, NULL, 0 } };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    object = rig_object(session, CKO_CERTIFICATE);
    CK_IS(CKR_ATTRIBUTE_TYPE_INVALID, C_GetAttributeValue, session, object, template, 4);
    ck_assert_uint_eq(template[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    ck_assert_uint_eq(template[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    ck_assert_uint_eq(template[2].ulValueLen, strlen(auth_trio.label));
    ck_assert_uint_eq(template[3].ulValueLen,
                      sim_card_identity(rig.cards[0])->cert_len[SIM_CERT_AUTH]);
    template[1] = (CK_ATTRIBUTE){ CKA_LABEL, small, 1 };
    CK_IS(CKR_BUFFER_TOO_SMALL, C_GetAttributeValue, session, object, template + 1, 1);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetAttributeValue, session, object, NULL, 1);
}
END_TEST

START_TEST(object_sizes)
{
    CK_SESSION_HANDLE session;
    CK_ULONG size = 0;

    (void)rig_start("");
    session = rig_session(SLOT_AUTH);
    CK_GOOD(C_GetObjectSize, session, rig_object(session, CKO_CERTIFICATE), &size);
    ck_assert_uint_gt(size, sim_card_identity(rig.cards[0])->cert_len[SIM_CERT_AUTH]);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetObjectSize, session, rig_object(session, CKO_CERTIFICATE), NULL);
    CK_IS(CKR_OBJECT_HANDLE_INVALID, C_GetObjectSize, session, 0, &size);
}
END_TEST

RIG_TESTS("attributes", authentication_objects, signature_objects, certificates_of_the_authorities,
          profile_objects, found_again_by_every_attribute, templates_are_answered_to_the_end,
          object_sizes)
