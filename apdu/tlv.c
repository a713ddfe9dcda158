/* SPDX-License-Identifier: BSD-3-Clause */
#include "tlv.h"

#define CERT_DER_MIN 260
#define CERT_DER_HEAD 4

/* Step over a tag and its length; rest then begins with the contents, which may reach beyond it. */
static enum jpki_err tlv_enter(struct slice *rest, uint8_t *ret_tag, size_t *ret_len)
{
    size_t head = 2, len;
    const uint8_t *p = rest->ptr;

    if (rest->len < head)
        return JPKI_ERR_PROTOCOL;
    len = p[1];
    if (p[1] == 0x81 || p[1] == 0x82) {
        head += p[1] & 0x7Fu;
        if (rest->len < head)
            return JPKI_ERR_PROTOCOL;
        len = p[1] == 0x81 ? p[2] : (size_t)p[2] << 8 | p[3];
        if (len < (p[1] == 0x81 ? 0x80u : 0x100u))
            return JPKI_ERR_PROTOCOL;
    } else if (p[1] >= 0x80) {
        return JPKI_ERR_PROTOCOL;
    }
    *ret_tag = p[0];
    *ret_len = len;
    *rest = slice_part(*rest, head, rest->len);
    return JPKI_OK;
}

enum jpki_err tlv_take(struct slice *rest, uint8_t *ret_tag, struct slice *ret_value)
{
    struct slice after = *rest;
    uint8_t tag;
    size_t len;

    if (tlv_enter(&after, &tag, &len) != JPKI_OK || len > after.len)
        return JPKI_ERR_PROTOCOL;
    *ret_tag = tag;
    *ret_value = slice_of(after.ptr, len);
    *rest = slice_of(after.ptr + len, after.len - len);
    return JPKI_OK;
}

enum jpki_err cert_der_len(struct slice head, size_t max_len, size_t *ret_len)
{
    size_t total;

    if (head.len < CERT_DER_HEAD || head.ptr[0] != 0x30 || head.ptr[1] != 0x82)
        return JPKI_ERR_PROTOCOL;
    total = ((size_t)head.ptr[2] << 8 | head.ptr[3]) + CERT_DER_HEAD;
    if (total < CERT_DER_MIN || total > max_len)
        return JPKI_ERR_PROTOCOL;
    *ret_len = total;
    return JPKI_OK;
}

enum jpki_err cert_head_enter(struct slice *head)
{
    uint8_t outer, inner;
    size_t len;

    if (tlv_enter(head, &outer, &len) != JPKI_OK || tlv_enter(head, &inner, &len) != JPKI_OK)
        return JPKI_ERR_PROTOCOL;
    return outer == DER_SEQUENCE && inner == DER_SEQUENCE ? JPKI_OK : JPKI_ERR_PROTOCOL;
}

enum jpki_err cert_head_key(struct slice head, struct slice *ret_key)
{
    /* version, serialNumber, signature, issuer, validity, subject */
    static const uint8_t tags[] = { DER_VERSION,  DER_INTEGER,  DER_SEQUENCE,
                                    DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE };
    struct slice rest = head, value;
    size_t total;
    uint8_t tag = 0;

    if (cert_der_len(head, UINT16_MAX, &total) != JPKI_OK || cert_head_enter(&rest) != JPKI_OK ||
        rest.len == 0)
        return JPKI_ERR_PROTOCOL;
    for (size_t i = 0; i < sizeof(tags); i++) {
        if (tlv_take(&rest, &tag, &value) != JPKI_OK) { /* it goes on behind head, or is nothing */
            rest.len = 0;
            break;
        }
        if (tag != tags[i])
            return JPKI_ERR_PROTOCOL;
    }
    *ret_key = rest;
    return JPKI_OK;
}
