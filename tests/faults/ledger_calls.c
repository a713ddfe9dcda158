/* SPDX-License-Identifier: BSD-3-Clause */
/* One random call of one module, and the rules that speak of it. */
#include "ledger.h"

#include <openssl/x509.h>
#include <stdio.h>

/* The number that a module has for one of our slots, and the other way round. */
static CK_SLOT_ID slot_of(unsigned m, CK_SLOT_ID slot)
{
    return ledger.other_order[m] && slot < SLOTS ? slot ^ 2 : slot;
}

static void call_slots(unsigned m, struct seat *seat)
{
    const CK_SLOT_ID slot = dice(SLOTS + 1);
    CK_SLOT_ID slots[SLOTS * 2], told;
    CK_ULONG count = 0, types_count = 32;
    CK_MECHANISM_TYPE types[32];
    CK_SLOT_INFO slot_info;
    CK_TOKEN_INFO token_info;
    CK_MECHANISM_INFO mechanism_info;
    const struct given given = { .process = m, .slot = slot_of(m, slot) };

    (void)seat;
    given_note(&given);
    switch (dice(7)) {
    case 0: (void)CALL(m, C_GetSlotList, CK_TRUE, NULL, &count); break;
    case 1:
        count = SLOTS * 2;
        (void)CALL(m, C_GetSlotList, CK_FALSE, slots, &count);
        break;
    case 2: (void)CALL(m, C_GetSlotInfo, slot, &slot_info); break;
    case 3:
    case 4:
        if (slot < SLOTS && CALL(m, C_GetTokenInfo, slot, &token_info) == CKR_OK)
            answer_token(m, slot_of(m, slot), token_info.flags);
        break;
    case 5: (void)CALL(m, C_GetMechanismList, slot, types, &types_count); break;
    case 6: (void)CALL(m, C_GetMechanismInfo, slot, CKM_RSA_PKCS_PSS, &mechanism_info); break;
    default: (void)CALL(m, C_WaitForSlotEvent, CKF_DONT_BLOCK, &told, NULL); break;
    }
}

/* The last eight bytes of the authentication certificate's serial number, or a phone's own
 * words. */
static void sim_serial(const struct sim_card *card, char ret_text[static 17])
{
    const struct sim_identity *identity = sim_card_identity(card);
    const unsigned char *der = identity->cert[SIM_CERT_AUTH];
    X509 *cert = d2i_X509(NULL, &der, (long)identity->cert_len[SIM_CERT_AUTH]);
    const ASN1_INTEGER *serial = cert == NULL ? NULL : X509_get0_serialNumber(cert);
    const int len = serial == NULL ? 0 : ASN1_STRING_length(serial);

    ret_text[0] = '\0';
    for (int i = len > 8 ? len - 8 : 0; i < len; i++)
        snprintf(ret_text + strlen(ret_text), 3, "%02X", ASN1_STRING_get0_data(serial)[i]);
    X509_free(cert);
    if (ledger.silent)
        snprintf(ret_text, 17, "%.16s", sim_card_options(card)->serial_info);
}

/* The card whose serial number a token shows; that is the one a person gives a PIN for. */
static const struct sim_card *card_shown(const CK_TOKEN_INFO *info)
{
    for (size_t i = 0; i < house.card_count; i++) {
        char serial[17];

        sim_serial(house.cards[i], serial);
        if (strlen(serial) <= sizeof(info->serialNumber) &&
            memcmp(info->serialNumber, serial, strlen(serial)) == 0)
            return house.cards[i];
    }
    return NULL; /* a fault cut off what tells the card: it is known by its kind alone */
}

/*
 * Which card a session is for: the one whose number its token shows, if the session lives after
 * that.  What a program means that has not looked cannot be told: what the module polled may be 250
 * ms old.
 */
static void seat_mean(unsigned m, struct seat *seat, bool looks)
{
    CK_SESSION_INFO session_info;
    CK_TOKEN_INFO info;

    if (!looks || CALL(m, C_GetTokenInfo, slot_of(m, seat->slot), &info) != CKR_OK ||
        CALL(m, C_GetSessionInfo, seat->handle, &session_info) != CKR_OK)
        seat->meant = NULL;
    else
        seat->meant = card_shown(&info);
}

CK_RV calls_open(unsigned m, CK_SLOT_ID slot, bool looks, struct seat *ret_seat)
{
    const struct given given = { .process = m, .slot = slot };
    CK_RV rv;

    given_note(&given);
    *ret_seat = (struct seat){ .handle = CK_INVALID_HANDLE, .slot = slot };
    rv = house_open(m, slot_of(m, slot), &ret_seat->handle);
    if (rv == CKR_OK)
        seat_mean(m, ret_seat, looks);
    return rv;
}

static void call_open(unsigned m, struct seat *seat)
{
    struct seat fresh;

    if (calls_open(m, dice(SLOTS), dice(4) != 0, &fresh) == CKR_OK)
        *seat = fresh;
}

/* Whether this was the last session that the program knows of this slot; then the login is gone
 * with it. */
static void sessions_gone(unsigned m, CK_SLOT_ID slot)
{
    for (unsigned i = 0; i < SESSIONS; i++)
        if (ledger.seats[m][i].handle != CK_INVALID_HANDLE && ledger.seats[m][i].slot == slot)
            return;
    answer_logout(m, slot);
}

static void call_close(unsigned m, struct seat *seat)
{
    (void)CALL(m, C_CloseSession, seat->handle);
    seat->handle = CK_INVALID_HANDLE;
    sessions_gone(m, seat->slot);
}

static void call_close_all(unsigned m, struct seat *seat)
{
    const CK_SLOT_ID slot = seat->slot;

    if (CALL(m, C_CloseAllSessions, slot_of(m, slot)) != CKR_OK)
        return;
    answer_logout(m, slot);
    for (unsigned i = 0; i < SESSIONS; i++)
        if (ledger.seats[m][i].slot == slot && dice(4) != 0)
            ledger.seats[m][i].handle = CK_INVALID_HANDLE;
}

static void call_logout(unsigned m, struct seat *seat)
{
    if (CALL(m, C_Logout, seat->handle) == CKR_OK)
        answer_logout(m, seat->slot);
}

static void call_state(unsigned m, struct seat *seat)
{
    CK_SESSION_INFO info = { .state = CKS_RW_PUBLIC_SESSION };
    CK_RV rv;

    house_clock(1000);
    rv = CALL(m, C_GetSessionInfo, seat->handle, &info);
    answer_state(m, seat, rv, rv == CKR_OK && info.state == CKS_RW_USER_FUNCTIONS);
}

static void call_sign(unsigned m, struct seat *seat)
{
    (void)calls_sign(m, seat, dice(3) == 0);
}

static void call_read(unsigned m, struct seat *seat)
{
    const CK_OBJECT_CLASS classes[] = { CKO_CERTIFICATE, CKO_PUBLIC_KEY, CKO_PRIVATE_KEY,
                                        CKO_PROFILE };
    CK_BYTE value[4096];
    CK_ATTRIBUTE wanted = { dice(2) == 0 ? CKA_VALUE : CKA_ID, value, sizeof(value) };
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG size = 0;

    if (house_find(m, seat->handle, classes[dice(4)], &object) != CKR_OK)
        return;
    (void)CALL(m, C_GetAttributeValue, seat->handle, object, &wanted, 1);
    (void)CALL(m, C_GetObjectSize, seat->handle, object, &size);
}

/* Calls that have nothing to do with a PIN, on a handle that may be stale, with an operation
 * that may not be. */
static void call_other(unsigned m, struct seat *seat)
{
    const CK_SESSION_HANDLE session = dice(4) == 0 ? dice(40) : seat->handle;
    CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, rsa = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[64] = { 0 };
    CK_ULONG len = sizeof(data);

    switch (dice(12)) {
    case 0: (void)CALL(m, C_DigestInit, session, &sha256); break;
    case 1: (void)CALL(m, C_Digest, session, data, 8, data, &len); break;
    case 2: (void)CALL(m, C_VerifyInit, session, &rsa, dice(20)); break;
    case 3: (void)CALL(m, C_VerifyFinal, session, data, len); break;
    case 4:
        (void)CALL(m, C_SessionCancel, session,
                   CKF_SIGN | CKF_VERIFY | CKF_DIGEST | CKF_FIND_OBJECTS);
        break;
    case 5: (void)CALL(m, C_GenerateRandom, session, data, len); break;
    case 6: (void)CALL(m, C_InitPIN, session, data, 4); break;
    case 7: (void)CALL(m, C_SignInit, session, &rsa, dice(20)); break;
    case 8: (void)CALL(m, C_SignUpdate, session, data, len); break;
    case 9: (void)CALL(m, C_Login, session, CKU_SO, data, 4); break;
    case 10: (void)CALL(m, C_FindObjectsFinal, session); break;
    default: (void)CALL(m, C_CreateObject, session, NULL, 0, &len); break;
    }
}

void calls_restart(unsigned m)
{
    /* readers get their slots in the order in which they are seen */
    if (!world_has_readers())
        return;
    if (CALL(m, C_Finalize, NULL) == CKR_OK)
        memset(ledger.beliefs[m], 0, sizeof(ledger.beliefs[m]));
    calls_begin(m);
}

static void call_life(unsigned m, struct seat *seat)
{
    (void)seat;
    if (dice(2) == 0)
        calls_restart(m);
}

static void call_stubborn(unsigned m, struct seat *seat)
{
    (void)seat;
    calls_stubborn(m);
}

void calls_begin(unsigned m)
{
    CK_SLOT_INFO info;

    (void)CALL(m, C_Initialize, NULL);
    calls_look(m);
    if (CALL(m, C_GetSlotInfo, 0, &info) == CKR_OK)
        ledger.other_order[m] = memcmp(info.slotDescription, READER_B, strlen(READER_B)) == 0;
    for (unsigned i = 0; i < SESSIONS; i++)
        ledger.seats[m][i] = (struct seat){ .handle = CK_INVALID_HANDLE };
}

void calls_step(unsigned m)
{
    static const struct {
        unsigned weight;
        void (*call)(unsigned m, struct seat *seat);
    } calls[] = {
        { 4, call_slots },    { 2, call_open },     { 2, call_close },  { 1, call_close_all },
        { 12, calls_login },  { 3, calls_set_pin }, { 2, call_logout }, { 5, call_state },
        { 7, call_sign },     { 4, call_read },     { 3, call_other },  { 2, call_life },
        { 1, call_stubborn },
    };
    struct seat *seat = &ledger.seats[m][dice(SESSIONS)];
    unsigned throw = dice(48), i = 0;

    while (throw >= calls[i].weight)
        throw -= calls[i++].weight;
    given_note(NULL);
    /* mostly on a session that lives; a handle of none, or of a card that is gone, is tried now
     * and then */
    if (calls[i].call == call_open || dice(5) == 0 ||
        (seat->handle == CK_INVALID_HANDLE && dice(8) != 0)) {
        if (seat->handle != CK_INVALID_HANDLE)
            call_close(m, seat);
        call_open(m, seat);
    }
    if (calls[i].call != call_open)
        calls[i].call(m, seat);
}

void calls_look(unsigned m)
{
    CK_ULONG count = 0;

    (void)CALL(m, C_GetSlotList, CK_TRUE, NULL, &count);
}

/* Where everything is well again no session fails for ever: it works, or says that its card is
 * gone. */
static void seat_settle(unsigned m, struct seat *seat)
{
    CK_RV rv = CKR_OK;

    for (unsigned i = 0; i < 3 && (i == 0 || rv == CKR_DEVICE_ERROR); i++)
        rv = calls_sign(m, seat, false);
    if (rv == CKR_DEVICE_ERROR)
        house_fault("C_Sign on a session answers CKR_DEVICE_ERROR for ever");
}

/* ... and whoever gives the right PIN to a card with all its tries can sign. */
void calls_settle(unsigned m)
{
    const CK_SLOT_ID slot = dice(SLOTS);
    struct given given;
    struct seat seat;
    char pin[32];
    CK_RV rv;

    for (unsigned i = 0; i < SESSIONS; i++)
        if (ledger.seats[m][i].handle != CK_INVALID_HANDLE && dice(3) == 0)
            seat_settle(m, &ledger.seats[m][i]);
    calls_look(m);
    (void)CALL(m, C_CloseAllSessions, slot_of(m, slot));
    answer_logout(m, slot);
    /* the first may be the one that finds out that another card lies there */
    for (unsigned i = 0; i < 2; i++) {
        rv = calls_open(m, slot, true, &seat);
        if (rv == CKR_OK) {
            snprintf(pin, sizeof(pin), "%s", pin_now(slot));
            given = (struct given){ .process = m, .slot = slot, .meant = seat.meant };
            given.value = pin;
            given_note(&given);
            rv = house_login(m, seat.handle, pin);
            answer_login(m, &seat, false, rv);
            if (rv == CKR_USER_ALREADY_LOGGED_IN)
                rv = CKR_OK;
            if (rv == CKR_OK && !(ledger.each && house_role(slot) == SIM_SIGN))
                rv = calls_sign(m, &seat, false);
            given_note(NULL);
            if (rv == CKR_OK)
                return;
        }
    }
    house_fault("all is well, and the right PIN does not sign: %s", house_rv_name(rv));
}
