/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_fault.h"

#include <stdlib.h>
#include <string.h>

#define OVERSIZE_BYTES 40

static const char *const kind_names[] = {
    [SIM_FAULT_REMOVE] = "remove",     [SIM_FAULT_REINSERT] = "remove-reinsert",
    [SIM_FAULT_SWAP] = "swap",         [SIM_FAULT_MUTE] = "mute",
    [SIM_FAULT_EMPTY] = "empty",       [SIM_FAULT_TRUNCATE] = "truncate",
    [SIM_FAULT_OVERSIZE] = "oversize", [SIM_FAULT_SW] = "sw",
    [SIM_FAULT_RESET] = "reset",       [SIM_FAULT_UNPLUG] = "unplug",
    [SIM_FAULT_SERVICE] = "service",   [SIM_FAULT_BLOCK] = "block",
    [SIM_FAULT_HOLD] = "hold",         [SIM_FAULT_SWAP_RESET] = "swap-reset",
    [SIM_FAULT_REPLUG] = "replug",
};

/* A kind of command: by INS and P1, and by whether something follows the header. */
enum place_body { BODY_EITHER, BODY_NONE, BODY_DATA, BODY_CARD_MANAGER, BODY_OTHER_NAME };

#define ANY_P1 (-1)
#define NO_INS (-1) /* no command at all: the reader takes the power away */

static const struct place_row {
    const char *name;
    int ins, p1;
    enum place_body body;
} place_rows[] = {
    { "", NO_INS, ANY_P1, BODY_EITHER },
    { "select-application", 0xA4, 0x04, BODY_OTHER_NAME },
    { "select-card-manager", 0xA4, 0x04, BODY_CARD_MANAGER },
    { "select-file", 0xA4, 0x02, BODY_EITHER },
    { "select", 0xA4, ANY_P1, BODY_EITHER }, /* behind the narrower ones */
    { "query", 0x20, ANY_P1, BODY_NONE },
    { "verify", 0x20, ANY_P1, BODY_DATA },
    { "change", 0x24, ANY_P1, BODY_EITHER },
    { "compute", 0x2A, ANY_P1, BODY_EITHER },
    { "read", 0xB0, ANY_P1, BODY_EITHER },
    { "unpower", NO_INS, ANY_P1, BODY_EITHER },
};

#define PLACE_COUNT (sizeof(place_rows) / sizeof(place_rows[0]))

/* Names of the card manager begin with the registered identifier of GlobalPlatform. */
static bool name_is_card_manager(const uint8_t *cmd, size_t len)
{
    static const uint8_t rid[] = { 0xA0, 0x00, 0x00, 0x01, 0x51 };

    return len >= 5 + sizeof(rid) && memcmp(cmd + 5, rid, sizeof(rid)) == 0;
}

static bool body_fits(enum place_body body, const uint8_t *cmd, size_t len)
{
    switch (body) {
    case BODY_EITHER: return true;
    case BODY_NONE: return len <= 5;
    case BODY_DATA: return len > 5;
    case BODY_CARD_MANAGER: return name_is_card_manager(cmd, len);
    case BODY_OTHER_NAME: return !name_is_card_manager(cmd, len);
    }
    return false;
}

static bool place_fits(unsigned place, const uint8_t *cmd, size_t len)
{
    const struct place_row *row = &place_rows[place];

    if (cmd == NULL)
        return place == PLACE_COUNT - 1;
    if (place == 0)
        return true;
    return len >= 4 && row->ins == cmd[1] && (row->p1 == ANY_P1 || row->p1 == cmd[2]) &&
           body_fits(row->body, cmd, len);
}

static const char *place_name(const uint8_t *cmd, size_t len)
{
    for (unsigned i = 1; i < PLACE_COUNT; i++) {
        if (place_fits(i, cmd, len))
            return place_rows[i].name;
    }
    return "";
}

static bool place_parse(const char *text, size_t len, unsigned *ret_place)
{
    for (unsigned i = 1; i < PLACE_COUNT; i++) {
        if (strlen(place_rows[i].name) == len && strncmp(place_rows[i].name, text, len) == 0) {
            *ret_place = i;
            return true;
        }
    }
    return false;
}

static bool kind_parse(const char *text, struct sim_fault *fault)
{
    const size_t len = strcspn(text, "=");

    for (size_t i = 1; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
        if (strlen(kind_names[i]) == len && strncmp(kind_names[i], text, len) == 0)
            fault->kind = (enum sim_fault_kind)i;
    }
    if (fault->kind == SIM_FAULT_NONE || (fault->kind == SIM_FAULT_SW) != (text[len] == '='))
        return false;
    if (fault->kind == SIM_FAULT_SW) {
        char *end = NULL;
        const unsigned long sw = strtoul(text + len + 1, &end, 16);
        if (strlen(text + len + 1) != 4 || *end != '\0')
            return false;
        fault->sw = (uint16_t)sw;
    }
    return true;
}

bool sim_faults_add(struct sim_faults *faults, const char *text, unsigned n)
{
    const size_t len = strcspn(text, " ");
    struct sim_fault fault = { .countdown = n };

    if (text[len] == ' ' && !place_parse(text, len, &fault.place))
        return false;
    if (n == 0 || !kind_parse(text[len] == ' ' ? text + len + 1 : text, &fault))
        return false;
    for (size_t i = 0; i < SIM_FAULTS; i++) {
        if (faults->rows[i].countdown == 0) {
            faults->rows[i] = fault;
            return true;
        }
    }
    return false;
}

struct sim_fault sim_faults_count(struct sim_faults *faults, const uint8_t *cmd, size_t len)
{
    struct sim_fault due = { .kind = SIM_FAULT_NONE };

    for (size_t i = 0; i < SIM_FAULTS; i++) {
        struct sim_fault *fault = &faults->rows[i];
        if (fault->countdown == 0 || !place_fits(fault->place, cmd, len))
            continue;
        fault->countdown--;
        if (fault->countdown == 0 && due.kind == SIM_FAULT_NONE) {
            due = *fault;
            faults->hit = place_name(cmd, len);
        }
    }
    return due;
}

void sim_fault_places_print(FILE *out)
{
    for (size_t i = 1; i < PLACE_COUNT - 1; i++)
        fprintf(out, " %s", place_rows[i].name);
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

bool sim_fault_breaks(enum sim_fault_kind kind)
{
    return kind == SIM_FAULT_REMOVE || kind == SIM_FAULT_REINSERT || kind == SIM_FAULT_SWAP ||
           kind == SIM_FAULT_SWAP_RESET || kind == SIM_FAULT_REPLUG || kind == SIM_FAULT_RESET ||
           kind == SIM_FAULT_UNPLUG || kind == SIM_FAULT_SERVICE;
}

size_t sim_fault_mangle(const struct sim_fault *fault, uint8_t *resp, size_t len, size_t cap)
{
    if (fault->kind == SIM_FAULT_EMPTY)
        return 0;
    if (fault->kind == SIM_FAULT_TRUNCATE)
        return len > 0 ? len - 1 : 0;
    if (fault->kind == SIM_FAULT_OVERSIZE)
        return answer_lengthen(resp, len, cap);
    if (fault->kind == SIM_FAULT_SW && cap >= 2) {
        resp[0] = (uint8_t)(fault->sw >> 8);
        resp[1] = (uint8_t)fault->sw;
        return 2;
    }
    return len;
}
