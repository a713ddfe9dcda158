/* SPDX-License-Identifier: BSD-3-Clause */
/* Which readers there are, asked of pcscd, and what all of them have in common. */
#ifndef MODULE_READERS_H
#define MODULE_READERS_H

#include "reader.h"

/* How many readers were ever seen, the placeholder included; 0 before anybody looked for them. */
size_t readers_count(struct module *module);

/* The reader of a slot; NULL if there is no such slot.  Looks for readers the first time.  They
 * live until C_Finalize. */
struct reader *reader_of_slot(struct module *module, CK_SLOT_ID slot, enum role *ret_role);

/*
 * A new watch; the caller closes it.  pcscd writes two lines into its log for each that it refuses,
 * by polkit or because it speaks another protocol, so after a refusal it is not asked for a while,
 * and the refusal stands.
 */
enum jpki_err readers_watch_open(struct module *module, void **ret_watch) MUST_CHECK;

/*
 * Ask pcscd which readers there are and append the new ones (C_GetSlotList with NULL,
 * C_WaitForSlotEvent).  Where readers are known and another thread's question is not answered, what
 * is known stands.
 */
void readers_list(struct module *module);

/* Let the placeholder become a real one if there is any by now; at most every max_age_ms. */
void readers_adopt(struct module *module, unsigned max_age_ms);

/* Fill views with each reader as it was published last; how many there are, none for a
 * placeholder. */
size_t readers_views(struct module *module, struct reader_view views[static MODULE_READER_MAX]);

/*
 * Ask pcscd for the state of all readers, at most every max_age_ms, and publish it; a changed card
 * ends its logins. Never waits: if another thread is asking, or is in the middle of an exchange,
 * the old answer stands.
 */
void readers_poll(struct module *module, unsigned max_age_ms);

/* The same now, and after waiting for another thread that is asking, at most so long; false if
 * that was too short. */
bool readers_poll_within(struct module *module, unsigned ms);

/* The module closes: forget every PIN; none that a call inside holds goes to a card.  Called
 * under the module's lock. */
void readers_shut_inlock(struct module *module);

/* Whether a person is typing on some reader's keypad for a call of this program.  Called under
 * the module's lock. */
bool readers_at_keypad_inlock(const struct module *module);

/*
 * Wait until no thread of this program is in the middle of an exchange with a card, at most so
 * long; false if one is still. One that does not come back may keep pcscd from answering anything:
 * who only polls asks it nothing meanwhile.
 */
bool readers_exchange_over(struct module *module, unsigned ms) MUST_CHECK;

/* Forget PINs that were not used for as long as the options say.  Called under the module's lock
 * at every entry. */
void readers_expire_inlock(struct module *module);

/* Disconnect from all cards and free everything, certificates and watches included.  Nobody is
 * inside. */
void readers_free(struct module *module);

#endif
