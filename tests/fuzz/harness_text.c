/* SPDX-License-Identifier: BSD-3-Clause */
/* What jpki-token makes of names from outside: whatever the bytes, no terminal does what they
 * say. */
#include "fuzz.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { SEED, NAME };

static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [NAME] = { "name", FUZZ_BLOB, 900,
               FUZZ_TEXT(
                   "SCM \x1b]0;x\x07 \xc2\x9b\xe2\x80\xae\xff\xed\xa0\x80\xc0\x80 \xe8\x91\x9b\xf3\xa0\x84\x80\n") },
};

/* How long the character is by Unicode's table of well-formed byte sequences (3-7), row by row. */
static size_t well_formed(const uint8_t *at, size_t len)
{
    static const uint8_t rows[][5] = {
        /* first byte from, to; second byte from, to; all bytes */
        { 0x00, 0x7F, 0x00, 0xFF, 1 }, { 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
        { 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 }, { 0xEE, 0xEF, 0x80, 0xBF, 3 },
        { 0xF0, 0xF0, 0x90, 0xBF, 4 }, { 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint8_t *row = rows[i];

        if (at[0] < row[0] || at[0] > row[1] || len < row[4] ||
            (row[4] > 1 && (at[1] < row[2] || at[1] > row[3])))
            continue;
        for (size_t j = 2; j < row[4]; j++) {
            if ((at[j] & 0xC0) != 0x80)
                return 0;
        }
        return row[4];
    }
    return 0;
}

/* Sequences that nobody may be shown, as bytes. */
static bool acts(const uint8_t *at, size_t len)
{
    return (len == 1 && (at[0] < 0x20 || at[0] == 0x7F)) ||
           (len == 2 && at[0] == 0xC2 && at[1] < 0xA0) ||
           (len == 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0x8B && at[2] <= 0x8F) ||
           (len == 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] >= 0xA8 && at[2] <= 0xAE) ||
           (len == 3 && at[0] == 0xE2 && at[1] == 0x81 && at[2] >= 0xA0 && at[2] <= 0xAF);
}

/* Everything but line ends may be shown. */
static void text_judge(const char *text, size_t len, bool lines)
{
    const uint8_t *at = (const uint8_t *)text;

    for (size_t taken; len > 0; at += taken, len -= taken) {
        taken = well_formed(at, len);
        if (taken == 0)
            fuzz_fail("byte %02X belongs to no character", at[0]);
        if (acts(at, taken) && !(lines && at[0] == '\n'))
            fuzz_fail("a character that acts: %02X", at[0]);
    }
}

static void shown_judge(const char *name)
{
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);

    if (out == NULL)
        return;
    text_wrap(out, 10, name);
    text_line(out, "%s", name);
    text_lines(out, name);
    (void)fclose(out);
    text_judge(shown, len, true);
    free(shown);
}

static void run(const struct fuzz_case *input)
{
    struct slice bytes = case_blob(input, NAME);
    char *clean = text_clean((const char *)bytes.ptr, bytes.len), *again;

    if (clean == NULL)
        return;
    text_judge(clean, strlen(clean), false);
    if (text_cells(clean) < 0)
        fuzz_fail("less than no cells");
    again = text_clean(clean, strlen(clean));
    if (again != NULL && strcmp(again, clean) != 0)
        fuzz_fail("clean text was changed");
    free(again);
    free(clean);
    clean = strndup((const char *)bytes.ptr, bytes.len);
    if (clean != NULL)
        shown_judge(clean);
    free(clean);
}

const struct fuzz_harness fuzz_harness = { "text", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
