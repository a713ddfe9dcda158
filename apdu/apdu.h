/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Short APDUs (ISO 7816-4): a command as its fields, an answer as data and status word.
 */
#ifndef APDU_APDU_H
#define APDU_APDU_H

#include "bytes.h"

#define APDU_DATA_MAX 255
#define APDU_LE_MAX 256
#define APDU_COMMAND_MAX (4 + 1 + APDU_DATA_MAX + 1)
#define APDU_ANSWER_MAX (APDU_LE_MAX + 2)

enum apdu_ins {
    INS_VERIFY = 0x20,
    INS_CHANGE = 0x24,
    INS_SIGN = 0x2A,
    INS_SELECT = 0xA4,
    INS_READ = 0xB0,
    INS_GET_RESPONSE = 0xC0,
};

struct apdu {
    uint8_t cla, ins, p1, p2;
    struct slice data; /* 0..255 bytes; empty: no Lc */
    size_t le;         /* bytes expected, 1..256; 0: no Le */
};

struct answer {
    uint8_t raw[APDU_ANSWER_MAX];
    size_t data_len; /* of raw, before the status word */
    uint16_t sw;
};

/* Append the command's bytes, cases 1 to 4.  JPKI_ERR_ARGUMENT for lengths no short APDU has,
 * JPKI_ERR_BUFFER. */
enum jpki_err apdu_build(const struct apdu *apdu, struct buf *command) MUST_CHECK;

/* Split raw_len bytes in answer->raw.  JPKI_ERR_PROTOCOL if they do not end in a status word or
 * are too many. */
enum jpki_err answer_parse(struct answer *answer, size_t raw_len) MUST_CHECK;

static inline struct slice answer_data(const struct answer *answer)
{
    return slice_of(answer->raw, answer->data_len);
}

#endif
