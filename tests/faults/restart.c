/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcscd is started anew, and counts events from the beginning: the card it shows has the count that
 * the first one had, but it is another card.  Whichever call comes first must notice; a login of
 * the first card is over.
 */
#include "house.h"

#include <stdio.h>

static void first_list(CK_SESSION_HANDLE session)
{
    CK_ULONG count = 0;

    (void)session;
    (void)CALL(0, C_GetSlotList, CK_TRUE, NULL, &count);
}

static void first_event(CK_SESSION_HANDLE session)
{
    CK_SLOT_ID slot = 0;

    (void)session;
    (void)CALL(0, C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL);
}

static void first_info(CK_SESSION_HANDLE session)
{
    CK_SLOT_INFO info;

    (void)session;
    (void)CALL(0, C_GetSlotInfo, 0, &info);
}

static void first_sign(CK_SESSION_HANDLE session)
{
    if (house_sign(0, session, 0, false) == CKR_OK)
        house_fault("another card signed");
}

static void event_refuse(const struct spy_event *event)
{
    if (event->card != house.cards[0])
        house_fault("a PIN went to another card");
}

int main(void)
{
    static const struct {
        const char *name;
        void (*call)(CK_SESSION_HANDLE session);
    } firsts[] = { { "C_GetSlotList", first_list },
                   { "C_WaitForSlotEvent", first_event },
                   { "C_GetSlotInfo", first_info },
                   { "C_Sign", first_sign } };

    house_load();
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
        CK_SESSION_INFO info;
        CK_RV rv;

        house_place("%s first", firsts[i].name);
        house_up(1, "", "", event_refuse);
        (void)CALL(0, C_Initialize, NULL);
        first_list(session);
        if (house_open(0, 0, &session) != CKR_OK || house_login(0, session, "1234") != CKR_OK)
            house_fault("no login");
        if (!sim_world_swap(house.world, READER_A, house.cards[2]))
            house_fault("the world does not play along");
        sim_world_service(house.world, false);
        sim_world_service(house.world, true); /* counts from the beginning, with the other card */
        house_clock(1000);
        firsts[i].call(session);
        rv = CALL(0, C_GetSessionInfo, session, &info);
        if (rv != CKR_DEVICE_REMOVED)
            house_fault("the session of the first card answers %s", house_rv_name(rv));
        house_down();
    }
    printf("%zu first calls, %u faults\n", sizeof(firsts) / sizeof(firsts[0]), house_faults());
    house_unload();
    return house_faults() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
