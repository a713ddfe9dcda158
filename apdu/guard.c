/* SPDX-License-Identifier: BSD-3-Clause */
#include "guard.h"

#include "file.h"
#include "guard_parts.h"
#include "identity.h"
#include "log.h"

/* One way through the door, from the first rule to the proof of the lock. */
struct passage {
    struct card *card;
    const struct guard_ask *ask;
    struct visit visit;
    enum pin_way way;
    uint8_t p2;     /* of VERIFY */
    int tries_then; /* left when the card refused this value before */
    struct guard_tell tell;
};

/* A rule: its name as SECURITY.md has it, the jobs it is for (bits), and what it says of a
 * passage. */
struct guard_rule {
    const char *name;
    unsigned jobs;
    enum jpki_err (*check)(struct passage *passage);
};

#define JOB(job) (1u << (job))
#define JOBS_ALL (JOB(GUARD_LOGIN) | JOB(GUARD_SIGN) | JOB(GUARD_CHANGE) | JOB(GUARD_TRIAL))

static const struct role_profile *row_of(const struct passage *passage)
{
    return card_row(passage->card, passage->ask->role);
}

static bool on_keypad(const struct passage *passage)
{
    return passage->ask->origin == PIN_KEYPAD;
}

/* The PIN of a session, or of a prompt, that was opened on another card is not meant for this
 * one. */
static enum jpki_err known_check(struct passage *passage)
{
    const struct guard_ask *ask = passage->ask;

    if (ask->whom->profile == NULL || ask->role < 0 || ask->role >= ROLE_COUNT)
        return JPKI_ERR_ARGUMENT;
    if (!card_id_equal(ask->whom, &passage->card->facts.id))
        return JPKI_ERR_CARD_CHANGED;
    return row_of(passage)->exists ? JPKI_OK : JPKI_ERR_NOT_FOUND;
}

/* Whether anything that could cost a try may go to such a card. */
static enum jpki_err kind_permits(const struct card_profile *profile, bool juki_try)
{
    if (profile->unknown)
        return JPKI_ERR_NEWER;
    return profile->login_refused && !juki_try ? JPKI_ERR_KIND : JPKI_OK;
}

static enum jpki_err kind_check(struct passage *passage)
{
    return kind_permits(passage->ask->whom->profile, passage->ask->juki_try);
}

static enum jpki_err form_check(struct passage *passage)
{
    const struct pin_rule *rule = &row_of(passage)->pin;

    if (on_keypad(passage))
        return pin_for_keypad(rule) ? JPKI_OK : JPKI_ERR_UNSUPPORTED;
    return pin_fits(rule, passage->ask->pin, passage->ask->any_form) ? JPKI_OK : JPKI_ERR_PIN_FORM;
}

/* Nobody is asked for the old PIN by a keypad that cannot take the new one. */
static enum jpki_err new_form_check(struct passage *passage)
{
    struct card *card = passage->card;
    enum jpki_err err;

    if (!on_keypad(passage))
        return pin_fits(&row_of(passage)->pin, passage->ask->new_pin, false) ? JPKI_OK
                                                                             : JPKI_ERR_PIN_FORM;
    err = card_connect(card);
    if (err == JPKI_OK && !card->transport->ops->has_pinpad(card->link, PINPAD_MODIFY))
        err = JPKI_ERR_UNSUPPORTED;
    return err;
}

static enum jpki_err scheme_check(struct passage *passage)
{
    const struct guard_ask *ask = passage->ask;

    if (ask->draft == NULL && !scheme_takes(ask->scheme, ask->input.len))
        return JPKI_ERR_ARGUMENT;
    if (ask->out == NULL || ask->out->cap - ask->out->len < CARD_SIGNATURE_MAX)
        return JPKI_ERR_BUFFER;
    return ask->scheme == SCHEME_PSS && passage->card->pss == TRI_NO ? JPKI_ERR_UNSUPPORTED
                                                                     : JPKI_OK;
}

static enum jpki_err memory_recall(struct passage *passage)
{
    const struct guard_ask *ask = passage->ask;

    if (ask->memory == NULL || on_keypad(passage))
        return JPKI_OK;
    return ask->memory->recall(ask->memory->user, ask->whom, ask->role, ask->pin,
                               &passage->tries_then);
}

static enum jpki_err identity_check(struct passage *passage)
{
    return identity_prove(&passage->visit, passage->ask->whom);
}

static enum jpki_err counter_ask(struct passage *passage)
{
    return pin_query(&passage->visit, passage->ask->role, passage->way, &passage->tell.tries);
}

static enum jpki_err locked_check(struct passage *passage)
{
    return passage->tell.tries == 0 ? JPKI_ERR_PIN_BLOCKED : JPKI_OK;
}

static enum jpki_err full_check(struct passage *passage)
{
    return passage->tell.tries != row_of(passage)->pin.tries ? JPKI_ERR_PIN_STALE : JPKI_OK;
}

static enum jpki_err kept_check(struct passage *passage)
{
    return passage->ask->origin == PIN_KEPT ? full_check(passage) : JPKI_OK;
}

static enum jpki_err repeated_check(struct passage *passage)
{
    return passage->tries_then != TRIES_UNKNOWN && passage->tell.tries <= passage->tries_then
               ? JPKI_ERR_PIN_REPEATED
               : JPKI_OK;
}

static enum jpki_err last_try_check(struct passage *passage)
{
    return passage->ask->keep_last_try && passage->tell.tries == 1 ? JPKI_ERR_LAST_TRY : JPKI_OK;
}

static enum jpki_err address_find(struct passage *passage)
{
    return pin_address(&passage->visit, passage->ask->role, passage->way, &passage->p2);
}

static enum jpki_err veto_check(struct passage *passage)
{
    return passage->ask->veto != NULL && atomic_load(passage->ask->veto) ? JPKI_ERR_CANCELLED
                                                                         : JPKI_OK;
}

/* Before the visit: what can be said without the card. */
static const struct guard_rule rules_before[] = {
    { "the session's card", JOBS_ALL, known_check },
    { "kind of card", JOBS_ALL, kind_check },
    { "form of the PIN", JOBS_ALL, form_check },
    { "form of the new PIN", JOB(GUARD_CHANGE), new_form_check },
    { "scheme and length", JOB(GUARD_SIGN), scheme_check },
    { "refused before", JOBS_ALL, memory_recall },
};

/* Of these: what is looked at before a person types. */
#define RULES_OF_A_LOOK 2

/* In the visit, once the application is selected. */
static const struct guard_rule rules_inside[] = {
    { "the same card", JOBS_ALL, identity_check },
    { "the counter", JOBS_ALL, counter_ask },
    { "locked", JOBS_ALL, locked_check },
    { "a kept PIN needs the full counter", JOBS_ALL, kept_check },
    { "a trial needs the full counter", JOB(GUARD_TRIAL), full_check },
    { "a refused value is not sent again", JOBS_ALL, repeated_check },
    { "the last try is kept", JOBS_ALL, last_try_check },
    { "the PIN's file", JOBS_ALL, address_find },
    { "called off", JOBS_ALL, veto_check },
};

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))
/* Of these: what is looked at before a person types, and for a count alone. */
#define RULES_INSIDE_A_LOOK (COUNT(rules_inside) - 2)
#define RULES_OF_A_COUNT 2

static enum jpki_err rules_hold(struct passage *passage, const struct guard_rule *rules,
                                size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum jpki_err err =
            (rules[i].jobs & JOB(passage->ask->job)) != 0 ? rules[i].check(passage) : JPKI_OK;

        if (err != JPKI_OK) {
            log_line("guard: %s: %s", rules[i].name, err_name(err));
            return err;
        }
    }
    return JPKI_OK;
}

static enum lock_state lock_worse(enum lock_state a, enum lock_state b)
{
    return a > b ? a : b;
}

/* Whether every PIN that was given is proved to be forgotten; called with JPKI selected. */
static enum lock_state locks_prove(struct visit *visit)
{
    enum lock_state lock = LOCK_SURE;

    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (visit->card->given[role])
            lock = lock_worse(lock, lock_prove(visit, role));
    }
    if (lock == LOCK_SURE)
        visit_note_locked(visit);
    return lock;
}

/* The visit, up to the work; it is closed already where this fails. */
static enum jpki_err passage_open(struct passage *passage)
{
    enum jpki_err err = visit_open(&passage->visit, passage->card);

    if (err == JPKI_ERR_DROP)
        passage->tell.lock = LOCK_OPEN;
    if (err != JPKI_OK)
        return err;
    if (passage->visit.unproved && locks_prove(&passage->visit) == LOCK_OPEN) {
        visit_end(&passage->visit);
        passage->tell.lock = LOCK_OPEN;
        return JPKI_ERR_DROP;
    }
    return JPKI_OK;
}

/* Lock the card and make sure of it. */
static void passage_close(struct passage *passage)
{
    struct visit *visit = &passage->visit;
    enum lock_state lock = visit_drop(visit);

    /* the commands of a card of another age are no proof */
    if (lock == LOCK_UNPROVED && !visit->card->facts.id.profile->login_refused &&
        visit_select_jpki(visit) == JPKI_OK)
        lock = locks_prove(visit);
    /* a report says whether the card really refuses then */
    else if (passage->ask->job == GUARD_TRIAL && passage->tell.work == WORK_DONE &&
             visit_select_jpki(visit) == JPKI_OK)
        lock = passage->ask->trial->locked =
            lock_worse(lock, lock_prove(visit, passage->ask->role));
    visit_end(visit);
    passage->tell.lock = lock_worse(passage->tell.lock, lock);
    if (passage->tell.lock == LOCK_OPEN && passage->tell.why == JPKI_OK)
        passage->tell.why = JPKI_ERR_DROP;
}

/* What the PIN opens.  A certificate that the card does not give takes nothing from a right PIN. */
static enum jpki_err work_do(struct passage *passage)
{
    const struct guard_ask *ask = passage->ask;
    enum jpki_err err = JPKI_OK;

    if (ask->job == GUARD_SIGN)
        return ask->draft != NULL ? draft_sign(&passage->visit, ask, &passage->tell)
                                  : key_sign(&passage->visit, ask, ask->input, &passage->tell);
    if (ask->job == GUARD_TRIAL)
        return trial_do(&passage->visit, ask, &passage->tell);
    if (ask->job == GUARD_CHANGE)
        return pin_change(&passage->visit, ask, &passage->tell);
    if (ask->out == NULL)
        return JPKI_OK;
    err = file_read_cert(&passage->visit, row_of(passage)->cert_fid, ask->out);
    if (err == JPKI_OK)
        passage->tell.work = WORK_DONE;
    return err_is_transport(err) ? err : JPKI_OK;
}

/* One visit, from SELECT to the end of the transaction. */
static void passage_try(struct passage *passage)
{
    struct guard_tell *tell = &passage->tell;

    *tell = (struct guard_tell){ .tries = TRIES_UNKNOWN };
    tell->why = passage_open(passage);
    if (tell->why != JPKI_OK)
        return;
    tell->why = rules_hold(passage, rules_inside, COUNT(rules_inside));
    if (tell->why == JPKI_OK)
        tell->why = pin_verify(&passage->visit, passage->ask, passage->way, passage->p2, tell);
    if (tell->why == JPKI_OK)
        tell->why = work_do(passage);
    passage_close(passage);
}

static void memory_note(const struct passage *passage)
{
    const struct guard_ask *ask = passage->ask;
    const struct guard_tell *tell = &passage->tell;

    if (ask->memory != NULL &&
        (tell->pin == PIN_ACCEPTED || (tell->pin == PIN_REFUSED && !on_keypad(passage))))
        ask->memory->note(ask->memory->user, ask->whom, ask->role, ask->pin,
                          tell->pin == PIN_ACCEPTED, tell->tries);
}

/* Programs seldom tell the person that a try is gone: the desktop is told. */
static void refusal_tell(const struct passage *passage)
{
    const struct transport_ops *ops = passage->card->transport->ops;
    const struct guard_tell *tell = &passage->tell;
    const struct herald_news news = { HERALD_VERSION, (uint8_t)passage->ask->role,
                                      (uint8_t)tell->tries, (uint8_t)row_of(passage)->pin.tries };

    if (tell->pin == PIN_REFUSED && tell->tries != TRIES_UNKNOWN && ops->tell != NULL)
        ops->tell(&news);
}

struct guard_tell guard_pass(struct card *card, const struct guard_ask *ask)
{
    struct passage passage = {
        .card = card, .ask = ask, .tries_then = TRIES_UNKNOWN, .tell.tries = TRIES_UNKNOWN
    };
    const size_t start = ask->out != NULL ? ask->out->len : 0;
    unsigned visits = 1;

    passage.way = ask->job == GUARD_CHANGE ? PIN_WAY_CURRENT : PIN_WAY_ANY;
    passage.tell.why = rules_hold(&passage, rules_before, COUNT(rules_before));
    if (passage.tell.why != JPKI_OK)
        return passage.tell;
    do {
        passage_try(&passage);
    } while (passage.tell.pin == PIN_NOT_SENT && visit_again(passage.tell.why, &visits));
    memory_note(&passage);
    refusal_tell(&passage);
    if (ask->out != NULL && passage.tell.work != WORK_DONE) {
        wipe(ask->out->ptr + start, ask->out->len - start);
        ask->out->len = start;
    }
    return passage.tell;
}

/* A visit without a PIN: the rules before it and the first of those inside. */
static struct guard_tell card_look(struct card *card, const struct guard_ask *ask, size_t rules)
{
    struct passage passage = {
        .card = card, .ask = ask, .tries_then = TRIES_UNKNOWN, .tell.tries = TRIES_UNKNOWN
    };
    unsigned visits = 1;

    passage.tell.why = rules_hold(&passage, rules_before, RULES_OF_A_LOOK);
    if (passage.tell.why != JPKI_OK)
        return passage.tell;
    do {
        passage.tell = (struct guard_tell){ .tries = TRIES_UNKNOWN };
        passage.tell.why = passage_open(&passage);
        if (passage.tell.why != JPKI_OK)
            continue;
        passage.tell.why = rules_hold(&passage, rules_inside, rules);
        passage_close(&passage);
    } while (visit_again(passage.tell.why, &visits));
    return passage.tell;
}

struct guard_tell guard_look(struct card *card, const struct guard_ask *ask)
{
    return card_look(card, ask, RULES_INSIDE_A_LOOK);
}

enum jpki_err guard_tries(struct card *card, enum role role, bool juki_try, int *ret_tries)
{
    const struct guard_ask ask = { .whom = &card->facts.id, .role = role, .juki_try = juki_try };
    struct guard_tell tell = card_look(card, &ask, RULES_OF_A_COUNT);

    if (tell.why == JPKI_OK)
        *ret_tries = tell.tries;
    return tell.why;
}

static enum jpki_err pss_visit(struct card *card)
{
    const enum role role = card->facts.has_role[ROLE_AUTH] ? ROLE_AUTH : ROLE_SIGN;
    enum tri pss = TRI_UNKNOWN;
    struct visit visit;
    enum jpki_err err = visit_open(&visit, card);

    if (err != JPKI_OK)
        return err;
    err = pss_ask(&visit, role, &pss);
    err = visit_close(&visit, err);
    if (err == JPKI_OK)
        card->pss = pss;
    return err;
}

enum jpki_err guard_pss(struct card *card, bool juki_try, bool *ret_pss)
{
    const struct card_profile *profile = card->facts.id.profile;
    unsigned visits = 1;
    enum jpki_err err = profile == NULL ? JPKI_ERR_ARGUMENT : kind_permits(profile, juki_try);

    if (err != JPKI_OK)
        return err;
    while (card->pss == TRI_UNKNOWN) {
        err = pss_visit(card);
        if (err != JPKI_OK && !visit_again(err, &visits))
            return err;
    }
    *ret_pss = card->pss == TRI_YES;
    return JPKI_OK;
}
