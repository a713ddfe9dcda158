/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects: searching them and reading attributes.  Each function is the C_ function of that
 * name. */
#ifndef MODULE_FIND_H
#define MODULE_FIND_H

#include "session.h"

CK_RV find_init(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count);
CK_RV find_next(struct session *session, CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count);
CK_RV find_final(struct session *session);
CK_RV find_attributes(struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template,
                      CK_ULONG count);
CK_RV find_size(struct session *session, CK_OBJECT_HANDLE object, CK_ULONG *size);

/* What a token that cannot be written to answers to whoever wants to make, change or remove an
 * object. */
CK_RV find_refuse_write(struct session *session, CK_OBJECT_HANDLE object, bool has_object);

#endif
