/* SPDX-License-Identifier: BSD-3-Clause */
#include "reader_status.h"

#include "command.h"

/* clang-format off */
static const struct lack_text {
    const char *name, *sentence;
} lacks[] = {
    [LACK_CERTIFICATES] = { N_("no certificate is on it"), N_("It can neither log in nor sign. Certificates are issued, "
                            "free of charge, at the counter of your municipality.") },
    [LACK_PINS] = { N_("no PIN of it can be used"), N_("A card with face authentication (kao-ninsho) has no PIN; then all "
                    "is well, but it can neither log in nor sign here. If yours had PINs, they are locked: the counter of "
                    "your municipality sets new ones.") },
};
/* clang-format on */

const char *lack_name(enum lack lack)
{
    return lack == LACK_NOTHING ? NULL : _(lacks[lack].name);
}

const char *lack_sentence(enum lack lack)
{
    return lack == LACK_NOTHING ? NULL : _(lacks[lack].sentence);
}

/* The same word may tell a locked PIN and one that was never set; that no signature was issued
 * tells them apart. */
enum lack status_lack(const struct reader_status *status)
{
    const struct card_facts *facts = &status->holder.card.facts;
    bool pins = facts->has_role[ROLE_SIGN] || !facts->id.profile->role[ROLE_AUTH].exists;

    if (!facts->has_role[ROLE_AUTH] && !facts->has_role[ROLE_SIGN])
        return LACK_CERTIFICATES;
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        const struct role_status *found = &status->role[role];

        pins = pins || (found->tries_err == JPKI_OK ? found->tries > 0
                                                    : found->tries_err != JPKI_ERR_NOT_FOUND);
    }
    return pins ? LACK_NOTHING : LACK_PINS;
}

/* Whether a certificate's key is of the kind that this version has for the card. */
static bool key_is_known(const X509 *cert, enum key_kind kind)
{
    return cert == NULL ||
           EVP_PKEY_is_a(X509_get0_pubkey(cert), kind == KEY_RSA_2048 ? "RSA" : "EC") == 1;
}

static void role_gather(const struct status_wish *wish, struct card *card, enum role role,
                        struct role_status *found)
{
    const enum cert_file which = role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN;

    found->cert_err = JPKI_ERR_NOT_FOUND;
    if (!card->facts.id.profile->role[role].exists)
        return;
    found->tries_err = guard_tries(card, role, wish->source.juki_try, &found->tries);
    found->cert_err = cert_read(card, which, &found->cert);
    if (found->cert_err == JPKI_ERR_DENIED && role == ROLE_SIGN && wish->with_sign &&
        cert_load(&wish->source, card, which, &found->cert) == CODE_OK)
        found->cert_err = JPKI_OK;
}

void status_gather(const struct status_wish *wish, const struct reader_view *view,
                   struct reader_status *ret_status)
{
    *ret_status = (struct reader_status){ .view = *view, .err = JPKI_ERR_NO_CARD };
    if (!view->present)
        return;
    ret_status->err = holder_open(view, false, &ret_status->holder);
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT && ret_status->err == JPKI_OK; role++)
        role_gather(wish, &ret_status->holder.card, role, &ret_status->role[role]);
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT && ret_status->err == JPKI_OK; role++) {
        if (!key_is_known(ret_status->role[role].cert,
                          ret_status->holder.card.facts.id.profile->role[role].key)) {
            holder_close(&ret_status->holder);
            ret_status->err = JPKI_ERR_NEWER;
        }
    }
}

void status_free(struct reader_status *status)
{
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++)
        X509_free(status->role[role].cert);
    if (status->err == JPKI_OK)
        holder_close(&status->holder);
}
