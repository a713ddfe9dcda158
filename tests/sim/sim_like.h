/* SPDX-License-Identifier: BSD-3-Clause */
/* A card that answers as a report of "jpki-token report --json" says, and does everything else
 * as the normal card does. */
#ifndef SIM_LIKE_H
#define SIM_LIKE_H

#include "sim_options.h"

#define SIM_LIKE_MAX 1024 /* room for the words */

/*
 * The report in this file as words for sim_options_parse.  False, with a message on standard error,
 * for a file that is no report.  An answer that no option stands for is left as the normal card
 * gives it.
 */
bool sim_like_words(const char *path, char ret_words[static SIM_LIKE_MAX]);

#endif
