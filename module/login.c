/* SPDX-License-Identifier: BSD-3-Clause */
#include "login.h"

#include "log.h"
#include "pages.h"
#include "pass.h"
#include "rv.h"
#include "session_token.h"

#include <string.h>

#define RUN_MAX 3 /* the same refused value so often in a row is a program's loop, not a person */

/* A PIN as somebody gave it, and in the form the card compares. */
struct typed_pin {
    uint8_t pin[16];
    size_t len;
    /* of the folded form, or of what was typed if it has not the form of the PIN */
    uint8_t hash[KEYED_HASH_LEN];
    unsigned run; /* how many times in a row it was presented */
    bool formed;
    bool on_pad; /* typed on the reader's keypad: nothing of it is known here */
};

/* A program that presents the same hopeless value a third time in a row is in a loop; this one
 * answer ends it. */
static CK_RV again_rv(const struct typed_pin *pin)
{
    return pin->run >= RUN_MAX ? CKR_FUNCTION_CANCELED : CKR_PIN_INCORRECT;
}

/* What the module itself can say of a PIN before the guard is asked. */
static CK_RV pin_permitted(struct session *session, const struct typed_pin *pin,
                           bool wants_logged_out)
{
    struct module *module = session->module;
    CK_RV rv = CKR_OK;

    pthread_mutex_lock(&module->lock);
    if (session->reader->shown.series != session->card.series)
        rv = CKR_DEVICE_REMOVED;
    else if (wants_logged_out && session->reader->token[session->role].logged_in)
        rv = CKR_USER_ALREADY_LOGGED_IN;
    else if (!pin->on_pad && !pin->formed)
        rv = again_rv(pin);
    pthread_mutex_unlock(&module->lock);
    return rv;
}

/* Fold what somebody typed, and say of it what the module can. */
static CK_RV pin_take(struct session *session, const struct pin_rule *rule, struct slice typed,
                      bool wants_logged_out, struct typed_pin *pin)
{
    struct module *module = session->module;
    size_t index = token_index(session->reader, session->role);

    if (pin->on_pad)
        return pin_permitted(session, pin, wants_logged_out);
    pin->formed =
        pin_fold(rule, typed, module->config.pin_any_form, pin->pin, &pin->len) == JPKI_OK;
    if (pin->formed)
        typed = slice_of(pin->pin, pin->len);
    if (secret_hash(module->secrets, index, typed, pin->hash) != JPKI_OK)
        return CKR_HOST_MEMORY;
    pthread_mutex_lock(&module->lock);
    pin->run = secret_presented(module->secrets, index, pin->hash);
    pthread_mutex_unlock(&module->lock);
    return pin_permitted(session, pin, wants_logged_out);
}

/* Take the card for this PIN, which another thread may have made needless meanwhile. */
static CK_RV pin_begin(struct session *session, const struct typed_pin *pin, bool wants_logged_out)
{
    const enum jpki_err err = pass_begin(session);
    CK_RV rv;

    if (err != JPKI_OK)
        return rv_for_error(err);
    rv = pin_permitted(session, pin, wants_logged_out);
    if (rv != CKR_OK)
        pass_end(session, JPKI_OK);
    return rv;
}

/* own: room for the PIN in locked pages; becomes what the operation had before. */
static void operation_pin_inlock(struct session *session, struct slice pin, struct buf *own)
{
    const struct buf before = session->sign.pin;

    memcpy(own->ptr, pin.ptr, pin.len);
    own->len = pin.len;
    session->sign.pin = *own;
    *own = before;
}

/*
 * The login is good: remember what the options say; own: NULL, or where the PIN of one signature is
 * kept.  False, and nothing is remembered, if the token was logged out or the session closed while
 * the card was asked.
 */
static bool login_publish(struct session *session, struct slice pin, struct buf *own)
{
    struct module *module = session->module;
    struct token *token = &session->reader->token[session->role];
    bool vetoed;

    pthread_mutex_lock(&module->lock);
    vetoed = atomic_load(&session->vetoed);
    if (session->reader->shown.series == session->card.series && vetoed) {
        token_logout_inlock(session->reader, session->role);
    } else if (session->reader->shown.series == session->card.series) {
        token->logged_in = true;
        token->on_pinpad = pin.len == 0;
        token->used_ms = clock_ms();
        if (own != NULL)
            operation_pin_inlock(session, pin, own);
        else if (!session_asks_each(session))
            secret_put(module->secrets, token_index(session->reader, session->role), pin);
    }
    pthread_mutex_unlock(&module->lock);
    return !vetoed;
}

/* What a person who reads the log does next; the answers themselves have no words. */
static void pin_log(const struct session *session, const char *call, const struct guard_tell *tell)
{
    const char *name = session->role == ROLE_AUTH ? "authentication" : "signature";

    if (tell->why == JPKI_ERR_LAST_TRY)
        log_line(
            "%s: one try of the %s PIN is left and was kept (final-try=refuse), although the answer says locked; "
            "'jpki-token pin verify --use-last-try' gives the right PIN and restores the counter",
            call, name);
    else if (tell->why == JPKI_ERR_PIN_BLOCKED)
        log_line("%s: the %s PIN is locked; the municipal office can unlock it", call, name);
    else if (tell->why == JPKI_ERR_PIN_REPEATED)
        log_line("%s: this card refused this %s PIN before; it was not sent again, no try was lost",
                 call, name);
    else if (tell->why == JPKI_ERR_KIND)
        log_line(
            "%s: the commands of this kind of card were never published, so no PIN is sent to it; juki=try in the "
            "options sends it nevertheless",
            call);
    else if (tell->lock == LOCK_OPEN)
        log_line("%s: the card could not be locked again: take it off the reader", call);
    if (tell->work == WORK_UNKNOWN)
        log_line(
            "%s: the card's answer to the change was lost: try the new PIN first, then the old one; "
            "each wrong one costs a try",
            call);
}

/*
 * One visit to the card with the PIN (empty: the reader's keypad).  own: NULL, or room for the PIN
 * of one signature; cert: NULL, or room for the certificate it opens.
 */
static CK_RV login_visit(struct session *session, const struct typed_pin *pin, struct buf *own,
                         struct buf *cert)
{
    struct guard_ask ask = { .job = GUARD_LOGIN,
                             .origin = pin->on_pad ? PIN_KEYPAD : PIN_TYPED,
                             .pin = slice_of(pin->pin, pin->len),
                             .out = cert };
    struct guard_tell tell;
    CK_RV rv = pin_begin(session, pin, own == NULL);

    if (rv != CKR_OK)
        return rv;
    tell = pass_guard(session, &ask);
    rv = rv_for_tell(GUARD_LOGIN, &tell);
    if (rv == CKR_OK) {
        if (cert != NULL)
            token_cert_publish(session->reader, session->card.series, role_cert(session->role),
                               buf_slice(cert));
        if (!login_publish(session, ask.pin, own))
            rv = CKR_FUNCTION_CANCELED;
    }
    pass_end(session, tell.why);
    pin_log(session, "C_Login", &tell);
    return tell.why == JPKI_ERR_PIN_REPEATED ? again_rv(pin) : rv;
}

/*
 * With memory that leaves the process in no way: for the PIN of one signature, or for the private
 * certificate, which is read in the visit that logs in.
 */
static CK_RV login_with_pages(struct session *session, const struct typed_pin *pin, bool context)
{
    struct buf room = { NULL, 0, context ? sizeof(pin->pin) : CARD_CERT_MAX };
    CK_RV rv;

    room.ptr = pages_new(room.cap);
    if (room.ptr == NULL)
        return CKR_HOST_MEMORY;
    rv = login_visit(session, pin, context ? &room : NULL, context ? NULL : &room);
    pages_free(room.ptr, room.cap);
    return rv;
}

/* Whether the token's PIN can be typed on the reader. */
static bool pad_serves(const struct token_view *view)
{
    return view->card.pinpad && token_row(view)->pin.chars == PIN_DIGITS;
}

/* What must hold before a PIN is looked at. */
static CK_RV login_check(struct session *session, const struct token_view *view, CK_USER_TYPE type)
{
    if (type != CKU_USER && type != CKU_CONTEXT_SPECIFIC)
        return CKR_USER_TYPE_INVALID;
    if (view->card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    if (type == CKU_CONTEXT_SPECIFIC && (!session_asks_each(session) || !session->sign.active))
        return CKR_OPERATION_NOT_INITIALIZED;
    if (type == CKU_CONTEXT_SPECIFIC && !view->token.logged_in)
        return CKR_USER_NOT_LOGGED_IN;
    if (type == CKU_USER && view->token.logged_in)
        return CKR_USER_ALREADY_LOGGED_IN;
    return CKR_OK;
}

CK_RV login_user(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin,
                 CK_ULONG pin_len)
{
    struct token_view view = session_look(session);
    struct typed_pin typed = { .len = 0 };
    const struct pin_rule *rule;
    CK_RV rv = login_check(session, &view, type);

    if (rv != CKR_OK)
        return rv;
    rule = &token_row(&view)->pin;
    typed.on_pad = pin == NULL;
    if (pin == NULL && (pin_len != 0 || !pad_serves(&view)))
        return CKR_ARGUMENTS_BAD;
    rv = pin_take(session, rule, slice_of(pin, pin_len), type == CKU_USER, &typed);
    if (rv == CKR_OK && (type == CKU_CONTEXT_SPECIFIC || view.card.cert_private[session->role]))
        rv = login_with_pages(session, &typed, type == CKU_CONTEXT_SPECIFIC);
    else if (rv == CKR_OK)
        rv = login_visit(session, &typed, NULL, NULL);
    wipe(&typed, sizeof(typed));
    return rv;
}

CK_RV login_end(struct session *session)
{
    CK_RV rv = CKR_USER_NOT_LOGGED_IN;

    pthread_mutex_lock(&session->module->lock);
    /* a login of another thread that still waits for the card is called off too */
    sessions_veto_inlock(session->module, session->reader, session->role);
    if (session->card.series != session->reader->shown.series) {
        rv = CKR_DEVICE_REMOVED;
    } else if (session->reader->token[session->role].logged_in) {
        token_logout_inlock(session->reader, session->role);
        rv = CKR_OK;
    }
    pthread_mutex_unlock(&session->module->lock);
    if (rv == CKR_OK) {
        operation_end(session, &session->sign);
        session->find.active = false;
    }
    return rv;
}

/* What a change makes of a login: it goes on with the new PIN if that is known here and the card
 * is locked, else it ends. */
static void set_pin_publish(struct session *session, const struct guard_tell *tell,
                            struct slice new_pin)
{
    struct module *module = session->module;
    const struct token *token = &session->reader->token[session->role];
    size_t index = token_index(session->reader, session->role);

    pthread_mutex_lock(&module->lock);
    if (session->reader->shown.series == session->card.series && token->logged_in &&
        !token->on_pinpad && tell->work != WORK_NONE) {
        if (tell->work == WORK_UNKNOWN || tell->lock == LOCK_OPEN || new_pin.len == 0)
            token_logout_inlock(session->reader, session->role);
        else if (secret_pin(module->secrets, index).len > 0)
            secret_put(module->secrets, index, new_pin);
        sessions_pin_set_inlock(module, session->reader, session->role, new_pin);
    }
    pthread_mutex_unlock(&module->lock);
}

/* One visit: the old PIN verified, the new one (empty: typed on the keypad) set. */
static CK_RV set_pin_visit(struct session *session, const struct typed_pin *old_pin,
                           struct slice new_pin)
{
    struct guard_ask ask = { .job = GUARD_CHANGE,
                             .origin = old_pin->on_pad ? PIN_KEYPAD : PIN_TYPED,
                             .pin = slice_of(old_pin->pin, old_pin->len),
                             .new_pin = new_pin };
    struct guard_tell tell;
    CK_RV rv = pin_begin(session, old_pin, false);

    if (rv != CKR_OK)
        return rv;
    tell = pass_guard(session, &ask);
    set_pin_publish(session, &tell, new_pin);
    pass_end(session, tell.why);
    pin_log(session, "C_SetPIN", &tell);
    if (old_pin->on_pad && tell.why == JPKI_ERR_UNSUPPORTED)
        log_line("C_SetPIN: reader '%s' can verify a PIN on its keypad, but not change one",
                 session->reader->name);
    /* the old one was right, so it was the new one that was too short or not typed twice alike */
    if (tell.pin == PIN_ACCEPTED && tell.why == JPKI_ERR_PIN_FORM)
        return CKR_PIN_INVALID;
    return tell.why == JPKI_ERR_PIN_REPEATED ? again_rv(old_pin) : rv_for_tell(GUARD_CHANGE, &tell);
}

CK_RV login_set_pin(struct session *session, const CK_UTF8CHAR *old_pin, CK_ULONG old_len,
                    const CK_UTF8CHAR *new_pin, CK_ULONG new_len)
{
    struct token_view view = session_look(session);
    struct typed_pin typed = { .len = 0 };
    const struct pin_rule *rule;
    uint8_t fresh[16];
    size_t fresh_len = 0;
    CK_RV rv;

    if ((session->flags & CKF_RW_SESSION) == 0)
        return CKR_SESSION_READ_ONLY;
    if (view.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    typed.on_pad =
        old_pin == NULL && old_len == 0 && new_pin == NULL && new_len == 0 && pad_serves(&view);
    if (!typed.on_pad && (old_pin == NULL || new_pin == NULL))
        return CKR_ARGUMENTS_BAD;
    rule = &token_row(&view)->pin;
    if (!typed.on_pad &&
        pin_fold(rule, slice_of(new_pin, new_len), false, fresh, &fresh_len) != JPKI_OK)
        return new_len < rule->min_len || new_len > rule->max_len ? CKR_PIN_LEN_RANGE
                                                                  : CKR_PIN_INVALID;
    rv = pin_take(session, rule, slice_of(old_pin, old_len), false, &typed);
    if (rv == CKR_OK)
        rv = set_pin_visit(session, &typed, slice_of(fresh, fresh_len));
    wipe(fresh, sizeof(fresh));
    wipe(&typed, sizeof(typed));
    return rv;
}
