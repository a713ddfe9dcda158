/* SPDX-License-Identifier: BSD-3-Clause */
/* The codecs: TLV, the length of a certificate, APDUs and status words, PIN forms. */
#include "fuzz.h"

#include "apdu.h"
#include "profile.h"
#include "sw.h"
#include "tlv.h"

#include <stdlib.h>
#include <string.h>

enum { SEED, BYTES, MAX_LEN, HEADER, TYPED };

static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [BYTES] = { "bytes", FUZZ_BLOB, 600,
                FUZZ_TEXT("\x30\x82\x06\x1F\x06\x04\x00\x00\x00\x01\x90\x00") },
    [MAX_LEN] = { "max-len", FUZZ_NUMBER, 4, FUZZ_TEXT("\0\0\x10\0") },
    [HEADER] = { "header", FUZZ_NUMBER, 4, FUZZ_TEXT("\x00\xB0\x8A\x00") },
    [TYPED] = { "typed", FUZZ_BLOB, 80, FUZZ_TEXT("abc\xEF\xBC\x91\x32\x33") },
};

static void tlv_run(struct slice bytes)
{
    struct slice value;
    uint8_t tag = 0;

    while (tlv_take(&bytes, &tag, &value) == JPKI_OK) {
        consume(&tag, 1);
        consume(value.ptr, value.len);
    }
    consume(bytes.ptr, bytes.len);
}

static void cert_len_run(struct slice bytes, size_t max_len)
{
    size_t len = 0;

    if (cert_der_len(bytes, max_len, &len) == JPKI_OK && (len > max_len || len < 260))
        fuzz_fail("a certificate of %zu bytes where %zu is the most", len, max_len);
}

static void apdu_run(struct slice bytes, uint32_t header, size_t le)
{
    uint8_t room[APDU_COMMAND_MAX];
    struct buf command = { room, 0, le % (sizeof(room) + 1) };
    const struct apdu apdu = { (uint8_t)(header >> 24),
                               (uint8_t)(header >> 16),
                               (uint8_t)(header >> 8),
                               (uint8_t)header,
                               bytes,
                               le };

    if (apdu_build(&apdu, &command) != JPKI_OK)
        return;
    if (bytes.len > APDU_DATA_MAX || le > APDU_LE_MAX)
        fuzz_fail("a command that is no short APDU");
    consume(command.ptr, command.len);
}

static void answer_run(struct slice bytes)
{
    struct answer answer;
    struct slice data;
    int tries = TRIES_UNKNOWN;

    if (bytes.len <= sizeof(answer.raw))
        memcpy(answer.raw, bytes.ptr, bytes.len);
    if (answer_parse(&answer, bytes.len) != JPKI_OK)
        return;
    data = answer_data(&answer);
    consume(data.ptr, data.len);
    consume_text(sw_sentence(answer.sw));
    consume_text(err_name(sw_error(answer.sw)));
    consume_text(err_name(sw_judge_pin(answer.sw, &tries)));
    if (tries != TRIES_UNKNOWN && (tries < 0 || tries > 15))
        fuzz_fail("%d tries left", tries);
}

static void pin_run(struct slice typed)
{
    const struct card_profile *profile = profile_default();
    uint8_t pin[16];
    size_t len;

    for (unsigned n = 0; n < 2u * ROLE_COUNT; n++) {
        const struct pin_rule *rule = &profile->role[n / 2].pin;

        len = 0;
        if (pin_fold(rule, typed, n % 2 == 1, pin, &len) != JPKI_OK)
            continue;
        if (!pin_fits(rule, slice_of(pin, len), n % 2 == 1))
            fuzz_fail("a folded PIN that does not fit its own rule");
        consume(pin, len);
    }
}

static void run(const struct fuzz_case *input)
{
    struct slice bytes = exact_copy(case_blob(input, BYTES)),
                 typed = exact_copy(case_blob(input, TYPED));

    tlv_run(bytes);
    cert_len_run(bytes, case_number(input, MAX_LEN));
    apdu_run(bytes, case_number(input, HEADER), case_number(input, MAX_LEN) % 300);
    answer_run(bytes);
    pin_run(typed);
    (void)profile_find(typed);
    free((void *)(uintptr_t)bytes.ptr);
    free((void *)(uintptr_t)typed.ptr);
}

const struct fuzz_harness fuzz_harness = { "tlv", fields, sizeof(fields) / sizeof(fields[0]), run };
