/* SPDX-License-Identifier: BSD-3-Clause */
#include "spy.h"

#include "sim_inside.h"
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#define FID_PIN_AUTH 0x18
#define FID_PIN_SIGN 0x1B

struct spied {
    struct spy *spy;
    void *link;
};

const struct sim_card *spy_card(struct sim_world *world, const char *reader,
                                unsigned long *ret_insertion)
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

static bool carries_pin(struct slice command)
{
    return command.len > 5 && (command.ptr[1] == 0x20 || command.ptr[1] == 0x24);
}

static bool asks_tries(struct slice command)
{
    return command.len <= 5 && command.ptr[1] == 0x20;
}

static struct spy_event event_begin(const struct spy *spy, const struct sim_sight *sight)
{
    const struct sim_card *card = sight->card;
    const uint8_t *c = sight->command.ptr;
    const size_t len = sight->command.len > 5 ? sight->command.len - 5 : 0;
    const unsigned current = card->current == NULL ? 0 : card->current->fid;
    const unsigned fid = (c[3] & 0x1F) != 0 ? c[3] & 0x1Fu : current;
    struct spy_event event = {
        .module = spy->module, .change = c[1] == 0x24, .card = card, .insertion = sight->insertion
    };

    event.query = asks_tries(sight->command);
    event.known = card->app == SIM_APP_JPKI && (fid == FID_PIN_AUTH || fid == FID_PIN_SIGN);
    event.role = fid == FID_PIN_SIGN ? SIM_SIGN : SIM_AUTH;
    if (len <= SIM_PIN_MAX)
        memcpy(event.value, c + 5, len);
    memcpy(event.pin, card->opt.role[event.role].pin, sizeof(event.pin));
    event.tries_before = card->opt.role[event.role].tries;
    return event;
}

/* What this thread sends, and what a card has got of it. */
static _Thread_local struct {
    const struct spy *spy;
    bool seen;
    struct spy_event event;
} sending;

/* Under the world's lock: what is noted here is what the card knew when it got the PIN, and what
 * it made of it. */
static void sight_note(void *user, const struct sim_sight *sight, bool over)
{
    (void)user;
    if (sending.spy == NULL ||
        !(carries_pin(sight->command) || (sending.spy->queries && asks_tries(sight->command))))
        return;
    if (!over)
        sending.event = event_begin(sending.spy, sight);
    sending.event.tries_after = sight->card->opt.role[sending.event.role].tries;
    sending.event.holds =
        strcmp(sending.event.value, sight->card->opt.role[sending.event.role].pin) == 0;
    sending.seen = true;
}

static void sending_begin(const struct spy *spy)
{
    sending.spy = spy;
    sending.seen = false;
}

static enum jpki_err sending_end(const struct spy *spy, enum jpki_err err, struct slice answer,
                                 bool keypad)
{
    struct spy_event event = sending.event;
    const bool seen = sending.seen;

    sending.spy = NULL;
    if (!seen || spy->tell == NULL)
        return err;
    event.keypad = keypad;
    event.err = err;
    if (err == JPKI_OK && answer.len >= 2)
        event.sw = (unsigned)answer.ptr[answer.len - 2] << 8 | answer.ptr[answer.len - 1];
    spy->tell(&event);
    return err;
}

static enum jpki_err spy_transmit(void *handle, struct slice command, struct buf *answer)
{
    struct spied *spied = handle;
    enum jpki_err err = JPKI_OK;

    sending_begin(spied->spy);
    err = spied->spy->inner->ops->transmit(spied->link, command, answer);
    return sending_end(spied->spy, err, buf_slice(answer), false);
}

static enum jpki_err spy_link_open(void *user, const char *reader, void **ret_link)
{
    struct spy *spy = user;
    struct spied *spied = calloc(1, sizeof(*spied));
    enum jpki_err err = JPKI_ERR_MEMORY;

    if (spied == NULL)
        return err;
    spied->spy = spy;
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

static enum jpki_err spy_link_check(void *handle)
{
    const struct spied *spied = handle;

    return spied->spy->inner->ops->link_check(spied->link);
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

    return spied->spy->inner->ops->unpower(spied->link);
}

static enum jpki_err spy_warm_reset(void *handle)
{
    struct spied *spied = handle;

    return spied->spy->inner->ops->warm_reset(spied->link);
}

static bool spy_has_pinpad(void *handle, enum pinpad_job job)
{
    struct spied *spied = handle;

    return spied->spy->inner->ops->has_pinpad(spied->link, job);
}

static enum jpki_err spy_pinpad(void *handle, const struct pinpad_request *request,
                                struct buf *answer)
{
    struct spied *spied = handle;

    enum jpki_err err = JPKI_OK;

    sending_begin(spied->spy);
    err = spied->spy->inner->ops->pinpad(spied->link, request, answer);
    return sending_end(spied->spy, err, buf_slice(answer), true);
}

static enum jpki_err spy_watch_open(void *user, void **ret_watch)
{
    const struct spy *spy = user;

    return spy->inner->ops->watch_open(spy->inner->user, ret_watch);
}

void spy_init(struct spy *spy, struct sim_world *world, unsigned module,
              void (*tell)(const struct spy_event *event))
{
    /* watches are the world's own; only links are stood in front of */
    static struct transport_ops ops;

    ops = world_ops;
    ops.watch_open = spy_watch_open;
    ops.link_open = spy_link_open;
    ops.link_close = spy_link_close;
    ops.link_check = spy_link_check;
    ops.visit_begin = spy_visit_begin;
    ops.visit_end = spy_visit_end;
    ops.unpower = spy_unpower;
    ops.warm_reset = spy_warm_reset;
    ops.transmit = spy_transmit;
    ops.has_pinpad = spy_has_pinpad;
    ops.reader_look = NULL;
    ops.pinpad = spy_pinpad;
    spy->transport = (struct transport){ &ops, spy };
    spy->inner = sim_world_transport(world);
    spy->world = world;
    spy->module = module;
    spy->tell = tell;
    spy->queries = false;
    atomic_store(&spy->begins, 0);
    sim_world_set_witness(world, sight_note, NULL);
}
