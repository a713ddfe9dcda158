/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Another process, as jpki-token is one: it looks at the card, asks a person for the PIN of that
 * card, and presents it.  While the person types anything may happen to the reader.
 */
#include "ledger.h"

#include "card_read.h"
#include "guard.h"

#include <stdio.h>

static struct slice text_slice(const char *text)
{
    return slice_of((const uint8_t *)text, text == NULL ? 0 : strlen(text));
}

/* The person has looked at the card, and types; anything may happen meanwhile. */
static void tool_type(struct card *card, CK_SLOT_ID slot, const struct given *given)
{
    const struct card_id whom = card->facts.id;
    const struct guard_ask ask = { .whom = &whom,
                                   .role = house_role(slot) == SIM_AUTH ? ROLE_AUTH : ROLE_SIGN,
                                   .job = given->fresh == NULL ? GUARD_LOGIN : GUARD_CHANGE,
                                   .origin = PIN_TYPED,
                                   .pin = text_slice(given->value),
                                   .new_pin = text_slice(given->fresh),
                                   .keep_last_try = ledger.keep_last };
    struct guard_tell tell;

    tell = guard_look(card, &ask);
    if (tell.why != JPKI_OK)
        return;
    for (unsigned i = dice(3); i > 0; i--)
        world_step();
    given_note(given);
    tell = guard_pass(card, &ask);
    answer_tool(&tell);
    house_look("jpki-token", tell.lock == LOCK_OPEN ? CKR_DEVICE_ERROR : CKR_OK);
}

void tool_step(void)
{
    const CK_SLOT_ID slot = dice(SLOTS);
    const char *name = house_reader(slot);
    char typed[SIM_PIN_MAX + 1], fresh[SIM_PIN_MAX + 1];
    struct given given = { .process = TOOL, .slot = slot };
    unsigned long before = 0, after = 0;
    struct card card;

    rules_process_ends(TOOL);
    snprintf(typed, sizeof(typed), "%s",
             dice(4) == 0 ? pin_of(house_role(slot), dice(PINS)) : pin_now(slot));
    snprintf(fresh, sizeof(fresh), "%s", pin_of(house_role(slot), dice(PINS)));
    (void)spy_card(house.world, name, &before);
    card_init(&card, &house.spies[TOOL].transport, name);
    house_begin("jpki-token");
    given_note(&given);
    if (card_recognise(&card) == JPKI_OK) {
        given.meant = spy_card(house.world, name, &after);
        given.value = typed;
        given.fresh = dice(3) == 0 ? fresh : NULL;
        if (before == after && given.meant != NULL)
            tool_type(&card, slot, &given);
    }
    given_note(NULL);
    card_disconnect(&card);
}
