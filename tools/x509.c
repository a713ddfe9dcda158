/* SPDX-License-Identifier: BSD-3-Clause */
#include "x509.h"

#include "card_read.h"
#include "text.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DAY (24 * 60 * 60)
#define SERIAL_BYTES_MAX 20

const struct cert_row certs[CERT_COUNT] = {
    [CERT_AUTH] = { "auth", N_("Certificate for user authentication"), ROLE_AUTH, false },
    [CERT_SIGN] = { "sign", N_("Certificate for digital signatures"), ROLE_SIGN, false },
    [CERT_AUTH_CA] = { "auth-ca", N_("CA certificate (user authentication)"), ROLE_AUTH, true },
    [CERT_SIGN_CA] = { "sign-ca", N_("CA certificate (digital signatures)"), ROLE_SIGN, true },
};

/* Whether this card gives the certificate only after the PIN. */
static bool cert_is_private(const struct card *card, enum cert_file which)
{
    return !certs[which].ca && card->facts.cert_private[certs[which].role];
}

X509 *cert_parse(struct slice der)
{
    const unsigned char *at = der.ptr;
    X509 *cert = der.len == 0 ? NULL : d2i_X509(NULL, &at, (long)der.len);

    if (cert != NULL && at != der.ptr + der.len) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

int cert_missing(enum cert_file which)
{
    say_error(_("this card has no such certificate: %s"), _(certs[which].title));
    return CODE_NOT_FOUND;
}

enum jpki_err cert_read(struct card *card, enum cert_file which, X509 **ret_cert)
{
    uint8_t bytes[CARD_CERT_MAX];
    struct buf der = BUF_OVER(bytes);
    enum jpki_err err = card_read_cert(card, which, &der);
    X509 *cert = err == JPKI_OK ? cert_parse(buf_slice(&der)) : NULL;

    if (err == JPKI_OK && cert == NULL)
        err = JPKI_ERR_PROTOCOL;
    if (err == JPKI_OK)
        *ret_cert = cert;
    return err;
}

int cert_load(const struct pin_source *source, struct card *card, enum cert_file which,
              X509 **ret_cert)
{
    uint8_t bytes[CARD_CERT_MAX];
    struct buf der = BUF_OVER(bytes);
    X509 *cert = NULL;
    enum jpki_err err = cert_read(card, which, &cert);
    int code = CODE_OK;

    if (err == JPKI_ERR_DENIED && cert_is_private(card, which)) {
        code = pin_login(source, card, certs[which].role, &der);
        if (code != CODE_OK)
            goto out;
        cert = cert_parse(buf_slice(&der));
        err = cert == NULL ? JPKI_ERR_PROTOCOL : JPKI_OK;
    }
    if (err != JPKI_OK)
        code = err == JPKI_ERR_NOT_FOUND ? cert_missing(which) : error_explain(err);
    else
        *ret_cert = cert;
out:
    wipe(bytes, sizeof(bytes));
    return code;
}

static time_t time_of(const ASN1_TIME *text)
{
    struct tm parts = { .tm_year = 70 };

    return ASN1_TIME_to_tm(text, &parts) == 1 ? timegm(&parts) : 0;
}

/* The same time of day so many months earlier, at the month's last day where it has fewer days;
 * counted in Japan. */
static time_t months_before(time_t when, int months)
{
    static const int ahead = 9 * 60 * 60;
    struct tm parts = { .tm_year = 70 };
    time_t moved = when + ahead, earlier;
    int day;

    (void)gmtime_r(&moved, &parts);
    day = parts.tm_mday;
    parts.tm_mon -= months;
    earlier = timegm(&parts);
    if (parts.tm_mday != day) /* ran over into the next month */
        earlier -= (time_t)parts.tm_mday * DAY;
    return earlier - ahead;
}

struct cert_dates cert_dates(const X509 *cert, time_t now)
{
    struct cert_dates dates = { .start = time_of(X509_get0_notBefore(cert)),
                                .end = time_of(X509_get0_notAfter(cert)) };

    dates.renewal = months_before(dates.end, RENEWAL_MONTHS);
    dates.days = (int)((dates.end > now ? dates.end - now : now - dates.end) / DAY);
    if (now > dates.end)
        dates.state = CERT_EXPIRED;
    else if (now < dates.start)
        dates.state = CERT_NOT_YET;
    else
        dates.state = now >= dates.renewal ? CERT_RENEWABLE : CERT_VALID;
    return dates;
}

const char *cert_state_word(enum cert_state state)
{
    static const char *const words[] = {
        [CERT_VALID] = "valid",
        [CERT_RENEWABLE] = "renewable",
        [CERT_EXPIRED] = "expired",
        [CERT_NOT_YET] = "not-yet",
    };

    return words[state];
}

const char *cert_dates_sentence(const struct cert_dates *dates)
{
    static char sentence[512];
    const unsigned long days = (unsigned long)dates->days;
    char date[DATE_LEN];

    date_text(dates->state == CERT_NOT_YET ? dates->start : dates->renewal, date);
    switch (dates->state) {
    case CERT_VALID:
        snprintf(sentence, sizeof(sentence),
                 ngettext("expires in %d day; renewal is possible from %s",
                          "expires in %d days; renewal is possible from %s", days),
                 dates->days, date);
        break;
    case CERT_RENEWABLE:
        snprintf(sentence, sizeof(sentence),
                 ngettext("expires in %d day; renew it now at the counter of your municipality",
                          "expires in %d days; renew it now at the counter of your municipality",
                          days),
                 dates->days);
        break;
    case CERT_EXPIRED:
        snprintf(sentence, sizeof(sentence),
                 ngettext("expired %d day ago; the counter of your municipality issues a new one",
                          "expired %d days ago; the counter of your municipality issues a new one",
                          days),
                 dates->days);
        break;
    case CERT_NOT_YET:
        snprintf(sentence, sizeof(sentence),
                 _("not valid before %s; is the clock of this machine right?"), date);
        break;
    }
    return sentence;
}

void cert_serial_text(const X509 *cert, char ret_text[static CERT_SERIAL_ROOM])
{
    const ASN1_INTEGER *number = X509_get0_serialNumber(cert);
    const int len = ASN1_STRING_length(number);

    hex_text(ASN1_STRING_get0_data(number),
             (size_t)(len > SERIAL_BYTES_MAX ? SERIAL_BYTES_MAX : len), ret_text);
}
