/* SPDX-License-Identifier: BSD-3-Clause */
#include "bytes.h"

#include <string.h>

bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct slice slice_part(struct slice s, size_t offset, size_t len)
{
    size_t rest;

    if (offset >= s.len)
        return (struct slice){ NULL, 0 };
    rest = s.len - offset;
    return slice_of(s.ptr + offset, len < rest ? len : rest);
}

enum jpki_err buf_put(struct buf *buf, struct slice bytes)
{
    if (bytes.len > buf->cap - buf->len)
        return JPKI_ERR_BUFFER;
    if (bytes.len > 0)
        memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
    buf->len += bytes.len;
    return JPKI_OK;
}

enum jpki_err buf_put_byte(struct buf *buf, uint8_t byte)
{
    return buf_put(buf, slice_of(&byte, 1));
}

void wipe(void *ptr, size_t len)
{
    if (len > 0)
        memset(ptr, 0, len);
    /* The compiler must believe that somebody reads the zeros. */
    __asm__ __volatile__("" : : "r"(ptr) : "memory");
}

bool secret_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    volatile uint8_t differs = 0;

    for (size_t i = 0; i < len; i++)
        differs = (uint8_t)(differs | (a[i] ^ b[i]));
    return differs == 0;
}

void hex_text(const uint8_t *bytes, size_t len, char *ret_text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
    ret_text[2 * len] = '\0';
}

void pad_text(uint8_t *field, size_t field_len, const char *text)
{
    size_t len = strlen(text);

    if (len > field_len) {
        len = field_len;
        /* 10xxxxxx continues a character: step back to where the cut one begins */
        while (len > 0 && ((uint8_t)text[len] & 0xC0u) == 0x80u)
            len--;
    }
    memset(field, ' ', field_len);
    memcpy(field, text, len);
}
