/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#define MUTE_US 5000000UL
#define ANSWER_ROOM 258

struct link {
    struct sim_world *world;
    char name[READER_NAME_MAX];
    unsigned long service_start, plugging;
    unsigned long told_at; /* removals and resets since then are news to this link */
    bool in_visit, busy;
};

/*
 * Whether the link leads to a card, and to which reader.  As in pcscd that need not be the card it
 * was opened for: a link is dead after a removal only until another program resets what lies there
 * then, and its next visit begins with a reset.
 */
static enum jpki_err link_reader(const struct link *link, struct world_reader **ret_reader)
{
    struct world_reader *reader = world_find(link->world, link->name);

    if (!link->world->service || link->world->service_starts != link->service_start)
        return JPKI_ERR_NO_SERVICE;
    if (reader == NULL || reader->plugging != link->plugging)
        return JPKI_ERR_NO_READER;
    if (reader->card == NULL ||
        (reader->removed_at > link->told_at && reader->removed_at > reader->reset_at))
        return JPKI_ERR_NO_CARD;
    *ret_reader = reader;
    return JPKI_OK;
}

static enum jpki_err link_open_check(struct sim_world *world, const char *name,
                                     struct world_reader **ret_reader)
{
    struct world_reader *reader = world_find(world, name);

    if (!world->service)
        return JPKI_ERR_NO_SERVICE;
    if (world->refusal != JPKI_OK) {
        world->refused++;
        return world->refusal;
    }
    if (reader == NULL)
        return JPKI_ERR_NO_READER;
    if (reader->card == NULL)
        return JPKI_ERR_NO_CARD;
    if (reader->exclusive)
        return JPKI_ERR_IN_USE;
    *ret_reader = reader;
    return JPKI_OK;
}

static enum jpki_err world_link_open(void *user, const char *name, void **ret_link)
{
    struct sim_world *world = user;
    struct world_reader *reader = NULL;
    struct link *link = calloc(1, sizeof(*link));
    enum jpki_err err;

    if (link == NULL)
        return JPKI_ERR_MEMORY;
    pthread_mutex_lock(&world->lock);
    world_hear(world);
    err = link_open_check(world, name, &reader);
    if (err == JPKI_OK) {
        link->world = world;
        memcpy(link->name, reader->name, sizeof(link->name));
        link->service_start = world->service_starts;
        link->plugging = reader->plugging;
        link->told_at = world->ticks;
        world->open_handles++;
        *ret_link = link;
        link = NULL;
    }
    pthread_mutex_unlock(&world->lock);
    free(link);
    return err;
}

/* Power taken and given back: every other link sees a reset. */
static void reader_unpower(struct sim_world *world, struct world_reader *reader)
{
    sim_card_unpower(reader->card);
    if (!sim_card_powered(reader->card))
        sim_card_power_on(reader->card);
    world_reset(world, reader);
}

static void visit_release(struct link *link)
{
    struct world_reader *reader = world_find(link->world, link->name);

    link->in_visit = false;
    if (reader != NULL && reader->holder == link) {
        reader->holder = reader->hold_next ? OTHER_PROGRAM : NULL;
        reader->hold_next = false;
        pthread_cond_broadcast(&link->world->changed);
    }
}

static void world_link_close(void *handle, enum link_end end)
{
    struct link *link = handle;
    struct sim_world *world = link->world;
    struct world_reader *reader = NULL;

    pthread_mutex_lock(&world->lock);
    if (link->busy)
        world_violation(world, "a link closed during an exchange");
    if (end == LINK_UNPOWER && link_reader(link, &reader) == JPKI_OK &&
        sim_faults_count(&reader->faults, NULL, 0).kind == SIM_FAULT_NONE)
        reader_unpower(world, reader);
    visit_release(link);
    world->open_handles--;
    pthread_mutex_unlock(&world->lock);
    free(link);
}

/* Wait until nobody has the transaction, and say that somebody waits. */
static enum jpki_err turn_await(const struct link *link, struct world_reader *reader)
{
    struct world_reader *found = reader;
    enum jpki_err err = JPKI_OK;

    reader->waiting++;
    pthread_cond_broadcast(&link->world->changed);
    while (err == JPKI_OK && reader->holder != NULL) {
        pthread_cond_wait(&link->world->changed, &link->world->lock);
        err = link_reader(link, &found);
    }
    if (reader->waiting > 0) /* else the reader went, and another one came in its place */
        reader->waiting--;
    return err;
}

static enum jpki_err world_link_check(void *handle)
{
    const struct link *link = handle;
    struct world_reader *reader = NULL;
    enum jpki_err err;

    pthread_mutex_lock(&link->world->lock);
    err = link_reader(link, &reader);
    pthread_mutex_unlock(&link->world->lock);
    return err == JPKI_ERR_NO_CARD ? JPKI_OK : err;
}

static enum jpki_err world_visit_begin(void *handle, bool *ret_reset)
{
    struct link *link = handle;
    struct sim_world *world = link->world;
    struct world_reader *reader = NULL;
    enum jpki_err err = JPKI_OK;

    pthread_mutex_lock(&world->lock);
    if (link->in_visit) {
        world_violation(world, "a transaction inside a transaction");
        err = JPKI_ERR_ARGUMENT;
        goto out;
    }
    err = link_reader(link, &reader);
    if (err == JPKI_OK && reader->holder != NULL)
        err = turn_await(link, reader);
    if (err != JPKI_OK)
        goto out;
    reader->holder = link;
    link->in_visit = true;
    *ret_reset = reader->reset_at > link->told_at;
    link->told_at = world->ticks;
out:
    pthread_mutex_unlock(&world->lock);
    return err;
}

static enum jpki_err world_visit_end(void *handle)
{
    struct link *link = handle;
    struct world_reader *reader = NULL;
    enum jpki_err err = JPKI_ERR_ARGUMENT;

    pthread_mutex_lock(&link->world->lock);
    if (link->in_visit)
        err = link_reader(link, &reader);
    else
        world_violation(link->world, "the end of a transaction that was not begun");
    visit_release(link);
    pthread_mutex_unlock(&link->world->lock);
    return err;
}

/* What every use of the card inside a transaction begins with: JPKI_ERR_RESET when another
 * program got in. */
static enum jpki_err link_enter(struct link *link, struct world_reader **ret_reader)
{
    enum jpki_err err = JPKI_OK;

    if (link->busy || !link->in_visit) {
        world_violation(link->world, link->busy ? "a link used by two threads"
                                                : "an exchange outside a transaction");
        return JPKI_ERR_ARGUMENT;
    }
    err = link_reader(link, ret_reader);
    if (err == JPKI_OK && (*ret_reader)->reset_at > link->told_at)
        err = JPKI_ERR_RESET;
    return err;
}

static enum jpki_err world_unpower(void *handle)
{
    struct link *link = handle;
    struct world_reader *reader = NULL;
    enum jpki_err err = JPKI_OK;

    pthread_mutex_lock(&link->world->lock);
    err = link_enter(link, &reader);
    if ((err == JPKI_OK || err == JPKI_ERR_RESET) &&
        sim_faults_count(&reader->faults, NULL, 0).kind != SIM_FAULT_NONE) {
        err = JPKI_ERR_IO; /* the reader does not do it */
    } else if (err == JPKI_OK || err == JPKI_ERR_RESET) {
        reader_unpower(link->world, reader);
        link->told_at = link->world->ticks;
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&link->world->lock);
    return err;
}

static enum jpki_err world_warm_reset(void *handle)
{
    struct link *link = handle;
    struct world_reader *reader = NULL;
    enum jpki_err err;

    pthread_mutex_lock(&link->world->lock);
    err = link_enter(link, &reader);
    if (err == JPKI_OK || err == JPKI_ERR_RESET) {
        sim_card_warm_reset(reader->card);
        world_reset(link->world, reader);
        link->told_at = link->world->ticks;
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&link->world->lock);
    return err;
}

/* The card that takes the place of this one, NULL if there is none; this one is then the other. */
static struct sim_card *spare_take(struct world_reader *reader)
{
    struct sim_card *other = reader->spare;

    if (other != NULL)
        reader->spare = reader->card;
    return other;
}

/* Faults that end the exchange without an answer. */
static enum jpki_err fault_break(struct link *link, struct world_reader *reader,
                                 enum sim_fault_kind kind, struct slice command)
{
    struct sim_card *card = reader->card;

    if (kind == SIM_FAULT_RESET) {
        sim_card_warm_reset(card);
        world_reset(link->world, reader);
        return JPKI_ERR_RESET;
    }
    sim_card_transmit_torn(card, command.ptr, command.len);
    if (kind == SIM_FAULT_UNPLUG) {
        world_unplug(link->world, reader);
        return JPKI_ERR_NO_READER;
    }
    if (kind == SIM_FAULT_SERVICE) {
        world_service_stop(link->world);
        return JPKI_ERR_NO_SERVICE;
    }
    if (kind == SIM_FAULT_REPLUG) {
        world_replug(link->world, reader, spare_take(reader));
        return JPKI_ERR_NO_READER;
    }
    if (kind == SIM_FAULT_SWAP || kind == SIM_FAULT_SWAP_RESET)
        card = spare_take(reader);
    world_card_out(link->world, reader);
    if (kind != SIM_FAULT_REMOVE && card != NULL)
        world_card_in(link->world, reader, card);
    if (kind == SIM_FAULT_SWAP_RESET)
        world_reset(link->world, reader);
    return JPKI_ERR_NO_CARD;
}

/* The exchange with the card, the lock held but for the time it takes; the answer's length, 0
 * for none. */
static enum jpki_err exchange_run(struct link *link, struct world_reader *reader,
                                  const struct sim_fault *fault, struct slice command,
                                  struct buf *answer)
{
    uint8_t resp[SIM_ANSWER_MAX];
    size_t len = 0;

    if (fault->kind == SIM_FAULT_BLOCK) {
        world_block(link->world, reader);
        enum jpki_err err = link_reader(link, &reader);
        if (err != JPKI_OK)
            return err;
    }
    reader->hold_next = reader->hold_next || fault->kind == SIM_FAULT_HOLD;
    if (fault->kind != SIM_FAULT_SW) {
        len = sim_card_transmit(reader->card, command.ptr, command.len, resp, sizeof(resp));
        world_pass(link->world, sim_card_last_us(reader->card));
    }
    if (fault->kind == SIM_FAULT_MUTE) {
        world_pass(link->world, MUTE_US);
        return JPKI_ERR_IO;
    }
    len = sim_fault_mangle(fault, resp, len, sizeof(resp));
    if (len > answer->cap - answer->len)
        return JPKI_ERR_IO;
    if (len > 0)
        memcpy(answer->ptr + answer->len, resp, len);
    answer->len += len;
    return link_reader(link, &reader);
}

static enum jpki_err exchange(struct link *link, struct slice command, struct buf *answer)
{
    struct world_reader *reader = NULL;
    struct sim_sight sight;
    enum jpki_err err = JPKI_OK;
    struct sim_fault fault = { .kind = SIM_FAULT_NONE };

    err = link_enter(link, &reader);
    if (err != JPKI_OK)
        return err;
    if (answer->len != 0 || answer->cap < ANSWER_ROOM || command.len < 4 || command.len > 261) {
        world_violation(link->world, "an exchange with too little room, or no short APDU");
        return JPKI_ERR_ARGUMENT;
    }
    fault = sim_faults_count(&reader->faults, command.ptr, command.len);
    sight = (struct sim_sight){ reader->card, reader->insertion, command };
    if (fault.kind != SIM_FAULT_RESET && link->world->see != NULL)
        link->world->see(link->world->see_user, &sight, false);
    link->busy = true;
    err = sim_fault_breaks(fault.kind) ? fault_break(link, reader, fault.kind, command)
                                       : exchange_run(link, reader, &fault, command, answer);
    link->busy = false;
    if (fault.kind != SIM_FAULT_RESET && link->world->see != NULL)
        link->world->see(link->world->see_user, &sight, true);
    return err;
}

static enum jpki_err world_transmit(void *handle, struct slice command, struct buf *answer)
{
    struct link *link = handle;
    enum jpki_err err = JPKI_OK;

    pthread_mutex_lock(&link->world->lock);
    err = exchange(link, command, answer);
    if (err != JPKI_OK)
        answer->len = 0;
    pthread_mutex_unlock(&link->world->lock);
    return err;
}

static bool world_has_pinpad(void *handle, enum pinpad_job job)
{
    struct link *link = handle;
    const struct world_reader *reader = NULL;
    bool has = false;

    pthread_mutex_lock(&link->world->lock);
    reader = world_find(link->world, link->name);
    if (reader != NULL)
        has = job == PINPAD_VERIFY ? reader->pad_verify : reader->pad_modify;
    pthread_mutex_unlock(&link->world->lock);
    return has;
}

static void world_reader_look(void *handle, struct reader_facts *ret)
{
    *ret = (struct reader_facts){ .features =
                                      (world_has_pinpad(handle, PINPAD_VERIFY) ? 1u << 6 : 0u) |
                                      (world_has_pinpad(handle, PINPAD_MODIFY) ? 1u << 7 : 0u) };
}

/* The command that the reader completes with what the person typed. */
static enum jpki_err pad_run(struct link *link, struct world_reader *reader,
                             const struct pinpad_request *request, struct buf *answer)
{
    const struct sim_pad_step none = { SIM_PAD_TIMEOUT, NULL };
    const struct sim_pad_step *step = &none;
    uint8_t command[5 + SIM_PIN_MAX];
    size_t len = 0;

    reader->pad_uses++;
    if (reader->step_next < reader->step_count)
        step = &reader->steps[reader->step_next++];
    if (step->act == SIM_PAD_CANCEL)
        return JPKI_ERR_CANCELLED;
    if (step->act == SIM_PAD_TIMEOUT)
        return JPKI_ERR_TIMEOUT;
    len = strlen(step->pin == NULL ? "" : step->pin);
    if (step->act == SIM_PAD_MISTYPE || len < request->min_len || len > request->max_len ||
        len > SIM_PIN_MAX)
        return JPKI_ERR_PIN_FORM;
    command[0] = 0x00;
    command[1] = request->job == PINPAD_VERIFY ? 0x20 : 0x24;
    command[2] = request->p1;
    command[3] = request->p2;
    command[4] = (uint8_t)len;
    memcpy(command + 5, step->pin, len);
    return exchange(link, slice_of(command, 5 + len), answer);
}

static enum jpki_err world_pinpad(void *handle, const struct pinpad_request *request,
                                  struct buf *answer)
{
    struct link *link = handle;
    struct world_reader *reader = NULL;
    enum jpki_err err = JPKI_OK;

    pthread_mutex_lock(&link->world->lock);
    err = link_enter(link, &reader);
    if (err == JPKI_OK &&
        !(request->job == PINPAD_VERIFY ? reader->pad_verify : reader->pad_modify))
        err = JPKI_ERR_UNSUPPORTED;
    if (err == JPKI_OK)
        err = pad_run(link, reader, request, answer);
    if (err != JPKI_OK)
        answer->len = 0;
    pthread_mutex_unlock(&link->world->lock);
    return err;
}

/* clang-format off */
const struct transport_ops world_ops = {
    .watch_open = world_watch_open, .watch_close = world_watch_close,
    .watch_list = world_watch_list, .watch_poll = world_watch_poll, .watch_wait = world_watch_wait,
    .watch_cancel = world_watch_cancel, .link_open = world_link_open, .link_close = world_link_close,
    .link_check = world_link_check, .visit_begin = world_visit_begin,
    .visit_end = world_visit_end, .unpower = world_unpower, .warm_reset = world_warm_reset, .transmit = world_transmit,
    .has_pinpad = world_has_pinpad, .reader_look = world_reader_look, .pinpad = world_pinpad,
};
/* clang-format on */
