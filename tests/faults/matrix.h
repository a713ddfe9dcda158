/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the columns of the matrix share: the flows, the state each begins in, and what must hold
 * after it and later.
 */
#ifndef FAULTS_MATRIX_H
#define FAULTS_MATRIX_H

#include "house.h"

#define PAIR_SECONDS 60

struct flow {
    const char *name;
    /* what it begins with: a session, one that is logged in, a card that has just come */
    bool session, login, event;
    /* by itself or out of memory: what may not happen after C_Logout or C_Finalize */
    bool gives_pin;
    CK_RV (*run)(CK_SLOT_ID slot, CK_SESSION_HANDLE session);
    bool tool; /* of jpki-token: it waits for its turn until a person ends it, so no column
                  "stopped" */
};

/* passes: the card answers at once again.  tears: a VERIFY in the middle of it may cost a try on
 * a real card. */
struct fault {
    const char *word;
    bool passes, tears;
};

/* A world and the state the flow begins in; CK_INVALID_HANDLE where it needs no session. */
CK_SESSION_HANDLE flow_prepare(const struct flow *flow, CK_SLOT_ID slot, const char *words);

/* What must hold right after the flow, whatever happened in it.  may_tear: the cards count a
 * torn VERIFY. */
void flow_judge(const struct flow *flow, const struct fault *fault, CK_SLOT_ID slot,
                CK_SESSION_HANDLE session, CK_RV rv, bool may_tear);

/* Once the person put things right: the same call once more, and a whole life from the start;
 * then the end of the world. */
void aftermath_judge(const struct flow *flow, const struct fault *fault, CK_SLOT_ID slot,
                     CK_SESSION_HANDLE session);

/* jpki-token report without a PIN, and its trial with the right one. */
CK_RV run_report(CK_SLOT_ID slot, CK_SESSION_HANDLE session);
CK_RV run_trial(CK_SLOT_ID slot, CK_SESSION_HANDLE session);

/* PINs that went to a card since flow_prepare. */
unsigned matrix_verifies(void);

/* Whether the session is logged in; a card's PIN as it stands, which after a cut-off change only
 * the card knows. */
bool state_is_user(CK_SESSION_HANDLE session);
const char *pin_now(enum sim_role role);

/*
 * The column "stopped": another process is stopped inside its transaction, before the flow and
 * after each of its exchanges, and goes on, is killed, or is still there when the program
 * finalises.  Adds to the numbers of pairs.
 */
void stopped_play(const struct flow *flow, CK_SLOT_ID slot, unsigned exchanges, unsigned *ret_run,
                  unsigned *ret_passed);

#endif
