/* SPDX-License-Identifier: BSD-3-Clause */
#include "hostile.h"

#include <string.h>

#define WAITS_MAX 20 /* so many in vain, and a card comes or goes */

enum act {
    ACT_ERROR,
    ACT_REPLACE,
    ACT_APPEND,
    ACT_CUT,
    ACT_STATUS,
    ACT_INSTEAD,
    ACT_EJECT,
    ACT_INSERT,
    ACT_SWAP,
    ACT_RESET,
    ACT_SERVICE,
    ACT_UNPLUG,
    ACT_COUNT
};

static struct {
    struct sim_world *world;
    const struct transport *honest;
    struct sim_card *card, *spare;
    struct slice plan;
    bool dishonest, service;
    bool due; /* item is the next act, after skip more calls */
    unsigned skip;
    struct slice item;
    struct hostile_counts counts;
} h;

void hostile_begin(struct sim_world *world, struct sim_card *card, struct sim_card *spare,
                   struct slice plan)
{
    memset(&h, 0, sizeof(h));
    h.world = world;
    h.honest = sim_world_transport(world);
    h.card = card;
    h.spare = spare;
    h.plan = plan;
    h.service = true;
}

bool hostile_honest(void)
{
    return !h.dishonest;
}

struct hostile_counts *hostile_counts(void)
{
    return &h.counts;
}

void hostile_card_toggle(void)
{
    bool done;

    wrap_pause();
    done = sim_world_eject(h.world, HOSTILE_READER_A) ||
           sim_world_insert(h.world, HOSTILE_READER_A, h.card);
    consume(&done, sizeof(done));
    wrap_resume();
}

/* An error that transport.h allows: whatever pcscd says, no other can come from there. */
static enum jpki_err error_of(size_t number)
{
    const size_t count = JPKI_ERR_TIMEOUT - JPKI_ERR_NO_SERVICE + 1;

    return number % (count + 1) == count
               ? JPKI_ERR_MEMORY
               : (enum jpki_err)(JPKI_ERR_NO_SERVICE + number % (count + 1));
}

/* What another program, or a hand, does before this call. */
static void world_act(enum act act)
{
    bool done = true;

    if (act == ACT_EJECT)
        done = sim_world_eject(h.world, HOSTILE_READER_A);
    else if (act == ACT_INSERT)
        done = sim_world_insert(h.world, HOSTILE_READER_A, h.card);
    else if (act == ACT_SWAP)
        done = sim_world_eject(h.world, HOSTILE_READER_A) &&
               sim_world_insert(h.world, HOSTILE_READER_A, h.spare);
    else if (act == ACT_RESET)
        done = sim_world_reset(h.world, HOSTILE_READER_A);
    else if (act == ACT_UNPLUG)
        done = sim_world_remove_reader(h.world, HOSTILE_READER_A) ||
               sim_world_add_reader(h.world, HOSTILE_READER_A);
    else if (act == ACT_SERVICE) {
        h.service = !h.service;
        sim_world_service(h.world, h.service);
    }
    consume(&done, sizeof(done));
}

/* What is to be done at this call: ACT_COUNT for nothing, else the act and its argument. */
static enum act act_next(struct slice *ret_argument)
{
    if (!h.due) {
        if (!list_next(&h.plan, &h.item) || h.item.len < 2)
            return ACT_COUNT;
        h.skip = h.item.ptr[0];
        h.due = true;
    }
    if (h.skip > 0) {
        h.skip--;
        return ACT_COUNT;
    }
    h.due = false;
    h.dishonest = true;
    *ret_argument = slice_part(h.item, 2, h.item.len);
    return (enum act)(h.item.ptr[1] % ACT_COUNT);
}

/* The error of a call that has no answer to be changed; JPKI_OK to go on honestly. */
static enum jpki_err call_begin_hostile(void)
{
    struct slice argument = { NULL, 0 };
    enum act act = act_next(&argument);

    wrap_pause();
    if (act >= ACT_EJECT)
        world_act(act);
    if (act != ACT_ERROR)
        return JPKI_OK;
    return argument.len > 0 ? error_of(argument.ptr[0]) : JPKI_ERR_IO;
}

static enum jpki_err call_end_hostile(enum jpki_err err)
{
    wrap_resume();
    return err;
}

#define HONEST(name, ...) (h.honest->ops->name(__VA_ARGS__))

/* Nobody waits for ever for a service that nobody starts. */
static void service_return(void)
{
    h.counts.waits++;
    if (h.counts.waits % WAITS_MAX == 0 && !h.service)
        world_act(ACT_SERVICE);
}

static enum jpki_err watch_open(void *user, void **ret_watch)
{
    enum jpki_err err = call_begin_hostile();

    service_return();
    return call_end_hostile(err != JPKI_OK ? err : HONEST(watch_open, user, ret_watch));
}

static void watch_close(void *watch)
{
    wrap_pause();
    HONEST(watch_close, watch);
    wrap_resume();
}

static enum jpki_err watch_list(void *watch, struct reader_view *views, size_t cap,
                                size_t *ret_count)
{
    enum jpki_err err = call_begin_hostile();

    return call_end_hostile(err != JPKI_OK ? err
                                           : HONEST(watch_list, watch, views, cap, ret_count));
}

static enum jpki_err watch_poll(void *watch, struct reader_view *views, size_t count)
{
    enum jpki_err err = call_begin_hostile();

    return call_end_hostile(err != JPKI_OK ? err : HONEST(watch_poll, watch, views, count));
}

/* Nobody really waits here: time is what we say, and what is waited for comes at last. */
static enum jpki_err watch_wait(void *watch, struct reader_view *views, size_t count,
                                unsigned timeout_ms)
{
    enum jpki_err err = call_begin_hostile();

    wrap_clock(timeout_ms);
    service_return();
    if (h.counts.waits % WAITS_MAX < 2) {
        if (!sim_world_add_reader(h.world, HOSTILE_READER_A))
            hostile_card_toggle();
    }
    if (err == JPKI_OK)
        err = HONEST(watch_poll, watch, views, count);
    return call_end_hostile(err != JPKI_OK ? err : JPKI_ERR_TIMEOUT);
}

static void watch_cancel(void *watch)
{
    (void)watch;
}

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    enum jpki_err err = call_begin_hostile();

    return call_end_hostile(err != JPKI_OK ? err : HONEST(link_open, user, reader, ret_link));
}

static void link_close(void *link, enum link_end end)
{
    wrap_pause();
    HONEST(link_close, link, end);
    wrap_resume();
}

static enum jpki_err link_check(void *link)
{
    enum jpki_err err;

    wrap_pause();
    err = HONEST(link_check, link);
    wrap_resume();
    return err;
}

static enum jpki_err visit_begin(void *link, bool *ret_reset)
{
    enum jpki_err err = call_begin_hostile();

    return call_end_hostile(err != JPKI_OK ? err : HONEST(visit_begin, link, ret_reset));
}

/* A transaction ends even where its end is said to have failed. */
static enum jpki_err visit_end(void *link)
{
    enum jpki_err err = call_begin_hostile();
    enum jpki_err honest = HONEST(visit_end, link);

    return call_end_hostile(err != JPKI_OK ? err : honest);
}

static enum jpki_err unpower(void *link)
{
    enum jpki_err err = call_begin_hostile();

    return call_end_hostile(err != JPKI_OK ? err : HONEST(unpower, link));
}

/* What the plan makes of an answer that came, or did not have to come. */
static enum jpki_err answer_change(enum act act, struct slice argument, struct buf *answer)
{
    size_t keep = argument.len > 0 ? argument.ptr[0] : 0;

    if (act == ACT_CUT)
        answer->len = answer->len < keep ? answer->len : keep;
    if (act == ACT_STATUS && argument.len >= 2 && answer->len >= 2)
        memcpy(answer->ptr + answer->len - 2, argument.ptr, 2);
    if (act == ACT_REPLACE || act == ACT_INSTEAD || act == ACT_ERROR)
        answer->len = 0;
    if (act == ACT_ERROR)
        return error_of(keep);
    if (act == ACT_REPLACE || act == ACT_INSTEAD || act == ACT_APPEND)
        return buf_put(answer, argument) == JPKI_OK ? JPKI_OK : JPKI_ERR_IO;
    return JPKI_OK;
}

static enum jpki_err transmit(void *link, struct slice command, struct buf *answer)
{
    struct slice argument = { NULL, 0 };
    enum act act = act_next(&argument);
    enum jpki_err err = JPKI_OK;

    wrap_pause();
    consume(command.ptr, command.len);
    h.counts.verifies += command.len > 5 && command.ptr[1] == 0x20;
    if (act >= ACT_EJECT && act < ACT_COUNT)
        world_act(act);
    if (act != ACT_INSTEAD)
        err = HONEST(transmit, link, command, answer);
    if (act < ACT_EJECT && (err == JPKI_OK || act == ACT_INSTEAD))
        err = answer_change(act, argument, answer);
    return call_end_hostile(err);
}

static bool has_pinpad(void *link, enum pinpad_job job)
{
    bool yes;

    wrap_pause();
    yes = HONEST(has_pinpad, link, job);
    wrap_resume();
    return yes;
}

static enum jpki_err pinpad(void *link, const struct pinpad_request *request, struct buf *answer)
{
    struct slice argument = { NULL, 0 };
    enum act act = act_next(&argument);
    enum jpki_err err;

    wrap_pause();
    h.counts.verifies += request->job == PINPAD_VERIFY;
    err = HONEST(pinpad, link, request, answer);
    if (act < ACT_EJECT && err == JPKI_OK)
        err = answer_change(act, argument, answer);
    return call_end_hostile(err);
}

static const struct transport_ops hostile_ops = {
    .watch_open = watch_open,
    .watch_close = watch_close,
    .watch_list = watch_list,
    .watch_poll = watch_poll,
    .watch_wait = watch_wait,
    .watch_cancel = watch_cancel,
    .link_open = link_open,
    .link_close = link_close,
    .link_check = link_check,
    .visit_begin = visit_begin,
    .visit_end = visit_end,
    .unpower = unpower,
    .transmit = transmit,
    .has_pinpad = has_pinpad,
    .pinpad = pinpad,
};

const struct transport *transport_system(void)
{
    static struct transport transport = { &hostile_ops, NULL };

    transport.user = h.honest->user;
    return &transport;
}
