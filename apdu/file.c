/* SPDX-License-Identifier: BSD-3-Clause */
#include "file.h"

#include "sw.h"
#include "tlv.h"

#define SHORT_ID 0x80 /* in P1 of READ: the low five bits are a short EF id */
#define READS_MAX 64  /* a card that answers a few bytes at a time is given up */

enum jpki_err file_select(struct visit *visit, uint16_t fid)
{
    const uint8_t id[] = { (uint8_t)(fid >> 8), (uint8_t)(fid & 0xFF) };
    const struct apdu select = { 0x00, INS_SELECT, 0x02, 0x0C, SLICE_OF(id), 0 };
    struct answer answer;
    enum jpki_err err;

    if (visit->current_ef == fid)
        return JPKI_OK;
    err = visit_ask(visit, &select, &answer);
    if (err == JPKI_OK)
        err = sw_error_plain(answer.sw);
    visit->current_ef = err == JPKI_OK ? fid : 0;
    return err;
}

/* One READ.  The end of the file is JPKI_OK with what there was before it, which may be nothing. */
static enum jpki_err binary_read(struct visit *visit, uint8_t p1, uint8_t p2, size_t want,
                                 struct buf *out)
{
    const struct apdu read = { 0x00, INS_READ, p1, p2, { NULL, 0 }, want };
    struct answer answer;
    enum jpki_err err = visit_ask(visit, &read, &answer);

    if (err != JPKI_OK)
        goto out;
    err = answer.sw == 0x6282 || (answer.sw == 0x6B00 && (p1 & SHORT_ID) == 0)
              ? JPKI_OK
              : sw_error_plain(answer.sw);
    if (err == JPKI_OK && answer.data_len > want)
        err = JPKI_ERR_PROTOCOL;
    if (err == JPKI_OK)
        err = buf_put(out, answer_data(&answer));
out:
    wipe(answer.raw, sizeof(answer.raw));
    return err;
}

enum jpki_err file_read_head(struct visit *visit, uint16_t fid, size_t want, struct buf *out)
{
    struct card *card = visit->card;
    size_t start = out->len;
    enum jpki_err err;

    if (card->short_ids != TRI_NO) {
        visit->current_ef = 0;
        err = binary_read(visit, (uint8_t)(SHORT_ID | (fid & 0x1F)), 0, want, out);
        if (err == JPKI_OK) {
            card->short_ids = TRI_YES;
            visit->current_ef = fid;
        }
        /* 6982 says that the card found the file; any other refusal may mean that it takes no
         * short EF ids */
        if (err == JPKI_OK || err == JPKI_ERR_DENIED || err == JPKI_ERR_PROTOCOL ||
            err_is_transport(err) || card->short_ids == TRI_YES)
            return err;
    }
    err = file_select(visit, fid);
    if (err == JPKI_OK)
        err = binary_read(visit, 0, 0, want, out);
    /* an empty answer proves neither way of addressing */
    if (err == JPKI_OK && out->len > start)
        card->short_ids = TRI_NO;
    return err;
}

/* Read on until the file's bytes in out, which begin at start, are total. */
static enum jpki_err rest_read(struct visit *visit, size_t start, size_t total, struct buf *out)
{
    enum jpki_err err = JPKI_OK;

    for (size_t reads = 0; err == JPKI_OK && out->len - start < total; reads++) {
        size_t offset = out->len - start, left = total - offset;

        if (reads == READS_MAX)
            return JPKI_ERR_PROTOCOL;
        err = binary_read(visit, (uint8_t)(offset >> 8), (uint8_t)(offset & 0xFF),
                          left < APDU_LE_MAX ? left : APDU_LE_MAX, out);
        if (err == JPKI_OK && out->len - start == offset)
            err = JPKI_ERR_PROTOCOL;
    }
    return err;
}

enum jpki_err file_read_cert(struct visit *visit, uint16_t fid, struct buf *out)
{
    size_t start = out->len, total = 0;
    struct slice head;
    enum jpki_err err = file_read_head(visit, fid, APDU_LE_MAX, out);

    if (err != JPKI_OK)
        goto out;
    head = slice_part(buf_slice(out), start, APDU_LE_MAX);
    if (head.len == 0 || head.ptr[0] == 0xFF || head.ptr[0] == 0x00)
        err = JPKI_ERR_NOT_FOUND;
    else
        err = cert_der_len(head, CARD_CERT_MAX, &total);
    if (err == JPKI_OK)
        err = rest_read(visit, start, total, out);
out:
    if (err != JPKI_OK) {
        wipe(out->ptr + start, out->len - start);
        out->len = start;
    }
    return err;
}
