/* SPDX-License-Identifier: BSD-3-Clause */
#include "secret.h"

#include "log.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define PIN_MAX 16
#define REFUSED_MAX 8 /* more than the tries of any PIN */

struct secret_token {
    uint8_t pin[PIN_MAX];
    uint8_t pin_len;
    uint8_t refused_count, run;
    uint8_t last[KEYED_HASH_LEN];
    uint8_t refused[REFUSED_MAX][KEYED_HASH_LEN];
};

struct secrets {
    uint8_t canary; /* not zero in the process that made the pages */
    uint8_t key[32];
    struct secret_token token[SECRET_TOKENS];
};

static size_t secrets_size(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (sizeof(struct secrets) + page - 1) / page * page;
}

/* Each protection is asked for by itself: where one is not to be had the others still count. */
static void secrets_protect(struct secrets *secrets, size_t size)
{
    if (mlock(secrets, size) != 0)
        log_line("secret: memory for PINs cannot be locked; it could be written to swap");
    if (madvise(secrets, size, MADV_DONTDUMP) != 0)
        log_line("secret: memory for PINs cannot be kept out of core dumps");
    if (madvise(secrets, size, MADV_WIPEONFORK) != 0)
        log_line("secret: memory for PINs cannot be hidden from forked children");
}

struct secrets *secrets_new(void)
{
    size_t size = secrets_size();
    struct secrets *secrets = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (secrets == MAP_FAILED)
        return NULL;
    secrets_protect(secrets, size);
    if (getrandom(secrets->key, sizeof secrets->key, 0) != (ssize_t)sizeof secrets->key) {
        munmap(secrets, size);
        return NULL;
    }
    secrets->canary = 1;
    return secrets;
}

void secrets_free(struct secrets *secrets)
{
    if (secrets == NULL)
        return;
    wipe(secrets, sizeof *secrets);
    munmap(secrets, secrets_size());
}

bool secrets_alive(const struct secrets *secrets)
{
    return secrets->canary != 0;
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
    size_t len = typed.len < 64 ? typed.len : 64; /* no PIN is longer; what is, is told apart well enough by its start */
    enum jpki_err err;

    data[0] = (uint8_t)token;
    if (len > 0)
        memcpy(data + 1, typed.ptr, len);
    err = keyed_hash(SLICE_OF(secrets->key), slice_of(data, len + 1), ret_hash);
    wipe(data, sizeof data);
    return err;
}

unsigned secret_presented(struct secrets *secrets, size_t token, const uint8_t hash[static KEYED_HASH_LEN])
{
    struct secret_token *t = &secrets->token[token];

    if (t->run == 0 || memcmp(t->last, hash, KEYED_HASH_LEN) != 0)
        t->run = 0;
    memcpy(t->last, hash, KEYED_HASH_LEN);
    if (t->run < UINT8_MAX)
        t->run++;
    return t->run;
}

void secret_refused_add(struct secrets *secrets, size_t token, const uint8_t hash[static KEYED_HASH_LEN])
{
    struct secret_token *t = &secrets->token[token];

    if (secret_refused(secrets, token, hash))
        return;
    if (t->refused_count == REFUSED_MAX) {
        memmove(t->refused[0], t->refused[1], sizeof t->refused - sizeof t->refused[0]);
        t->refused_count--;
    }
    memcpy(t->refused[t->refused_count], hash, KEYED_HASH_LEN);
    t->refused_count++;
}

bool secret_refused(const struct secrets *secrets, size_t token, const uint8_t hash[static KEYED_HASH_LEN])
{
    const struct secret_token *t = &secrets->token[token];

    for (size_t i = 0; i < t->refused_count; i++)
        if (memcmp(t->refused[i], hash, KEYED_HASH_LEN) == 0)
            return true;
    return false;
}

void secret_refused_clear(struct secrets *secrets, size_t token)
{
    struct secret_token *t = &secrets->token[token];

    wipe(t->refused, sizeof t->refused);
    wipe(t->last, sizeof t->last);
    t->refused_count = 0;
    t->run = 0;
}
