/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Status words: one table that says what each means (PROTOCOL.md, "Status words").
 */
#ifndef APDU_SW_H
#define APDU_SW_H

#include "err.h"

#include <stdint.h>

#define SW_OK 0x9000
#define SW_FIRST_COMMAND 0x6F00 /* seen once after power-up where the same command then worked */
#define SW_WRONG_LENGTH 0x6700
#define SW_WRONG_P1_P2 0x6A86

/* What a status word says of the command; JPKI_OK for 9000 alone. */
enum jpki_err sw_error(uint16_t sw) MUST_CHECK;

/* The same for a command that compares no PIN: what a PIN's status word means there is a refusal
 * like any other. */
enum jpki_err sw_error_plain(uint16_t sw) MUST_CHECK;

/* The same as an English sentence for logs; never NULL. */
const char *sw_sentence(uint16_t sw);

/*
 * The one place where tries are counted, for VERIFY with and without a PIN.  JPKI_OK for 9000,
 * JPKI_ERR_PIN_WRONG for 63Cx, JPKI_ERR_PIN_BLOCKED for 63C0, 6983 and 6984, else as sw_error.
 * *ret_tries is what is left, TRIES_UNKNOWN where the status word does not say.
 */
enum jpki_err sw_judge_pin(uint16_t sw, int *ret_tries) MUST_CHECK;

#endif
