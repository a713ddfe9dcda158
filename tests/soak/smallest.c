/* SPDX-License-Identifier: BSD-3-Clause */
/* smallest MODULE: each call of a program's life in a thread of its own that has the smallest
 * stack there is. */
#include "client.h"

#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key, public_key, cert;
static CK_BYTE text[] = "a letter", signature[512], der[4096];
static CK_ULONG signature_len, count;
static CK_SLOT_ID slots[8];

static CK_RV find_key(void)
{
    return program_find(&program, session, CKO_PRIVATE_KEY, &key);
}

static CK_RV find_public(void)
{
    return program_find(&program, session, CKO_PUBLIC_KEY, &public_key);
}

static CK_RV find_cert(void)
{
    return program_find(&program, session, CKO_CERTIFICATE, &cert);
}

static CK_RV initialize(void)
{
    return p11->C_Initialize(NULL);
}

static CK_RV finalize(void)
{
    return p11->C_Finalize(NULL);
}

static CK_RV info(void)
{
    CK_INFO got;

    return p11->C_GetInfo(&got);
}

static CK_RV slot_count(void)
{
    return p11->C_GetSlotList(CK_TRUE, NULL, &count);
}

static CK_RV slot_list(void)
{
    count = sizeof(slots) / sizeof(slots[0]);
    return p11->C_GetSlotList(CK_TRUE, slots, &count);
}

static CK_RV slot_info(void)
{
    CK_SLOT_INFO got;

    return p11->C_GetSlotInfo(slots[0], &got);
}

static CK_RV token_info(void)
{
    CK_TOKEN_INFO got;

    return p11->C_GetTokenInfo(slots[1], &got);
}

static CK_RV mechanism_list(void)
{
    CK_MECHANISM_TYPE types[32];

    count = sizeof(types) / sizeof(types[0]);
    return p11->C_GetMechanismList(slots[0], types, &count);
}

static CK_RV mechanism_info(void)
{
    CK_MECHANISM_INFO got;

    return p11->C_GetMechanismInfo(slots[0], CKM_SHA256_RSA_PKCS, &got);
}

static CK_RV event(void)
{
    CK_SLOT_ID slot;
    CK_RV rv = p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL);

    return rv == CKR_NO_EVENT ? CKR_OK : rv;
}

/* Until C_Finalize comes. */
static CK_RV event_wait(void)
{
    CK_SLOT_ID slot;
    CK_RV rv = p11->C_WaitForSlotEvent(0, &slot, NULL);

    return rv == CKR_CRYPTOKI_NOT_INITIALIZED ? CKR_OK : rv;
}

static CK_RV open_auth(void)
{
    return program_open(&program, slots[0], &session);
}

static CK_RV open_sign(void)
{
    return program_open(&program, slots[1], &session);
}

static CK_RV session_info(void)
{
    CK_SESSION_INFO got;

    return p11->C_GetSessionInfo(session, &got);
}

static CK_RV login_auth(void)
{
    return program_login(&program, session, CKU_USER, PIN_AUTH);
}

static CK_RV login_sign(void)
{
    return program_login(&program, session, CKU_USER, PIN_SIGN);
}

static CK_RV pin_set(void)
{
    CK_UTF8CHAR pin[] = PIN_AUTH;

    return p11->C_SetPIN(session, pin, strlen(PIN_AUTH), pin, strlen(PIN_AUTH));
}

static CK_RV attributes(void)
{
    CK_ATTRIBUTE wanted[] = { { CKA_VALUE, der, sizeof(der) },
                              { CKA_SUBJECT, NULL, 0 },
                              { CKA_START_DATE, NULL, 0 } };

    return p11->C_GetAttributeValue(session, cert, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

static CK_RV size_of(void)
{
    return p11->C_GetObjectSize(session, cert, &count);
}

static CK_MECHANISM pkcs1 = { CKM_SHA256_RSA_PKCS, NULL, 0 };
static CK_RSA_PKCS_PSS_PARAMS pss_params = { CKM_SHA256, CKG_MGF1_SHA256, 32 };
static CK_MECHANISM pss = { CKM_SHA256_RSA_PKCS_PSS, &pss_params, sizeof(pss_params) };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };

static CK_RV sign_init(void)
{
    signature_len = sizeof(signature);
    return program_sign_init(&program, session, CKM_SHA256_RSA_PKCS, key);
}

static CK_RV pss_init(void)
{
    signature_len = sizeof(signature);
    return program_sign_init(&program, session, CKM_SHA256_RSA_PKCS_PSS, key);
}

static CK_RV sign(void)
{
    return p11->C_Sign(session, text, sizeof(text), signature, &signature_len);
}

static CK_RV sign_update(void)
{
    return p11->C_SignUpdate(session, text, sizeof(text));
}

static CK_RV sign_final(void)
{
    return p11->C_SignFinal(session, signature, &signature_len);
}

static CK_RV verify_init(void)
{
    return p11->C_VerifyInit(session, &pkcs1, public_key);
}

static CK_RV verify_pss_init(void)
{
    return p11->C_VerifyInit(session, &pss, public_key);
}

static CK_RV verify(void)
{
    return p11->C_Verify(session, text, sizeof(text), signature, signature_len);
}

static CK_RV verify_update(void)
{
    return p11->C_VerifyUpdate(session, text, sizeof(text));
}

static CK_RV verify_final(void)
{
    return p11->C_VerifyFinal(session, signature, signature_len);
}

static CK_RV digest_init(void)
{
    return p11->C_DigestInit(session, &sha256);
}

static CK_RV digest(void)
{
    CK_BYTE out[64];
    CK_ULONG len = sizeof(out);

    return p11->C_Digest(session, text, sizeof(text), out, &len);
}

static CK_RV logout(void)
{
    return p11->C_Logout(session);
}

static CK_RV close_one(void)
{
    return p11->C_CloseSession(session);
}

static CK_RV close_all(void)
{
    return p11->C_CloseAllSessions(slots[0]);
}

/* clang-format off */
#define STEP(name) { #name, name }
/* clang-format on */

static const struct step {
    const char *name;
    CK_RV (*run)(void);
} steps[] = {
    STEP(initialize),
    STEP(info),
    STEP(slot_count),
    STEP(slot_list),
    STEP(slot_info),
    STEP(token_info),
    STEP(mechanism_list),
    STEP(mechanism_info),
    STEP(event),
    /* the authentication token */
    STEP(open_auth),
    STEP(session_info),
    STEP(find_cert),
    STEP(attributes),
    STEP(size_of),
    STEP(login_auth),
    STEP(find_key),
    STEP(find_public),
    STEP(sign_init),
    STEP(sign),
    STEP(verify_init),
    STEP(verify),
    STEP(sign_init),
    STEP(sign_update),
    STEP(sign_final),
    STEP(verify_init),
    STEP(verify_update),
    STEP(verify_final),
    STEP(pss_init),
    STEP(sign),
    STEP(verify_pss_init),
    STEP(verify),
    STEP(digest_init),
    STEP(digest),
    STEP(pin_set),
    STEP(logout),
    STEP(close_one),
    /* the other one, whose certificate is read with the password */
    STEP(open_sign),
    STEP(login_sign),
    STEP(find_cert),
    STEP(attributes),
    STEP(find_key),
    STEP(find_public),
    STEP(pss_init),
    STEP(sign),
    STEP(verify_pss_init),
    STEP(verify),
    STEP(sign_init),
    STEP(sign),
    STEP(close_all),
    STEP(logout),
};

static void *step_run(void *arg)
{
    const struct step *step = arg;
    CK_RV rv = step->run();

    if (rv != CKR_OK) {
        printf("%s: 0x%lX\n", step->name, rv);
        exit(EXIT_FAILURE);
    }
    return NULL;
}

static pthread_t step_start(const struct step *step)
{
    pthread_attr_t smallest;
    pthread_t thread;

    (void)pthread_attr_init(&smallest);
    (void)pthread_attr_setstacksize(&smallest, (size_t)PTHREAD_STACK_MIN);
    printf("%s\n", step->name);
    if (pthread_create(&thread, &smallest, step_run, (void *)(uintptr_t)step) != 0)
        exit(EXIT_FAILURE);
    (void)pthread_attr_destroy(&smallest);
    return thread;
}

int main(int argc, char **argv)
{
    static const struct step waits = { "event_wait", event_wait }, ends = { "finalize", finalize };
    pthread_t waiter;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: smallest MODULE\n");
        return 2;
    }
    (void)setvbuf(stdout, NULL, _IONBF, 0);
    (void)module_load(argv[1]);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        (void)pthread_join(step_start(&steps[i]), NULL);
    waiter = step_start(&waits);
    (void)pthread_join(step_start(&ends), NULL);
    (void)pthread_join(waiter, NULL);
    return EXIT_SUCCESS;
}
