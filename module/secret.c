/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"

#include "pages.h"

#include <string.h>

#define PIN_MAX 16

struct secret_token {
    uint8_t pin[PIN_MAX];
    uint8_t pin_len;
    uint8_t run;
    uint8_t last[KEYED_HASH_LEN];
};

struct secrets {
    uint8_t key[PAGES_KEY_LEN]; /* first: pages_with_key */
    struct secret_token token[SECRET_TOKENS];
};

struct secrets *secrets_new(void)
{
    return pages_with_key(sizeof(struct secrets));
}

void secrets_free(struct secrets *secrets)
{
    pages_free(secrets, sizeof(*secrets));
}

void secret_put(struct secrets *secrets, size_t token, struct slice pin)
{
    struct secret_token *t = &secrets->token[token];

    secret_forget(secrets, token);
    if (pin.len > PIN_MAX)
        return;
    memcpy(t->pin, pin.ptr, pin.len);
    t->pin_len = (uint8_t)pin.len;
}

struct slice secret_pin(const struct secrets *secrets, size_t token)
{
    return slice_of(secrets->token[token].pin, secrets->token[token].pin_len);
}

void secret_forget(struct secrets *secrets, size_t token)
{
    wipe(secrets->token[token].pin, PIN_MAX);
    secrets->token[token].pin_len = 0;
}

enum jpki_err secret_hash(const struct secrets *secrets, size_t token, struct slice typed,
                          uint8_t ret_hash[static KEYED_HASH_LEN])
{
    uint8_t data[1 + 64];
    /* no PIN is longer; what is, is told apart well enough by its start */
    size_t len = typed.len < 64 ? typed.len : 64;
    enum jpki_err err;

    data[0] = (uint8_t)token;
    if (len > 0)
        memcpy(data + 1, typed.ptr, len);
    err = keyed_hash(SLICE_OF(secrets->key), slice_of(data, len + 1), ret_hash);
    wipe(data, sizeof(data));
    return err;
}

unsigned secret_presented(struct secrets *secrets, size_t token,
                          const uint8_t hash[static KEYED_HASH_LEN])
{
    struct secret_token *t = &secrets->token[token];

    if (t->run == 0 || memcmp(t->last, hash, KEYED_HASH_LEN) != 0)
        t->run = 0;
    memcpy(t->last, hash, KEYED_HASH_LEN);
    if (t->run < UINT8_MAX)
        t->run++;
    return t->run;
}

void secret_run_clear(struct secrets *secrets, size_t token)
{
    struct secret_token *t = &secrets->token[token];

    wipe(t->last, sizeof(t->last));
    t->run = 0;
}
