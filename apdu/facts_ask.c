/* SPDX-License-Identifier: BSD-3-Clause */
/* The questions that need no PIN. */
#include "facts.h"

#include "file.h"
#include "identity.h"
#include "sw.h"

#include <stdio.h>
#include <string.h>

/* exchanges for the questions that are ours; the rest of 50 is for the guard's */
#define OWN_MAX 31
/* the size that is assumed for a certificate's file, asked about first */
#define EF_SIZE_TOLD 3808
#define EF_SIZE_MAX 8192

/* What a visit's questions share. */
struct asking {
    struct facts *facts;
    struct visit visit;
    size_t from; /* of facts->seen: where these questions begin */
};

/* The last exchange is this fact's. */
static void told_take_last(struct fact_told *told, const struct facts *facts)
{
    if (facts->seen_count > 0)
        told_take(told, &facts->seen[facts->seen_count - 1]);
}

static bool room_for(const struct asking *asking, size_t exchanges)
{
    return asking->facts->seen_count - asking->from + exchanges <= OWN_MAX;
}

/* The one command of ours; nothing but SELECT and READ leaves here. */
static enum jpki_err plain_ask(struct asking *asking, const struct apdu *command,
                               struct answer *ret)
{
    if (command->ins != INS_SELECT && command->ins != INS_READ)
        return JPKI_ERR_ARGUMENT;
    asking->visit.current_ef = 0;
    return visit_ask(&asking->visit, command, ret);
}

/* EF 0008's bytes, those that have a meaning; a certificate's length, rounded. */
static void value_take(struct fact_told *told, uint16_t fid, const struct answer *answer)
{
    if (answer->sw != SW_OK)
        return;
    if (fid == 0x0008) {
        for (size_t i = 0; i < answer->data_len && i < 3; i++) {
            const uint8_t byte = answer->raw[i];
            memcpy(told->value + 2 * i,
                   byte == 0x8F   ? "8F"
                   : byte == 0x00 ? "00"
                   : byte == 0xFF ? "FF"
                                  : "??",
                   2);
        }
    } else {
        length_take(told, answer_data(answer));
    }
}

/* A file's beginning, by short EF id if the card takes it, else by SELECT EF; a refused SELECT
 * is the answer then. */
static enum jpki_err file_ask(struct asking *asking, const struct fact_row *row,
                              struct fact_told *told)
{
    const uint8_t id[] = { row->command.p1, row->command.p2 };
    const struct apdu select = { 0x00, INS_SELECT, 0x02, 0x0C, SLICE_OF(id), 0 };
    struct apdu read = { 0x00, INS_READ,    (uint8_t)(0x80 | row->command.p2),
                         0x00, { NULL, 0 }, row->command.le };
    struct answer answer = { .sw = SW_OK };
    enum jpki_err err = JPKI_OK;

    if (asking->facts->card->short_ids != TRI_YES) {
        read.p1 = 0x00;
        err = plain_ask(asking, &select, &answer);
    }
    if (err == JPKI_OK && answer.sw == SW_OK)
        err = plain_ask(asking, &read, &answer);
    if (err == JPKI_OK) {
        told_take_last(told, asking->facts);
        value_take(told, (uint16_t)(id[0] << 8 | id[1]), &answer);
    }
    wipe(answer.raw, sizeof(answer.raw));
    return err;
}

static enum jpki_err rows_ask(struct asking *asking, enum fact_way way)
{
    struct facts *facts = asking->facts;
    enum jpki_err err = JPKI_OK;

    for (size_t i = 0; i < fact_row_count && err == JPKI_OK; i++) {
        const struct fact_row *row = &fact_rows[i];
        struct answer answer;

        if (row->way != way || !row_fits(facts, row) || !room_for(asking, 2))
            continue;
        if (way == FACT_FILE) {
            err = file_ask(asking, row, &facts->told[i]);
            continue;
        }
        err = plain_ask(asking, &row->command, &answer);
        if (err == JPKI_OK)
            told_take_last(&facts->told[i], facts);
        wipe(answer.raw, sizeof(answer.raw));
    }
    return err;
}

/* READ in the current EF.  *ret_there: something stands at this offset; byte: the first of it. */
static enum jpki_err end_read(struct asking *asking, size_t offset, size_t le,
                              struct fact_told *told, bool *ret_there, uint8_t *ret_byte)
{
    const struct apdu read = {
        0x00, INS_READ, (uint8_t)(offset >> 8), (uint8_t)(offset & 0xFF), { NULL, 0 }, le
    };
    struct answer answer;
    enum jpki_err err = plain_ask(asking, &read, &answer);

    if (err == JPKI_OK) {
        *ret_there = answer.sw == SW_OK && answer.data_len > 0;
        *ret_byte = answer.data_len > 0 ? answer.raw[0] : 0xFE;
        told_take_last(told, asking->facts);
    }
    wipe(answer.raw, sizeof(answer.raw));
    return err;
}

/* Where the current file ends, by asking for single bytes; 0 where that cannot be found out. */
static enum jpki_err end_find(struct asking *asking, struct fact_told *told, size_t *ret_size)
{
    struct fact_told lost = { .asked = false };
    /* something stands at from, nothing at to */
    size_t from = 0, to = EF_SIZE_MAX, at = EF_SIZE_TOLD - 1;
    bool there = false;
    uint8_t byte;
    enum jpki_err err = JPKI_OK;

    *ret_size = 0;
    while (err == JPKI_OK && to - from > 1 && room_for(asking, 1)) {
        err = end_read(asking, at, 1, &lost, &there, &byte);
        if (there) {
            from = at;
            *told = lost;
        } else {
            to = at;
        }
        at = there && at == EF_SIZE_TOLD - 1 ? EF_SIZE_TOLD : from + (to - from) / 2;
    }
    if (err == JPKI_OK && to - from == 1 && from > 0 && to < EF_SIZE_MAX)
        *ret_size = to;
    return err;
}

static enum jpki_err ef_make_current(struct asking *asking, uint16_t fid, bool *ret_done)
{
    enum jpki_err err = file_select(&asking->visit, fid);

    *ret_done = err == JPKI_OK;
    return err_is_transport(err) || err == JPKI_ERR_PROTOCOL ? err : JPKI_OK;
}

/* The end of the authentication certificate's file: its size, what stands there, how a READ is
 * answered that meets it. */
static enum jpki_err auth_end_ask(struct asking *asking)
{
    struct facts *facts = asking->facts;
    struct fact_told size_told = { .asked = false }, *told = told_named(facts, "filler");
    bool done = false, there;
    size_t size = 0;
    uint8_t byte = 0;
    enum jpki_err err = ef_make_current(asking, 0x000A, &done);

    if (err == JPKI_OK && done)
        err = end_find(asking, &size_told, &size);
    if (err != JPKI_OK || size == 0 || !room_for(asking, 3))
        return err;
    snprintf(size_told.value, sizeof(size_told.value), "%u", (unsigned)size);
    *told_named(facts, "auth-ef-size") = size_told;
    err = end_read(asking, size - 1, 1, told, &there, &byte);
    if (err == JPKI_OK)
        memcpy(told->value, byte == 0xFF ? "FF" : byte == 0x00 ? "00" : "??", 2);
    if (err == JPKI_OK)
        err = end_read(asking, size - 1, 2, told_named(facts, "read-across-end"), &there, &byte);
    if (err == JPKI_OK)
        err = end_read(asking, size, 1, told_named(facts, "read-at-end"), &there, &byte);
    return err;
}

/* Whether a CA's file has the size that is assumed. */
static enum jpki_err ca_end_ask(struct asking *asking, uint16_t fid, const char *name)
{
    struct fact_told last = { .asked = false }, behind = last;
    bool done = false, there = false, more = false;
    uint8_t byte;
    enum jpki_err err = JPKI_OK;

    if (room_for(asking, 3))
        err = ef_make_current(asking, fid, &done);
    if (err != JPKI_OK || !done)
        return err;
    err = end_read(asking, EF_SIZE_TOLD - 1, 1, &last, &there, &byte);
    if (err == JPKI_OK)
        err = end_read(asking, EF_SIZE_TOLD, 1, &behind, &more, &byte);
    if (err != JPKI_OK)
        return err;
    snprintf(last.value, sizeof(last.value), "%s%d",
             more    ? "over "
             : there ? ""
                     : "under ",
             EF_SIZE_TOLD);
    *told_named(asking->facts, name) = last;
    return JPKI_OK;
}

/* The visit with the questions that are ours: files first, what leaves the application last. */
static enum jpki_err own_visit(struct facts *facts)
{
    struct asking asking = { .facts = facts, .from = facts->seen_count };
    const bool plain = (needs_met(facts) & NEED_PLAIN) != 0;
    enum jpki_err err = visit_open(&asking.visit, facts->card);

    if (err != JPKI_OK)
        return err;
    err = identity_prove(&asking.visit, &facts->card->facts.id);
    if (err == JPKI_OK)
        err = rows_ask(&asking, FACT_FILE);
    if (err == JPKI_OK)
        err = rows_ask(&asking, FACT_SENT);
    if (err == JPKI_OK && plain)
        err = visit_select_jpki(&asking.visit);
    if (err == JPKI_OK && (needs_met(facts) & (NEED_AUTH | NEED_FREE)) == (NEED_AUTH | NEED_FREE))
        err = auth_end_ask(&asking);
    if (err == JPKI_OK && plain)
        err = ca_end_ask(&asking, 0x0002, "sign-ca-ef-size");
    if (err == JPKI_OK && plain)
        err = ca_end_ask(&asking, 0x000B, "auth-ca-ef-size");
    return visit_close(&asking.visit, err);
}

/* The question for PSS by both addresses; a card whose commands are not public is not asked. */
static enum jpki_err pss_both(struct card *card)
{
    const bool by_file = card->key_by_file;
    bool pss;
    enum jpki_err err = guard_pss(card, false, &pss);

    if (err == JPKI_OK && !card->key_by_file) {
        const enum tri known = card->pss;

        card->pss = TRI_UNKNOWN;
        card->key_by_file = true;
        err = guard_pss(card, false, &pss);
        card->pss = known;
        card->key_by_file = by_file;
    }
    return err_is_transport(err) ? err : JPKI_OK;
}

/* Both counters, as the module asks for them; one that differs from what it was ends everything. */
static enum jpki_err counters_ask(struct facts *facts)
{
    enum jpki_err err = JPKI_OK;

    for (enum role role = ROLE_AUTH; role < ROLE_COUNT && !facts->moved && !err_is_transport(err);
         role++) {
        int tries = TRIES_UNKNOWN;

        if (!facts->card->facts.id.profile->role[role].exists)
            continue;
        err = guard_tries(facts->card, role, false, &tries);
        if (facts->tries[role] == TRIES_UNKNOWN)
            facts->tries[role] = tries;
        facts->moved = err == JPKI_OK && tries != facts->tries[role];
    }
    return err_is_transport(err) ? err : JPKI_OK;
}

void facts_ask(struct facts *facts)
{
    unsigned visits = 1;

    do {
        facts->why = own_visit(facts);
    } while (visit_again(facts->why, &visits));
    if (facts->why == JPKI_OK)
        facts->why = pss_both(facts->card);
    /* what could move a counter comes last, and the counter is asked once more after it */
    for (int i = 0; i < 2 && facts->why == JPKI_OK && !facts->moved; i++)
        facts->why = counters_ask(facts);
}
