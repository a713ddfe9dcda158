/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resident memory that the module adds to a process which has libcrypto loaded: bench-memory MODULE
 * PIN.  Run beside a card in the first slot.  Prints a line after C_Initialize and one after a
 * login and a signature; limit 2 MB each.
 */
#include "program.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMIT_KB 2048

static CK_FUNCTION_LIST *p11;

static long resident_kb(void)
{
    long size = 0, pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    if (statm == NULL || fscanf(statm, "%ld %ld", &size, &pages) != 2)
        exit(2);
    fclose(statm);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void check(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "bench-memory: %s: 0x%lX\n", what, rv);
    exit(2);
}

static int report(const char *when, long start)
{
    long added = resident_kb() - start;

    printf("%s - memory %s: %ld KB <= %d\n", added <= LIMIT_KB ? "ok" : "not ok", when, added,
           LIMIT_KB);
    return added > LIMIT_KB;
}

static void sign_once(const char *pin)
{
    const struct program program = { .p11 = p11 };
    CK_SESSION_HANDLE session = 0;
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG len = 256, count = 0;
    CK_BYTE signature[256];

    check(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    check(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    check(program_login(&program, session, CKU_USER, pin), "C_Login");
    check(program_find(&program, session, CKO_PRIVATE_KEY, &key), "looking for the key");
    check(program_sign_init(&program, session, CKM_SHA256_RSA_PKCS, key), "C_SignInit");
    check(program_sign(&program, session, "measured", sizeof("measured"), signature, &len),
          "C_Sign");
}

int main(int argc, char **argv)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_len = 0;
    long start;
    int failures;

    if (argc != 3)
        return 2;
    /* libcrypto is loaded and was used, as in any program that does TLS */
    if (EVP_Digest("x", 1, digest, &digest_len, EVP_sha256(), NULL) != 1)
        return 2;
    start = resident_kb();
    if (program_load(argv[1], &p11) == NULL)
        return 2;
    check(p11->C_Initialize(NULL), "C_Initialize");
    failures = report("after C_Initialize", start);
    sign_once(argv[2]);
    failures += report("after a login and a signature", start);
    check(p11->C_Finalize(NULL), "C_Finalize");
    return failures == 0 ? 0 : 1;
}
