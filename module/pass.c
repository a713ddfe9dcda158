/* SPDX-License-Identifier: BSD-3-Clause */
#include "pass.h"

enum jpki_err pass_begin(struct session *session)
{
    session_veto_clear(session);
    return reader_take(session->reader, session->series);
}

struct guard_tell pass_guard(struct session *session, struct guard_ask *ask)
{
    const struct config *config = &session->module->config;
    struct guard_tell tell;

    ask->whom = &session->whom;
    ask->role = session->role;
    ask->keep_last_try = config->keep_last_try;
    ask->juki_try = config->juki_try;
    ask->any_form = config->pin_any_form;
    ask->veto = &session->vetoed;
    ask->memory = refused_memory(session->module->refused);
    tell = guard_pass(&session->reader->card, ask);
    token_publish(session->reader, session->role, session->series, &tell);
    return tell;
}

void pass_end(struct session *session, enum jpki_err err)
{
    reader_give(session->reader, err);
}
