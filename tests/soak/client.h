/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the programs that run beside a real pcscd do with the module: load it, log in, sign, and
 * check each signature against the certificate by OpenSSL alone.  Whatever is not as it should be
 * is told on standard output and ends the program.
 */
#ifndef SOAK_CLIENT_H
#define SOAK_CLIENT_H

#include "program.h"

#include <openssl/evp.h>
#include <stdatomic.h>

#define PIN_AUTH "1234"
#define PIN_SIGN "ABC123"

/* The module's functions, after module_load. */
extern CK_FUNCTION_LIST *p11;
extern struct program program; /* the same, for program.h */

/* A session that is logged in, its key, and what its signatures are checked against. */
struct signer {
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    EVP_PKEY *public;
    atomic_ulong *served; /* signatures on this card by all who count here; NULL: nobody counts */
    unsigned long overtaken; /* how many others were served while one of ours waited, at most */
    double longest;          /* seconds that one took, at most */
    unsigned broken;         /* signatures that a reset cut off, asked for again */
};

/* End the program with a message unless rv is CKR_OK. */
void expect(CK_RV rv, const char *what);

/* Seconds of a clock that never jumps. */
double seconds(void);

/* dlopen the module and fill p11; returns the handle for dlclose. */
void *module_load(const char *path);

/* The first object of a class, which has to be there. */
CK_OBJECT_HANDLE object_of(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class);

/* Open a session, log in unless that is done, and find key and certificate.  The caller frees
 * with signer_close. */
void signer_open(CK_SLOT_ID slot, const char *pin, struct signer *ret_signer);

/* Free what OpenSSL holds; the session stays open until C_Finalize or C_CloseSession. */
void signer_close(struct signer *signer);

/*
 * Ask for one signature, once, and check it if it came: CKR_OK, or what C_SignInit or C_Sign said.
 * Without a public key it is not checked: OpenSSL is of no use to threads that run while the
 * program ends.
 */
CK_RV sign_try(struct signer *signer);

/* One signature, good in the end. */
void sign_once(struct signer *signer);

/* The control socket of the simulated card; what the card met, as text that holds until the next
 * question. */
int card_connect(void);
const char *card_stats(int fd);

#endif
