/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the rig share among themselves. */
#ifndef BEHAVIOUR_RIG_INSIDE_H
#define BEHAVIOUR_RIG_INSIDE_H

#include "pkcs11.h"

#include <stdbool.h>

/* The standard's return codes by name, and which function may answer which; ends the program if
 * a table cannot be read. */
void tables_load(void);
void tables_free(void);
bool permitted(const char *function, CK_RV rv);

/* Look at every card before a call; after it, hold what must hold for all of them. */
void cards_note(void);
void cards_judge(const char *function);

#endif
