/* SPDX-License-Identifier: BSD-3-Clause */
#include "card.h"

#include "tlv.h"

#include <string.h>

void card_init(struct card *card, const struct transport *transport, const char *reader)
{
    size_t len = strnlen(reader, READER_NAME_MAX - 1);

    *card = (struct card){ .transport = transport };
    memcpy(card->reader, reader, len);
}

void card_disconnect(struct card *card)
{
    if (card->link == NULL)
        return;
    /* a card that may be unlocked is better off without power; the next visit drops first all
     * the same */
    card->transport->ops->link_close(card->link, card->dirty ? LINK_UNPOWER : LINK_LEAVE);
    card->link = NULL;
}

void card_reset(struct card *card)
{
    struct card fresh;

    card_disconnect(card);
    card_init(&fresh, card->transport, card->reader);
    /* whatever lies there now may be the card that was not locked */
    fresh.dirty = card->dirty;
    memcpy(fresh.given, card->given, sizeof(fresh.given));
    *card = fresh;
}

enum jpki_err card_connect(struct card *card)
{
    enum jpki_err err;

    if (card->link != NULL)
        return JPKI_OK;
    err = err_of_way(
        card->transport->ops->link_open(card->transport->user, card->reader, &card->link));
    if (err != JPKI_OK)
        card->link = NULL;
    /* nobody watched the card while there was no connection */
    else if (card->facts.id.profile != NULL && card->in_doubt == DOUBT_NONE)
        card->in_doubt = DOUBT_LINK;
    return err;
}

enum jpki_err card_check(const struct card *card)
{
    if (card->link == NULL || card->transport->ops->link_check == NULL)
        return JPKI_OK;
    return card->transport->ops->link_check(card->link);
}

bool card_has_pinpad(struct card *card, enum role role, enum pinpad_job job)
{
    const struct card_profile *profile = card->facts.id.profile;

    if (profile == NULL || role < 0 || role >= ROLE_COUNT || !profile->role[role].exists ||
        card->not_jpki || !pin_for_keypad(&profile->role[role].pin))
        return false;
    /* by card_connect, so that a card known from an earlier connection is in doubt */
    return card_connect(card) == JPKI_OK && card->transport->ops->has_pinpad(card->link, job);
}

bool card_id_equal(const struct card_id *a, const struct card_id *b)
{
    return a->profile == b->profile &&
           slice_equal(slice_of(a->head, a->len), slice_of(b->head, b->len));
}

bool card_is_lost(const struct card *card)
{
    return card->facts.id.profile != NULL && card->facts.id.len == 0 &&
           card->in_doubt == DOUBT_EVENT;
}

/* The certificate's number, behind its version; what is cut off behind the first block is not
 * asked for. */
static bool head_number(struct slice at, struct slice *ret_number)
{
    uint8_t tag;

    if (cert_head_enter(&at) != JPKI_OK || tlv_take(&at, &tag, ret_number) != JPKI_OK)
        return false;
    if (tag == DER_VERSION && tlv_take(&at, &tag, ret_number) != JPKI_OK)
        return false;
    return tag == DER_INTEGER && ret_number->len > 0;
}

bool card_serial(const struct card_facts *facts, char ret_serial[static CARD_SERIAL_ROOM])
{
    struct slice number;

    if (!head_number(slice_of(facts->id.head, facts->id.len), &number)) {
        memcpy(ret_serial, facts->serial_info, CARD_SERIAL_ROOM);
        return ret_serial[0] != '\0';
    }
    while (number.len > 1 && number.ptr[0] == 0)
        number = slice_part(number, 1, number.len);
    if (number.len > CARD_SERIAL_BYTES)
        number = slice_part(number, number.len - CARD_SERIAL_BYTES, CARD_SERIAL_BYTES);
    hex_text(number.ptr, number.len, ret_serial);
    return true;
}
