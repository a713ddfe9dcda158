/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_inside.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXCHANGE_US 6000UL
#define BYTE_US 95UL
#define VERIFY_US 15000UL
#define SIGNATURE_US 420000UL

struct sim_card *sim_card_new(const struct sim_options *opt, const char *keys_dir)
{
    struct sim_card *card = calloc(1, sizeof(*card));

    if (card == NULL)
        return NULL;
    card->opt = *opt;
    if (keys_dir != NULL)
        snprintf(card->keys_dir, sizeof(card->keys_dir), "%s", keys_dir);
    card->identity = sim_identity_load(keys_dir, opt);
    if (card->identity == NULL || !sim_files_build(card)) {
        sim_card_free(card);
        return NULL;
    }
    return card;
}

struct sim_card *sim_card_new_words(const char *words, const char *keys_dir)
{
    struct sim_options opt;

    sim_options_init(&opt);
    if (!sim_options_parse(&opt, words))
        return NULL;
    return sim_card_new(&opt, keys_dir);
}

void sim_card_free(struct sim_card *card)
{
    if (card == NULL)
        return;
    sim_files_free(card);
    sim_identity_free(card->identity);
    free(card);
}

void sim_state_save(struct sim_card *card)
{
    char temp[sizeof(card->state_path) + 8];
    const struct sim_role_options *role = card->opt.role;
    FILE *file = NULL;
    bool done = false;

    if (card->state_path[0] == '\0')
        return;
    snprintf(temp, sizeof(temp), "%s.new", card->state_path);
    file = fopen(temp, "w");
    if (file != NULL) {
        done = fprintf(file, "tries-auth=%u tries-sign=%u pin-auth=%s pin-sign=%s\n",
                       role[SIM_AUTH].tries, role[SIM_SIGN].tries, role[SIM_AUTH].pin,
                       role[SIM_SIGN].pin) > 0;
        done = fclose(file) == 0 && done && rename(temp, card->state_path) == 0;
    }
    if (!done)
        fprintf(stderr, "simulated card: the state cannot be kept in %s\n", card->state_path);
}

bool sim_card_keep_state(struct sim_card *card, const char *path)
{
    char line[256] = "";
    FILE *file = NULL;

    if (strlen(path) >= sizeof(card->state_path))
        return false;
    file = fopen(path, "r");
    if (file != NULL) {
        const bool read = fgets(line, sizeof(line), file) != NULL;
        fclose(file);
        if (!read || !sim_options_parse(&card->opt, line))
            return false;
    }
    snprintf(card->state_path, sizeof(card->state_path), "%s", path);
    sim_state_save(card);
    return access(path, R_OK) == 0;
}

static void state_forget(struct sim_card *card)
{
    card->app = SIM_APP_ISD;
    card->current = NULL;
    card->verified[SIM_AUTH] = false;
    card->verified[SIM_SIGN] = false;
    card->pending_len = 0;
}

void sim_card_power_on(struct sim_card *card)
{
    state_forget(card);
    card->powered = true;
    card->fresh = true;
    card->stats.power_ons++;
}

void sim_card_power_off(struct sim_card *card)
{
    state_forget(card);
    card->powered = false;
}

static void select_mf(struct sim_card *card)
{
    static const uint8_t command[] = { 0x00, 0xA4, 0x00, 0x00 };
    struct sim_answer answer;

    (void)sim_dispatch(card, command, sizeof(command), &answer);
}

void sim_card_unpower(struct sim_card *card)
{
    if (card->powered && !card->opt.power_cut)
        select_mf(card);
    else
        sim_card_power_off(card);
}

void sim_card_warm_reset(struct sim_card *card)
{
    if (!card->powered)
        return;
    card->stats.warm_resets++;
    if (!card->opt.power_cut) {
        select_mf(card);
        return;
    }
    /* a contactless card was seen to notice nothing at all of it */
    if (!card->opt.warm_reset_keeps) {
        state_forget(card);
        card->fresh = true;
    }
}

bool sim_card_powered(const struct sim_card *card)
{
    return card->powered;
}

static void trace_bytes(FILE *out, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%02X", bytes[i]);
}

/* Commands that carry a PIN show their header and length only. */
static void trace_exchange(FILE *out, const uint8_t *cmd, size_t len,
                           const struct sim_answer *answer, uint16_t sw)
{
    const bool secret = len > 5 && (cmd[1] == 0x20 || cmd[1] == 0x24);

    fputs("> ", out);
    trace_bytes(out, cmd, secret ? 5 : len);
    if (secret)
        fprintf(out, " [%zu bytes not shown]", len - 5);
    fputs("\n< ", out);
    trace_bytes(out, answer->data, answer->len);
    fprintf(out, "%04X\n", sw);
    fflush(out);
}

static unsigned signature_count(const struct sim_card *card)
{
    return card->stats.signatures[SIM_AUTH] + card->stats.signatures[SIM_SIGN];
}

size_t sim_card_transmit(struct sim_card *card, const uint8_t *cmd, size_t len, uint8_t *resp,
                         size_t cap)
{
    struct sim_answer answer;
    const unsigned signatures = signature_count(card);
    uint16_t sw = 0;

    if (!card->powered || cap < 2)
        return 0;
    sw = sim_dispatch(card, cmd, len, &answer);
    if (answer.len > cap - 2)
        answer.len = cap - 2;
    memcpy(resp, answer.data, answer.len);
    resp[answer.len] = (uint8_t)(sw >> 8);
    resp[answer.len + 1] = (uint8_t)sw;

    card->stats.exchanges++;
    card->stats.bytes_in += len;
    card->stats.bytes_out += answer.len + 2;
    if (len >= 4)
        card->stats.ins[cmd[1]]++;
    card->last_us = EXCHANGE_US + BYTE_US * (len + answer.len + 2);
    if (len > 5 && cmd[1] == 0x20)
        card->last_us += VERIFY_US;
    if (signature_count(card) != signatures)
        card->last_us += SIGNATURE_US;
    card->stats.card_us += card->last_us;
    if (card->trace != NULL)
        trace_exchange(card->trace, cmd, len, &answer, sw);
    return answer.len + 2;
}

void sim_card_transmit_torn(struct sim_card *card, const uint8_t *cmd, size_t len)
{
    uint8_t resp[SIM_ANSWER_MAX];
    const bool verify = len > 5 && cmd[1] == 0x20;
    unsigned before[SIM_ROLES] = { card->opt.role[SIM_AUTH].tries, card->opt.role[SIM_SIGN].tries };

    if (!verify) {
        if (card->opt.torn_acts)
            (void)sim_card_transmit(card, cmd, len, resp, sizeof(resp));
        return;
    }
    /* a careful card counts the try first and gives it back after comparing: cut off between,
     * the try is gone */
    (void)sim_card_transmit(card, cmd, len, resp, sizeof(resp));
    for (int i = 0; i < SIM_ROLES; i++) {
        const bool touched = card->verified[i] || card->opt.role[i].tries != before[i];
        if (!touched)
            continue;
        card->opt.role[i].tries = before[i];
        if (card->opt.torn_verify_costs && before[i] > 0 && card->current != NULL &&
            (int)card->current->role == i)
            card->opt.role[i].tries--;
    }
    sim_state_save(card);
}

unsigned long sim_card_last_us(const struct sim_card *card)
{
    return card->last_us;
}

/* Keys and certificates take long to load: only for what they depend on. */
static bool same_identity(const struct sim_options *a, const struct sim_options *b)
{
    return a->holder == b->holder && a->ec == b->ec && a->ec_sign == b->ec_sign &&
           a->validity == b->validity && a->certs == b->certs;
}

bool sim_card_set(struct sim_card *card, const char *word)
{
    struct sim_options changed = card->opt;
    struct sim_identity *identity = NULL;
    const uint16_t current = card->current == NULL ? 0 : card->current->fid;

    if (!sim_options_set(&changed, word))
        return false;
    if (!same_identity(&card->opt, &changed)) {
        identity = sim_identity_load(card->keys_dir[0] == '\0' ? NULL : card->keys_dir, &changed);
        if (identity == NULL)
            return false;
        sim_identity_free(card->identity);
        card->identity = identity;
    }
    card->opt = changed;
    if (!sim_files_build(card))
        return false;
    card->current = current == 0 ? NULL : sim_file_find(card, current);
    sim_state_save(card);
    return true;
}

const struct sim_options *sim_card_options(const struct sim_card *card)
{
    return &card->opt;
}

const struct sim_identity *sim_card_identity(const struct sim_card *card)
{
    return card->identity;
}

const struct sim_stats *sim_card_stats(const struct sim_card *card)
{
    return &card->stats;
}

void sim_card_reset_stats(struct sim_card *card)
{
    memset(&card->stats, 0, sizeof(card->stats));
}

bool sim_card_unlocked(const struct sim_card *card, enum sim_role role)
{
    return card->verified[role];
}

void sim_card_trace(struct sim_card *card, FILE *out)
{
    card->trace = out;
}
