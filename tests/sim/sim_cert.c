/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_cert.h"

#include <openssl/conf.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS ((time_t)24 * 60 * 60)
#define SERVICE_NAME "公的個人認証サービス"
#define AUTHORITY "Japan Agency for Local Authority Information Systems"

struct holder_row {
    const char *name, *birth, *sex, *address, *prefecture, *city;
};

/* Nobody: the places do not exist either. */
static const struct holder_row holder_rows[] = {
    { "架空　花子", "419900401", "2", "架空県試験市見本町一丁目２番３号", "Kakuu-ken",
      "Shiken-shi" },
    { "模擬　太郎", "319601103", "1", "模擬県仮想市例示台四丁目５番６－７８９号", "Mogi-ken",
      "Kasou-shi" },
};

/* What a terminal would act on: ESC, CSI in one character, a turn of direction. */
static const struct holder_row odd_row = {
    "架空\x1b[2J\xc2\x9b花子", "419900401", "2", "架空県\xe2\x80\xae試験市",
    "Kakuu\xe2\x80\xae-ken",   "Shiken-shi"
};

static const struct holder_row *holder_of(const struct sim_options *opt)
{
    return opt->certs == SIM_CERTS_ODD_NAMES ? &odd_row : &holder_rows[(opt->holder + 1) % 2];
}

/* What differs between the two kinds of certificate.  Sizes in bytes: what real ones were seen
 * to have. */
struct role_row {
    const char *ou, *policy, *key_usage;
    size_t ca_size, holder_size;
};

static const struct role_row role_rows[] = {
    [SIM_AUTH] = { "JPKI for user authentication", "1.2.392.200149.8.5.1.0.30",
                   "critical,digitalSignature", 1316, 1571 },
    [SIM_SIGN] = { "JPKI for digital signature", "1.2.392.200149.8.5.1.0.20",
                   "critical,digitalSignature,nonRepudiation", 1304, 1742 },
};

struct validity_row {
    int first_day, last_day; /* counted from today's midnight, UTC */
};

static const struct validity_row validity_rows[] = {
    [SIM_VALID] = { -365, 4 * 365 },
    [SIM_EXPIRED] = { -6 * 365, -30 },
    [SIM_NOT_YET] = { 30, 5 * 365 },
    [SIM_EXPIRING] = { -5 * 365, 20 },
};

static bool name_add(X509_NAME *name, const char *field, int type, const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    return X509_NAME_add_entry_by_txt(name, field, type, bytes, -1, -1, 0) == 1;
}

static bool name_fill_ca(X509_NAME *name, enum sim_role role)
{
    return name_add(name, "C", MBSTRING_ASC, "JP") &&
           name_add(name, "O", V_ASN1_UTF8STRING, "JPKI-TEST") &&
           name_add(name, "OU", V_ASN1_UTF8STRING, role_rows[role].ou) &&
           name_add(name, "OU", V_ASN1_UTF8STRING, AUTHORITY);
}

static bool name_fill_holder(X509_NAME *name, enum sim_role role, const struct sim_options *opt)
{
    const struct holder_row *who = holder_of(opt);
    char code[40];

    if (role == SIM_AUTH) {
        snprintf(code, sizeof(code), "%06uE9TESTEG132210%03uA", 997794 + opt->holder, opt->holder);
        return name_add(name, "C", MBSTRING_ASC, "JP") && name_add(name, "CN", MBSTRING_ASC, code);
    }
    snprintf(code, sizeof(code), "20260401123456789132210%05u", opt->holder);
    return name_add(name, "C", MBSTRING_ASC, "JP") &&
           name_add(name, "L", V_ASN1_UTF8STRING, who->prefecture) &&
           name_add(name, "L", V_ASN1_UTF8STRING, who->city) &&
           name_add(name, "CN", MBSTRING_ASC, code);
}

/* subjectAltName or issuerAltName with the one directory name that all real ones have. */
static bool service_name_add(X509 *cert, int nid)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    GENERAL_NAME *general = GENERAL_NAME_new();
    X509_NAME *name = X509_NAME_new();
    bool done = false;

    if (names == NULL || general == NULL || name == NULL)
        goto out;
    if (!name_add(name, "C", MBSTRING_ASC, "JP") ||
        !name_add(name, "O", MBSTRING_UTF8, SERVICE_NAME))
        goto out;
    GENERAL_NAME_set0_value(general, GEN_DIRNAME, name);
    name = NULL;
    if (sk_GENERAL_NAME_push(names, general) == 0)
        goto out;
    general = NULL;
    done = X509_add1_ext_i2d(cert, nid, names, 0, X509V3_ADD_DEFAULT) == 1;
out:
    X509_NAME_free(name);
    GENERAL_NAME_free(general);
    GENERAL_NAMES_free(names);
    return done;
}

/* One extension written as in OpenSSL's configuration files; sections holds what it refers to
 * and may be NULL. */
static bool extension_add(X509 *cert, X509 *issuer, const char *sections, const char *name,
                          const char *value)
{
    BIO *bio = BIO_new_mem_buf(sections == NULL ? "" : sections, -1);
    CONF *conf = NCONF_new(NULL);
    X509_EXTENSION *extension = NULL;
    X509V3_CTX ctx;
    long line = 0;
    bool done = false;

    if (bio == NULL || conf == NULL || NCONF_load_bio(conf, bio, &line) != 1)
        goto out;
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509V3_set_nconf(&ctx, conf);
    extension = X509V3_EXT_nconf(conf, &ctx, name, value);
    done = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
out:
    X509_EXTENSION_free(extension);
    NCONF_free(conf);
    BIO_free(bio);
    return done;
}

/* Where revocation lists would be: a directory name, of the CA itself or of the holder's town. */
static bool crl_point_add(X509 *cert, enum sim_role role, const struct holder_row *who)
{
    char sections[512];

    if (who == NULL) {
        snprintf(sections, sizeof(sections),
                 "[points]\nfullname=dirName:dn\n[dn]\nC=JP\nO=JPKI-TEST\n1.OU=%s\n2.OU=%s\n",
                 role_rows[role].ou, AUTHORITY);
    } else {
        snprintf(
            sections, sizeof(sections),
            "[points]\nfullname=dirName:dn\n[dn]\nC=JP\nO=JPKI-TEST\n1.OU=%s\n2.OU=CRL Distribution Points\n3.OU=%s\n"
            "CN=%s CRLDP\n",
            role_rows[role].ou, who->prefecture, who->city);
    }
    return extension_add(cert, cert, sections, "crlDistributionPoints", "points");
}

static bool holder_names_add(X509 *cert, const struct holder_row *who)
{
    static const char arc[] = "1.2.392.200149.8.5.5";
    static const char form[] = "FORMAT:UTF8,UTF8";
    const char *const values[][2] = {
        { "1", who->name },    { "4", who->birth }, { "3", who->sex },
        { "5", who->address }, { "2", "00000" },    { "6", "0000000000000000" },
    };
    char sections[1024] = "[names]\n";

    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const size_t used = strlen(sections);
        snprintf(sections + used, sizeof(sections) - used, "otherName.%zu=%s.%s;%s:%s\n", i, arc,
                 values[i][0], form, values[i][1]);
    }
    return extension_add(cert, cert, sections, "subjectAltName", "@names");
}

static bool policy_add(X509 *cert, enum sim_role role)
{
    char sections[160];

    snprintf(sections, sizeof(sections),
             "[policy]\npolicyIdentifier=%s\nCPS=http://www.jpki.invalid/cps.html\n",
             role_rows[role].policy);
    return extension_add(cert, cert, sections, "certificatePolicies", "critical,@policy");
}

/* Bring the signed certificate to the size of a real one by a comment that says what it is. */
static bool cert_sign_sized(X509 *cert, EVP_PKEY *key, size_t size)
{
    static const char text[] = "Simulated card of the tests. This certificate proves nothing. ";
    char comment[512];
    size_t room = 0;

    for (int round = 0; round < 4; round++) {
        int len = 0;
        if (X509_sign(cert, key, EVP_sha256()) == 0)
            return false;
        len = i2d_X509(cert, NULL);
        if (len <= 0)
            return false;
        if ((size_t)len == size || (round == 0 && (size_t)len + 24 > size))
            return true;
        room = round == 0 ? size - (size_t)len - 20 : room + size - (size_t)len;
        if (room == 0 || room >= sizeof(comment))
            return true;
        for (size_t i = 0; i < room; i++)
            comment[i] = text[i % (sizeof(text) - 1)];
        comment[room] = '\0';
        if (round > 0)
            X509_EXTENSION_free(X509_delete_ext(cert, X509_get_ext_count(cert) - 1));
        if (!extension_add(cert, cert, NULL, "nsComment", comment))
            return false;
    }
    return true;
}

static bool cert_begin(X509 *cert, EVP_PKEY *key, long serial, time_t from, time_t until)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 &&
           ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(cert), until) != NULL &&
           X509_set_pubkey(cert, key) == 1;
}

X509 *sim_cert_make_ca(enum sim_role role, const struct sim_options *opt, EVP_PKEY *ca_key)
{
    const time_t today = time(NULL) / DAY_SECONDS * DAY_SECONDS;
    const char *use = opt->certs == SIM_CERTS_CA_USE ? "critical,digitalSignature"
                                                     : "critical,keyCertSign,cRLSign";
    const char *constraint =
        opt->certs == SIM_CERTS_NO_CA ? "critical,CA:FALSE" : "critical,CA:TRUE";
    X509 *cert = X509_new();

    if (cert == NULL)
        return NULL;
    if (!cert_begin(cert, ca_key, role == SIM_AUTH ? 0x0133C3A1 : 0x0132C4A1,
                    today - 400 * DAY_SECONDS,
                    today + (opt->certs == SIM_CERTS_OLD_CA ? -10 : 3250) * DAY_SECONDS) ||
        !name_fill_ca(X509_get_subject_name(cert), role) ||
        X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1 ||
        !extension_add(cert, cert, NULL, "keyUsage", use) ||
        !service_name_add(cert, NID_subject_alt_name) ||
        !extension_add(cert, cert, NULL, "basicConstraints", constraint) ||
        !crl_point_add(cert, role, NULL) ||
        !extension_add(cert, cert, NULL, "subjectKeyIdentifier", "hash") ||
        !cert_sign_sized(cert, ca_key, role_rows[role].ca_size)) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}

X509 *sim_cert_make_holder(enum sim_role role, const struct sim_options *opt, EVP_PKEY *key,
                           X509 *ca, EVP_PKEY *ca_key)
{
    const struct holder_row *who = holder_of(opt);
    const char *use =
        opt->certs == SIM_CERTS_USE ? "critical,keyEncipherment" : role_rows[role].key_usage;
    const struct validity_row *days = &validity_rows[opt->validity];
    const time_t today = time(NULL) / DAY_SECONDS * DAY_SECONDS;
    X509 *cert = X509_new();

    if (cert == NULL)
        return NULL;
    if (!cert_begin(cert, key, 0x20000000L + (long)opt->holder * 16 + (long)role,
                    today + days->first_day * DAY_SECONDS, today + days->last_day * DAY_SECONDS) ||
        !name_fill_holder(X509_get_subject_name(cert), role, opt) ||
        X509_set_issuer_name(cert, X509_get_subject_name(ca)) != 1 ||
        !extension_add(cert, cert, NULL, "keyUsage", use) ||
        (role == SIM_SIGN && !holder_names_add(cert, who)) || !policy_add(cert, role) ||
        !service_name_add(cert, NID_issuer_alt_name) || !crl_point_add(cert, role, who) ||
        !extension_add(cert, ca, NULL, "authorityKeyIdentifier", "keyid:always,issuer:always") ||
        !extension_add(cert, cert, NULL, "subjectKeyIdentifier", "hash") ||
        !cert_sign_sized(cert, ca_key, role_rows[role].holder_size)) {
        X509_free(cert);
        return NULL;
    }
    return cert;
}
