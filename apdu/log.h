/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log: off, standard error or a file; English; one line an event.  There is no way to print a
 * PIN through it: APDUs go through log_exchange, which shows the header alone of VERIFY (20) and
 * CHANGE (24), and never the contents of a file.
 */
#ifndef APDU_LOG_H
#define APDU_LOG_H

#include "bytes.h"

/*
 * Where the log goes: NULL or "off", "stderr", else a path opened for appending with mode 0600,
 * without following a link. Calling it again closes the earlier file.  JPKI_ERR_ARGUMENT if the
 * file cannot be opened; the log is off then.  It is off too once the program closed its
 * descriptor.
 */
enum jpki_err log_open(const char *where) MUST_CHECK;
void log_close(void);

/*
 * Between these two, which a visit stands between, this thread's lines are kept in memory: a pipe
 * or a terminal must not decide how long a card is held, or whether it is locked again. log_release
 * writes them.
 */
void log_hold(void);
void log_release(void);

/* Whether anything is written: lets a caller skip the work of composing a line. */
bool log_on(void);

/*
 * One line, cut at 400 bytes; time and pid are put in front.  Never waits, and no signal comes of
 * it: a line that a pipe, a socket or a terminal has no room for is left out, and the next one that
 * goes through says how many were.
 */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One exchange: header, lengths (not of a PIN) and status word; of the data what SELECT names,
 * and no more. */
void log_exchange(struct slice command, struct slice answer, enum jpki_err err);

#endif
