/* SPDX-License-Identifier: BSD-3-Clause */
#include "apdu.h"

enum jpki_err apdu_build(const struct apdu *apdu, struct buf *command)
{
    const uint8_t head[] = { apdu->cla, apdu->ins, apdu->p1, apdu->p2 };
    size_t start = command->len;
    enum jpki_err err;

    if (apdu->data.len > APDU_DATA_MAX || apdu->le > APDU_LE_MAX)
        return JPKI_ERR_ARGUMENT;
    err = buf_put(command, SLICE_OF(head));
    if (err == JPKI_OK && apdu->data.len > 0) {
        err = buf_put_byte(command, (uint8_t)apdu->data.len);
        if (err == JPKI_OK)
            err = buf_put(command, apdu->data);
    }
    if (err == JPKI_OK && apdu->le > 0)
        err = buf_put_byte(command, (uint8_t)(apdu->le & 0xFFu)); /* 256 is written 00 */
    if (err != JPKI_OK)
        command->len = start;
    return err;
}

enum jpki_err answer_parse(struct answer *answer, size_t raw_len)
{
    if (raw_len < 2 || raw_len > APDU_ANSWER_MAX)
        return JPKI_ERR_PROTOCOL;
    /* ISO 7816-4 knows 6X and 9X alone: anything else is an answer that lost its end */
    if ((answer->raw[raw_len - 2] & 0xF0) != 0x60 && (answer->raw[raw_len - 2] & 0xF0) != 0x90)
        return JPKI_ERR_PROTOCOL;
    answer->data_len = raw_len - 2;
    answer->sw = (uint16_t)(answer->raw[raw_len - 2] << 8 | answer->raw[raw_len - 1]);
    return JPKI_OK;
}
