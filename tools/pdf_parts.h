/* SPDX-License-Identifier: BSD-3-Clause */
/* What pdf_document.c, which knows the document, and pdf_update.c, which writes behind it, share.
 */
#ifndef TOOLS_PDF_PARTS_H
#define TOOLS_PDF_PARTS_H

#include "pdf.h"

#include <qpdf/qpdf-c.h>

/* objects of one update: page, its list, catalogue, form, its list, field, signature, table */
#define CHANGED_MAX 8

struct changed {
    int id, generation;
    off_t at;
};

struct pdf {
    qpdf_data qpdf;
    qpdf_oh changed[CHANGED_MAX]; /* objects to be written anew */
    size_t changed_count;
    /* the number of the object that is to be the signature; the field's comes next */
    int signature;
    off_t len, last_table; /* of the file; where its last cross-reference table begins */
    bool table_is_stream;
};

/* Compose the update: the changed objects, the signature, the table. */
bool update_write(struct pdf *pdf, const struct pdf_words *words, char **ret_update,
                  size_t *ret_len, struct pdf_place *place) MUST_CHECK;

#endif
