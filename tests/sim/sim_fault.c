/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_fault.h"

#include <stdlib.h>
#include <string.h>

#define OVERSIZE_BYTES 40

static const char *const kind_names[] = {
    [SIM_FAULT_REMOVE] = "remove", [SIM_FAULT_REINSERT] = "remove-reinsert", [SIM_FAULT_SWAP] = "swap",
    [SIM_FAULT_MUTE] = "mute", [SIM_FAULT_EMPTY] = "empty", [SIM_FAULT_TRUNCATE] = "truncate",
    [SIM_FAULT_OVERSIZE] = "oversize", [SIM_FAULT_SW] = "sw", [SIM_FAULT_RESET] = "reset", [SIM_FAULT_UNPLUG] = "unplug",
    [SIM_FAULT_SERVICE] = "service", [SIM_FAULT_BLOCK] = "block",
    [SIM_FAULT_HOLD] = "hold",
};

bool sim_fault_parse(const char *text, unsigned n, struct sim_fault *ret_fault)
{
    const size_t len = strcspn(text, "=");
    struct sim_fault fault = { SIM_FAULT_NONE, n, 0 };

    for (size_t i = 1; i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (strlen(kind_names[i]) == len && strncmp(kind_names[i], text, len) == 0)
            fault.kind = (enum sim_fault_kind)i;
    }
    if (n == 0 || fault.kind == SIM_FAULT_NONE || (fault.kind == SIM_FAULT_SW) != (text[len] == '='))
        return false;
    if (fault.kind == SIM_FAULT_SW) {
        char *end = NULL;
        const unsigned long sw = strtoul(text + len + 1, &end, 16);
        if (strlen(text + len + 1) != 4 || *end != '\0')
            return false;
        fault.sw = (uint16_t)sw;
    }
    *ret_fault = fault;
    return true;
}

enum sim_fault_kind sim_fault_count(struct sim_fault *fault)
{
    if (fault->countdown == 0)
        return SIM_FAULT_NONE;
    fault->countdown--;
    return fault->countdown == 0 ? fault->kind : SIM_FAULT_NONE;
}

static size_t answer_lengthen(uint8_t *resp, size_t len, size_t cap)
{
    if (len < 2 || len + OVERSIZE_BYTES > cap)
        return len;
    resp[len + OVERSIZE_BYTES - 2] = resp[len - 2];
    resp[len + OVERSIZE_BYTES - 1] = resp[len - 1];
    memset(resp + len - 2, 0xA5, OVERSIZE_BYTES);
    return len + OVERSIZE_BYTES;
}

size_t sim_fault_mangle(const struct sim_fault *fault, enum sim_fault_kind kind, uint8_t *resp, size_t len, size_t cap)
{
    if (kind == SIM_FAULT_EMPTY)
        return 0;
    if (kind == SIM_FAULT_TRUNCATE)
        return len > 0 ? len - 1 : 0;
    if (kind == SIM_FAULT_OVERSIZE)
        return answer_lengthen(resp, len, cap);
    if (kind == SIM_FAULT_SW && cap >= 2) {
        resp[0] = (uint8_t)(fault->sw >> 8);
        resp[1] = (uint8_t)fault->sw;
        return 2;
    }
    return len;
}
