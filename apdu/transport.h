/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seam between what the card speaks and how the bytes travel.  Three parts stand behind it:
 * pcsc.c (pcscd), the scripted answers of the unit tests, and the simulated card in process.  Rooms
 * above it never see a PC/SC name.
 *
 * Two kinds of handle, because one PC/SC context serves one thread at a time (listing on a waiting
 * context blocks for seconds):
 * - a watch sees readers come and go: list, poll, wait.  The module keeps one for polling and one
 *   for each who waits.
 * - a link is the connection to one card, with a context of its own.
 *
 * No function here retries, and none locks: the caller holds the lock that belongs to the handle.
 * Only watch_cancel may be called from another thread while watch_wait runs.
 */
#ifndef APDU_TRANSPORT_H
#define APDU_TRANSPORT_H

#include "bytes.h"
#include "herald.h"

#define READER_NAME_MAX 128 /* bytes with the terminator; pcsc-lite's MAX_READERNAME */
/* our bound of readers at one time; pcscd has 16 below 2.5, and then none */
#define READER_MAX 64
#define ATR_MAX 33 /* ISO 7816-3 */

/* What is known of one reader without asking a card. */
struct reader_view {
    char name[READER_NAME_MAX];
    bool known;      /* out: pcscd has a reader of this name */
    bool present;    /* out: a card lies in it */
    bool exclusive;  /* out: another program holds it exclusively */
    bool used;       /* out: some program, perhaps this one, is connected to it */
    uint32_t events; /* in for wait: the count last seen; out: pcscd's count of insertions and
                        removals.  Any change means another card, or the same one put in again */
    uint8_t atr[ATR_MAX];
    size_t atr_len;
};

/* How a link is given up: the card left as it is, or without power (forgets every PIN). */
enum link_end { LINK_LEAVE, LINK_UNPOWER };

enum pinpad_job { PINPAD_VERIFY, PINPAD_MODIFY };

/* What a PIN pad must know of the PIN; the PIN itself never reaches the host. */
struct pinpad_request {
    enum pinpad_job job;
    uint8_t ins, p1, p2;      /* of the VERIFY or CHANGE command the reader completes */
    uint8_t min_len, max_len; /* digits */
};

/* What a reader says of itself. */
struct reader_facts {
    uint32_t features; /* of PC/SC part 10: bit n is the feature with tag n */
    /* its driver's version, one byte each and the last two together; 0: it does not say */
    uint32_t driver;
};

struct transport_ops {
    /*
     * A watch.  JPKI_ERR_NO_SERVICE without pcscd, JPKI_ERR_ACCESS without the right to use it. The
     * caller gives it to watch_close; a forked child leaves its parent's alone.
     */
    enum jpki_err (*watch_open)(void *user, void **ret_watch) MUST_CHECK;
    void (*watch_close)(void *watch);

    /*
     * Fill views (room for cap) with the readers there are, names only.  No reader is JPKI_OK with
     * *ret_count 0; what is beyond cap, and a name of READER_NAME_MAX bytes, is left out.
     */
    enum jpki_err (*watch_list)(void *watch, struct reader_view *views, size_t cap,
                                size_t *ret_count) MUST_CHECK;

    /* Bring views up to date at once, by name, without waiting and without touching a card; on
     * JPKI_OK only.  A reader of which nothing can be told is not known. */
    enum jpki_err (*watch_poll)(void *watch, struct reader_view *views, size_t count) MUST_CHECK;

    /*
     * Wait until a view's events count differs from what it says, a reader comes or goes, or
     * timeout_ms passes (JPKI_ERR_TIMEOUT) or watch_cancel is called (JPKI_ERR_CANCELLED).  A
     * reader that came or went since the last list or wait of this watch ends it at once, so the
     * caller lists after each JPKI_OK.  That may also come without any news, but not often: the
     * watch itself sees to it that who calls again and again does not spin.  A cancel before
     * the wait ends the next one; one in the moment in which pcscd is asked to wait may be lost, so
     * who has to be sure cancels again until the waiter is gone.  views are brought up to date on
     * JPKI_OK.
     */
    enum jpki_err (*watch_wait)(void *watch, struct reader_view *views, size_t count,
                                unsigned timeout_ms) MUST_CHECK;
    void (*watch_cancel)(void *watch);

    /*
     * Connect to the card in the named reader, shared with other programs.  JPKI_ERR_NO_CARD,
     * JPKI_ERR_NO_READER, JPKI_ERR_IN_USE (held exclusively), JPKI_ERR_NO_SERVICE.  The caller ends
     * it by link_close.
     */
    enum jpki_err (*link_open)(void *user, const char *reader, void **ret_link) MUST_CHECK;
    void (*link_close)(void *link, enum link_end end);

    /*
     * Whether the link still leads to its reader: JPKI_ERR_NO_READER (it went, or was added anew),
     * JPKI_ERR_NO_SERVICE (so did pcscd); JPKI_OK is all else, a card that was taken out included.
     * Asks no card.  NULL: nobody can tell.
     */
    enum jpki_err (*link_check)(void *link) MUST_CHECK;

    /*
     * Begin a transaction: until link_end_visit no other program's exchange comes between.  Waits
     * as long as another program holds one.  If the card was reset since the last visit the link is
     * reconnected first and *ret_reset is true. JPKI_ERR_NO_CARD if the card was removed and
     * nothing happened since: the link is dead then.  A reset by another program hides an earlier
     * removal (measured), so after *ret_reset another card may lie there.  A card whose last three
     * exchanges failed is given new power, as after a reset, or, where that has not helped, taken
     * for removed.
     */
    enum jpki_err (*visit_begin)(void *link, bool *ret_reset) MUST_CHECK;
    enum jpki_err (*visit_end)(void *link) MUST_CHECK;

    /* Inside a transaction: take the card's power away and give it back, keeping link and
     * transaction. */
    enum jpki_err (*unpower)(void *link) MUST_CHECK;

    /* The same with a reset that leaves the card its power.  NULL: it cannot be done. */
    enum jpki_err (*warm_reset)(void *link) MUST_CHECK;

    /*
     * One exchange.  command is a short APDU; answer (empty, at least 258 bytes of room) receives
     * data and status word. JPKI_ERR_RESET: the card was reset by another; JPKI_ERR_NO_CARD: it is
     * gone; JPKI_ERR_NO_READER, _NO_SERVICE: so is the reader, or pcscd; JPKI_ERR_IO: anything
     * else, and whether the card acted is then unknown.
     */
    enum jpki_err (*transmit)(void *link, struct slice command, struct buf *answer) MUST_CHECK;

    /* Whether the reader has a keypad for the job (PC/SC part 10).  May ask the reader, never
     * the card. */
    bool (*has_pinpad)(void *link, enum pinpad_job job);

    /* What the reader says of itself, never asking the card.  NULL: nothing. */
    void (*reader_look)(void *link, struct reader_facts *ret);

    /*
     * One exchange whose PIN is typed on the reader.  JPKI_ERR_CANCELLED and _TIMEOUT by the
     * person; JPKI_ERR_PIN_FORM if the entry was too short or mistyped twice; none of these cost a
     * try.  JPKI_ERR_UNSUPPORTED and _ARGUMENT before the reader is asked; the others as transmit
     * has them.
     */
    enum jpki_err (*pinpad)(void *link, const struct pinpad_request *request,
                            struct buf *answer) MUST_CHECK;

    /* Tell the person's desktop, outside of any visit, what a card refused; NULL where there is
     * none. */
    void (*tell)(const struct herald_news *news);
};

struct transport {
    const struct transport_ops *ops;
    void *user; /* given to watch_open and link_open */
};

/* The transport of the program it is linked into: pcsc.c in everything that is installed, the
 * simulated card in tests. */
const struct transport *transport_system(void);

#endif
