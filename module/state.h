/* SPDX-License-Identifier: BSD-3-Clause */
/* clang-format off */
/*
 * The module's state, its life and the count of the calls inside, which C_Finalize waits for.
 * life.h opens and closes it.
 *
 *              C_Initialize         done               C_Finalize
 *     CLOSED --------------> OPENING ----------> OPEN ------------> DRAINING <-----------. C_Finalize,
 *      ^  ^                     |                  |                 ^   |  |            | C_Initialize
 *      |  '-------- failed -----'             exit |      C_Finalize |   |  '- too long -> STUCK
 *      |                                           '----> LEAVING ---'   |
 *      '--------------------------- done --------- CLOSING <--- empty ---'
 *
 * Calls get in while it is OPEN; while it is LEAVING only the thread that ends the program does.
 */
/* clang-format on */
#ifndef MODULE_STATE_H
#define MODULE_STATE_H

#include "bell.h"
#include "card.h"
#include "clock.h"
#include "config.h"
#include "pkcs11.h"
#include "refused.h"
#include "secret.h"
#include "transport.h"
#include "turn.h"

#include <pthread.h>
#include <sys/types.h>

#define MODULE_READER_MAX READER_MAX /* readers ever seen; indices are never given away again */

#define SESSION_BUCKETS 64

_Static_assert(SECRET_TOKENS == 2 * MODULE_READER_MAX, "each token has a place for its secrets");

struct reader;
struct session;

/*
 * What is known of a card from its recognition on, as one value: a view of its token and a session
 * on it have a copy.  A session's card is there as long as both series are the same.
 */
struct card_seen {
    CK_ULONG series; /* a new number at each change of the card, recognised or not */
    /* the series this card had when it first came: its object handles are made of it */
    CK_ULONG identity;
    /* 1, or the next number that no other card here has: part of the token's label */
    unsigned ordinal;
    struct card_id id; /* its own words: no PIN of a session on it is meant for another */
    char serial[CARD_SERIAL_ROOM];
    bool cert_private[ROLE_COUNT];
    bool pinpad;  /* the reader has a keypad */
    enum tri pss; /* asked when something first needs it */
};

/* One call that waits for an event; in the list of waiters all the while. */
struct waiter {
    void *watch;       /* NULL while pcscd cannot be reached; changed under wait_lock */
    struct bell woken; /* in the pauses without a watch */
    unsigned pause_ms; /* the last one */
    struct waiter *next;
};

enum life {
    LIFE_CLOSED,
    LIFE_OPENING,
    LIFE_OPEN,
    LIFE_LEAVING,  /* exit was called */
    LIFE_DRAINING, /* C_Finalize waits for the calls inside */
    LIFE_STUCK,    /* it gave up: a call waits for a card that another program holds */
    LIFE_CLOSING,
};

enum life_event {
    EVENT_INITIALIZE,
    EVENT_OPENED,
    EVENT_FAILED,
    EVENT_EXIT,
    EVENT_FINALIZE,
    EVENT_TOO_LONG,
    EVENT_EMPTY,
    EVENT_CLOSED
};

struct module {
    pthread_mutex_t lock;
    /* life or one of the counts changed; waited for by cond_await */
    pthread_cond_t moved;
    enum life life;
    unsigned inside; /* calls between gate_enter and gate_leave */
    /* of these: waiting for an event, with no card and nothing of OpenSSL's */
    unsigned waiting;
    pthread_t leaver; /* who called exit, once has_left */
    bool has_left;
    /* made by the first C_Initialize; a process keeps it */
    struct refused *refused;

    /* From here on everything is cleared when the module closes. */
    struct config config;              /* constant while open */
    const struct transport *transport; /* constant while open */
    struct secrets *secrets;           /* constant while open; its contents under lock */

    struct reader *readers[MODULE_READER_MAX]; /* appended under lock, never removed while open */
    size_t reader_count;
    /* the newest card's number: one more at each insertion */
    CK_ULONG last_series;

    struct session *sessions[SESSION_BUCKETS]; /* by handle */
    CK_SESSION_HANDLE last_session;            /* handles are never used twice */
    /* a personal certificate went; operations may have it still */
    bool shed;

    struct turn poll_turn;
    void *poll_watch; /* NULL until pcscd answered */
    uint64_t polled_ms;
    bool listed; /* the readers were listed at least once */
    /* what pcscd last refused us with; JPKI_OK if it did not.  Under lock */
    enum jpki_err refusal;
    uint64_t refused_ms;       /* when that was */
    unsigned refused_pause_ms; /* for so long it is not asked again */

    pthread_mutex_t wait_lock;
    struct waiter *waiters;
};

/* Whether this can happen now; it has, then. */
bool life_move(struct module *module, enum life_event event);
bool life_move_inlock(struct module *module, enum life_event event);

/* The end of a call inside (gate_enter). */
void gate_leave(struct module *module);

/* Wake everyone in C_WaitForSlotEvent: the module ends, or an event came that pcscd tells nobody
 * of. */
void waiters_cancel(struct module *module);

/* Around a wait for an event, which a program's exit does not wait for in turn. */
void gate_wait_begin(struct module *module);
void gate_wait_end(struct module *module);

/* Whether the callers inside are waited for: by C_Finalize, or by another thread's exit.  The
 * second under the lock. */
bool module_closing(struct module *module);
bool module_closing_inlock(const struct module *module);

#endif
