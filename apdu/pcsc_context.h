/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A context of libpcsclite's, which is a socket of this process that the program may close like any
 * other.  A number that is not that socket any more is neither used nor closed.  For pcsc.c.
 */
#ifndef APDU_PCSC_CONTEXT_H
#define APDU_PCSC_CONTEXT_H

#include "err.h"
#include "fd.h"

#include <stdint.h>

struct pcsc_context {
    _Atomic long context;  /* libpcsclite's SCARDCONTEXT; context_cancel reads it beside a change */
    struct fd_name socket; /* fd -1: not known which it is; the context is taken for ours then */
    unsigned replaced;     /* how often, since the last answer that was one */
    uint64_t replaced_ms;  /* when it was last */
};

/* As transport.h has it of watch_open. */
enum jpki_err context_open(struct pcsc_context *ret_context) MUST_CHECK;

/* Whether the socket is still the one that libpcsclite opened. */
bool context_is_ours(const struct pcsc_context *context);

/* JPKI_ERR_NO_SERVICE if it is not: what a caller answers that cannot go on without. */
enum jpki_err context_check(const struct pcsc_context *context) MUST_CHECK;

/* Open it anew if it is not; pcscd, which did not go away, counts on. */
enum jpki_err context_renew(struct pcsc_context *context) MUST_CHECK;

/* Open a new one in its place and give it up; it stays where that fails.  For one whose answers
 * are no longer to its questions.  JPKI_ERR_NO_READER: that did not help before, so the answers are
 * to be believed, and a new one is tried once a second only. */
enum jpki_err context_replace(struct pcsc_context *context) MUST_CHECK;

/* Its answers are to its questions. */
void context_proved(struct pcsc_context *context);

/* End the wait that another thread is in. */
void context_cancel(const struct pcsc_context *context);

/* Give it up: by libpcsclite, or, where the socket is the program's by now, by leaving it alone. */
void context_close(struct pcsc_context *context);

#endif
