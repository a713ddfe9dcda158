/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold for the cards after every call. */
#include "rig.h"
#include "rig_inside.h"

struct card_note {
    unsigned verifies[SIM_ROLES], signatures[SIM_ROLES], tries[SIM_ROLES];
};

static struct card_note notes[RIG_CARDS];
static unsigned violations;

/* Who may send a PIN. */
static bool function_verifies(const char *function)
{
    static const char *const names[] = { "C_Login", "C_LoginUser", "C_SetPIN",
                                         "C_Sign",  "C_SignFinal", "the threads" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], function) == 0)
            return true;
    }
    return false;
}

static struct card_note note_of(const struct sim_card *card)
{
    const struct sim_stats *stats = sim_card_stats(card);
    struct card_note note;

    for (int role = SIM_AUTH; role < SIM_ROLES; role++) {
        note.verifies[role] = stats->verifies[role];
        note.signatures[role] = stats->signatures[role];
        note.tries[role] = sim_card_options(card)->role[role].tries;
    }
    return note;
}

void cards_note(void)
{
    for (size_t i = 0; i < rig.card_count; i++)
        notes[i] = note_of(rig.cards[i]);
    violations = sim_world_violations(rig.world);
}

static void card_judge(const struct sim_card *card, const struct card_note *was,
                       const char *function, bool one_call)
{
    const struct card_note now = note_of(card);

    for (int role = SIM_AUTH; role < SIM_ROLES; role++) {
        unsigned sent = now.verifies[role] - was->verifies[role];

        if (sim_card_unlocked(card, (enum sim_role)role))
            ck_abort_msg("after %s the PIN of role %d is verified on a card", function, role);
        if (sent != 0 && !function_verifies(function))
            ck_abort_msg("%s sent a PIN to a card", function);
        if (one_call && sent > 1)
            ck_abort_msg("%s sent %u PINs", function, sent);
        if (one_call && now.signatures[role] - was->signatures[role] > 1)
            ck_abort_msg("%s had the card sign more than once", function);
        if (now.tries[role] + sent < was->tries[role])
            ck_abort_msg("%s cost more tries than it sent PINs", function);
    }
}

void cards_judge(const char *function)
{
    bool one_call = strcmp(function, "the threads") != 0;

    for (size_t i = 0; i < rig.card_count; i++)
        card_judge(rig.cards[i], &notes[i], function, one_call);
    if (sim_world_violations(rig.world) != violations)
        ck_abort_msg("%s broke the contract of the transport", function);
}
