/* SPDX-License-Identifier: BSD-3-Clause */
/* What "status" finds out of one reader, and its two ways of showing it. */
#ifndef TOOLS_READER_STATUS_H
#define TOOLS_READER_STATUS_H

#include "holder.h"
#include "text.h"
#include "x509.h"

struct role_status {
    enum jpki_err tries_err, cert_err;
    int tries;
    X509 *cert; /* NULL with cert_err JPKI_ERR_DENIED: behind the PIN */
};

struct reader_status {
    struct reader_view view;
    /* JPKI_ERR_NO_CARD, JPKI_ERR_NOT_JPKI ...; the rest is filled on JPKI_OK only */
    enum jpki_err err;
    struct holder holder;
    struct role_status role[ROLE_COUNT];
};

struct status_wish {
    struct place place;
    struct pin_source source;
    bool json, with_sign, watch;
};

/* What a card as a whole has not, so that nothing can be done with it: all of its certificates,
 * or all of its PINs. */
enum lack { LACK_NOTHING, LACK_CERTIFICATES, LACK_PINS };

/* By has_role and each role's tries, as they were asked. */
enum lack status_lack(const struct reader_status *status);

/* Its name, and what it means for a person; translated.  NULL of LACK_NOTHING. */
const char *lack_name(enum lack lack);
const char *lack_sentence(enum lack lack);

/* Ask one reader's card.  Always ended by status_free. */
void status_gather(const struct status_wish *wish, const struct reader_view *view,
                   struct reader_status *ret_status);
void status_free(struct reader_status *status);

/* Show the readers, and go on showing what changes. */
int status_follow(struct status_wish *wish);

/* As text, or as one JSON object in a list. */
void status_show(const struct reader_status *status, time_t now);
void status_show_json(struct json *json, const struct reader_status *status, time_t now);

#endif
