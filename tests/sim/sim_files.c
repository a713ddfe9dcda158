/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_inside.h"

#include <stdlib.h>
#include <string.h>

struct file_row {
    uint16_t fid;
    enum sim_file_kind kind;
    enum sim_guard guard;
    int role; /* -1: of neither */
    bool has_key;
};

/* Everything that was ever found in the application, also what nobody knows the purpose of. */
static const struct file_row file_rows[] = {
    { 0x0001, SIM_FILE_DATA, SIM_FREE, SIM_SIGN, false },
    { 0x0002, SIM_FILE_DATA, SIM_FREE, SIM_SIGN, false },
    { 0x0005, SIM_FILE_DATA, SIM_NEVER, -1, false },
    { 0x0006, SIM_FILE_DATA, SIM_FREE, -1, false },
    { 0x0008, SIM_FILE_DATA, SIM_FREE, -1, false },
    { 0x0009, SIM_FILE_DATA, SIM_NEVER, -1, false },
    { 0x000A, SIM_FILE_DATA, SIM_FREE, SIM_AUTH, false },
    { 0x000B, SIM_FILE_DATA, SIM_FREE, SIM_AUTH, false },
    { 0x0010, SIM_FILE_KEY, SIM_NEVER, -1, false },
    { 0x0016, SIM_FILE_KEY, SIM_NEVER, -1, false },
    { 0x0017, SIM_FILE_KEY, SIM_NEVER, SIM_AUTH, true },
    { 0x0018, SIM_FILE_PIN, SIM_NEVER, SIM_AUTH, true },
    { 0x0019, SIM_FILE_KEY, SIM_NEVER, -1, false },
    { 0x001A, SIM_FILE_KEY, SIM_NEVER, SIM_SIGN, true },
    { 0x001B, SIM_FILE_PIN, SIM_NEVER, SIM_SIGN, true },
    { 0x001C, SIM_FILE_KEY, SIM_NEVER, -1, false },
    { 0x001E, SIM_FILE_KEY, SIM_NEVER, -1, false },
};

static bool file_alloc(struct sim_file *file, size_t size, int filler)
{
    file->data = malloc(size == 0 ? 1 : size);
    if (file->data == NULL)
        return false;
    memset(file->data, filler, size == 0 ? 1 : size);
    file->size = size;
    return true;
}

/* The length in the outer header, which a reader believes, made wrong.  It stands in bytes 2 and
 * 3. */
static void cert_lie(uint8_t *der, enum sim_cert_form form, size_t true_len, size_t file_size)
{
    size_t claimed = true_len - 4;

    if (form == SIM_CERT_LONGER)
        claimed += 100;
    else if (form == SIM_CERT_SHORTER)
        claimed -= 100;
    else if (form == SIM_CERT_BEYOND)
        claimed = file_size + 1000;
    else if (form == SIM_CERT_NOT_DER)
        memset(der, 0x5A, 4);
    if (form != SIM_CERT_NOT_DER) {
        der[2] = (uint8_t)(claimed >> 8);
        der[3] = (uint8_t)claimed;
    }
}

static bool cert_fill(struct sim_card *card, struct sim_file *file, enum sim_cert which,
                      enum sim_cert_form form)
{
    const size_t len = card->identity->cert_len[which];
    const size_t size = card->opt.ef_size < len ? len : card->opt.ef_size;

    if (!file_alloc(file, size, (int)card->opt.filler))
        return false;
    memcpy(file->data, card->identity->cert[which], len);
    if (form != SIM_CERT_TRUE)
        cert_lie(file->data, form, len, size);
    return true;
}

static bool holder_cert_fill(struct sim_card *card, struct sim_file *file)
{
    const struct sim_role_options *role = &card->opt.role[file->role];

    if (role->cert) {
        file->guard = role->cert_private ? SIM_NEEDS_PIN : SIM_FREE;
        return cert_fill(card, file, file->role == SIM_AUTH ? SIM_CERT_AUTH : SIM_CERT_SIGN,
                         (enum sim_cert_form)role->cert_form);
    }
    file->guard = card->opt.no_cert == SIM_NO_CERT_6982 ? SIM_NEVER : SIM_FREE;
    return file_alloc(file, card->opt.ef_size, 0xFF);
}

static void text_field(uint8_t *field, size_t size, const char *text)
{
    memset(field, ' ', size);
    memcpy(field, text, strlen(text) < size ? strlen(text) : size);
}

/* EF 0006: PKCS#11 2's token information, numbers big-endian in four bytes. */
static bool token_info_fill(const struct sim_card *card, struct sim_file *file)
{
    static const uint8_t numbers[] = {
        0, 0, 0x04, 0x0D, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 6,
    };

    if (!file_alloc(file, 160, 0xFF))
        return false;
    text_field(file->data, 32, card->opt.label);
    text_field(file->data + 32, 32, "00000000000000000000000000000001");
    text_field(file->data + 64, 16, card->opt.model);
    text_field(file->data + 80, 16, card->opt.serial_info);
    memcpy(file->data + 96, numbers, sizeof(numbers));
    text_field(file->data + 140, 4, "0301");
    text_field(file->data + 144, 16, "9999999999999999");
    return true;
}

static bool availability_fill(const struct sim_card *card, struct sim_file *file)
{
    const struct sim_role_options *role = card->opt.role;

    if (!file_alloc(file, card->opt.ef0008 == SIM_0008_SHORT ? 1 : 3, 0))
        return false;
    if (role[SIM_SIGN].exists && role[SIM_SIGN].cert)
        file->data[0] = 0x8F;
    if (file->size > 1 && role[SIM_AUTH].exists && role[SIM_AUTH].cert)
        file->data[1] = 0x8F;
    return true;
}

static bool file_fill(struct sim_card *card, struct sim_file *file)
{
    switch (file->fid) {
    case 0x0001:
    case 0x000A: return holder_cert_fill(card, file);
    case 0x0002: return cert_fill(card, file, SIM_CERT_SIGN_CA, SIM_CERT_TRUE);
    case 0x000B: return cert_fill(card, file, SIM_CERT_AUTH_CA, SIM_CERT_TRUE);
    case 0x0006: return token_info_fill(card, file);
    case 0x0008: return availability_fill(card, file);
    default: return true;
    }
}

static bool file_exists(const struct sim_card *card, const struct file_row *row)
{
    const struct sim_role_options *role = row->role < 0 ? NULL : &card->opt.role[row->role];

    if (!card->opt.jpki || (role != NULL && !role->exists))
        return false;
    if (row->fid == 0x0008)
        return card->opt.ef0008 != SIM_0008_NO;
    if (row->fid == 0x0001 || row->fid == 0x000A)
        return role->cert || card->opt.no_cert != SIM_NO_CERT_6A82;
    return true;
}

void sim_files_free(struct sim_card *card)
{
    for (size_t i = 0; i < card->file_count; i++)
        free(card->files[i].data);
    memset(card->files, 0, sizeof(card->files));
    card->file_count = 0;
    card->current = NULL;
}

bool sim_files_build(struct sim_card *card)
{
    sim_files_free(card);
    for (size_t i = 0; i < sizeof(file_rows) / sizeof(file_rows[0]); i++) {
        const struct file_row *row = &file_rows[i];
        struct sim_file *file = &card->files[card->file_count];
        if (!file_exists(card, row))
            continue;
        *file = (struct sim_file){
            .fid = row->fid,
            .kind = row->kind,
            .guard = row->guard,
            .has_key = row->has_key,
            .role = row->role < 0 ? SIM_AUTH : (enum sim_role)row->role,
        };
        card->file_count++;
        if (!file_fill(card, file))
            return false;
    }
    return true;
}

struct sim_file *sim_file_find(struct sim_card *card, uint16_t fid)
{
    for (size_t i = 0; i < card->file_count && card->app == SIM_APP_JPKI; i++) {
        if (card->files[i].fid == fid)
            return &card->files[i];
    }
    return NULL;
}

uint16_t sim_file_by_p2(struct sim_card *card, uint8_t p2, bool short_ids, enum sim_file_kind kind,
                        struct sim_file **ret_file)
{
    struct sim_file *file = card->current;
    const uint8_t short_id = p2 & 0x1F;

    if ((p2 & 0xE0) != 0x80)
        return 0x6A86;
    if (short_id != 0) {
        if (!short_ids)
            return card->opt.short_id_sw;
        file = sim_file_find(card, short_id);
        if (file == NULL)
            return 0x6A82;
        card->current = file;
    }
    if (file == NULL)
        return 0x6986;
    if (file->kind != kind)
        return 0x6981;
    *ret_file = file;
    return 0x9000;
}

bool sim_file_readable(const struct sim_card *card, const struct sim_file *file)
{
    return file->guard == SIM_FREE || (file->guard == SIM_NEEDS_PIN && card->verified[file->role]);
}

/* Where a read would cross the end of the file: what the options say.  0: give what is left. */
static uint16_t read_across_end(const struct sim_card *card, size_t left)
{
    if (card->opt.le_6c && left < 256)
        return (uint16_t)(0x6C00 | left);
    switch ((enum sim_eof)card->opt.strict_eof) {
    case SIM_EOF_SHORT: return 0;
    case SIM_EOF_YES:
    case SIM_EOF_6B00: return 0x6B00;
    case SIM_EOF_6700: return 0x6700;
    case SIM_EOF_6CXX: return left >= 256 ? 0x6700 : (uint16_t)(0x6C00 | left);
    }
    return 0;
}

static uint16_t file_read(const struct sim_card *card, const struct sim_file *file, size_t offset,
                          const struct sim_command *cmd, struct sim_answer *answer)
{
    size_t left = 0;

    if (file->kind != SIM_FILE_DATA)
        return 0x6981;
    if (!sim_file_readable(card, file))
        return 0x6982;
    if (offset >= file->size)
        return card->opt.past_end_sw;
    left = file->size - offset;
    if (cmd->le > left) {
        const uint16_t refused = read_across_end(card, left);
        if (refused != 0)
            return refused;
    }
    answer->len = cmd->le < left ? cmd->le : left;
    memcpy(answer->data, file->data + offset, answer->len);
    return 0x9000;
}

uint16_t sim_read_binary(struct sim_card *card, const struct sim_command *cmd,
                         struct sim_answer *answer)
{
    size_t offset = (size_t)cmd->p1 << 8 | cmd->p2;

    card->stats.reads++;
    if (cmd->lc != 0 || !cmd->has_le)
        return 0x6700;
    if ((cmd->p1 & 0x80) != 0) {
        struct sim_file *file = NULL;
        if (!card->opt.read_short_ids)
            return card->opt.short_id_sw;
        if ((cmd->p1 & 0x60) != 0 || (cmd->p1 & 0x1F) == 0)
            return 0x6A86;
        file = sim_file_find(card, cmd->p1 & 0x1F);
        if (file == NULL)
            return 0x6A82;
        card->current = file;
        offset = cmd->p2;
    }
    if (card->current == NULL)
        return 0x6986;
    return file_read(card, card->current, offset, cmd, answer);
}
