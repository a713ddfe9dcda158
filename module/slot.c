/* SPDX-License-Identifier: BSD-3-Clause */
#include "slot.h"

#include "reader_card.h"
#include "readers.h"
#include "rv.h"
#include "session_token.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define POLL_EVERY_MS 250
#define LOOK_WAIT_MS 300 /* thrice: for an exchange, for a list, for a look of other threads */
/* for another thread that has the card; C_GetTokenInfo then shows what was known */
#define TRIES_WAIT_MS 700
#define TRIES_FRESH_MS 10000 /* another program may have cost a try meanwhile */

static const char *const slot_suffixes[ROLE_COUNT] = {
    [ROLE_AUTH] = " (authentication)",
    [ROLE_SIGN] = " (signature)",
};

/* What polling calls do before they answer. */
static void readers_refresh(struct module *module)
{
    readers_adopt(module, POLL_EVERY_MS);
    readers_poll(module, POLL_EVERY_MS);
}

static bool slot_shown(struct module *module, CK_SLOT_ID slot, bool with_token)
{
    enum role role;
    struct reader *reader = reader_of_slot(module, slot, &role);

    return reader != NULL && (!with_token || token_look(reader, role).present);
}

CK_RV slot_list(struct module *module, CK_BBOOL with_token, CK_SLOT_ID *slots, CK_ULONG *count)
{
    CK_ULONG room, found = 0;
    size_t readers;

    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    if (slots == NULL || readers_count(module) == 0)
        readers_list(module);
    else if (with_token)
        readers_refresh(module);
    readers = readers_count(module);
    if (with_token) /* also for the list itself: GnuTLS never asks for the length first */
        for (size_t i = 0; i < readers; i++)
            reader_look(module->readers[i], UINT_MAX);
    room = slots == NULL ? 0 : *count;
    for (CK_SLOT_ID slot = 0; slot < readers * ROLE_COUNT; slot++) {
        if (!slot_shown(module, slot, with_token != CK_FALSE))
            continue;
        if (found < room)
            slots[found] = slot;
        found++;
    }
    *count = found;
    return slots != NULL && found > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

static bool utf8_inside(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* A name that is too long without its middle: names of one make differ at their end.  No
 * character is cut. */
static void name_shorten(const char *name, size_t room, const char *middle,
                         char ret_text[static READER_NAME_MAX])
{
    const size_t len = strlen(name), keep = room - strlen(middle);
    size_t head = keep / 2, tail = keep - head;

    if (len <= room) {
        snprintf(ret_text, READER_NAME_MAX, "%s", name);
        return;
    }
    while (head > 0 && utf8_inside(name[head]))
        head--;
    while (tail > 0 && utf8_inside(name[len - tail]))
        tail--;
    snprintf(ret_text, READER_NAME_MAX, "%.*s%s%s", (int)head, name, middle, name + len - tail);
}

/* The reader's name in so much room, other than that of any reader before it. */
static void reader_text(struct reader *reader, size_t room, char ret_text[static READER_NAME_MAX])
{
    char other[READER_NAME_MAX], middle[24];
    const struct module *module = reader->module;

    pthread_mutex_lock(&reader->module->lock);
    name_shorten(reader->name[0] != '\0' ? reader->name : "no reader yet", room, "...", ret_text);
    for (size_t i = 0; i < reader->index; i++) {
        name_shorten(module->readers[i]->name, room, "...", other);
        if (strcmp(other, ret_text) == 0) {
            snprintf(middle, sizeof(middle), "..%zu..", reader->index);
            name_shorten(reader->name, room, middle, ret_text);
            break;
        }
    }
    pthread_mutex_unlock(&reader->module->lock);
}

CK_RV slot_info(struct module *module, CK_SLOT_ID slot, CK_SLOT_INFO *info)
{
    enum role role = ROLE_AUTH;
    struct reader *reader = reader_of_slot(module, slot, &role);
    char text[READER_NAME_MAX + 32], name[READER_NAME_MAX];

    if (reader == NULL)
        return CKR_SLOT_ID_INVALID;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    readers_refresh(module);
    if (readers_exchange_over(module, 0))
        reader_look(reader, 0);
    memset(info, 0, sizeof(*info));
    reader_text(reader, sizeof(info->slotDescription) - strlen(slot_suffixes[role]), name);
    snprintf(text, sizeof(text), "%s%s", name, slot_suffixes[role]);
    pad_text(info->slotDescription, sizeof(info->slotDescription), text);
    pad_text(info->manufacturerID, sizeof(info->manufacturerID), "libjpki-pkcs11");
    info->flags = CKF_REMOVABLE_DEVICE | CKF_HW_SLOT;
    if (token_look(reader, role).present)
        info->flags |= CKF_TOKEN_PRESENT;
    return CKR_OK;
}

/* The token in a slot as it is now: recognised if a card lies there, unless another thread has
 * it, or pcscd, for longer. */
static CK_RV slot_token_within(struct module *module, CK_SLOT_ID slot, unsigned ms,
                               struct token_view *ret_view)
{
    enum role role = ROLE_AUTH;
    struct reader *reader = reader_of_slot(module, slot, &role);
    struct token_view view;

    if (reader == NULL)
        return CKR_SLOT_ID_INVALID;
    readers_refresh(module);
    view = token_look(reader, role);
    if (!view.present && readers_exchange_over(module, ms)) {
        (void)readers_poll_within(module, ms);
        reader_look(reader, ms);
        view = token_look(reader, role);
    }
    if (!view.present)
        return view.seen == SEEN_OTHER ? CKR_TOKEN_NOT_RECOGNIZED : CKR_TOKEN_NOT_PRESENT;
    *ret_view = view;
    return CKR_OK;
}

static CK_RV slot_token(struct module *module, CK_SLOT_ID slot, struct token_view *ret_view)
{
    return slot_token_within(module, slot, UINT_MAX, ret_view);
}

static CK_FLAGS token_flags(const struct token_view *view)
{
    CK_FLAGS flags =
        CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED;
    const struct pin_rule *rule = &token_row(view)->pin;

    if (view->card.pinpad && rule->chars == PIN_DIGITS)
        flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
    if (view->token.failed)
        flags |= CKF_USER_PIN_COUNT_LOW;
    if (view->token.tries == 1 || view->token.last_try_kept)
        flags |= CKF_USER_PIN_FINAL_TRY;
    if (view->token.tries == 0)
        flags |= CKF_USER_PIN_LOCKED;
    return flags;
}

/* A second card at the same time is "... 2": two tokens that are told apart by their labels must
 * not share one. */
static void token_label(const struct token_view *view, CK_UTF8CHAR label[static 32])
{
    char text[33];

    if (view->card.ordinal > 1)
        snprintf(text, sizeof(text), "%s %u", role_names[view->role].token, view->card.ordinal);
    else
        snprintf(text, sizeof(text), "%s", role_names[view->role].token);
    pad_text(label, 32, text);
}

CK_RV slot_token_info(struct module *module, CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    struct token_view view;
    const struct pin_rule *rule;
    CK_RV rv = slot_token_within(module, slot, LOOK_WAIT_MS, &view);

    if (rv != CKR_OK)
        return rv;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    token_tries_refresh(&view, TRIES_FRESH_MS, TRIES_WAIT_MS);
    view = token_look(view.reader, view.role);
    if (!view.present)
        return CKR_TOKEN_NOT_PRESENT;
    rule = &token_row(&view)->pin;
    memset(info, 0, sizeof(*info));
    token_label(&view, info->label);
    pad_text(info->manufacturerID, sizeof(info->manufacturerID), CARD_MANUFACTURER);
    pad_text(info->model, sizeof(info->model), view.card.id.profile->name);
    pad_text(info->serialNumber, sizeof(info->serialNumber), view.card.serial);
    pad_text(info->utcTime, sizeof(info->utcTime), "");
    info->flags = token_flags(&view);
    info->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulSessionCount = view.token.sessions;
    info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
    info->ulRwSessionCount = view.token.rw_sessions;
    info->ulMaxPinLen = rule->max_len;
    info->ulMinPinLen = rule->min_len;
    info->ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulTotalPrivateMemory = CK_UNAVAILABLE_INFORMATION;
    info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
    return CKR_OK;
}

CK_RV slot_mechanism_list(struct module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE *types,
                          CK_ULONG *count)
{
    struct token_view view;
    const struct mech_row *rows;
    size_t row_count;
    CK_ULONG room, found = 0;
    bool pss;
    CK_RV rv = slot_token(module, slot, &view);

    if (rv != CKR_OK)
        return rv;
    if (count == NULL)
        return CKR_ARGUMENTS_BAD;
    room = types == NULL ? 0 : *count;
    pss = token_pss(&view);
    rows = mech_rows(&row_count);
    for (size_t i = 0; i < row_count; i++) {
        if (!mech_listed(&rows[i], token_row(&view)->key, pss))
            continue;
        if (found < room)
            types[found] = rows[i].type;
        found++;
    }
    *count = found;
    return types != NULL && found > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV slot_mechanism_info(struct module *module, CK_SLOT_ID slot, CK_MECHANISM_TYPE type,
                          CK_MECHANISM_INFO *info)
{
    struct token_view view;
    const struct mech_row *row;
    CK_RV rv = slot_token(module, slot, &view);

    if (rv != CKR_OK)
        return rv;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    row = mech_find(type, token_row(&view)->key, true);
    if (row == NULL || (row->pss_params && !token_pss(&view)))
        return CKR_MECHANISM_INVALID;
    *info = (CK_MECHANISM_INFO){ row->min_bits, row->max_bits, row->flags };
    return CKR_OK;
}

CK_RV slot_init_token(struct module *module, CK_SLOT_ID slot, const CK_UTF8CHAR *label)
{
    struct token_view view;
    CK_RV rv = slot_token(module, slot, &view);

    if (rv != CKR_OK)
        return rv;
    return label == NULL ? CKR_ARGUMENTS_BAD : CKR_TOKEN_WRITE_PROTECTED;
}

/*
 * The token for a new session.  What was known of a card that nobody has held or asked for a while
 * is asked anew: pcscd's count of events cannot tell a card from another one after a reader was
 * plugged in again.
 */
static CK_RV slot_token_fresh(struct module *module, CK_SLOT_ID slot, struct token_view *ret_view)
{
    CK_RV rv = slot_token(module, slot, ret_view);

    if (rv == CKR_OK && !reader_has_sessions(ret_view->reader)) {
        token_tries_refresh(ret_view, TRIES_FRESH_MS, UINT_MAX);
        rv = slot_token(module, slot, ret_view);
    }
    return rv;
}

/* A session on a silent card means the card at the end of the connection, so it is made now;
 * that asks the card nothing. */
static CK_RV session_open_silent(struct module *module, const struct token_view *view,
                                 CK_FLAGS flags, CK_SESSION_HANDLE *ret_session)
{
    enum jpki_err err = reader_take(view->reader, view->card.series);
    CK_RV rv;

    if (err != JPKI_OK)
        return rv_for_error(err);
    rv = session_open(module, view, flags, ret_session);
    reader_give(view->reader, JPKI_OK);
    return rv;
}

CK_RV slot_open_session(struct module *module, CK_SLOT_ID slot, CK_FLAGS flags,
                        CK_SESSION_HANDLE *ret_session)
{
    struct token_view view;
    CK_RV rv = slot_token_fresh(module, slot, &view);

    if (rv != CKR_OK)
        return rv;
    if (ret_session == NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_SERIAL_SESSION) == 0)
        return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
    if ((flags & CKF_ASYNC_SESSION) != 0)
        return CKR_SESSION_ASYNC_NOT_SUPPORTED;
    flags &= CKF_SERIAL_SESSION | CKF_RW_SESSION;
    if (view.card.id.len == 0)
        return session_open_silent(module, &view, flags, ret_session);
    return session_open(module, &view, flags, ret_session);
}

CK_RV slot_close_sessions(struct module *module, CK_SLOT_ID slot)
{
    enum role role = ROLE_AUTH;
    struct reader *reader = reader_of_slot(module, slot, &role);

    if (reader == NULL)
        return CKR_SLOT_ID_INVALID;
    sessions_close_slot(module, reader, role);
    return CKR_OK;
}
