/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sign --pdf over many files with a key of software in the card's place: everything else is
 * jpki-token's own.
 *
 *   sign-soft KEY.pem CERT.pem FILE...     writes FILE.signed.pdf, a line "signed FILE" or "refused
 * FILE" for each
 */
#include "sign_work.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static EVP_PKEY *key;
static X509 *cert;

static bool identity_load(const char *key_path, const char *cert_path)
{
    FILE *key_file = fopen(key_path, "re"), *cert_file = fopen(cert_path, "re");

    if (key_file != NULL && cert_file != NULL) {
        key = PEM_read_PrivateKey(key_file, NULL, NULL, NULL);
        cert = PEM_read_X509(cert_file, NULL, NULL, NULL);
    }
    if (key_file != NULL)
        (void)fclose(key_file);
    if (cert_file != NULL)
        (void)fclose(cert_file);
    return key != NULL && cert != NULL;
}

/* What the card does: RSA with PKCS#1 padding over the attributes' DigestInfo, here from the
 * attributes themselves. */
static bool attributes_sign(const struct cms_draft *draft, struct buf *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = signature->cap;
    const bool good =
        context != NULL && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature->ptr, &len, draft->attributes, draft->attributes_len) ==
            1;

    EVP_MD_CTX_free(context);
    signature->len = len;
    return good;
}

static int file_sign(const char *path)
{
    const struct sign_wish wish = { .form = FORM_PDF, .in = path };
    uint8_t bytes[512];
    struct buf signature = BUF_OVER(bytes);
    struct cms_draft draft = { .cms = NULL };
    unsigned char *message = NULL;
    size_t len = 0;
    struct sign_work work;
    int code = work_begin(&wish, &work);

    if (code == 0)
        code = cms_draft(cert, NULL, work.covered, false, &draft) &&
                       attributes_sign(&draft, &signature) &&
                       cms_complete(&draft, buf_slice(&signature), &message, &len)
                   ? 0
                   : 99;
    if (code == 0)
        code = work_end(&work, slice_of(message, len), cert);
    OPENSSL_free(message);
    cms_free(&draft);
    work_drop(&work);
    return code;
}

int main(int argc, char **argv)
{
    if (argc < 3 || !identity_load(argv[1], argv[2])) {
        fputs("sign-soft KEY.pem CERT.pem FILE...\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        const int code = file_sign(argv[i]);
        /* a result that did not hold is a finding: what was accepted should not have been */
        printf("%s %s\n", code == 0 ? "signed" : code == 1 ? "refused" : "broken", argv[i]);
        (void)fflush(stdout);
    }
    EVP_PKEY_free(key);
    X509_free(cert);
    return 0;
}
