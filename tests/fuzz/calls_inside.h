/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of calls.c share: arguments out of bytes, and the calls by their names. */
#ifndef FUZZ_CALLS_INSIDE_H
#define FUZZ_CALLS_INSIDE_H

#include "calls.h"

#define P11 caller->p11

/* The arguments of one call: what is not there is 0. */
struct args {
    struct slice left;
};

uint8_t arg_byte(struct args *args);
CK_ULONG arg_number(struct args *args);
CK_SESSION_HANDLE arg_session(struct args *args, const struct caller *caller);
CK_OBJECT_HANDLE arg_object(struct args *args, const struct caller *caller);
/* Memory of the harness: never fails on purpose. */
void *memory(size_t len);
/* Room for an answer: NULL, or exactly *ret_len bytes. */
CK_BYTE *arg_room(struct args *args, CK_ULONG *ret_len);
/* The rest of the arguments, or some of it, as data. */
CK_BYTE *arg_data(struct args *args, size_t max, CK_ULONG *ret_len);
/* A PIN: one of those that count, or whatever stands there. */
CK_BYTE *arg_pin(struct args *args, CK_ULONG *ret_len);
CK_RV finish_out(CK_RV rv, CK_BYTE *room, CK_ULONG room_len, CK_ULONG len);
CK_MECHANISM_TYPE arg_mechanism_type(struct args *args);

/* calls_objects.c */
typedef CK_RV call_with_args(struct caller *caller, struct args *args);
call_with_args do_find_init, do_find, do_find_final, do_attributes, do_size, do_sign_init, do_sign,
    do_sign_update, do_sign_final, do_verify_init, do_verify, do_verify_update, do_verify_final,
    do_digest_init, do_digest, do_digest_update, do_digest_final, do_random;

#endif
