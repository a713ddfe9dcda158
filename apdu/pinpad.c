/* SPDX-License-Identifier: BSD-3-Clause */
#include "pinpad.h"

#include "apdu.h"
#include "tlv.h"

#include <string.h>

#define FEATURE_VERIFY_PIN_DIRECT 0x06
#define FEATURE_MODIFY_PIN_DIRECT 0x07
#define FORMAT_ASCII_BYTES 0x82 /* positions count bytes; left justified; ASCII */
#define VALIDATE_BY_KEY 0x02    /* the entry ends with the OK key */
#define ENTER_NEW_TWICE 0x01
#define MESSAGE_DEFAULT 0xFF
#define LANGUAGE_JAPANESE 0x0411
#define DATA_OFFSET_NONE 0x00
#define FILLER 0xFF /* overwritten by the reader; no PIN has it */

enum jpki_err pinpad_features_parse(struct slice answer, struct pinpad_features *ret)
{
    struct pinpad_features features = { 0, 0, 0 };
    struct slice value;
    uint8_t tag;

    while (answer.len > 0) {
        uint32_t code;
        enum jpki_err err = tlv_take(&answer, &tag, &value);

        if (err != JPKI_OK)
            return err;
        if (value.len != sizeof(code))
            return JPKI_ERR_PROTOCOL;
        /* control codes are big-endian whatever the host is */
        code = (uint32_t)value.ptr[0] << 24 | (uint32_t)value.ptr[1] << 16 |
               (uint32_t)value.ptr[2] << 8 | value.ptr[3];
        features.tags |= tag < 32 ? UINT32_C(1) << tag : 0;
        if (tag == FEATURE_VERIFY_PIN_DIRECT)
            features.verify = code;
        else if (tag == FEATURE_MODIFY_PIN_DIRECT)
            features.modify = code;
    }
    *ret = features;
    return JPKI_OK;
}

/* The numbers of both structures stand in the host's byte order. */
static enum jpki_err u16_put(struct buf *buf, uint16_t value)
{
    return buf_put(buf, slice_of(&value, sizeof(value)));
}

static enum jpki_err u32_put(struct buf *buf, uint32_t value)
{
    return buf_put(buf, slice_of(&value, sizeof(value)));
}

/* What both structures begin with, up to the PIN's length limits. */
static enum jpki_err head_put(struct buf *block, const struct pinpad_request *request)
{
    const uint8_t format[] = {
        PINPAD_SECONDS,
        PINPAD_SECONDS,
        FORMAT_ASCII_BYTES,
        request->max_len, /* bmPINBlockString: no length field, a PIN block of this many bytes */
        0x00,             /* bmPINLengthFormat: no length inside the PIN block */
    };
    const uint8_t offsets[] = { DATA_OFFSET_NONE, DATA_OFFSET_NONE };
    enum jpki_err err = buf_put(block, SLICE_OF(format));

    if (err == JPKI_OK && request->job == PINPAD_MODIFY)
        err = buf_put(block, SLICE_OF(offsets));
    if (err == JPKI_OK)
        err = u16_put(block, (uint16_t)(request->min_len << 8 | request->max_len));
    return err;
}

/* How the person is asked: once for the PIN in force, twice for a new one. */
static enum jpki_err dialogue_put(struct buf *block, enum pinpad_job job)
{
    static const uint8_t verify[] = { VALIDATE_BY_KEY, MESSAGE_DEFAULT };
    static const uint8_t modify[] = { ENTER_NEW_TWICE, VALIDATE_BY_KEY, MESSAGE_DEFAULT };
    static const uint8_t verify_tail[] = { 0, 0, 0, 0 };       /* bMsgIndex, bTeoPrologue[3] */
    static const uint8_t modify_tail[] = { 0, 1, 0, 0, 0, 0 }; /* bMsgIndex1..3, bTeoPrologue[3] */
    enum jpki_err err = buf_put(block, job == PINPAD_MODIFY ? SLICE_OF(modify) : SLICE_OF(verify));

    if (err == JPKI_OK)
        err = u16_put(block, LANGUAGE_JAPANESE);
    if (err == JPKI_OK)
        err = buf_put(block, job == PINPAD_MODIFY ? SLICE_OF(modify_tail) : SLICE_OF(verify_tail));
    return err;
}

enum jpki_err pinpad_block_build(const struct pinpad_request *request, struct buf *block)
{
    uint8_t filler[16], bytes[APDU_COMMAND_MAX];
    struct buf command = BUF_OVER(bytes);
    struct apdu apdu = { 0x00, request->ins, request->p1, request->p2, { filler, request->max_len },
                         0 };
    size_t start = block->len;
    enum jpki_err err;

    if (request->min_len != request->max_len || request->max_len == 0 ||
        request->max_len > sizeof(filler))
        return JPKI_ERR_ARGUMENT;
    memset(filler, FILLER, sizeof(filler));
    err = apdu_build(&apdu, &command);
    if (err == JPKI_OK)
        err = head_put(block, request);
    if (err == JPKI_OK)
        err = dialogue_put(block, request->job);
    if (err == JPKI_OK)
        err = u32_put(block, (uint32_t)command.len);
    if (err == JPKI_OK)
        err = buf_put(block, buf_slice(&command));
    if (err != JPKI_OK)
        block->len = start;
    return err;
}

enum jpki_err pinpad_answer_judge(struct slice answer)
{
    if (answer.len != 2 || answer.ptr[0] != 0x64)
        return JPKI_OK;
    switch (answer.ptr[1]) {
    case 0x00: return JPKI_ERR_TIMEOUT;
    case 0x01: return JPKI_ERR_CANCELLED;
    case 0x02:
    case 0x03: return JPKI_ERR_PIN_FORM;
    default: return JPKI_OK;
    }
}
