/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcsc_context.h"

#include "clock.h"
#include "log.h"
#include "pcsc_code.h"

#include <winscard.h>

#define REPLACE_TRIES 2 /* contexts that fall out of step one after the other */
#define REPLACE_PAUSE_MS 1000

enum jpki_err context_open(struct pcsc_context *ret_context)
{
    struct pcsc_context fresh = { 0 };
    struct fd_catch before;
    SCARDCONTEXT number = 0;
    enum jpki_err err;

    fd_catch_begin(&before);
    err = pcsc_judge("establish", SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &number));
    fresh.context = number;
    fresh.socket = fd_catch_end(&before);
    if (err == JPKI_OK)
        *ret_context = fresh;
    return err;
}

bool context_is_ours(const struct pcsc_context *context)
{
    return context->socket.fd < 0 || fd_is_still(&context->socket);
}

enum jpki_err context_check(const struct pcsc_context *context)
{
    if (context_is_ours(context))
        return JPKI_OK;
    log_line("the program closed the connection to pcscd");
    return JPKI_ERR_NO_SERVICE;
}

enum jpki_err context_renew(struct pcsc_context *context)
{
    return context_check(context) == JPKI_OK ? JPKI_OK : context_open(context);
}

enum jpki_err context_replace(struct pcsc_context *context)
{
    struct pcsc_context fresh = { 0 }, old = *context;
    const uint64_t now = clock_ms();
    enum jpki_err err = JPKI_ERR_NO_READER;

    if (context->replaced >= REPLACE_TRIES && now - context->replaced_ms < REPLACE_PAUSE_MS)
        return err;
    err = context_open(&fresh);
    if (err != JPKI_OK)
        return err;
    if (context->replaced < REPLACE_TRIES)
        context->replaced++;
    context->replaced_ms = now;
    context->socket = fresh.socket;
    context->context = fresh.context;
    context_close(&old);
    return JPKI_OK;
}

void context_proved(struct pcsc_context *context)
{
    context->replaced = 0;
}

void context_cancel(const struct pcsc_context *context)
{
    fds_low_take(); /* libpcsclite makes a connection of its own for it */
    (void)SCardCancel(context->context);
    fds_low_give();
}

void context_close(struct pcsc_context *context)
{
    if (context_is_ours(context))
        (void)SCardReleaseContext(context->context);
}
