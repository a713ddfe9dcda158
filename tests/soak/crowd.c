/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One of many programs that use one card: crowd sign MODULE SLOT PIN COUNT signs so often and checks every signature against
 * the certificate by OpenSSL alone; it prints how long it waited at most for one.  crowd reset READER SECONDS is the other
 * kind of program: it resets the card at random, the one way and the other.
 */
#include "pkcs11.h"

#include <dlfcn.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

static CK_FUNCTION_LIST *p11;
static unsigned broken; /* signatures that a reset cut off */
static CK_BYTE text[] = "one of many";

static void expect(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    printf("%s: 0x%lX\n", what, rv);
    exit(EXIT_FAILURE);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static CK_OBJECT_HANDLE object_of(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_ATTRIBUTE wanted = { CKA_CLASS, &class, sizeof class };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG found = 0;

    expect(p11->C_FindObjectsInit(session, &wanted, 1), "C_FindObjectsInit");
    expect(p11->C_FindObjects(session, &object, 1, &found), "C_FindObjects");
    expect(p11->C_FindObjectsFinal(session), "C_FindObjectsFinal");
    expect(found == 1 ? CKR_OK : CKR_OBJECT_HANDLE_INVALID, "an object that should be there");
    return object;
}

static EVP_PKEY *public_of(CK_SESSION_HANDLE session)
{
    CK_BYTE der[4096];
    CK_ATTRIBUTE value = { CKA_VALUE, der, sizeof der };
    const unsigned char *at = der;
    X509 *cert;
    EVP_PKEY *key;

    expect(p11->C_GetAttributeValue(session, object_of(session, CKO_CERTIFICATE), &value, 1), "C_GetAttributeValue");
    cert = d2i_X509(NULL, &at, (long)value.ulValueLen);
    key = cert == NULL ? NULL : X509_get_pubkey(cert);
    X509_free(cert);
    return key;
}

/*
 * How long one signature took.  pcscd waits for the end of a transaction before it resets, but does not take it for itself:
 * now and then a reset lands inside ours, which is CKR_DEVICE_ERROR and asked for again.
 */
static double sign_once(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, EVP_PKEY *public)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE signature[512];
    CK_ULONG len = sizeof signature;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const double start = seconds();
    double took;
    CK_RV rv = CKR_DEVICE_ERROR;

    while (rv == CKR_DEVICE_ERROR) {
        expect(p11->C_SignInit(session, &mechanism, key), "C_SignInit");
        rv = p11->C_Sign(session, text, sizeof text, signature, &len);
        broken += rv == CKR_DEVICE_ERROR;
    }
    expect(rv, "C_Sign");
    took = seconds() - start;
    if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, public) != 1 ||
        EVP_DigestVerify(ctx, signature, len, text, sizeof text) != 1)
        expect(CKR_SIGNATURE_INVALID, "OpenSSL says of the signature");
    EVP_MD_CTX_free(ctx);
    return took;
}

static int run_sign(char **argv)
{
    void *module = dlopen(argv[0], RTLD_NOW);
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
    const CK_SLOT_ID slot = strtoul(argv[1], NULL, 10);
    CK_C_GetFunctionList get;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    CK_OBJECT_HANDLE key;
    EVP_PKEY *public;
    double longest = 0;

    expect(symbol == NULL ? CKR_GENERAL_ERROR : CKR_OK, argv[0]);
    memcpy(&get, &symbol, sizeof get);
    expect(get(&p11), "C_GetFunctionList");
    expect(p11->C_Initialize(NULL), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    expect(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)argv[2], strlen(argv[2])), "C_Login");
    key = object_of(session, CKO_PRIVATE_KEY);
    public = public_of(session);
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--) {
        const double took = sign_once(session, key, public);

        longest = took > longest ? took : longest;
    }
    EVP_PKEY_free(public);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    printf("longest %.0f\nbroken %u\n", longest * 1000, broken);
    return EXIT_SUCCESS;
}

static int run_reset(char **argv)
{
    const double end = seconds() + strtod(argv[1], NULL);
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    unsigned resets = 0;

    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
        return EXIT_FAILURE;
    srandom((unsigned)getpid());
    while (seconds() < end) {
        struct timespec pause = { 0, (5 + random() % 120) * 1000000 };

        nanosleep(&pause, NULL);
        if (SCardConnect(context, argv[0], SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol) !=
            SCARD_S_SUCCESS)
            continue;
        if (random() % 2 == 0 && SCardReconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                                                SCARD_RESET_CARD, &protocol) == SCARD_S_SUCCESS)
            resets++;
        if (SCardDisconnect(card, SCARD_RESET_CARD) == SCARD_S_SUCCESS)
            resets++;
        printf("resets %u\n", resets);
        fflush(stdout);
    }
    SCardReleaseContext(context);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "sign") == 0)
        return run_sign(argv + 2);
    if (argc == 4 && strcmp(argv[1], "reset") == 0)
        return run_reset(argv + 2);
    fprintf(stderr, "usage: crowd sign MODULE SLOT PIN COUNT | crowd reset READER SECONDS\n");
    return 2;
}
