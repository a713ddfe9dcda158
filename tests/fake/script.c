/* SPDX-License-Identifier: BSD-3-Clause */
#include "script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CAP 1200

static void fail(struct script *script, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fail(struct script *script, const char *format, ...)
{
    va_list args;

    if (script->failed)
        return;
    script->failed = true;
    va_start(args, format);
    (void)vsnprintf(script->failure, sizeof(script->failure), format, args);
    va_end(args);
}

/* The next line that says something, without comment and blanks around it; "" at the end of the
 * text. */
static void line_take(struct script *script, char line[static LINE_CAP])
{
    size_t len = 0;

    while (len == 0 && *script->at != '\0') {
        const char *end = strchr(script->at, '\n');
        size_t raw = end != NULL ? (size_t)(end - script->at) : strlen(script->at);

        len = strcspn(script->at, "#\n");
        while (len > 0 && script->at[0] == ' ') {
            script->at++;
            raw--;
            len--;
        }
        while (len > 0 && script->at[len - 1] == ' ')
            len--;
        len = len < LINE_CAP ? len : LINE_CAP - 1;
        memcpy(line, script->at, len);
        script->at += raw + (end != NULL ? 1 : 0);
        script->line++;
    }
    line[len] = '\0';
}

static enum jpki_err err_of_name(struct script *script, const char *name)
{
    for (unsigned err = JPKI_OK + 1; err < JPKI_ERR_COUNT; err++) {
        if (strcmp(err_name((enum jpki_err)err), name) == 0)
            return (enum jpki_err)err;
    }
    fail(script, "line %zu: no error is called \"%s\"", script->line, name);
    return JPKI_ERR_IO;
}

/* Take a line that must be what; with a word after it that word is given back, else "". */
static enum jpki_err step(struct script *script, const char *what, char word[static LINE_CAP])
{
    char line[LINE_CAP];
    size_t len = strlen(what);

    word[0] = '\0';
    if (script->failed)
        return JPKI_ERR_IO;
    line_take(script, line);
    if (strncmp(line, what, len) != 0 || (line[len] != '\0' && line[len] != ' ')) {
        fail(script, "line %zu: \"%s\" came where the script has \"%s\"", script->line, what, line);
        return JPKI_ERR_IO;
    }
    if (line[len] == ' ')
        (void)snprintf(word, LINE_CAP, "%s", line + len + 1);
    return word[0] == '!' ? err_of_name(script, word + 1) : JPKI_OK;
}

static bool hex_put(struct buf *out, const char *text)
{
    while (*text != '\0') {
        char pair[3] = { text[0], text[0] != '\0' ? text[1] : '\0', '\0' };
        char *end;
        unsigned long value = strtoul(pair, &end, 16), times = 1;

        if (*text == ' ') {
            text++;
            continue;
        }
        if (end != pair + 2)
            return false;
        text += 2;
        if (*text == '*') {
            times = strtoul(text + 1, &end, 10);
            text = end;
        }
        for (; times > 0; times--) {
            if (buf_put_byte(out, (uint8_t)value) != JPKI_OK)
                return false;
        }
    }
    return true;
}

/* The "<" or "!" line that follows an exchange.  An answer longer than the room is cut, as pcscd
 * would refuse it. */
static enum jpki_err answer_take(struct script *script, struct buf *answer)
{
    char line[LINE_CAP];

    script->exchanges++;
    line_take(script, line);
    if (line[0] == '!' && line[1] == ' ')
        return err_of_name(script, line + 2);
    if (line[0] != '<' || !hex_put(answer, line + 1)) {
        fail(script, "line %zu: \"%s\" is no answer", script->line, line);
        return JPKI_ERR_IO;
    }
    return JPKI_OK;
}

static enum jpki_err watch_open(void *user, void **ret_watch)
{
    (void)user;
    (void)ret_watch;
    return JPKI_ERR_NO_SERVICE;
}

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    struct script *script = user;
    char word[LINE_CAP];
    enum jpki_err err = step(script, "open", word);

    (void)reader;
    if (err == JPKI_OK)
        *ret_link = script;
    return err;
}

static void link_close(void *link, enum link_end end)
{
    char word[LINE_CAP];

    if (step(link, "close", word) == JPKI_OK &&
        strcmp(word, end == LINK_UNPOWER ? "unpower" : "leave") != 0)
        fail(link, "close the other way than %s", word);
}

static enum jpki_err visit_begin(void *link, bool *ret_reset)
{
    char word[LINE_CAP];
    enum jpki_err err = step(link, "begin", word);

    if (err == JPKI_OK)
        *ret_reset = strcmp(word, "reset") == 0;
    return err;
}

static enum jpki_err visit_end(void *link)
{
    char word[LINE_CAP];

    return step(link, "end", word);
}

static enum jpki_err unpower(void *link)
{
    char word[LINE_CAP];

    return step(link, "unpower", word);
}

static void hex_print(struct slice bytes, char *text, size_t cap)
{
    text[0] = '\0';
    for (size_t i = 0; i < bytes.len && 2 * i + 3 <= cap; i++)
        (void)snprintf(text + 2 * i, cap - 2 * i, "%02X", bytes.ptr[i]);
}

static enum jpki_err transmit(void *link, struct slice command, struct buf *answer)
{
    struct script *script = link;
    char word[LINE_CAP], sent[2 * 261 + 1];
    uint8_t bytes[300];
    struct buf expected = BUF_OVER(bytes);

    hex_print(command, sent, sizeof(sent));
    if (script->failed)
        return JPKI_ERR_IO;
    if (step(script, ">", word) != JPKI_OK) {
        size_t len = strlen(script->failure);

        (void)snprintf(script->failure + len, sizeof(script->failure) - len, " (%s)", sent);
        return JPKI_ERR_IO;
    }
    if (!hex_put(&expected, word) || !slice_equal(buf_slice(&expected), command)) {
        fail(script, "line %zu: sent %s, not %.500s", script->line, sent, word);
        return JPKI_ERR_IO;
    }
    return answer_take(script, answer);
}

static bool has_pinpad(void *link, enum pinpad_job job)
{
    char word[LINE_CAP];

    (void)job;
    return step(link, "haspad", word) == JPKI_OK && strcmp(word, "yes") == 0;
}

static enum jpki_err pinpad(void *link, const struct pinpad_request *request, struct buf *answer)
{
    struct script *script = link;
    char word[LINE_CAP], asked[64];

    (void)snprintf(asked, sizeof(asked), "%s %02X%02X %u %u",
                   request->job == PINPAD_MODIFY ? "modify" : "verify", request->p1, request->p2,
                   request->min_len, request->max_len);
    if (step(script, "pad", word) != JPKI_OK)
        return JPKI_ERR_IO;
    if (strcmp(word, asked) != 0) {
        fail(script, "line %zu: keypad asked for \"%s\", not \"%.500s\"", script->line, asked,
             word);
        return JPKI_ERR_IO;
    }
    return answer_take(script, answer);
}

static const struct transport_ops script_ops = {
    .watch_open = watch_open,
    .link_open = link_open,
    .link_close = link_close,
    .visit_begin = visit_begin,
    .visit_end = visit_end,
    .unpower = unpower,
    .transmit = transmit,
    .has_pinpad = has_pinpad,
    .pinpad = pinpad,
};

void script_init(struct script *script, const char *text)
{
    *script = (struct script){ .at = text };
    script->transport = (struct transport){ &script_ops, script };
}

const char *script_failure(struct script *script)
{
    char line[LINE_CAP];

    if (!script->failed) {
        line_take(script, line);
        if (line[0] != '\0')
            fail(script, "line %zu: \"%s\" never happened", script->line, line);
    }
    return script->failed ? script->failure : NULL;
}
