/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_verify.h"

#include "command.h"
#include "text.h"
#include "x509.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

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

bool cert_signed_by(X509 *cert, X509 *ca)
{
    EVP_PKEY *key = X509_get0_pubkey(ca);
    bool good = key != NULL && X509_verify(cert, key) == 1;

    ERR_clear_error();
    return good;
}

/* The name of the file in the folder that holds the key which signed cert; NULL if none does.  The caller frees it. */
static char *folder_search(const char *folder, X509 *cert, size_t *ret_seen)
{
    DIR *dir = opendir(folder);
    char *found = NULL;
    const struct dirent *entry;

    *ret_seen = 0;
    if (dir == NULL)
        return NULL;
    for (entry = readdir(dir); entry != NULL && found == NULL; entry = readdir(dir)) {
        char *path = NULL;
        X509 *ca;
        if (entry->d_name[0] == '.' || asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
            continue;
        ca = file_load(path);
        *ret_seen += ca != NULL ? 1 : 0;
        if (ca != NULL && cert_signed_by(cert, ca)) {
            found = path;
            path = NULL;
        }
        X509_free(ca);
        free(path);
    }
    (void)closedir(dir);
    return found;
}

int cert_verify_show(X509 *cert, X509 *ca, const char *ca_dir, bool json)
{
    const struct cert_dates dates = cert_dates(cert, time(NULL));
    const bool in_time = dates.state == CERT_VALID || dates.state == CERT_RENEWABLE;
    const bool by_card = cert_signed_by(cert, ca);
    struct json out = { .depth = 0 };
    size_t seen = 0;
    char *file = ca_dir == NULL ? NULL : folder_search(ca_dir, cert, &seen);
    const bool good = in_time && by_card && (ca_dir == NULL || file != NULL);

    if (json) {
        json_object(&out, NULL);
        json_bool(&out, "in_time", in_time);
        json_bool(&out, "signed_by_card_ca", by_card);
        json_text(&out, "published_ca", file);
        json_bool(&out, "good", good);
        json_end(&out);
        goto out;
    }
    text_row(0, _("Dates"), "%s", cert_dates_sentence(&dates));
    text_row(0, _("CA on the card"), "%s",
             by_card ? _("its key signed this certificate") : _("its key did NOT sign this certificate"));
    if (ca_dir == NULL)
        text_row(0, _("Published CA"), "%s",
                 _("not looked at: a card vouches for itself here; give the published CA certificates with "
                   "--ca-dir"));
    else if (file != NULL)
        text_row(0, _("Published CA"), _("signed by the key in %s"), file);
    else
        text_row(0, _("Published CA"), ngettext("NOT signed by the key of the %zu certificate in %s",
                 "NOT signed by a key of the %zu certificates in %s", (unsigned long)seen), seen, ca_dir);
    text_row(0, _("Revocation"), "%s", _("cannot be asked here: only accredited verifiers may"));
    text_row(0, _("Result"), "%s", good ? _("good") : _("NOT good"));
out:
    free(file);
    return good ? CODE_OK : CODE_CHECK;
}
