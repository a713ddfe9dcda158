/* SPDX-License-Identifier: BSD-3-Clause */
/* report: what the card answers, for others to learn from; nothing of the person. */
#include "report_show.h"

#include "command.h"
#include "holder.h"
#include "program.h"
#include "prompt.h"
#include "text.h"
#include "x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

#define ZEROS_LEN 32

/* pcscd's own word for its version: digits and dots, nothing else of what it says. */
static void service_ask(char ret_version[static 16])
{
    static const char *const places[] = { "/usr/sbin/pcscd", "pcscd" };
    static const char before[] = "version ";
    char output[PROGRAM_OUTPUT_MAX];
    int status = 1;

    ret_version[0] = '\0';
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const char *const words[] = { places[i], "--version", NULL };
        const char *at = program_run(words, output, &status) == 0 ? strstr(output, before) : NULL;

        if (at == NULL)
            continue;
        at += sizeof(before) - 1;
        snprintf(ret_version, 16, "%.*s", (int)strspn(at, "0123456789."), at);
        if (strlen(ret_version) > 0 && ret_version[strlen(ret_version) - 1] == '.')
            ret_version[strlen(ret_version) - 1] = '\0';
        return;
    }
}

/* Whether it is the key's signature over 32 zero bytes; PSS as the card makes it (PROTOCOL.md,
 * "Signatures"). */
static bool signature_good(EVP_PKEY *key, bool pss, const struct buf *signature)
{
    static const unsigned char zeros[ZEROS_LEN];
    EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
    bool good =
        ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1;

    if (good && pss)
        good = EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, ZEROS_LEN) == 1 &&
               EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1;
    good = good && EVP_PKEY_verify(ctx, signature->ptr, signature->len, zeros, sizeof(zeros)) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return good;
}

/* Before the PIN is asked for: whether all tries are left, and what will be done with it. */
static int trial_prepare(const struct pin_source *source, struct card *card, enum role role)
{
    const struct guard_ask ask = pin_wish(source, card, role, GUARD_TRIAL);
    const struct guard_tell tell = guard_look(card, &ask);

    if (tell.why == JPKI_ERR_PIN_STALE) {
        say_error(_("the %s has %d of its tries left, not all of them; it is not asked for"),
                  pin_name(role), tell.tries);
        say_next("%s", _("'jpki-token pin verify' with the right one brings all of them back."));
        return CODE_NOT_SENT;
    }
    if (tell.why == JPKI_ERR_NEWER) { /* what explains it elsewhere advises a report */
        say_error("%s", _("the card is newer than this version of libjpki-pkcs11"));
        say_next(
            "%s",
            _("The PIN was not asked for, and none was sent. The report is whole without it: it "
              "has what the next version has to know."));
        return CODE_NO_CARD;
    }
    if (tell.why != JPKI_OK)
        return pin_explain(role, &tell);
    text_wrap(
        stderr, 0,
        _("With the PIN, once: the card signs 32 zero bytes by each of its two schemes, both are checked and "
          "thrown away. Then it is seen what makes the card forget the PIN. The right PIN costs no try. "
          "At the end the card is locked."));
    return CODE_OK;
}

static int trial(struct facts *facts, const struct pin_source *source, enum role role)
{
    struct card *card = facts->card;
    const bool is_private = card->facts.cert_private[role];
    uint8_t der_bytes[CARD_CERT_MAX], pkcs1_bytes[CARD_SIGNATURE_MAX],
        pss_bytes[CARD_SIGNATURE_MAX];
    struct buf der = BUF_OVER(der_bytes), pkcs1 = BUF_OVER(pkcs1_bytes), pss = BUF_OVER(pss_bytes);
    struct guard_trial trial = { .cert = is_private ? &der : NULL, .pkcs1 = &pkcs1, .pss = &pss };
    struct guard_ask ask = pin_wish(source, card, role, GUARD_TRIAL);
    struct secret pin = { .len = 0 };
    struct guard_tell tell;
    X509 *cert = NULL;
    EVP_PKEY *key;
    int code = trial_prepare(source, card, role);

    if (code == CODE_OK)
        code = pin_get(source, card, role, &pin);
    if (code != CODE_OK)
        goto out;
    pin_fill(&ask, &pin);
    tell = facts_try(facts, &ask, &trial);
    code = pin_explain(role, &tell);
    if (is_private)
        cert = cert_parse(buf_slice(&der));
    else if (cert_read(card, role == ROLE_AUTH ? CERT_AUTH : CERT_SIGN, &cert) != JPKI_OK)
        cert = NULL;
    key = cert == NULL ? NULL : X509_get0_pubkey(cert);
    if (pkcs1.len > 0)
        fact_value(facts, "sign-pkcs1", signature_good(key, false, &pkcs1) ? "good" : "bad");
    if (pss.len > 0)
        fact_value(facts, "sign-pss", signature_good(key, true, &pss) ? "good" : "bad");
out:
    X509_free(cert);
    wipe(&pin, sizeof(pin));
    wipe(der_bytes, sizeof(der_bytes));
    wipe(pkcs1_bytes, sizeof(pkcs1_bytes));
    wipe(pss_bytes, sizeof(pss_bytes));
    return code;
}

static void purpose_say(void)
{
    text_wrap(
        stderr, 0,
        _("The card is asked some fifty questions without a PIN: which applications and files it has, how long they "
          "are, how it answers. No try is used, and the tries are looked at again at the end. "
          "Nothing of the person, of a certificate or of a PIN is shown: status words and lengths only. "
          "Read it before you give it away."));
}

/* What the report comes to. */
static int outcome_say(const struct facts *facts)
{
    if (facts->moved) {
        say_error(
            "%s",
            _("the number of tries left was not the same when it was asked for again; nothing more was asked"));
        say_next(
            "%s",
            _("If no other program used the card meanwhile, please report this, and do not run it again."));
        return CODE_CHECK;
    }
    return facts->why == JPKI_OK ? CODE_OK : error_explain(facts->why);
}

static int report_make(const struct pin_source *source, struct holder *holder,
                       const enum role *role, bool as_json)
{
    struct report report = { .card = &holder->card };
    struct card *card = &holder->card;
    int code, trial_code = CODE_OK;

    service_ask(report.service);
    facts_begin(&report.facts, card);
    facts_ask(&report.facts);
    if (card->link != NULL && card->transport->ops->reader_look != NULL)
        card->transport->ops->reader_look(card->link, &report.reader);
    code = report.facts.moved || report.facts.why != JPKI_OK ? CODE_FAILED : CODE_OK;
    if (code == CODE_OK && role != NULL)
        trial_code = trial(&report.facts, source, *role);
    facts_end(&report.facts);
    if (as_json)
        report_show_json(&report);
    else
        report_show(&report);
    code = outcome_say(&report.facts);
    return code != CODE_OK ? code : trial_code;
}

int command_report(int argc, char **argv)
{
    struct place place = { .newer_too = true };
    struct pin_source source = PIN_SOURCE_START;
    const char *with_pin = NULL;
    bool as_json = false;
    const struct option_row rows[] = {
        PLACE_OPTIONS(&place),
        { "json", OPTION_FLAG, &as_json, NULL, N_("print JSON") },
        { "with-pin", OPTION_TEXT, &with_pin, N_("auth|sign"),
          N_("also try signatures, and what makes the card forget the PIN; only while all tries are left") },
        PIN_FD_OPTION(&source),
        PIN_FORM_OPTION(&source),
        { .name = NULL },
    };
    const struct usage usage = {
        "report [options]",
        N_("Tell how this card and this reader answer, for the project to learn from: a text that "
           "may be given away. No PIN is asked for without --with-pin, no try is used, and nothing "
           "of the person is in it."),
        rows
    };
    struct holder holder;
    enum role role = ROLE_AUTH;
    int code;

    if (!options_take(&usage, &argc, argv, &code))
        return code;
    if (argc != 1)
        return usage_complain(&usage, _("what is '%s'?"), argv[1]);
    if (with_pin != NULL && !role_read(with_pin, &role))
        return usage_complain(&usage, "%s", _("say which PIN: auth or sign"));
    purpose_say();
    code = holder_find(&place, &holder);
    if (code != CODE_OK)
        return code;
    if (holder.card.facts.id.profile->unknown)
        text_wrap(
            stderr, 0,
            _("This card is newer than this version: it is asked for its files alone, and gets no PIN."));
    code = report_make(&source, &holder, with_pin != NULL ? &role : NULL, as_json);
    holder_close(&holder);
    return code;
}
