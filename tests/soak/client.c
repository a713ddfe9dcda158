/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <dlfcn.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

CK_FUNCTION_LIST *p11;

static CK_BYTE text[] = "one of many";

void expect(CK_RV rv, const char *what)
{
    if (rv == CKR_OK)
        return;
    printf("%s: 0x%lX\n", what, rv);
    exit(EXIT_FAILURE);
}

double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void *module_load(const char *path)
{
    void *module = dlopen(path, RTLD_NOW);
    void *symbol = module == NULL ? NULL : dlsym(module, "C_GetFunctionList");
    CK_C_GetFunctionList get;
    CK_FUNCTION_LIST *functions = NULL;

    expect(symbol == NULL ? CKR_GENERAL_ERROR : CKR_OK, path);
    memcpy(&get, &symbol, sizeof get);
    expect(get(&functions), "C_GetFunctionList");
    if (p11 != functions) /* threads may be using it when the module is loaded once more */
        p11 = functions;
    return module;
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

void signer_open(CK_SLOT_ID slot, const char *pin, struct signer *ret_signer)
{
    CK_UTF8CHAR typed[17];
    const size_t len = strlen(pin);
    CK_ULONG count = 0;
    CK_RV rv;

    memcpy(typed, pin, len < sizeof typed ? len : 0);
    memset(ret_signer, 0, sizeof *ret_signer);
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ret_signer->session), "C_OpenSession");
    rv = p11->C_Login(ret_signer->session, CKU_USER, typed, len);
    expect(rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv, "C_Login");
    ret_signer->key = object_of(ret_signer->session, CKO_PRIVATE_KEY);
    ret_signer->public = public_of(ret_signer->session);
}

void signer_close(struct signer *signer)
{
    EVP_PKEY_free(signer->public);
    signer->public = NULL;
}

CK_RV sign_try(const struct signer *signer)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE signature[512];
    CK_ULONG len = sizeof signature;
    EVP_MD_CTX *ctx;
    CK_RV rv = p11->C_SignInit(signer->session, &mechanism, signer->key);

    if (rv == CKR_OK)
        rv = p11->C_Sign(signer->session, text, sizeof text, signature, &len);
    if (rv != CKR_OK || signer->public == NULL)
        return rv;
    ctx = EVP_MD_CTX_new();
    if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, signer->public) != 1 ||
        EVP_DigestVerify(ctx, signature, len, text, sizeof text) != 1)
        expect(CKR_SIGNATURE_INVALID, "OpenSSL says of the signature");
    EVP_MD_CTX_free(ctx);
    return CKR_OK;
}

/*
 * pcscd waits for the end of a transaction before it resets, but does not take it for itself: now and then a reset lands
 * inside ours, which is CKR_DEVICE_ERROR and asked for again.
 */
double sign_once(struct signer *signer)
{
    const double start = seconds();
    CK_RV rv = sign_try(signer);

    while (rv == CKR_DEVICE_ERROR) {
        signer->broken++;
        rv = sign_try(signer);
    }
    expect(rv, "C_Sign");
    return seconds() - start;
}
