/* SPDX-License-Identifier: BSD-3-Clause */
#include "sw.h"

#include <stddef.h>

struct sw_row {
    uint16_t mask, value;
    enum jpki_err err;
    const char *sentence;
};

/* The first row that fits holds; the last fits everything. */
static const struct sw_row rows[] = {
    { 0xFFFF, 0x9000, JPKI_OK, "done" },
    { 0xFFFF, 0x6281, JPKI_ERR_REFUSED, "the data may be damaged" },
    { 0xFFFF, 0x6282, JPKI_ERR_REFUSED, "end of file reached" },
    { 0xFFFF, 0x6283, JPKI_ERR_REFUSED, "the application is locked" },
    { 0xFFFF, 0x63C0, JPKI_ERR_PIN_BLOCKED, "PIN wrong, no try left" },
    { 0xFFF0, 0x63C0, JPKI_ERR_PIN_WRONG, "PIN wrong, or tries asked for" },
    { 0xFFFF, 0x6300, JPKI_ERR_PIN_WRONG, "PIN wrong, tries not told" },
    { 0xFF00, 0x6400, JPKI_ERR_REFUSED, "file control error" },
    { 0xFF00, 0x6500, JPKI_ERR_REFUSED, "writing to memory failed" },
    { 0xFFFF, 0x6700, JPKI_ERR_REFUSED, "wrong length" },
    { 0xFFFF, 0x6881, JPKI_ERR_UNSUPPORTED, "no such logical channel" },
    { 0xFFFF, 0x6882, JPKI_ERR_UNSUPPORTED, "no secure messaging" },
    { 0xFFFF, 0x6981, JPKI_ERR_REFUSED, "not a command for this kind of file" },
    { 0xFFFF, 0x6982, JPKI_ERR_DENIED, "PIN not verified" },
    { 0xFFFF, 0x6983, JPKI_ERR_PIN_BLOCKED, "PIN blocked" },
    { 0xFFFF, 0x6984, JPKI_ERR_PIN_BLOCKED, "PIN file locked" },
    { 0xFFFF, 0x6985, JPKI_ERR_REFUSED, "conditions of use not met" },
    { 0xFFFF, 0x6986, JPKI_ERR_REFUSED, "no current file" },
    { 0xFFFF, 0x6A80, JPKI_ERR_REFUSED, "data not accepted" },
    { 0xFFFF, 0x6A81, JPKI_ERR_UNSUPPORTED, "function not supported" },
    { 0xFFFF, 0x6A82, JPKI_ERR_NOT_FOUND, "no such file or application" },
    { 0xFFFF, 0x6A86, JPKI_ERR_UNSUPPORTED, "P1 or P2 not known" },
    { 0xFFFF, 0x6A88, JPKI_ERR_NOT_FOUND, "no such key or PIN" },
    { 0xFFFF, 0x6B00, JPKI_ERR_REFUSED, "offset behind the end of the file" },
    { 0xFFFF, 0x6D00, JPKI_ERR_UNSUPPORTED, "command not known" },
    { 0xFFFF, 0x6E00, JPKI_ERR_UNSUPPORTED, "class not known" },
    { 0x0000, 0x0000, JPKI_ERR_REFUSED, "refused" },
};

static const struct sw_row *row_find(uint16_t sw)
{
    const struct sw_row *row = rows;

    while ((sw & row->mask) != row->value)
        row++;
    return row;
}

enum jpki_err sw_error(uint16_t sw)
{
    return row_find(sw)->err;
}

enum jpki_err sw_error_plain(uint16_t sw)
{
    enum jpki_err err = sw_error(sw);

    return err == JPKI_ERR_PIN_WRONG || err == JPKI_ERR_PIN_BLOCKED ? JPKI_ERR_REFUSED : err;
}

const char *sw_sentence(uint16_t sw)
{
    return row_find(sw)->sentence;
}

enum jpki_err sw_judge_pin(uint16_t sw, int *ret_tries)
{
    enum jpki_err err = sw_error(sw);

    *ret_tries = TRIES_UNKNOWN;
    if (err == JPKI_ERR_PIN_BLOCKED)
        *ret_tries = 0;
    else if ((sw & 0xFFF0) == 0x63C0)
        *ret_tries = sw & 0x000F;
    return err;
}
