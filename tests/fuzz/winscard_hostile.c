/* SPDX-License-Identifier: BSD-3-Clause */
#include "winscard_hostile.h"

#include "pinpad.h"

#include <string.h>
#include <winscard.h>

#define CONTEXT_FIRST 0x5100
#define CARD_FIRST 0x5200
#define HANDLES_MAX 256
#define GET_FEATURE_REQUEST 0x42000D48
#define CODE_ANY 0xFF /* the code is the next 4 bytes */
#define CLAIM_HUGE 0xFFF0

struct winscard_told winscard_told;

static struct {
    struct slice lists, states, codes, answers;
    bool context_open[HANDLES_MAX], card_open[HANDLES_MAX];
    size_t contexts_ever, cards_ever;
    DWORD protocol;
    /* the last item of codes */
    LONG code;
    uint64_t named, again;
} world;

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST) };

static const LONG codes[] = {
    SCARD_S_SUCCESS,
    SCARD_W_RESET_CARD,
    SCARD_W_REMOVED_CARD,
    SCARD_E_CANCELLED,
    SCARD_E_TIMEOUT,
    SCARD_E_NO_SERVICE,
    SCARD_E_SERVICE_STOPPED,
    SCARD_F_COMM_ERROR,
    SCARD_E_INVALID_HANDLE,
    SCARD_E_NO_READERS_AVAILABLE,
    SCARD_E_UNKNOWN_READER,
    SCARD_E_READER_UNAVAILABLE,
    SCARD_E_NO_SMARTCARD,
    SCARD_E_SHARING_VIOLATION,
    SCARD_E_NO_ACCESS,
    SCARD_W_SECURITY_VIOLATION,
    SCARD_E_PROTO_MISMATCH,
    SCARD_E_NO_MEMORY,
    SCARD_E_NOT_TRANSACTED,
    SCARD_E_INSUFFICIENT_BUFFER,
    SCARD_E_INVALID_PARAMETER,
    SCARD_E_INVALID_VALUE,
    SCARD_F_INTERNAL_ERROR,
    SCARD_W_UNRESPONSIVE_CARD,
    SCARD_W_UNPOWERED_CARD,
    SCARD_W_UNSUPPORTED_CARD,
    SCARD_E_UNSUPPORTED_FEATURE,
};

uint64_t item_number(struct slice *item, size_t size)
{
    uint64_t number = 0;

    for (size_t i = 0; i < size; i++)
        number = number << 8 | (i < item->len ? item->ptr[i] : 0u);
    *item = slice_part(*item, size, item->len);
    return number;
}

void winscard_hostile_begin(struct slice lists, struct slice states, struct slice code_list,
                            struct slice answers)
{
    memset(&winscard_told, 0, sizeof(winscard_told));
    memset(&world, 0, sizeof(world));
    world.lists = lists;
    world.states = states;
    world.codes = code_list;
    world.answers = answers;
}

/* The code of the next item, and what follows it there. */
static LONG item_next(struct slice *list, LONG at_end, struct slice *ret_rest)
{
    uint64_t number;

    winscard_told.calls++;
    *ret_rest = slice_of(NULL, 0);
    if (!list_next(list, ret_rest))
        return at_end;
    number = item_number(ret_rest, 1);
    if (number == CODE_ANY)
        return (LONG)(int32_t)item_number(ret_rest, 4);
    return number < sizeof(codes) / sizeof(codes[0]) ? codes[number] : SCARD_S_SUCCESS;
}

/* The code of a call that gives back a protocol, or nothing. */
static LONG code_next(void)
{
    struct slice rest;

    if (world.again > 0) {
        world.again--;
        winscard_told.calls++;
        return world.code;
    }
    world.code = item_next(&world.codes, SCARD_S_SUCCESS, &rest);
    world.named = item_number(&rest, 1);
    world.again = item_number(&rest, 1);
    return world.code;
}

static DWORD protocol_named(DWORD honest)
{
    return world.named > 0 && world.named <= 16 ? (DWORD)world.named - 1 : honest;
}

/* Bytes 1 + times times over; how many of them there was room for. */
static size_t bytes_give(struct slice item, void *to, size_t cap)
{
    uint64_t times = 1 + item_number(&item, 1);
    uint8_t *bytes = to;
    size_t used = 0;

    consume(to, cap);
    for (; times > 0 && item.len > 0; times--) {
        size_t part = item.len < cap - used ? item.len : cap - used;

        memcpy(bytes + used, item.ptr, part);
        used += part;
    }
    return used;
}

/* What is told in place of a length. */
static DWORD claim_take(struct slice *item)
{
    DWORD number = (DWORD)item_number(item, 2);

    return number >= CLAIM_HUGE ? number - 0x10000 : number;
}

/* ---- contexts and connections ---- */

static void context_judge(SCARDCONTEXT context)
{
    if (context < CONTEXT_FIRST || context >= CONTEXT_FIRST + HANDLES_MAX ||
        !world.context_open[context - CONTEXT_FIRST])
        fuzz_fail("a context that is not open: %lx", (unsigned long)context);
}

static void card_judge(SCARDHANDLE card)
{
    if (card < CARD_FIRST || card >= CARD_FIRST + HANDLES_MAX ||
        !world.card_open[card - CARD_FIRST])
        fuzz_fail("a connection that is not open: %lx", (unsigned long)card);
}

LONG SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
                           LPSCARDCONTEXT context)
{
    LONG code = code_next();

    if (scope != SCARD_SCOPE_SYSTEM || reserved1 != NULL || reserved2 != NULL)
        fuzz_fail("a context of scope %lu", (unsigned long)scope);
    if (world.contexts_ever == HANDLES_MAX)
        code = SCARD_E_NO_MEMORY;
    *context = (SCARDCONTEXT)(CONTEXT_FIRST + world.contexts_ever);
    if (code == SCARD_S_SUCCESS) {
        world.context_open[world.contexts_ever++] = true;
        winscard_told.contexts++;
    }
    return code;
}

/* Whatever it returns: it is asked once. */
LONG SCardReleaseContext(SCARDCONTEXT context)
{
    context_judge(context);
    world.context_open[context - CONTEXT_FIRST] = false;
    winscard_told.contexts--;
    return code_next();
}

LONG SCardCancel(SCARDCONTEXT context)
{
    context_judge(context);
    return code_next();
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE card, LPDWORD protocol)
{
    LONG code = code_next();

    context_judge(context);
    consume_text(reader);
    if (mode != SCARD_SHARE_SHARED || protocols != (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1))
        fuzz_fail("connected in mode %lu", (unsigned long)mode);
    if (world.cards_ever == HANDLES_MAX)
        code = SCARD_E_NO_MEMORY;
    *card = (SCARDHANDLE)(CARD_FIRST + world.cards_ever);
    *protocol = world.protocol = protocol_named(SCARD_PROTOCOL_T1);
    if (code == SCARD_S_SUCCESS) {
        world.card_open[world.cards_ever++] = true;
        winscard_told.cards++;
    }
    winscard_told.agreed = false;
    return code;
}

LONG SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD initialization,
                    LPDWORD protocol)
{
    LONG code = code_next();

    card_judge(card);
    if (mode != SCARD_SHARE_SHARED || protocols != (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1) ||
        (initialization != SCARD_LEAVE_CARD && initialization != SCARD_UNPOWER_CARD))
        fuzz_fail("connected anew in mode %lu, %lu", (unsigned long)mode,
                  (unsigned long)initialization);
    *protocol = world.protocol = protocol_named(SCARD_PROTOCOL_T1);
    /* where nobody else resets the card */
    winscard_told.agreed = code == SCARD_S_SUCCESS && winscard_told.in_transaction;
    winscard_told.reconnects++;
    return code;
}

LONG SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state,
                 LPDWORD protocol, LPBYTE atr, LPDWORD atr_len)
{
    LONG code = code_next();

    card_judge(card);
    if (reader != NULL || reader_len != NULL || state != NULL || atr != NULL || atr_len != NULL)
        fuzz_fail("asked for more than the protocol");
    *protocol = protocol_named(world.protocol);
    winscard_told.agreed = code == SCARD_S_SUCCESS && *protocol == world.protocol;
    return code;
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD disposition)
{
    card_judge(card);
    if (disposition != SCARD_LEAVE_CARD && disposition != SCARD_UNPOWER_CARD)
        fuzz_fail("disconnected with %lu", (unsigned long)disposition);
    world.card_open[card - CARD_FIRST] = false;
    winscard_told.cards--;
    winscard_told.in_transaction = false;
    return code_next();
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
    LONG code = code_next();

    card_judge(card);
    if (winscard_told.in_transaction)
        fuzz_fail("a transaction in a transaction");
    winscard_told.in_transaction = code == SCARD_S_SUCCESS;
    return code;
}

/* Whatever it returns: there is nothing else that could be done. */
LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
    card_judge(card);
    if (disposition != SCARD_LEAVE_CARD || !winscard_told.in_transaction)
        fuzz_fail("a transaction ended with %lu", (unsigned long)disposition);
    winscard_told.in_transaction = false;
    return code_next();
}

/* ---- readers ---- */

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD len)
{
    struct slice item;
    LONG code = item_next(&world.lists, SCARD_E_NO_READERS_AVAILABLE, &item);
    DWORD claim = claim_take(&item),
          used = names == NULL ? (DWORD)item.len : (DWORD)bytes_give(item, names, *len);

    context_judge(context);
    if (groups != NULL)
        fuzz_fail("asked for a group of readers");
    *len = claim > 0 ? claim : used;
    return code;
}

static void state_tell(SCARD_READERSTATE *state, struct slice *item)
{
    if (strlen(state->szReader) >= MAX_READERNAME)
        fuzz_fail("asked about a name of %zu bytes", strlen(state->szReader));
    if (item->len == 0)
        return;
    state->dwEventState = (DWORD)item_number(item, 4);
    state->cbAtr = claim_take(item);
    memset(state->rgbAtr, (int)item_number(item, 1), sizeof(state->rgbAtr));
}

static void time_pass(uint64_t ms)
{
    wrap_clock(ms);
    winscard_told.waited_ms += ms;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states,
                          DWORD count)
{
    bool at_end = world.states.len == 0;
    struct slice item;
    LONG code = item_next(&world.states, SCARD_E_TIMEOUT, &item);
    uint64_t parts = item_number(&item, 1);

    context_judge(context);
    if (timeout >= INFINITE || count > READER_MAX + 1)
        fuzz_fail("%lu readers, %lu ms", (unsigned long)count, (unsigned long)timeout);
    time_pass(at_end ? timeout : (uint64_t)timeout * parts / 255);
    if ((item_number(&item, 1) & 1) != 0)
        (void)SCardCancel(context);
    for (DWORD i = 0; i < count; i++)
        state_tell(&states[i], &item);
    return code;
}

/* ---- exchanges ---- */

static LONG answer_next(void *answer, DWORD cap, LPDWORD len)
{
    struct slice item;
    LONG code = item_next(&world.answers, SCARD_E_NOT_TRANSACTED, &item);
    DWORD claim = claim_take(&item), used = bytes_give(item, answer, cap);

    *len = claim > 0 ? claim : used;
    return code;
}

static LONG exchange(const void *sent, DWORD sent_len, void *answer, DWORD cap, LPDWORD len)
{
    LONG code = answer_next(answer, cap, len);
    const uint8_t *said = answer;

    consume(sent, sent_len);
    winscard_told.exchanges++;
    winscard_told.claimed = *len;
    winscard_told.gave_up = code == SCARD_S_SUCCESS && *len == 2 && said[0] == 0x64 && said[1] < 4;
    return code;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE command,
                   DWORD command_len, SCARD_IO_REQUEST *receive_pci, LPBYTE answer, LPDWORD len)
{
    card_judge(card);
    if (!winscard_told.in_transaction || receive_pci != NULL)
        fuzz_fail("an exchange outside a transaction");
    if (send_pci != (world.protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1))
        fuzz_fail("an exchange in another protocol than %lu", (unsigned long)world.protocol);
    return exchange(command, command_len, answer, *len, len);
}

LONG SCardGetAttrib(SCARDHANDLE card, DWORD attr, LPBYTE value, LPDWORD len)
{
    card_judge(card);
    (void)attr, (void)value, (void)len;
    return SCARD_E_UNSUPPORTED_FEATURE;
}

LONG SCardControl(SCARDHANDLE card, DWORD code, LPCVOID sent, DWORD sent_len, LPVOID answer,
                  DWORD cap, LPDWORD len)
{
    card_judge(card);
    if (code == GET_FEATURE_REQUEST && sent_len == 0)
        return answer_next(answer, cap, len);
    if (code == 0 || sent_len > PINPAD_BLOCK_MAX || !winscard_told.in_transaction)
        fuzz_fail("control %lx with %lu bytes", (unsigned long)code, (unsigned long)sent_len);
    return exchange(sent, sent_len, answer, cap, len);
}
