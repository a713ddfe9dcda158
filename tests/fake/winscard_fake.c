/* SPDX-License-Identifier: BSD-3-Clause */
#include "winscard_fake.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <winscard.h>

#define STATES 17
#define FIRST_CARD 22

static struct {
    char calls[2048];
    char fail_call[32];
    unsigned fail_times;
    LONG fail_code;
    const char *readers;
    size_t readers_len;
    DWORD events[STATES];
    size_t atr_len[STATES];
    uint8_t answer[300], sent[300];
    size_t answer_len, sent_len, claim;
    DWORD protocol;
    SCARDHANDLE card;  /* the connection that this reader knows */
    LONG happened;
} world = { .protocol = SCARD_PROTOCOL_T1, .card = FIRST_CARD };

const SCARD_IO_REQUEST g_rgSCardT0Pci = { SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardT1Pci = { SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST) };
const SCARD_IO_REQUEST g_rgSCardRawPci = { SCARD_PROTOCOL_RAW, sizeof(SCARD_IO_REQUEST) };

void winscard_fake_reset(void)
{
    memset(&world, 0, sizeof(world));
    world.protocol = SCARD_PROTOCOL_T1;
    world.card = FIRST_CARD;
}

void winscard_fake_fail(const char *call, unsigned times, long code)
{
    (void)snprintf(world.fail_call, sizeof(world.fail_call), "%s", call);
    world.fail_times = times;
    world.fail_code = (LONG)code;
}

const char *winscard_fake_calls(void)
{
    return world.calls;
}

void winscard_fake_readers(const char *names, size_t len)
{
    world.readers = names;
    world.readers_len = len;
}

void winscard_fake_state(size_t reader, unsigned long event, size_t atr_len)
{
    world.events[reader] = event;
    world.atr_len[reader] = atr_len;
}

void winscard_fake_answer(const void *bytes, size_t len)
{
    memcpy(world.answer, bytes, len);
    world.answer_len = len;
    world.claim = len;
}

void winscard_fake_claim(size_t len)
{
    world.claim = len;
}

size_t winscard_fake_sent(uint8_t *bytes, size_t cap)
{
    size_t len = world.sent_len < cap ? world.sent_len : cap;

    memcpy(bytes, world.sent, len);
    return world.sent_len;
}

void winscard_fake_protocol(unsigned long protocol)
{
    world.protocol = protocol;
}

void winscard_fake_happens(long code)
{
    world.happened = (LONG)code;
}

void winscard_fake_replug(void)
{
    world.card++;
    world.happened = SCARD_S_SUCCESS;
}

/* What pcscd finds before it looks at what is asked. */
static LONG handle_judge(SCARDHANDLE card, bool tells)
{
    if (card != world.card)
        return SCARD_E_INVALID_VALUE;
    return tells ? world.happened : SCARD_S_SUCCESS;
}

/* Write the call down, and answer as told. */
static LONG called(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static LONG called(const char *name, const char *format, ...)
{
    size_t len = strlen(world.calls);
    va_list args;

    len += (size_t)snprintf(world.calls + len, sizeof(world.calls) - len, "%s%s", len > 0 ? " " : "", name);
    va_start(args, format);
    (void)vsnprintf(world.calls + len, sizeof(world.calls) - len, format, args);
    va_end(args);
    if (strcmp(world.fail_call, name) != 0 || world.fail_times == 0 || --world.fail_times > 0)
        return SCARD_S_SUCCESS;
    world.fail_call[0] = '\0';
    return world.fail_code;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2, LPSCARDCONTEXT context)
{
    (void)scope;
    (void)reserved1;
    (void)reserved2;
    *context = 11;
    return called("establish", "%s", "");
}

LONG SCardReleaseContext(SCARDCONTEXT context)
{
    return called("release", "%s", context == 11 ? "" : "(?)");
}

LONG SCardListReaders(SCARDCONTEXT context, LPCSTR groups, LPSTR names, LPDWORD len)
{
    LONG code = called("list", "%s", context == 11 && groups == NULL ? "" : "(?)");

    if (code != SCARD_S_SUCCESS)
        return code;
    if (world.readers_len == 0)
        return SCARD_E_NO_READERS_AVAILABLE;
    if (*len < world.readers_len)
        return SCARD_E_INSUFFICIENT_BUFFER;
    memcpy(names, world.readers, world.readers_len);
    *len = (DWORD)world.readers_len;
    return SCARD_S_SUCCESS;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states, DWORD count)
{
    LONG code = called("status", "(%s,%lu)", timeout == 0 ? "0" : timeout == INFINITE ? "ever" : "1", (unsigned long)count);

    (void)context;
    if (code != SCARD_S_SUCCESS)
        return code;
    for (DWORD i = 0; i < count && i < STATES; i++) {
        states[i].dwEventState = world.events[i];
        states[i].cbAtr = (DWORD)world.atr_len[i];
        memset(states[i].rgbAtr, 0x3B, sizeof(states[i].rgbAtr));
    }
    return SCARD_S_SUCCESS;
}

LONG SCardCancel(SCARDCONTEXT context)
{
    return called("cancel", "%s", context == 11 ? "" : "(?)");
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols, LPSCARDHANDLE card, LPDWORD protocol)
{
    (void)context;
    *card = world.card;
    world.happened = SCARD_S_SUCCESS;
    *protocol = world.protocol;
    return called("connect", "(%s,%lu,%lu)", reader, (unsigned long)mode, (unsigned long)protocols);
}

LONG SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD initialization, LPDWORD protocol)
{
    const LONG code = called("reconnect", "(%lu,%lu,%lu)", (unsigned long)mode, (unsigned long)protocols,
                             (unsigned long)initialization);

    *protocol = world.protocol;
    if (world.happened == SCARD_W_RESET_CARD)
        world.happened = SCARD_S_SUCCESS;
    return code != SCARD_S_SUCCESS ? code : handle_judge(card, true);
}

/* Asked at the beginning of each visit; not written down. */
LONG SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state, LPDWORD protocol, LPBYTE atr,
                 LPDWORD atr_len)
{
    (void)reader;
    (void)reader_len;
    (void)state;
    (void)atr;
    (void)atr_len;
    *protocol = world.protocol;
    return handle_judge(card, true);
}

LONG SCardDisconnect(SCARDHANDLE card, DWORD disposition)
{
    const LONG code = called("disconnect", "(%lu)", (unsigned long)disposition);

    return code != SCARD_S_SUCCESS ? code : handle_judge(card, false);
}

LONG SCardBeginTransaction(SCARDHANDLE card)
{
    const LONG code = called("begin", "%s", "");

    return code != SCARD_S_SUCCESS ? code : handle_judge(card, true);
}

LONG SCardEndTransaction(SCARDHANDLE card, DWORD disposition)
{
    const LONG code = called("end", "(%lu)", (unsigned long)disposition);

    return code != SCARD_S_SUCCESS ? code : handle_judge(card, false);
}

static LONG answered(SCARDHANDLE card, LONG code, const void *sent, DWORD sent_len, void *answer, DWORD cap, LPDWORD len)
{
    if (code == SCARD_S_SUCCESS)
        code = handle_judge(card, true);
    if (code == SCARD_E_INVALID_VALUE)
        return code;
    world.sent_len = sent_len < sizeof(world.sent) ? sent_len : sizeof(world.sent);
    if (world.sent_len > 0)
        memcpy(world.sent, sent, world.sent_len);
    if (code != SCARD_S_SUCCESS)
        return code;
    if (cap < world.answer_len)
        return SCARD_E_INSUFFICIENT_BUFFER;
    memcpy(answer, world.answer, world.answer_len);
    *len = (DWORD)world.claim;
    return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE command, DWORD command_len,
                   SCARD_IO_REQUEST *receive_pci, LPBYTE answer, LPDWORD len)
{
    (void)receive_pci;
    return answered(card, called("transmit", "(T%d)", send_pci == SCARD_PCI_T0 ? 0 : 1), command, command_len, answer, *len,
                    len);
}

LONG SCardControl(SCARDHANDLE card, DWORD code, LPCVOID sent, DWORD sent_len, LPVOID answer, DWORD cap, LPDWORD len)
{
    return answered(card, called("control", "(%08lX)", (unsigned long)code), sent, sent_len, answer, cap, len);
}
