/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one error type of apdu/.  An error says what happened to the card or on the way to it;
 * module/rv.c alone turns it into a CK_RV, tools/ alone into a sentence for a person.
 */
#ifndef APDU_ERR_H
#define APDU_ERR_H

#include <stdbool.h>

#define TRIES_UNKNOWN (-1) /* of a PIN: the card did not say how many are left */

#define MUST_CHECK __attribute__((warn_unused_result))

enum jpki_err {
    JPKI_OK = 0,

    /* the caller or this process */
    JPKI_ERR_ARGUMENT, /* a parameter that no card could be asked with */
    JPKI_ERR_MEMORY,
    JPKI_ERR_BUFFER, /* the output does not fit; nothing was lost */

    /* the way to the card */
    JPKI_ERR_NO_SERVICE,   /* no pcscd, or it went away */
    JPKI_ERR_NO_READER,    /* the reader is gone */
    JPKI_ERR_NO_CARD,      /* the reader is empty, or the card was pulled out */
    JPKI_ERR_CARD_CHANGED, /* another card lies there now; what was known of the first is void */
    JPKI_ERR_IN_USE,       /* another program holds the card exclusively */
    JPKI_ERR_ACCESS,       /* pcscd refuses this user (polkit) */
    JPKI_ERR_RESET, /* the card was reset between two exchanges; what was verified may be gone */
    JPKI_ERR_IO,    /* an exchange failed or timed out; whether the card acted on it is not known */
    JPKI_ERR_CANCELLED, /* a wait was cancelled, or the person cancelled on the PIN pad */
    JPKI_ERR_TIMEOUT,   /* nothing happened within the time given */

    /* the card's answers */
    JPKI_ERR_PROTOCOL,    /* an answer of a length or form that no card should give */
    JPKI_ERR_NOT_JPKI,    /* the card has no JPKI application */
    JPKI_ERR_NEWER,       /* a kind of card or key not known here; it is asked nothing more */
    JPKI_ERR_NOT_FOUND,   /* this card has no such file, key or certificate */
    JPKI_ERR_DENIED,      /* 6982: the PIN was not verified */
    JPKI_ERR_REFUSED,     /* any other refusal: wrong length, conditions, no current file ... */
    JPKI_ERR_UNSUPPORTED, /* this card does not know the command or scheme */

    /* PINs: what it cost stands in the tries returned beside the error */
    JPKI_ERR_PIN_WRONG,    /* the card compared and refused; one try is gone */
    JPKI_ERR_PIN_BLOCKED,  /* no try is left */
    JPKI_ERR_PIN_FORM,     /* not the form this PIN has; the card was not asked */
    JPKI_ERR_PIN_REPEATED, /* this card refused this very value before; it was not sent again */
    JPKI_ERR_KIND,         /* what could cost a try is not sent to this kind of card */
    JPKI_ERR_PIN_STALE,    /* the counter is not full: a remembered PIN was not sent */
    JPKI_ERR_LAST_TRY, /* one try is left and the caller asked that it be kept; nothing was sent */
    JPKI_ERR_PIN_UNSURE, /* a PIN change was cut off: which PIN holds now is not known */
    JPKI_ERR_DROP,       /* the card could not be locked, whatever else was done */

    JPKI_ERR_COUNT
};

/* A short English name of the error for logs, for example "pin-wrong"; never NULL, "unknown"
 * outside the enum. */
const char *err_name(enum jpki_err err);

/* Whether an error came from the way to the card, not from the card's answer. */
bool err_is_transport(enum jpki_err err);

/* The error of a call that only the card answers: nobody calls it off, so what says that the
 * card was not asked is IO. */
enum jpki_err err_of_way(enum jpki_err err);

#endif
