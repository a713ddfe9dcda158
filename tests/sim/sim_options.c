/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum option_kind { OPT_BOOL, OPT_SW, OPT_NUMBER, OPT_TEXT, OPT_ATR, OPT_WORD, OPT_ALIAS, OPT_SAY };

struct option_row {
    const char *key;
    enum option_kind kind;
    size_t offset;
    size_t limit; /* OPT_TEXT: room with the terminator; OPT_NUMBER: the largest value */
    /* OPT_WORD: the values in the order of the enum; OPT_ALIAS: the keys it stands for */
    const char *words;
};

#define AT(field) offsetof(struct sim_options, field)
#define AUTH(field) offsetof(struct sim_options, role[SIM_AUTH].field)
#define SIGN(field) offsetof(struct sim_options, role[SIM_SIGN].field)

static const char cert_forms[] = "true longer shorter beyond not-der";

static const struct option_row option_rows[] = {
    { "label", OPT_TEXT, AT(label), 33, NULL },
    { "serial-info", OPT_TEXT, AT(serial_info), 17, NULL },
    { "model", OPT_TEXT, AT(model), 17, NULL },
    { "atr", OPT_ATR, 0, 0, NULL },
    { "holder", OPT_NUMBER, AT(holder), 999, NULL },
    { "serial", OPT_ALIAS, 0, 0, "holder" },
    { "jpki", OPT_BOOL, AT(jpki), 0, NULL },
    { "openpgp", OPT_BOOL, AT(openpgp), 0, NULL },
    { "card-manager", OPT_BOOL, AT(card_manager), 0, NULL },
    { "auth", OPT_BOOL, AUTH(exists), 0, NULL },
    { "sign", OPT_BOOL, SIGN(exists), 0, NULL },
    { "auth-cert", OPT_BOOL, AUTH(cert), 0, NULL },
    { "sign-cert", OPT_BOOL, SIGN(cert), 0, NULL },
    { "auth-cert-private", OPT_BOOL, AUTH(cert_private), 0, NULL },
    { "sign-cert-private", OPT_BOOL, SIGN(cert_private), 0, NULL },
    { "auth-cert-form", OPT_WORD, AUTH(cert_form), 0, cert_forms },
    { "sign-cert-form", OPT_WORD, SIGN(cert_form), 0, cert_forms },
    { "auth-pin-set", OPT_BOOL, AUTH(pin_set), 0, NULL },
    { "sign-pin-set", OPT_BOOL, SIGN(pin_set), 0, NULL },
    { "pin-auth", OPT_TEXT, AUTH(pin), SIM_PIN_MAX + 1, NULL },
    { "pin-sign", OPT_TEXT, SIGN(pin), SIM_PIN_MAX + 1, NULL },
    { "tries-auth", OPT_NUMBER, AUTH(tries), 3, NULL },
    { "tries-sign", OPT_NUMBER, SIGN(tries), 5, NULL },
    { "short-ids", OPT_ALIAS, 0, 0, "read-short-ids pin-short-ids key-short-ids" },
    { "read-short-ids", OPT_BOOL, AT(read_short_ids), 0, NULL },
    { "pin-short-ids", OPT_BOOL, AT(pin_short_ids), 0, NULL },
    { "key-short-ids", OPT_BOOL, AT(key_short_ids), 0, NULL },
    { "partial-aid", OPT_BOOL, AT(partial_aid), 0, NULL },
    { "pss", OPT_BOOL, AT(pss), 0, NULL },
    { "ec", OPT_BOOL, AT(ec), 0, NULL },
    { "ec-sign", OPT_BOOL, AT(ec_sign), 0, NULL },
    { "extended", OPT_BOOL, AT(extended), 0, NULL },
    { "ef0008", OPT_WORD, AT(ef0008), 0, "no yes short" },
    { "strict-eof", OPT_WORD, AT(strict_eof), 0, "no yes 6b00 6700 6cxx" },
    { "no-cert", OPT_WORD, AT(no_cert), 0, "6a82 ff 6982" },
    { "valid", OPT_WORD, AT(validity), 0, "yes expired notyet expiring" },
    { "certs", OPT_WORD, AT(certs), 0, "right odd-names no-ca old-ca ca-use use" },
    { "ef-size", OPT_NUMBER, AT(ef_size), 8192, NULL },
    { "filler", OPT_NUMBER, AT(filler), 255, NULL },
    { "slow-ms", OPT_NUMBER, AT(slow_ms), 1000, NULL },
    { "power-cut", OPT_BOOL, AT(power_cut), 0, NULL },
    { "warm-reset-keeps", OPT_BOOL, AT(warm_reset_keeps), 0, NULL },
    { "first-6f00", OPT_BOOL, AT(first_6f00), 0, NULL },
    { "le-6c", OPT_BOOL, AT(le_6c), 0, NULL },
    { "get-response", OPT_BOOL, AT(get_response), 0, NULL },
    { "wrong-length-costs", OPT_BOOL, AT(wrong_length_costs), 0, NULL },
    { "wrong-verify-clears", OPT_BOOL, AT(wrong_verify_clears), 0, NULL },
    { "query-needs-le", OPT_BOOL, AT(query_needs_le), 0, NULL },
    { "torn-verify-costs", OPT_BOOL, AT(torn_verify_costs), 0, NULL },
    { "torn-acts", OPT_BOOL, AT(torn_acts), 0, NULL },
    { "blocked-sw", OPT_SW, AT(blocked_sw), 0, NULL },
    { "query-blocked", OPT_SW, AT(query_blocked), 0, NULL },
    { "no-pin", OPT_SW, AT(no_pin_sw), 0, NULL },
    { "wrong-length-sw", OPT_SW, AT(wrong_length_sw), 0, NULL },
    { "change-bad-sw", OPT_SW, AT(change_bad_sw), 0, NULL },
    { "short-id-sw", OPT_SW, AT(short_id_sw), 0, NULL },
    { "past-end", OPT_SW, AT(past_end_sw), 0, NULL },
    { "sign-length-sw", OPT_SW, AT(sign_length_sw), 0, NULL },
    { "say", OPT_SAY, 0, 0, NULL },
};

#define OPTION_COUNT (sizeof(option_rows) / sizeof(option_rows[0]))

struct profile_row {
    const char *name, *words;
};

static const struct profile_row profile_rows[] = {
    { "normal", "" },
    { "contact", "atr=3BDA13FF8131FB468012392F31C173C601C03B warm-reset-keeps=no" },
    { "nosign", "sign-cert=no sign-pin-set=no" },
    { "noauth", "auth-cert=no auth-pin-set=no" },
    { "nocert", "auth-cert=no sign-cert=no auth-pin-set=no sign-pin-set=no" },
    { "android", "label=JPKIAPGPSETOKEN auth-cert-private=yes" },
    { "iphone", "label=JPKIAPIOSTOKEN auth-cert-private=yes" },
    { "juki", "label=JPKIAPICCTOKEN atr=3B888001000014E0B38191005E auth=no pss=no" },
    { "pinless", "auth-pin-set=no sign-pin-set=no sign-cert=no no-pin=6984" },
    { "expired", "valid=expired" },
    { "notyet", "valid=notyet" },
    { "expiring", "valid=expiring" },
    { "authblocked", "tries-auth=0" },
    { "signblocked", "tries-sign=0" },
    { "lasttry", "tries-auth=1 tries-sign=1" },
    { "nopss", "pss=no" },
    { "oldcard",
      "short-ids=no ef0008=no pss=no strict-eof=yes extended=no atr=3BE000FF8131FE4514 warm-reset-keeps=no" },
    { "nextgen", "label=JPKIAPICCTOKEN3 ec=yes" },
    { "newer", "label=JPKIAPICCTOKEN9" },
    { "newkey", "ec=yes" },
    { "bankcard", "jpki=no atr=3B6800000073C84012009000" },
    { "yubikey", "jpki=no openpgp=yes atr=3BFD1300008131FE158073C021C057597562694B657940" },
};

#define PROFILE_COUNT (sizeof(profile_rows) / sizeof(profile_rows[0]))

unsigned sim_tries_max(enum sim_role role)
{
    return role == SIM_AUTH ? 3 : 5;
}

bool sim_pin_form(enum sim_role role, const uint8_t *pin, size_t len)
{
    bool auth = role == SIM_AUTH;
    bool right = auth ? len == 4 : len >= 6 && len <= SIM_PIN_MAX;

    for (size_t i = 0; i < len && right; i++) {
        bool digit = pin[i] >= '0' && pin[i] <= '9';
        bool letter = pin[i] >= 'A' && pin[i] <= 'Z';
        right = digit || (letter && !auth);
    }
    return right;
}

static const struct option_row *option_find(const char *key, size_t len)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(option_rows[i].key) == len && strncmp(option_rows[i].key, key, len) == 0)
            return &option_rows[i];
    }
    return NULL;
}

static bool number_parse(const char *text, int base, unsigned long max, unsigned long *ret_value)
{
    char *end = NULL;
    unsigned long value = 0;

    if (text[0] == '\0' || text[0] == '-' || text[0] == '+' || text[0] == ' ')
        return false;
    value = strtoul(text, &end, base);
    if (*end != '\0' || value > max)
        return false;
    *ret_value = value;
    return true;
}

static bool bool_parse(const char *text, bool *ret_value)
{
    bool yes = strcmp(text, "yes") == 0;

    if (!yes && strcmp(text, "no") != 0)
        return false;
    *ret_value = yes;
    return true;
}

static bool word_parse(const char *text, const char *words, unsigned *ret_value)
{
    unsigned index = 0;
    size_t len = strlen(text);

    while (*words != '\0') {
        size_t word_len = strcspn(words, " ");
        if (word_len == len && strncasecmp(words, text, len) == 0) {
            *ret_value = index;
            return true;
        }
        words += word_len + strspn(words + word_len, " ");
        index++;
    }
    return false;
}

static bool hex_parse(const char *text, size_t len, uint8_t *ret_bytes)
{
    for (size_t i = 0; i < len; i++) {
        unsigned long byte = 0;
        const char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };
        if (!number_parse(pair, 16, 0xFF, &byte))
            return false;
        ret_bytes[i] = (uint8_t)byte;
    }
    return true;
}

static bool atr_parse(struct sim_options *opt, const char *text)
{
    size_t len = strlen(text) / 2;
    uint8_t atr[SIM_ATR_MAX] = { 0 };

    if (strlen(text) % 2 != 0 || len < 2 || len > SIM_ATR_MAX || !hex_parse(text, len, atr))
        return false;
    memcpy(opt->atr, atr, sizeof(opt->atr));
    opt->atr_len = len;
    return true;
}

/* "00A4040C0A:6A82:6A86" */
static bool say_parse(struct sim_options *opt, const char *text)
{
    const size_t digits = strcspn(text, ":");
    struct sim_say say = { .head_len = digits / 2 };
    uint8_t natural[2], answer[2];

    if (opt->say_count == SIM_SAYS || digits % 2 != 0 || digits < 4 ||
        digits > 2 * sizeof(say.head) || strlen(text) != digits + 10 || text[digits + 5] != ':' ||
        !hex_parse(text, digits / 2, say.head) || !hex_parse(text + digits + 1, 2, natural) ||
        !hex_parse(text + digits + 6, 2, answer))
        return false;
    say.natural = (uint16_t)(natural[0] << 8 | natural[1]);
    say.answer = (uint16_t)(answer[0] << 8 | answer[1]);
    opt->says[opt->say_count++] = say;
    return true;
}

static bool alias_set(struct sim_options *opt, const char *keys, const char *value)
{
    char word[96];

    while (*keys != '\0') {
        size_t len = strcspn(keys, " ");
        snprintf(word, sizeof(word), "%.*s=%s", (int)len, keys, value);
        if (!sim_options_set(opt, word))
            return false;
        keys += len + strspn(keys + len, " ");
    }
    return true;
}

static bool option_store(struct sim_options *opt, const struct option_row *row, const char *value)
{
    void *field = (uint8_t *)opt + row->offset;
    unsigned long number = 0;

    switch (row->kind) {
    case OPT_BOOL: return bool_parse(value, field);
    case OPT_SW:
        if (!number_parse(value, 16, 0xFFFF, &number))
            return false;
        *(uint16_t *)field = (uint16_t)number;
        return true;
    case OPT_NUMBER:
        if (!number_parse(value, 10, row->limit, &number))
            return false;
        *(unsigned *)field = (unsigned)number;
        return true;
    case OPT_TEXT:
        if (strlen(value) >= row->limit)
            return false;
        memset(field, 0, row->limit);
        memcpy(field, value, strlen(value));
        return true;
    case OPT_ATR: return atr_parse(opt, value);
    case OPT_WORD: return word_parse(value, row->words, field);
    case OPT_ALIAS: return alias_set(opt, row->words, value);
    case OPT_SAY: return say_parse(opt, value);
    }
    return false;
}

static bool profile_set(struct sim_options *opt, const char *name)
{
    for (size_t i = 0; i < PROFILE_COUNT; i++) {
        if (strcmp(profile_rows[i].name, name) == 0) {
            struct sim_options fresh;
            sim_options_init(&fresh);
            fresh.holder = opt->holder;
            snprintf(fresh.profile, sizeof(fresh.profile), "%s", name);
            if (!sim_options_parse(&fresh, profile_rows[i].words))
                return false;
            *opt = fresh;
            return true;
        }
    }
    return false;
}

bool sim_options_set(struct sim_options *opt, const char *word)
{
    size_t key_len = strcspn(word, "=");
    const struct option_row *row = option_find(word, key_len);
    struct sim_options changed = *opt;

    if (word[key_len] != '=')
        return false;
    if (key_len == 7 && strncmp(word, "profile", 7) == 0)
        return profile_set(opt, word + 8);
    if (row == NULL || !option_store(&changed, row, word + key_len + 1))
        return false;
    *opt = changed;
    return true;
}

bool sim_options_parse(struct sim_options *opt, const char *words)
{
    struct sim_options changed = *opt;
    char word[128];

    words += strspn(words, " \n\t");
    while (*words != '\0') {
        size_t len = strcspn(words, " \n\t");
        if (len >= sizeof(word))
            return false;
        memcpy(word, words, len);
        word[len] = '\0';
        if (!sim_options_set(&changed, word))
            return false;
        words += len;
        words += strspn(words, " \n\t");
    }
    *opt = changed;
    return true;
}

void sim_options_init(struct sim_options *opt)
{
    *opt = (struct sim_options){
        .profile = "normal", .label = "JPKIAPICCTOKEN2", .serial_info = "0000000090000001", .model = "E99R01SM", .holder = 1,
        .role = {
            [SIM_AUTH] = { .exists = true, .cert = true, .pin_set = true, .pin = "1234", .tries = 3 },
            [SIM_SIGN] = { .exists = true, .cert = true, .cert_private = true, .pin_set = true, .pin = "ABC123",
                           .tries = 5 },
        },
        .jpki = true, .card_manager = true, .read_short_ids = true, .pin_short_ids = true, .key_short_ids = true,
        .partial_aid = true, .pss = true, .extended = true, .ef0008 = SIM_0008_YES, .ef_size = 3808, .filler = 0xFF,
        .power_cut = true, .warm_reset_keeps = true, .wrong_length_costs = true, .wrong_verify_clears = true,
        .torn_verify_costs = true, .torn_acts = true, .blocked_sw = 0x6984, .query_blocked = 0x63C0, .no_pin_sw = 0x6A88,
        .wrong_length_sw = 0x6700, .change_bad_sw = 0x6A80,
        .short_id_sw = 0x6A86, .past_end_sw = 0x6B00, .sign_length_sw = 0x6985,
    };
    (void)atr_parse(opt, "3B888001000041E0B381A1003B");
}

const char *sim_profile_name(size_t i)
{
    return i < PROFILE_COUNT ? profile_rows[i].name : NULL;
}

void sim_options_help(FILE *out)
{
    static const char *const values[] = {
        [OPT_BOOL] = "yes|no",
        [OPT_SW] = "a status word, 4 hex digits",
        [OPT_NUMBER] = "a number",
        [OPT_TEXT] = "text",
        [OPT_ATR] = "hex digits",
        [OPT_SAY] = "HEADER:SW:SW, a command's first bytes, the usual answer, another",
    };

    fprintf(out, "Keys:\n");
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option_row *row = &option_rows[i];
        if (row->kind == OPT_ALIAS)
            fprintf(out, "  %-20s stands for: %s\n", row->key, row->words);
        else
            fprintf(out, "  %-20s %s\n", row->key,
                    row->kind == OPT_WORD ? row->words : values[row->kind]);
    }
    fprintf(out, "Profiles:\n");
    for (size_t i = 0; i < PROFILE_COUNT; i++)
        fprintf(out, "  %-20s %s\n", profile_rows[i].name, profile_rows[i].words);
}
