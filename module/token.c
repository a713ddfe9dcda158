/* SPDX-License-Identifier: BSD-3-Clause */
#include "token.h"

#include "card_read.h"
#include "log.h"
#include "pages.h"
#include "reader_card.h"
#include "readers.h"

#include <limits.h>
#include <string.h>
#include <time.h>

struct token_view token_look(struct reader *reader, enum role role)
{
    struct token_view view = { .reader = reader, .role = role };

    pthread_mutex_lock(&reader->module->lock);
    view.card = reader->shown;
    if (reader->away_until_ms != 0)
        view.card.series = 0; /* until it is proved to be back */
    view.seen = reader->seen;
    view.present = reader->present && reader->token[role].present;
    view.token = reader->token[role];
    pthread_mutex_unlock(&reader->module->lock);
    return view;
}

struct object_sight token_sight(const struct token_view *view)
{
    return (struct object_sight){
        .role = view->role,
        .logged_in = view->token.logged_in,
        .cert_private = view->card.cert_private[view->role],
        .public_certs = view->role == ROLE_AUTH && !view->card.cert_private[ROLE_AUTH],
        .has_ca = view->reader->module->config.ca_certs,
    };
}

/* What is cached of a certificate: a reference, or why there is none. */
static enum jpki_err cert_cached(struct reader *reader, CK_ULONG series, enum cert_file file,
                                 const struct cert_facts **ret_facts)
{
    enum jpki_err err = JPKI_ERR_CARD_CHANGED;

    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series) {
        err = reader->cert_missing[file] ? JPKI_ERR_NOT_FOUND : JPKI_OK;
        *ret_facts = cert_ref(reader->certs[file]);
    }
    pthread_mutex_unlock(&reader->module->lock);
    return err;
}

const struct cert_facts *token_cert_known(struct reader *reader, CK_ULONG series,
                                          enum cert_file file)
{
    const struct cert_facts *facts = NULL;

    return cert_cached(reader, series, file, &facts) == JPKI_OK ? facts : NULL;
}

/* Whose own certificate it is, or a CA's, which says nothing then. */
static enum role role_of(enum cert_file file)
{
    return file == CERT_SIGN ? ROLE_SIGN : ROLE_AUTH;
}

/* Whether a file's bytes can be had without a PIN on this card. */
static bool cert_is_private(struct reader *reader, enum cert_file file)
{
    const struct token_view view = token_look(reader, role_of(file));

    return file == role_cert(view.role) && view.card.cert_private[view.role];
}

/* Outside its time a certificate works as ever: whether it is good enough is for the other side
 * to say. */
static void validity_log(const struct reader *reader, const struct cert_facts *facts,
                         enum cert_file file)
{
    int64_t now = (int64_t)time(NULL);

    if (now > facts->not_after)
        log_line("reader '%s': certificate %d ran out on %.8s; servers may refuse it", reader->name,
                 (int)file, facts->end);
    else if (now < facts->not_before)
        log_line("reader '%s': certificate %d is not valid before %.8s", reader->name, (int)file,
                 facts->start);
}

/* Whether the key of a certificate is of the kind that the tables have for this card. */
static bool key_is_known(const struct reader *reader, enum cert_file file,
                         const struct cert_facts *facts)
{
    const enum role role = role_of(file);

    return file != role_cert(role) || facts->key == reader->shown.id.profile->role[role].key;
}

void token_cert_publish(struct reader *reader, CK_ULONG series, enum cert_file file,
                        struct slice der)
{
    /* name, address, date of birth */
    const bool personal = file == CERT_SIGN || cert_is_private(reader, file);
    const struct cert_facts *facts = NULL;
    bool gone = false;
    enum jpki_err err = der.len == 0 ? JPKI_ERR_NOT_FOUND : cert_parse(der, personal, &facts);

    if (err != JPKI_OK)
        log_line("reader '%s': certificate %d cannot be used (%s)", reader->name, (int)file,
                 err_name(err));
    else
        validity_log(reader, facts, file);
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series && err != JPKI_OK)
        reader->cert_missing[file] = true;
    if (reader->shown.series == series && err == JPKI_OK && !key_is_known(reader, file, facts)) {
        log_line("reader '%s': the card's key is newer than this version", reader->name);
        /* no key is shown as what it is not, and no PIN is asked for any more */
        reader_card_gone_inlock(reader);
        reader->seen = SEEN_OTHER;
        gone = true;
    } else if (reader->shown.series == series && err == JPKI_OK && reader->certs[file] == NULL) {
        reader->certs[file] = facts;
        facts = NULL;
    }
    pthread_mutex_unlock(&reader->module->lock);
    if (gone)
        waiters_cancel(reader->module);
    cert_unref(facts);
}

enum jpki_err token_cert(struct reader *reader, CK_ULONG series, enum cert_file file,
                         const struct cert_facts **ret_facts)
{
    struct buf out = { NULL, 0, CARD_CERT_MAX };
    const struct cert_facts *facts = NULL;
    enum jpki_err err = cert_cached(reader, series, file, &facts);

    if (err != JPKI_OK || facts != NULL)
        goto out;
    err = JPKI_ERR_DENIED;
    if (cert_is_private(reader, file))
        goto out;
    err = JPKI_ERR_MEMORY;
    out.ptr = pages_new(out.cap);
    if (out.ptr == NULL)
        goto out;
    err = reader_take(reader, series);
    if (err != JPKI_OK)
        goto out;
    /* the thread that was waited for may have read it */
    err = cert_cached(reader, series, file, &facts);
    if (err == JPKI_OK && facts == NULL) {
        err = card_read_cert(&reader->card, file, &out);
        /* an answer that was cut off says nothing of the file */
        if (err == JPKI_OK || err == JPKI_ERR_NOT_FOUND)
            token_cert_publish(reader, series, file,
                               err == JPKI_OK ? buf_slice(&out) : slice_of(NULL, 0));
    }
    reader_give(reader, err);
    if (err == JPKI_OK && facts == NULL)
        err = cert_cached(reader, series, file, &facts);

out:
    if (err == JPKI_OK && facts == NULL)
        err = JPKI_ERR_NOT_FOUND;
    if (err == JPKI_OK)
        *ret_facts = facts;
    pages_free(out.ptr, out.cap);
    return err;
}

bool token_pss(const struct token_view *view)
{
    struct reader *reader = view->reader;
    const CK_ULONG series = view->card.series;
    bool pss = false;
    enum jpki_err err;

    if (!reader->module->config.pss)
        return false;
    if (view->card.pss != TRI_UNKNOWN)
        return view->card.pss == TRI_YES;
    err = reader_take(reader, series);
    if (err != JPKI_OK)
        return false;
    err = guard_pss(&reader->card, reader->module->config.juki_try, &pss);
    reader_give(reader, err);
    if (err != JPKI_OK)
        return false;
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series)
        reader->shown.pss = pss ? TRI_YES : TRI_NO;
    pthread_mutex_unlock(&reader->module->lock);
    return pss;
}

CK_RV token_mechanism(const struct token_view *view, const CK_MECHANISM *mechanism, CK_FLAGS use,
                      const struct mech_row **ret_row)
{
    const struct mech_row *row = mech_find(mechanism->mechanism, token_row(view)->key, true);
    CK_RV rv;

    if (row == NULL || (row->flags & use) == 0)
        return CKR_MECHANISM_INVALID;
    rv = mech_check_params(row, mechanism);
    if (rv != CKR_OK)
        return rv;
    if (row->pss_params && !token_pss(view))
        return CKR_MECHANISM_INVALID;
    *ret_row = row;
    return CKR_OK;
}

static void tries_publish_inlock(struct reader *reader, enum role role, int tries)
{
    struct token *token = &reader->token[role];
    const int full = reader->shown.id.profile->role[role].pin.tries;

    if (tries == TRIES_UNKNOWN)
        return;
    token->tries = tries;
    token->tries_ms = clock_ms();
    token->failed = tries < full;
    if (tries != 1)
        token->last_try_kept = false;
}

/*
 * The card for who polls (wait_ms is not UINT_MAX): it is waited for once, and not again for each
 * token and each time while another thread still keeps it.
 */
static bool reader_take_polling(struct reader *reader, CK_ULONG series, unsigned max_age_ms,
                                unsigned wait_ms)
{
    const uint64_t began = clock_ms();
    enum jpki_err err = JPKI_ERR_IN_USE;
    uint64_t waited;

    pthread_mutex_lock(&reader->module->lock);
    if (wait_ms != UINT_MAX && reader->kept_ms != 0 && began - reader->kept_ms < max_age_ms)
        wait_ms = 0;
    pthread_mutex_unlock(&reader->module->lock);
    if (wait_ms == UINT_MAX || readers_exchange_over(reader->module, wait_ms)) {
        waited = clock_ms() - began;
        err = reader_take_within(reader, series, waited < wait_ms ? wait_ms - (unsigned)waited : 0);
    }
    pthread_mutex_lock(&reader->module->lock);
    if (err != JPKI_ERR_IN_USE)
        reader->kept_ms = 0;
    else if (wait_ms > 0)
        reader->kept_ms = clock_ms();
    pthread_mutex_unlock(&reader->module->lock);
    return err == JPKI_OK;
}

void token_tries_refresh(const struct token_view *view, unsigned max_age_ms, unsigned wait_ms)
{
    struct reader *reader = view->reader;
    const CK_ULONG series = view->card.series;
    const enum role role = view->role;
    int tries = TRIES_UNKNOWN;
    enum jpki_err err;

    if (view->token.tries != TRIES_UNKNOWN && clock_ms() - view->token.tries_ms < max_age_ms)
        return;
    if (!reader_take_polling(reader, series, max_age_ms, wait_ms))
        return;
    err = guard_tries(&reader->card, role, reader->module->config.juki_try, &tries);
    if (err == JPKI_OK)
        refused_seen(reader->module->refused, &reader->card.facts.id, role, tries);
    reader_give(reader, err);
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series && err == JPKI_OK)
        tries_publish_inlock(reader, role, tries);
    pthread_mutex_unlock(&reader->module->lock);
}

void token_publish(struct reader *reader, enum role role, CK_ULONG series,
                   const struct guard_tell *tell)
{
    struct token *token = &reader->token[role];

    if (tell->pin == PIN_NOT_SENT)
        refused_seen(reader->module->refused, &reader->card.facts.id, role, tell->tries);
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series) {
        if (tell->pin == PIN_ACCEPTED)
            secret_run_clear(reader->module->secrets, token_index(reader, role));
        tries_publish_inlock(reader, role, tell->tries);
        token->failed = token->failed || tell->pin == PIN_REFUSED;
        token->last_try_kept = tell->why == JPKI_ERR_LAST_TRY;
    }
    pthread_mutex_unlock(&reader->module->lock);
    if (tell->pin != PIN_NOT_SENT)
        log_line("reader '%s': %s PIN %s, tries left %d", reader->name,
                 role == ROLE_AUTH ? "authentication" : "signature",
                 tell->pin == PIN_ACCEPTED ? "accepted" : "not accepted", tell->tries);
}

void token_lapse(struct reader *reader, enum role role, CK_ULONG series, enum jpki_err err)
{
    pthread_mutex_lock(&reader->module->lock);
    if (reader->shown.series == series)
        token_logout_inlock(reader, role);
    pthread_mutex_unlock(&reader->module->lock);
    log_line("reader '%s': logged out, since the remembered PIN may not hold any more (%s)",
             reader->name, err_name(err));
}
