/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A call that wants to give a PIN waits for the card, which another program holds; meanwhile the
 * program changes its mind: A call that wants to give a PIN waits for the card, which another
 * program holds; meanwhile this program changes its mind:
 */
#include "house.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FINALIZE_MAX_MS 6000

struct waiting {
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slot;
    char job; /* l: login, s: sign, c: change PIN */
    CK_RV rv;
};

/* What happens while the call waits, and what the call may answer afterwards. */
static const struct scene {
    const char *name;
    char job, change; /* change: f finalise, l logout, a all sessions closed */
    bool in_verify;   /* the call is already past the point of no return: VERIFY is on its way */
    CK_RV expected;
} scenes[] = {
    { "C_Finalize while a login waits", 'l', 'f', false, CKR_FUNCTION_CANCELED },
    { "C_Finalize while a signature waits", 's', 'f', false, CKR_FUNCTION_CANCELED },
    { "C_Finalize while a PIN change waits", 'c', 'f', false, CKR_FUNCTION_CANCELED },
    { "C_Logout while a login waits", 'l', 'l', false, CKR_FUNCTION_CANCELED },
    { "C_Logout while a signature waits", 's', 'l', false, CKR_FUNCTION_CANCELED },
    { "all sessions closed while a login waits", 'l', 'a', false, CKR_FUNCTION_CANCELED },
    { "all sessions closed while a signature waits", 's', 'a', false, CKR_FUNCTION_CANCELED },
    { "all sessions closed while a PIN change waits", 'c', 'a', false, CKR_FUNCTION_CANCELED },
    { "C_Logout while a login's VERIFY is on its way", 'l', 'l', true, CKR_FUNCTION_CANCELED },
    { "all sessions closed while a login's VERIFY is on its way", 'l', 'a', true,
      CKR_FUNCTION_CANCELED },
};

static unsigned verifies;

static void event_count(const struct spy_event *event)
{
    (void)event;
    verifies++;
}

static void *call_run(void *arg)
{
    struct waiting *w = arg;
    CK_UTF8CHAR old_pin[] = "1234", new_pin[] = "4321";

    if (w->job == 'l')
        w->rv = house_login(0, w->session, house_first_pin(house_role(w->slot)));
    else if (w->job == 's')
        w->rv = house_sign(0, w->session, w->slot, false);
    else
        w->rv = CALL(0, C_SetPIN, w->session, old_pin, 4, new_pin, 4);
    return NULL;
}

/* Until the other thread asked for the card, and a moment more. */
static void begin_await(unsigned before)
{
    const struct timespec moment = { 0, 20000000 };

    while (atomic_load(&house.spies[0].begins) == before)
        nanosleep(&moment, NULL);
    nanosleep(&moment, NULL);
}

static unsigned long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000 + (unsigned long)now.tv_nsec / 1000000;
}

static void mind_change(char change, CK_SESSION_HANDLE other, CK_SLOT_ID slot)
{
    const unsigned long start = now_ms();
    CK_RV rv;

    if (change == 'f') {
        rv = CALL(0, C_Finalize, NULL);
        if (rv != CKR_FUNCTION_FAILED)
            house_fault("C_Finalize answered %s", house_rv_name(rv));
        if (now_ms() - start > FINALIZE_MAX_MS)
            house_fault("C_Finalize took %lu ms", now_ms() - start);
    } else if (change == 'l') {
        (void)CALL(0, C_Logout, other);
    } else if (CALL(0, C_CloseAllSessions, slot) != CKR_OK) {
        house_fault("the sessions could not be closed");
    }
}

static void public_expect(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
    CK_SESSION_INFO info = { .state = CKS_RW_SO_FUNCTIONS };

    if (house_open(0, slot, &session) != CKR_OK ||
        CALL(0, C_GetSessionInfo, session, &info) != CKR_OK)
        house_fault("no session afterwards");
    else if (info.state != CKS_RW_PUBLIC_SESSION)
        house_fault("somebody is logged in afterwards");
    else if (house_login(0, session, house_first_pin(house_role(slot))) != CKR_OK)
        house_fault("no login afterwards");
}

static void scene_play(const struct scene *scene, CK_SLOT_ID slot)
{
    struct waiting w = { .slot = slot, .job = scene->job, .rv = CKR_OK };
    CK_SESSION_HANDLE other = CK_INVALID_HANDLE;
    CK_ULONG count = 0;
    pthread_t thread;
    unsigned before;

    house_up(1, "", "", event_count);
    (void)CALL(0, C_Initialize, NULL);
    (void)CALL(0, C_GetSlotList, CK_TRUE, NULL, &count);
    if (house_open(0, slot, &other) != CKR_OK || house_open(0, slot, &w.session) != CKR_OK)
        house_fault("no session");
    if (scene->job == 's' && house_login(0, other, house_first_pin(house_role(slot))) != CKR_OK)
        house_fault("no login");
    verifies = 0;
    before = atomic_load(&house.spies[0].begins);
    if (scene->in_verify ? !sim_world_fault(house.world, READER_A, 1, "verify block")
                         : !sim_world_hold(house.world, READER_A, true))
        house_fault("the world does not play along");
    house_crowd(true);
    pthread_create(&thread, NULL, call_run, &w);
    begin_await(before);
    if (scene->in_verify && !sim_world_wait_blocked(house.world, READER_A))
        house_fault("no VERIFY was on its way");
    mind_change(scene->change, other, slot);
    if (scene->in_verify ? !sim_world_unblock(house.world, READER_A)
                         : !sim_world_hold(house.world, READER_A, false))
        house_fault("the world does not play along");
    pthread_join(thread, NULL);
    house_crowd(false);
    if (w.rv != scene->expected)
        house_fault("the call that waited answered %s", house_rv_name(w.rv));
    if (verifies != (scene->in_verify ? 1 : 0))
        house_fault("%u PINs went to the card", verifies);
    if (scene->change != 'f')
        public_expect(slot);
    else if (CALL(0, C_Initialize, NULL) != CKR_OK)
        house_fault("a module that could not be closed does not open again once the call is out");
}

int main(void)
{
    pid_t children[2 * sizeof(scenes) / sizeof(scenes[0])];
    size_t failed = 0, count = 0;

    house_load();
    house_up(1, "", "", NULL); /* keys are made before there are many processes */
    house_down();
    for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
        for (CK_SLOT_ID slot = 0; slot < (scenes[i].job == 'c' ? 1 : 2); slot++) {
            children[count] = fork();
            if (children[count] == 0) {
                house_place("%s (slot %lu)", scenes[i].name, slot);
                alarm(60);
                scene_play(&scenes[i], slot);
                fflush(NULL);
                _exit(house_faults() == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
            }
            count++;
        }
    }
    for (size_t i = 0; i < count; i++) {
        int status = 0;
        if (waitpid(children[i], &status, 0) < 0 || status != 0)
            failed++;
    }
    printf("%zu of %zu scenes are as they should be\n", count - failed, count);
    house_unload();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
