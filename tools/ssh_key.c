/* SPDX-License-Identifier: BSD-3-Clause */
/* ssh-key: the authentication key as a line for authorized_keys (RFC 4253, 6.6: "ssh-rsa", e, n) */
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "text.h"
#include "x509.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define KEY_NAME "ssh-rsa"
#define BLOB_MAX 1200 /* RSA keys up to 8192 bits */

/* Four bytes of length, then the bytes. */
static bool field_put(struct buf *blob, struct slice bytes)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        if (buf_put_byte(blob, (uint8_t)(bytes.len >> shift)) != JPKI_OK)
            return false;
    }
    return buf_put(blob, bytes) == JPKI_OK;
}

/* A positive number never begins with a set bit. */
static bool number_put(struct buf *blob, const EVP_PKEY *key, const char *name)
{
    uint8_t bytes[BLOB_MAX] = { 0 };
    BIGNUM *number = NULL;
    bool good = false;
    size_t len;

    if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
        return false;
    len = (size_t)BN_num_bytes(number);
    if (len > 0 && len < sizeof(bytes)) {
        (void)BN_bn2bin(number, bytes + 1);
        good = field_put(blob, (bytes[1] & 0x80) != 0 ? slice_of(bytes, len + 1)
                                                      : slice_of(bytes + 1, len));
    }
    BN_free(number);
    return good;
}

static int line_print(const X509 *cert, const char *serial)
{
    uint8_t bytes[BLOB_MAX];
    unsigned char text[2 * BLOB_MAX];
    struct buf blob = BUF_OVER(bytes);
    const EVP_PKEY *key = X509_get0_pubkey(cert);

    if (key == NULL || !EVP_PKEY_is_a(key, "RSA") ||
        !field_put(&blob, slice_of(KEY_NAME, strlen(KEY_NAME))) ||
        !number_put(&blob, key, OSSL_PKEY_PARAM_RSA_E) ||
        !number_put(&blob, key, OSSL_PKEY_PARAM_RSA_N))
        return error_explain(JPKI_ERR_UNSUPPORTED);
    (void)EVP_EncodeBlock(text, blob.ptr, (int)blob.len);
    text_line(stdout, KEY_NAME " %s %s %s", (const char *)text, role_names[ROLE_AUTH].token,
              serial);
    return CODE_OK;
}

int command_ssh_key(int argc, char **argv)
{
    struct place place = { .reader = NULL };
    struct pin_source source = PIN_SOURCE_START;
    const struct option_row rows[] = { PLACE_OPTIONS(&place),
                                       PIN_OPTIONS(&source),
                                       { .name = NULL } };
    const struct usage usage = {
        "ssh-key auth [options]",
        N_("Print the key for user authentication as one line for ~/.ssh/authorized_keys on a server. The key for digital "
           "signatures is not for this: what it signs counts as signed by you."),
        rows
    };
    struct holder holder;
    X509 *cert = NULL;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 2 || strcmp(argv[1], "auth") != 0)
        return usage_complain(&usage, "%s",
                              _("only the key for user authentication (auth) is for SSH"));
    code = holder_find(&place, &holder);
    if (code != CODE_OK)
        return code;
    code = cert_load(&source, &holder.card, CERT_AUTH, &cert);
    if (code == CODE_OK)
        code = line_print(cert, holder.serial);
    X509_free(cert);
    holder_close(&holder);
    return code;
}
