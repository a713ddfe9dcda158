/* SPDX-License-Identifier: BSD-3-Clause */
#include "winscard_fake.h"

#include "time_fake.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <winscard.h>

#define FIRST_CARD 22
#define STATES 80
#define CALL_MAX 256
#define PNP_READER "\\\\?PnP?\\Notification"

static struct {
    char calls[2048];
    char fail_call[32];
    unsigned fail_times;
    LONG fail_code;
    const char *readers;
    size_t readers_len;
    enum winscard_fake_version version;
    enum winscard_fake_oddity oddity;
    unsigned lists; /* asked for, with ODD_LIST */
    DWORD events[STATES];
    size_t atr_len[STATES];
    DWORD reader_events; /* readers that came or went, and one */
    void (*at_wait)(void);
    size_t asked, contexts;
    bool waiting, cancelled;
    uint8_t answer[300], sent[300];
    size_t answer_len, sent_len, claim;
    DWORD protocol;
    SCARDHANDLE card; /* the connection that this reader knows */
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
    time_fake_reset();
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
    world.reader_events++;
}

void winscard_fake_version(enum winscard_fake_version version)
{
    world.version = version;
}

void winscard_fake_odd(enum winscard_fake_oddity oddity)
{
    world.oddity = oddity;
}

size_t winscard_fake_contexts(void)
{
    return world.contexts;
}

size_t winscard_fake_asked(void)
{
    return world.asked;
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
void winscard_fake_at_wait(void (*happen)(void))
{
    world.at_wait = happen;
}

/* ---- calls ---- */

/* Write the call down, and answer as told. */
static LONG called(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static LONG called(const char *name, const char *format, ...)
{
    size_t len = strlen(world.calls);
    va_list args;

    if (len + CALL_MAX > sizeof(world.calls)) /* what is this long is not compared word by word */
        len = 0;
    len += (size_t)snprintf(world.calls + len, sizeof(world.calls) - len, "%s%s",
                            len > 0 ? " " : "", name);
    va_start(args, format);
    (void)vsnprintf(world.calls + len, sizeof(world.calls) - len, format, args);
    va_end(args);
    if (strcmp(world.fail_call, name) != 0 || world.fail_times == 0 || --world.fail_times > 0)
        return SCARD_S_SUCCESS;
    world.fail_call[0] = '\0';
    return world.fail_code;
}

LONG SCardEstablishContext(DWORD scope, LPCVOID reserved1, LPCVOID reserved2,
                           LPSCARDCONTEXT context)
{
    (void)scope;
    (void)reserved1;
    (void)reserved2;
    *context = 11;
    world.contexts++;
    if (world.oddity == ODD_SHIFTED)
        world.oddity = ODD_NOTHING;
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
    if (names != NULL && *len < world.readers_len)
        code = SCARD_E_INSUFFICIENT_BUFFER;
    else if (names != NULL)
        memcpy(names, world.readers, world.readers_len);
    if (names != NULL && world.oddity == ODD_LIST)
        names[0] = (char)('a' + world.lists++ % 2);
    *len = (DWORD)world.readers_len;
    return code;
}

/* ---- what becomes of readers: as pcsc-lite's winscard_clnt.c does it ---- */

/* The reader of this name, or STATES. */
static size_t reader_find(const char *name)
{
    const char *at = world.readers;

    for (size_t i = 0; i < STATES && world.readers_len > 0 && *at != '\0'; i++) {
        if (strcmp(at, name) == 0)
            return i;
        at += strlen(at) + 1;
    }
    return STATES;
}

static size_t readers_count(void)
{
    size_t count = 0;

    for (const char *at = world.readers; world.readers_len > 0 && *at != '\0'; at += strlen(at) + 1)
        count++;
    return count;
}

static bool is_special(const SCARD_READERSTATE *state)
{
    return strcasecmp(state->szReader, PNP_READER) == 0;
}

/* What the oddity alone makes the answer. */
static LONG oddity_judge(void)
{
    static const LONG codes[] = {
        [ODD_SHIFTED] = SCARD_E_UNKNOWN_READER,
        [ODD_UNKNOWN] = SCARD_E_UNKNOWN_READER,
        [ODD_NO_READERS] = SCARD_E_NO_READERS_AVAILABLE,
        [ODD_INVALID] = SCARD_E_INVALID_PARAMETER,
    };

    return codes[world.oddity];
}

static LONG states_judge(const SCARD_READERSTATE *states, DWORD count)
{
    if (world.version < PCSC_2_5 && count > 16)
        return SCARD_E_INVALID_PARAMETER;
    for (DWORD i = 0; i < count; i++) {
        if (reader_find(states[i].szReader) == STATES &&
            (!is_special(&states[i]) || world.oddity == ODD_NAME))
            return SCARD_E_UNKNOWN_READER;
    }
    return count > 0 ? oddity_judge() : SCARD_S_SUCCESS;
}

/* Whether a reader is not as its entry says.  A flag that pcscd has and the entry has not is no
 * change, but for MUTE. */
static bool reader_changed(DWORD current, DWORD event)
{
    const DWORD either = SCARD_STATE_MUTE | SCARD_STATE_UNAVAILABLE;
    const DWORD lost =
        SCARD_STATE_PRESENT | SCARD_STATE_EMPTY | SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE;

    return current == SCARD_STATE_UNAWARE || ((current ^ event) & either) != 0 ||
           (current & ~event & lost) != 0 || (current >> 16 != 0 && current >> 16 != event >> 16);
}

static bool reader_tell(SCARD_READERSTATE *state)
{
    size_t reader = reader_find(state->szReader);

    if (reader == STATES) {
        state->dwEventState = SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE;
        return (state->dwCurrentState & SCARD_STATE_UNKNOWN) == 0;
    }
    state->dwEventState = world.events[reader] & ~(DWORD)SCARD_STATE_CHANGED;
    state->cbAtr = (DWORD)world.atr_len[reader];
    memset(state->rgbAtr, 0x3B, sizeof(state->rgbAtr));
    return reader_changed(state->dwCurrentState, state->dwEventState);
}

/* The special entry.  1.9 has no count and tells what happens during the call; the count of
 * later ones wraps to 1. */
static bool special_tell(SCARD_READERSTATE *state, size_t readers_before)
{
    DWORD known = state->dwCurrentState >> 16;

    state->dwEventState = world.version == PCSC_1_9 ? 0 : world.reader_events << 16;
    return readers_count() != readers_before ||
           (world.version > PCSC_1_9 && known != 0 && known != world.reader_events);
}

static bool states_tell(SCARD_READERSTATE *states, DWORD count, size_t readers_before)
{
    bool any = false;

    for (DWORD i = 0; i < count; i++) {
        bool changed = is_special(&states[i]) ? special_tell(&states[i], readers_before)
                                              : reader_tell(&states[i]);

        if (changed || world.oddity == ODD_CHANGED)
            states[i].dwEventState |= SCARD_STATE_CHANGED;
        any = any || changed;
    }
    return any || world.oddity == ODD_CHANGED;
}

LONG SCardGetStatusChange(SCARDCONTEXT context, DWORD timeout, SCARD_READERSTATE *states,
                          DWORD count)
{
    LONG code = called("status", "(%s,%lu)",
                       timeout == 0          ? "0"
                       : timeout == INFINITE ? "ever"
                                             : "1",
                       (unsigned long)count);
    const uint64_t end_ms = clock_ms() + timeout;
    size_t before;

    (void)context;
    world.asked++;
    if (timeout > 0 && world.at_wait != NULL) {
        void (*happen)(void) = world.at_wait;

        world.at_wait = NULL;
        happen();
    }
    if (code == SCARD_S_SUCCESS)
        code = states_judge(states, count);
    if (code != SCARD_S_SUCCESS || count == 0)
        return code;
    if (world.oddity == ODD_COUNT && timeout > 0)
        world.reader_events++;
    before = readers_count();
    world.waiting = timeout > 0;
    world.cancelled = false;
    while (!states_tell(states, count, before)) {
        code = world.cancelled ? SCARD_E_CANCELLED : SCARD_E_TIMEOUT;
        if (world.cancelled || clock_ms() >= end_ms || world.oddity == ODD_TIMEOUT)
            break;
        code = SCARD_S_SUCCESS;
        time_fake_pass(end_ms);
    }
    world.waiting = false;
    return code;
}

LONG SCardCancel(SCARDCONTEXT context)
{
    world.cancelled = world.waiting;
    return called("cancel", "%s", context == 11 ? "" : "(?)");
}

LONG SCardConnect(SCARDCONTEXT context, LPCSTR reader, DWORD mode, DWORD protocols,
                  LPSCARDHANDLE card, LPDWORD protocol)
{
    (void)context;
    *card = world.card;
    world.happened = SCARD_S_SUCCESS;
    *protocol = world.protocol;
    return called("connect", "(%s,%lu,%lu)", reader, (unsigned long)mode, (unsigned long)protocols);
}

LONG SCardReconnect(SCARDHANDLE card, DWORD mode, DWORD protocols, DWORD initialization,
                    LPDWORD protocol)
{
    const LONG code = called("reconnect", "(%lu,%lu,%lu)", (unsigned long)mode,
                             (unsigned long)protocols, (unsigned long)initialization);

    *protocol = world.protocol;
    if (world.happened == SCARD_W_RESET_CARD)
        world.happened = SCARD_S_SUCCESS;
    return code != SCARD_S_SUCCESS ? code : handle_judge(card, true);
}

/* Asked at the beginning of each visit; not written down. */
LONG SCardStatus(SCARDHANDLE card, LPSTR reader, LPDWORD reader_len, LPDWORD state,
                 LPDWORD protocol, LPBYTE atr, LPDWORD atr_len)
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

static LONG answered(SCARDHANDLE card, LONG code, const void *sent, DWORD sent_len, void *answer,
                     DWORD cap, LPDWORD len)
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

LONG SCardTransmit(SCARDHANDLE card, const SCARD_IO_REQUEST *send_pci, LPCBYTE command,
                   DWORD command_len, SCARD_IO_REQUEST *receive_pci, LPBYTE answer, LPDWORD len)
{
    (void)receive_pci;
    return answered(card, called("transmit", "(T%d)", send_pci == SCARD_PCI_T0 ? 0 : 1), command,
                    command_len, answer, *len, len);
}

LONG SCardGetAttrib(SCARDHANDLE card, DWORD attr, LPBYTE value, LPDWORD len)
{
    (void)card, (void)attr, (void)value, (void)len;
    return SCARD_E_UNSUPPORTED_FEATURE;
}

LONG SCardControl(SCARDHANDLE card, DWORD code, LPCVOID sent, DWORD sent_len, LPVOID answer,
                  DWORD cap, LPDWORD len)
{
    return answered(card, called("control", "(%08lX)", (unsigned long)code), sent, sent_len, answer,
                    cap, len);
}
