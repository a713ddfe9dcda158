/* SPDX-License-Identifier: BSD-3-Clause */
/* What "watch --notify" tells, and in which words. */
#ifndef TOOLS_WATCH_WORDS_H
#define TOOLS_WATCH_WORDS_H

#include "herald.h"
#include "reader_status.h"

#define WORDS_MAX 2048

/* A notice's text while it is composed. */
struct words {
    char summary[128], body[WORDS_MAX];
    bool urgent;
};

/* A try was lost just now.  False for news that make no sense: whoever sent them is not this
 * project. */
bool words_of_refusal(const struct herald_news *news, struct words *ret_words);

/* What the person should know of a card that was put in.  False if there is nothing. */
bool words_of_card(const struct reader_status *status, time_t now, struct words *ret_words);

#endif
