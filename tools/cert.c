/* SPDX-License-Identifier: BSD-3-Clause */
/* cert list, show, export, verify */
#include "card_read.h"
#include "cert_verify.h"
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "text.h"
#include "x509.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
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
        json_text(json, "name", cert_word(which));
        json_bool(json, "private", private);
        json_text(json, "to", cert != NULL ? end : NULL);
        json_text(json, "state", cert != NULL ? cert_state_word(dates.state) : NULL);
        json_end(json);
        return;
    }
    if (cert == NULL)
        text_line(stdout, "%-8s  %s", cert_word(which), _("on the card; read with the password"));
    else
        text_line(stdout, _("%-8s  until %s  %s"), cert_word(which), end, cert_title(which));
}

static int list(const struct cert_wish *wish, struct holder *holder)
{
    struct json json = { .depth = 0 };
    uint8_t bytes[CARD_CERT_MAX];
    int code = CODE_OK;

    if (wish->json)
        json_list(&json, NULL);
    for (enum cert_file which = CERT_AUTH; which < CERT_COUNT && code == CODE_OK; which++) {
        struct buf der = BUF_OVER(bytes);
        enum jpki_err err = card_read_cert(&holder->card, which, &der);
        X509 *cert = err == JPKI_OK ? cert_parse(buf_slice(&der)) : NULL;
        if (cert != NULL || err == JPKI_ERR_DENIED)
            list_row(wish, &json, which, cert, err == JPKI_ERR_DENIED);
        else if (err != JPKI_ERR_NOT_FOUND)
            code = error_explain(err == JPKI_OK ? JPKI_ERR_PROTOCOL : err);
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

static void person_show(struct json *json, bool as_json, const X509 *cert)
{
    for (size_t i = 0; i < person_count(); i++) {
        char *text = person_text(cert, person_at(i));
        if (text != NULL)
            fact(json, as_json, person_at(i)->key, _(person_at(i)->label), text);
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
         wish->json ? cert_word(which) : cert_title(which));
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

/* Standard output, or a new file, readable by its owner alone where the certificate is personal. */
static FILE *out_open(const struct cert_wish *wish, bool personal)
{
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (wish->force ? O_TRUNC : O_EXCL);
    int fd, why;

    if (wish->out == NULL || strcmp(wish->out, "-") == 0)
        return stdout;
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
    return fdopen(fd, "w");
}

static int export(const struct cert_wish *wish, enum cert_file which, X509 *cert)
{
    const bool personal = which == CERT_SIGN;
    FILE *out = out_open(wish, personal);
    bool good;

    if (out == NULL)
        return CODE_FAILED;
    good =
        (wish->der ? i2d_X509_fp(out, cert) : PEM_write_X509(out, cert)) == 1 && fflush(out) == 0;
    if (out != stdout)
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
                         cert_role(which) == ROLE_AUTH ? CERT_AUTH_CA : CERT_SIGN_CA, &ca);

    if (code == CODE_OK)
        code = cert_verify_show(cert, cert_role(which), ca, wish->ca_dir, wish->json);
    X509_free(ca);
    return code;
}

/* The word behind "cert" and whether a certificate's name follows. */
enum cert_action { ACTION_LIST, ACTION_SHOW, ACTION_EXPORT, ACTION_VERIFY, ACTION_COUNT };

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
