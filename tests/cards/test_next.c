/* SPDX-License-Identifier: BSD-3-Clause */
/* The next generation (ECDSA, P-384): how it would look with its row of the table switched on. */
#include "rig.h"

#include "profile.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define EC_LEN 96
#define MESSAGE "a message that somebody signs"

START_TEST(the_row_is_on_in_this_program)
{
    const char label[] = "JPKIAPICCTOKEN3";
    uint8_t bytes[sizeof(label)];

    memcpy(bytes, label, sizeof(label));
    ck_assert_ptr_nonnull(profile_find(slice_of(bytes, sizeof(label) - 1)));
}
END_TEST

START_TEST(mechanisms)
{
    static const CK_MECHANISM_TYPE expected[] = {
        CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384, CKM_ECDSA_SHA512, CKM_SHA256, CKM_SHA_1,
    };
    CK_MECHANISM_TYPE types[32];
    CK_MECHANISM_INFO info;
    CK_ULONG count = COUNT(types);

    (void)rig_start("profile=nextgen");
    CK_GOOD(C_GetMechanismList, SLOT_AUTH, types, &count);
    ck_assert_uint_eq(count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        ck_assert_uint_eq(types[i], expected[i]);
    CK_GOOD(C_GetMechanismInfo, SLOT_AUTH, CKM_ECDSA, &info);
    ck_assert_uint_eq(info.ulMinKeySize, 384);
    ck_assert_uint_eq(info.ulMaxKeySize, 384);
    CK_IS(CKR_MECHANISM_INVALID, C_GetMechanismInfo, SLOT_AUTH, CKM_RSA_PKCS, &info);
}
END_TEST

START_TEST(attributes)
{
    static const CK_BYTE secp384r1[] = { 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22 };
    CK_OBJECT_CLASS classes[] = { CKO_PUBLIC_KEY, CKO_PRIVATE_KEY };
    CK_SESSION_HANDLE session;

    (void)rig_start("profile=nextgen");
    session = rig_logged_in(SLOT_AUTH);
    for (size_t i = 0; i < COUNT(classes); i++) {
        CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
        CK_BYTE params[32], modulus[512];
        CK_ATTRIBUTE good[] = { { CKA_KEY_TYPE, &type, sizeof(type) },
                                { CKA_EC_PARAMS, params, sizeof(params) } };
        CK_ATTRIBUTE none = { CKA_MODULUS, modulus, sizeof(modulus) };

        CK_GOOD(C_GetAttributeValue, session, rig_object(session, classes[i]), good, 2);
        ck_assert_uint_eq(type, CKK_EC);
        ck_assert_uint_eq(good[1].ulValueLen, sizeof(secp384r1));
        ck_assert_mem_eq(params, secp384r1, sizeof(secp384r1));
        CK_IS(CKR_ATTRIBUTE_TYPE_INVALID, C_GetAttributeValue, session,
              rig_object(session, classes[i]), &none, 1);
    }
}
END_TEST

/* r and s, 48 bytes each, checked with the certificate's key by OpenSSL alone. */
static bool ecdsa_fits(const struct sim_card *card, const char *digest, const void *data,
                       size_t len, const CK_BYTE *flat)
{
    const struct sim_identity *identity = sim_card_identity(card);
    EVP_PKEY *key =
        certificate_key(identity->cert[SIM_CERT_AUTH], identity->cert_len[SIM_CERT_AUTH]);
    ECDSA_SIG *pair = ECDSA_SIG_new();
    unsigned char *signature = NULL;
    int signature_len = 0;
    bool fits = false;

    ck_assert_int_eq(ECDSA_SIG_set0(pair, BN_bin2bn(flat, EC_LEN / 2, NULL),
                                    BN_bin2bn(flat + EC_LEN / 2, EC_LEN / 2, NULL)),
                     1);
    signature_len = i2d_ECDSA_SIG(pair, &signature);
    ck_assert_int_gt(signature_len, 0);
    fits = signature_fits(key, digest, false, data, len, signature, (size_t)signature_len);
    OPENSSL_free(signature);
    ECDSA_SIG_free(pair);
    EVP_PKEY_free(key);
    return fits;
}

START_TEST(signatures)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        const char *digest;
    } rows[] = {
        { CKM_ECDSA_SHA384, "SHA384" },
        { CKM_ECDSA_SHA256, "SHA256" },
        { CKM_ECDSA_SHA512, "SHA512" },
    };
    struct sim_card *card = rig_start("profile=nextgen");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    for (size_t i = 0; i < COUNT(rows); i++) {
        CK_BYTE data[] = MESSAGE, signature[EC_LEN];
        CK_ULONG len = sizeof(signature);

        rig_expect(CKR_OK, rig_sign_begin(session, rows[i].type), "C_SignInit", rows[i].digest, 0);
        rig_expect(CKR_OK, P11(C_Sign, session, data, sizeof(data), signature, &len), "C_Sign",
                   rows[i].digest, 0);
        ck_assert_uint_eq(len, EC_LEN);
        ck_assert_msg(ecdsa_fits(card, rows[i].digest, data, sizeof(data), signature), "%s",
                      rows[i].digest);
    }
}
END_TEST

/* What TLS and SSH do: the digest is theirs. */
START_TEST(ready_digests)
{
    static const char *const digests[] = { "SHA384", "SHA256" };
    struct sim_card *card = rig_start("profile=nextgen");
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    for (size_t i = 0; i < COUNT(digests); i++) {
        CK_BYTE digest[EVP_MAX_MD_SIZE], signature[EC_LEN];
        CK_ULONG len = sizeof(signature);
        unsigned digest_len = 0;

        ck_assert_int_eq(EVP_Digest(MESSAGE, sizeof(MESSAGE), digest, &digest_len,
                                    EVP_get_digestbyname(digests[i]), NULL),
                         1);
        rig_expect(CKR_OK, rig_sign_begin(session, CKM_ECDSA), "C_SignInit", digests[i], 0);
        rig_expect(CKR_OK, P11(C_Sign, session, digest, digest_len, signature, &len), "C_Sign",
                   digests[i], 0);
        ck_assert_msg(ecdsa_fits(card, digests[i], MESSAGE, sizeof(MESSAGE), signature), "%s",
                      digests[i]);
    }
}
END_TEST

RIG_TESTS("next", the_row_is_on_in_this_program, mechanisms, attributes, signatures, ready_digests)
