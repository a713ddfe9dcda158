/* SPDX-License-Identifier: BSD-3-Clause */
#include "pdf_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_LEN 10 /* digits of an offset */

/* The update as it grows; offsets are those of the whole file. */
struct update {
    FILE *out;
    off_t start;
    struct changed table[CHANGED_MAX];
    size_t count;
};

static off_t update_at(const struct update *update)
{
    return update->start + ftello(update->out);
}

static void object_begin(struct update *update, int id, int generation)
{
    update->table[update->count++] = (struct changed){ id, generation, update_at(update) };
    fprintf(update->out, "%d %d obj\n", id, generation);
}

static void objects_put(struct update *update, const struct pdf *pdf)
{
    for (size_t i = 0; i < pdf->changed_count; i++) {
        object_begin(update, qpdf_oh_get_object_id(pdf->qpdf, pdf->changed[i]),
                     qpdf_oh_get_generation(pdf->qpdf, pdf->changed[i]));
        fprintf(update->out, "%s\nendobj\n", qpdf_oh_unparse_resolved(pdf->qpdf, pdf->changed[i]));
    }
}

static void word_put(struct update *update, const struct pdf *pdf, const char *key,
                     const char *text)
{
    if (text != NULL)
        fprintf(update->out, "%s %s\n", key,
                qpdf_oh_unparse_binary(pdf->qpdf, qpdf_oh_new_unicode_string(pdf->qpdf, text)));
}

/* The signature's dictionary, its numbers and its message still to be filled in; *ret_range is
 * where the numbers go. */
static void signature_put(struct update *update, const struct pdf *pdf,
                          const struct pdf_words *words, struct pdf_place *place, off_t *ret_range)
{
    struct tm parts = { .tm_year = 70 };
    char now[32] = "";

    (void)gmtime_r(&words->now, &parts);
    (void)strftime(now, sizeof(now), "%Y%m%d%H%M%SZ", &parts);
    place->object = pdf->signature;
    object_begin(update, place->object, 0);
    fprintf(update->out,
            "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:%s)\n",
            now);
    word_put(update, pdf, "/Reason", words->reason);
    word_put(update, pdf, "/Location", words->location);
    fputs("/ByteRange [", update->out);
    *ret_range = ftello(update->out);
    fprintf(update->out, "%*s]\n/Contents ", 4 * (NUMBER_LEN + 1), "");
    place->start = update_at(update);
    fprintf(update->out, "<%0*d>", 2 * PDF_ROOM, 0);
    place->end = update_at(update);
    fputs(" >>\nendobj\n", update->out);
}

static int changed_order(const void *left, const void *right)
{
    const struct changed *a = left, *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

/* How many of the rows from this one on have numbers that follow each other. */
static size_t run_len(const struct update *update, size_t from)
{
    size_t len = 1;

    while (from + len < update->count &&
           update->table[from + len].id == update->table[from].id + (int)len)
        len++;
    return len;
}

static void trailer_put(struct update *update, const struct pdf *pdf, int size)
{
    static const char *const kept[] = { "/Root", "/Info", "/ID" };
    const qpdf_oh trailer = qpdf_get_trailer(pdf->qpdf);

    fprintf(update->out, "/Size %d /Prev %" PRId64, size, (int64_t)pdf->last_table);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        const qpdf_oh value = qpdf_oh_get_key(pdf->qpdf, trailer, kept[i]);
        if (!qpdf_oh_is_null(pdf->qpdf, value))
            fprintf(update->out, " %s %s", kept[i], qpdf_oh_unparse(pdf->qpdf, value));
    }
}

static void table_put(struct update *update, const struct pdf *pdf)
{
    fputs("xref\n", update->out);
    for (size_t i = 0; i < update->count; i += run_len(update, i)) {
        const size_t run = run_len(update, i);
        fprintf(update->out, "%d %zu\n", update->table[i].id, run);
        for (size_t j = i; j < i + run; j++)
            fprintf(update->out, "%010" PRId64 " %05d n \n", (int64_t)update->table[j].at,
                    update->table[j].generation);
    }
    fputs("trailer\n<< ", update->out);
    trailer_put(update, pdf, pdf->signature + 2);
    fputs(" >>\n", update->out);
}

/* The table as a stream (7.5.8), which is a row of itself: type 1, offset, generation. */
static void stream_put(struct update *update, const struct pdf *pdf)
{
    enum { ROW_LEN = 7 };

    object_begin(update, pdf->signature + 2, 0);
    fprintf(update->out, "<< /Type /XRef /W [1 4 2] /Length %zu /Index [", ROW_LEN * update->count);
    for (size_t i = 0; i < update->count; i += run_len(update, i))
        fprintf(update->out, " %d %zu", update->table[i].id, run_len(update, i));
    fputs(" ] ", update->out);
    trailer_put(update, pdf, pdf->signature + 3);
    fputs(" >>\nstream\n", update->out);
    for (size_t i = 0; i < update->count; i++) {
        const struct changed *row = &update->table[i];
        const uint8_t bytes[ROW_LEN] = {
            1,
            (uint8_t)(row->at >> 24),
            (uint8_t)(row->at >> 16),
            (uint8_t)(row->at >> 8),
            (uint8_t)row->at,
            (uint8_t)(row->generation >> 8),
            (uint8_t)row->generation,
        };
        fwrite(bytes, sizeof(bytes), 1, update->out);
    }
    fputs("\nendstream\nendobj\n", update->out);
}

bool update_write(struct pdf *pdf, const struct pdf_words *words, char **ret_update,
                  size_t *ret_len, struct pdf_place *place)
{
    struct update update = { .out = open_memstream(ret_update, ret_len), .start = pdf->len };
    char numbers[4 * (NUMBER_LEN + 1) + 1];
    off_t range = 0, table;
    bool good;

    if (update.out == NULL)
        return false;
    fputc('\n', update.out);
    objects_put(&update, pdf);
    signature_put(&update, pdf, words, place, &range);
    qsort(update.table, update.count, sizeof(update.table[0]), changed_order);
    table = update_at(&update);
    if (pdf->table_is_stream)
        stream_put(&update, pdf);
    else
        table_put(&update, pdf);
    fprintf(update.out, "startxref\n%" PRId64 "\n%%%%EOF\n", (int64_t)table);
    good = ferror(update.out) == 0;
    if (fclose(update.out) != 0 || !good) {
        free(*ret_update);
        return false;
    }
    place->len = update.start + (off_t)*ret_len;
    snprintf(numbers, sizeof(numbers), "0 %-*" PRId64 " %-*" PRId64 " %-*" PRId64, NUMBER_LEN,
             (int64_t)place->start, NUMBER_LEN, (int64_t)place->end, NUMBER_LEN,
             (int64_t)(place->len - place->end));
    memcpy(*ret_update + range, numbers, strlen(numbers));
    return true;
}
