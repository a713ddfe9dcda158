/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only place where an error becomes a CK_RV.  Clients branch on the codes, so each is one that
 * the standard lists for the calls that come here with its error.
 */
#ifndef MODULE_RV_H
#define MODULE_RV_H

#include "guard.h"
#include "pkcs11.h"

/* For any call on a card. */
CK_RV rv_for_error(enum jpki_err err);

/* For a visit with a PIN, by what became of it: C_Login, C_Sign, C_SetPIN. */
CK_RV rv_for_tell(enum guard_job job, const struct guard_tell *tell);

/* "CKR_PIN_INCORRECT" and the like for the codes this module gives, "CKR_?" for others; never
 * NULL. */
const char *rv_name(CK_RV rv);

#endif
