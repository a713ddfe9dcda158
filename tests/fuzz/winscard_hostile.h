/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A winscard that promises nothing: each call answers the next item of its list.  An item begins
 * with a byte for the code that the call returns (0: success; winscard_hostile.c has the table),
 * and has, where the call gives something back:
 *
 *   lists    SCardListReaders: length claimed, times, names
 *   states   SCardGetStatusChange: time that passes in parts of 255 of the timeout, flags (1:
 * another thread cancels), then for each reader 4 bytes of dwEventState, 2 of cbAtr, and the byte
 * that the ATR is made of codes    all that are not here: 1 + protocol, as SCardConnect,
 * SCardReconnect and SCardStatus name it (0: the true one), and how many calls more are answered so
 *   answers  SCardTransmit, SCardControl: length claimed, times, bytes
 *
 * Bytes are written 1 + times times over, as long as there is room.
 * A length is 2 bytes: 0 for the true one, from FFF0 on lengths just below what a DWORD holds.
 * Behind the end of a list all codes succeed, there is no reader, no news and no answer.  What it
 * is called with is judged here.
 */
#ifndef FUZZ_WINSCARD_HOSTILE_H
#define FUZZ_WINSCARD_HOSTILE_H

#include "fuzz.h"

struct winscard_told {
    size_t calls;           /* of any function */
    size_t contexts, cards; /* established and connected, and not given back */
    bool in_transaction;
    bool agreed; /* SCardStatus named the protocol that the connection has */
    size_t reconnects;
    /* that may reach the card: SCardTransmit, SCardControl but for the features */
    size_t exchanges;
    size_t claimed; /* length of the last such answer, as claimed */
    /* the last such answer is the reader's, about the person at the keypad */
    bool gave_up;
    uint64_t waited_ms;
};

extern struct winscard_told winscard_told;

/* Forget everything; the lists must live as long as calls are made. */
void winscard_hostile_begin(struct slice lists, struct slice states, struct slice codes,
                            struct slice answers);

/* Take a big-endian number off the front of an item; bytes that are missing are zero. */
uint64_t item_number(struct slice *item, size_t size);

#endif
