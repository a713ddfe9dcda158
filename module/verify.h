/* SPDX-License-Identifier: BSD-3-Clause */
/* Checking signatures and making digests, both on the host.  Each function is the C_ function of
 * that name. */
#ifndef MODULE_VERIFY_H
#define MODULE_VERIFY_H

#include "session.h"

CK_RV verify_init(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key);
CK_RV verify_whole(struct session *session, const CK_BYTE *data, CK_ULONG len,
                   const CK_BYTE *signature, CK_ULONG signature_len);

/* C_VerifyUpdate; first: C_VerifySignatureUpdate, where the signature came first. */
CK_RV verify_update(struct session *session, bool first, const CK_BYTE *part, CK_ULONG len);
CK_RV verify_final(struct session *session, const CK_BYTE *signature, CK_ULONG signature_len);

/* The form of 3.2, where the signature comes first. */
CK_RV verify_signature_init(struct session *session, const CK_MECHANISM *mechanism,
                            CK_OBJECT_HANDLE key, const CK_BYTE *signature, CK_ULONG signature_len);
CK_RV verify_signature_whole(struct session *session, const CK_BYTE *data, CK_ULONG len);
CK_RV verify_signature_final(struct session *session);

CK_RV digest_init(struct session *session, const CK_MECHANISM *mechanism);
CK_RV digest_whole(struct session *session, const CK_BYTE *data, CK_ULONG len, CK_BYTE *digest,
                   CK_ULONG *digest_len);
CK_RV digest_final(struct session *session, CK_BYTE *digest, CK_ULONG *digest_len);

/* C_SessionCancel: end the operations that flags names. */
CK_RV operations_cancel(struct session *session, CK_FLAGS flags);

#endif
