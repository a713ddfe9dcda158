/* SPDX-License-Identifier: BSD-3-Clause */
#include "facts_rows.h"

#include "tlv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUND 100 /* a certificate's length tells of the name in it */

/* clang-format off */
#define NOTHING { NULL, 0 }
#define SELECT_AID(aid) { 0x00, INS_SELECT, 0x04, 0x0C, SLICE_OF(aid), 0 }
#define SELECT_EF(id) { 0x00, INS_SELECT, 0x02, 0x0C, SLICE_OF(id), 0 }
#define EF(fid, le) { 0x00, INS_READ, (fid) >> 8, (fid) & 0xFF, NOTHING, le }
#define ANSWERED(ins, p1, p2, le) { (ins) == INS_SIGN ? 0x80 : 0x00, ins, p1, p2, NOTHING, le }
/* clang-format on */

static const uint8_t aid_jpki[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 };
static const uint8_t aid_part[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26 };
static const uint8_t aid_unknown[] = { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0xFE };
static const uint8_t aid_card_manager[] = { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00 };
static const uint8_t ef_password[] = { 0x00, 0x1B }, ef_none[] = { 0x00, 0x03 };

/* In the order in which they are asked, what leaves the application last.  PROTOCOL.md, "Facts",
 * has the same names. */
/* clang-format off */
const struct fact_row fact_rows[] = {
    { "read-short-id", FACT_SENT, NEED_PLAIN, { 0x00, INS_READ, 0x86, 0x00, NOTHING, 96 }, "9000:96", NULL },
    { "ef0006-size", FACT_FILE, NEED_PLAIN, EF(0x0006, 256), "9000:160", NULL },
    { "ef0008", FACT_FILE, NEED_PLAIN, EF(0x0008, 256), "9000:3", "8F8F00|008F00|8F0000|000000" },
    { "sign-cert-locked", FACT_FILE, NEED_PLAIN | NEED_SIGN, EF(0x0001, 4), "6982:0", NULL },
    { "sign-cert-absent", FACT_FILE, NEED_PLAIN | NEED_NO_SIGN, EF(0x0001, 4), "6A82:0 6982:0 9000", NULL },
    { "auth-cert-free", FACT_FILE, NEED_AUTH | NEED_FREE, EF(0x000A, 256), "9000:256", NULL },
    { "auth-cert-private", FACT_FILE, NEED_AUTH | NEED_PRIVATE, EF(0x000A, 4), "6982:0", NULL },
    { "auth-cert-absent", FACT_FILE, NEED_PLAIN | NEED_NO_AUTH, EF(0x000A, 4), "6A82:0 6982:0 9000", NULL },
    { "sign-ca-free", FACT_FILE, NEED_PLAIN, EF(0x0002, 4), "9000:4", NULL },
    { "auth-ca-free", FACT_FILE, NEED_PLAIN, EF(0x000B, 4), "9000:4", NULL },
    { "key-unreadable", FACT_FILE, NEED_PLAIN, EF(0x001A, 1), "6981:0", NULL },
    { "select-pin-file", FACT_SENT, 0, SELECT_EF(ef_password), "9000:0", NULL },
    { "select-no-file", FACT_SENT, 0, SELECT_EF(ef_none), "6A82:0", NULL },
    { "select-unknown", FACT_SENT, 0, SELECT_AID(aid_unknown), "6A82:0", NULL },
    { "select-partial", FACT_SENT, 0, SELECT_AID(aid_part), "9000:0", NULL },
    { "select-card-manager", FACT_SENT, 0, SELECT_AID(aid_card_manager), "9000:0", NULL },
    { "select-jpki", FACT_SEEN, 0, SELECT_AID(aid_jpki), "9000:0", NULL },
    { "auth-ef-size", FACT_MADE, NEED_AUTH | NEED_FREE, ANSWERED(INS_READ, 0, 0, 1), "9000:1", "3808" },
    { "sign-ca-ef-size", FACT_MADE, NEED_PLAIN, ANSWERED(INS_READ, 0, 0, 1), "9000:1", "3808" },
    { "auth-ca-ef-size", FACT_MADE, NEED_PLAIN, ANSWERED(INS_READ, 0, 0, 1), "9000:1", "3808" },
    { "filler", FACT_MADE, NEED_AUTH | NEED_FREE, ANSWERED(INS_READ, 0, 0, 1), "9000:1", "FF|00" },
    { "read-across-end", FACT_MADE, NEED_AUTH | NEED_FREE, ANSWERED(INS_READ, 0, 0, 2), "9000:1 6282:1 6B00:0", NULL },
    { "read-at-end", FACT_MADE, NEED_AUTH | NEED_FREE, ANSWERED(INS_READ, 0, 0, 1), "6B00:0 6282:0", NULL },
    { "answers-at-once", FACT_MADE, 0, ANSWERED(0, 0, 0, 0), "9000", NULL },
    { "pss-short-id", FACT_SEEN, NEED_PLAIN, ANSWERED(INS_SIGN, 0x04, P2_ANY_SHORT, 256), "6982:0 6A86:0", NULL },
    { "pss-by-file", FACT_SEEN, NEED_PLAIN, ANSWERED(INS_SIGN, 0x04, 0x80, 256), "6982:0 6A86:0", NULL },
    { "query-auth", FACT_SEEN, NEED_AUTH | NEED_OPEN_AUTH, ANSWERED(INS_VERIFY, 0, 0x98, 0), "63Cx:0 6700:0",
      NULL },
    { "query-sign", FACT_SEEN, NEED_SIGN | NEED_OPEN_SIGN, ANSWERED(INS_VERIFY, 0, 0x9B, 0), "63Cx:0 6700:0",
      NULL },
    { "query-five-bytes", FACT_SEEN, 0, ANSWERED(INS_VERIFY, 0, P2_ANY_SHORT, 256), "63Cx:0", NULL },
    { "query-by-file", FACT_SEEN, 0, ANSWERED(INS_VERIFY, 0, 0x80, 0), "63Cx:0", NULL },
    { "query-locked-auth", FACT_SEEN, NEED_AUTH | NEED_LOCKED_AUTH, ANSWERED(INS_VERIFY, 0, 0x98, 0), "63C0:0 6983:0 6984:0",
      NULL },
    { "query-locked-sign", FACT_SEEN, NEED_SIGN | NEED_LOCKED_SIGN, ANSWERED(INS_VERIFY, 0, 0x9B, 0), "63C0:0 6983:0 6984:0",
      NULL },
    { "query-absent-auth", FACT_SEEN, NEED_NO_AUTH, ANSWERED(INS_VERIFY, 0, 0x98, 0), "63Cx:0 6A88:0 6A82:0 6983:0 6984:0",
      NULL },
    { "query-absent-sign", FACT_SEEN, NEED_NO_SIGN, ANSWERED(INS_VERIFY, 0, 0x9B, 0), "63Cx:0 6A88:0 6A82:0 6983:0 6984:0",
      NULL },
    /* with a PIN */
    { "sign-pkcs1", FACT_SEEN, NEED_TRIAL, ANSWERED(INS_SIGN, 0x00, P2_ANY_SHORT, 256), "9000:256", "good" },
    { "sign-pss", FACT_SEEN, NEED_TRIAL, ANSWERED(INS_SIGN, 0x04, P2_ANY_SHORT, 256), "9000:256 6A86:0", "good" },
    { "sign-cert-opened", FACT_MADE, NEED_TRIAL, ANSWERED(INS_READ, 0, 0, 0), "9000", NULL },
    { "pin-after-select", FACT_MADE, NEED_TRIAL, ANSWERED(INS_SIGN, 0, 0, 0), "9000", "kept" },
    { "pin-after-reset", FACT_MADE, NEED_TRIAL, ANSWERED(INS_SIGN, 0, 0, 0), "9000 6982", "kept|forgotten" },
    { "pin-after-unpower", FACT_MADE, NEED_TRIAL, ANSWERED(INS_SIGN, 0, 0, 0), "6982", "forgotten" },
    { "pin-after-drop", FACT_MADE, NEED_TRIAL, ANSWERED(INS_SIGN, 0, 0, 0), "6982", "forgotten" },
    { "locked-at-end", FACT_MADE, NEED_TRIAL, ANSWERED(INS_SIGN, 0, 0, 0), "6982", "forgotten" },
    /* for who meets it */
    { "first-command", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "9000 6F00", NULL },
    { "verify-locked", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "6983 6984", NULL },
    { "verify-wrong-form", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "63Cx 6700", NULL },
    { "verify-wrong-clears", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "6982", NULL },
    { "change-refused", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "6A80 6985 6700", NULL },
    { "keypad", FACT_NEVER, 0, ANSWERED(0, 0, 0, 0), "9000", NULL },
};
/* clang-format on */

const size_t fact_row_count = sizeof(fact_rows) / sizeof(fact_rows[0]);

_Static_assert(sizeof(fact_rows) / sizeof(fact_rows[0]) <= FACTS_MAX, "room for each fact");

size_t facts_count(void)
{
    return fact_row_count;
}

const char *fact_name(size_t fact)
{
    return fact_rows[fact].name;
}

struct fact_told *told_named(struct facts *facts, const char *name)
{
    for (size_t i = 0; i < fact_row_count; i++) {
        if (strcmp(fact_rows[i].name, name) == 0)
            return &facts->told[i];
    }
    abort(); /* a name that is in no row: a mistake of this program */
}

/* What was seen becomes what is told. */
void told_take(struct fact_told *told, const struct fact_seen *seen)
{
    const unsigned last = seen->lc > 0 ? seen->lc : seen->le;
    int len = snprintf(told->question, sizeof(told->question), "%02X %02X %02X %02X",
                       (unsigned)seen->head[0], (unsigned)seen->head[1], (unsigned)seen->head[2],
                       (unsigned)seen->head[3]);

    if (last > 0 && len > 0)
        snprintf(told->question + len, sizeof(told->question) - (size_t)len, " %02X", last & 0xFF);
    told->asked = true;
    told->sw = seen->sw;
    told->len = seen->len;
}

void length_take(struct fact_told *told, struct slice head)
{
    size_t der = 0;

    if (cert_der_len(head, CARD_CERT_MAX, &der) == JPKI_OK)
        snprintf(told->value, sizeof(told->value), "%u",
                 (unsigned)(der + ROUND / 2) / ROUND * ROUND);
}

/* What is true of this card, as bits of enum fact_need. */
unsigned needs_met(const struct facts *facts)
{
    const struct card_facts *card = &facts->card->facts;
    const struct card_profile *profile = card->id.profile;
    unsigned met = facts->trial_from > 0 ? NEED_TRIAL : 0;

    if (!profile->login_refused || profile->unknown)
        met |= NEED_PLAIN;
    if (profile->role[ROLE_AUTH].exists)
        met |= (card->has_role[ROLE_AUTH] ? NEED_AUTH : NEED_NO_AUTH) |
               (profile->role[ROLE_AUTH].cert_private ? NEED_PRIVATE : NEED_FREE);
    if (profile->role[ROLE_SIGN].exists)
        met |= card->has_role[ROLE_SIGN] ? NEED_SIGN : NEED_NO_SIGN;
    return met | (facts->tries[ROLE_AUTH] == 0 ? NEED_LOCKED_AUTH : NEED_OPEN_AUTH) |
           (facts->tries[ROLE_SIGN] == 0 ? NEED_LOCKED_SIGN : NEED_OPEN_SIGN);
}

bool row_fits(const struct facts *facts, const struct fact_row *row)
{
    return (row->needs & needs_met(facts)) == row->needs;
}
