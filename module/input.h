/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a caller gives to be signed or checked: hashed as it comes, or kept as it is, as the
 * mechanism's row says.
 */
#ifndef MODULE_INPUT_H
#define MODULE_INPUT_H

#include "mech.h"

#define INPUT_BUFFER_MAX 256

struct input {
    struct hash_state hash; /* INPUT_MESSAGE */
    uint8_t data[INPUT_BUFFER_MAX];
    size_t len;
    bool too_long;
};

enum jpki_err input_begin(struct input *input, const struct mech_row *row) MUST_CHECK;

/* One more part.  What is too long for the row is found by input_end. */
enum jpki_err input_add(struct input *input, const struct mech_row *row,
                        struct slice part) MUST_CHECK;

/* What the card is sent, or a signature is checked against, appended to out; JPKI_ERR_ARGUMENT:
 * a length out of range. */
enum jpki_err input_end(struct input *input, const struct mech_row *row,
                        struct buf *out) MUST_CHECK;

#endif
