/* SPDX-License-Identifier: BSD-3-Clause */
#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define JAPAN_AHEAD (9 * 60 * 60)  /* seconds; Japan has no summer time */
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* The next character of UTF-8: how many bytes it has, 0 where there is none. */
static size_t char_decode(const char *text, size_t len, uint32_t *ret_code)
{
    /* what the first byte begins with, and the first code that needs so many bytes */
    static const struct {
        uint8_t mask, lead;
        uint32_t least;
    } forms[] = {
        { 0x80, 0x00, 0 }, { 0xE0, 0xC0, 0x80 }, { 0xF0, 0xE0, 0x800 }, { 0xF8, 0xF0, 0x10000 }
    };
    const uint8_t *at = (const uint8_t *)text;

    for (size_t more = 0; more < sizeof(forms) / sizeof(forms[0]) && more < len; more++) {
        uint32_t code = at[0] & (uint8_t)~forms[more].mask;
        size_t i = 1;

        if ((at[0] & forms[more].mask) != forms[more].lead)
            continue;
        for (; i <= more && (at[i] & 0xC0) == 0x80; i++)
            code = code << 6 | (at[i] & 0x3F);
        if (i <= more || code < forms[more].least || code > 0x10FFFF ||
            (code >= 0xD800 && code <= 0xDFFF))
            return 0;
        *ret_code = code;
        return i;
    }
    return 0;
}

/* Whether a character does something to a terminal or to the text around it, instead of being
 * seen. */
static bool char_acts(uint32_t code)
{
    static const uint32_t ranges[][2] = {
        { 0x0000, 0x001F },
        { 0x007F, 0x009F }, /* controls, also those of eight bits */
        /* directions, line ends, unseen */
        { 0x061C, 0x061C },
        { 0x200B, 0x200F },
        { 0x2028, 0x202E },
        { 0x2060, 0x206F },
        { 0xFEFF, 0xFEFF },
        { 0xFFF9, 0xFFFB },
        { 0xFFFE, 0xFFFF },
        { 0xE0000, 0xE007F },
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1])
            return true;
    }
    return false;
}

char *text_clean(const char *bytes, size_t len)
{
    char *clean = malloc((sizeof(REPLACEMENT) - 1) * len + 1), *end = clean;

    for (size_t at = 0; clean != NULL && at < len;) {
        uint32_t code = 0;
        size_t taken = char_decode(bytes + at, len - at, &code);
        bool good = taken > 0 && !char_acts(code);
        size_t put = good ? taken : sizeof(REPLACEMENT) - 1;

        memcpy(end, good ? bytes + at : REPLACEMENT, put);
        end += put;
        at += taken > 0 ? taken : 1;
    }
    if (clean != NULL)
        *end = '\0';
    return clean;
}

/* The next character of clean text: its bytes and its cells. */
static size_t char_next(const char *text, int *ret_cells)
{
    uint32_t code = 0;
    size_t len = char_decode(text, strlen(text), &code);

    *ret_cells = wcwidth((wchar_t)code) < 0 ? 1 : wcwidth((wchar_t)code);
    return len > 0 ? len : 1;
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

/* Whether a line may begin with it: a word after a blank, or a wide character that does not
 * hang. */
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
    char *clean = text_clean(text, strlen(text));
    const char *at = clean == NULL ? "" : clean;
    size_t printed;
    bool first = true;

    while (*at != '\0') {
        size_t taken = line_take(at, room, &printed);
        fprintf(out, "%*s%.*s\n", first ? 0 : indent, "", (int)printed, at);
        at += taken;
        first = false;
    }
    if (first)
        fputc('\n', out);
    free(clean);
}

void text_behind(FILE *out, int cells, const char *start, const char *format, va_list args)
{
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        return;
    if (out != stdout)
        fflush(stdout); /* both may go to one terminal */
    fputs(start, out);
    text_wrap(out, cells, text);
    free(text);
}

__attribute__((format(printf, 4, 0))) static void row_put(FILE *out, int indent, const char *label,
                                                          const char *format, va_list args)
{
    const int blank = TEXT_COLUMN - indent - text_cells(label);
    char start[256];

    if (blank > 0)
        snprintf(start, sizeof(start), "%*s%s%*s", indent, "", label, blank, "");
    else
        snprintf(start, sizeof(start), "%*s%s\n%*s", indent, "", label, TEXT_COLUMN, "");
    text_behind(out, TEXT_COLUMN, start, format, args);
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

static void line_put(FILE *out, const char *bytes, size_t len)
{
    char *clean = text_clean(bytes, len);

    fprintf(out, "%s\n", clean == NULL ? "" : clean);
    free(clean);
}

__attribute__((format(printf, 3, 0))) static void line_format(FILE *out, const char *before,
                                                              const char *format, va_list args)
{
    char *text = NULL;
    int len = vasprintf(&text, format, args);

    if (len < 0)
        return;
    fputs(before, out);
    line_put(out, text, (size_t)len);
    free(text);
}

void text_line(FILE *out, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_format(out, "", format, args);
    va_end(args);
}

void text_head(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_format(stdout, "\n", format, args);
    va_end(args);
}

void text_lines(FILE *out, const char *text)
{
    for (size_t len; *text != '\0'; text += len + (text[len] == '\n' ? 1 : 0)) {
        len = strcspn(text, "\n");
        line_put(out, text, len);
    }
}

void date_text(time_t when, char ret_text[static DATE_LEN])
{
    struct tm parts = { .tm_year = 0 };

    when += JAPAN_AHEAD;
    ret_text[0] = '\0';
    if (gmtime_r(&when, &parts) == NULL || strftime(ret_text, DATE_LEN, "%Y-%m-%d", &parts) == 0)
        memcpy(ret_text, "-", 2);
}

static void json_string(const char *text)
{
    char *clean = text_clean(text, strlen(text));

    putchar('"');
    for (const char *at = clean; at != NULL && *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            putchar('\\');
        putchar(*at);
    }
    putchar('"');
    free(clean);
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
