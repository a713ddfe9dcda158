/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define MINUTES_MAX 10080 /* a week */
#define BOM "\xEF\xBB\xBF"
#define MINUTES_SAFE 15
#define INLINE " \t\r\f\v"
#define BLANKS INLINE "\n"

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

/* A value that a row's setter looks at; it is not terminated. */
struct word {
    const char *ptr;
    size_t len;
};

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Capitals count for nothing, whatever language the program speaks. */
static bool begins(const char *text, size_t len, const char *small_word)
{
    size_t i = 0;

    while (i < len && small_word[i] != '\0' && small(text[i]) == small_word[i])
        i++;
    return small_word[i] == '\0';
}

static bool word_is(struct word word, const char *text)
{
    return word.len == strlen(text) && begins(word.ptr, word.len, text);
}

/*
 * An option, and how its value reaches struct config: a yes-or-no option by the value that means
 * true, the others by a function.
 */
struct option_row {
    struct config_row told;
    const char *truth, *lie;
    size_t offset;
    bool (*set)(struct config *config, struct word value);
    const char *safe; /* the safer of the two, if one is */
};

static bool set_slots(struct config *config, struct word value)
{
    bool auth = word_is(value, "auth"), sign = word_is(value, "sign"),
         both = word_is(value, "both");

    if (!auth && !sign && !both)
        return false;
    config->slots[ROLE_AUTH] = auth || both;
    config->slots[ROLE_SIGN] = sign || both;
    return true;
}

/* Copy a word to a terminated string; false, with nothing changed, if it does not fit. */
static bool set_text(char *field, size_t room, struct word value)
{
    if (value.len >= room)
        return false;
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

    if (value.len == 0)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return false;
        minutes = minutes * 10 + (unsigned)(value.ptr[i] - '0');
        if (minutes > MINUTES_MAX)
            return false;
    }
    *ret_minutes = minutes;
    return true;
}

/* One number for both tokens, or two with a comma between them. */
static bool set_forget_after(struct config *config, struct word value)
{
    const char *comma = memchr(value.ptr, ',', value.len);
    size_t auth_len = comma != NULL ? (size_t)(comma - value.ptr) : value.len;
    struct word auth = { value.ptr, auth_len };
    struct word sign = comma != NULL ? (struct word){ comma + 1, value.len - auth_len - 1 } : auth;
    unsigned auth_minutes = 0, sign_minutes = 0;

    if (!minutes_read(auth, &auth_minutes) || !minutes_read(sign, &sign_minutes))
        return false;
    config->forget_after[ROLE_AUTH] = auth_minutes;
    config->forget_after[ROLE_SIGN] = sign_minutes;
    return true;
}

/* A path must be absolute: a misspelt word would otherwise become a file in whatever folder the
 * program runs in. */
static bool set_log(struct config *config, struct word value)
{
    static const char *const words[] = { "off", "stderr" };

    for (size_t i = 0; i < 2; i++) {
        if (word_is(value, words[i]))
            return set_text(config->log, sizeof(config->log),
                            (struct word){ words[i], strlen(words[i]) });
    }
    return value.len > 0 && value.ptr[0] == '/' &&
           set_text(config->log, sizeof(config->log), value);
}

#define YES_OR_NO(truth, lie, field, safe) truth, lie, offsetof(struct config, field), NULL, safe
#define SET_BY(function) NULL, NULL, 0, function, NULL

/* The defaults stand here and nowhere else: config_init applies them as if somebody had written
 * them. */
static const struct option_row rows[OPTION_COUNT] = {
    [OPTION_SLOTS] = { { "slots", "auth|sign|both", "both" }, SET_BY(set_slots) },
    [OPTION_READERS] = { { "readers", "GLOB", "" }, SET_BY(set_readers) },
    [OPTION_SIGN_PIN] = { { "sign-pin", "session|each", "session" },
                          YES_OR_NO("each", "session", sign_pin_each, "each") },
    [OPTION_FORGET_AFTER] = { { "forget-after", "MINUTES|AUTH,SIGN", "0,15" },
                              SET_BY(set_forget_after) },
    [OPTION_FINAL_TRY] = { { "final-try", "refuse|allow", "refuse" },
                           YES_OR_NO("refuse", "allow", keep_last_try, "refuse") },
    [OPTION_CA_CERTS] = { { "ca-certs", "no|yes", "no" }, YES_OR_NO("yes", "no", ca_certs, NULL) },
    [OPTION_PSS] = { { "pss", "auto|off", "auto" }, YES_OR_NO("auto", "off", pss, NULL) },
    [OPTION_PINPAD] = { { "pinpad", "auto|off", "auto" }, YES_OR_NO("auto", "off", pinpad, NULL) },
    [OPTION_JUKI] = { { "juki", "refuse|try", "refuse" },
                      YES_OR_NO("try", "refuse", juki_try, "refuse") },
    [OPTION_PIN_FORM] = { { "pin-form", "card|any", "card" },
                          YES_OR_NO("any", "card", pin_any_form, "card") },
    [OPTION_LOG] = { { "log", "off|stderr|PATH", "off" }, SET_BY(set_log) },
};

static bool option_set(struct config *config, enum option option, struct word value)
{
    const struct option_row *how = &rows[option];
    bool truth, known;

    if (how->set != NULL)
        return how->set(config, value);
    truth = word_is(value, how->truth);
    known = truth || word_is(value, how->lie);
    if (known)
        memcpy((char *)config + how->offset, &truth, sizeof(truth));
    return known;
}

const struct config_row *config_row_at(size_t index)
{
    return index < OPTION_COUNT ? &rows[index].told : NULL;
}

void config_init(struct config *config)
{
    memset(config, 0, sizeof(*config));
    for (enum option option = 0; option < OPTION_COUNT; option++) {
        struct word value = { rows[option].told.fallback, strlen(rows[option].told.fallback) };

        (void)option_set(config, option, value);
    }
}

/* ---- the grammar ---- */

/* Whether a text means this option, by its letters alone: "Final try", "final_try". */
static bool text_names(const char *text, const char *key)
{
    for (; *key != '\0' && *text != '\0' && *text != '\n'; text++) {
        char c = small(*text);

        if (c < 'a' || c > 'z')
            continue;
        key += *key == '-' ? 1 : 0;
        if (c != *key)
            return false;
        key++;
    }
    return *key == '\0';
}

/*
 * What was not understood may have been meant to make the card safer: so what is less safe than the
 * default ends, and of the option that the text names the safer value holds.
 */
static void safer_set(struct config *config, const char *text)
{
    for (enum option option = 0; option < OPTION_COUNT; option++) {
        const char *safe = rows[option].safe;

        if (safe != NULL && (strcmp(safe, rows[option].told.fallback) == 0 ||
                             text_names(text, rows[option].told.key)))
            (void)option_set(config, option, (struct word){ safe, strlen(safe) });
    }
    for (enum role role = ROLE_AUTH;
         role < ROLE_COUNT && text_names(text, rows[OPTION_FORGET_AFTER].told.key); role++) {
        unsigned *minutes = &config->forget_after[role];

        *minutes = *minutes == 0 || *minutes > MINUTES_SAFE ? MINUTES_SAFE : *minutes;
    }
}

static bool is_sign(char c)
{
    return c == '=' || c == ':';
}

/* The row whose key this is; OPTION_COUNT if none. */
static enum option option_of(struct word key)
{
    enum option option = 0;

    while (option < OPTION_COUNT && !word_is(key, rows[option].told.key))
        option++;
    return option;
}

/* What stands before a stop or the line's end, its quotes taken out in place.  False: one is not
 * closed. */
static bool word_take(char **at, const char *stops, struct word *ret)
{
    char *in = *at, *out = *at, quote = '\0';

    ret->ptr = out;
    for (; *in != '\0' && *in != '\n' && (quote != '\0' || strchr(stops, *in) == NULL); in++) {
        if (quote != '\0' ? *in == quote : *in == '"' || *in == '\'') {
            quote = quote != '\0' ? '\0' : *in;
        } else {
            *out++ = *in;
        }
    }
    ret->len = (size_t)(out - ret->ptr);
    *at = in;
    return quote == '\0';
}

/* Whether another option begins here, so that the one before has no value. */
static bool option_begins(const char *text)
{
    size_t len = strcspn(text, BLANKS "=:#");

    return option_of((struct word){ text, len }) != OPTION_COUNT &&
           is_sign(text[len + strspn(text + len, INLINE)]);
}

/* Quotes were around both: "key=value". */
static bool word_split(struct word *key, struct word *value)
{
    size_t len = 0;

    while (len < key->len && !is_sign(key->ptr[len]))
        len++;
    if (len == key->len)
        return false;
    *value = (struct word){ key->ptr + len + 1, key->len - len - 1 };
    key->len = len;
    while (key->len > 0 && strchr(INLINE, key->ptr[key->len - 1]) != NULL)
        key->len--;
    while (value->len > 0 && strchr(INLINE, value->ptr[0]) != NULL) {
        value->ptr++;
        value->len--;
    }
    return true;
}

/* One key=value, and *at moves behind it; blanks around the sign and quotes around either or
 * both count for nothing. */
static bool piece_apply(struct config *config, char **at)
{
    struct word key, value = { "", 0 };
    bool good = word_take(at, BLANKS "=:#", &key);
    char *sign = *at + strspn(*at, INLINE);
    enum option option;

    if (is_sign(*sign)) {
        *at = sign + 1 + strspn(sign + 1, INLINE);
        good = (option_begins(*at) || word_take(at, BLANKS "#", &value)) && good;
    } else {
        good = word_split(&key, &value) && good;
    }
    option = option_of(key);
    return good && option != OPTION_COUNT && option_set(config, option, value);
}

static void line_tell(const struct config_ear *ear, const char *source, unsigned number,
                      struct slice text)
{
    if (ear != NULL) {
        ear->tell(ear->user, source, number, text);
    } else if (number == 0) {
        log_line("config: %s cannot be read or is too long", source);
    } else {
        log_line("config: %s, line %u: not understood: %.*s", source, number,
                 text.len < 80 ? (int)text.len : 80, (const char *)text.ptr);
    }
}

/* copy is text, which the words are taken out of. */
static size_t pieces_apply(struct config *config, const struct config_ear *ear, const char *source,
                           const char *text, char *copy)
{
    size_t unknown = 0, start = 0;
    unsigned number = 1, told = 0;
    char *at = copy + (strncmp(copy, BOM, strlen(BOM)) == 0 ? strlen(BOM) : 0);

    for (at += strspn(at, INLINE); *at != '\0'; at += strspn(at, INLINE)) {
        const char *piece = text + (at - copy);

        if (*at == '\n') {
            at++;
            number++;
            start = (size_t)(at - copy);
        } else if (*at == '#') {
            at += strcspn(at, "\n");
        } else if (!piece_apply(config, &at)) {
            unknown++;
            safer_set(config, piece);
            if (told != number)
                line_tell(ear, source, number,
                          slice_of(text + start, strcspn(text + start, "\r\n")));
            told = number;
        }
    }
    return unknown;
}

/* The copy is not on the stack, which a program's thread may have little of. */
size_t config_apply(struct config *config, const struct config_ear *ear, const char *source,
                    const char *text)
{
    size_t room = text != NULL ? strlen(text) + 1 : 0, unknown = 1;
    char *copy = room > 0 ? calloc(1, room) : NULL;

    if (copy != NULL) {
        memcpy(copy, text, room);
        unknown = pieces_apply(config, ear, source, text, copy);
    } else {
        safer_set(config, "");
        line_tell(ear, source, 0, slice_of(NULL, 0));
    }
    free(copy);
    return unknown;
}
