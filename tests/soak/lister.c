/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lister MODULE: "secure 1" if the kernel says that the environment is not to be trusted (a set-id
 * program), else "secure 0"; then the label of each token.
 */
#include "client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#define SLOTS_MAX 16

int main(int argc, char **argv)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = 0;
    CK_TOKEN_INFO token;

    if (argc != 2) {
        fprintf(stderr, "usage: lister MODULE\n");
        return 2;
    }
    printf("secure %lu\n", getauxval(AT_SECURE));
    (void)module_load(argv[1]);
    expect(p11->C_Initialize(NULL), "C_Initialize");
    expect(p11->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
    expect(count <= SLOTS_MAX ? p11->C_GetSlotList(CK_TRUE, slots, &count) : CKR_BUFFER_TOO_SMALL,
           "the tokens");
    for (CK_ULONG i = 0; i < count; i++) {
        expect(p11->C_GetTokenInfo(slots[i], &token), "C_GetTokenInfo");
        printf("%.*s\n", (int)sizeof(token.label), (const char *)token.label);
    }
    expect(p11->C_Finalize(NULL), "C_Finalize");
    return EXIT_SUCCESS;
}
