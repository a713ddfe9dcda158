/* SPDX-License-Identifier: BSD-3-Clause */
/* What a reader says of its keypad, and what it is told. */
#include "fuzz.h"

#include "pinpad.h"

#include <stdlib.h>

enum { SEED, FEATURES, REQUEST, ANSWER, ROOM };

static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [FEATURES] = { "features", FUZZ_BLOB, 128,
                   FUZZ_TEXT("\x06\x04\x42\x33\x00\x06\x07\x04\x42\x33\x00\x07") },
    [REQUEST] = { "request", FUZZ_NUMBER, 4, FUZZ_TEXT("\x00\x98\x04\x04") },
    [ANSWER] = { "answer", FUZZ_BLOB, 8, FUZZ_TEXT("\x64\x01") },
    [ROOM] = { "room", FUZZ_NUMBER, 4, FUZZ_TEXT("\0\0\0\x40") },
};

static void block_run(uint32_t word, size_t room)
{
    uint8_t bytes[PINPAD_BLOCK_MAX];
    struct buf block = { bytes, 0, room % (sizeof(bytes) + 1) };
    const struct pinpad_request request = {
        .job = (word >> 24) % 2 == 0 ? PINPAD_VERIFY : PINPAD_MODIFY,
        .ins = 0x20,
        .p1 = (uint8_t)(word >> 25 & 1),
        .p2 = (uint8_t)(word >> 16),
        .min_len = (uint8_t)(word >> 8),
        .max_len = (uint8_t)word,
    };
    enum jpki_err err = pinpad_block_build(&request, &block);

    if (err == JPKI_OK &&
        (request.min_len != request.max_len || request.min_len == 0 || request.min_len > 16))
        fuzz_fail("a block for PINs of %u to %u digits", request.min_len, request.max_len);
    if (err != JPKI_OK && block.len != 0)
        fuzz_fail("half a block");
    consume(block.ptr, block.len);
}

static void run(const struct fuzz_case *input)
{
    struct slice list = exact_copy(case_blob(input, FEATURES)),
                 answer = exact_copy(case_blob(input, ANSWER));
    struct pinpad_features features = { 0, 0, 0 };

    if (pinpad_features_parse(list, &features) == JPKI_OK)
        consume(&features, sizeof(features));
    else if (features.verify != 0 || features.modify != 0)
        fuzz_fail("features from a list that was refused");
    consume_text(err_name(pinpad_answer_judge(answer)));
    block_run(case_number(input, REQUEST), case_number(input, ROOM));
    free((void *)(uintptr_t)list.ptr);
    free((void *)(uintptr_t)answer.ptr);
}

const struct fuzz_harness fuzz_harness = { "pinpad", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
