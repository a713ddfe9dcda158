/* SPDX-License-Identifier: BSD-3-Clause */
/* cert list, show, export, verify */
#include "cert_verify.h"
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "text.h"
#include "x509.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cert_wish {
    struct place place;
    struct pin_source source;
    bool json, der, force;
    const char *out, *ca_dir;
};

#define PERSON_ARC "1.2.392.200149.8.5.5."

/* What the signature certificate says of the person: one row of its subjectAltName each
 * (PROTOCOL.md, "Certificates"). */
static const struct person_row {
    const char *oid, *key, *label;
} persons[] = {
    { PERSON_ARC "1", "name", N_("Name") },
    { PERSON_ARC "4", "birth_date", N_("Date of birth") },
    { PERSON_ARC "3", "sex", N_("Sex") },
    { PERSON_ARC "5", "address", N_("Address") },
};

static void list_row(const struct cert_wish *wish, struct json *json, enum cert_file which,
                     const X509 *cert, bool private)
{
    struct cert_dates dates;
    char end[DATE_LEN] = "";

    if (cert != NULL) {
        dates = cert_dates(cert, time(NULL));
        date_text(dates.end, end);
    }
    if (wish->json) {
        json_object(json, NULL);
        json_text(json, "name", certs[which].word);
        json_bool(json, "private", private);
        json_text(json, "to", cert != NULL ? end : NULL);
        json_text(json, "state", cert != NULL ? cert_state_word(dates.state) : NULL);
        json_end(json);
        return;
    }
    if (cert == NULL)
        text_line(stdout, "%-8s  %s", certs[which].word, _("on the card; read with the password"));
    else
        text_line(stdout, _("%-8s  until %s  %s"), certs[which].word, end, _(certs[which].title));
}

static int list(const struct cert_wish *wish, struct holder *holder)
{
    struct json json = { .depth = 0 };
    int code = CODE_OK;

    if (wish->json)
        json_list(&json, NULL);
    for (enum cert_file which = CERT_AUTH; which < CERT_COUNT && code == CODE_OK; which++) {
        X509 *cert = NULL;
        enum jpki_err err = cert_read(&holder->card, which, &cert);
        if (err == JPKI_OK || err == JPKI_ERR_DENIED)
            list_row(wish, &json, which, cert, err == JPKI_ERR_DENIED);
        else if (err != JPKI_ERR_NOT_FOUND)
            code = error_explain(err);
        X509_free(cert);
    }
    if (wish->json)
        json_end(&json);
    return code;
}

/* The facts as rows or as JSON members: the key is both the member's name and, translated, the
 * label. */
static void fact(struct json *json, bool as_json, const char *key, const char *label,
                 const char *value)
{
    if (as_json)
        json_text(json, key, value);
    else
        text_row(0, label, "%s", value);
}

/* What the digits of sex and birth date mean; other rows are text already. */
static char *person_spell(const struct person_row *row, const char *text)
{
    static const char *const sexes[] = { N_("not known"), N_("male"), N_("female"),
                                         N_("not known") };
    char *spelt = NULL;

    if (strcmp(row->key, "sex") == 0 && text[0] >= '0' && text[0] <= '3')
        return strdup(_(sexes[text[0] - '0']));
    if (strcmp(row->key, "birth_date") == 0 &&
        strlen(text) == 9) /* the era's digit, then the year of our calendar */
        return asprintf(&spelt, "%.4s-%.2s-%.2s", text + 1, text + 5, text + 7) < 0 ? NULL : spelt;
    return strdup(text);
}

/* The text of such a row; NULL if the certificate has none.  The caller frees it. */
static char *person_text(const X509 *cert, const struct person_row *row)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    char *text = NULL;

    for (int i = 0; i < sk_GENERAL_NAME_num(names) && text == NULL; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        char oid[80], *raw;
        const ASN1_STRING *value;
        if (name->type != GEN_OTHERNAME ||
            OBJ_obj2txt(oid, sizeof(oid), name->d.otherName->type_id, 1) <= 0 ||
            strcmp(oid, row->oid) != 0 || name->d.otherName->value->type != V_ASN1_UTF8STRING)
            continue;
        value = name->d.otherName->value->value.utf8string;
        raw = text_clean((const char *)ASN1_STRING_get0_data(value),
                         (size_t)ASN1_STRING_length(value));
        text = raw == NULL ? NULL : person_spell(row, raw);
        free(raw);
    }
    GENERAL_NAMES_free(names);
    return text;
}

static void person_show(struct json *json, bool as_json, const X509 *cert)
{
    for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
        char *text = person_text(cert, &persons[i]);
        if (text != NULL)
            fact(json, as_json, persons[i].key, _(persons[i].label), text);
        free(text);
    }
}

/* The name with its characters as they are, in the order of the certificate; the caller frees
 * it. */
static char *name_text(const X509_NAME *name)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text = NULL, *data = NULL;
    long len = 0;

    if (out != NULL &&
        X509_NAME_print_ex(out, name, 0, XN_FLAG_ONELINE & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) >=
            0)
        len = BIO_get_mem_data(out, &data);
    if (len > 0)
        text = text_clean(data, (size_t)len);
    BIO_free(out);
    return text;
}

static void dates_show(struct json *json, bool as_json, const X509 *cert)
{
    const struct cert_dates dates = cert_dates(cert, time(NULL));
    char date[DATE_LEN];

    date_text(dates.start, date);
    fact(json, as_json, "from", _("Valid from"), date);
    date_text(dates.end, date);
    fact(json, as_json, "to", _("Valid to"), date);
    if (!as_json) {
        text_row(0, "", "%s", cert_dates_sentence(&dates));
        return;
    }
    date_text(dates.renewal, date);
    json_text(json, "renewal_from", date);
    json_text(json, "state", cert_state_word(dates.state));
    json_number(json, "days", dates.days);
}

static void show(const struct cert_wish *wish, enum cert_file which, X509 *cert)
{
    struct json json = { .depth = 0 };
    unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
    unsigned len = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1];
    char *subject = name_text(X509_get_subject_name(cert)),
         *issuer = name_text(X509_get_issuer_name(cert));
    const EVP_PKEY *key = X509_get0_pubkey(cert);

    if (wish->json)
        json_object(&json, NULL);
    fact(&json, wish->json, "certificate", _("Certificate"),
         wish->json ? certs[which].word : _(certs[which].title));
    fact(&json, wish->json, "subject", _("Subject"), subject == NULL ? "" : subject);
    person_show(&json, wish->json, cert);
    fact(&json, wish->json, "issuer", _("Issuer"), issuer == NULL ? "" : issuer);
    cert_serial_text(cert, text);
    fact(&json, wish->json, "serial", _("Serial number"), text);
    dates_show(&json, wish->json, cert);
    snprintf(text, sizeof(text), "%s %d", key == NULL ? "?" : EVP_PKEY_get0_type_name(key),
             key == NULL ? 0 : EVP_PKEY_get_bits(key));
    fact(&json, wish->json, "key", _("Key"), text);
    (void)X509_digest(cert, EVP_sha256(), digest, &len);
    hex_text(digest, len, text);
    fact(&json, wish->json, "sha256", "SHA-256", text);
    if (wish->json)
        json_end(&json);
    free(subject);
    free(issuer);
}

/* A new file, readable by its owner alone where the certificate is personal. */
static FILE *out_open(const struct cert_wish *wish, bool personal)
{
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (wish->force ? O_TRUNC : O_EXCL);
    FILE *out;
    int fd, why;

    fd = open(wish->out, flags, personal ? 0600 : 0644);
    if (fd >= 0 && personal && fchmod(fd, 0600) != 0) {
        (void)close(fd);
        fd = -1;
    }
    if (fd < 0) {
        why = errno;
        say_error(_("%s cannot be written: %s"), wish->out, strerror(why));
        if (why == EEXIST)
            say_next("%s", _("--force writes over it."));
        return NULL;
    }
    out = fdopen(fd, "w");
    if (out == NULL) {
        say_error(_("%s cannot be written: %s"), wish->out, strerror(errno));
        (void)close(fd);
    }
    return out;
}

static int export(const struct cert_wish *wish, enum cert_file which, X509 *cert)
{
    const bool personal = which == CERT_SIGN;
    const bool file = wish->out != NULL && strcmp(wish->out, "-") != 0;
    FILE *out = file ? out_open(wish, personal) : stdout;
    bool good;

    if (out == NULL)
        return CODE_FAILED;
    good =
        (wish->der ? i2d_X509_fp(out, cert) : PEM_write_X509(out, cert)) == 1 && fflush(out) == 0;
    if (file)
        good = fclose(out) == 0 && good;
    if (!good) {
        say_error(_("the certificate could not be written: %s"), strerror(errno));
        return CODE_FAILED;
    }
    if (personal)
        say_error(
            "%s",
            _("this certificate holds your name, address, date of birth and sex; give it only to whom you would tell them"));
    return CODE_OK;
}

static int verify(const struct cert_wish *wish, struct holder *holder, enum cert_file which,
                  X509 *cert)
{
    X509 *ca = NULL;
    int code = cert_load(&wish->source, &holder->card,
                         certs[which].role == ROLE_AUTH ? CERT_AUTH_CA : CERT_SIGN_CA, &ca);

    if (code == CODE_OK)
        code = cert_verify_show(cert, certs[which].role, ca, wish->ca_dir, wish->json);
    X509_free(ca);
    return code;
}

/* The word behind "cert" and whether a certificate's name follows. */
enum cert_action { ACTION_LIST, ACTION_SHOW, ACTION_EXPORT, ACTION_VERIFY, ACTION_COUNT };

static bool cert_read_name(const char *word, enum cert_file *ret_which)
{
    for (enum cert_file which = CERT_AUTH; which < CERT_COUNT; which++) {
        if (strcmp(word, certs[which].word) == 0) {
            *ret_which = which;
            return true;
        }
    }
    return false;
}

static bool action_read(int argc, char **argv, enum cert_action *ret_action,
                        enum cert_file *ret_which)
{
    static const char *const words[ACTION_COUNT] = { "list", "show", "export", "verify" };

    for (enum cert_action action = ACTION_LIST; argc > 1 && action < ACTION_COUNT; action++) {
        if (strcmp(argv[1], words[action]) == 0) {
            *ret_action = action;
            return action == ACTION_LIST ? argc == 2
                                         : argc == 3 && cert_read_name(argv[2], ret_which);
        }
    }
    return false;
}

static int cert_do(const struct cert_wish *wish, struct holder *holder, enum cert_action action,
                   enum cert_file which)
{
    X509 *cert = NULL;
    int code;

    if (action == ACTION_LIST)
        return list(wish, holder);
    code = cert_load(&wish->source, &holder->card, which, &cert);
    if (code != CODE_OK)
        return code;
    if (action == ACTION_SHOW)
        show(wish, which, cert);
    else
        code =
            action == ACTION_EXPORT ? export(wish, which, cert) : verify(wish, holder, which, cert);
    X509_free(cert);
    return code;
}

int command_cert(int argc, char **argv)
{
    struct cert_wish wish = { .source = PIN_SOURCE_START };
    const struct option_row rows[] = {
        PLACE_OPTIONS(&wish.place),
        { "json", OPTION_FLAG, &wish.json, NULL, N_("print JSON") },
        { "out", OPTION_TEXT, &wish.out, N_("FILE"),
          N_("export: write to this new file, not to standard output") },
        { "force", OPTION_FLAG, &wish.force, NULL, N_("export: write over a file that exists") },
        { "der", OPTION_FLAG, &wish.der, NULL, N_("export: DER instead of PEM") },
        { "ca-dir", OPTION_TEXT, &wish.ca_dir, N_("DIR"),
          N_("verify: the published CA certificates, PEM or DER, one a file") },
        PIN_OPTIONS(&wish.source),
        { .name = NULL },
    };
    const struct usage usage = {
        "cert list | show|export|verify auth|sign|auth-ca|sign-ca [options]",
        N_("List, show, export or verify the certificates on the card. The one for signatures "
           "(sign) is read with the password."),
        rows
    };
    struct holder holder;
    enum cert_action action = ACTION_LIST;
    enum cert_file which = CERT_AUTH;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (!action_read(argc, argv, &action, &which))
        return usage_complain(&usage, "%s", _("say what to do and with which certificate"));
    if (wish.ca_dir != NULL && ca_dir_check(wish.ca_dir) != CODE_OK)
        return CODE_FAILED;
    code = holder_find(&wish.place, &holder);
    if (code != CODE_OK)
        return code;
    code = cert_do(&wish, &holder, action, which);
    holder_close(&holder);
    return code;
}
