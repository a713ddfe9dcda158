/* SPDX-License-Identifier: BSD-3-Clause */
/* General purpose and session management.  Each function is the C_ function of that name. */
#ifndef MODULE_GENERAL_H
#define MODULE_GENERAL_H

#include "session.h"

/*
 * Locks are the system's, threads none: arguments that ask for other locks, or give pReserved, are
 * refused.  A flag that nobody defined yet is not: an older module must not keep out a newer
 * program.
 */
CK_RV general_initialize(const CK_C_INITIALIZE_ARGS *args);
CK_RV general_finalize(const void *reserved);

/* version: of the interface that was asked, since clients read it as what they may call. */
CK_RV general_info(CK_INFO *info, CK_VERSION version);

CK_RV general_session_info(struct session *session, CK_SESSION_INFO *info);
CK_RV general_validation_flags(const struct session *session, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                               CK_FLAGS *flags);

#endif
