/* SPDX-License-Identifier: BSD-3-Clause */
/* Login, logout and PIN change.  Each function is the C_ function of that name. */
#ifndef MODULE_LOGIN_H
#define MODULE_LOGIN_H

#include "session.h"

/* C_LoginUser too: this card has one user for each token, without a name. */
CK_RV login_user(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin,
                 CK_ULONG pin_len);

CK_RV login_end(struct session *session);
CK_RV login_set_pin(struct session *session, const CK_UTF8CHAR *old_pin, CK_ULONG old_len,
                    const CK_UTF8CHAR *new_pin, CK_ULONG new_len);

#endif
