/* SPDX-License-Identifier: BSD-3-Clause */
#include "facts.h"

#include "sw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_EXCHANGE 40 /* bytes both ways, at most */
#define LONG_ANSWER 256
#define TIMES_MIN 3

/* Note an exchange, by its command's header and lengths alone. */
static void exchange_saw(void *user, const struct apdu *command, const struct answer *answer,
                         unsigned us)
{
    struct facts *facts = user;

    if (facts->seen_count == FACTS_SEEN_MAX)
        return;
    facts->seen[facts->seen_count++] =
        (struct fact_seen){ { command->cla, command->ins, command->p1, command->p2 },
                            (uint16_t)command->data.len,
                            (uint16_t)command->le,
                            answer->sw,
                            (uint16_t)answer->data_len,
                            us };
}

void facts_begin(struct facts *facts, struct card *card)
{
    *facts = (struct facts){ .card = card, .tries = { TRIES_UNKNOWN, TRIES_UNKNOWN } };
    facts->observer = (struct card_observer){ facts, exchange_saw };
    card->observer = &facts->observer;
}

/*
 * The first READ of a trial, or its last signature by P1 00, stands for what its guard found out:
 * the last READ would tell how long the certificate is.
 */
static void trial_note(struct facts *facts, const char *name, uint8_t ins, uint16_t sw,
                       const char *value)
{
    struct fact_told *told = told_named(facts, name);

    for (size_t i = facts->trial_from; i < facts->seen_count; i++) {
        if (facts->seen[i].head[1] == ins &&
            (ins == INS_READ ? !told->asked : facts->seen[i].head[2] == SCHEME_PKCS1))
            told_take(told, &facts->seen[i]);
    }
    told->sw = sw;
    told->len = sw == SW_OK && ins != INS_READ ? CARD_SIGNATURE_MAX : 0;
    snprintf(told->value, sizeof(told->value), "%s", value);
}

static void event_note(struct facts *facts, const char *name, uint8_t ins, enum tri kept)
{
    if (kept != TRI_UNKNOWN)
        trial_note(facts, name, ins, kept == TRI_YES ? SW_OK : 0x6982,
                   kept == TRI_YES ? "kept" : "forgotten");
}

struct guard_tell facts_try(struct facts *facts, struct guard_ask *ask, struct guard_trial *trial)
{
    const uint8_t sign = fact_rows[told_named(facts, "sign-pkcs1") - facts->told].command.ins;
    static const enum tri locks[] = {
        [LOCK_SURE] = TRI_NO, [LOCK_UNPROVED] = TRI_UNKNOWN, [LOCK_OPEN] = TRI_YES
    };
    struct guard_tell tell;

    facts->trial_from = facts->seen_count;
    ask->job = GUARD_TRIAL;
    ask->trial = trial;
    trial->locked = LOCK_UNPROVED;
    memset(trial->kept, 0, sizeof(trial->kept));
    tell = guard_pass(facts->card, ask);
    event_note(facts, "pin-after-select", sign, trial->kept[TRIAL_SELECT]);
    event_note(facts, "pin-after-reset", sign, trial->kept[TRIAL_RESET]);
    event_note(facts, "pin-after-unpower", sign, trial->kept[TRIAL_UNPOWER]);
    event_note(facts, "pin-after-drop", sign, trial->kept[TRIAL_DROP]);
    event_note(facts, "locked-at-end", sign, locks[trial->locked]);
    if (trial->cert != NULL && trial->cert->len > 0) {
        trial_note(facts, "sign-cert-opened", INS_READ, SW_OK, "");
        length_take(told_named(facts, "sign-cert-opened"), buf_slice(trial->cert));
    }
    return tell;
}

void fact_value(struct facts *facts, const char *name, const char *value)
{
    struct fact_told *told = told_named(facts, name);

    snprintf(told->value, sizeof(told->value), "%s", value);
}

/* Whether an exchange is the question of this row. */
static bool row_asked(const struct fact_row *row, const struct fact_seen *seen)
{
    const struct apdu *command = &row->command;
    const bool trial = (row->needs & NEED_TRIAL) != 0;

    if (seen->head[0] != command->cla || seen->head[1] != command->ins ||
        seen->head[2] != command->p1)
        return false;
    if (command->p2 == P2_ANY_SHORT ? !trial && seen->head[3] == 0x80
                                    : seen->head[3] != command->p2)
        return false;
    return seen->le == command->le && (command->cla == 0x80 || seen->lc == command->data.len) &&
           seen->sw != SW_FIRST_COMMAND;
}

static void seen_look_up(struct facts *facts, size_t fact)
{
    const struct fact_row *row = &fact_rows[fact];
    const bool trial = (row->needs & NEED_TRIAL) != 0;
    const size_t from = trial ? facts->trial_from : 0;
    const size_t to = trial || facts->trial_from == 0 ? facts->seen_count : facts->trial_from;

    for (size_t i = from; i < to; i++) {
        if (row_asked(row, &facts->seen[i])) {
            told_take(&facts->told[fact], &facts->seen[i]);
            return;
        }
    }
}

/* The first answer that was put off, or that every one came at once. */
static void put_off_look_up(struct facts *facts)
{
    struct fact_told *told = told_named(facts, "answers-at-once");

    for (size_t i = 0; i < facts->seen_count; i++) {
        const unsigned sw1 = facts->seen[i].sw >> 8;
        if (i == 0 || sw1 == 0x61 || sw1 == 0x6C)
            told_take(told, &facts->seen[i]);
        if (sw1 == 0x61 || sw1 == 0x6C)
            return;
    }
    told->sw = SW_OK;
}

/* Whether an answer is one of "9000:96 6A8x ...". */
static bool answer_fits(const char *assumed, const struct fact_told *told)
{
    char sw[8], answer[16];

    snprintf(sw, sizeof(sw), "%04X", (unsigned)told->sw);
    snprintf(answer, sizeof(answer), "%u", (unsigned)told->len);
    while (*assumed != '\0') {
        const size_t token = strcspn(assumed, " "), head = strcspn(assumed, ": ");
        bool fits = head == 4;

        for (size_t i = 0; i < head && fits; i++)
            fits = assumed[i] == 'x' || assumed[i] == sw[i];
        if (fits && token > head)
            fits = strlen(answer) == token - head - 1 &&
                   strncmp(answer, assumed + head + 1, token - head - 1) == 0;
        if (fits)
            return true;
        assumed += token + strspn(assumed + token, " ");
    }
    return false;
}

static bool value_fits(const char *values, const char *value)
{
    const size_t len = strlen(value);

    while (values != NULL && len > 0) {
        const size_t token = strcspn(values, "|");

        if (token == len && strncmp(values, value, len) == 0)
            return true;
        if (values[token] == '\0')
            return false;
        values += token + 1;
    }
    return true;
}

void facts_end(struct facts *facts)
{
    facts->card->observer = NULL;
    put_off_look_up(facts);
    for (size_t i = 0; i < fact_row_count; i++) {
        const struct fact_row *row = &fact_rows[i];
        struct fact_told *told = &facts->told[i];

        if (row->way == FACT_SEEN && row_fits(facts, row))
            seen_look_up(facts, i);
        if (told->asked)
            told->verdict = answer_fits(row->assumed, told) && value_fits(row->values, told->value)
                                ? FACT_AS_ASSUMED
                                : FACT_OTHERWISE;
    }
}

static int times_compare(const void *a, const void *b)
{
    const unsigned first = *(const unsigned *)a, second = *(const unsigned *)b;

    return first < second ? -1 : first > second;
}

/* The median time of exchanges whose answers are long or of those that are short both ways; 0
 * where there are too few. */
static unsigned median_us(const struct facts *facts, bool with_long)
{
    unsigned times[FACTS_SEEN_MAX] = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < facts->seen_count; i++) {
        const struct fact_seen *seen = &facts->seen[i];
        const bool is_long = seen->len >= LONG_ANSWER / 2,
                   is_short = seen->lc + seen->len <= SHORT_EXCHANGE;

        if (with_long ? is_long && seen->head[1] == INS_READ : is_short)
            times[count++] = seen->us;
    }
    qsort(times, count, sizeof(times[0]), times_compare);
    return count < (with_long ? 1u : TIMES_MIN) ? 0 : times[count / 2];
}

void facts_timing(const struct facts *facts, unsigned *ret_us, unsigned *ret_byte_ns)
{
    const unsigned base = median_us(facts, false), more = median_us(facts, true);

    *ret_us = base;
    *ret_byte_ns = base > 0 && more > base
                       ? (unsigned)((more - base) * UINT64_C(1000) / (LONG_ANSWER - 10))
                       : 0;
}
