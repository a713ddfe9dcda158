/* SPDX-License-Identifier: BSD-3-Clause */
#include "refused.h"

#include "ossl.h"
#include "pages.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#define ROWS_MAX 64 /* the oldest falls out; no card has more tries than a tenth of that */
#define PIN_MAX 16
#define KIND_MAX 16 /* characters of a kind's name */

struct refused_row {
    /* value: of its kind of card, whichever card that was */
    uint8_t card[KEYED_HASH_LEN], value[KEYED_HASH_LEN];
    /* the card said nothing of itself: it may be any of its kind */
    bool silent;
    int tries_after;
};

struct refused {
    uint8_t key[PAGES_KEY_LEN]; /* first: pages_with_key */
    pthread_mutex_t lock;       /* guards rows and count */
    struct guard_memory memory;
    size_t count;
    struct refused_row rows[ROWS_MAX];
};

static enum jpki_err card_hash(const struct refused *refused, const struct card_id *card,
                               enum role role, uint8_t ret_hash[static KEYED_HASH_LEN])
{
    uint8_t data[1 + KIND_MAX + CARD_HEAD_LEN] = { (uint8_t)role };

    memcpy(data + 1, card->profile->name, strnlen(card->profile->name, KIND_MAX));
    memcpy(data + 1 + KIND_MAX, card->head, card->len);
    return keyed_hash(SLICE_OF(refused->key), slice_of(data, (size_t)1 + KIND_MAX + card->len),
                      ret_hash);
}

static enum jpki_err row_hash(const struct refused *refused, const struct card_id *card,
                              enum role role, struct slice pin, struct refused_row *ret_row)
{
    const struct card_id kind = { .profile = card->profile };
    uint8_t data[KEYED_HASH_LEN + PIN_MAX];
    size_t len = pin.len < PIN_MAX ? pin.len : PIN_MAX;
    enum jpki_err err = card_hash(refused, card, role, ret_row->card);

    if (err == JPKI_OK)
        err = card_hash(refused, &kind, role, data);
    ret_row->silent = card->len == 0;
    if (len > 0)
        memcpy(data + KEYED_HASH_LEN, pin.ptr, len);
    if (err == JPKI_OK)
        err = keyed_hash(SLICE_OF(refused->key), slice_of(data, KEYED_HASH_LEN + len),
                         ret_row->value);
    wipe(data, sizeof(data));
    return err;
}

static void row_remove(struct refused *refused, size_t at)
{
    refused->count--;
    memmove(&refused->rows[at], &refused->rows[at + 1],
            (refused->count - at) * sizeof(refused->rows[0]));
}

/* Forget what this card refused when it had fewer tries left than it has now. */
static void rows_forget(struct refused *refused, const uint8_t card[static KEYED_HASH_LEN],
                        int tries)
{
    for (size_t i = refused->count; i-- > 0;)
        if (memcmp(refused->rows[i].card, card, KEYED_HASH_LEN) == 0 &&
            refused->rows[i].tries_after < tries)
            row_remove(refused, i);
}

/* The row of the same value on the same card; NULL if there is none. */
static struct refused_row *row_find(struct refused *refused, const struct refused_row *wanted)
{
    for (size_t i = 0; i < refused->count; i++)
        if (memcmp(refused->rows[i].card, wanted->card, KEYED_HASH_LEN) == 0 &&
            memcmp(refused->rows[i].value, wanted->value, KEYED_HASH_LEN) == 0)
            return &refused->rows[i];
    return NULL;
}

/*
 * How many tries were left when this card refused the value.  A card that said nothing of itself,
 * then or now, may be this one: its certificate's first block may once have been answered by an odd
 * word.
 */
static int tries_then(const struct refused *refused, const struct refused_row *wanted)
{
    int tries = TRIES_UNKNOWN;

    for (size_t i = 0; i < refused->count; i++) {
        const struct refused_row *row = &refused->rows[i];
        const bool same =
            row->silent || wanted->silent || memcmp(row->card, wanted->card, KEYED_HASH_LEN) == 0;

        if (same && memcmp(row->value, wanted->value, KEYED_HASH_LEN) == 0 &&
            row->tries_after > tries)
            tries = row->tries_after;
    }
    return tries;
}

static enum jpki_err recall(void *user, const struct card_id *card, enum role role,
                            struct slice pin, int *ret_tries_then)
{
    struct refused *refused = user;
    struct refused_row wanted = { .tries_after = TRIES_UNKNOWN };
    enum jpki_err err = row_hash(refused, card, role, pin, &wanted);

    if (err != JPKI_OK)
        return err;
    pthread_mutex_lock(&refused->lock);
    *ret_tries_then = tries_then(refused, &wanted);
    pthread_mutex_unlock(&refused->lock);
    return JPKI_OK;
}

static void row_add(struct refused *refused, const struct refused_row *new_row)
{
    struct refused_row *row = row_find(refused, new_row);

    if (row == NULL) {
        if (refused->count == ROWS_MAX)
            row_remove(refused, 0);
        row = &refused->rows[refused->count++];
    }
    *row = *new_row;
}

static void note(void *user, const struct card_id *card, enum role role, struct slice pin,
                 bool accepted, int tries_after)
{
    struct refused *refused = user;
    struct refused_row row = { .tries_after = tries_after };

    if (row_hash(refused, card, role, pin, &row) != JPKI_OK)
        return; /* OpenSSL has ended, and recall says so to every later PIN */
    pthread_mutex_lock(&refused->lock);
    if (accepted)
        rows_forget(refused, row.card, INT_MAX);
    else
        row_add(refused, &row);
    pthread_mutex_unlock(&refused->lock);
}

void refused_seen(struct refused *refused, const struct card_id *card, enum role role, int tries)
{
    uint8_t hash[KEYED_HASH_LEN];

    if (tries == TRIES_UNKNOWN || card_hash(refused, card, role, hash) != JPKI_OK)
        return;
    pthread_mutex_lock(&refused->lock);
    rows_forget(refused, hash, tries);
    pthread_mutex_unlock(&refused->lock);
}

struct refused *refused_of_process(struct refused *before)
{
    struct refused *refused;

    if (before != NULL)
        return before;
    refused = pages_with_key(sizeof(*refused));
    if (refused == NULL)
        return NULL;
    pthread_mutex_init(&refused->lock, NULL);
    refused->memory = (struct guard_memory){ refused, recall, note };
    return refused;
}

const struct guard_memory *refused_memory(const struct refused *refused)
{
    return &refused->memory;
}
