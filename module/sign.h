/* SPDX-License-Identifier: BSD-3-Clause */
/* Signing.  Each function is the C_ function of that name; an operation ends on every result but
 * the two length answers. */
#ifndef MODULE_SIGN_H
#define MODULE_SIGN_H

#include "session.h"

CK_RV sign_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV sign_whole(struct session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *signature,
                 CK_ULONG *signature_len);
CK_RV sign_final(struct session *session, CK_BYTE *signature, CK_ULONG *signature_len);

#endif
