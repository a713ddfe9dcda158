/* SPDX-License-Identifier: BSD-3-Clause */
#include "pdf_parts.h"

#include "command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TAIL_LEN 1054     /* where qpdf looks for the end of the file */
#define FIELDS_MAX 100000 /* looked at, so that fields in a circle end */
#define DEPTH_MAX 33

/* Why a document is not signed, and what to do. */
enum refusal { FINE, TOO_LONG, NO_PDF, ENCRYPTED, DAMAGED, NO_PAGES, XFA, CERTIFIED, NO_MEMORY };

static const struct refusal_row {
    const char *what, *next;
} refusals[] = {
    [TOO_LONG] = { N_("it is larger than 2 GB"), N_("Sign it as any other file, without --pdf.") },
    [NO_PDF] = { N_("it is no PDF"), N_("Any file can be signed without --pdf.") },
    [ENCRYPTED] = { N_("it is encrypted"),
                    N_("Sign it before it is encrypted, or take that away: qpdf --decrypt OLD.pdf NEW.pdf") },
    [DAMAGED] = { N_("it is damaged"),
                  N_("'qpdf OLD.pdf NEW.pdf' writes it anew; look at the new one before you sign it.") },
    [NO_PAGES] = { N_("it has no pages"), NULL },
    [XFA] = { N_("it is an XFA form, which shows other programs something else"),
              N_("Print it into a PDF and sign that.") },
    [CERTIFIED] = { N_("its author's signature allows no change, not even another signature"),
                    N_("Sign it as any other file, without --pdf.") },
    [NO_MEMORY] = { N_("there is not enough memory"), NULL },
};

static int refuse(enum refusal why, const char *shown)
{
    say_error(_("%s cannot be signed: %s"), shown, _(refusals[why].what));
    if (refusals[why].next != NULL)
        say_next("%s", _(refusals[why].next));
    return CODE_FAILED;
}

static qpdf_oh key_get(const struct pdf *pdf, qpdf_oh oh, const char *key)
{
    return qpdf_oh_get_key_if_dict(pdf->qpdf, oh, key);
}

static bool text_frames(const char *text, const char *start, const char *end)
{
    const size_t len = strlen(text), end_len = strlen(end);

    return strncmp(text, start, strlen(start)) == 0 && len >= end_len &&
           strcmp(text + len - end_len, end) == 0;
}

/*
 * Whether libqpdf found anything it did not like: a guess of its own is no ground for a signature.
 * What pdfunite leaves in every file is none, numbers that stand for no object and a wrong count of
 * all; nor is a page that names no resources, of which libqpdf 12.4 says so.
 */
static bool doubtful(const struct pdf *pdf)
{
    static const struct {
        const char *start, *end;
    } harmless[] = { { "object has offset 0", "" },
                     { "reported number of objects (", "" },
                     { "kid ", " Resources is missing or invalid; repairing" } };
    bool found = qpdf_has_error(pdf->qpdf);

    while (!found && qpdf_more_warnings(pdf->qpdf)) {
        const char *text = qpdf_get_error_message_detail(pdf->qpdf, qpdf_next_warning(pdf->qpdf));
        found = true;
        for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
            found = found && !text_frames(text, harmless[i].start, harmless[i].end);
    }
    return found;
}

/* The last cross-reference table: where, and of which kind; libqpdf has found it valid, and does
 * not tell. */
static bool table_find(struct pdf *pdf, int fd)
{
    static const char word[] = "startxref";
    char tail[TAIL_LEN + 1] = "", start[16] = "";
    const off_t from = pdf->len > TAIL_LEN ? pdf->len - TAIL_LEN : 0;
    const ssize_t got = pread(fd, tail, TAIL_LEN, from);
    const char *found = NULL;
    char *end = NULL;

    for (ssize_t i = got - (ssize_t)sizeof(word); i >= 0 && found == NULL; i--) {
        if (memcmp(tail + i, word, sizeof(word) - 1) == 0)
            found = tail + i + sizeof(word) - 1;
    }
    if (found == NULL)
        return false;
    pdf->last_table = strtol(found, &end, 10);
    if (end == found || pdf->last_table <= 0 || pdf->last_table >= from + got)
        return false;
    if (pread(fd, start, sizeof(start) - 1, pdf->last_table) <= 0)
        return false;
    pdf->table_is_stream = strncmp(start + strspn(start, " \t\r\n\f"), "xref", 4) != 0;
    return true;
}

static enum refusal pdf_open(struct pdf *pdf, const char *path, off_t len)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char start[6] = "";
    enum refusal why = FINE;

    *pdf = (struct pdf){ .qpdf = qpdf_init(), .len = len };
    if (len > PDF_LEN_MAX)
        why = TOO_LONG;
    else if (fd < 0 || pread(fd, start, sizeof(start), 0) != (ssize_t)sizeof(start) ||
             memcmp(start, "%PDF-", 5) != 0 || start[5] < '0' ||
             start[5] > '9') /* or libqpdf looks for it further on, and counts from there */
        why = NO_PDF;
    if (why != FINE)
        goto out;
    qpdf_silence_errors(pdf->qpdf);
    qpdf_set_suppress_warnings(pdf->qpdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(pdf->qpdf, QPDF_FALSE);
    if ((qpdf_read(pdf->qpdf, path, NULL) & QPDF_ERRORS) != 0)
        why = qpdf_get_error_code(pdf->qpdf, qpdf_get_error(pdf->qpdf)) == qpdf_e_password
                  ? ENCRYPTED
                  : DAMAGED;
    else if (qpdf_is_encrypted(pdf->qpdf))
        why = ENCRYPTED;
    else if (doubtful(pdf) || !table_find(pdf, fd))
        why = DAMAGED;
out:
    if (fd >= 0)
        (void)close(fd);
    return why;
}

static void pdf_close(struct pdf *pdf)
{
    if (qpdf_has_error(pdf->qpdf))
        (void)qpdf_get_error(pdf->qpdf); /* or it would be printed now */
    qpdf_cleanup(&pdf->qpdf);
}

/* How many signatures stand in these fields and those below them. */
static int signatures_count(const struct pdf *pdf, qpdf_oh fields, int depth, int *left)
{
    int count = 0;

    if (depth == 0 || !qpdf_oh_is_array(pdf->qpdf, fields))
        return 0;
    for (int i = 0; i < qpdf_oh_get_array_n_items(pdf->qpdf, fields) && --*left > 0; i++) {
        const qpdf_oh field = qpdf_oh_get_array_item(pdf->qpdf, fields, i),
                      value = key_get(pdf, field, "/V");

        if (qpdf_oh_is_dictionary(pdf->qpdf, value) &&
            qpdf_oh_has_key(pdf->qpdf, value, "/ByteRange"))
            count++;
        count += signatures_count(pdf, key_get(pdf, field, "/Kids"), depth - 1, left);
    }
    return count;
}

/* The author's own signature (ISO 32000-1, 12.8.2.2) may allow no change. */
static bool change_allowed(const struct pdf *pdf, qpdf_oh root)
{
    const qpdf_oh author = key_get(pdf, key_get(pdf, root, "/Perms"), "/DocMDP"),
                  refs = key_get(pdf, author, "/Reference");
    int allowed = 2;

    if (qpdf_oh_is_array(pdf->qpdf, refs) && qpdf_oh_get_array_n_items(pdf->qpdf, refs) > 0)
        (void)qpdf_oh_get_value_as_int(
            pdf->qpdf,
            key_get(pdf,
                    key_get(pdf, qpdf_oh_get_array_item(pdf->qpdf, refs, 0), "/TransformParams"),
                    "/P"),
            &allowed);
    return allowed != 1;
}

static enum refusal pdf_judge(const struct pdf *pdf, struct pdf_place *place)
{
    const qpdf_oh root = qpdf_get_root(pdf->qpdf), form = key_get(pdf, root, "/AcroForm");
    int left = FIELDS_MAX;

    place->pages = qpdf_get_num_pages(pdf->qpdf);
    place->before = signatures_count(pdf, key_get(pdf, form, "/Fields"), DEPTH_MAX, &left);
    if (doubtful(pdf) || !qpdf_oh_is_indirect(pdf->qpdf, root))
        return DAMAGED;
    if (place->pages < 1)
        return NO_PAGES;
    if (!qpdf_oh_is_null(pdf->qpdf, key_get(pdf, form, "/XFA")))
        return XFA;
    return change_allowed(pdf, root) ? FINE : CERTIFIED;
}

static void change_note(struct pdf *pdf, qpdf_oh oh)
{
    const int id = qpdf_oh_get_object_id(pdf->qpdf, oh);

    for (size_t i = 0; i < pdf->changed_count; i++) {
        if (qpdf_oh_get_object_id(pdf->qpdf, pdf->changed[i]) == id)
            return;
    }
    pdf->changed[pdf->changed_count++] = oh;
}

/* Add to the list under a key of holder, whose object is owner; a list that is not there is
 * made. */
static void list_add(struct pdf *pdf, qpdf_oh holder, qpdf_oh owner, const char *key, qpdf_oh item)
{
    qpdf_oh list = key_get(pdf, holder, key);

    if (!qpdf_oh_is_array(pdf->qpdf, list)) {
        list = qpdf_oh_new_array(pdf->qpdf);
        qpdf_oh_replace_key(pdf->qpdf, holder, key, list);
    }
    qpdf_oh_append_item(pdf->qpdf, list, item);
    change_note(pdf, qpdf_oh_is_indirect(pdf->qpdf, list) ? list : owner);
}

/* Whether no field of the form itself is called so. */
static bool name_free(const struct pdf *pdf, qpdf_oh fields, const char *name)
{
    const int count =
        qpdf_oh_is_array(pdf->qpdf, fields) ? qpdf_oh_get_array_n_items(pdf->qpdf, fields) : 0;

    for (int i = 0; i < count; i++) {
        const qpdf_oh taken = key_get(pdf, qpdf_oh_get_array_item(pdf->qpdf, fields, i), "/T");
        if (qpdf_oh_is_string(pdf->qpdf, taken) &&
            strcmp(qpdf_oh_get_utf8_value(pdf->qpdf, taken), name) == 0)
            return false;
    }
    return true;
}

/* The field, which is its own annotation on the first page and shows nothing, and the form
 * around it. */
static void field_add(struct pdf *pdf)
{
    const qpdf_data qpdf = pdf->qpdf;
    const qpdf_oh root = qpdf_get_root(qpdf), page = qpdf_get_page_n(qpdf, 0);
    qpdf_oh form = key_get(pdf, root, "/AcroForm"), field, owner;
    qpdf_oh signature;
    char text[128], name[32];
    int number = 0, flags = 0;

    do {
        snprintf(name, sizeof(name), "Signature%d", ++number);
    } while (!name_free(pdf, key_get(pdf, form, "/Fields"), name));
    if (!qpdf_oh_is_dictionary(qpdf, form)) {
        form = qpdf_oh_new_dictionary(qpdf);
        qpdf_oh_replace_key(qpdf, root, "/AcroForm", form);
    }
    /* null would be no value */
    signature = qpdf_make_indirect_object(qpdf, qpdf_oh_new_dictionary(qpdf));
    if (!qpdf_oh_is_initialized(qpdf, signature))
        return; /* no number is left for an object: an error that doubtful() sees; libqpdf 11 falls
                   over such a handle */
    pdf->signature = qpdf_oh_get_object_id(qpdf, signature);
    snprintf(text, sizeof(text),
             "<< /Type /Annot /Subtype /Widget /FT /Sig /T (%s) /F 132 /Rect [0 0 0 0] >>", name);
    field = qpdf_make_indirect_object(qpdf, qpdf_oh_parse(qpdf, text));
    if (!qpdf_oh_is_initialized(qpdf, field))
        return;
    qpdf_oh_replace_key(qpdf, field, "/P", page);
    qpdf_oh_replace_key(qpdf, field, "/V", signature);
    change_note(pdf, field);
    list_add(pdf, page, page, "/Annots", field);
    owner = qpdf_oh_is_indirect(qpdf, form) ? form : root;
    list_add(pdf, form, owner, "/Fields", field);
    (void)qpdf_oh_get_value_as_int(qpdf, key_get(pdf, form, "/SigFlags"), &flags);
    /* signed; append only */
    qpdf_oh_replace_key(qpdf, form, "/SigFlags", qpdf_oh_new_integer(qpdf, flags | 3));
    change_note(pdf, owner);
}

int pdf_prepare(const char *path, const char *shown, off_t len, const struct pdf_words *words,
                char **ret_update, size_t *ret_len, struct pdf_place *ret_place)
{
    struct pdf pdf;
    enum refusal why = pdf_open(&pdf, path, len);

    if (why == FINE)
        why = pdf_judge(&pdf, ret_place);
    if (why == FINE) {
        field_add(&pdf);
        why = doubtful(&pdf) ? DAMAGED : FINE;
    }
    if (why == FINE && !update_write(&pdf, words, ret_update, ret_len, ret_place))
        why = NO_MEMORY;
    pdf_close(&pdf);
    return why == FINE ? CODE_OK : refuse(why, shown);
}

/* The four numbers are all of the file but the place. */
static bool range_right(const struct pdf *pdf, qpdf_oh range, const struct pdf_place *place)
{
    const long long right[4] = { 0, place->start, place->end, place->len - place->end };
    long long number = -1;

    if (!qpdf_oh_is_array(pdf->qpdf, range) || qpdf_oh_get_array_n_items(pdf->qpdf, range) != 4)
        return false;
    for (int i = 0; i < 4; i++) {
        if (!qpdf_oh_get_value_as_longlong(pdf->qpdf, qpdf_oh_get_array_item(pdf->qpdf, range, i),
                                           &number) ||
            number != right[i])
            return false;
    }
    return true;
}

bool pdf_reread(const char *path, const struct pdf_place *place, unsigned char **ret_message,
                size_t *ret_len)
{
    struct pdf pdf;
    struct pdf_place now;
    bool good = pdf_open(&pdf, path, place->len) == FINE && pdf_judge(&pdf, &now) == FINE &&
                now.pages == place->pages && now.before == place->before + 1;
    const qpdf_oh signature = good ? qpdf_get_object_by_id(pdf.qpdf, place->object, 0) : 0;
    const char *message = NULL;

    good = good && range_right(&pdf, key_get(&pdf, signature, "/ByteRange"), place);
    if (good)
        message = qpdf_oh_get_binary_string_value(pdf.qpdf, key_get(&pdf, signature, "/Contents"),
                                                  ret_len);
    good = message != NULL && !doubtful(&pdf) &&
           *ret_len * 2 + 2 == (size_t)(place->end - place->start);
    *ret_message = good ? malloc(*ret_len) : NULL;
    if (*ret_message != NULL)
        memcpy(*ret_message, message, *ret_len);
    pdf_close(&pdf);
    return *ret_message != NULL;
}
