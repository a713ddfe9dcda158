/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logs in and signs COUNT times in one process with any PKCS#11 module: bench-driver MODULE SLOT-INDEX PIN COUNT [hold].
 * Two runs with different counts tell what one more signature costs; with hold it then stays logged in until its input ends.
 */
#include "pkcs11.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX 32

static CK_FUNCTION_LIST *p11;

static void check(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    fprintf(stderr, "bench-driver: %s: 0x%lX\n", what, rv);
    exit(1);
}

static void module_load(const char *path)
{
    CK_C_GetFunctionList get_list;
    void *module = dlopen(path, RTLD_NOW);
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");

    if (symbol == NULL) {
        fprintf(stderr, "bench-driver: %s: %s\n", path, dlerror());
        exit(1);
    }
    memcpy(&get_list, &symbol, sizeof get_list);
    check(get_list(&p11), "C_GetFunctionList");
}

static CK_SESSION_HANDLE token_login(CK_ULONG index, const char *pin)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = SLOTS_MAX;
    CK_SESSION_HANDLE session = 0;
    char copy[32];

    check(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    count = SLOTS_MAX;
    check(p11->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
    if (index >= count)
        check(CKR_SLOT_ID_INVALID, "slot index");
    check(p11->C_OpenSession(slots[index], CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    snprintf(copy, sizeof copy, "%s", pin);
    check(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)copy, strlen(copy)), "C_Login");
    return session;
}

static CK_OBJECT_HANDLE key_find(CK_SESSION_HANDLE session)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG found = 0;

    check(p11->C_FindObjectsInit(session, &wanted, 1), "C_FindObjectsInit");
    check(p11->C_FindObjects(session, &key, 1, &found), "C_FindObjects");
    check(p11->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    if (found == 0)
        check(CKR_KEY_HANDLE_INVALID, "no private key");
    return key;
}

static void key_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[] = "measured", signature[512];
    CK_ULONG len = sizeof signature;

    check(p11->C_SignInit(session, &mechanism, key), "C_SignInit");
    check(p11->C_Sign(session, data, sizeof data, signature, &len), "C_Sign");
}

int main(int argc, char **argv)
{
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;

    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: bench-driver MODULE SLOT-INDEX PIN COUNT [hold]\n");
        return 2;
    }
    module_load(argv[1]);
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
