/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sign-pin=each: the password is not kept, each signature takes a login of its own
 * (CKU_CONTEXT_SPECIFIC).  What was given for one signature is for that one alone, and is gone with
 * it, on every way that it can end.
 */
#include "rig.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CK_SIGN(expected, session) \
    rig_expect(expected, rig_sign(session), "C_Sign", __FILE__, __LINE__)
#define CK_SAY(expected, call) rig_expect(expected, call, #call, __FILE__, __LINE__)

static CK_BYTE text[] = { 1, 2, 3 };

/* How often the bytes stand in memory from start up to end. */
static size_t times_in(const char *start, const char *end, const char *bytes)
{
    size_t len = strlen(bytes), found = 0;

    for (const char *at = start; at + len <= end; at++)
        found += memcmp(at, bytes, len) == 0;
    return found;
}

/* How often the bytes stand in pages that are in no core dump and wiped by fork: where PINs are
 * kept. */
static size_t times_kept_of(const char *bytes)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[512], *start = NULL, *end = NULL;
    size_t found = 0;

    ck_assert_ptr_nonnull(maps);
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2) {
            start = (char *)from; /* NOLINT(performance-no-int-to-ptr) */
            end = (char *)to;     /* NOLINT(performance-no-int-to-ptr) */
        } else if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") != NULL &&
                   strstr(line, " wf") != NULL) {
            found += times_in(start, end, bytes);
        }
    }
    fclose(maps);
    return found;
}

/* Whether the system says which pages those are; qemu's smaps for an emulated program does not. */
static bool kept_is_told(void)
{
    static const char sample[] = "a page that is kept so";
    const size_t len = 65536; /* a whole number of pages everywhere */
    char *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool advised;
    size_t found;

    ck_assert(page != MAP_FAILED);
    advised = madvise(page, len, MADV_DONTDUMP) == 0 && madvise(page, len, MADV_WIPEONFORK) == 0;
    memcpy(page, sample, sizeof(sample));
    found = times_kept_of(sample);
    (void)munmap(page, len);
    return advised && found == 1;
}

/* How often the password is kept, where that can be known; else as often as it should be. */
static size_t times_kept_or(size_t expected)
{
    return kept_is_told() ? times_kept_of(PIN_SIGN) : expected;
}

#define CK_KEPT(expected) ck_assert_uint_eq(times_kept_or(expected), expected)

START_TEST(pages_are_told_of)
{
    if (!kept_is_told())
        printf(
            "skip - where a password is kept: this system does not tell which pages are in no dump\n");
}
END_TEST

/* A signature that is begun and has its password. */
static CK_SESSION_HANDLE armed_session(CK_SESSION_HANDLE session)
{
    CK_SAY(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS));
    CK_SAY(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN));
    return session;
}

static CK_SESSION_HANDLE each_start(const char *options)
{
    rig_options(options);
    (void)rig_start("");
    return rig_logged_in(SLOT_SIGN);
}

static CK_RV sign_end(CK_SESSION_HANDLE session)
{
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);
    const CK_RV rv = P11(C_Sign, session, text, sizeof(text), signature, &len);

    if (rv == CKR_OK)
        ck_assert(rig_signature_fits(rig.cards[0], SIM_SIGN, "SHA256", false, text, sizeof(text),
                                     signature));
    return rv;
}

/* What was readied has no password any more: it fails, and the card is not asked. */
static void ck_disarmed(CK_SESSION_HANDLE session)
{
    CK_KEPT(0);
    (void)rig_exchanges();
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(session));
    ck_assert_uint_eq(rig_exchanges(), 0);
}

/* sign-pin=each: the password is not kept, each signature takes a login of its own. */
START_TEST(each_signature_takes_its_password)
{
    struct sim_card *card = NULL;
    CK_SESSION_HANDLE session;
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1, 2, 3 };
    CK_ULONG len = sizeof(signature);

    rig_options("sign-pin=each");
    card = rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    for (int i = 0; i < 2; i++) {
        rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
                   __LINE__);
        rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login",
                   __FILE__, __LINE__);
        CK_GOOD(C_Sign, session, data, sizeof(data), signature, &len);
        ck_assert(
            rig_signature_fits(card, SIM_SIGN, "SHA256", false, data, sizeof(data), signature));
        CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
    }
    rig_expect(CKR_OPERATION_NOT_INITIALIZED, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN),
               "C_Login", __FILE__, __LINE__);
}
END_TEST

START_TEST(each_signature_asks_with_the_usual_care)
{
    CK_SESSION_HANDLE session;

    rig_options("sign-pin=each");
    (void)rig_start("");
    session = rig_logged_in(SLOT_SIGN);
    rig_expect(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "WRONG1"), "C_Login",
               __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "12"), "C_Login",
               __FILE__, __LINE__);
    rig_expect(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "WRONG1"), "C_Login",
               __FILE__, __LINE__);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 4);
    rig_expect(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "abc123"), "C_Login", __FILE__,
               __LINE__);
    CK_GOOD(C_SessionCancel, session, CKF_SIGN);
    CK_SIGN(CKR_USER_NOT_LOGGED_IN, session);
}
END_TEST

START_TEST(each_is_for_the_signature_token_alone)
{
    CK_SESSION_HANDLE session;
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE attribute = { CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) };

    rig_options("sign-pin=each");
    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    CK_SIGN(CKR_OK, session);
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), &attribute, 1);
    ck_assert_uint_eq(always, CK_FALSE);
    session = rig_logged_in(SLOT_SIGN);
    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_PRIVATE_KEY), &attribute, 1);
    ck_assert_uint_eq(always, CK_TRUE);
}
END_TEST

/* Two sessions, each with its own operation: the login in the one is not the other's. */
START_TEST(a_context_login_serves_one_session)
{
    CK_SESSION_HANDLE first, second;
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1 };
    CK_ULONG len = sizeof(signature);

    rig_options("sign-pin=each");
    (void)rig_start("");
    first = rig_logged_in(SLOT_SIGN);
    second = rig_session(SLOT_SIGN);
    rig_expect(CKR_OK, rig_sign_begin(first, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    rig_expect(CKR_OK, rig_sign_begin(second, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    rig_expect(CKR_OK, rig_login_as(first, CKU_CONTEXT_SPECIFIC, PIN_SIGN), "C_Login", __FILE__,
               __LINE__);
    CK_IS(CKR_USER_NOT_LOGGED_IN, C_Sign, second, data, 1, signature, &len);
    CK_GOOD(C_Sign, first, data, 1, signature, &len);
}
END_TEST

/* What was readied before a logout does not go on with the password of a later login. */
START_TEST(a_logout_ends_what_was_readied)
{
    CK_SESSION_HANDLE before, after;

    rig_options("sign-pin=each");
    (void)rig_start("");
    before = rig_logged_in(SLOT_SIGN);
    after = rig_session(SLOT_SIGN);
    ck_assert_uint_eq(rig_sign_begin(before, CKM_SHA256_RSA_PKCS), CKR_OK);
    ck_assert_uint_eq(rig_login_as(before, CKU_CONTEXT_SPECIFIC, PIN_SIGN), CKR_OK);
    CK_GOOD(C_Logout, after);
    ck_assert_uint_eq(rig_login(after, PIN_SIGN), CKR_OK);
    ck_assert_uint_eq(rig_sign_begin(after, CKM_SHA256_RSA_PKCS), CKR_OK);
    ck_assert_uint_eq(rig_login_as(after, CKU_CONTEXT_SPECIFIC, PIN_SIGN), CKR_OK);
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(before));
    CK_SAY(CKR_OK, sign_end(after));
}
END_TEST

START_TEST(kept_for_one_signature)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");
    CK_BYTE signature[SIGNATURE_LEN];
    CK_ULONG len = 0;

    CK_KEPT(0);
    armed_session(session);
    CK_KEPT(1);
    CK_GOOD(C_Sign, session, text, sizeof(text), NULL, &len);
    CK_IS(CKR_BUFFER_TOO_SMALL, C_Sign, session, text, sizeof(text), signature, &(CK_ULONG){ 1 });
    /* once more does no harm */
    CK_SAY(CKR_OK, rig_login_as(session, CKU_CONTEXT_SPECIFIC, PIN_SIGN));
    CK_KEPT(1);
    CK_SAY(CKR_OK, sign_end(session));
    CK_KEPT(0);
    armed_session(session);
    CK_GOOD(C_SignUpdate, session, text, sizeof(text));
    len = sizeof(signature);
    CK_GOOD(C_SignFinal, session, signature, &len);
    CK_KEPT(0);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
}
END_TEST

START_TEST(gone_with_the_operation)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");
    CK_SESSION_HANDLE other = rig_session(SLOT_SIGN);

    armed_session(session);
    CK_GOOD(C_SignInit, session, NULL, CK_INVALID_HANDLE);
    CK_KEPT(0);
    armed_session(session);
    CK_GOOD(C_SessionCancel, session, CKF_SIGN);
    CK_KEPT(0);
    armed_session(session);
    CK_IS(CKR_ARGUMENTS_BAD, C_Sign, session, text, sizeof(text), NULL, NULL);
    CK_KEPT(0);
    armed_session(session);
    CK_GOOD(C_CloseSession, session);
    CK_KEPT(0);
    armed_session(other);
    CK_GOOD(C_CloseAllSessions, SLOT_SIGN);
    CK_KEPT(0);
    armed_session(rig_logged_in(SLOT_SIGN));
    CK_GOOD(C_Finalize, NULL);
    CK_KEPT(0);
}
END_TEST

START_TEST(gone_with_the_login)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");
    CK_SESSION_HANDLE other = rig_session(SLOT_SIGN);

    armed_session(session);
    CK_GOOD(C_Logout, other);
    ck_disarmed(session);
    CK_SAY(CKR_OK, rig_login(other, PIN_SIGN));
    armed_session(session);
    armed_session(other);
    CK_GOOD(C_Logout, other);
    ck_disarmed(session);
    CK_SAY(CKR_OPERATION_NOT_INITIALIZED, sign_end(other));
}
END_TEST

START_TEST(gone_with_the_card)
{
    struct sim_card *card;
    CK_SESSION_HANDLE session = each_start("sign-pin=each");

    armed_session(session);
    card = rig.cards[0];
    rig_eject(READER_A);
    ck_assert(!rig_has_token(SLOT_SIGN));
    CK_KEPT(0);
    rig_insert(READER_A, card);
    CK_SAY(CKR_DEVICE_REMOVED, sign_end(session));
    ck_assert_uint_eq(rig_state(rig_session(SLOT_SIGN)), CKS_RW_PUBLIC_SESSION);
}
END_TEST

/* forget-after counts from the password's login, and the first call that comes later wipes it. */
START_TEST(gone_with_the_time)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each forget-after=2");

    rig_clock(60000);
    armed_session(session);
    rig_clock(119000);
    CK_SAY(CKR_OK, sign_end(session));
    armed_session(session);
    rig_clock(121000);
    ck_assert_uint_eq(rig_state(rig_session(SLOT_SIGN)), CKS_RW_PUBLIC_SESSION);
    ck_disarmed(session);
}
END_TEST

/* Two at once: neither takes the other's away, whichever ends first and how. */
START_TEST(two_signatures_with_a_password_each)
{
    CK_SESSION_HANDLE first = each_start("sign-pin=each");
    CK_SESSION_HANDLE second = rig_session(SLOT_SIGN);

    armed_session(first);
    armed_session(second);
    CK_SAY(CKR_OK, sign_end(first));
    CK_SAY(CKR_OK, rig_sign_begin(first, CKM_SHA256_RSA_PKCS));
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(first));
    CK_SAY(CKR_OK, sign_end(second));
    CK_KEPT(0);
    armed_session(first);
    armed_session(second);
    CK_GOOD(C_CloseSession, first);
    CK_SAY(CKR_OK, sign_end(second));
    CK_KEPT(0);
}
END_TEST

/* A change of the password reaches what was readied: the old one would cost a try. */
START_TEST(changed_before_it_was_used)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");
    CK_SESSION_HANDLE other = rig_session(SLOT_SIGN);

    armed_session(session);
    CK_SAY(CKR_OK, rig_set_pin(other, PIN_SIGN, "NEW456"));
    CK_KEPT(0);
    CK_SAY(CKR_OK, sign_end(session));
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 5);
    CK_SAY(CKR_OK, rig_sign_begin(session, CKM_SHA256_RSA_PKCS));
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(session)); /* the change readied nothing */
}
END_TEST

/* Changed by another program: refused once, never sent again. */
START_TEST(changed_elsewhere_before_it_was_used)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");

    armed_session(session);
    rig_set("pin-sign=NEW456");
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(session));
    CK_KEPT(0);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 4);
    ck_assert_uint_eq(rig_state(session), CKS_RW_PUBLIC_SESSION);
}
END_TEST

/* A wrong one after the right one: the counter is low now, and what was kept is not risked. */
START_TEST(a_wrong_one_after_the_right_one)
{
    CK_SESSION_HANDLE session = each_start("sign-pin=each");

    armed_session(session);
    CK_SAY(CKR_PIN_INCORRECT, rig_login_as(session, CKU_CONTEXT_SPECIFIC, "WRONG1"));
    (void)rig_stats();
    CK_SAY(CKR_USER_NOT_LOGGED_IN, sign_end(session));
    ck_assert_uint_eq(rig_stats().verifies[SIM_SIGN], 0);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), 4);
    CK_KEPT(0);
}
END_TEST

START_TEST(a_forked_child_has_none)
{
    CK_SESSION_HANDLE session = armed_session(each_start("sign-pin=each"));
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        _exit(times_kept_or(0) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    CK_KEPT(1);
    CK_SAY(CKR_OK, sign_end(session));
}
END_TEST

RIG_TESTS("each", pages_are_told_of, each_signature_takes_its_password,
          each_signature_asks_with_the_usual_care, each_is_for_the_signature_token_alone,
          a_context_login_serves_one_session, a_logout_ends_what_was_readied,
          kept_for_one_signature, gone_with_the_operation, gone_with_the_login, gone_with_the_card,
          gone_with_the_time, two_signatures_with_a_password_each, changed_before_it_was_used,
          changed_elsewhere_before_it_was_used, a_wrong_one_after_the_right_one,
          a_forked_child_has_none)
