/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_inside.h"

#include <string.h>

static uint16_t pin_refuse(struct sim_card *card, enum sim_role role)
{
    struct sim_role_options *pin = &card->opt.role[role];

    pin->tries--;
    if (card->opt.wrong_verify_clears)
        card->verified[role] = false;
    sim_state_save(card);
    return (uint16_t)(0x63C0 | pin->tries);
}

static uint16_t pin_compare(struct sim_card *card, enum sim_role role, const uint8_t *data,
                            size_t len)
{
    struct sim_role_options *pin = &card->opt.role[role];

    if (len != strlen(pin->pin) || memcmp(pin->pin, data, len) != 0)
        return pin_refuse(card, role);
    card->verified[role] = true;
    if (pin->tries != sim_tries_max(role)) {
        pin->tries = sim_tries_max(role);
        sim_state_save(card);
    }
    return 0x9000;
}

static uint16_t pin_query(struct sim_card *card, enum sim_role role, const struct sim_command *cmd)
{
    const unsigned tries = card->opt.role[role].tries;

    card->stats.queries[role]++;
    if (card->opt.query_needs_le && !cmd->has_le)
        return 0x6700;
    if (!card->opt.role[role].pin_set)
        return card->opt.no_pin_sw;
    /* a verified PIN is answered like any other: the card never says that one is */
    return tries == 0 ? card->opt.query_blocked : (uint16_t)(0x63C0 | tries);
}

/* Whether the length alone is a reason to refuse: four digits, or six to sixteen characters. */
static bool pin_length_wrong(enum sim_role role, size_t len)
{
    return role == SIM_AUTH ? len != 4 : len < 6 || len > SIM_PIN_MAX;
}

uint16_t sim_verify(struct sim_card *card, const struct sim_command *cmd, struct sim_answer *answer)
{
    struct sim_file *file = NULL;
    uint16_t sw = 0x6A86;

    (void)answer;
    if (cmd->p1 != 0)
        return 0x6A86;
    sw = sim_file_by_p2(card, cmd->p2, card->opt.pin_short_ids, SIM_FILE_PIN, &file);
    if (sw != 0x9000)
        return sw;
    if (cmd->lc == 0)
        return pin_query(card, file->role, cmd);
    card->stats.verifies[file->role]++;
    if (!card->opt.role[file->role].pin_set)
        return card->opt.no_pin_sw;
    if (card->opt.role[file->role].tries == 0)
        return card->opt.blocked_sw;
    if (cmd->lc > SIM_PIN_MAX)
        return 0x6700;
    if (pin_length_wrong(file->role, cmd->lc) && !card->opt.wrong_length_costs)
        return card->opt.wrong_length_sw;
    return pin_compare(card, file->role, cmd->data, cmd->lc);
}

uint16_t sim_change(struct sim_card *card, const struct sim_command *cmd, struct sim_answer *answer)
{
    struct sim_file *file = NULL;
    uint16_t sw = 0x6A86;

    (void)answer;
    if (cmd->p1 != 1)
        return 0x6A86;
    sw = sim_file_by_p2(card, cmd->p2, card->opt.pin_short_ids, SIM_FILE_PIN, &file);
    if (sw != 0x9000)
        return sw;
    card->stats.changes[file->role]++;
    if (!card->verified[file->role])
        return 0x6982;
    if (cmd->lc == 0)
        return 0x6700;
    if (!sim_pin_form(file->role, cmd->data, cmd->lc))
        return card->opt.change_bad_sw;
    memset(card->opt.role[file->role].pin, 0, sizeof(card->opt.role[file->role].pin));
    memcpy(card->opt.role[file->role].pin, cmd->data, cmd->lc);
    sim_state_save(card);
    return 0x9000;
}
