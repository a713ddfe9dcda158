/* SPDX-License-Identifier: BSD-3-Clause */
#include "profile.h"

#include <string.h>

#define ENDS_MAX 4 /* line ends and zeros behind a PIN */

/* clang-format off */
#define PIN_FOUR_DIGITS { 4, 4, 3, PIN_DIGITS, false }
#define PIN_PASSWORD { 6, 16, 5, PIN_ALNUM, true }
#define PIN_JUKI { 4, 16, 5, PIN_ALNUM, false }
/* clang-format on */

#define AUTH_FILES \
    .exists = true, .key_fid = 0x0017, .pin_fid = 0x0018, .cert_fid = 0x000A, .ca_fid = 0x000B
#define SIGN_FILES \
    .exists = true, .key_fid = 0x001A, .pin_fid = 0x001B, .cert_fid = 0x0001, .ca_fid = 0x0002

const struct role_names role_names[ROLE_COUNT] = {
    [ROLE_AUTH] = { "JPKI " AUTH_LABEL, AUTH_LABEL, AUTH_ID },
    [ROLE_SIGN] = { "JPKI " SIGN_LABEL, SIGN_LABEL, SIGN_ID },
};

/* PROTOCOL.md, "Kinds", says where each row comes from and what in it is a guess. */
/* clang-format off */
static const struct card_profile rows[] = {
    { .label = "JPKIAPICCTOKEN2", .name = "My Number Card", .role = {
        [ROLE_AUTH] = { AUTH_FILES, .key = KEY_RSA_2048, .pin = PIN_FOUR_DIGITS },
        [ROLE_SIGN] = { SIGN_FILES, .cert_private = true, .key = KEY_RSA_2048, .pin = PIN_PASSWORD } } },
    { .label = "JPKIAPGPSETOKEN", .name = "Android phone", .role = {
        [ROLE_AUTH] = { AUTH_FILES, .cert_private = true, .key = KEY_RSA_2048, .pin = PIN_FOUR_DIGITS },
        [ROLE_SIGN] = { SIGN_FILES, .cert_private = true, .key = KEY_RSA_2048, .pin = PIN_PASSWORD } } },
    { .label = "JPKIAPIOSTOKEN", .name = "iPhone", .role = {
        [ROLE_AUTH] = { AUTH_FILES, .key = KEY_RSA_2048, .pin = PIN_FOUR_DIGITS },
        [ROLE_SIGN] = { SIGN_FILES, .cert_private = true, .key = KEY_RSA_2048, .pin = PIN_PASSWORD } } },
    { .label = "JPKIAPICCTOKEN", .name = "Juki card", .login_refused = true, .role = {
        [ROLE_SIGN] = { SIGN_FILES, .cert_private = true, .key = KEY_RSA_2048, .pin = PIN_JUKI } } },
#ifdef JPKI_NEXT_GENERATION /* a guess throughout: whoever knows better sets its files right */
    { .label = "JPKIAPICCTOKEN3", .name = "Next generation", .role = {
        [ROLE_AUTH] = { AUTH_FILES, .key = KEY_EC_P384, .pin = PIN_FOUR_DIGITS },
        [ROLE_SIGN] = { SIGN_FILES, .cert_private = true, .key = KEY_EC_P384, .pin = PIN_PASSWORD } } },
#endif
};
/* clang-format on */

static const struct card_profile unknown = {
    .name = "newer",
    .login_refused = true,
    .unknown = true,
    .role = { [ROLE_AUTH] = { AUTH_FILES }, [ROLE_SIGN] = { SIGN_FILES, .cert_private = true } }
};

const struct card_profile *profile_unknown(void)
{
    return &unknown;
}

const struct card_profile *profile_find(struct slice label)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (slice_equal(label, slice_of(rows[i].label, strlen(rows[i].label))))
            return &rows[i];
    }
    return NULL;
}

const struct card_profile *profile_default(void)
{
    return &rows[0];
}

/*
 * The next character of typed, which then begins behind it: an ASCII byte as it is, U+FF01..U+FF5E
 * as the ASCII character it is the wide form of, 0 for anything else.
 */
static uint8_t char_take(struct slice *typed)
{
    const uint8_t *p = typed->ptr;
    size_t len = 1;
    uint8_t c = p[0];

    if (typed->len >= 3 && p[0] == 0xEF &&
        ((p[1] == 0xBC && p[2] >= 0x81 && p[2] <= 0xBF) ||
         (p[1] == 0xBD && p[2] >= 0x80 && p[2] <= 0x9E))) {
        len = 3;
        c = (uint8_t)((p[1] == 0xBC ? 0x21 - 0x81 : 0x60 - 0x80) + p[2]);
    }
    *typed = slice_of(p + len, typed->len - len);
    return c < 0x80 ? c : 0;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_mixed(struct slice pin)
{
    size_t digits = 0;

    for (size_t i = 0; i < pin.len; i++)
        digits += is_digit(pin.ptr[i]) ? 1 : 0;
    return digits > 0 && digits < pin.len;
}

bool pin_for_keypad(const struct pin_rule *rule)
{
    return rule->chars == PIN_DIGITS && rule->min_len == rule->max_len;
}

bool pin_fits(const struct pin_rule *rule, struct slice pin, bool any_form)
{
    if (pin.len < rule->min_len || pin.len > rule->max_len)
        return false;
    for (size_t i = 0; i < pin.len; i++) {
        if (!is_digit(pin.ptr[i]) && !(rule->chars == PIN_ALNUM && is_capital(pin.ptr[i])))
            return false;
    }
    return any_form || !rule->mixed || is_mixed(pin);
}

/*
 * What a line or a C string ends with belongs to no PIN: whoever reads one from a file hands it on.
 * Looked at from the front, since a length may be absurd.
 */
static bool is_end(struct slice rest)
{
    for (size_t i = 0; i < rest.len; i++) {
        if (i == ENDS_MAX || (rest.ptr[i] != '\n' && rest.ptr[i] != '\r' && rest.ptr[i] != '\0'))
            return false;
    }
    return true;
}

enum jpki_err pin_fold(const struct pin_rule *rule, struct slice typed, bool any_form,
                       uint8_t ret_pin[static 16], size_t *ret_len)
{
    enum jpki_err err = JPKI_ERR_PIN_FORM;
    struct buf pin = { ret_pin, 0, 16 };
    uint8_t c = 0;

    while (!is_end(typed)) {
        c = char_take(&typed);
        if (rule->chars == PIN_ALNUM && c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 'a' + 'A');
        if (buf_put_byte(&pin, c) != JPKI_OK)
            goto out;
    }
    if (!pin_fits(rule, buf_slice(&pin), any_form))
        goto out;
    *ret_len = pin.len;
    err = JPKI_OK;
out:
    wipe(&c, sizeof(c));
    if (err != JPKI_OK)
        wipe(ret_pin, 16);
    return err;
}
