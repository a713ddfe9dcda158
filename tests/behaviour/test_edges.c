/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arguments at the edges, function by function: nothing, zero, NULL and too little room, with the
 * answer that the standard's text gives where it says one, and else the one that lets a client of a
 * language binding go on.  test_bad.c has what is plainly wrong.  Every row runs in a new session
 * beside one that is logged in.
 */
#include "rig.h"

#include <stdio.h>

#define UNSET 77 /* what is in an output before the call */
#define ROOM 512

static struct {
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key, public_key, cert, found[64];
    CK_ULONG n, m;
    CK_BYTE out[ROOM];
    CK_SLOT_ID slots[4];
    CK_MECHANISM_TYPE types[64];
    CK_ATTRIBUTE a[4];
    CK_OBJECT_CLASS class;
} e;

static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, rsa_sha256 = { CKM_SHA256_RSA_PKCS, NULL, 0 };
static CK_MECHANISM rsa = { CKM_RSA_PKCS, NULL, 0 };
static CK_BYTE nothing[1], text[] = "abc", pin[] = PIN_AUTH;

static bool good(CK_RV rv)
{
    return rv == CKR_OK;
}

static bool begin(CK_MECHANISM *mechanism)
{
    if (mechanism->mechanism == CKM_SHA256)
        return good(P11(C_DigestInit, e.session, mechanism));
    return good(P11(C_SignInit, e.session, mechanism, e.key));
}

static bool begin_verify(void)
{
    return good(P11(C_VerifyInit, e.session, &rsa_sha256, e.public_key));
}

static bool find_all(void)
{
    return good(P11(C_FindObjectsInit, e.session, NULL, 0));
}

/* How many objects the search that was begun finds. */
static CK_ULONG found(void)
{
    CK_ULONG count = 0;

    return good(P11(C_FindObjects, e.session, e.found, 64, &count)) ? count : UNSET;
}

static bool ask(size_t i, CK_ATTRIBUTE_TYPE type, void *value, CK_ULONG len)
{
    e.a[i] = (CK_ATTRIBUTE){ type, value, len };
    return true;
}

static bool hash_is_of_nothing(void)
{
    static const CK_BYTE hash[] = { 0xE3, 0xB0, 0xC4, 0x42, 0x98, 0xFC, 0x1C, 0x14 };

    return e.n == 32 && memcmp(e.out, hash, sizeof(hash)) == 0;
}

/* One byte of a signature may well be UNSET. */
static bool untouched(void)
{
    for (size_t i = 0; i < ROOM; i++) {
        if (e.out[i] != UNSET)
            return false;
    }
    return true;
}

#define GONE CK_UNAVAILABLE_INFORMATION
#define ASK P11(C_GetAttributeValue, e.session, e.cert, e.a, e.n)
#define FIND(template, count) P11(C_FindObjectsInit, e.session, template, count)
#define DIGEST(data, len) P11(C_Digest, e.session, data, len, e.out, &e.n)
#define SIGN(data, len, out) P11(C_Sign, e.session, data, len, out, &e.n)

/* X(section of the text, what is at its edge, what comes before, answer, call, what holds then).
 * At first e.n is ROOM. */
#define ROWS(X) \
    X("C_GetSlotList", "no room", (e.n = 0) == 0, CKR_BUFFER_TOO_SMALL, \
      P11(C_GetSlotList, CK_FALSE, e.slots, &e.n), e.n == 2) \
    X("C_GetSlotList", "room for exactly all", (e.n = 2) == 2, CKR_OK, \
      P11(C_GetSlotList, CK_TRUE, e.slots, &e.n), e.n == 2) \
    X("C_GetMechanismList", "no room", (e.n = 0) == 0, CKR_BUFFER_TOO_SMALL, \
      P11(C_GetMechanismList, SLOT_AUTH, e.types, &e.n), e.n > 5) \
    X("C_GetMechanismList", "one too few", \
      good(P11(C_GetMechanismList, SLOT_AUTH, NULL, &e.m)) && (e.n = e.m - 1) > 0, \
      CKR_BUFFER_TOO_SMALL, P11(C_GetMechanismList, SLOT_AUTH, e.types, &e.n), e.n == e.m) \
    X("C_GetInterfaceList", "no room", (e.n = 0) == 0, CKR_BUFFER_TOO_SMALL, \
      P11(C_GetInterfaceList, (CK_INTERFACE *)(void *)e.types, &e.n), e.n >= 1) \
    X("C_Finalize", "a reserved argument", true, CKR_ARGUMENTS_BAD, P11(C_Finalize, nothing), \
      rig_has_token(SLOT_AUTH)) \
    X("C_OpenSession", "no flags", true, CKR_SESSION_PARALLEL_NOT_SUPPORTED, \
      P11(C_OpenSession, SLOT_AUTH, 0, NULL, NULL, &e.m), e.m == UNSET) \
    X("C_CloseAllSessions", "of a slot without any", true, CKR_OK, \
      P11(C_CloseAllSessions, SLOT_SIGN), true) \
    X("C_SessionCancel", "no flags", begin(&rsa), CKR_OK, P11(C_SessionCancel, e.session, 0), \
      SIGN(text, 3, NULL) == CKR_OK) \
    X("C_SessionCancel", "nothing to cancel", true, CKR_OK, \
      P11(C_SessionCancel, e.session, CKF_SIGN), true) \
    X("C_Login", "no PIN, no keypad", good(P11(C_Logout, e.session)), CKR_ARGUMENTS_BAD, \
      P11(C_Login, e.session, CKU_USER, NULL, 0), rig_tries(SIM_AUTH) == 3) \
    X("C_Login", "an empty PIN", good(P11(C_Logout, e.session)), CKR_PIN_INCORRECT, \
      P11(C_Login, e.session, CKU_USER, nothing, 0), rig_tries(SIM_AUTH) == 3) \
    X("C_SetPIN", "an empty new PIN", true, CKR_PIN_LEN_RANGE, \
      P11(C_SetPIN, e.session, pin, 4, nothing, 0), rig_tries(SIM_AUTH) == 3) \
    X("C_FindObjectsInit", "no template: every object", true, CKR_OK, FIND(NULL, 0), found() > 4) \
    X("C_FindObjectsInit", "a template of none: every object", ask(0, CKA_CLASS, NULL, 0), CKR_OK, \
      FIND(e.a, 0), found() > 4) \
    X("C_FindObjectsInit", "no template, a count", true, CKR_ARGUMENTS_BAD, FIND(NULL, 1), true) \
    X("C_FindObjectsInit", "an empty value fits no label", ask(0, CKA_LABEL, nothing, 0), CKR_OK, \
      FIND(e.a, 1), found() == 0) \
    X("C_FindObjectsInit", "no value, no length", ask(0, CKA_LABEL, NULL, 0), CKR_OK, \
      FIND(e.a, 1), found() == 0) \
    X("C_FindObjectsInit", "no value, a length", ask(0, CKA_LABEL, NULL, 3), CKR_ARGUMENTS_BAD, \
      FIND(e.a, 1), true) \
    X("C_FindObjectsInit", "a class cut short fits none", ask(0, CKA_CLASS, &e.class, 1), CKR_OK, \
      FIND(e.a, 1), found() == 0) \
    X("C_FindObjectsInit", "twice", find_all(), CKR_OPERATION_ACTIVE, FIND(NULL, 0), found() > 4) \
    X("C_FindObjects", "none wanted", find_all(), CKR_OK, \
      P11(C_FindObjects, e.session, e.found, 0, &e.m), e.m == 0 && found() > 4) \
    X("C_FindObjects", "after the last", find_all() && found() > 0, CKR_OK, \
      P11(C_FindObjects, e.session, e.found, 64, &e.m), e.m == 0) \
    X("C_FindObjects", "nothing begun", true, CKR_OPERATION_NOT_INITIALIZED, \
      P11(C_FindObjects, e.session, e.found, 1, &e.m), e.m == UNSET) \
    X("C_FindObjectsFinal", "nothing begun", true, CKR_OPERATION_NOT_INITIALIZED, \
      P11(C_FindObjectsFinal, e.session), true) \
    X("C_FindObjectsFinal", "nothing asked", find_all(), CKR_OK, \
      P11(C_FindObjectsFinal, e.session), true) \
    X("C_GetAttributeValue", "no template", true, CKR_OK, \
      P11(C_GetAttributeValue, e.session, e.cert, NULL, 0), true) \
    X("C_GetAttributeValue", "a template of none", ask(0, CKA_ID, e.out, 9), CKR_OK, \
      P11(C_GetAttributeValue, e.session, e.cert, e.a, 0), untouched()) \
    X("C_GetAttributeValue", "only the length", (e.n = 1) && ask(0, CKA_ID, NULL, 0), CKR_OK, ASK, \
      e.a[0].ulValueLen == 1) \
    X("C_GetAttributeValue", "exactly enough", (e.n = 1) && ask(0, CKA_ID, e.out, 1), CKR_OK, ASK, \
      e.a[0].ulValueLen == 1 && e.out[0] == 1) \
    X("C_GetAttributeValue", "no room", (e.n = 1) && ask(0, CKA_ID, e.out, 0), \
      CKR_BUFFER_TOO_SMALL, ASK, e.a[0].ulValueLen == GONE && untouched()) \
    X("C_GetAttributeValue", "one of two has no room", \
      (e.n = 2) && ask(0, CKA_VALUE, e.out, 9) && ask(1, CKA_ID, e.out + 9, 1), \
      CKR_BUFFER_TOO_SMALL, ASK, \
      e.a[0].ulValueLen == GONE && e.a[1].ulValueLen == 1 && e.out[9] == 1) \
    X("C_GetAttributeValue", "one of two is unknown", \
      (e.n = 2) && ask(0, CKA_PRIME, e.out, 9) && ask(1, CKA_ID, e.out, 1), \
      CKR_ATTRIBUTE_TYPE_INVALID, ASK, e.a[0].ulValueLen == GONE && e.a[1].ulValueLen == 1) \
    X("C_GetAttributeValue", "the same twice", \
      (e.n = 2) && ask(0, CKA_ID, e.out, 1) && ask(1, CKA_ID, e.out + 1, 1), CKR_OK, ASK, \
      e.out[0] == 1 && e.out[1] == 1) \
    X("C_GetAttributeValue", "an empty value", (e.n = 1) && ask(0, CKA_URL, e.out, 9), CKR_OK, \
      ASK, e.a[0].ulValueLen == 0 && untouched()) \
    X("C_GetAttributeValue", "an empty value, no room", (e.n = 1) && ask(0, CKA_URL, e.out, 0), \
      CKR_OK, ASK, e.a[0].ulValueLen == 0 && untouched()) \
    X("C_Digest", "of nothing", begin(&sha256), CKR_OK, DIGEST(NULL, 0), hash_is_of_nothing()) \
    X("C_Digest", "an empty part", begin(&sha256), CKR_OK, DIGEST(nothing, 0), \
      hash_is_of_nothing()) \
    X("C_Digest", "no data, a length", begin(&sha256), CKR_ARGUMENTS_BAD, DIGEST(NULL, 1), \
      untouched()) \
    X("C_Digest", "no room, and then some", begin(&sha256) && (e.n = 31), CKR_BUFFER_TOO_SMALL, \
      DIGEST(NULL, 0), e.n == 32 && untouched() && good(DIGEST(NULL, 0)) && hash_is_of_nothing()) \
    X("C_DigestUpdate", "nothing", begin(&sha256), CKR_OK, \
      P11(C_DigestUpdate, e.session, NULL, 0), \
      good(P11(C_DigestFinal, e.session, e.out, &e.n)) && hash_is_of_nothing()) \
    X("C_DigestFinal", "no update before", begin(&sha256), CKR_OK, \
      P11(C_DigestFinal, e.session, e.out, &e.n), hash_is_of_nothing()) \
    X("C_DigestFinal", "only the length", begin(&sha256), CKR_OK, \
      P11(C_DigestFinal, e.session, NULL, &e.n), \
      e.n == 32 && good(P11(C_DigestFinal, e.session, e.out, &e.n)) && hash_is_of_nothing()) \
    X("C_Sign", "nothing", begin(&rsa_sha256), CKR_OK, SIGN(NULL, 0, e.out), \
      e.n == SIGNATURE_LEN && !untouched()) \
    X("C_Sign", "exactly enough room", begin(&rsa_sha256) && (e.n = SIGNATURE_LEN), CKR_OK, \
      SIGN(text, 3, e.out), e.n == SIGNATURE_LEN) \
    X("C_Sign", "one too little, and then enough", \
      begin(&rsa_sha256) && (e.n = SIGNATURE_LEN - 1), CKR_BUFFER_TOO_SMALL, SIGN(text, 3, e.out), \
      e.n == SIGNATURE_LEN && untouched() && good(SIGN(text, 3, e.out))) \
    X("C_Sign", "only the length, no room said", begin(&rsa_sha256) && (e.n = 0) == 0, CKR_OK, \
      SIGN(text, 3, NULL), e.n == SIGNATURE_LEN && good(SIGN(text, 3, e.out))) \
    X("C_SignFinal", "no update before", begin(&rsa_sha256), CKR_OK, \
      P11(C_SignFinal, e.session, e.out, &e.n), e.n == SIGNATURE_LEN) \
    X("C_SignUpdate", "nothing", begin(&rsa_sha256), CKR_OK, \
      P11(C_SignUpdate, e.session, NULL, 0), good(P11(C_SignFinal, e.session, e.out, &e.n))) \
    X("C_SignInit", "no mechanism, nothing begun", true, CKR_ARGUMENTS_BAD, \
      P11(C_SignInit, e.session, NULL, e.key), true) \
    X("C_SignInit", "no mechanism: cancels", begin(&rsa), CKR_OK, \
      P11(C_SignInit, e.session, NULL, 0), begin(&rsa)) \
    X("C_Verify", "an empty signature", begin_verify(), CKR_SIGNATURE_LEN_RANGE, \
      P11(C_Verify, e.session, text, 3, nothing, 0), true) \
    X("C_Verify", "one byte too long", begin_verify(), CKR_SIGNATURE_LEN_RANGE, \
      P11(C_Verify, e.session, text, 3, e.out, SIGNATURE_LEN + 1), true) \
    X("C_Verify", "nothing was signed", begin_verify(), CKR_SIGNATURE_INVALID, \
      P11(C_Verify, e.session, NULL, 0, e.out, SIGNATURE_LEN), true) \
    X("C_VerifyFinal", "no update before", begin_verify(), CKR_SIGNATURE_INVALID, \
      P11(C_VerifyFinal, e.session, e.out, SIGNATURE_LEN), true) \
    X("C_VerifySignatureInit", "an empty signature", true, CKR_OK, \
      P11(C_VerifySignatureInit, e.session, &rsa_sha256, e.public_key, nothing, 0), \
      P11(C_VerifySignature, e.session, text, 3) == CKR_SIGNATURE_LEN_RANGE) \
    X("C_GenerateRandom", "none wanted", true, CKR_RANDOM_NO_RNG, \
      P11(C_GenerateRandom, e.session, NULL, 0), true)

static unsigned failed;

static void edge_says(const char *section, const char *words, const char *what)
{
    fprintf(stderr, "%s, %s: %s\n", section, words, what);
    failed++;
}

static void edge_begin(void)
{
    if (e.session != 0)
        CK_GOOD(C_CloseSession, e.session);
    e.session = rig_session(SLOT_AUTH);
    if (rig_state(e.session) == CKS_RW_PUBLIC_SESSION)
        rig_expect(CKR_OK, rig_login(e.session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    memset(e.out, UNSET, sizeof(e.out));
    e.n = ROOM;
    e.m = UNSET;
    e.class = CKO_CERTIFICATE;
}

#define RUN(section, words, before, expected, call, holds) \
    { \
        CK_RV rv; \
        edge_begin(); \
        if (!(before)) \
            edge_says(section, words, "what comes before fails"); \
        rv = call; \
        if (rv != (expected)) \
            edge_says(section, words, rig_rv_name(rv)); \
        else if (!(holds)) \
            edge_says(section, words, "does not hold: " #holds); \
    }

START_TEST(every_edge)
{
    (void)rig_start("");
    e.session = rig_logged_in(SLOT_AUTH);
    e.key = rig_object(e.session, CKO_PRIVATE_KEY);
    e.public_key = rig_object(e.session, CKO_PUBLIC_KEY);
    e.cert = rig_object(e.session, CKO_CERTIFICATE);
    e.session = 0;
    ROWS(RUN)
    ck_assert_uint_eq(failed, 0);
}
END_TEST

RIG_TESTS("edges", every_edge)
