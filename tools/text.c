/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define JAPAN_AHEAD (9 * 60 * 60) /* seconds; Japan has no summer time */

/* The next character: its bytes and its cells. */
static size_t char_next(const char *text, int *ret_cells)
{
    wchar_t wide = 0;
    mbstate_t state;
    size_t len;

    memset(&state, 0, sizeof(state));
    len = mbrtowc(&wide, text, strlen(text), &state);
    if (len == 0 || len == (size_t)-1 || len == (size_t)-2) {
        *ret_cells = 1;
        return 1;
    }
    *ret_cells = wcwidth(wide) < 0 ? 0 : wcwidth(wide);
    return len;
}

int text_cells(const char *text)
{
    int all = 0, cells = 0;

    while (*text != '\0') {
        text += char_next(text, &cells);
        all += cells;
    }
    return all;
}

static int line_width(FILE *out)
{
    struct winsize size = { .ws_col = 0 };

    if (isatty(fileno(out)) == 0 || ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 40)
        return TEXT_WIDTH;
    return size.ws_col - 1 < TEXT_WIDTH ? size.ws_col - 1 : TEXT_WIDTH;
}

/* Whether a line may not begin with this character: closing marks of Japanese text. */
static bool hangs(const char *text)
{
    static const char *const marks[] = { "、", "。", "）", "」", "ー", "々", "：", "・" };

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (strncmp(text, marks[i], strlen(marks[i])) == 0)
            return true;
    }
    return false;
}

/* Whether a line may begin with it: a word after a blank, or a wide character that does not hang. */
static bool may_break(const char *text, const char *start, int cells)
{
    return text > start && (text[-1] == ' ' || (cells == 2 && !hangs(text)));
}

/* How many bytes of text fit on a line of so many cells, and how many of them are printed. */
static size_t line_take(const char *text, int room, size_t *ret_printed)
{
    const char *at = text, *split = NULL;
    int used = 0, cells = 0;

    while (*at != '\0') {
        size_t len = char_next(at, &cells);
        if (may_break(at, text, cells))
            split = at;
        if (used + cells > room && split != NULL && *at != ' ' && !hangs(at))
            break;
        used += cells;
        at += len;
    }
    if (*at != '\0')
        at = split;
    *ret_printed = (size_t)(at - text);
    while (*ret_printed > 0 && text[*ret_printed - 1] == ' ')
        (*ret_printed)--;
    return (size_t)(at - text);
}

void text_wrap(FILE *out, int indent, const char *text)
{
    const int room = line_width(out) - indent;
    size_t printed;
    bool first = true;

    while (*text != '\0') {
        size_t taken = line_take(text, room, &printed);
        fprintf(out, "%*s%.*s\n", first ? 0 : indent, "", (int)printed, text);
        text += taken;
        first = false;
    }
    if (first)
        fputc('\n', out);
}

__attribute__((format(printf, 4, 0)))
static void row_put(FILE *out, int indent, const char *label, const char *format, va_list args)
{
    const int blank = TEXT_COLUMN - indent - text_cells(label);
    char *value = NULL;

    if (vasprintf(&value, format, args) < 0)
        value = NULL;
    if (blank > 0)
        fprintf(out, "%*s%s%*s", indent, "", label, blank, "");
    else
        fprintf(out, "%*s%s\n%*s", indent, "", label, TEXT_COLUMN, "");
    text_wrap(out, TEXT_COLUMN, value == NULL ? "" : value);
    free(value);
}

void text_row(int indent, const char *label, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    row_put(stdout, indent, label, format, args);
    va_end(args);
}

void text_aside(const char *label, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    row_put(stderr, 0, label, format, args);
    va_end(args);
}

void date_text(time_t when, char ret_text[static DATE_LEN])
{
    struct tm parts = { .tm_year = 0 };

    when += JAPAN_AHEAD;
    ret_text[0] = '\0';
    if (gmtime_r(&when, &parts) == NULL || strftime(ret_text, DATE_LEN, "%Y-%m-%d", &parts) == 0)
        memcpy(ret_text, "-", 2);
}

void hex_text(const unsigned char *bytes, size_t len, char *ret_text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[bytes[i] >> 4];
        ret_text[2 * i + 1] = digits[bytes[i] & 0x0F];
    }
    ret_text[2 * len] = '\0';
}

static void json_string(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            printf("\\%c", byte);
        else if (byte < 0x20)
            printf("\\u%04x", (unsigned)byte);
        else
            putchar(byte);
    }
    putchar('"');
}

/* Comma, new line and name before a member. */
static void json_begin(struct json *json, const char *name)
{
    if (json->depth > 0) {
        printf("%s\n%*s", json->filled[json->depth] ? "," : "", 2 * json->depth, "");
        json->filled[json->depth] = true;
    }
    if (name != NULL) {
        json_string(name);
        fputs(": ", stdout);
    }
}

static void json_open(struct json *json, const char *name, char opening, char closing)
{
    json_begin(json, name);
    putchar(opening);
    json->depth++;
    json->filled[json->depth] = false;
    json->closing[json->depth] = closing;
}

void json_object(struct json *json, const char *name)
{
    json_open(json, name, '{', '}');
}

void json_list(struct json *json, const char *name)
{
    json_open(json, name, '[', ']');
}

void json_end(struct json *json)
{
    if (json->filled[json->depth])
        printf("\n%*s", 2 * (json->depth - 1), "");
    putchar(json->closing[json->depth]);
    json->depth--;
    if (json->depth == 0)
        putchar('\n');
}

void json_text(struct json *json, const char *name, const char *value)
{
    json_begin(json, name);
    if (value == NULL)
        fputs("null", stdout);
    else
        json_string(value);
}

void json_number(struct json *json, const char *name, long value)
{
    json_begin(json, name);
    printf("%ld", value);
}

void json_bool(struct json *json, const char *name, bool value)
{
    json_begin(json, name);
    fputs(value ? "true" : "false", stdout);
}

void json_null(struct json *json, const char *name)
{
    json_text(json, name, NULL);
}
