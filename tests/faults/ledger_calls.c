/* SPDX-License-Identifier: BSD-3-Clause */
/* One random call of one module, and the rules that speak of it. */
#include "ledger.h"

#include <stdio.h>

static void call_slots(unsigned m, unsigned s)
{
    const CK_SLOT_ID slot = dice(SLOTS + 1);
    CK_SLOT_ID slots[SLOTS * 2], told;
    CK_ULONG count = 0, types_count = 32;
    CK_MECHANISM_TYPE types[32];
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_INFO mechanism_info;

    (void)s;
    switch (dice(7)) {
    case 0: (void)CALL(m, C_GetSlotList, CK_TRUE, NULL, &count); break;
    case 1: count = SLOTS * 2; (void)CALL(m, C_GetSlotList, CK_FALSE, slots, &count); break;
    case 2: (void)CALL(m, C_GetSlotInfo, slot, &slot_info); break;
    case 3: (void)CALL(m, C_GetTokenInfo, slot, &token_info); break;
    case 4: (void)CALL(m, C_GetMechanismList, slot, types, &types_count); break;
    case 5: (void)CALL(m, C_GetMechanismInfo, slot, CKM_RSA_PKCS_PSS, &mechanism_info); break;
    default: (void)CALL(m, C_WaitForSlotEvent, CKF_DONT_BLOCK, &told, NULL); break;
    }
}

static void call_open(unsigned m, unsigned s)
{
    CK_SLOT_ID slot = dice(SLOTS);

    if (house_open(m, slot, &ledger.sessions[m][s]) == CKR_OK)
        ledger.slots[m][s] = slot;
}

/* Whether this was the last session that the program knows of this slot; then the login is gone with it. */
static void sessions_gone(unsigned m, CK_SLOT_ID slot)
{
    for (unsigned i = 0; i < SESSIONS; i++)
        if (ledger.sessions[m][i] != CK_INVALID_HANDLE && ledger.slots[m][i] == slot)
            return;
    rules_logout(m, slot);
}

static void call_close(unsigned m, unsigned s)
{
    (void)CALL(m, C_CloseSession, ledger.sessions[m][s]);
    ledger.sessions[m][s] = CK_INVALID_HANDLE;
    sessions_gone(m, ledger.slots[m][s]);
}

static void call_close_all(unsigned m, unsigned s)
{
    const CK_SLOT_ID slot = ledger.slots[m][s];

    if (CALL(m, C_CloseAllSessions, slot) != CKR_OK)
        return;
    rules_logout(m, slot);
    for (unsigned i = 0; i < SESSIONS; i++)
        if (ledger.slots[m][i] == slot && dice(4) != 0)
            ledger.sessions[m][i] = CK_INVALID_HANDLE;
}

/* Mostly the right PIN; else another one, one in small letters, one of no form, or the other token's. */
static void pin_choose(CK_SLOT_ID slot, char pin[static 32])
{
    const enum sim_role role = house_role(slot);

    switch (dice(8)) {
    case 0: case 1: snprintf(pin, 32, "%s", pin_of(role, dice(PINS))); break;
    case 2: snprintf(pin, 32, "%s", dice(2) == 0 ? "12" : "ABC-12"); break;
    case 3: snprintf(pin, 32, "%s", pin_of(role == SIM_AUTH ? SIM_SIGN : SIM_AUTH, dice(PINS))); break;
    case 4:
        snprintf(pin, 32, "%s", pin_now(slot));
        for (char *c = pin; *c != '\0'; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
        break;
    default: snprintf(pin, 32, "%s", pin_now(slot)); break;
    }
}

static void call_login(unsigned m, unsigned s)
{
    const CK_SLOT_ID slot = ledger.slots[m][s];
    char pin[32];
    CK_RV rv;

    pin_choose(slot, pin);
    given_note(m, slot, pin);
    if (dice(4) == 0)
        rv = CALL(m, C_LoginUser, ledger.sessions[m][s], CKU_USER, (CK_UTF8CHAR *)pin, strlen(pin), NULL, 0);
    else
        rv = house_login(m, ledger.sessions[m][s], pin);
    rules_login(m, slot, rv);
    given_note(m, slot, NULL);
}

static void call_set_pin(unsigned m, unsigned s)
{
    const CK_SLOT_ID slot = ledger.slots[m][s];
    const char *fresh = pin_of(house_role(slot), dice(PINS));
    char old_pin[32], new_pin[32];
    CK_RV rv;

    pin_choose(slot, old_pin);
    snprintf(new_pin, sizeof new_pin, "%s", fresh);
    given_note(m, slot, old_pin);
    rv = CALL(m, C_SetPIN, ledger.sessions[m][s], (CK_UTF8CHAR *)old_pin, strlen(old_pin), (CK_UTF8CHAR *)new_pin,
              strlen(new_pin));
    rules_set_pin(m, slot, rv, fresh);
    given_note(m, slot, NULL);
}

static void call_logout(unsigned m, unsigned s)
{
    if (CALL(m, C_Logout, ledger.sessions[m][s]) == CKR_OK)
        rules_logout(m, ledger.slots[m][s]);
}

static void call_state(unsigned m, unsigned s)
{
    CK_SESSION_INFO info = { .state = CKS_RW_PUBLIC_SESSION };

    house_clock(1000);
    if (CALL(m, C_GetSessionInfo, ledger.sessions[m][s], &info) == CKR_OK)
        rules_state(m, ledger.slots[m][s], info.state == CKS_RW_USER_FUNCTIONS);
}

static void call_sign(unsigned m, unsigned s)
{
    const CK_SLOT_ID slot = ledger.slots[m][s];

    given_note(m, slot, NULL);
    rules_sign(m, slot, house_sign(m, ledger.sessions[m][s], slot, dice(3) == 0));
}

static void call_read(unsigned m, unsigned s)
{
    const CK_OBJECT_CLASS classes[] = { CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_PROFILE };
    CK_BYTE value[4096];
    CK_ATTRIBUTE wanted = { dice(2) == 0 ? CKA_VALUE : CKA_ID, value, sizeof value };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG size = 0;

    if (house_find(m, ledger.sessions[m][s], classes[dice(4)], &object) != CKR_OK)
        return;
    (void)CALL(m, C_GetAttributeValue, ledger.sessions[m][s], object, &wanted, 1);
    (void)CALL(m, C_GetObjectSize, ledger.sessions[m][s], object, &size);
}

/* Calls that have nothing to do with a PIN, on a handle that may be stale, with an operation that may not be. */
static void call_other(unsigned m, unsigned s)
{
    const CK_SESSION_HANDLE session = dice(4) == 0 ? dice(40) : ledger.sessions[m][s];
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[64] = { 0 };
    CK_ULONG len = sizeof data;

    switch (dice(12)) {
    case 0: (void)CALL(m, C_DigestInit, session, &sha256); break;
    case 1: (void)CALL(m, C_Digest, session, data, 8, data, &len); break;
    case 2: (void)CALL(m, C_VerifyInit, session, &rsa, dice(20)); break;
    case 3: (void)CALL(m, C_VerifyFinal, session, data, len); break;
    case 4: (void)CALL(m, C_SessionCancel, session, CKF_SIGN | CKF_VERIFY | CKF_DIGEST | CKF_FIND_OBJECTS); break;
    case 5: (void)CALL(m, C_GenerateRandom, session, data, len); break;
    case 6: (void)CALL(m, C_InitPIN, session, data, 4); break;
    case 7: (void)CALL(m, C_SignInit, session, &rsa, dice(20)); break;
    case 8: (void)CALL(m, C_SignUpdate, session, data, len); break;
    case 9: (void)CALL(m, C_Login, session, CKU_SO, data, 4); break;
    case 10: (void)CALL(m, C_FindObjectsFinal, session); break;
    default: (void)CALL(m, C_CreateObject, session, NULL, 0, &len); break;
    }
}

static void call_life(unsigned m, unsigned s)
{
    (void)s;
    if (dice(4) != 0)
        return;
    if (CALL(m, C_Finalize, NULL) == CKR_OK)
        rules_forget(m);
    calls_begin(m);
}

void calls_begin(unsigned m)
{
    CK_ULONG count = 0;

    (void)CALL(m, C_Initialize, NULL);
    (void)CALL(m, C_GetSlotList, CK_TRUE, NULL, &count);
    for (unsigned i = 0; i < SESSIONS; i++) {
        ledger.sessions[m][i] = CK_INVALID_HANDLE;
        ledger.slots[m][i] = 0;
    }
}

void calls_step(unsigned m)
{
    static const struct {
        unsigned weight;
        void (*call)(unsigned m, unsigned s);
    } calls[] = {
        { 4, call_slots }, { 2, call_open }, { 2, call_close }, { 1, call_close_all }, { 12, call_login },
        { 3, call_set_pin }, { 2, call_logout }, { 5, call_state }, { 7, call_sign }, { 4, call_read },
        { 5, call_other }, { 1, call_life },
    };
    unsigned throw = dice(48), i = 0, s = dice(SESSIONS);

    while (throw >= calls[i].weight)
        throw -= calls[i++].weight;
    /* mostly on a session that lives; a handle of none, or of a card that is gone, is tried now and then */
    if (calls[i].call == call_open || dice(5) == 0 || (ledger.sessions[m][s] == CK_INVALID_HANDLE && dice(8) != 0)) {
        if (ledger.sessions[m][s] != CK_INVALID_HANDLE)
            call_close(m, s);
        call_open(m, s);
    }
    if (calls[i].call != call_open)
        calls[i].call(m, s);
}
