/* SPDX-License-Identifier: BSD-3-Clause */
/* In place of pdf_document.c where there is no libqpdf. */
#include "pdf.h"

#include "command.h"

int pdf_prepare(const char *path, const char *shown, off_t len, const struct pdf_words *words,
                char **ret_update, size_t *ret_len, struct pdf_place *ret_place)
{
    (void)path, (void)len, (void)words, (void)ret_update, (void)ret_len, (void)ret_place;
    say_error(_("%s cannot be signed: %s"), shown, _("this jpki-token was built without libqpdf"));
    say_next("%s", _("Any file can be signed without --pdf."));
    return CODE_FAILED;
}

bool pdf_reread(const char *path, const struct pdf_place *place, unsigned char **ret_message,
                size_t *ret_len)
{
    (void)path, (void)place, (void)ret_message, (void)ret_len;
    return false;
}
