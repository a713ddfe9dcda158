/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The simulated card behind the seam of apdu/transport.h, in process: a world of readers that
 * behaves as pcscd does.  A test makes the world, gives its transport to the code under test, and
 * lets things happen: cards come and go, other programs get in between, exchanges fail.  Every
 * function may be called from any thread.
 *
 * Readers are meant by name.  A function for a reader that is not there returns false and does
 * nothing.
 */
#ifndef SIM_TRANSPORT_H
#define SIM_TRANSPORT_H

#include "sim_card.h"
#include "transport.h"

struct sim_world;

/* A world without readers, its service running.  The caller frees it with sim_world_free when no
 * link or watch is open. */
struct sim_world *sim_world_new(void);
void sim_world_free(struct sim_world *world);

/* Its transport; lives as long as the world. */
const struct transport *sim_world_transport(struct sim_world *world);

/* What transport_system() returns from now on, in a program that links sim_system.c instead of
 * pcsc.c. */
void sim_system_set(struct sim_world *world);

/* Plug a reader in (false: the name is taken or there is no room) or pull it out, with the card
 * in it. */
bool sim_world_add_reader(struct sim_world *world, const char *reader) MUST_CHECK;
bool sim_world_remove_reader(struct sim_world *world, const char *reader) MUST_CHECK;

/*
 * Pull a reader out and plug it in again before anybody looks, as sleep does, with this card in it
 * (NULL: the one it had). Its count of events begins anew, so that it may be what it was; links
 * from before answer JPKI_ERR_NO_READER for ever.
 */
bool sim_world_replug(struct sim_world *world, const char *reader,
                      struct sim_card *card) MUST_CHECK;

/*
 * Put a card into an empty reader, take it out, or do both: out and this one in.  The world borrows
 * cards: the caller frees them after sim_world_free, or after taking them out.
 */
bool sim_world_insert(struct sim_world *world, const char *reader,
                      struct sim_card *card) MUST_CHECK;
bool sim_world_eject(struct sim_world *world, const char *reader) MUST_CHECK;
bool sim_world_swap(struct sim_world *world, const char *reader, struct sim_card *card) MUST_CHECK;

/* As swap, and another program resets the new card before anybody looks: of the two a connection
 * is told the reset alone. */
bool sim_world_swap_reset(struct sim_world *world, const char *reader,
                          struct sim_card *card) MUST_CHECK;

/* The card that the fault "swap" puts in. */
bool sim_world_set_spare(struct sim_world *world, const char *reader,
                         struct sim_card *card) MUST_CHECK;

/* Another program: resets the card; begins a transaction and ends it; connects exclusively and
 * lets go. */
bool sim_world_reset(struct sim_world *world, const char *reader) MUST_CHECK;
bool sim_world_hold(struct sim_world *world, const char *reader, bool hold) MUST_CHECK;
bool sim_world_hold_exclusive(struct sim_world *world, const char *reader, bool hold) MUST_CHECK;

/* Stop and start pcscd.  Stopping ends every link and watch. */
void sim_world_service(struct sim_world *world, bool up);

/* Let pcscd answer no list, no poll and no connect until it hears again, and how many ask in
 * vain. */
void sim_world_deaf(struct sim_world *world, bool deaf);
unsigned sim_world_unheard(struct sim_world *world);

/* Let pcscd refuse this user (JPKI_ERR_ACCESS on opening anything). */
void sim_world_refuse_access(struct sim_world *world, bool refuse);

/* The same by any error; JPKI_ERR_NO_SERVICE is one who speaks another protocol, JPKI_OK lets
 * everybody in again. */
void sim_world_refuse(struct sim_world *world, enum jpki_err refusal);

/* How often somebody was refused: each is two lines in pcscd's log. */
unsigned sim_world_refused(struct sim_world *world);

/*
 * A fault (sim_faults_add's words) on the n-th exchange from now with the card in this reader, or
 * with "verify mute" on the n-th VERIFY, and so on; in place of those that wait, or beside them.
 */
/* A fault (sim_fault_parse's words) on the n-th exchange from now with the card in this reader;
 * replaces an earlier one. */
bool sim_world_fault(struct sim_world *world, const char *reader, unsigned n,
                     const char *kind) MUST_CHECK;
bool sim_world_fault_also(struct sim_world *world, const char *reader, unsigned n,
                          const char *kind) MUST_CHECK;

/* The kind of command that a fault hit since the last sim_world_fault, "" for one without a
 * name; NULL if none was hit. */
const char *sim_world_fault_hit(struct sim_world *world, const char *reader);

/* After the fault "block": wait until the exchange stands still; let it go on.  The wait ends by
 * false after ten seconds. */
bool sim_world_wait_blocked(struct sim_world *world, const char *reader) MUST_CHECK;
bool sim_world_unblock(struct sim_world *world, const char *reader) MUST_CHECK;

/* Wait until somebody stands before the transaction of another; false after ten seconds in which
 * nobody did. */
bool sim_world_wait_waiting(struct sim_world *world, const char *reader) MUST_CHECK;

/* One thing the person does on the PIN pad.  pin is the PIN to verify, or the new one; it lives
 * as long as the script. */
enum sim_pad_act { SIM_PAD_TYPE, SIM_PAD_CANCEL, SIM_PAD_TIMEOUT, SIM_PAD_MISTYPE };

struct sim_pad_step {
    enum sim_pad_act act;
    const char *pin;
};

/*
 * Give the reader a PIN pad for verify and, with modify, for changes too; steps are taken in order,
 * and none left is a timeout.  The steps must stay valid; count 0 leaves a pad nobody types on.
 */
bool sim_world_pinpad(struct sim_world *world, const char *reader, bool modify,
                      const struct sim_pad_step *steps, size_t count) MUST_CHECK;
unsigned sim_world_pinpad_uses(struct sim_world *world, const char *reader);

/*
 * How card time passes: NULL (the start) only adds it up; otherwise sleep_us is called outside
 * every lock.  A mute card takes five seconds of it.
 */
void sim_world_set_clock(struct sim_world *world, void (*sleep_us)(void *user, unsigned long us),
                         void *user);
unsigned long sim_world_elapsed_us(struct sim_world *world);

/* One command that reaches a card: which one, and which insertion of it (no two in a world are
 * alike). */
struct sim_sight {
    const struct sim_card *card;
    unsigned long insertion;
    struct slice command;
};

/*
 * Whoever wants to see what reaches the cards.  see is called twice for each exchange, before the
 * card acts (or a fault comes between) and when that is over, by the thread that asked for the
 * exchange and under the world's lock: it may look at the card, and calls nothing of this page.
 * What is refused on the way there, since pcscd or the card has gone or was reset, is not seen.
 */
void sim_world_set_witness(struct sim_world *world,
                           void (*see)(void *user, const struct sim_sight *sight, bool over),
                           void *user);

/* A copy of the card's statistics, taken between two exchanges; false for an empty reader. */
bool sim_world_stats(struct sim_world *world, const char *reader,
                     struct sim_stats *ret_stats) MUST_CHECK;
bool sim_world_reset_stats(struct sim_world *world, const char *reader) MUST_CHECK;
bool sim_world_unlocked(struct sim_world *world, const char *reader, enum sim_role role);
bool sim_world_tries(struct sim_world *world, const char *reader, enum sim_role role,
                     unsigned *ret_tries) MUST_CHECK;

/* sim_card_set for the card in the reader. */
bool sim_world_set(struct sim_world *world, const char *reader, const char *word) MUST_CHECK;

/* Links and watches that are open now. */
unsigned sim_world_open_handles(struct sim_world *world);

/* Breaches of the seam's contract so far: an exchange outside a transaction, a nested one, a
 * handle used by two threads. */
unsigned sim_world_violations(struct sim_world *world);

#endif
