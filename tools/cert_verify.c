/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_verify.h"

#include "command.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file as PEM, else as DER; NULL if it is neither. */
static X509 *file_load(const char *path)
{
    BIO *in = BIO_new_file(path, "rb");
    X509 *cert = NULL;

    if (in != NULL)
        cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
    if (in != NULL && cert == NULL && BIO_reset(in) == 0)
        cert = d2i_X509_bio(in, NULL);
    BIO_free(in);
    ERR_clear_error();
    return cert;
}

static bool in_time(enum cert_state state)
{
    return state == CERT_VALID || state == CERT_RENEWABLE;
}

bool cert_signed_by(X509 *cert, X509 *ca)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);
    bool good = key != NULL && X509_verify(cert, key) == 1;

    ERR_clear_error();
    return good;
}

/* Why ca cannot vouch for what its key signed, translated; NULL: nothing speaks against it. */
static const char *ca_fault(X509 *ca)
{
    if ((X509_get_key_usage(ca) & KU_KEY_CERT_SIGN) == 0)
        return _("its key may not sign certificates (keyUsage)");
    if (X509_check_ca(ca) != 1)
        return _("it is no CA's certificate (CA:TRUE is not in it)");
    if (!in_time(cert_dates(ca, time(NULL)).state))
        return _("it is out of date");
    return NULL;
}

/* Whether the key may do what the role's is for; a CA's is ca_fault's business. */
static bool use_right(X509 *cert, enum role role)
{
    const uint32_t uses = KU_DIGITAL_SIGNATURE | (role == ROLE_SIGN ? KU_NON_REPUDIATION : 0);

    return X509_check_ca(cert) == 1 || (X509_get_key_usage(cert) & uses) != 0;
}

int ca_dir_check(const char *ca_dir)
{
    DIR *dir = opendir(ca_dir);

    if (dir == NULL) {
        say_error(_("%s cannot be read: %s"), ca_dir, strerror(errno));
        return CODE_FAILED;
    }
    (void)closedir(dir);
    return CODE_OK;
}

/* Who signed it according to a folder. */
struct published {
    size_t seen;       /* certificates there */
    char *file;        /* the one whose key signed, freed by the caller; NULL: none */
    const char *fault; /* what speaks against it, NULL: nothing */
};

static void folder_search(const char *folder, X509 *cert, struct published *published)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry = dir == NULL ? NULL : readdir(dir);

    for (; entry != NULL && (published->file == NULL || published->fault != NULL);
         entry = readdir(dir)) {
        char *path = NULL;
        X509 *ca;
        if (entry->d_name[0] == '.' || asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            continue;
        ca = file_load(path);
        published->seen += ca != NULL ? 1 : 0;
        if (ca != NULL && cert_signed_by(cert, ca)) {
            char *before = published->file;
            published->fault = ca_fault(ca);
            published->file = path;
            path = before;
        }
        X509_free(ca);
        free(path);
    }
    if (dir != NULL)
        (void)closedir(dir);
}

/* The parts of the judgement. */
struct judgement {
    struct cert_dates dates;
    bool in_time, use, by_card, good;
    const char *card_fault, *ca_dir;
    struct published published;
};

static void judgement_json(const struct judgement *found)
{
    struct json out = { .depth = 0 };

    json_object(&out, NULL);
    json_bool(&out, "in_time", found->in_time);
    json_bool(&out, "key_usage", found->use);
    json_bool(&out, "signed_by_card_ca", found->by_card);
    json_bool(&out, "card_ca_good", found->card_fault == NULL);
    json_text(&out, "published_ca", found->published.file);
    if (found->ca_dir != NULL)
        json_bool(&out, "published_ca_good",
                  found->published.file != NULL && found->published.fault == NULL);
    json_list(&out, "not_checked");
    json_text(&out, NULL, "revocation");
    if (found->ca_dir == NULL)
        json_text(&out, NULL, "published_ca");
    json_end(&out);
    json_bool(&out, "good", found->good);
    json_end(&out);
}

static void judgement_show(const struct judgement *found)
{
    const struct published *published = &found->published;

    text_row(0, _("Dates"), "%s", cert_dates_sentence(&found->dates));
    text_row(0, _("Use"), "%s",
             found->use ? _("its key is for this (keyUsage)")
                        : _("its key is NOT for this (keyUsage)"));
    text_row(0, _("CA on the card"), "%s",
             found->by_card ? _("its key signed this certificate")
                            : _("its key did NOT sign this certificate"));
    if (found->card_fault != NULL)
        text_row(0, "", "%s", found->card_fault);
    if (found->ca_dir == NULL)
        text_row(
            0, _("Published CA"), "%s",
            _("NOT CHECKED: a card vouches for itself here; give the published CA certificates with --ca-dir"));
    else if (published->file != NULL)
        text_row(0, _("Published CA"), _("signed by the key in %s"), published->file);
    else
        text_row(0, _("Published CA"),
                 ngettext("NOT signed by the key of the %zu certificate in %s",
                          "NOT signed by a key of the %zu certificates in %s",
                          (unsigned long)published->seen),
                 published->seen, found->ca_dir);
    if (published->fault != NULL)
        text_row(0, "", "%s", published->fault);
    text_row(0, _("Revocation"), "%s", _("NOT CHECKED: only accredited verifiers may ask for it"));
    text_row(0, _("Result"), "%s",
             found->good ? _("good, as far as it was checked") : _("NOT good"));
}

int cert_verify_show(X509 *cert, enum role role, X509 *ca, const char *ca_dir, bool json)
{
    struct judgement found = {
        .dates = cert_dates(cert, time(NULL)),
        .use = use_right(cert, role),
        .by_card = cert_signed_by(cert, ca),
        .card_fault = ca_fault(ca),
        .ca_dir = ca_dir,
    };

    if (ca_dir != NULL)
        folder_search(ca_dir, cert, &found.published);
    if (ca_dir != NULL && found.published.seen == 0) {
        say_error(_("there is no certificate in %s"), ca_dir);
        return CODE_FAILED;
    }
    found.in_time = in_time(found.dates.state);
    found.good =
        found.in_time && found.use && found.by_card && found.card_fault == NULL &&
        (ca_dir == NULL || (found.published.file != NULL && found.published.fault == NULL));
    if (json)
        judgement_json(&found);
    else
        judgement_show(&found);
    free(found.published.file);
    return found.good ? CODE_OK : CODE_CHECK;
}
