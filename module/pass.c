/* SPDX-License-Identifier: BSD-3-Clause */
#include "pass.h"

#include "reader_card.h"
#include "token.h"

#include <string.h>

enum jpki_err pass_begin(struct session *session)
{
    session_veto_clear(session);
    return reader_take(session->reader, session->card.series);
}

static enum jpki_err kept_take(struct session *session, uint8_t pin[static 16],
                               struct guard_ask *ask)
{
    struct module *module = session->module;
    struct token *token = &session->reader->token[session->role];
    enum jpki_err err = JPKI_ERR_DENIED;
    struct slice kept;

    pthread_mutex_lock(&module->lock);
    kept = session_asks_each(session)
               ? buf_slice(&session->sign.pin)
               : secret_pin(module->secrets, token_index(session->reader, session->role));
    if (session->reader->shown.series != session->card.series) {
        err = JPKI_ERR_CARD_CHANGED;
    } else if (token->logged_in && (token->on_pinpad || kept.len > 0)) {
        if (kept.len > 0)
            memcpy(pin, kept.ptr, kept.len);
        ask->pin = slice_of(pin, kept.len);
        ask->origin = token->on_pinpad ? PIN_KEYPAD : PIN_KEPT;
        token->used_ms = clock_ms();
        err = JPKI_OK;
    }
    pthread_mutex_unlock(&module->lock);
    return err;
}

enum jpki_err pass_begin_kept(struct session *session, uint8_t pin[static 16],
                              struct guard_ask *ask)
{
    enum jpki_err err = pass_begin(session);

    if (err != JPKI_OK)
        return err;
    /* only now: who had the card before may have ended the login */
    err = kept_take(session, pin, ask);
    if (err != JPKI_OK)
        pass_end(session, err);
    return err;
}

struct guard_tell pass_guard(struct session *session, struct guard_ask *ask)
{
    const struct config *config = &session->module->config;
    struct guard_tell tell;

    ask->whom = &session->card.id;
    ask->role = session->role;
    ask->keep_last_try = config->keep_last_try;
    ask->juki_try = config->juki_try;
    ask->any_form = config->pin_any_form;
    ask->veto = &session->vetoed;
    ask->memory = refused_memory(session->module->refused);
    tell = guard_pass(&session->reader->card, ask);
    token_publish(session->reader, session->role, session->card.series, &tell);
    return tell;
}

void pass_end(struct session *session, enum jpki_err err)
{
    reader_give(session->reader, err);
}
