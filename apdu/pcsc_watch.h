/* SPDX-License-Identifier: BSD-3-Clause */
/* The half of the seam over pcscd that sees readers come and go: the functions of that name in
 * transport.h.  For pcsc.c. */
#ifndef APDU_PCSC_WATCH_H
#define APDU_PCSC_WATCH_H

#include "transport.h"

enum jpki_err pcsc_watch_open(void *user, void **ret_watch) MUST_CHECK;
void pcsc_watch_close(void *watch);
enum jpki_err pcsc_watch_list(void *watch, struct reader_view *views, size_t cap,
                              size_t *ret_count) MUST_CHECK;
enum jpki_err pcsc_watch_poll(void *watch, struct reader_view *views, size_t count) MUST_CHECK;
enum jpki_err pcsc_watch_wait(void *watch, struct reader_view *views, size_t count,
                              unsigned timeout_ms) MUST_CHECK;
void pcsc_watch_cancel(void *watch);

#endif
