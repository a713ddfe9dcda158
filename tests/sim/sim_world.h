/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The inside of the world of readers, for sim_world.c (what tests do to it) and sim_watch.c and
 * sim_link.c (what the code under test sees of it).  One mutex guards everything; one condition
 * variable tells of every change.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "sim_fault.h"
#include "sim_transport.h"

#include <pthread.h>

#define WORLD_READERS (READER_MAX + 8)

struct world_reader {
    bool plugged, exclusive;
    char name[READER_NAME_MAX];
    struct sim_card *card, *spare; /* borrowed; card is NULL when empty */
    uint32_t events;
    unsigned long insertion; /* counted through the whole world: no two are alike */
    /* the same for the reader itself: pcscd knows no link from before it was added anew */
    unsigned long plugging;
    /* when it last happened; of the two pcscd tells a link the later one alone */
    unsigned long removed_at, reset_at;
    const void *holder; /* who has the transaction: a link, OTHER_PROGRAM, or NULL */
    struct sim_faults faults;
    bool blocked, let_go;
    bool hold_next;   /* OTHER_PROGRAM is the next to have the transaction */
    unsigned waiting; /* links that stand before somebody else's transaction */
    bool pad_verify, pad_modify;
    const struct sim_pad_step *steps;
    size_t step_count, step_next;
    unsigned pad_uses;
};

struct sim_world {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct transport transport;
    struct world_reader readers[WORLD_READERS];
    bool service, deaf;
    unsigned unheard; /* threads whose question a deaf pcscd does not answer */
    /* what pcscd answers to who opens something; JPKI_OK: it lets everybody in */
    enum jpki_err refusal;
    unsigned refused;             /* so many times */
    unsigned long service_starts; /* links and watches of an earlier start are dead */
    unsigned long insertions, pluggings, set_version, elapsed_us;
    unsigned long ticks; /* one for each removal and reset */
    unsigned waiters;    /* watches inside watch_wait */
    void (*sleep_us)(void *user, unsigned long us);
    void *sleep_user;
    void (*see)(void *user, const struct sim_sight *sight, bool over);
    void *see_user;
    unsigned long open_handles, violations;
};

extern const char world_other_program;
#define OTHER_PROGRAM (&world_other_program)

extern const struct transport_ops world_ops;

/* All of these are called with the lock held. */
struct world_reader *world_find(struct sim_world *world, const char *name);
void world_violation(struct sim_world *world, const char *what);
void world_card_out(struct sim_world *world, struct world_reader *reader);
void world_card_in(struct sim_world *world, struct world_reader *reader, struct sim_card *card);
void world_reset(struct sim_world *world, struct world_reader *reader); /* tells every link */
void world_unplug(struct sim_world *world, struct world_reader *reader);
void world_replug(struct sim_world *world, struct world_reader *reader, struct sim_card *card);
void world_service_stop(struct sim_world *world);

/* Wait while pcscd is deaf. */
void world_hear(struct sim_world *world);

/* An exchange stands still until it is let go, or until its reader or pcscd goes. */
void world_block(struct sim_world *world, struct world_reader *reader);

/* Let card time pass: gives the lock up while a real clock sleeps. */
void world_pass(struct sim_world *world, unsigned long us);

enum jpki_err world_watch_open(void *user, void **ret_watch) MUST_CHECK;
void world_watch_close(void *handle);
enum jpki_err world_watch_list(void *handle, struct reader_view *views, size_t cap,
                               size_t *ret_count) MUST_CHECK;
enum jpki_err world_watch_poll(void *handle, struct reader_view *views, size_t count) MUST_CHECK;
enum jpki_err world_watch_wait(void *handle, struct reader_view *views, size_t count,
                               unsigned timeout_ms) MUST_CHECK;
void world_watch_cancel(void *handle);

#endif
