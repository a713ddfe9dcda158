/* SPDX-License-Identifier: BSD-3-Clause */
/* Signatures: each scheme's answer is opened with the public key of the certificate that the
 * card gives out. */
#include "test_sim.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

static EVP_PKEY *card_public_key(const struct sim_card *card, enum sim_cert which)
{
    const struct sim_identity *identity = sim_card_identity(card);
    const unsigned char *at = identity->cert[which];
    X509 *cert = d2i_X509(NULL, &at, (long)identity->cert_len[which]);
    EVP_PKEY *key = X509_get_pubkey(cert);

    X509_free(cert);
    ck_assert_ptr_nonnull(key);
    return key;
}

/* What was padded: the contents of a type 1 block. */
static size_t signature_open(EVP_PKEY *key, const struct answer *answer,
                             uint8_t ret_data[static 256])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    size_t len = 256;

    ck_assert_int_gt(EVP_PKEY_verify_recover_init(ctx), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 0);
    ck_assert_int_gt(EVP_PKEY_verify_recover(ctx, ret_data, &len, answer->bytes, answer->len), 0);
    EVP_PKEY_CTX_free(ctx);
    return len;
}

static bool pss_right(EVP_PKEY *key, const struct answer *answer, const uint8_t hash[static 32])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool right = false;

    ck_assert_int_gt(EVP_PKEY_verify_init(ctx), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 0);
    ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, 32), 0);
    right = EVP_PKEY_verify(ctx, answer->bytes, answer->len, hash, 32) == 1;
    EVP_PKEY_CTX_free(ctx);
    return right;
}

static const uint8_t digest_info[19] = {
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
    0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
};

START_TEST(pkcs1_schemes)
{
    struct sim_card *card = card_ready("");
    EVP_PKEY *key = card_public_key(card, SIM_CERT_AUTH);
    uint8_t data[32], hash[32], opened[256];
    struct answer answer;

    (void)hex_bytes(DATA_32, data);
    ck_assert_int_eq(EVP_Digest(data, 32, hash, NULL, EVP_sha256(), NULL), 1);
    ck_sw(card, VERIFY_AUTH, 0x9000);

    answer = ask(card, "802A009720" DATA_32 "00");
    ck_assert_uint_eq(answer.len, 256);
    ck_assert_uint_eq(signature_open(key, &answer, opened), 32);
    ck_assert_mem_eq(opened, data, 32);
    answer = ask(card, "802A019720" DATA_32 "00");
    ck_assert_uint_eq(signature_open(key, &answer, opened), 32);
    ck_assert_mem_eq(opened, hash, 32);
    answer = ask(card, "802A029720" DATA_32 "00");
    ck_assert_uint_eq(signature_open(key, &answer, opened), 51);
    ck_assert_mem_eq(opened, digest_info, 19);
    ck_assert_mem_eq(opened + 19, data, 32);
    answer = ask(card, "802A039720" DATA_32 "00");
    ck_assert_uint_eq(signature_open(key, &answer, opened), 51);
    ck_assert_mem_eq(opened + 19, hash, 32);
    ck_assert_uint_eq(sim_card_stats(card)->signatures[SIM_AUTH], 4);
    EVP_PKEY_free(key);
    sim_card_free(card);
}
END_TEST

START_TEST(pss_schemes)
{
    struct sim_card *card = card_ready("");
    EVP_PKEY *key = card_public_key(card, SIM_CERT_SIGN);
    uint8_t data[32], hash[32];
    struct answer answer, again;

    (void)hex_bytes(DATA_32, data);
    ck_assert_int_eq(EVP_Digest(data, 32, hash, NULL, EVP_sha256(), NULL), 1);
    ck_sw(card, VERIFY_SIGN, 0x9000);
    answer = ask(card, "802A049A20" DATA_32 "00");
    again = ask(card, "802A049A20" DATA_32 "00");
    ck_assert(pss_right(key, &answer, data) && pss_right(key, &again, data) &&
              !pss_right(key, &answer, hash));
    ck_assert_mem_ne(answer.bytes, again.bytes, 256); /* the salt */
    answer = ask(card, "802A059A20" DATA_32 "00");
    ck_assert(pss_right(key, &answer, hash));
    EVP_PKEY_free(key);
    sim_card_free(card);
}
END_TEST

START_TEST(a_card_without_pss)
{
    struct sim_card *card = card_ready("pss=no");

    ck_sw(card, "802A0497", 0x6A86);
    ck_sw(card, "802A0480", 0x6A86);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "802A049720" DATA_32 "00", 0x6A86);
    ck_sw(card, "802A009720" DATA_32 "00", 0x9000);
    ck_assert(sim_card_set(card, "pss=yes"));
    sim_card_power_off(card);
    sim_card_power_on(card);
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_sw(card, "802A0497", 0x6982); /* the probe without a PIN */
    sim_card_free(card);
}
END_TEST

START_TEST(refusals)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "802A009720" DATA_32 "00", 0x6982);
    ck_sw(card, VERIFY_SIGN, 0x9000);
    ck_sw(card, "802A009720" DATA_32 "00", 0x6982); /* the other PIN does not help */
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "802A069720" DATA_32 "00", 0x6A86);
    ck_sw(card, "802A00971F00", 0x6700);
    ck_sw(card, "802A0097", 0x6985);
    ck_sw(card, "802A04971FAA0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E00",
          0x6985);
    ck_assert(sim_card_set(card, "sign-length-sw=6700"));
    ck_sw(card, "802A049701AA00", 0x6700);
    ck_sw(card, "802A009720" DATA_32, 0x6700);
    ck_sw(card, "802A009720" DATA_32 "80", 0x6700);
    ck_assert(sim_card_set(card, "le-6c=yes"));
    ck_sw(card, "802A009720" DATA_32 "80", 0x6C00);
    ck_assert_uint_eq(sim_card_stats(card)->signatures[SIM_AUTH], 0);
    sim_card_free(card);
}
END_TEST

START_TEST(addressing)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "802A008020" DATA_32 "00", 0x6981); /* the PIN's EF is current */
    ck_sw(card, "00A4020C020017", 0x9000);
    ck_sw(card, "802A008020" DATA_32 "00", 0x9000);
    ck_sw(card, SELECT_JPKI, 0x9000);
    ck_sw(card, "802A008020" DATA_32 "00", 0x6986);
    ck_sw(card, "802A009720" DATA_32 "00", 0x9000);
    ck_sw(card, "802A008020" DATA_32 "00", 0x9000);
    ck_sw(card, "802A009620" DATA_32 "00", 0x6982); /* a key that is nobody's */
    ck_sw(card, "802A008320" DATA_32 "00", 0x6A82);
    ck_assert(sim_card_set(card, "key-short-ids=no"));
    ck_sw(card, "802A009720" DATA_32 "00", 0x6A86);
    sim_card_free(card);
}
END_TEST

START_TEST(longest_input)
{
    struct sim_card *card = card_ready("");
    char hex[5 * 2 + 246 * 2 + 3];

    ck_sw(card, VERIFY_AUTH, 0x9000);
    memset(hex, 'A', sizeof(hex));
    memcpy(hex, "802A0097F5", 10);
    memcpy(hex + 10 + 245 * 2, "00", 3);
    ck_assert_uint_eq(ask(card, hex).len, 256);
    memset(hex, 'A', sizeof(hex));
    memcpy(hex, "802A0097F6", 10);
    memcpy(hex + 10 + 246 * 2, "00", 3);
    ck_sw(card, hex, 0x6985);
    sim_card_free(card);
}
END_TEST

START_TEST(by_get_response)
{
    struct sim_card *card = card_ready("get-response=yes");

    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_sw(card, "802A009720" DATA_32 "00", 0x6100);
    ck_assert_uint_eq(ask(card, "00C0000000").len, 256);
    sim_card_free(card);
}
END_TEST

START_TEST(next_generation)
{
    struct sim_card *card = card_ready("profile=nextgen");
    EVP_PKEY *key = card_public_key(card, SIM_CERT_AUTH);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    uint8_t hash[48] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
                         0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F };
    struct answer answer;

    (void)hex_bytes(DATA_32, hash + 16);
    ck_assert_int_eq(EVP_PKEY_get_bits(key), 384);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    answer = ask(card, "802A009730000102030405060708090A0B0C0D0E0F" DATA_32 "00");
    ck_assert_uint_eq(answer.sw, 0x9000);
    ck_assert_int_gt(EVP_PKEY_verify_init(ctx), 0);
    ck_assert_int_eq(EVP_PKEY_verify(ctx, answer.bytes, answer.len, hash, 48), 1);
    ck_sw(card, "802A029720" DATA_32 "00", 0x6A86);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    sim_card_free(card);
}
END_TEST

START_TEST(time_is_counted)
{
    struct sim_card *card = card_ready("");

    ck_sw(card, "00200098", 0x63C3);
    ck_assert_uint_eq(sim_card_last_us(card), 6000 + 6 * 95);
    ck_sw(card, VERIFY_AUTH, 0x9000);
    ck_assert_uint_eq(sim_card_last_us(card), 6000 + 11 * 95 + 15000);
    ck_sw(card, "802A009720" DATA_32 "00", 0x9000);
    ck_assert_uint_eq(sim_card_last_us(card), 6000 + (38 + 258) * 95 + 420000);
    ck_assert_uint_eq(sim_card_stats(card)->exchanges, 3);
    sim_card_free(card);
}
END_TEST

START_TEST(statistics_as_json)
{
    struct sim_card *card = card_ready("");
    char text[1024], cut[20];

    ck_sw(card, VERIFY_AUTH, 0x9000);
    sim_card_stats_json(card, text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "\"exchanges\":1,"));
    ck_assert_ptr_nonnull(strstr(text, "\"verifies_with_data\":{\"auth\":1,\"sign\":0}"));
    ck_assert_ptr_nonnull(strstr(text, "\"unlocked\":[\"auth\"]"));
    ck_assert_ptr_nonnull(strstr(text, "\"ins\":{\"20\":1}}"));
    sim_card_stats_json(card, cut, sizeof(cut));
    ck_assert_uint_eq(strlen(cut), sizeof(cut) - 1);
    sim_card_free(card);
}
END_TEST

RUN_CASES("sign", pkcs1_schemes, pss_schemes, a_card_without_pss, refusals, addressing,
          longest_input, by_get_response, next_generation, time_is_counted, statistics_as_json)
