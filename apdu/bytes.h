/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes that are borrowed (slice) and bytes that are written (buf).  Lengths are in bytes
 * everywhere.
 */
#ifndef APDU_BYTES_H
#define APDU_BYTES_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: whoever made the slice owns them.  An empty slice may have ptr == NULL. */
struct slice {
    const uint8_t *ptr;
    size_t len;
};

/* A bounded writer over memory that somebody else owns.  It never grows: what does not fit is an
 * error. */
struct buf {
    uint8_t *ptr;
    size_t len, cap;
};

#define SLICE_OF(array) ((struct slice){ (array), sizeof(array) })
#define BUF_OVER(array) ((struct buf){ (array), 0, sizeof(array) })

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){ ptr, len };
}

static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){ buf->ptr, buf->len };
}

/* Whether both hold the same bytes.  Not constant time: never for secrets. */
bool slice_equal(struct slice a, struct slice b);

/* The part of s from offset, at most len bytes; empty where offset lies behind the end. */
struct slice slice_part(struct slice s, size_t offset, size_t len);

/* Append bytes; JPKI_ERR_BUFFER, with the buffer unchanged, if they do not fit. */
enum jpki_err buf_put(struct buf *buf, struct slice bytes) MUST_CHECK;
enum jpki_err buf_put_byte(struct buf *buf, uint8_t byte) MUST_CHECK;

/* Overwrite with zeros in a way the compiler keeps.  ptr may be NULL if len is 0. */
void wipe(void *ptr, size_t len);

/* Whether two secrets of len bytes are equal, in time that depends on len alone. */
bool secret_equal(const uint8_t *a, const uint8_t *b, size_t len);

/* Letters and digits of bytes as hex, capitals; ret_text has room for 2 * len + 1. */
void hex_text(const uint8_t *bytes, size_t len, char *ret_text);

/*
 * Write text into a field of fixed size padded with blanks and without a terminator, as PKCS#11 and
 * the card's token info have them.  Longer text is cut at a UTF-8 character boundary.
 */
void pad_text(uint8_t *field, size_t field_len, const char *text);

#endif
