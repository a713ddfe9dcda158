/* SPDX-License-Identifier: BSD-3-Clause */
#include "sign_work.h"

#include "command.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PIECE 65536

static int write_failed(const struct sign_work *work)
{
    say_error(_("%s cannot be written: %s"), work->name, strerror(errno));
    return CODE_FAILED;
}

static int input_open(struct sign_work *work)
{
    const char *path = work->wish->in;

    work->in = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (work->in >= 0 && fstat(work->in, &work->input) == 0 && !S_ISDIR(work->input.st_mode))
        return CODE_OK;
    say_error(_("%s cannot be read: %s"), path, strerror(work->in >= 0 ? EISDIR : errno));
    return CODE_FAILED;
}

/* The result's name: as was said, or beside the input with another ending. */
static char *result_name(const struct sign_wish *wish)
{
    static const char *const endings[] = {
        [FORM_BESIDE] = ".p7s", [FORM_AROUND] = ".p7m", [FORM_PDF] = ".signed.pdf"
    };
    size_t len = strlen(wish->in);
    char *name = NULL;

    if (wish->out != NULL || strcmp(wish->in, "-") == 0)
        return strdup(wish->out != NULL ? wish->out : "-");
    if (wish->form == FORM_PDF && len > 4 && strcasecmp(wish->in + len - 4, ".pdf") == 0)
        len -= 4;
    return asprintf(&name, "%.*s%s", (int)len, wish->in, endings[wish->form]) < 0 ? NULL : name;
}

/* A part of the content on its way into the result. */
static bool content_put(struct sign_work *work, const uint8_t *bytes, size_t len)
{
    uint8_t head[CMS_PIECE_LEN];

    if (work->wish->form == FORM_PDF)
        return bytes_write(work->out.fd, bytes, len);
    if (work->wish->form == FORM_BESIDE)
        return true;
    cms_piece(len, head);
    return BIO_write(work->writer, head, sizeof(head)) == (int)sizeof(head) &&
           BIO_write(work->writer, bytes, (int)len) == (int)len;
}

/* All of the content through its hash and into the result. */
static int content_take(struct sign_work *work, EVP_MD_CTX *hash)
{
    const bool no_more = work->wish->form == FORM_PDF && work->input.st_size > PDF_LEN_MAX;
    uint8_t bytes[PIECE];
    ssize_t got = 1;

    work->len = no_more ? work->input.st_size : 0; /* pdf_prepare refuses it without its bytes */
    while (got > 0 && !no_more) {
        got = read(work->in, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0 && (EVP_DigestUpdate(hash, bytes, (size_t)got) != 1 ||
                             !content_put(work, bytes, (size_t)got)))
            return write_failed(work);
        else if (got > 0)
            work->len += got;
    }
    if (got < 0) {
        say_error(_("%s cannot be read: %s"), work->wish->in, strerror(errno));
        return CODE_FAILED;
    }
    return EVP_DigestFinal_ex(hash, work->content, NULL) == 1 ? CODE_OK : CODE_FAILED;
}

/* SHA-256 of a file but for what lies between two offsets. */
static bool file_hash(int fd, off_t skip, off_t until, uint8_t *ret_digest)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    uint8_t bytes[PIECE];
    ssize_t got = 1;
    off_t at = 0;
    bool good = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;

    while (good && got > 0) {
        at = at == skip ? until : at;
        got = pread(fd, bytes, at < skip && skip - at < PIECE ? (size_t)(skip - at) : PIECE, at);
        good = got >= 0 && EVP_DigestUpdate(hash, bytes, (size_t)got) == 1;
        at += got;
    }
    good = good && EVP_DigestFinal_ex(hash, ret_digest, NULL) == 1;
    EVP_MD_CTX_free(hash);
    return good;
}

/* The document is read where it was copied to: nobody else changes it there. */
static int pdf_begin(struct sign_work *work)
{
    char *update = NULL;
    size_t len = 0;
    int code = pdf_prepare(work->out.temp, work->wish->in, work->len, &work->wish->words, &update,
                           &len, &work->place);

    if (code != CODE_OK)
        return code;
    if (!bytes_write(work->out.fd, update, len) ||
        !file_hash(work->out.fd, work->place.start, work->place.end, work->covered))
        code = write_failed(work);
    free(update);
    return code;
}

/* What BIO_f_base64 does not write around its lines. */
static bool pem_edge(const struct sign_work *work, const char *edge)
{
    return !work->wish->pem || bytes_write(work->out.fd, edge, strlen(edge));
}

static bool writer_begin(struct sign_work *work)
{
    BIO *coder = work->wish->pem ? BIO_new(BIO_f_base64()) : NULL;

    work->writer = BIO_new_fd(work->out.fd, BIO_NOCLOSE);
    if (work->writer == NULL || (work->wish->pem && coder == NULL))
        return false;
    if (coder != NULL)
        work->writer = BIO_push(coder, work->writer);
    return work->wish->form != FORM_AROUND ||
           (pem_edge(work, "-----BEGIN CMS-----\n") &&
            BIO_write(work->writer, cms_head.ptr, (int)cms_head.len) == (int)cms_head.len);
}

int work_begin(const struct sign_wish *wish, struct sign_work *ret_work)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    int code;

    *ret_work = (struct sign_work){
        .wish = wish, .in = -1, .out = { .fd = -1, .stream = -1 }, .name = result_name(wish)
    };
    code =
        hash == NULL || ret_work->name == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1
            ? error_explain(JPKI_ERR_MEMORY)
            : input_open(ret_work);
    if (code == CODE_OK)
        code = outfile_begin(ret_work->name, &ret_work->input, &ret_work->out);
    if (code == CODE_OK && !writer_begin(ret_work))
        code = write_failed(ret_work);
    if (code == CODE_OK)
        code = content_take(ret_work, hash);
    if (code == CODE_OK && wish->form == FORM_PDF)
        code = pdf_begin(ret_work);
    else
        memcpy(ret_work->covered, ret_work->content, DIGEST_LEN);
    EVP_MD_CTX_free(hash);
    return code;
}

/* The message as hex into the room that the document has for it; what is left there stays zeros. */
static bool pdf_fill(const struct sign_work *work, struct slice message)
{
    char *hex = malloc(2 * message.len + 1);
    bool good = hex != NULL && message.len <= PDF_ROOM;

    if (good) {
        hex_text(message.ptr, message.len, hex);
        good = lseek(work->out.fd, work->place.start + 1, SEEK_SET) >= 0 &&
               bytes_write(work->out.fd, hex, 2 * message.len);
    }
    free(hex);
    return good;
}

static bool message_put(const struct sign_work *work, struct slice message)
{
    bool good;

    if (work->wish->form == FORM_PDF)
        return pdf_fill(work, message);
    if (work->wish->form == FORM_AROUND)
        good = cms_tail_write(work->writer, message);
    else
        good = pem_edge(work, "-----BEGIN CMS-----\n") &&
               BIO_write(work->writer, message.ptr, (int)message.len) == (int)message.len;
    return good && BIO_flush(work->writer) == 1 && pem_edge(work, "-----END CMS-----\n");
}

/* Read what was written, and what it stands for, once more. */
static bool result_check(const struct sign_work *work, struct slice message, X509 *cert)
{
    const bool inside = work->wish->form == FORM_PDF;
    uint8_t now[DIGEST_LEN];
    unsigned char *found = NULL;
    size_t len = 0;
    bool good = true;

    memcpy(now, work->covered, sizeof(now));
    if (inside && !pdf_reread(work->out.temp, &work->place, &found, &len))
        return false;
    if (inside)
        good = file_hash(work->out.fd, work->place.start, work->place.end, now);
    else if (work->wish->form == FORM_BESIDE && S_ISREG(work->input.st_mode))
        good = file_hash(work->in, 0, 0, now);
    good = good && memcmp(now, work->covered, sizeof(now)) == 0 &&
           cms_check(inside ? slice_of(found, len) : message, cert, now);
    free(found);
    return good;
}

int work_end(struct sign_work *work, struct slice message, X509 *cert)
{
    int code;

    if (!message_put(work, message))
        return write_failed(work);
    if (!result_check(work, message, cert)) {
        say_error(
            "%s",
            _("the result does not hold when it is read again, or the file was changed meanwhile; it was "
              "thrown away"));
        return CODE_CHECK;
    }
    code = outfile_keep(&work->out, work->name);
    if (code == CODE_OK && strcmp(work->name, "-") != 0)
        text_line(stdout, _("Signature written to %s"), work->name);
    return code;
}

void work_drop(struct sign_work *work)
{
    BIO_free_all(work->writer);
    outfile_drop(&work->out);
    if (work->in > STDIN_FILENO)
        (void)close(work->in);
    free(work->name);
    work->name = NULL;
}

void work_show(const struct sign_work *work, bool counts)
{
    const struct sign_wish *wish = work->wish;
    char hex[2 * DIGEST_LEN + 1];

    hex_text(work->content, DIGEST_LEN, hex);
    text_aside(_("File"), "%s", strcmp(wish->in, "-") == 0 ? _("standard input") : wish->in);
    text_aside("", ngettext("%lld byte", "%lld bytes", (unsigned long)work->len),
               (long long)work->len);
    if (wish->form == FORM_PDF)
        text_aside("", ngettext("%d page", "%d pages", (unsigned long)work->place.pages),
                   work->place.pages);
    if (wish->form == FORM_PDF && work->place.before > 0)
        text_aside("",
                   ngettext("signed already, by %d signature, which stays in it",
                            "signed already, by %d signatures, which stay in it",
                            (unsigned long)work->place.before),
                   work->place.before);
    text_aside("SHA-256", "%s", hex);
    text_aside(_("Signature"), "%s",
               counts ? _("counts as yours")
                      : _("by the key for user authentication, not by the one for signatures"));
    if (counts)
        text_aside(_("Discloses"), "%s",
                   _("your name, address, date of birth and sex: whoever gets the result can read "
                     "them"));
    if (wish->words.reason != NULL)
        text_aside(_("Reason"), "%s", wish->words.reason);
    if (wish->words.location != NULL)
        text_aside(_("Location"), "%s", wish->words.location);
    text_aside(_("Result"), work->out.replaces ? _("%s, in place of the file that is there") : "%s",
               strcmp(work->name, "-") == 0 ? _("standard output") : work->name);
}
