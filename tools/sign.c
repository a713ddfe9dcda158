/* SPDX-License-Identifier: BSD-3-Clause */
/* sign: a file's signature as CMS */
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "sign_cms.h"
#include "x509.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct sign_wish {
    struct place place;
    struct pin_source source;
    const char *key, *in, *out;
    bool attached, pem;
    enum role role;
};

/* All of a file, "-" being standard input; the caller frees it.  NULL: said why. */
static uint8_t *file_read(const char *path, size_t *ret_len)
{
    const bool from_stdin = strcmp(path, "-") == 0;
    FILE *in = from_stdin ? stdin : fopen(path, "rbe");
    uint8_t *bytes = NULL, *more;
    size_t len = 0, room = 0;

    /* not until nothing comes: a terminal would have to say its end twice */
    while (in != NULL && feof(in) == 0 && ferror(in) == 0) {
        if (len == room) {
            room = room == 0 ? 65536 : room * 2;
            more = room > INT_MAX / 2 ? NULL : realloc(bytes, room);
            if (more == NULL) {
                errno = EFBIG;
                break;
            }
            bytes = more;
        }
        len += fread(bytes + len, 1, room - len, in);
    }
    if (in == NULL || feof(in) == 0) {
        say_error(_("%s cannot be read: %s"), path, strerror(errno));
        free(bytes);
        bytes = NULL;
    }
    if (in != NULL && !from_stdin)
        (void)fclose(in);
    *ret_len = len;
    return bytes;
}

static int message_write(const struct sign_wish *wish, const char *path, CMS_ContentInfo *cms)
{
    const bool to_stdout = strcmp(path, "-") == 0;
    BIO *out = to_stdout ? BIO_new_fp(stdout, BIO_NOCLOSE) : BIO_new_file(path, "wb");
    bool good = out != NULL && (wish->pem ? PEM_write_bio_CMS_stream(out, cms, NULL, 0) : i2d_CMS_bio(out, cms)) == 1 &&
                BIO_flush(out) == 1;

    BIO_free(out);
    if (!good) {
        say_error(_("%s cannot be written: %s"), path, strerror(errno));
        return CODE_FAILED;
    }
    if (!to_stdout)
        printf(_("Signature written to %s\n"), path);
    return CODE_OK;
}

/* Let the card sign.  A PIN that was given for the certificate a moment ago serves again. */
static int draft_sign(const struct sign_wish *wish, struct card *card, struct secret *pin, X509 *cert,
                      struct cms_draft *draft)
{
    uint8_t info[DIGEST_INFO_LEN], bytes[CARD_SIGNATURE_MAX];
    struct buf signature = BUF_OVER(bytes);
    struct guard_ask ask = pin_wish(&wish->source, card, wish->role, GUARD_SIGN);
    struct guard_tell tell;
    int code = CODE_OK;

    if (!cms_digest_info(draft, info))
        return CODE_FAILED;
    if (!card->facts.cert_private[wish->role])
        code = pin_get(&wish->source, card, wish->role, pin);
    if (code != CODE_OK)
        return code;
    pin_fill(&ask, pin);
    if (card->facts.cert_private[wish->role] && pin->len > 0)
        ask.origin = PIN_KEPT;
    ask.scheme = SCHEME_PKCS1;
    ask.input = slice_of(info, sizeof(info));
    ask.out = &signature;
    tell = guard_pass(card, &ask);
    code = pin_explain(wish->role, &tell);
    if (code == CODE_OK && !cms_complete(draft, cert, buf_slice(&signature))) {
        say_error("%s", _("the card's signature does not fit its certificate; it was thrown away"));
        code = CODE_FAILED;
    }
    return code;
}

static int sign_content(const struct sign_wish *wish, struct card *card, struct slice content, const char *path)
{
    struct secret pin = { .len = 0 };
    struct cms_draft draft = { .cms = NULL };
    X509 *cert = NULL, *ca = NULL;
    int code = cert_load(&wish->source, card, wish->role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN, &cert, &pin);

    if (code == CODE_OK)
        code = cert_load(&wish->source, card, wish->role == ROLE_AUTH ? CERT_AUTH_CA : CERT_SIGN_CA, &ca, NULL);
    if (code == CODE_OK && !cms_draft(cert, ca, content, wish->attached, &draft)) {
        say_error("%s", _("the message could not be composed"));
        code = CODE_FAILED;
    }
    if (code == CODE_OK)
        code = draft_sign(wish, card, &pin, cert, &draft);
    if (code == CODE_OK)
        code = message_write(wish, path, draft.cms);
    if (code == CODE_OK && wish->role == ROLE_SIGN)
        say_error("%s", _("the signature holds your certificate, and with it your name, address, date of birth and sex"));
    wipe(&pin, sizeof(pin));
    cms_free(&draft);
    X509_free(cert);
    X509_free(ca);
    return code;
}

static int sign_file(const struct sign_wish *wish, struct card *card)
{
    const char *ending = wish->attached ? ".p7m" : ".p7s";
    char *beside = NULL;
    size_t len = 0;
    uint8_t *content = file_read(wish->in, &len);
    int code = CODE_FAILED;

    if (content == NULL)
        return CODE_FAILED;
    if (wish->out != NULL || strcmp(wish->in, "-") == 0)
        code = sign_content(wish, card, slice_of(content, len), wish->out != NULL ? wish->out : "-");
    else if (asprintf(&beside, "%s%s", wish->in, ending) > 0)
        code = sign_content(wish, card, slice_of(content, len), beside);
    free(beside);
    free(content);
    return code;
}

int command_sign(int argc, char **argv)
{
    struct sign_wish wish = { .source = PIN_SOURCE_START, .key = "sign" };
    const struct option_row rows[] = {
        PLACE_OPTIONS(&wish.place),
        { "key", OPTION_TEXT, &wish.key, "auth|sign", N_("which key signs (default: sign)") },
        { "out", OPTION_TEXT, &wish.out, N_("FILE"),
          N_("where the signature goes (default: FILE.p7s or FILE.p7m; - is standard output)") },
        { "attached", OPTION_FLAG, &wish.attached, NULL,
          N_("put the file into the signature (.p7m) instead of beside it (.p7s)") },
        { "pem", OPTION_FLAG, &wish.pem, NULL, N_("PEM instead of DER") },
        PIN_OPTIONS(&wish.source),
        { .name = NULL },
    };
    const struct usage usage = { "sign FILE [options]",
                                 N_("Sign a file with the card: CMS with SHA-256, which 'openssl cms -verify' checks. The "
                                    "certificate and its CA's go with it."),
                                 rows };
    struct holder holder;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 2 || !role_read(wish.key, &wish.role))
        return usage_complain(&usage, "%s", argc == 2 ? _("the keys are auth and sign") : _("say which file"));
    wish.in = argv[1];
    code = holder_find(&wish.place, &holder);
    if (code != CODE_OK)
        return code;
    code = sign_file(&wish, &holder.card);
    holder_close(&holder);
    return code;
}
