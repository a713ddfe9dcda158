/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the fuzz harnesses share.  An input is not a heap of bytes but a case: the values of the
 * fields that a harness declares in a table, each with its length before it.  Packing, unpacking
 * and mutating follow from the table, so a harness is its table and one function.  The same objects
 * make a libFuzzer target (fuzz_libfuzzer.c) and an ordinary program that runs the corpus once
 * (fuzz_replay.c).
 *
 * Every harness's first field is "seed": 0 lets every call of the system and of OpenSSL work; any
 * other number is where the generator starts that lets some of them fail (fuzz_wrap.c), so each
 * failure can be had again.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "bytes.h"

#define FUZZ_FIELDS_MAX 6
#define FUZZ_VALUE_MAX 8192 /* bytes of one field */
#define FUZZ_INPUT_MAX (FUZZ_FIELDS_MAX * (FUZZ_VALUE_MAX + 2))
/* bytes of an item that a mutation makes: some more than the longest answer of a card */
#define FUZZ_ITEM_MAX 600

enum fuzz_kind {
    FUZZ_NUMBER, /* 4 bytes, big endian */
    FUZZ_BLOB,
    FUZZ_LIST, /* items, each with its length in 2 bytes before it */
};

struct fuzz_field {
    const char *name;
    enum fuzz_kind kind;
    size_t max;         /* bytes, at most FUZZ_VALUE_MAX */
    struct slice dummy; /* what an input that cannot be unpacked is replaced by */
};

struct fuzz_case {
    size_t len[FUZZ_FIELDS_MAX];
    uint8_t value[FUZZ_FIELDS_MAX][FUZZ_VALUE_MAX];
};

struct fuzz_harness {
    const char *name;
    const struct fuzz_field *fields;
    size_t field_count;
    void (*run)(const struct fuzz_case *input);
};

/* The one that the program is linked with. */
extern const struct fuzz_harness fuzz_harness;

/* clang-format off */
#define FUZZ_SEED { "seed", FUZZ_NUMBER, 4, { (const uint8_t *)"\0\0\0\0", 4 } }
#define FUZZ_TEXT(text) { (const uint8_t *)(text), sizeof(text) - 1 }
/* clang-format on */

/* False, with the case undefined, if the bytes are not exactly one case of the harness. */
bool case_unpack(struct slice bytes, struct fuzz_case *ret_case);
/* The number of bytes written, at most cap; 0 if they do not fit. */
size_t case_pack(const struct fuzz_case *input, uint8_t *bytes, size_t cap);
void case_dummy(struct fuzz_case *ret_case);

uint32_t case_number(const struct fuzz_case *input, size_t field);
struct slice case_blob(const struct fuzz_case *input, size_t field);

/* The next item of a list; false at its end. */
bool list_next(struct slice *rest, struct slice *ret_item);

/* Run one packed input; one that cannot be unpacked is left out. */
void fuzz_run(struct slice bytes);

/* A copy in memory of exactly this size, so that a sanitizer sees a read behind it.  The caller
 * frees ptr. */
struct slice exact_copy(struct slice bytes);

/* Read every byte of what an API gave back: garbage or freed memory in it becomes a sanitizer's
 * finding. */
void consume(const void *ptr, size_t len);
void consume_text(const char *text);

/* End the run with a message: something does not hold that must. */
void fuzz_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* ---- failures on purpose (fuzz_wrap.c) ---- */

/* Between these calls the wrapped functions fail by the seed's numbers, log lines are checked,
 * and time is what we say. */
void wrap_begin(uint32_t seed);
void wrap_end(void);

/* Whether any wrapped function failed on purpose since wrap_begin. */
bool wrap_failed(void);

/* While the harness itself works inside: nothing fails. */
void wrap_pause(void);
void wrap_resume(void);

/* Let time pass. */
void wrap_clock(uint64_t ms);

/* Bytes that must never stand in a log line (NULL: none); they live until wrap_end. */
void wrap_secret(struct slice secret);

#endif
