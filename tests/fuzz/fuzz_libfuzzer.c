/* SPDX-License-Identifier: BSD-3-Clause */
/* libFuzzer's side: mutations that keep a case a case. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ITEMS_MAX 256

/* libFuzzer's names; it has no header for C. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* The simulated cards' keys lie beside a target that was carried away from where it was built. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char keys[512];
    const ssize_t len = readlink("/proc/self/exe", keys, sizeof(keys) - sizeof("sim-keys"));

    (void)argc;
    (void)argv;
    if (len <= 0)
        return 0;
    keys[len] = '\0';
    memcpy(strrchr(keys, '/') + 1, "sim-keys", sizeof("sim-keys"));
    if (access(keys, R_OK) == 0)
        (void)setenv("JPKI_SIM_KEYS", keys, 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run(slice_of(data, size));
    return 0;
}

static void number_mutate(uint8_t *value, uint32_t *random)
{
    uint32_t number = next_random(random) % 3 == 0 ? 0 : next_random(random);

    value[0] = 0;
    value[1] = (uint8_t)(number >> 16);
    value[2] = (uint8_t)(number >> 8);
    value[3] = (uint8_t)number;
}

static size_t items_split(struct slice list, struct slice *items)
{
    size_t count = 0;

    while (count < ITEMS_MAX && list_next(&list, &items[count]))
        count++;
    return count;
}

/* Write items back as a list; those that no longer fit are left out. */
static size_t items_join(const struct slice *items, size_t count, uint8_t *value, size_t max)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        if (items[i].len + 2 > max - used)
            break;
        value[used] = (uint8_t)(items[i].len >> 8);
        value[used + 1] = (uint8_t)items[i].len;
        if (items[i].len > 0)
            memcpy(value + used + 2, items[i].ptr, items[i].len);
        used += items[i].len + 2;
    }
    return used;
}

/* Make room at a place, or take the item there out. */
static size_t item_insert(struct slice *items, size_t count, size_t at, struct slice item)
{
    if (count == ITEMS_MAX)
        return count;
    memmove(&items[at + 1], &items[at], (count - at) * sizeof(items[0]));
    items[at] = item;
    return count + 1;
}

static size_t item_remove(struct slice *items, size_t count, size_t at)
{
    memmove(&items[at], &items[at + 1], (count - at - 1) * sizeof(items[0]));
    return count - 1;
}

static size_t list_mutate(uint8_t *value, size_t len, size_t max, uint32_t *random)
{
    uint8_t before[FUZZ_VALUE_MAX], fresh[FUZZ_ITEM_MAX];
    struct slice items[ITEMS_MAX], other;
    size_t count, at, fresh_len = 0;

    memcpy(before, value, len);
    count = items_split(slice_of(before, len), items);
    at = count > 0 ? next_random(random) % count : 0;
    switch (count > 0 ? next_random(random) % 6 : 0) {
    case 0: /* a new one, begun as a copy of another */
        if (count > 0)
            fresh_len = items[at].len < sizeof(fresh) ? items[at].len : sizeof(fresh);
        if (fresh_len > 0)
            memcpy(fresh, items[at].ptr, fresh_len);
        fresh_len = LLVMFuzzerMutate(fresh, fresh_len, sizeof(fresh));
        count = item_insert(items, count, count > 0 ? next_random(random) % (count + 1) : 0,
                            slice_of(fresh, fresh_len));
        break;
    case 1: count = item_remove(items, count, at); break;
    case 2:
        other = items[at];
        items[at] = items[count - 1];
        items[count - 1] = other;
        break;
    case 3: count = item_insert(items, count, at, items[at]); break;
    default:
        fresh_len = items[at].len < sizeof(fresh) ? items[at].len : sizeof(fresh);
        if (fresh_len > 0)
            memcpy(fresh, items[at].ptr, fresh_len);
        items[at] = slice_of(fresh, LLVMFuzzerMutate(fresh, fresh_len, sizeof(fresh)));
        break;
    }
    return items_join(items, count, value, max);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static struct fuzz_case input;
    uint32_t random = seed;
    size_t i;

    if (!case_unpack(slice_of(data, size), &input))
        case_dummy(&input);
    /* the seed is looked at less often than the rest */
    i = next_random(&random) % fuzz_harness.field_count;
    if (i == 0 && next_random(&random) % 2 == 0)
        i = next_random(&random) % fuzz_harness.field_count;
    switch (fuzz_harness.fields[i].kind) {
    case FUZZ_NUMBER: number_mutate(input.value[i], &random); break;
    case FUZZ_BLOB:
        input.len[i] = LLVMFuzzerMutate(input.value[i], input.len[i], fuzz_harness.fields[i].max);
        break;
    case FUZZ_LIST:
        input.len[i] =
            list_mutate(input.value[i], input.len[i], fuzz_harness.fields[i].max, &random);
        break;
    }
    return case_pack(&input, data, max_size);
}

/* Each field from one parent or the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2,
                                 size_t size2, uint8_t *out, size_t max_out, unsigned seed)
{
    static struct fuzz_case a, b;
    uint32_t random = seed;

    if (!case_unpack(slice_of(data1, size1), &a))
        case_dummy(&a);
    if (!case_unpack(slice_of(data2, size2), &b))
        case_dummy(&b);
    for (size_t i = 0; i < fuzz_harness.field_count; i++) {
        if (next_random(&random) % 2 == 0)
            continue;
        memcpy(a.value[i], b.value[i], b.len[i]);
        a.len[i] = b.len[i];
    }
    return case_pack(&a, out, max_out);
}
