/* SPDX-License-Identifier: BSD-3-Clause */
/* secure_getenv is no part of C11 */
#define _GNU_SOURCE

#include "config.h"

#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef JPKI_SYSCONF
#define JPKI_SYSCONF "/etc/jpki-pkcs11.conf"
#endif
#define FILE_NAME "jpki-pkcs11.conf"
#define FILE_MAX 16384
#define MINUTES_MAX 10080 /* a week */
#define BLANKS " \t\r\n\f\v"

enum option {
    OPTION_SLOTS,
    OPTION_READERS,
    OPTION_SIGN_PIN,
    OPTION_FORGET_AFTER,
    OPTION_FINAL_TRY,
    OPTION_CA_CERTS,
    OPTION_PSS,
    OPTION_PINPAD,
    OPTION_JUKI,
    OPTION_PIN_FORM,
    OPTION_LOG,
    OPTION_COUNT
};

/* The defaults stand here and nowhere else: config_init applies the last column as if somebody had written it. */
static const struct config_row rows[OPTION_COUNT] = {
    [OPTION_SLOTS] = { "slots", "auth|sign|both", "both" },
    [OPTION_READERS] = { "readers", "GLOB", "" },
    [OPTION_SIGN_PIN] = { "sign-pin", "session|each", "session" },
    [OPTION_FORGET_AFTER] = { "forget-after", "MINUTES|AUTH,SIGN", "0,15" },
    [OPTION_FINAL_TRY] = { "final-try", "refuse|allow", "refuse" },
    [OPTION_CA_CERTS] = { "ca-certs", "no|yes", "no" },
    [OPTION_PSS] = { "pss", "auto|off", "auto" },
    [OPTION_PINPAD] = { "pinpad", "auto|off", "auto" },
    [OPTION_JUKI] = { "juki", "refuse|try", "refuse" },
    [OPTION_PIN_FORM] = { "pin-form", "card|any", "card" },
    [OPTION_LOG] = { "log", "off|stderr|PATH", "off" },
};

/* A value that a row's setter looks at; it is not terminated. */
struct word {
    const char *ptr;
    size_t len;
};

static bool word_is(struct word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

/* How a row's value reaches struct config: a yes-or-no option by the value that means true, the others by a function. */
struct option_how {
    const char *truth, *lie;
    size_t offset;
    bool (*set)(struct config *config, struct word value);
    const char *safe; /* what a value that is not understood means, where one of the two is safer; else it means nothing */
};

static bool set_slots(struct config *config, struct word value)
{
    bool auth = word_is(value, "auth"), sign = word_is(value, "sign"), both = word_is(value, "both");

    if (!auth && !sign && !both) {
        return false;
    }
    config->slots[ROLE_AUTH] = auth || both;
    config->slots[ROLE_SIGN] = sign || both;
    return true;
}

/* Copy a word to a terminated string; false, with nothing changed, if it does not fit. */
static bool set_text(char *field, size_t room, struct word value)
{
    if (value.len >= room) {
        return false;
    }
    memcpy(field, value.ptr, value.len);
    field[value.len] = '\0';
    return true;
}

static bool set_readers(struct config *config, struct word value)
{
    return set_text(config->readers, sizeof(config->readers), value);
}

static bool minutes_read(struct word value, unsigned *ret_minutes)
{
    unsigned minutes = 0;

    if (value.len == 0) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') {
            return false;
        }
        minutes = minutes * 10 + (unsigned)(value.ptr[i] - '0');
        if (minutes > MINUTES_MAX) {
            return false;
        }
    }
    *ret_minutes = minutes;
    return true;
}

/* One number for both tokens, or two with a comma between them. */
static bool set_forget_after(struct config *config, struct word value)
{
    const char *comma = memchr(value.ptr, ',', value.len);
    size_t auth_len = comma ? (size_t)(comma - value.ptr) : value.len;
    struct word auth = { value.ptr, auth_len };
    struct word sign = comma ? (struct word){ comma + 1, value.len - auth_len - 1 } : auth;
    unsigned auth_minutes = 0, sign_minutes = 0;

    if (!minutes_read(auth, &auth_minutes) || !minutes_read(sign, &sign_minutes)) {
        return false;
    }
    config->forget_after[ROLE_AUTH] = auth_minutes;
    config->forget_after[ROLE_SIGN] = sign_minutes;
    return true;
}

/* A path must be absolute: a misspelt word would otherwise become a file in whatever folder the program runs in. */
static bool set_log(struct config *config, struct word value)
{
    if (!word_is(value, "off") && !word_is(value, "stderr") && (value.len == 0 || value.ptr[0] != '/')) {
        return false;
    }
    return set_text(config->log, sizeof(config->log), value);
}

#define YES_OR_NO(truth, lie, field, safe) { truth, lie, offsetof(struct config, field), NULL, safe }
#define SET_BY(function) { NULL, NULL, 0, function, NULL }

static const struct option_how hows[OPTION_COUNT] = {
    [OPTION_SLOTS] = SET_BY(set_slots),
    [OPTION_READERS] = SET_BY(set_readers),
    [OPTION_SIGN_PIN] = YES_OR_NO("each", "session", sign_pin_each, "each"),
    [OPTION_FORGET_AFTER] = SET_BY(set_forget_after),
    [OPTION_FINAL_TRY] = YES_OR_NO("refuse", "allow", keep_last_try, "refuse"),
    [OPTION_CA_CERTS] = YES_OR_NO("yes", "no", ca_certs, NULL),
    [OPTION_PSS] = YES_OR_NO("auto", "off", pss, NULL),
    [OPTION_PINPAD] = YES_OR_NO("auto", "off", pinpad, NULL),
    [OPTION_JUKI] = YES_OR_NO("try", "refuse", juki_try, "refuse"),
    [OPTION_PIN_FORM] = YES_OR_NO("any", "card", pin_any_form, "card"),
    [OPTION_LOG] = SET_BY(set_log),
};

static bool option_set(struct config *config, enum option option, struct word value)
{
    const struct option_how *how = &hows[option];
    bool truth, known;

    if (how->set) {
        return how->set(config, value);
    }
    truth = word_is(value, how->truth);
    known = truth || word_is(value, how->lie);
    if (!known && !how->safe) {
        return false;
    }
    truth = known ? truth : strcmp(how->safe, how->truth) == 0;
    memcpy((char *)config + how->offset, &truth, sizeof(truth));
    return known;
}

const struct config_row *config_rows(size_t *ret_count)
{
    *ret_count = OPTION_COUNT;
    return rows;
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof(*config));
    for (enum option option = 0; option < OPTION_COUNT; option++) {
        struct word value = { rows[option].fallback, strlen(rows[option].fallback) };

        (void)option_set(config, option, value);
    }
}

/* One key=value. */
static bool word_apply(struct config *config, struct word word)
{
    const char *equals = memchr(word.ptr, '=', word.len);
    struct word key, value;

    if (!equals) {
        return false;
    }
    key = (struct word){ word.ptr, (size_t)(equals - word.ptr) };
    value = (struct word){ equals + 1, word.len - key.len - 1 };
    for (enum option option = 0; option < OPTION_COUNT; option++) {
        if (word_is(key, rows[option].key)) {
            return option_set(config, option, value);
        }
    }
    return false;
}

size_t config_parse(struct config *config, const char *source, const char *text)
{
    size_t unknown = 0;

    while (*text != '\0') {
        struct word word = { text, strcspn(text, BLANKS "#") };

        if (word.len > 0 && !word_apply(config, word)) {
            unknown++;
            log_line("config: %s: not understood: %.*s", source, word.len < 80 ? (int)word.len : 80, word.ptr);
        }
        text += word.len;
        text += *text == '#' ? strcspn(text, "\n") : strspn(text, BLANKS);
    }
    return unknown;
}

/* The whole of a small regular file as a string; anything else is as if it were not there. */
static bool file_read(const char *path, char ret_text[static FILE_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat info;
    size_t used = 0;
    ssize_t got;
    bool good = false;

    if (fd < 0) {
        return false;
    }
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        goto out;
    }
    do {
        got = read(fd, ret_text + used, FILE_MAX - used);
        used += got > 0 ? (size_t)got : 0;
    } while (got > 0 && used < FILE_MAX);
    if (got != 0) { /* an error, or too long to be ours */
        log_line("config: %s cannot be read or is longer than %d bytes", path, FILE_MAX - 1);
        goto out;
    }
    ret_text[used] = '\0';
    good = true;
out:
    (void)close(fd);
    return good;
}

/* The text is not on the stack, which a program's thread may have little of. */
static size_t file_parse(struct config *config, const char *path)
{
    char *text = calloc(1, FILE_MAX);
    size_t unknown = text != NULL && file_read(path, text) ? config_parse(config, path, text) : 0;

    free(text);
    return unknown;
}

/* The user's own file, by the XDG rules: a folder that is not absolute does not count. */
static bool user_path(char ret_path[static CONFIG_PATH_MAX])
{
    const char *folder = secure_getenv("XDG_CONFIG_HOME");
    const char *below = "";
    int len;

    if (!folder || folder[0] != '/') {
        folder = secure_getenv("HOME");
        below = "/.config";
    }
    if (!folder || folder[0] != '/') {
        return false;
    }
    len = snprintf(ret_path, CONFIG_PATH_MAX, "%s%s/" FILE_NAME, folder, below);
    return len > 0 && len < CONFIG_PATH_MAX;
}

/* secure_getenv answers nothing in a set-id program; root is left out by name. */
static size_t user_parse(struct config *config)
{
    const char *options = secure_getenv("JPKI_PKCS11_OPTIONS");
    char *path;
    size_t unknown = 0;

    if (geteuid() == 0) {
        return 0;
    }
    path = calloc(1, CONFIG_PATH_MAX);
    if (path && user_path(path)) {
        unknown += file_parse(config, path);
    }
    free(path);
    if (options) {
        unknown += config_parse(config, "JPKI_PKCS11_OPTIONS", options);
    }
    return unknown;
}

static size_t sources_parse(struct config *config)
{
    size_t unknown = 0;

    config_init(config);
    unknown += file_parse(config, JPKI_SYSCONF);
    unknown += user_parse(config);
    /* last, so that nobody takes away what a face is there for */
    unknown += config_parse(config, "built-in", config_face());
    return unknown;
}

/*
 * Only after the last source is it known where the log goes.  So, where something was not understood, the sources are read
 * once more to say so.
 */
void config_load(struct config *config)
{
    size_t unknown = sources_parse(config);

    if (log_open(config->log) == JPKI_OK && unknown > 0) {
        (void)sources_parse(config);
    }
}
