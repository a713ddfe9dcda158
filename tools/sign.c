/* SPDX-License-Identifier: BSD-3-Clause */
/* sign: a file's signature as CMS, or a PDF's in it */
#include "command.h"
#include "holder.h"
#include "prompt.h"
#include "sign_card.h"
#include "sign_work.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

struct sign_words {
    struct place place;
    struct pin_source source;
    const char *key;
    bool attached, pdf;
    enum role role;
    struct sign_wish wish;
};

/* Let the card at hand sign what was prepared. */
static int work_sign(const struct sign_words *words, struct sign_work *work, struct card *card)
{
    const struct sign_order order = {
        .source = &words->source,
        .role = words->role,
        .digest = work->covered,
        .dated = words->wish.form != FORM_PDF,
    };
    unsigned char *message = NULL;
    size_t len = 0;
    X509 *cert = NULL;
    int code;

    work_show(work, words->role == ROLE_SIGN);
    code = card_message(&order, card, &message, &len, &cert);
    if (code == CODE_OK)
        code = work_end(work, slice_of(message, len), cert);
    OPENSSL_free(message);
    X509_free(cert);
    return code;
}

/* The files first: what cannot be signed is said before a card is looked for. */
static int file_sign(const struct sign_words *words)
{
    struct sign_work work;
    struct holder holder;
    int code = work_begin(&words->wish, &work);

    if (code == CODE_OK)
        code = holder_find(&words->place, &holder);
    if (code == CODE_OK) {
        code = work_sign(words, &work, &holder.card);
        holder_close(&holder);
    }
    work_drop(&work);
    return code;
}

/* What of the options does not go together; NULL for nothing. */
static const char *words_judge(const struct sign_words *words)
{
    if (words->pdf && (words->attached || words->wish.pem))
        return _("--attached and --pem are not for --pdf");
    if (!words->pdf && (words->wish.words.reason != NULL || words->wish.words.location != NULL))
        return _("--reason and --location are for --pdf");
    return NULL;
}

int command_sign(int argc, char **argv)
{
    struct sign_words words = { .source = PIN_SOURCE_START,
                                .key = "sign",
                                .wish = { .words.now = time(NULL) } };
    const struct option_row rows[] = {
        PLACE_OPTIONS(&words.place),
        { "pdf", OPTION_FLAG, &words.pdf, NULL,
          N_("the file is a PDF: put the signature into it (PAdES)") },
        { "reason", OPTION_TEXT, &words.wish.words.reason, N_("TEXT"),
          N_("why it is signed, for --pdf; anybody can read it") },
        { "location", OPTION_TEXT, &words.wish.words.location, N_("TEXT"),
          N_("where it is signed, for --pdf") },
        { "key", OPTION_TEXT, &words.key, "auth|sign", N_("which key signs (default: sign)") },
        { "out", OPTION_TEXT, &words.wish.out, N_("FILE"),
          N_("where the result goes (default: FILE.p7s, FILE.p7m or FILE.signed.pdf; - is standard output); -o for short") },
        { "attached", OPTION_FLAG, &words.attached, NULL,
          N_("put the file into the signature (.p7m) instead of beside it (.p7s)") },
        { "pem", OPTION_FLAG, &words.wish.pem, NULL, N_("PEM instead of DER") },
        PIN_OPTIONS(&words.source),
        { .name = NULL },
    };
    const struct usage usage = {
        "sign FILE [options]",
        N_("Sign a file with the card: a PDF by a signature in it (--pdf), which PDF viewers "
           "check; any other by CMS with SHA-256, which 'openssl cms -verify' checks. The "
           "certificate and its CA's go with it."),
        rows
    };
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 2 || !role_read(words.key, &words.role))
        return usage_complain(&usage, "%s",
                              argc == 2 ? _("the keys are auth and sign") : _("say which file"));
    if (words_judge(&words) != NULL)
        return usage_complain(&usage, "%s", words_judge(&words));
    words.wish.in = argv[1];
    words.wish.form = words.pdf ? FORM_PDF : words.attached ? FORM_AROUND : FORM_BESIDE;
    return file_sign(&words);
}
