/* SPDX-License-Identifier: BSD-3-Clause */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_SIZE 2

static size_t length_read(const uint8_t *ptr)
{
    return (size_t)ptr[0] << 8 | ptr[1];
}

bool list_next(struct slice *rest, struct slice *ret_item)
{
    size_t len;

    if (rest->len < LENGTH_SIZE)
        return false;
    len = length_read(rest->ptr);
    if (len > rest->len - LENGTH_SIZE)
        return false;
    *ret_item = slice_of(rest->ptr + LENGTH_SIZE, len);
    *rest = slice_of(rest->ptr + LENGTH_SIZE + len, rest->len - LENGTH_SIZE - len);
    return true;
}

static bool value_fits(const struct fuzz_field *field, struct slice value)
{
    struct slice item;

    if (value.len > field->max || (field->kind == FUZZ_NUMBER && value.len != 4))
        return false;
    if (field->kind != FUZZ_LIST)
        return true;
    while (list_next(&value, &item))
        ;
    return value.len == 0;
}

bool case_unpack(struct slice bytes, struct fuzz_case *ret_case)
{
    struct slice value;

    for (size_t i = 0; i < fuzz_harness.field_count; i++) {
        if (!list_next(&bytes, &value) || !value_fits(&fuzz_harness.fields[i], value))
            return false;
        memcpy(ret_case->value[i], value.ptr, value.len);
        ret_case->len[i] = value.len;
    }
    return bytes.len == 0;
}

size_t case_pack(const struct fuzz_case *input, uint8_t *bytes, size_t cap)
{
    size_t used = 0;

    for (size_t i = 0; i < fuzz_harness.field_count; i++) {
        size_t len = input->len[i];

        if (len + LENGTH_SIZE > cap - used)
            return 0;
        bytes[used] = (uint8_t)(len >> 8);
        bytes[used + 1] = (uint8_t)len;
        memcpy(bytes + used + LENGTH_SIZE, input->value[i], len);
        used += LENGTH_SIZE + len;
    }
    return used;
}

void case_dummy(struct fuzz_case *ret_case)
{
    for (size_t i = 0; i < fuzz_harness.field_count; i++) {
        struct slice dummy = fuzz_harness.fields[i].dummy;

        if (dummy.len > 0)
            memcpy(ret_case->value[i], dummy.ptr, dummy.len);
        ret_case->len[i] = dummy.len;
    }
}

uint32_t case_number(const struct fuzz_case *input, size_t field)
{
    const uint8_t *b = input->value[field];

    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

struct slice case_blob(const struct fuzz_case *input, size_t field)
{
    return slice_of(input->value[field], input->len[field]);
}

void fuzz_run(struct slice bytes)
{
    static struct fuzz_case input;

    if (case_unpack(bytes, &input)) {
        wrap_begin(case_number(&input, 0));
        fuzz_harness.run(&input);
        wrap_end();
    }
}

struct slice exact_copy(struct slice bytes)
{
    uint8_t *copy;

    wrap_pause();
    copy = malloc(bytes.len > 0 ? bytes.len : 1);
    wrap_resume();
    if (copy == NULL)
        fuzz_fail("no memory for the harness");
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    return slice_of(copy, bytes.len);
}

void consume(const void *ptr, size_t len)
{
    static volatile uint8_t sink;
    const volatile uint8_t *bytes = ptr;

    for (size_t i = 0; i < len; i++)
        sink = (uint8_t)(sink ^ bytes[i]);
}

void consume_text(const char *text)
{
    consume(text, strlen(text) + 1);
}

void fuzz_fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    abort();
}
