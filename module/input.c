/* SPDX-License-Identifier: BSD-3-Clause */
#include "input.h"

#include <string.h>

enum jpki_err input_begin(struct input *input, const struct mech_row *row)
{
    wipe(input, sizeof(*input));
    return row->input == INPUT_MESSAGE ? hash_begin(&input->hash, row->hash) : JPKI_OK;
}

enum jpki_err input_add(struct input *input, const struct mech_row *row, struct slice part)
{
    if (row->input == INPUT_MESSAGE)
        return hash_update(&input->hash, part);
    if (part.len > sizeof(input->data) - input->len) {
        input->too_long = true;
        return JPKI_OK;
    }
    if (part.len > 0)
        memcpy(input->data + input->len, part.ptr, part.len);
    input->len += part.len;
    return JPKI_OK;
}

enum jpki_err input_end(struct input *input, const struct mech_row *row, struct buf *out)
{
    uint8_t digest[HASH_MAX_LEN];
    struct buf hashed = BUF_OVER(digest);
    enum jpki_err err = JPKI_ERR_ARGUMENT;

    if (input->too_long)
        return err;
    if (row->input != INPUT_MESSAGE)
        return mech_encode(row, slice_of(input->data, input->len), out);
    err = hash_end(&input->hash, &hashed);
    return err == JPKI_OK ? mech_encode(row, buf_slice(&hashed), out) : err;
}
