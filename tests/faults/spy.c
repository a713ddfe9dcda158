/* SPDX-License-Identifier: BSD-3-Clause */
#include "spy.h"

#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#define FID_PIN_AUTH 0x18
#define FID_PIN_SIGN 0x1B

struct spied {
    struct spy *spy;
    void *link;
    char reader[READER_NAME_MAX];
    unsigned current; /* the EF that P2 = 80 means */
};

const struct sim_card *spy_card(struct sim_world *world, const char *reader, unsigned long *ret_insertion)
{
    const struct world_reader *place = NULL;
    const struct sim_card *card = NULL;

    pthread_mutex_lock(&world->lock);
    place = world_find(world, reader);
    card = place == NULL ? NULL : place->card;
    *ret_insertion = place == NULL ? 0 : place->insertion;
    pthread_mutex_unlock(&world->lock);
    return card;
}

/* Follow what is current: SELECT EF, SELECT of an application, and short EF ids. */
static void current_follow(struct spied *spied, struct slice command, unsigned sw)
{
    const uint8_t *c = command.ptr;

    if (c[1] == 0xA4 && c[2] == 0x02 && command.len >= 7)
        spied->current = sw == 0x9000 ? c[6] : spied->current;
    else if (c[1] == 0xA4)
        spied->current = 0;
    else if (c[1] == 0xB0 && (c[2] & 0x80) != 0)
        spied->current = c[2] & 0x1Fu;
    else if ((c[1] == 0x20 || c[1] == 0x24 || c[1] == 0x2A) && (c[3] & 0x1F) != 0)
        spied->current = c[3] & 0x1Fu;
}

static bool carries_pin(struct slice command)
{
    return command.len > 5 && (command.ptr[1] == 0x20 || command.ptr[1] == 0x24);
}

static struct spy_event event_before(struct spied *spied, struct slice command)
{
    struct spy_event event = { .module = spied->spy->module, .change = command.ptr[1] == 0x24 };
    const size_t len = command.len - 5;

    if ((command.ptr[3] & 0x1F) != 0)
        spied->current = command.ptr[3] & 0x1Fu;
    event.known = spied->current == FID_PIN_AUTH || spied->current == FID_PIN_SIGN;
    event.role = spied->current == FID_PIN_SIGN ? SIM_SIGN : SIM_AUTH;
    if (len <= SIM_PIN_MAX)
        memcpy(event.value, command.ptr + 5, len);
    event.card = spy_card(spied->spy->world, spied->reader, &event.insertion);
    if (event.card != NULL) {
        memcpy(event.pin, sim_card_options(event.card)->role[event.role].pin, sizeof event.pin);
        event.tries_before = sim_card_options(event.card)->role[event.role].tries;
    }
    return event;
}

static enum jpki_err spy_transmit(void *handle, struct slice command, struct buf *answer)
{
    struct spied *spied = handle;
    const bool pin = carries_pin(command);
    struct spy_event event = { 0 };
    unsigned sw = 0;
    enum jpki_err err = JPKI_OK;

    if (pin)
        event = event_before(spied, command);
    err = spied->spy->inner->ops->transmit(spied->link, command, answer);
    if (err == JPKI_OK && answer->len >= 2)
        sw = (unsigned)answer->ptr[answer->len - 2] << 8 | answer->ptr[answer->len - 1];
    current_follow(spied, command, sw);
    if (!pin || spied->spy->tell == NULL)
        return err;
    event.err = err;
    event.sw = sw;
    event.tries_after = event.card == NULL ? 0 : sim_card_options(event.card)->role[event.role].tries;
    spied->spy->tell(&event);
    return err;
}

static enum jpki_err spy_link_open(void *user, const char *reader, void **ret_link)
{
    struct spy *spy = user;
    struct spied *spied = calloc(1, sizeof *spied);
    enum jpki_err err = JPKI_ERR_MEMORY;

    if (spied == NULL)
        return err;
    spied->spy = spy;
    memcpy(spied->reader, reader, strnlen(reader, READER_NAME_MAX - 1));
    err = spy->inner->ops->link_open(spy->inner->user, reader, &spied->link);
    if (err == JPKI_OK)
        *ret_link = spied;
    else
        free(spied);
    return err;
}

static void spy_link_close(void *handle, enum link_end end)
{
    struct spied *spied = handle;

    spied->spy->inner->ops->link_close(spied->link, end);
    free(spied);
}

static void spy_link_forget(void *handle)
{
    struct spied *spied = handle;

    spied->spy->inner->ops->link_forget(spied->link);
    free(spied);
}

static enum jpki_err spy_visit_begin(void *handle, bool *ret_reset)
{
    struct spied *spied = handle;

    atomic_fetch_add(&spied->spy->begins, 1);
    return spied->spy->inner->ops->visit_begin(spied->link, ret_reset);
}

static enum jpki_err spy_visit_end(void *handle)
{
    struct spied *spied = handle;

    return spied->spy->inner->ops->visit_end(spied->link);
}

static enum jpki_err spy_unpower(void *handle)
{
    struct spied *spied = handle;

    spied->current = 0;
    return spied->spy->inner->ops->unpower(spied->link);
}

static bool spy_has_pinpad(void *handle, enum pinpad_job job)
{
    struct spied *spied = handle;

    return spied->spy->inner->ops->has_pinpad(spied->link, job);
}

static enum jpki_err spy_pinpad(void *handle, const struct pinpad_request *request, struct buf *answer)
{
    struct spied *spied = handle;

    return spied->spy->inner->ops->pinpad(spied->link, request, answer);
}

static enum jpki_err spy_watch_open(void *user, void **ret_watch)
{
    const struct spy *spy = user;

    return spy->inner->ops->watch_open(spy->inner->user, ret_watch);
}

void spy_init(struct spy *spy, struct sim_world *world, unsigned module, void (*tell)(const struct spy_event *event))
{
    /* watches are the world's own; only links are stood in front of */
    static struct transport_ops ops;

    ops = world_ops;
    ops.watch_open = spy_watch_open;
    ops.link_open = spy_link_open;
    ops.link_close = spy_link_close;
    ops.link_forget = spy_link_forget;
    ops.visit_begin = spy_visit_begin;
    ops.visit_end = spy_visit_end;
    ops.unpower = spy_unpower;
    ops.transmit = spy_transmit;
    ops.has_pinpad = spy_has_pinpad;
    ops.pinpad = spy_pinpad;
    spy->transport = (struct transport){ &ops, spy };
    spy->inner = sim_world_transport(world);
    spy->world = world;
    spy->module = module;
    spy->tell = tell;
    atomic_store(&spy->begins, 0);
}
