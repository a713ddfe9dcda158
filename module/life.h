/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening, closing and the gate.  gate_enter is the only way to the module's one state: home_look
 * is the fork check, the module's life the initialised check.
 */
#ifndef MODULE_LIFE_H
#define MODULE_LIFE_H

#include "state.h"

/*
 * C_Initialize: read the options, start empty.  Needs no pcscd.  In a forked child it forgets the
 * parent's state first; in one that shares its parent's memory (vfork) it is CKR_FUNCTION_FAILED.
 */
CK_RV module_open(void);

/*
 * C_Finalize: nobody may enter, waiters are woken, calls inside are waited for (at most 5 s, since
 * another program may hold a card for ever: CKR_FUNCTION_FAILED then, and the module stays closed),
 * cards are disconnected, all memory is freed. After a failure the next module_close or module_open
 * takes it up again.
 *
 * exit without it waits as well, 2 s at most, for the other threads' calls inside, so that none
 * leaves a card unlocked; while a person types on a reader's keypad until that is over, for a
 * minute at most.
 */
CK_RV module_close(void);

/* CKR_OK and the state, or CKR_CRYPTOKI_NOT_INITIALIZED.  Each CKR_OK is paired with gate_leave. */
CK_RV gate_enter(struct module **ret_module);

#endif
