/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates: reading them off the card, and their facts by OpenSSL. */
#ifndef TOOLS_X509_H
#define TOOLS_X509_H

#include "card.h"
#include "holder.h"
#include "prompt.h"

#include <openssl/x509.h>
#include <time.h>

#define CERT_SERIAL_ROOM 41 /* 20 bytes of serial number as hex */
#define RENEWAL_MONTHS 3    /* so long before its end a certificate can be renewed */

enum cert_state { CERT_VALID, CERT_RENEWABLE, CERT_EXPIRED, CERT_NOT_YET };

struct cert_dates {
    time_t start, end, renewal;
    int days; /* whole days until the end; after it, whole days since */
    enum cert_state state;
};

/* A certificate file: its word on the command line, its title (N_()), whose key and PIN belong to
 * it. */
struct cert_row {
    const char *word, *title;
    enum role role;
    bool ca;
};
extern const struct cert_row certs[CERT_COUNT];

/*
 * Read and parse a certificate that needs no PIN; errors as card_read_cert has them.  The caller
 * frees *ret_cert by X509_free.
 */
enum jpki_err cert_read(struct card *card, enum cert_file which, X509 **ret_cert) MUST_CHECK;

/*
 * The same; asks for the PIN where the card wants it.  Otherwise than CODE_OK it was said why not.
 */
int cert_load(const struct pin_source *source, struct card *card, enum cert_file which,
              X509 **ret_cert) MUST_CHECK;

/* Say that the card has no such certificate: CODE_NOT_FOUND. */
int cert_missing(enum cert_file which);

/* Parse exactly these bytes; NULL if they are no certificate.  The caller frees it. */
X509 *cert_parse(struct slice der);

/* The dates seen from now. */
struct cert_dates cert_dates(const X509 *cert, time_t now);

/* "valid", "renewable", "expired", "not-yet": for JSON. */
const char *cert_state_word(enum cert_state state);

/* One sentence about the dates, in a static buffer that the next call overwrites. */
const char *cert_dates_sentence(const struct cert_dates *dates);

/* The certificate's own serial number. */
void cert_serial_text(const X509 *cert, char ret_text[static CERT_SERIAL_ROOM]);

#endif
