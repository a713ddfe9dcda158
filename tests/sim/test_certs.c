/* SPDX-License-Identifier: BSD-3-Clause */
/* The certificates: sizes, names, who signed them, and that the folder of keys is what makes two
 * cards the same. */
#include "test_sim.h"

#include <ftw.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static X509 *cert_of(const struct sim_card *card, enum sim_cert which)
{
    const struct sim_identity *identity = sim_card_identity(card);
    const unsigned char *at = identity->cert[which];
    X509 *cert = d2i_X509(NULL, &at, (long)identity->cert_len[which]);

    ck_assert_ptr_nonnull(cert);
    return cert;
}

START_TEST(sizes_of_the_real_ones)
{
    struct sim_card *card = card_ready("");
    const struct sim_identity *identity = sim_card_identity(card);

    ck_assert_uint_eq(identity->cert_len[SIM_CERT_AUTH], 1571);
    ck_assert_uint_eq(identity->cert_len[SIM_CERT_SIGN], 1742);
    ck_assert_uint_eq(identity->cert_len[SIM_CERT_AUTH_CA], 1316);
    ck_assert_uint_eq(identity->cert_len[SIM_CERT_SIGN_CA], 1304);
    sim_card_free(card);
}
END_TEST

START_TEST(signed_by_their_ca)
{
    struct sim_card *card = card_ready("");

    for (int role = 0; role < SIM_ROLES; role++) {
        X509 *holder = cert_of(card, (enum sim_cert)(SIM_CERT_AUTH + role));
        X509 *ca = cert_of(card, (enum sim_cert)(SIM_CERT_AUTH_CA + role));
        X509 *other = cert_of(card, (enum sim_cert)(SIM_CERT_SIGN_CA - role));
        ck_assert_int_eq(X509_check_issued(ca, holder), X509_V_OK);
        ck_assert_int_eq(X509_verify(holder, X509_get0_pubkey(ca)), 1);
        ck_assert_int_eq(X509_verify(ca, X509_get0_pubkey(ca)), 1);
        ck_assert_int_ne(X509_verify(holder, X509_get0_pubkey(other)), 1);
        ck_assert_int_eq(X509_check_ca(ca), 1);
        ck_assert_int_eq(X509_check_ca(holder), 0);
        X509_free(holder);
        X509_free(ca);
        X509_free(other);
    }
    sim_card_free(card);
}
END_TEST

START_TEST(names_and_usages)
{
    struct sim_card *card = card_ready("");
    X509 *auth = cert_of(card, SIM_CERT_AUTH), *sign = cert_of(card, SIM_CERT_SIGN);
    char *issuer = X509_NAME_oneline(X509_get_issuer_name(auth), NULL, 0);

    ck_assert_str_eq(issuer, "/C=JP/O=JPKI-TEST/OU=JPKI for user authentication"
                             "/OU=Japan Agency for Local Authority Information Systems");
    ck_assert_uint_eq(X509_get_key_usage(auth), KU_DIGITAL_SIGNATURE);
    ck_assert_uint_eq(X509_get_key_usage(sign), KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION);
    ck_assert_int_eq(X509_get_ext_by_NID(auth, NID_subject_alt_name, -1), -1);
    ck_assert_int_ge(X509_get_ext_by_NID(sign, NID_subject_alt_name, -1), 0);
    ck_assert_int_ge(X509_get_ext_by_NID(auth, NID_issuer_alt_name, -1), 0);
    ck_assert_int_eq(X509_get_ext_by_NID(auth, NID_ext_key_usage, -1), -1);
    OPENSSL_free(issuer);
    X509_free(auth);
    X509_free(sign);
    sim_card_free(card);
}
END_TEST

START_TEST(the_holder_stands_in_other_names)
{
    static const char name[] = "架空　花子";
    struct sim_card *card = card_ready("");
    X509 *sign = cert_of(card, SIM_CERT_SIGN);
    GENERAL_NAMES *names = X509_get_ext_d2i(sign, NID_subject_alt_name, NULL, NULL);
    const ASN1_TYPE *value = NULL;

    ck_assert_int_eq(sk_GENERAL_NAME_num(names), 6);
    value = sk_GENERAL_NAME_value(names, 0)->d.otherName->value;
    ck_assert_int_eq(value->type, V_ASN1_UTF8STRING);
    ck_assert_int_eq(ASN1_STRING_length(value->value.utf8string), (int)strlen(name));
    ck_assert_mem_eq(ASN1_STRING_get0_data(value->value.utf8string), name, strlen(name));
    GENERAL_NAMES_free(names);
    X509_free(sign);
    sim_card_free(card);
}
END_TEST

static void times_compare(const char *words, int begun, int ended)
{
    struct sim_card *card = card_ready(words);
    X509 *cert = cert_of(card, SIM_CERT_AUTH);

    ck_assert_int_eq(X509_cmp_current_time(X509_get0_notBefore(cert)) < 0, begun);
    ck_assert_int_eq(X509_cmp_current_time(X509_get0_notAfter(cert)) < 0, ended);
    X509_free(cert);
    sim_card_free(card);
}

START_TEST(validities)
{
    times_compare("", 1, 0);
    times_compare("profile=expired", 1, 1);
    times_compare("profile=notyet", 0, 0);
    times_compare("profile=expiring", 1, 0);
}
END_TEST

START_TEST(two_cards_differ_and_one_stays_itself)
{
    struct sim_card *one = card_ready(""), *same = card_ready(""), *two = card_ready("serial=2");
    const struct sim_identity *a = sim_card_identity(one), *b = sim_card_identity(same),
                              *c = sim_card_identity(two);

    ck_assert_mem_eq(a->cert[SIM_CERT_AUTH], b->cert[SIM_CERT_AUTH], a->cert_len[SIM_CERT_AUTH]);
    ck_assert_mem_eq(a->cert[SIM_CERT_SIGN_CA], c->cert[SIM_CERT_SIGN_CA],
                     a->cert_len[SIM_CERT_SIGN_CA]);
    ck_assert_mem_ne(a->cert[SIM_CERT_AUTH], c->cert[SIM_CERT_AUTH], 256);
    ck_assert_int_ne(EVP_PKEY_eq(a->key[SIM_AUTH], c->key[SIM_AUTH]), 1);
    ck_assert_int_eq(EVP_PKEY_eq(a->key[SIM_AUTH], b->key[SIM_AUTH]), 1);
    sim_card_free(one);
    sim_card_free(same);
    sim_card_free(two);
}
END_TEST

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Remove a folder of keys that a test made. */
static void folder_remove(const char *dir)
{
    ck_assert_int_eq(nftw(dir, entry_remove, 8, FTW_DEPTH | FTW_PHYS), 0);
}

START_TEST(a_fresh_folder_made_by_two_at_once)
{
    char dir[] = "sim-keys-XXXXXX";
    struct sim_card *card = NULL, *again = NULL;
    struct stat st;
    int status = -1;
    pid_t child = 0;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    child = fork();
    if (child == 0) {
        struct sim_card *theirs = sim_card_new_words("", dir);
        _exit(theirs == NULL ? 1 : 0);
    }
    card = sim_card_new_words("", dir);
    ck_assert_ptr_nonnull(card);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    again = sim_card_new_words("", dir);
    for (int i = 0; i < SIM_CERTS; i++) {
        ck_assert_uint_eq(sim_card_identity(card)->cert_len[i],
                          sim_card_identity(again)->cert_len[i]);
        ck_assert_mem_eq(sim_card_identity(card)->cert[i], sim_card_identity(again)->cert[i],
                         sim_card_identity(card)->cert_len[i]);
    }
    ck_assert_int_eq(sim_identity_export(sim_card_identity(card), dir), true);
    {
        char path[64];
        snprintf(path, sizeof(path), "%s/auth-ca.pem", dir);
        ck_assert_int_eq(stat(path, &st), 0);
    }
    ck_assert(!sim_identity_export(sim_card_identity(card), "no/such/folder"));
    sim_card_free(card);
    sim_card_free(again);
    folder_remove(dir);
}
END_TEST

RUN_CASES("certs", sizes_of_the_real_ones, signed_by_their_ca, names_and_usages,
          the_holder_stands_in_other_names, validities, two_cards_differ_and_one_stays_itself,
          a_fresh_folder_made_by_two_at_once)
