/* SPDX-License-Identifier: BSD-3-Clause */
/* Slots and tokens: the standard's chapter "Slot and token management".  Each function is the C_
 * function of that name. */
#ifndef MODULE_SLOT_H
#define MODULE_SLOT_H

#include "state.h"

CK_RV slot_list(struct module *module, CK_BBOOL with_token, CK_SLOT_ID *slots, CK_ULONG *count);
CK_RV slot_info(struct module *module, CK_SLOT_ID slot, CK_SLOT_INFO *info);
CK_RV slot_token_info(struct module *module, CK_SLOT_ID slot, CK_TOKEN_INFO *info);
CK_RV slot_mechanism_list(struct module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE *types,
                          CK_ULONG *count);
CK_RV slot_mechanism_info(struct module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
                          CK_MECHANISM_INFO *info);
CK_RV slot_wait(struct module *module, CK_FLAGS flags, CK_SLOT_ID *slot, const void *reserved);
CK_RV slot_init_token(struct module *module, CK_SLOT_ID slot, const CK_UTF8CHAR *label);
CK_RV slot_open_session(struct module *module, CK_SLOT_ID slot, CK_FLAGS flags,
                        CK_SESSION_HANDLE *ret_session);
CK_RV slot_close_sessions(struct module *module, CK_SLOT_ID slot);

#endif
