/* SPDX-License-Identifier: BSD-3-Clause */
/* fork and exec in every state: children begin anew or do nothing, and the parent's session
 * signs on. */
#define _GNU_SOURCE
#include "lifecycle.h"

#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_PATIENCE 30 /* seconds; a child that hangs ends by SIGALRM */
#define CHILDREN 8

static struct signer parent; /* what the children inherit */
static int child_pipe[2];

static pid_t child_start(void (*body)(void))
{
    const pid_t child = fork();

    expect_that(child >= 0, "a process can be made");
    if (child == 0) {
        (void)alarm(CHILD_PATIENCE);
        body();
        exit(EXIT_SUCCESS);
    }
    return child;
}

static void child_await(pid_t child)
{
    int status = 0;

    expect_that(waitpid(child, &status, 0) == child, "a child ends");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS) {
        printf("a child ended with 0x%X\n", (unsigned)status);
        exit(EXIT_FAILURE);
    }
}

static void in_child(void (*body)(void))
{
    child_await(child_start(body));
}

/* ---- what children do ---- */

static void child_leaves(void)
{
}

static void child_leaves_quietly(void)
{
    _exit(EXIT_SUCCESS);
}

static void child_sees_nothing(void)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_UTF8CHAR pin[] = PIN_AUTH;
    CK_BYTE bytes[512] = { 0 };
    CK_ULONG len = sizeof(bytes);
    CK_TOKEN_INFO token;
    CK_SESSION_INFO session;
    CK_SLOT_ID slot;
    CK_INFO info;
    const CK_RV answers[] = {
        p11->C_GetInfo(&info),
        p11->C_GetSlotList(CK_TRUE, NULL, &len),
        p11->C_GetTokenInfo(0, &token),
        p11->C_WaitForSlotEvent(0, &slot, NULL),
        p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &parent.session),
        p11->C_GetSessionInfo(parent.session, &session),
        p11->C_Login(parent.session, CKU_USER, pin, 4),
        p11->C_SignInit(parent.session, &mechanism, parent.key),
        p11->C_Sign(parent.session, bytes, 1, bytes, &len),
        p11->C_Logout(parent.session),
        p11->C_CloseSession(parent.session),
        p11->C_CloseAllSessions(0),
        p11->C_Finalize(NULL),
    };

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, answers[i], "a call in a child");
}

static void child_begins(struct signer *own)
{
    child_sees_nothing();
    expect(p11->C_Initialize(NULL), "a child's C_Initialize");
    signer_open(0, PIN_AUTH, own);
    (void)sign_once(own);
}

static void child_works(void)
{
    struct signer own, other;

    child_begins(&own);
    signer_open(1, PIN_SIGN, &other);
    (void)sign_once(&other);
    signer_close(&own);
    signer_close(&other);
    expect(p11->C_Finalize(NULL), "a child's C_Finalize");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL), "a child's second C_Finalize");
}

static void child_finalizes_nothing(void)
{
    struct signer own;

    child_begins(&own);
}

static void child_has_children(void)
{
    in_child(child_works);
    child_works();
    in_child(child_works);
    in_child(child_leaves);
}

/* A parent with a life of its own, then a grandchild while both it and the first process are
 * logged in. */
static void child_logged_in_has_children(void)
{
    child_begins(&parent);
    in_child(child_works);
    in_child(child_leaves);
    (void)sign_once(&parent);
    expect(p11->C_Finalize(NULL), "C_Finalize beside a grandchild");
}

static void child_outlives_the_session(void)
{
    struct signer own;
    char byte;

    child_begins(&own);
    (void)close(child_pipe[1]);
    expect_that(read(child_pipe[0], &byte, 1) == 0, "the parent finalises");
    (void)sign_once(&own);
    expect(p11->C_Finalize(NULL), "C_Finalize of the child that is left");
}

/* ---- the parent's side ---- */

/* The parent's connections are the same ones after the children as before, and good. */
static void parent_signs_on(void (*const *bodies)(void), size_t count)
{
    char before[8192], after[8192];

    (void)descriptors_tell(sizeof(before), before);
    for (size_t i = 0; i < count; i++) {
        in_child(bodies[i]);
        expect(sign_try(&parent), "the parent's C_Sign after a child");
    }
    (void)descriptors_tell(sizeof(after), after);
    expect_that(strcmp(before, after) == 0, "the parent has the descriptors it had");
}

static void (*const all_children[])(void) = {
    child_leaves,
    child_leaves_quietly,
    child_sees_nothing,
    child_works,
    child_finalizes_nothing,
    child_has_children,
    child_logged_in_has_children,
};
#define ALL_CHILDREN all_children, sizeof(all_children) / sizeof(all_children[0])

static void fork_before_initialize(void)
{
    (void)module_load(module_path);
    in_child(child_works);
    in_child(child_has_children);
    begin(&parent);
}

static void fork_initialized(void)
{
    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    in_child(child_works);
    in_child(child_leaves);
    in_child(child_has_children);
    expect_rv(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL), "C_Initialize again");
    signer_open(0, PIN_AUTH, &parent);
    (void)sign_once(&parent);
}

static void fork_with_sessions(void)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_SESSION_INFO info;
    CK_ULONG count = 0;

    (void)module_load(module_path);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
    parent.session = session;
    in_child(child_works);
    in_child(child_has_children);
    expect(p11->C_GetSessionInfo(session, &info), "C_GetSessionInfo");
    expect_that(info.state == CKS_RO_PUBLIC_SESSION, "the child's login is not the parent's");
    signer_open(0, PIN_AUTH, &parent);
    (void)sign_once(&parent);
}

static void fork_logged_in(void)
{
    begin(&parent);
    parent_signs_on(ALL_CHILDREN);
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

static void fork_while_waiting(void)
{
    struct busy waiter;

    begin(&parent);
    busy_start(&waiter, NULL);
    for (size_t i = 0; i < sizeof(all_children) / sizeof(all_children[0]); i++) {
        in_child(all_children[i]);
        expect(sign_try(&parent), "the parent's C_Sign after a child");
    }
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, busy_join(&waiter), "C_WaitForSlotEvent in the end");
}

/*
 * From 2.0 on libpcsclite has a lock of the process's while it asks pcscd, and does nothing about
 * fork: a child that comes in that moment finds it locked for ever.  So it must not ask pcscd;
 * POSIX allows it nothing but exec.
 */
static _Bool children_may_ask(void)
{
    /* that 2.0 is in two parts tells it */
    void *split = dlopen("libpcsclite_real.so.1", RTLD_NOW | RTLD_NOLOAD);

    if (split != NULL)
        (void)dlclose(split);
    return split == NULL;
}

/* The children come at any point of a visit of the parent's. */
static void fork_while_signing(void)
{
    void (*busy_child)(void);
    struct signer own;
    struct busy worker;

    begin(&parent);
    busy_child = children_may_ask() ? child_works : child_sees_nothing;
    signer_open(0, PIN_AUTH, &own);
    busy_start(&worker, &own);
    for (int i = 0; i < CHILDREN; i++) {
        const unsigned rounds = atomic_load(&worker.rounds);

        in_child(i % 2 == 0 ? busy_child : child_leaves);
        expect(sign_try(&parent), "the parent's C_Sign after a child");
        while (atomic_load(&worker.rounds) == rounds) /* the other thread's, too */
            sleep_millis(1);
    }
    in_child(children_may_ask() ? child_has_children : child_leaves_quietly);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    expect_finalized(busy_join(&worker));
}

static void fork_outlives_parent_session(void)
{
    pid_t child;

    begin(&parent);
    expect_that(pipe(child_pipe) == 0, "a pipe can be made");
    child = child_start(child_outlives_the_session);
    (void)sign_once(&parent);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    (void)close(child_pipe[1]);
    child_await(child);
    begin(&parent);
}

/* ---- other ways to a process ---- */

/* What it returns with is the next life's process 1; this one waits for it and ends as it does. */
static _Bool namespace_enter(void)
{
    pid_t first;
    int status = 0;

    if (unshare(CLONE_NEWPID) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) != 0)
        return 0;
    first = fork();
    expect_that(first >= 0, "a process can be made");
    if (first == 0)
        return 1;
    expect_that(waitpid(first, &status, 0) == first && WIFEXITED(status), "process 1 ends");
    exit(WEXITSTATUS(status));
}

/* Parent and child have the same number, each in a namespace of its own. */
static void fork_into_namespace(void)
{
    if (!namespace_enter()) {
        printf("not tried: this machine gives no namespaces\n");
        begin(&parent);
        return;
    }
    expect_that(getpid() == 1, "the parent is process 1");
    begin(&parent);
    expect_that(unshare(CLONE_NEWPID) == 0, "a namespace below");
    in_child(child_works);
    expect(sign_try(&parent), "the parent's C_Sign after its child");
    expect(p11->C_Finalize(NULL), "C_Finalize");
    begin(&parent);
}

/* It has its parent's very memory, so there is nothing that it could begin anew. */
static int child_shares(void *arg)
{
    CK_RV *rvs = arg;
    CK_SESSION_INFO info;

    rvs[0] = p11->C_GetSessionInfo(parent.session, &info);
    rvs[1] = p11->C_Initialize(NULL);
    rvs[2] = sign_try(&parent);
    rvs[3] = p11->C_Finalize(NULL);
    _exit(EXIT_SUCCESS);
}

static void memory_shared(int flags)
{
    static char stack[1 << 18];
    CK_RV rvs[4] = { CKR_OK, CKR_OK, CKR_OK, CKR_OK };
    pid_t child;

    begin(&parent);
    child = clone(child_shares, stack + sizeof(stack), CLONE_VM | flags | SIGCHLD, rvs);
    expect_that(child > 0, "a process can be made");
    child_await(child);
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, rvs[0], "C_GetSessionInfo in the parent's memory");
    expect_rv(CKR_FUNCTION_FAILED, rvs[1], "C_Initialize in the parent's memory");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, rvs[2], "C_SignInit in the parent's memory");
    expect_rv(CKR_CRYPTOKI_NOT_INITIALIZED, rvs[3], "C_Finalize in the parent's memory");
    expect(sign_try(&parent), "the parent's C_Sign after its child");
    expect(p11->C_Finalize(NULL), "C_Finalize");
}

static void vfork_logged_in(void)
{
    memory_shared(CLONE_VFORK);
}

static void clone_logged_in(void)
{
    memory_shared(0);
}

/* ---- exec ---- */

/* descriptors before the module was loaded, a blank before each */
static char numbers_before[1024];

static void numbers_keep(void)
{
    char text[8192], *rest = text;
    size_t used = 0;

    (void)descriptors_tell(sizeof(text), text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        used += (size_t)snprintf(numbers_before + used, sizeof(numbers_before) - used, " %ld",
                                 strtol(line, NULL, 10));
}

static void become_another(void)
{
    execl("/proc/self/exe", "lifecycle", module_path, "only", numbers_before, (char *)NULL);
    expect_that(0, "a program can be started");
}

/* With a log if the options ask for one: then that is a descriptor too. */
static void something_to_pass_on(void)
{
    char text[8192];

    (void)descriptors_tell(sizeof(text), text);
    expect_that(strstr(text, "socket:") != NULL, "a connection to pcscd is open");
    expect_that(getenv("LIFECYCLE_LOG") == NULL || strstr(text, getenv("LIFECYCLE_LOG")) != NULL,
                "the log is open");
}

static void exec_with_sessions(void)
{
    numbers_keep();
    begin(&parent);
    something_to_pass_on();
    in_child(become_another);
    expect(sign_try(&parent), "C_Sign after a child became another program");
    become_another();
}

static void exec_while_waiting(void)
{
    struct busy waiter;

    numbers_keep();
    begin(&parent);
    busy_start(&waiter, NULL);
    something_to_pass_on();
    in_child(become_another);
    expect(sign_try(&parent), "C_Sign after a child became another program");
    become_another();
}

const struct life_case fork_cases[] = {
    { "fork before C_Initialize", fork_before_initialize, EXIT_SUCCESS },
    { "fork after C_Initialize", fork_initialized, EXIT_SUCCESS },
    { "fork with sessions", fork_with_sessions, EXIT_SUCCESS },
    { "fork while logged in", fork_logged_in, EXIT_SUCCESS },
    { "fork while a thread waits for an event", fork_while_waiting, EXIT_SUCCESS },
    { "fork while a thread signs", fork_while_signing, EXIT_SUCCESS },
    { "a child outlives its parent's C_Finalize", fork_outlives_parent_session, EXIT_SUCCESS },
    { "fork into a PID namespace of its own", fork_into_namespace, EXIT_SUCCESS },
    { "vfork while logged in", vfork_logged_in, EXIT_SUCCESS },
    { "clone with the memory shared while logged in", clone_logged_in, EXIT_SUCCESS },
    { "exec with sessions", exec_with_sessions, EXIT_SUCCESS },
    { "exec while a thread waits for an event", exec_while_waiting, EXIT_SUCCESS },
    { NULL, NULL, 0 },
};
