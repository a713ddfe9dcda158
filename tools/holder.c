/* SPDX-License-Identifier: BSD-3-Clause */
#include "holder.h"

#include "card_read.h"
#include "clock.h"
#include "text.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STUCK_VISITS 3
#define STUCK_MS 3000 /* one that lets everybody wait for its silence is not asked so often */

static const struct role_text {
    const char *word, *name, *pin;
} roles[ROLE_COUNT] = {
    [ROLE_AUTH] = { "auth", N_("User authentication"), N_("PIN") },
    [ROLE_SIGN] = { "sign", N_("Digital signature"), N_("password") },
};

bool role_read(const char *word, enum role *ret_role)
{
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (strcmp(word, roles[role].word) == 0) {
            *ret_role = role;
            return true;
        }
    }
    return false;
}

const char *role_word(enum role role)
{
    return roles[role].word;
}

const char *role_name(enum role role)
{
    return _(roles[role].name);
}

const char *pin_name(enum role role)
{
    return _(roles[role].pin);
}

const char *kind_name(const struct card_profile *profile)
{
    static const char *const kinds[] = { N_("My Number Card"), N_("Android phone"), N_("iPhone"),
                                         N_("Juki card") };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(profile->name, kinds[i]) == 0)
            return _(kinds[i]);
    }
    return profile->name;
}

enum jpki_err readers_list(struct reader_view *views, size_t *ret_count)
{
    const struct transport *transport = transport_system();
    size_t count = 0;
    void *watch = NULL;
    enum jpki_err err = transport->ops->watch_open(transport->user, &watch);

    if (err != JPKI_OK)
        return err;
    err = transport->ops->watch_list(watch, views, READER_MAX, &count);
    if (err == JPKI_OK && count > 0)
        err = transport->ops->watch_poll(watch, views, count);
    transport->ops->watch_close(watch);
    if (err == JPKI_OK)
        *ret_count = count;
    return err;
}

bool reader_meant(const struct place *place, const char *name)
{
    char *shown = text_clean(name, strlen(name)); /* whoever names it has it from what was shown */
    bool meant =
        place->reader == NULL || (shown != NULL && strcasestr(shown, place->reader) != NULL);

    free(shown);
    return meant;
}

/* As the module does it: of a card that tells none, a hash of the ATR. */
static void serial_make(const struct card_facts *facts, char ret_serial[static CARD_SERIAL_ROOM])
{
    unsigned char digest[EVP_MAX_MD_SIZE];

    if (!card_serial(facts, ret_serial) &&
        EVP_Digest(facts->atr, facts->atr_len, digest, NULL, EVP_sha256(), NULL) == 1)
        hex_text(digest, CARD_SERIAL_BYTES, ret_serial);
}

/* A card that answers nothing, as after sleep: from the fourth visit on pcsc.c has given it new
 * power. */
static enum jpki_err recognise(struct card *card)
{
    const uint64_t until_ms = clock_ms() + STUCK_MS;
    enum jpki_err err = card_recognise(card);

    for (int i = 0; i < STUCK_VISITS && err == JPKI_ERR_IO && clock_ms() < until_ms; i++)
        err = card_recognise(card);
    return err;
}

enum jpki_err holder_open(const struct reader_view *view, bool newer_too, struct holder *ret_holder)
{
    struct holder holder;
    enum jpki_err err;

    card_init(&holder.card, transport_system(), view->name);
    memcpy(holder.card.facts.atr, view->atr, sizeof(view->atr));
    holder.card.facts.atr_len = view->atr_len;
    holder.card.wants_newer = newer_too;
    err = recognise(&holder.card);
    if (err != JPKI_OK) {
        card_disconnect(&holder.card);
        return err;
    }
    serial_make(&holder.card.facts, holder.serial);
    *ret_holder = holder;
    return JPKI_OK;
}

void holder_close(struct holder *holder)
{
    card_disconnect(&holder->card);
}

/* What was met on the way to the card that is meant. */
struct search {
    size_t readers, present, found;
    enum jpki_err err; /* the last that a card answered */
};

/* Why there is no card to work with. */
static int nothing_explain(const struct place *place, const struct search *search)
{
    if (search->readers == 0 && place->reader != NULL) {
        say_error(_("no reader is called '%s'"), place->reader);
        say_next("%s", _("'jpki-token status' lists the readers."));
        return CODE_NO_CARD;
    }
    if (search->readers == 0)
        return error_explain(JPKI_ERR_NO_READER);
    if (search->present == 0)
        return error_explain(JPKI_ERR_NO_CARD);
    if (search->err != JPKI_OK)
        return error_explain(search->err);
    say_error(_("no card here has the serial number '%s'"), place->serial);
    say_next("%s", _("'jpki-token status' lists the cards."));
    return CODE_NO_CARD;
}

static void choice_show(const struct holder *first, const struct holder *second)
{
    say_error("%s", _("there is more than one card; choose one with --reader or --serial:"));
    say_next("--serial %s   (%s)", first->serial, first->card.reader);
    say_next("--serial %s   (%s)", second->serial, second->card.reader);
}

/* Look at one reader; a card that is meant becomes *holder, a second one is *other. */
static void reader_search(const struct place *place, const struct reader_view *view,
                          struct search *search, struct holder *holder, struct holder *other)
{
    struct holder *into = search->found == 0 ? holder : other;
    enum jpki_err err;

    if (!view->known || !reader_meant(place, view->name))
        return;
    search->readers++;
    if (!view->present)
        return;
    search->present++;
    err = holder_open(view, place->newer_too, into);
    if (err != JPKI_OK) {
        search->err = err;
        return;
    }
    if (place->serial != NULL && strcasecmp(place->serial, into->serial) != 0) {
        holder_close(into);
        return;
    }
    search->found++;
}

int holder_find(const struct place *place, struct holder *ret_holder)
{
    struct reader_view views[READER_MAX];
    struct search search = { .err = JPKI_OK };
    struct holder holder, other;
    size_t count = 0;
    enum jpki_err err = readers_list(views, &count);

    if (err != JPKI_OK)
        return error_explain(err);
    for (size_t i = 0; i < count && search.found < 2; i++)
        reader_search(place, &views[i], &search, &holder, &other);
    if (search.found == 0)
        return nothing_explain(place, &search);
    if (search.found > 1) {
        choice_show(&holder, &other);
        holder_close(&holder);
        holder_close(&other);
        return CODE_USAGE;
    }
    *ret_holder = holder;
    return CODE_OK;
}
