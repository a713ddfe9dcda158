/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One more signature for a PDF, as an incremental update (ISO 32000-1, 7.5.6): what was there stays
 * byte for byte, earlier signatures too.  libqpdf reads and checks the document and writes its
 * objects; the form of the signature is that of PAdES B-B (ETSI EN 319 142-1).
 */
#ifndef TOOLS_PDF_H
#define TOOLS_PDF_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* bytes of a document: offsets beyond 2^31 are not read everywhere */
#define PDF_LEN_MAX 2147000000
/* bytes kept for a message: twice what two of the largest certificates take */
#define PDF_ROOM 16384

/* Where the signature of a document stands: its object, and the place of its message between '<'
 * and '>', both included. */
struct pdf_place {
    int object, pages;
    int before;            /* signatures that it had already */
    off_t start, end, len; /* of the place; of the whole file */
};

/* What goes in beside the signature; NULL for nothing. */
struct pdf_words {
    const char *reason, *location; /* UTF-8 */
    time_t now;
};

/*
 * Read the document in the file path, called shown, and compose what is to be put behind its len
 * bytes.  CODE_OK: the caller frees *ret_update.  Otherwise it was said why this document cannot be
 * signed.
 */
int pdf_prepare(const char *path, const char *shown, off_t len, const struct pdf_words *words,
                char **ret_update, size_t *ret_len, struct pdf_place *ret_place) MUST_CHECK;

/*
 * Read the signed file anew: the same pages, the object a signature over all but its own place. The
 * caller frees *ret_message, what stands in the place.
 */
bool pdf_reread(const char *path, const struct pdf_place *place, unsigned char **ret_message,
                size_t *ret_len) MUST_CHECK;

#endif
