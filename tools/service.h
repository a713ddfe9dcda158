/* SPDX-License-Identifier: BSD-3-Clause */
/* pcscd as it is seen from outside: why it does not answer, refuses, or has no reader. */
#ifndef TOOLS_SERVICE_H
#define TOOLS_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

/* Why pcscd does not answer, by looking at its socket. */
enum service_trouble { SERVICE_ABSENT, SERVICE_NO_RIGHT, SERVICE_DEAF, SERVICE_OTHER_PROTOCOL };
enum service_trouble service_trouble(void);

/* The socket's path, owner and mode as text in a static buffer; "" if there is none. */
const char *socket_facts(void);

/* Who refused, where pcscd answers that polkit did. */
enum refusal { REFUSED_SESSION, REFUSED_HIDDEN, REFUSED_NO_BUS, REFUSED_OUTSIDE };
enum refusal service_refusal(void);

/* Whether a process of this name runs, as far as /proc shows it. */
bool process_runs(const char *name);

/*
 * A USB reader (CCID) that is plugged in: its name in ret_name.  ret_denied: who pcscd is and what
 * it may therefore not open; "" where nothing keeps it.  False: there is none.
 */
bool reader_plugged(char *ret_name, size_t name_room, char *ret_denied, size_t denied_room);

#endif
