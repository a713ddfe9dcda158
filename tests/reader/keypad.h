/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keypad of the test reader (PC/SC part 10), and the person who types on it: a file that tests
 * append lines to.  A line is what is done at one entry: digits (typed, and for a new PIN typed
 * twice alike), "cancel", "timeout" or "mistype".  No line left is a timeout.  Every entry is told
 * in a second file, the first one's name with ".log" behind it: what was asked, and what was done,
 * never the digits.
 */
#ifndef READER_KEYPAD_H
#define READER_KEYPAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEYPAD_COMMAND_MAX 32

enum keypad_job { KEYPAD_VERIFY, KEYPAD_MODIFY };

/* Which file; the name is copied.  False if it is too long. */
bool keypad_open(const char *path);

/*
 * Take a PIN_VERIFY_STRUCTURE or PIN_MODIFY_STRUCTURE, let the person type, and complete the
 * command in it: *ret_len bytes for the card in ret_command, or 0 and the reader's own answer in
 * *ret_sw (6400, 6401, 6402, 6403).  False if the structure is not one that a strict reader takes.
 */
bool keypad_run(enum keypad_job job, const uint8_t *block, size_t len,
                uint8_t ret_command[static KEYPAD_COMMAND_MAX], size_t *ret_len, uint16_t *ret_sw);

#endif
