/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs in and signs COUNT times in one process with any PKCS#11 module: bench-driver MODULE
 * SLOT-INDEX PIN COUNT [hold]. Two runs with different counts tell what one more signature costs;
 * with hold it then stays logged in until its input ends.
 */
#include "program.h"

#include <stdio.h>
#include <stdlib.h>

#define SLOTS_MAX 32

static CK_FUNCTION_LIST *p11;
static struct program program;

static void check(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "bench-driver: %s: 0x%lX\n", what, rv);
    exit(1);
}

static CK_SESSION_HANDLE token_login(CK_ULONG index, const char *pin)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SESSION_HANDLE session = 0;

    check(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    count = SLOTS_MAX;
    check(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    if (index >= count)
        check(CKR_SLOT_ID_INVALID, "slot index");
    check(p11->C_OpenSession(slots[index], CKF_SERIAL_SESSION, NULL, NULL, &session),
          "C_OpenSession");
    check(program_login(&program, session, CKU_USER, pin), "C_Login");
    return session;
}

static CK_OBJECT_HANDLE key_find(CK_SESSION_HANDLE session)
{
    CK_OBJECT_HANDLE key;

    check(program_find(&program, session, CKO_PRIVATE_KEY, &key), "looking for the key");
    check(key == CK_INVALID_HANDLE ? CKR_KEY_HANDLE_INVALID : CKR_OK, "no private key");
    return key;
}

static void key_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_BYTE signature[512];
    CK_ULONG len = sizeof(signature);

    check(program_sign_init(&program, session, CKM_SHA256_RSA_PKCS, key), "C_SignInit");
    check(program_sign(&program, session, "measured", sizeof("measured"), signature, &len),
          "C_Sign");
}

int main(int argc, char **argv)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: bench-driver MODULE SLOT-INDEX PIN COUNT [hold]\n");
        return 2;
    }
    if (program_load(argv[1], &p11) == NULL)
        return 1;
    program.p11 = p11;
    check(p11->C_Initialize(NULL), "C_Initialize");
    session = token_login(strtoul(argv[2], NULL, 10), argv[3]);
    key = key_find(session);
    for (long i = strtol(argv[4], NULL, 10); i > 0; i--)
        key_sign(session, key);
    if (argc == 6) {
        puts("held");
        fflush(stdout);
        (void)getchar();
    }
    check(p11->C_Finalize(NULL), "C_Finalize");
    return 0;
}
