/* SPDX-License-Identifier: BSD-3-Clause */
/* Text for people, in columns that hold for wide characters too, and JSON for programs. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define TEXT_WIDTH 96  /* cells of a line at most; less on a narrower terminal */
#define TEXT_COLUMN 26 /* where values begin */

/*
 * What names of readers, certificates and files may be shown as: UTF-8 in which each byte that
 * belongs to no character, and each character that steers a terminal or turns the direction of
 * writing, is U+FFFD.  All that this program writes goes through it, be it as text or as JSON.  The
 * caller frees it; NULL without memory.
 */
char *text_clean(const char *bytes, size_t len);

/* How many cells a terminal uses for the text. */
int text_cells(const char *text);

/*
 * One line "label   value", the label indented, the value from TEXT_COLUMN and wrapped there.  An
 * empty label leaves its place blank: one more value under the last label.
 */
void text_row(int indent, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same line on standard error: what a person should know before going on, and no program
 * reads. */
void text_aside(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text wrapped between indent and the right edge. */
void text_wrap(FILE *out, int indent, const char *text);

/* The start, which is so many cells wide, and the text wrapped behind it. */
void text_behind(FILE *out, int cells, const char *start, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

/*
 * One line as it is, however long: for programs, and for names.  text_head has an empty line before
 * it.  text_lines: what another program said.
 */
void text_line(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_head(const char *format, ...) __attribute__((format(printf, 1, 2)));
void text_lines(FILE *out, const char *text);

/* The date of a time in Japan, as YYYY-MM-DD: certificates of Japan end with a day of Japan. */
#define DATE_LEN 11
void date_text(time_t when, char ret_text[static DATE_LEN]);

/*
 * A JSON writer on standard output.  A name of NULL is for members of a list.  json_end closes what
 * was opened last and, if that was the outermost, ends the line.
 */
struct json {
    int depth;
    bool filled[8]; /* something stands in this level already */
    char closing[8];
};

void json_object(struct json *json, const char *name);
void json_list(struct json *json, const char *name);
void json_end(struct json *json);
void json_text(struct json *json, const char *name, const char *value); /* NULL is null */
void json_number(struct json *json, const char *name, long value);
void json_bool(struct json *json, const char *name, bool value);

#endif
