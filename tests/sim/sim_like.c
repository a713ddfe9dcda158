/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_like.h"

#include <ctype.h>
#include <jansson.h>
#include <string.h>

/*
 * What an answer says of the card; the first row that fits is taken.  In the words %s is the status
 * word, %v the value. natural: what the card would answer then; if the report has another status
 * word, the card is made to say it.
 */
struct like_row {
    const char *fact, *sw, *value; /* "x" stands for any character; NULL: whatever it is */
    const char *words, *natural;
    const char *same; /* only where this fact has the same status word; NULL: always */
};

static const struct like_row like_rows[] = {
    { "read-short-id", "9000", NULL, "", NULL, NULL },
    { "read-short-id", NULL, NULL, "read-short-ids=no short-id-sw=%s", NULL, NULL },
    { "ef0008", "9000", "8F8F00", "", NULL, NULL },
    { "ef0008", "9000", "008F00", "sign-cert=no", NULL, NULL },
    { "ef0008", "9000", "8F0000", "auth-cert=no", NULL, NULL },
    { "ef0008", "9000", "000000", "sign-cert=no auth-cert=no", NULL, NULL },
    { "ef0008", "9000", NULL, "ef0008=short", NULL, NULL },
    { "ef0008", NULL, NULL, "ef0008=no", "6A82", NULL },
    { "sign-cert-locked", "9000", NULL, "sign-cert-private=no", NULL, NULL },
    { "sign-cert-locked", NULL, NULL, "", "6982", NULL },
    { "sign-cert-absent", "6A82", NULL, "sign-cert=no no-cert=6a82", NULL, NULL },
    { "sign-cert-absent", "9000", NULL, "sign-cert=no no-cert=ff", NULL, NULL },
    { "sign-cert-absent", NULL, NULL, "sign-cert=no no-cert=6982", "6982", NULL },
    { "auth-cert-free", "6982", NULL, "auth-cert-private=yes", NULL, NULL },
    { "auth-cert-free", "9000", "xxx", "ec=yes", NULL, NULL },
    { "auth-cert-free", NULL, NULL, "", "9000", NULL },
    { "auth-cert-private", "9000", NULL, "", NULL, NULL },
    { "auth-cert-private", NULL, NULL, "auth-cert-private=yes", "6982", NULL },
    { "auth-cert-absent", "6A82", NULL, "auth-cert=no no-cert=6a82", NULL, NULL },
    { "auth-cert-absent", "9000", NULL, "auth-cert=no no-cert=ff", NULL, NULL },
    { "auth-cert-absent", NULL, NULL, "auth-cert=no no-cert=6982", "6982", NULL },
    { "sign-ca-free", "6A82", NULL, "sign=no", NULL, NULL },
    { "auth-ca-free", "6A82", NULL, "auth=no", NULL, NULL },
    { "key-unreadable", NULL, NULL, "", "6981", NULL },
    { "select-no-file", NULL, NULL, "", "6A82", NULL },
    { "select-unknown", NULL, NULL, "", "6A82", NULL },
    { "select-partial", "9000", NULL, "", NULL, NULL },
    { "select-partial", NULL, NULL, "partial-aid=no", "6A82", NULL },
    { "select-card-manager", "9000", NULL, "", NULL, NULL },
    { "select-card-manager", NULL, NULL, "card-manager=no", "6A82", NULL },
    { "auth-ef-size", NULL, NULL, "ef-size=%v", NULL, NULL },
    { "sign-ca-ef-size", NULL, "over xxxx", "ef-size=4096", NULL, NULL },
    { "sign-ca-ef-size", NULL, "under xxxx", "ef-size=2048", NULL, NULL },
    { "filler", NULL, "00", "filler=0", NULL, NULL },
    { "read-across-end", "9000", NULL, "", NULL, NULL },
    { "read-across-end", "6B00", NULL, "strict-eof=6b00", NULL, NULL },
    { "read-across-end", "6700", NULL, "strict-eof=6700", NULL, NULL },
    { "read-across-end", "6Cxx", NULL, "strict-eof=6cxx", NULL, NULL },
    { "read-at-end", NULL, NULL, "past-end=%s", NULL, NULL },
    { "answers-at-once", "6Cxx", NULL, "le-6c=yes", NULL, NULL },
    { "answers-at-once", "61xx", NULL, "get-response=yes", NULL, NULL },
    { "pss-by-file", "6A86", NULL, "pss=no", NULL, NULL },
    /* with pss=no it is the same answer */
    { "pss-short-id", "6A86", NULL, "key-short-ids=no", NULL, NULL },
    { "pss-short-id", "6A8x", NULL, "key-short-ids=no short-id-sw=%s", NULL, NULL },
    { "pss-short-id", NULL, NULL, "", "6982", NULL },
    { "query-auth", "6700", NULL, "query-needs-le=yes", NULL, NULL },
    { "query-auth", "6Axx", NULL, "auth-pin-set=no no-pin=%s", NULL, "query-by-file" },
    { "query-auth", "6Axx", NULL, "pin-short-ids=no short-id-sw=%s", NULL, NULL },
    { "query-sign", "6700", NULL, "query-needs-le=yes", NULL, NULL },
    { "query-sign", "6Axx", NULL, "sign-pin-set=no no-pin=%s", NULL, "query-by-file" },
    { "query-sign", "6Axx", NULL, "pin-short-ids=no short-id-sw=%s", NULL, NULL },
    { "query-locked-auth", NULL, NULL, "tries-auth=0 query-blocked=%s", NULL, NULL },
    { "query-locked-sign", NULL, NULL, "tries-sign=0 query-blocked=%s", NULL, NULL },
    { "query-absent-auth", "63Cx", NULL, "", NULL, NULL },
    { "query-absent-auth", NULL, NULL, "auth-pin-set=no no-pin=%s", NULL, NULL },
    { "query-absent-sign", "63Cx", NULL, "", NULL, NULL },
    { "query-absent-sign", NULL, NULL, "sign-pin-set=no no-pin=%s", NULL, NULL },
    { "pin-after-reset", NULL, "forgotten", "warm-reset-keeps=no", NULL, NULL },
    { "pin-after-unpower", NULL, "kept", "power-cut=no", NULL, NULL },
};

static const struct {
    const char *kind, *words;
} kind_rows[] = {
    { "My Number Card", "" },
    { "Android phone", "label=JPKIAPGPSETOKEN auth-cert-private=yes" },
    { "iPhone", "label=JPKIAPIOSTOKEN" },
    { "Juki card", "label=JPKIAPICCTOKEN auth=no pss=no" },
    { "newer", "label=JPKIUNKNOWN" },
    { "newer key", "ec=yes" },
    { "other", "label=" },
};

struct like {
    char *words;
    size_t len;
};

static void word_add(struct like *like, const char *format, const char *sw, const char *value)
{
    const size_t start = like->len;

    if (like->len > 0 && format[0] != '\0' && like->len + 1 < SIM_LIKE_MAX)
        like->words[like->len++] = ' ';
    for (; *format != '\0' && like->len + 16 < SIM_LIKE_MAX; format++) {
        const char *text = format[0] != '%' ? NULL : format[1] == 's' ? sw : value;

        if (text == NULL) {
            like->words[like->len++] = *format;
            continue;
        }
        like->len +=
            (size_t)snprintf(like->words + like->len, SIM_LIKE_MAX - like->len, "%.12s", text);
        format++;
    }
    if (*format != '\0')
        like->len = start;
    like->words[like->len] = '\0';
}

static bool pattern_fits(const char *pattern, const char *text)
{
    size_t i = 0;

    if (pattern == NULL)
        return true;
    for (i = 0; pattern[i] != '\0' && text[i] != '\0'; i++) {
        if (pattern[i] != 'x' && pattern[i] != text[i])
            return false;
    }
    return pattern[i] == text[i];
}

/* "00 A4 04 0C 0A" and the two status words as the option "say" has them. */
static void say_add(struct like *like, const char *question, const char *natural, const char *sw)
{
    char head[16], word[48];
    size_t used = 0;

    for (; *question != '\0' && used + 1 < sizeof(head); question++) {
        if (isxdigit((unsigned char)*question))
            head[used++] = *question;
    }
    head[used] = '\0';
    snprintf(word, sizeof(word), "say=%s:%s:%.4s", head, natural, sw);
    word_add(like, word, "", "");
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}

/* The status word of another fact. */
static const char *sw_of(const json_t *facts, const char *name)
{
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const json_t *fact = json_array_get(facts, i);

        if (strcmp(member(fact, "name"), name) == 0)
            return member(fact, "sw");
    }
    return "";
}

static void fact_add(struct like *like, const json_t *facts, const json_t *fact)
{
    const char *sw = member(fact, "sw"), *value = member(fact, "value");

    for (size_t i = 0; i < sizeof(like_rows) / sizeof(like_rows[0]) && sw[0] != '\0'; i++) {
        const struct like_row *row = &like_rows[i];

        if (strcmp(row->fact, member(fact, "name")) != 0 || !pattern_fits(row->sw, sw) ||
            !pattern_fits(row->value, value))
            continue;
        if (row->same != NULL && strcmp(sw_of(facts, row->same), sw) != 0)
            continue;
        word_add(like, row->words, sw, value);
        if (row->natural != NULL && strcmp(row->natural, sw) != 0)
            say_add(like, member(fact, "question"), row->natural, sw);
        return;
    }
}

static void tries_add(struct like *like, const json_t *tries, const char *role)
{
    const json_t *count = json_object_get(tries, role);
    char word[32];

    if (json_is_integer(count) && json_integer_value(count) > 0) {
        snprintf(word, sizeof(word), "tries-%s=%d", role, (int)json_integer_value(count));
        word_add(like, word, "", "");
    }
}

/* An ATR without its blanks; what was masked becomes zeros. */
static void atr_add(struct like *like, const char *atr)
{
    char word[80] = "atr=";
    size_t used = strlen(word);

    for (; *atr != '\0' && used + 1 < sizeof(word); atr++) {
        if (*atr != ' ')
            word[used++] = *atr == 'x' ? '0' : *atr;
    }
    word[used] = '\0';
    if (used > 4)
        word_add(like, word, "", "");
}

bool sim_like_words(const char *path, char ret_words[static SIM_LIKE_MAX])
{
    json_error_t error = { .line = 0 };
    json_t *report = json_load_file(path, 0, &error);
    const json_t *facts = json_object_get(report, "facts");
    struct like like = { ret_words, 0 };

    ret_words[0] = '\0';
    if (!json_is_array(facts)) {
        fprintf(stderr, "%s is no report: %s\n", path,
                report == NULL ? error.text : "it has no facts");
        json_decref(report);
        return false;
    }
    for (size_t i = 0; i < sizeof(kind_rows) / sizeof(kind_rows[0]); i++) {
        if (strcmp(kind_rows[i].kind, member(report, "kind")) == 0)
            word_add(&like, kind_rows[i].words, "", "");
    }
    atr_add(&like, member(report, "atr"));
    tries_add(&like, json_object_get(report, "tries"), "auth");
    tries_add(&like, json_object_get(report, "tries"), "sign");
    for (size_t i = 0; i < json_array_size(facts); i++)
        fact_add(&like, facts, json_array_get(facts, i));
    json_decref(report);
    return true;
}
