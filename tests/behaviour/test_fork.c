/* SPDX-License-Identifier: BSD-3-Clause */
/* Forked children: not initialised, free to begin anew, and no harm to the parent; and an exit
 * that finalises nothing. */
#include "rig.h"

#include <sys/wait.h>
#include <unistd.h>

/* Run body in a child; it ends by _exit, so that nothing of the parent's world is given back
 * twice. */
static void in_child(void (*body)(void))
{
    const pid_t child = fork();
    int status = 0;

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        body();
        _exit(EXIT_SUCCESS);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

/* In a child a failed assertion must end it with a status that the parent sees. */
static void expect(CK_RV expected, CK_RV rv)
{
    if (rv != expected) {
        fprintf(stderr, "in a child: %s instead of %s\n", rig_rv_name(rv), rig_rv_name(expected));
        _exit(EXIT_FAILURE);
    }
}

static CK_SESSION_HANDLE parent_session;

static void child_sees_nothing(void)
{
    CK_SLOT_INFO info;
    CK_ULONG count = 0;

    expect(CKR_CRYPTOKI_NOT_INITIALIZED, rig.p11->C_GetSlotInfo(SLOT_AUTH, &info));
    expect(CKR_CRYPTOKI_NOT_INITIALIZED, rig.p11->C_GetSlotList(CK_TRUE, NULL, &count));
    expect(CKR_CRYPTOKI_NOT_INITIALIZED, rig.p11->C_CloseSession(parent_session));
    expect(CKR_CRYPTOKI_NOT_INITIALIZED, rig.p11->C_Finalize(NULL));
}

static void child_works(void)
{
    CK_UTF8CHAR pin[] = PIN_AUTH;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_SESSION_INFO info;
    CK_ULONG count = 0;

    child_sees_nothing();
    expect(CKR_OK, rig.p11->C_Initialize(NULL));
    expect(CKR_CRYPTOKI_ALREADY_INITIALIZED, rig.p11->C_Initialize(NULL));
    expect(CKR_OK, rig.p11->C_GetSlotList(CK_TRUE, NULL, &count));
    expect(CKR_OK, count == 2 ? CKR_OK : CKR_GENERAL_ERROR);
    expect(CKR_OK, rig.p11->C_OpenSession(SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session));
    expect(CKR_OK, rig.p11->C_GetSessionInfo(session, &info));
    expect(CKR_OK, info.state == CKS_RO_PUBLIC_SESSION ? CKR_OK : CKR_USER_ALREADY_LOGGED_IN);
    expect(CKR_OK, rig.p11->C_Login(session, CKU_USER, pin, 4));
    expect(CKR_OK, rig.p11->C_Finalize(NULL));
    expect(CKR_CRYPTOKI_NOT_INITIALIZED, rig.p11->C_Finalize(NULL));
}

static void child_and_grandchild(void)
{
    in_child(child_works);
    child_works();
    in_child(child_sees_nothing);
}

/* As libp11 does in a daemon that went into the background. */
static void child_lists_nothing(void)
{
    CK_UTF8CHAR pin[] = PIN_AUTH;
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

    expect(CKR_OK, rig.p11->C_Initialize(NULL));
    expect(CKR_OK, rig.p11->C_OpenSession(SLOT_AUTH, CKF_SERIAL_SESSION, NULL, NULL, &session));
    expect(CKR_OK, rig.p11->C_Login(session, CKU_USER, pin, 4));
    expect(CKR_OK, rig.p11->C_Finalize(NULL));
}

static void child_finalizes_nothing(void)
{
    expect(CKR_OK, rig.p11->C_Initialize(NULL));
}

START_TEST(forked_before_initialize)
{
    (void)rig_reader(READER_A, "");
    in_child(child_and_grandchild);
    rig_open();
    ck_assert(rig_has_token(SLOT_AUTH));
}
END_TEST

START_TEST(forked_after_initialize)
{
    (void)rig_start("");
    in_child(child_and_grandchild);
    ck_assert(rig_has_token(SLOT_AUTH));
}
END_TEST

START_TEST(forked_while_logged_in)
{
    struct sim_card *card = rig_start("");

    parent_session = rig_logged_in(SLOT_AUTH);
    in_child(child_sees_nothing);
    in_child(child_and_grandchild);
    in_child(child_lists_nothing);
    in_child(child_finalizes_nothing);
    rig_sign_good(parent_session, card, SIM_AUTH);
}
END_TEST

START_TEST(forked_in_the_middle_of_operations)
{
    CK_BYTE data[] = { 1, 2, 3 }, signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature), found = 0;
    CK_OBJECT_HANDLE object;

    (void)rig_start("");
    parent_session = rig_logged_in(SLOT_AUTH);
    rig_expect(CKR_OK, rig_sign_begin(parent_session, CKM_SHA256_RSA_PKCS), "C_SignInit", __FILE__,
               __LINE__);
    CK_GOOD(C_SignUpdate, parent_session, data, sizeof(data));
    CK_GOOD(C_FindObjectsInit, parent_session, NULL, 0);
    in_child(child_and_grandchild);
    CK_GOOD(C_FindObjects, parent_session, &object, 1, &found);
    ck_assert_uint_eq(found, 1);
    CK_GOOD(C_SignFinal, parent_session, signature, &len);
    ck_assert(
        rig_signature_fits(rig.cards[0], SIM_AUTH, "SHA256", false, data, sizeof(data), signature));
}
END_TEST

START_TEST(forked_after_finalize)
{
    (void)rig_start("");
    CK_GOOD(C_Finalize, NULL);
    in_child(child_and_grandchild);
}
END_TEST

static void exit_at_once(void)
{
    exit(EXIT_SUCCESS);
}

/* exit(), with whatever runs at it, in a process that is logged in and finalises nothing. */
START_TEST(exit_without_finalize)
{
    (void)rig_reader(READER_A, "");
    rig_open();
    parent_session = rig_logged_in(SLOT_AUTH);
    in_child(exit_at_once);
}
END_TEST

RIG_TESTS("fork", forked_before_initialize, forked_after_initialize, forked_while_logged_in,
          forked_in_the_middle_of_operations, forked_after_finalize, exit_without_finalize)
