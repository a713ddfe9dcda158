/* SPDX-License-Identifier: BSD-3-Clause */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

CK_FUNCTION_LIST *p11;
struct program program;

static const CK_BYTE text[] = "one of many";

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
    CK_FUNCTION_LIST *functions = NULL;
    void *module = program_load(path, &functions);

    expect(module == NULL ? CKR_GENERAL_ERROR : CKR_OK, path);
    if (p11 != functions) /* threads may be using it when the module is loaded once more */
        p11 = program.p11 = functions;
    return module;
}

CK_OBJECT_HANDLE object_of(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE object;

    expect(program_find(&program, session, class, &object), "looking for an object");
    expect(object == CK_INVALID_HANDLE ? CKR_OBJECT_HANDLE_INVALID : CKR_OK,
           "an object that should be there");
    return object;
}

static EVP_PKEY *public_of(CK_SESSION_HANDLE session)
{
    CK_BYTE der[4096];
    CK_ATTRIBUTE value = { CKA_VALUE, der, sizeof(der) };

    expect(p11->C_GetAttributeValue(session, object_of(session, CKO_CERTIFICATE), &value, 1),
           "C_GetAttributeValue");
    return certificate_key(der, value.ulValueLen);
}

void signer_open(CK_SLOT_ID slot, const char *pin, struct signer *ret_signer)
{
    CK_ULONG count = 0;
    CK_RV rv;

    memset(ret_signer, 0, sizeof(*ret_signer));
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ret_signer->session),
           "C_OpenSession");
    rv = program_login(&program, ret_signer->session, CKU_USER, pin);
    expect(rv == CKR_USER_ALREADY_LOGGED_IN ? CKR_OK : rv, "C_Login");
    ret_signer->key = object_of(ret_signer->session, CKO_PRIVATE_KEY);
    ret_signer->public = public_of(ret_signer->session);
}

void signer_close(struct signer *signer)
{
    EVP_PKEY_free(signer->public);
    signer->public = NULL;
}

/* Ask for a signature, and write down how many others the card served meanwhile. */
static CK_RV sign_counted(struct signer *signer, CK_BYTE *signature, CK_ULONG *len)
{
    const unsigned long before = signer->served != NULL ? atomic_load(signer->served) : 0;
    const CK_RV rv = program_sign(&program, signer->session, text, sizeof(text), signature, len);
    unsigned long others;

    if (rv != CKR_OK || signer->served == NULL)
        return rv;
    others = atomic_fetch_add(signer->served, 1) - before;
    signer->overtaken = others > signer->overtaken ? others : signer->overtaken;
    return rv;
}

CK_RV sign_try(struct signer *signer)
{
    CK_BYTE signature[512];
    CK_ULONG len = sizeof(signature);
    CK_RV rv = program_sign_init(&program, signer->session, CKM_SHA256_RSA_PKCS, signer->key);

    if (rv == CKR_OK)
        rv = sign_counted(signer, signature, &len);
    if (rv == CKR_OK && signer->public != NULL &&
        !signature_fits(signer->public, "SHA256", false, text, sizeof(text), signature, len))
        expect(CKR_SIGNATURE_INVALID, "OpenSSL says of the signature");
    return rv;
}

/*
 * pcscd waits for the end of a transaction before it resets, but does not take it for itself: now
 * and then a reset lands inside ours, which is CKR_DEVICE_ERROR and asked for again.
 */
void sign_once(struct signer *signer)
{
    const double start = seconds();
    CK_RV rv = sign_try(signer);
    double took;

    while (rv == CKR_DEVICE_ERROR) {
        signer->broken++;
        rv = sign_try(signer);
    }
    expect(rv, "C_Sign");
    took = seconds() - start;
    signer->longest = took > signer->longest ? took : signer->longest;
}

int card_connect(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("JPKI_CARD_CTL"));
    expect(fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0
               ? CKR_OK
               : CKR_GENERAL_ERROR,
           "the card's control socket");
    return fd;
}

const char *card_stats(int fd)
{
    static char told[4096];
    size_t len = 0;
    ssize_t got;

    expect(write(fd, "stats\n", 6) == 6 ? CKR_OK : CKR_GENERAL_ERROR, "the card's control socket");
    do {
        got = read(fd, told + len, sizeof(told) - 1 - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && memchr(told, '\n', len) == NULL);
    told[len] = '\0';
    return told;
}
