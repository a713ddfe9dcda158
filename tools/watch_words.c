/* SPDX-License-Identifier: BSD-3-Clause */
#include "watch_words.h"

#include <stdio.h>
#include <string.h>

/* One more line of the body; what has no room is left out. */
static void line_add(struct words *words, const char *text)
{
    const size_t used = strlen(words->body);

    (void)snprintf(words->body + used, sizeof(words->body) - used, "%s%s", used > 0 ? "\n" : "",
                   text);
}

/* How many tries are left, and what to do then. */
static void tries_add(struct words *words, enum role role, int tries, int full)
{
    char line[256];

    (void)snprintf(line, sizeof(line),
                   ngettext("%d of %d try left", "%d of %d tries left", (unsigned long)full), tries,
                   full);
    line_add(words, tries == 0 ? _("LOCKED: no try is left.") : line);
    words->urgent = words->urgent || tries <= 1;
    if (tries == 0) {
        line_add(words, pin_locked_advice(role));
        return;
    }
    if (tries == 1)
        line_add(words, _("One more wrong one locks it."));
    (void)snprintf(line, sizeof(line),
                   tries == 1 ? _("Only if you are sure of it: '%s %s' brings all tries back.")
                              : _("The right one brings all tries back: '%s %s'."),
                   tries == 1 ? "jpki-token pin verify --use-last-try" : "jpki-token pin verify",
                   role_word(role));
    line_add(words, line);
}

bool words_of_refusal(const struct herald_news *news, struct words *ret_words)
{
    struct words words = { .urgent = false };

    if (news->version != HERALD_VERSION || news->role >= ROLE_COUNT || news->tries >= news->full)
        return false;
    (void)snprintf(words.summary, sizeof(words.summary), _("%s: a try was lost"),
                   role_name(news->role));
    tries_add(&words, news->role, news->tries, news->full);
    *ret_words = words;
    return true;
}

static void role_add(struct words *words, const struct reader_status *status, enum role role,
                     time_t now)
{
    const struct role_status *found = &status->role[role];
    const int full = status->holder.card.facts.id.profile->role[role].pin.tries;
    const bool tries = found->tries_err == JPKI_OK && found->tries < full;
    struct cert_dates dates = { .state = CERT_VALID };
    char line[640];

    if (found->cert != NULL)
        dates = cert_dates(found->cert, now);
    if (!tries && dates.state == CERT_VALID)
        return;
    line_add(words, role_name(role));
    if (tries)
        tries_add(words, role, found->tries, full);
    if (dates.state == CERT_VALID)
        return;
    words->urgent = words->urgent || dates.state == CERT_EXPIRED;
    (void)snprintf(line, sizeof(line), _("Certificate: %s"), cert_dates_sentence(&dates));
    line_add(words, line);
}

bool words_of_card(const struct reader_status *status, time_t now, struct words *ret_words)
{
    const struct card_profile *profile = status->holder.card.facts.id.profile;
    struct words words = { .urgent = false };

    if (profile->login_refused) /* nobody can use it any more, and its holder knows */
        return false;
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (profile->role[role].exists)
            role_add(&words, status, role, now);
    }
    if (words.body[0] == '\0')
        return false;
    (void)snprintf(words.summary, sizeof(words.summary), "%s", kind_name(profile));
    *ret_words = words;
    return true;
}
