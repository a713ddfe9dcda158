/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a program does with a PKCS#11 module, for all tests: in process (tests/behaviour), with two
 * copies of the module (tests/faults), beside a real pcscd (tests/soak, tests/leaks).  What they
 * hold of each call is their own: before and after see it by its name.
 */
#ifndef TESTS_PROGRAM_H
#define TESTS_PROGRAM_H

#include "pkcs11.h"

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

struct program {
    CK_FUNCTION_LIST *p11;
    /* NULL: nothing is looked at, and after is not called */
    void (*before)(const char *function);
    CK_RV (*after)(const char *function, CK_RV rv); /* answers the code, as a rule the same */
};

/* dlopen the module and take its functions; the handle for dlclose.  What fails is told on
 * standard error: NULL. */
void *program_load(const char *path, CK_FUNCTION_LIST **ret_p11);

/* Milliseconds of a clock that stands still while this thread could run and others did: a busy
 * machine's time is not the module's.  Where the kernel does not tell, that is any clock. */
unsigned long program_own_ms(void);

/* A session for reading and writing. */
CK_RV program_open(const struct program *program, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session);

CK_RV program_login(const struct program *program, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                    const char *pin);

/* The three calls that look for objects, the last whenever the first was good; at most room of
 * them. */
CK_RV program_find_all(const struct program *program, CK_SESSION_HANDLE session,
                       CK_ATTRIBUTE *wanted, CK_ULONG count, CK_OBJECT_HANDLE *ret_objects,
                       CK_ULONG room, CK_ULONG *ret_found);

/* The first object of a class; CK_INVALID_HANDLE where there is none. */
CK_RV program_find(const struct program *program, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                   CK_OBJECT_HANDLE *ret_object);

/* C_SignInit; a PSS mechanism gets the parameters of SHA-256. */
CK_RV program_sign_init(const struct program *program, CK_SESSION_HANDLE session,
                        CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key);

/* C_Sign; signature has room for *len bytes. */
CK_RV program_sign(const struct program *program, CK_SESSION_HANDLE session, const void *data,
                   size_t data_len, CK_BYTE *signature, CK_ULONG *len);

/* The key of a certificate, by OpenSSL alone; the caller frees it.  NULL: no certificate. */
EVP_PKEY *certificate_key(const CK_BYTE *der, size_t len);

/* Whether signature is the RSA key's over data, by OpenSSL alone; digest NULL: data are what
 * stands between the padding. */
bool signature_fits(EVP_PKEY *key, const char *digest, bool pss, const void *data, size_t data_len,
                    const CK_BYTE *signature, size_t len);

#endif
