/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_inside.h"

#include <openssl/rand.h>
#include <string.h>

struct app_row {
    enum sim_app app;
    uint8_t aid[10];
    size_t aid_len;
    bool of_jpki, of_openpgp; /* on which cards; neither: on all */
};

static const struct app_row app_rows[] = {
    { SIM_APP_JPKI,
      { 0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01 },
      10,
      true,
      false },
    { SIM_APP_VISUAL,
      { 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02 },
      10,
      true,
      false },
    { SIM_APP_TEXT,
      { 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08 },
      10,
      true,
      false },
    { SIM_APP_JUKI,
      { 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01 },
      10,
      true,
      false },
    { SIM_APP_COMMON,
      { 0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00 },
      10,
      true,
      false },
    { SIM_APP_ISD, { 0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00 }, 7, false, false },
    { SIM_APP_OPENPGP, { 0xD2, 0x76, 0x00, 0x01, 0x24, 0x01 }, 6, false, true },
};

#define APP_COUNT (sizeof(app_rows) / sizeof(app_rows[0]))

static bool app_matches(const struct sim_card *card, const struct app_row *row, const uint8_t *name,
                        size_t len)
{
    if ((row->of_jpki && !card->opt.jpki) || (row->of_openpgp && !card->opt.openpgp) ||
        (row->app == SIM_APP_ISD && !card->opt.card_manager))
        return false;
    if (len != row->aid_len && (!card->opt.partial_aid || len > row->aid_len || len == 0))
        return false;
    return memcmp(row->aid, name, len) == 0;
}

/* The first application of that name, or with next the one behind the current one. */
static const struct app_row *app_find(const struct sim_card *card, const struct sim_command *cmd,
                                      bool next)
{
    bool behind = !next;

    for (size_t i = 0; i < APP_COUNT; i++) {
        if (behind && app_matches(card, &app_rows[i], cmd->data, cmd->lc))
            return &app_rows[i];
        if (app_rows[i].app == card->app)
            behind = true;
    }
    return NULL;
}

void sim_app_enter(struct sim_card *card, enum sim_app app)
{
    card->current = NULL;
    if (card->app == app)
        return;
    card->app = app;
    card->verified[SIM_AUTH] = false;
    card->verified[SIM_SIGN] = false;
    card->stats.app_changes++;
}

/* P2 00 asks for file control information, which is the name of the application in its template. */
static void fci_write(const struct app_row *row, const struct sim_command *cmd,
                      struct sim_answer *answer)
{
    if ((cmd->p2 & 0x0C) != 0 || !cmd->has_le)
        return;
    answer->data[0] = 0x6F;
    answer->data[1] = (uint8_t)(row->aid_len + 2);
    answer->data[2] = 0x84;
    answer->data[3] = (uint8_t)row->aid_len;
    memcpy(answer->data + 4, row->aid, row->aid_len);
    answer->len = row->aid_len + 4;
    if (answer->len > cmd->le)
        answer->len = cmd->le;
}

static uint16_t select_app(struct sim_card *card, const struct sim_command *cmd,
                           struct sim_answer *answer)
{
    const struct app_row *row = NULL;

    if ((cmd->p2 & ~0x0E) != 0)
        return 0x6A86;
    if (cmd->lc > 16)
        return 0x6700;
    row = app_find(card, cmd, (cmd->p2 & 0x02) != 0);
    if (row == NULL)
        return 0x6A82;
    sim_app_enter(card, row->app);
    fci_write(row, cmd, answer);
    return 0x9000;
}

static uint16_t select_ef(struct sim_card *card, const struct sim_command *cmd)
{
    struct sim_file *file = NULL;

    if (cmd->p2 != 0x0C && cmd->p2 != 0x00)
        return 0x6A86;
    if (cmd->lc != 2)
        return 0x6700;
    file = sim_file_find(card, (uint16_t)(cmd->data[0] << 8 | cmd->data[1]));
    if (file == NULL)
        return 0x6A82;
    card->current = file;
    return 0x9000;
}

uint16_t sim_select(struct sim_card *card, const struct sim_command *cmd, struct sim_answer *answer)
{
    card->stats.selects++;
    switch (cmd->p1) {
    case 0x04: return select_app(card, cmd, answer);
    case 0x02: return select_ef(card, cmd);
    case 0x00:
        /* the MF: refused by the card manager, said yes to and ignored by an application; 3F00
         * by its id is unknown */
        if (cmd->lc == 2)
            return 0x6A82;
        return card->app == SIM_APP_ISD ? 0x6A86 : 0x9000;
    default: return 0x6A86;
    }
}

static uint16_t get_challenge(struct sim_card *card, const struct sim_command *cmd,
                              struct sim_answer *answer)
{
    (void)card;
    if (cmd->extended)
        return 0x6985;
    if (cmd->p1 != 0 || cmd->p2 != 0)
        return 0x6A86;
    if (cmd->lc != 0 || !cmd->has_le || RAND_bytes(answer->data, (int)cmd->le) != 1)
        return 0x6700;
    answer->len = cmd->le;
    return 0x9000;
}

/* The card manager's data: only that it is there, with made-up contents, and nothing inside an
 * application. */
static uint16_t get_data(struct sim_card *card, const struct sim_command *cmd,
                         struct sim_answer *answer)
{
    static const uint16_t tags[] = { 0x0042, 0x0045, 0x0066, 0x00F0, 0x00F2,
                                     0x00F7, 0x00F8, 0x7F21, 0x5F51 };
    const uint16_t tag = (uint16_t)(cmd->p1 << 8 | cmd->p2);
    bool known = false;

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        known = known || tags[i] == tag;
    if (!known || card->app != SIM_APP_ISD)
        return 0x6A88;
    if (!cmd->has_le || cmd->le < 8)
        return 0x6700;
    memset(answer->data, 0x55, 8);
    answer->len = 8;
    return 0x9000;
}

static uint16_t get_response(struct sim_card *card, const struct sim_command *cmd,
                             struct sim_answer *answer)
{
    if (!card->opt.get_response)
        return 0x6D00;
    if (card->pending_len == 0)
        return 0x6985;
    if (!cmd->has_le || cmd->le < card->pending_len)
        return (uint16_t)(0x6C00 | (card->pending_len & 0xFF));
    memcpy(answer->data, card->pending, card->pending_len);
    answer->len = card->pending_len;
    return 0x9000;
}

static uint16_t answer_6982(struct sim_card *card, const struct sim_command *cmd,
                            struct sim_answer *answer)
{
    (void)card, (void)cmd, (void)answer;
    return 0x6982;
}

static uint16_t answer_6981(struct sim_card *card, const struct sim_command *cmd,
                            struct sim_answer *answer)
{
    (void)card, (void)cmd, (void)answer;
    return 0x6981;
}

static uint16_t answer_6a86(struct sim_card *card, const struct sim_command *cmd,
                            struct sim_answer *answer)
{
    (void)card, (void)cmd, (void)answer;
    return 0x6A86;
}

static uint16_t answer_6700(struct sim_card *card, const struct sim_command *cmd,
                            struct sim_answer *answer)
{
    (void)card, (void)cmd, (void)answer;
    return 0x6700;
}

struct command_row {
    uint8_t cla, ins;
    bool jpki_only; /* elsewhere: unknown INS */
    sim_handler *handler;
};

static const struct command_row command_rows[] = {
    { 0x00, 0xA4, false, sim_select },  { 0x00, 0xB0, true, sim_read_binary },
    { 0x00, 0xB2, true, answer_6981 },  { 0x00, 0x20, true, sim_verify },
    { 0x00, 0x24, true, sim_change },   { 0x00, 0x84, false, get_challenge },
    { 0x00, 0x88, true, answer_6982 },  { 0x00, 0xC0, false, get_response },
    { 0x00, 0xCA, false, get_data },    { 0x80, 0x2A, true, sim_compute_signature },
    { 0x80, 0xA2, true, answer_6a86 },  { 0x80, 0xAE, true, answer_6982 },
    { 0x80, 0xFC, false, answer_6700 },
};

/*
 * The four cases of ISO 7816-4, short and extended.  False for lengths that fit none of them, and
 * for extended ones on a card that has none.
 */
static bool command_split(const uint8_t *apdu, size_t len, bool extended_ok,
                          struct sim_command *ret_cmd)
{
    struct sim_command cmd = { .cla = apdu[0], .ins = apdu[1], .p1 = apdu[2], .p2 = apdu[3] };
    const size_t body = len - 4;
    size_t head = 0, tail = 0;

    if (body == 0) {
        *ret_cmd = cmd;
        return true;
    }
    cmd.extended = apdu[4] == 0 && body > 1;
    if (cmd.extended && (!extended_ok || body < 3))
        return false;
    head = cmd.extended ? 3 : 1;
    cmd.lc = cmd.extended ? (size_t)apdu[5] << 8 | apdu[6] : apdu[4];
    if (body == head) {
        /* a number alone is Le, not Lc */
        cmd.le = cmd.lc != 0 ? cmd.lc : (cmd.extended ? 65536 : 256);
        cmd.lc = 0;
        cmd.has_le = true;
        *ret_cmd = cmd;
        return true;
    }
    if (cmd.lc == 0 || body < head + cmd.lc)
        return false;
    cmd.data = apdu + 4 + head;
    tail = body - head - cmd.lc;
    if (tail == 1 && !cmd.extended)
        cmd.le = apdu[len - 1] == 0 ? 256 : apdu[len - 1];
    else if (tail == 2 && cmd.extended)
        cmd.le = apdu[len - 2] == 0 && apdu[len - 1] == 0
                     ? 65536
                     : (size_t)apdu[len - 2] << 8 | apdu[len - 1];
    else if (tail != 0)
        return false;
    cmd.has_le = tail != 0;
    *ret_cmd = cmd;
    return true;
}

/* Classes with a channel number or secure messaging, which this card refuses; 0 for the two that
 * it serves. */
static uint16_t class_refuse(uint8_t cla, uint8_t ins)
{
    if (cla == 0x00 || cla == 0x80)
        return 0;
    if ((cla & 0x70) != 0)
        return 0x6E00;
    if ((cla & 0x03) != 0)
        return 0x6881;
    return ins == 0xA4 ? 0x6882 : 0x69FC;
}

static uint16_t command_run(struct sim_card *card, const struct sim_command *cmd,
                            struct sim_answer *answer)
{
    for (size_t i = 0; i < sizeof(command_rows) / sizeof(command_rows[0]); i++) {
        const struct command_row *row = &command_rows[i];
        if (row->cla == cmd->cla && row->ins == cmd->ins &&
            (!row->jpki_only || card->app == SIM_APP_JPKI))
            return row->handler(card, cmd, answer);
    }
    return 0x6D00;
}

/* Keep the data for GET RESPONSE, on cards that hand it out that way. */
static uint16_t answer_hold(struct sim_card *card, struct sim_answer *answer)
{
    memcpy(card->pending, answer->data, answer->len);
    card->pending_len = answer->len;
    answer->len = 0;
    return (uint16_t)(0x6100 | (card->pending_len & 0xFF));
}

/* What this card says in place of a status word; an error has no data. */
static uint16_t answer_say(const struct sim_card *card, const uint8_t *apdu, size_t len,
                           uint16_t sw, struct sim_answer *answer)
{
    for (size_t i = 0; i < card->opt.say_count; i++) {
        const struct sim_say *say = &card->opt.says[i];
        if (say->natural != sw || len < say->head_len ||
            memcmp(apdu, say->head, say->head_len) != 0)
            continue;
        if (say->answer != 0x9000 && (say->answer & 0xFF00) != 0x6200)
            answer->len = 0;
        return say->answer;
    }
    return sw;
}

uint16_t sim_dispatch(struct sim_card *card, const uint8_t *apdu, size_t len,
                      struct sim_answer *answer)
{
    struct sim_command cmd = { 0 };
    const bool fresh = card->fresh;
    uint16_t sw = 0;

    answer->len = 0;
    card->fresh = false;
    if (fresh && card->opt.first_6f00)
        return 0x6F00;
    if (len < 4)
        return 0x6700;
    sw = class_refuse(apdu[0], apdu[1]);
    if (sw != 0)
        return sw;
    if (!command_split(apdu, len, card->opt.extended, &cmd))
        return 0x6700;
    if (cmd.ins != 0xC0)
        card->pending_len = 0;
    sw = answer_say(card, apdu, len, command_run(card, &cmd, answer), answer);
    if (card->opt.get_response && cmd.ins != 0xC0 && sw == 0x9000 && answer->len > 0 &&
        answer->len <= sizeof(card->pending))
        sw = answer_hold(card, answer);
    return sw;
}
