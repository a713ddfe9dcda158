/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A call by name, which before and after see. */
#define CALL(program, name, ...) \
    ((program)->before == NULL \
         ? (program)->p11->name(__VA_ARGS__) \
         : ((program)->before(#name), (program)->after(#name, (program)->p11->name(__VA_ARGS__))))

/* For how long this thread was ready to run and others did; 0 where the kernel does not tell. */
static unsigned long kept_waiting_ns(void)
{
    FILE *stat = fopen("/proc/thread-self/schedstat", "re");
    unsigned long ns = 0;

    if (stat != NULL && fscanf(stat, "%*u %lu", &ns) != 1)
        ns = 0;
    if (stat != NULL)
        (void)fclose(stat);
    return ns;
}

unsigned long program_own_ms(void)
{
    unsigned long kept = 0, again = kept_waiting_ns();
    struct timespec now;

    /* who is put off between the two would be told a time that runs backwards */
    do {
        kept = again;
        clock_gettime(CLOCK_MONOTONIC, &now);
        again = kept_waiting_ns();
    } while (again != kept);
    return ((unsigned long)now.tv_sec * 1000000000 + (unsigned long)now.tv_nsec - kept) / 1000000;
}

void *program_load(const char *path, CK_FUNCTION_LIST **ret_p11)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
    CK_C_GetFunctionList get = NULL;

    /* dlsym answers a pointer to data where a function is meant */
    memcpy(&get, &symbol, sizeof(get));
    if (get != NULL && get(ret_p11) == CKR_OK)
        return module;
    fprintf(stderr, "%s cannot be loaded: %s\n", path,
            symbol == NULL ? dlerror() : "C_GetFunctionList");
    return NULL;
}

CK_RV program_open(const struct program *program, CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session)
{
    return CALL(program, C_OpenSession, slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL,
                ret_session);
}

CK_RV program_login(const struct program *program, CK_SESSION_HANDLE session, CK_USER_TYPE user,
                    const char *pin)
{
    CK_UTF8CHAR text[128];
    const size_t len = strlen(pin);

    if (len > sizeof(text))
        abort();
    memcpy(text, pin, len);
    return CALL(program, C_Login, session, user, text, len);
}

CK_RV program_find_all(const struct program *program, CK_SESSION_HANDLE session,
                       CK_ATTRIBUTE *wanted, CK_ULONG count, CK_OBJECT_HANDLE *ret_objects,
                       CK_ULONG room, CK_ULONG *ret_found)
{
    CK_RV rv = CALL(program, C_FindObjectsInit, session, wanted, count), final;

    *ret_found = 0;
    if (rv != CKR_OK)
        return rv;
    rv = CALL(program, C_FindObjects, session, ret_objects, room, ret_found);
    final = CALL(program, C_FindObjectsFinal, session);
    return rv != CKR_OK ? rv : final;
}

CK_RV program_find(const struct program *program, CK_SESSION_HANDLE session, CK_OBJECT_CLASS class,
                   CK_OBJECT_HANDLE *ret_object)
{
    CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof(class) };
    CK_ULONG found = 0;

    *ret_object = CK_INVALID_HANDLE;
    return program_find_all(program, session, &wanted, 1, ret_object, 1, &found);
}

CK_RV program_sign_init(const struct program *program, CK_SESSION_HANDLE session,
                        CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_RSA_PKCS_PSS_PARAMS params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
    CK_MECHANISM mechanism = { type, NULL, 0 };

    if (type == CKM_RSA_PKCS_PSS || type == CKM_SHA256_RSA_PKCS_PSS)
        mechanism = (CK_MECHANISM){ type, &params, sizeof(params) };
    return CALL(program, C_SignInit, session, &mechanism, key);
}

CK_RV program_sign(const struct program *program, CK_SESSION_HANDLE session, const void *data,
                   size_t data_len, CK_BYTE *signature, CK_ULONG *len)
{
    return CALL(program, C_Sign, session, (CK_BYTE *)(uintptr_t)data, data_len, signature, len);
}
