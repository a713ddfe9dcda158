/* SPDX-License-Identifier: BSD-3-Clause */
#include "identity.h"

#include "file.h"

#include <string.h>

#define FID_TOKEN_INFO 0x0006
#define LABEL_LEN 32
#define SERIAL_OFFSET 80
#define SERIAL_LEN 16
#define INFO_LEN (SERIAL_OFFSET + SERIAL_LEN)

/* A text field without the blanks and zeros around it, empty if it is no printable text. */
static struct slice field_text(struct slice field)
{
    while (field.len > 0 && (field.ptr[field.len - 1] == ' ' || field.ptr[field.len - 1] == '\0'))
        field.len--;
    while (field.len > 0 && field.ptr[0] == ' ')
        field = slice_part(field, 1, field.len);
    for (size_t i = 0; i < field.len; i++) {
        if (field.ptr[i] < 0x20 || field.ptr[i] > 0x7E)
            return slice_of(NULL, 0);
    }
    return field;
}

static void serial_copy(char serial[static SERIAL_LEN + 1], struct slice text)
{
    if (text.len > 0)
        memcpy(serial, text.ptr, text.len);
    serial[text.len] = '\0';
}

enum jpki_err identity_read(struct visit *visit, struct card_facts *facts)
{
    const struct card_profile *row;
    struct slice label;
    uint8_t bytes[INFO_LEN];
    struct buf info = BUF_OVER(bytes);
    enum jpki_err err = file_read_head(visit, FID_TOKEN_INFO, INFO_LEN, &info);

    if (err_is_transport(err) || err == JPKI_ERR_PROTOCOL)
        return err;
    label = field_text(slice_part(buf_slice(&info), 0, LABEL_LEN));
    row = profile_find(label);
    if (label.len > 0)
        facts->id.profile = row != NULL ? row : profile_unknown();
    facts->label_known = row != NULL;
    serial_copy(facts->serial_info,
                field_text(slice_part(buf_slice(&info), SERIAL_OFFSET, SERIAL_LEN)));
    return facts->id.profile->unknown ? JPKI_ERR_NEWER : JPKI_OK;
}

/* EF 0006 proves nothing, but it tells another phone from the one whose kind and serial number
 * are remembered. */
static enum jpki_err words_prove(struct visit *visit)
{
    const struct card_facts *known = &visit->card->facts;
    struct card_facts facts = { .id.profile = profile_default() };
    enum jpki_err err = identity_read(visit, &facts);

    if (err != JPKI_OK && err != JPKI_ERR_NEWER)
        return err;
    return facts.id.profile == known->id.profile &&
                   strcmp(facts.serial_info, known->serial_info) == 0
               ? JPKI_OK
               : JPKI_ERR_CARD_CHANGED;
}

enum jpki_err identity_compare(struct visit *visit, struct slice head)
{
    struct card *card = visit->card;

    if (!slice_equal(head, slice_of(card->facts.id.head, card->facts.id.len)))
        return JPKI_ERR_CARD_CHANGED;
    card->in_doubt = DOUBT_NONE;
    return JPKI_OK;
}

static enum jpki_err head_prove(struct visit *visit)
{
    const struct card_id *id = &visit->card->facts.id;
    uint8_t bytes[CARD_HEAD_LEN];
    struct buf head = BUF_OVER(bytes);
    enum jpki_err err =
        file_read_head(visit, id->profile->role[ROLE_AUTH].cert_fid, id->len, &head);

    if (err != JPKI_OK)
        return err_is_transport(err) ? err : JPKI_ERR_REFUSED;
    return identity_compare(visit, buf_slice(&head));
}

enum jpki_err identity_prove(struct visit *visit, const struct card_id *whom)
{
    struct card *card = visit->card;
    enum jpki_err err;

    if (!card_id_equal(whom, &card->facts.id) || card_is_lost(card))
        return JPKI_ERR_CARD_CHANGED;
    if (card->in_doubt == DOUBT_NONE)
        return JPKI_OK;
    err = whom->len > 0 ? head_prove(visit) : words_prove(visit);
    if (err == JPKI_OK)
        card->in_doubt = DOUBT_NONE;
    return err;
}
