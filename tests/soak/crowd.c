/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One of many programs that use one card: crowd sign MODULE SLOT PIN COUNT signs so often and
 * checks every signature against the certificate by OpenSSL alone; it prints how long it waited at
 * most for one.  crowd reset READER SECONDS is the other kind of program: it resets the card at
 * random, the one way and the other.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <winscard.h>

static int run_sign(char **argv)
{
    struct signer signer;

    (void)module_load(argv[0]);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    signer_open(strtoul(argv[1], NULL, 10), argv[2], &signer);
    for (long i = strtol(argv[3], NULL, 10); i > 0; i--)
        sign_once(&signer);
    signer_close(&signer);
    expect(p11->C_Finalize(NULL), "C_Finalize");
    printf("longest %.0f\nbroken %u\n", signer.longest * 1000, signer.broken);
    return EXIT_SUCCESS;
}

static int run_reset(char **argv)
{
    const double end = seconds() + strtod(argv[1], NULL);
    SCARDCONTEXT context;
    SCARDHANDLE card;
    DWORD protocol;
    unsigned resets = 0;

    if (SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context) != SCARD_S_SUCCESS)
        return EXIT_FAILURE;
    srandom((unsigned)getpid());
    while (seconds() < end) {
        struct timespec pause = { 0, (5 + random() % 120) * 1000000 };

        nanosleep(&pause, NULL);
        if (SCardConnect(context, argv[0], SCARD_SHARE_SHARED,
                         SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card,
                         &protocol) != SCARD_S_SUCCESS)
            continue;
        if (random() % 2 == 0 &&
            SCardReconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1,
                           SCARD_RESET_CARD, &protocol) == SCARD_S_SUCCESS)
            resets++;
        if (SCardDisconnect(card, SCARD_RESET_CARD) == SCARD_S_SUCCESS)
            resets++;
        printf("resets %u\n", resets);
        fflush(stdout);
    }
    SCardReleaseContext(context);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "sign") == 0)
        return run_sign(argv + 2);
    if (argc == 4 && strcmp(argv[1], "reset") == 0)
        return run_reset(argv + 2);
    fprintf(stderr, "usage: crowd sign MODULE SLOT PIN COUNT | crowd reset READER SECONDS\n");
    return 2;
}
