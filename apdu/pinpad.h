/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a reader with a keypad is told (PC/SC part 10), as bytes: no winscard here.  PROTOCOL.md,
 * "Keypads".
 */
#ifndef APDU_PINPAD_H
#define APDU_PINPAD_H

#include "transport.h"

#define PINPAD_BLOCK_MAX 64
#define PINPAD_SECONDS 30

/* Control codes of the reader's features; 0: it has no such feature.  tags: of all, bit n for
 * tag n. */
struct pinpad_features {
    uint32_t verify, modify, tags;
};

/* Read the answer to CM_IOCTL_GET_FEATURE_REQUEST.  JPKI_ERR_PROTOCOL for a list that does not
 * add up. */
enum jpki_err pinpad_features_parse(struct slice answer, struct pinpad_features *ret) MUST_CHECK;

/*
 * Append the PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE for a request.  The command in it has as
 * many data bytes as the PIN, which the reader overwrites; so JPKI_ERR_ARGUMENT unless min_len is
 * max_len and within 1..16.
 */
enum jpki_err pinpad_block_build(const struct pinpad_request *request,
                                 struct buf *block) MUST_CHECK;

/*
 * What the reader itself says in place of the card: JPKI_ERR_TIMEOUT (6400), JPKI_ERR_CANCELLED
 * (6401), JPKI_ERR_PIN_FORM (6402, 6403), else JPKI_OK: the answer is the card's.
 */
enum jpki_err pinpad_answer_judge(struct slice answer) MUST_CHECK;

#endif
