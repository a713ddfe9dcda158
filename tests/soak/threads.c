/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * threads MODULE THREADS COUNT: many threads in one program over all tokens that there are, each
 * with a session of its own, make COUNT signatures each.  Every signature is checked by OpenSSL
 * alone.  Prints how long one took at most, in ms, how many others its card served meanwhile at
 * most, how many were cut off by a reset and asked for again, and how many tokens there were.
 */
#include "client.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS_MAX 64
#define SLOTS_MAX 16

struct worker {
    pthread_t thread;
    CK_SLOT_ID slot;
    long count;
    struct signer signer;
};

/* Signatures of each card: two tokens follow each other. */
static atomic_ulong served[SLOTS_MAX / 2];

static void *worker_run(void *arg)
{
    struct worker *worker = arg;
    struct signer *signer = &worker->signer;

    signer_open(worker->slot, worker->slot % 2 == 0 ? PIN_AUTH : PIN_SIGN, signer);
    signer->served = &served[worker->slot / 2];
    for (long i = 0; i < worker->count; i++)
        sign_once(signer);
    signer_close(signer);
    return NULL;
}

int main(int argc, char **argv)
{
    struct worker workers[THREADS_MAX] = { 0 };
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG slot_count = SLOTS_MAX;
    const struct signer *signer;
    const long threads = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
    double longest = 0;
    unsigned long overtaken = 0;
    unsigned broken = 0;

    if (threads < 1 || threads > THREADS_MAX) {
        fprintf(stderr, "usage: threads MODULE THREADS COUNT\n");
        return 2;
    }
    (void)module_load(argv[1]);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &slot_count), "C_GetSlotList");
    expect(slot_count <= SLOTS_MAX ? p11->C_GetSlotList(CK_TRUE, slots, &slot_count)
                                   : CKR_BUFFER_TOO_SMALL,
           "the tokens");
    expect(slot_count == 0 ? CKR_TOKEN_NOT_PRESENT : CKR_OK, "a token at all");
    for (long i = 0; i < threads; i++) {
        workers[i].slot = slots[(CK_ULONG)i % slot_count];
        workers[i].count = strtol(argv[3], NULL, 10);
        expect(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) == 0
                   ? CKR_OK
                   : CKR_HOST_MEMORY,
               "thread");
    }
    for (long i = 0; i < threads; i++) {
        (void)pthread_join(workers[i].thread, NULL);
        signer = &workers[i].signer;
        longest = signer->longest > longest ? signer->longest : longest;
        overtaken = signer->overtaken > overtaken ? signer->overtaken : overtaken;
        broken += signer->broken;
    }
    expect(p11->C_Finalize(NULL), "C_Finalize");
    printf("longest %.0f\novertaken %lu\nbroken %u\ntokens %lu\n", longest * 1000, overtaken,
           broken, slot_count);
    return EXIT_SUCCESS;
}
