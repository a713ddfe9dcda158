/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader.h"

#include "session.h"

void token_logout_inlock(struct reader *reader, enum role role)
{
    struct token *token = &reader->token[role];
    const enum cert_file own = role_cert(role);

    secret_forget(reader->module->secrets, token_index(reader, role));
    sessions_pin_set_inlock(reader->module, reader, role, slice_of(NULL, 0));
    token->logged_in = false;
    token->on_pinpad = false;
    if (reader->shown.cert_private[role]) {
        reader->certs[own] = cert_unref(reader->certs[own]);
        reader->module->shed = true;
        reader->cert_missing[own] = false; /* the next login's visit reads it again */
    }
}

void reader_card_gone_inlock(struct reader *reader)
{
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        token_logout_inlock(reader, role);
        secret_run_clear(reader->module->secrets, token_index(reader, role));
        reader->dead_sessions[role] =
            reader->dead_sessions[role] || reader->token[role].sessions > 0;
        reader->token[role] = (struct token){ .tries = TRIES_UNKNOWN, .event = true };
    }
    for (size_t i = 0; i < CERT_COUNT; i++) {
        reader->certs[i] = cert_unref(reader->certs[i]);
        reader->cert_missing[i] = false;
    }
    reader->away_until_ms = 0;
    reader->seen = SEEN_NOT_YET;
    reader->tried_ms = reader->tried_pause_ms = 0;
    reader->shown.pss = TRI_UNKNOWN;
    reader->shown.series = ++reader->module->last_series;
}

void token_end_inlock(struct reader *reader, enum role role)
{
    token_logout_inlock(reader, role);
    sessions_veto_inlock(reader->module, reader, role);
}

bool reader_has_sessions_inlock(const struct reader *reader)
{
    return reader->token[ROLE_AUTH].sessions > 0 || reader->token[ROLE_SIGN].sessions > 0;
}

bool reader_has_sessions(struct reader *reader)
{
    bool any;

    pthread_mutex_lock(&reader->module->lock);
    any = reader_has_sessions_inlock(reader);
    pthread_mutex_unlock(&reader->module->lock);
    return any;
}
