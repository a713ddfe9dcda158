/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the spy tells of, for every judge of this folder believes it: a PIN that a card was given,
 * whatever came of it, and never one that was refused on its way.
 */
#include "house.h"

#include <stdio.h>

static unsigned told;
static struct spy_event last;

static void event_keep(const struct spy_event *event)
{
    told++;
    last = *event;
}

static const uint8_t select_jpki[] = { 0x00, 0xA4, 0x04, 0x0C, 0x0A, 0xD3, 0x92, 0xF0,
                                       0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t verify[] = { 0x00, 0x20, 0x00, 0x98, 0x04, '9', '9', '9', '9' };

static enum jpki_err send(void *link, struct slice command)
{
    uint8_t room[300];
    struct buf answer = BUF_OVER(room);

    return house.spies[0].transport.ops->transmit(link, command, &answer);
}

static void service_stop(void)
{
    /* in the ledger: an exchange of another thread, with the other reader's card */
    sim_world_service(house.world, false);
}

static void reader_unplug(void)
{
    if (!sim_world_remove_reader(house.world, READER_A))
        house_fault("the reader did not go");
}

static void card_swap(void)
{
    if (!sim_world_swap(house.world, READER_A, house.cards[2]))
        house_fault("the card did not go");
}

static void card_reset(void)
{
    if (!sim_world_reset(house.world, READER_A))
        house_fault("the card was not reset");
}

static void fault_set(const char *kind)
{
    if (!sim_world_fault(house.world, READER_A, 1, kind))
        house_fault("no fault %s", kind);
}

static void pin_torn(void)
{
    fault_set("remove");
}
static void pin_swapped(void)
{
    fault_set("swap");
}
static void pin_lost(void)
{
    fault_set("mute");
}
static void pin_unanswered(void)
{
    fault_set("sw=6F00");
}
static void pin_outrun(void)
{
    fault_set("reset");
}
static void nothing_happens(void)
{
}

int main(void)
{
    static const struct {
        const char *name;
        void (*before)(void);
        unsigned told;
        enum jpki_err err;
    } rows[] = {
        { "nothing happens", nothing_happens, 1, JPKI_OK },
        { "pcscd ends before the PIN", service_stop, 0, JPKI_ERR_NO_SERVICE },
        { "the reader goes before the PIN", reader_unplug, 0, JPKI_ERR_NO_READER },
        { "another card comes before the PIN", card_swap, 0, JPKI_ERR_NO_CARD },
        { "another program resets before the PIN", card_reset, 0, JPKI_ERR_RESET },
        { "another program resets at the PIN", pin_outrun, 0, JPKI_ERR_RESET },
        { "the card is pulled during the PIN", pin_torn, 1, JPKI_ERR_NO_CARD },
        { "the card is swapped during the PIN", pin_swapped, 1, JPKI_ERR_NO_CARD },
        { "the answer is lost", pin_lost, 1, JPKI_ERR_IO },
        { "the card does not act", pin_unanswered, 1, JPKI_OK },
    };

    house_load();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct transport_ops *ops = NULL;
        void *link = NULL;
        bool reset = false;
        enum jpki_err err = JPKI_ERR_IO;

        house_place("%s", rows[i].name);
        house_up(2, "", "", event_keep);
        ops = house.spies[0].transport.ops;
        told = 0;
        memset(&last, 0, sizeof(last));
        if (ops->link_open(&house.spies[0], READER_A, &link) != JPKI_OK ||
            ops->visit_begin(link, &reset) != JPKI_OK ||
            send(link, SLICE_OF(select_jpki)) != JPKI_OK)
            house_fault("the card was not reached");
        if (!sim_world_set_spare(house.world, READER_A, house.cards[2]))
            house_fault("no spare card");
        rows[i].before();
        err = send(link, SLICE_OF(verify));
        if (err != rows[i].err)
            house_fault("the PIN was answered %d, not %d", (int)err, (int)rows[i].err);
        if (told != rows[i].told)
            house_fault("the spy told of %u PINs, not %u", told, rows[i].told);
        if (told == 1 && (last.card != house.cards[0] || !last.known || last.role != SIM_AUTH ||
                          last.err != err || strcmp(last.value, "9999") != 0 ||
                          strcmp(last.pin, "1234") != 0 || last.tries_before != 3))
            house_fault("the spy told something else of the PIN");
        (void)!ops->visit_end(link);
        ops->link_close(link, LINK_LEAVE);
        sim_world_service(house.world, true);
        house_down();
    }
    printf("%zu ways of a PIN, %u faults\n", sizeof(rows) / sizeof(rows[0]), house_faults());
    house_unload();
    return house_faults() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
