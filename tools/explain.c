/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors as sentences: what happened, and what to do next. */
#include "command.h"
#include "service.h"
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

#define NEXT_INDENT 12 /* the cells of "jpki-token: " */

/* One row per error: the exit code, what happened, what to do. */
static const struct explain_row {
    int code;
    const char *what, *next;
} rows[JPKI_ERR_COUNT] = {
    [JPKI_ERR_ARGUMENT] = { CODE_FAILED, N_("the card cannot be asked this"), NULL },
    [JPKI_ERR_MEMORY] = { CODE_FAILED, N_("there is not enough memory"), NULL },
    [JPKI_ERR_BUFFER] = { CODE_FAILED, N_("an answer was longer than expected"), NULL },
    [JPKI_ERR_NO_READER] = { CODE_NO_CARD, N_("no card reader was found"),
                             N_("Connect a reader. If it is connected: 'jpki-token doctor' looks for the reason.") },
    [JPKI_ERR_NO_CARD] = { CODE_NO_CARD, N_("there is no card in the reader, or it was pulled out"),
                           N_("Put the card on the reader and leave it there until the command has ended.") },
    [JPKI_ERR_CARD_CHANGED] = { CODE_NO_CARD, N_("another card was put in meanwhile"),
                                N_("Start again with the right card.") },
    [JPKI_ERR_IN_USE] = { CODE_NO_CARD, N_("another program keeps the card to itself"),
                          N_("End that program; 'jpki-token doctor' looks for the usual ones.") },
    [JPKI_ERR_ACCESS] = { CODE_NO_CARD,
                          N_("you have no right to use the smart card service (pcscd)"),
                          N_("Log in at the machine itself (polkit lets nobody else in); 'jpki-token doctor' says more.") },
    [JPKI_ERR_RESET] = { CODE_FAILED, N_("another program reset the card in the middle"),
                         N_("Try again.") },
    [JPKI_ERR_IO] = { CODE_FAILED, N_("the talk with the card broke off"),
                      N_("Put the card flat and still on the reader and try again.") },
    [JPKI_ERR_CANCELLED] = { CODE_NOT_SENT, N_("cancelled"), NULL },
    [JPKI_ERR_TIMEOUT] = { CODE_NOT_SENT, N_("nothing was typed in time"), NULL },
    [JPKI_ERR_PROTOCOL] = { CODE_FAILED, N_("the card gave an answer that makes no sense"),
                            N_("Try again.") },
    [JPKI_ERR_NOT_JPKI] = { CODE_NO_CARD, N_("the card in the reader is not a My Number Card"),
                            N_("Put your My Number Card on the reader. Nothing more was sent to this one.") },
    [JPKI_ERR_NEWER] = { CODE_NO_CARD, N_("the card is newer than this version of libjpki-pkcs11"),
                         N_("Get a newer version. Nothing more was sent to this card, and no PIN. 'jpki-token report' asks "
                            "it for what the next version has to know.") },
    [JPKI_ERR_NOT_FOUND] = { CODE_NOT_FOUND, N_("the card does not have this"), NULL },
    [JPKI_ERR_DENIED] = { CODE_FAILED, N_("the card wants the PIN for this"), NULL },
    [JPKI_ERR_REFUSED] = { CODE_FAILED, N_("the card refused"), NULL },
    [JPKI_ERR_UNSUPPORTED] = { CODE_FAILED, N_("this card cannot do that"), NULL },
    [JPKI_ERR_PIN_WRONG] = { CODE_PIN_WRONG, N_("the PIN was wrong"), NULL },
    [JPKI_ERR_PIN_BLOCKED] = { CODE_PIN_LOCKED, N_("the PIN is locked"), NULL },
    [JPKI_ERR_PIN_FORM] = { CODE_NOT_SENT,
                            N_("this does not have the form of the PIN; the card was not asked"),
                            NULL },
    [JPKI_ERR_PIN_REPEATED] = { CODE_NOT_SENT,
                                N_("this card refused this PIN before; it was not sent again"),
                                NULL },
    [JPKI_ERR_KIND] = { CODE_NOT_SENT,
                        N_("this is an old Juki card: nothing is sent to it that could cost a try"),
                        N_("Its commands are not public. --juki-try sends the password all the same.") },
    [JPKI_ERR_PIN_STALE] = { CODE_NOT_SENT,
                             N_("the PIN was tried wrongly by another program meanwhile"),
                             N_("Try again.") },
    [JPKI_ERR_LAST_TRY] = { CODE_NOT_SENT,
                            N_("only one try is left; it was kept, and nothing was sent to the card"),
                            N_("If you are sure of it: --use-last-try. A wrong one locks the card.") },
    [JPKI_ERR_PIN_UNSURE] = { CODE_FAILED,
                              N_("the change was cut off: the old or the new PIN may hold now"),
                              N_("Try the new one first: 'jpki-token pin verify'.") },
    [JPKI_ERR_DROP] = { CODE_FAILED, N_("the card could not be locked again"),
                        N_("Take the card off the reader now: that locks it.") },
};

static const struct explain_row service_rows[] = {
    [SERVICE_ABSENT] = { CODE_NO_CARD, N_("the smart card service (pcscd) is not running"),
                         N_("Install it (on Debian: apt install pcscd) and start it: systemctl enable --now pcscd.socket") },
    [SERVICE_NO_RIGHT] = { CODE_NO_CARD,
                           N_("you have no right to use the smart card service (pcscd)"),
                           N_("Its socket does not let you in; 'jpki-token doctor' shows the socket's owner and mode.") },
    [SERVICE_DEAF] = { CODE_NO_CARD, N_("the smart card service (pcscd) does not answer"),
                       N_("Start it anew: systemctl restart pcscd") },
    [SERVICE_OTHER_PROTOCOL] = { CODE_NO_CARD,
                                 N_("the smart card service (pcscd) speaks another protocol than the libpcsclite here"),
                                 N_("Both must be of one version; 'jpki-token doctor' says more.") },
};

void say_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_behind(stderr, NEXT_INDENT, "jpki-token: ", format, args);
    va_end(args);
}

void say_next(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_behind(stderr, NEXT_INDENT, "            ", format, args);
    va_end(args);
}

int usage_complain(const struct usage *usage, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    text_behind(stderr, NEXT_INDENT, "jpki-token: ", format, args);
    va_end(args);
    say_next(_("Usage: jpki-token %s"), usage->synopsis);
    return CODE_USAGE;
}

static const struct explain_row *row_of(enum jpki_err err)
{
    if (err == JPKI_ERR_NO_SERVICE)
        return &service_rows[service_trouble()];
    return err > JPKI_OK && err < JPKI_ERR_COUNT ? &rows[err] : &rows[JPKI_ERR_ARGUMENT];
}

int error_explain(enum jpki_err err)
{
    const struct explain_row *row = row_of(err);

    say_error("%s", _(row->what));
    if (row->next != NULL)
        say_next("%s", _(row->next));
    return row->code;
}
