/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls of the module from bytes: [function, argument...].  What an argument may be comes from
 * short lists of values that matter, and memory that is handed in is exactly as long as said, so
 * that a sanitizer sees a byte too many.
 */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "fuzz.h"

#include "pkcs11.h"

#define CALLS_SESSIONS 4
#define CALLS_OBJECTS 8

/* What earlier calls gave. */
struct caller {
    CK_FUNCTION_LIST_3_2 *p11;
    CK_SESSION_HANDLE session[CALLS_SESSIONS];
    size_t session_next;
    CK_OBJECT_HANDLE object[CALLS_OBJECTS];
    bool may_block; /* C_WaitForSlotEvent may be called so that it waits */
};

/* Do one call; *ret_function is its name, NULL if the bytes mean something else than a call. */
CK_RV call_do(struct caller *caller, struct slice bytes, const char **ret_function);

#endif
