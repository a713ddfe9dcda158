/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The only place where an error becomes a CK_RV.  The standard lets slot calls and session calls answer different codes for
 * the same event, so each error has two columns.
 */
#ifndef MODULE_RV_H
#define MODULE_RV_H

#include "guard.h"
#include "pkcs11.h"

/* For calls that take a slot (C_GetTokenInfo, C_OpenSession ...). */
CK_RV rv_for_slot(enum jpki_err err);

/* For calls that take a session. */
CK_RV rv_for_session(enum jpki_err err);

/* For a visit with a PIN, by what became of it: C_Login, C_Sign, C_SetPIN. */
CK_RV rv_for_tell(enum guard_job job, const struct guard_tell *tell);

/* "CKR_PIN_INCORRECT" and the like for the codes this module gives, "CKR_?" for others; never NULL. */
const char *rv_name(CK_RV rv);

#endif
