/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of lifecycle.c, and what they share. */
#ifndef SOAK_LIFECYCLE_H
#define SOAK_LIFECYCLE_H

#include "client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

struct life_case {
    const char *name;
    void (*run)(void);
    int status; /* that the program must end with */
};

/* each ends with a NULL name */
extern const struct life_case fork_cases[], close_cases[], end_cases[];

/* The module's path. */
extern const char *module_path;

/* End the program with a message unless it holds. */
void expect_that(_Bool holds, const char *what);

/* Expect a certain code. */
void expect_rv(CK_RV expected, CK_RV rv, const char *what);

/* Expect what C_SignInit and C_Sign may answer when the module is finalised around it. */
void expect_finalized(CK_RV rv);

void sleep_millis(long ms);

/* Descriptors of this process as text, "number target" each in a line; returns how many. */
size_t descriptors_tell(size_t cap, char *ret_text);

/* Load, initialise, log in to the authentication token and sign once. */
void begin(struct signer *ret_signer);

/* A thread that is inside one kind of call again and again, until a call says something else
 * than CKR_OK. */
struct busy {
    struct signer *signer; /* NULL: waits for slot events */
    pthread_t thread;
    atomic_uint rounds; /* calls that came back with CKR_OK */
    CK_RV last;         /* what ended it, after busy_join */
};

/* Start it; returns when it is inside. */
void busy_start(struct busy *busy, struct signer *signer);

/* Wait for its end. */
CK_RV busy_join(struct busy *busy);

#endif
