/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_card.h"

#include <stdarg.h>
#include <string.h>

/* Text that grows to its room and is cut there. */
struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void text_add(struct text *text, const char *format,
                                                           ...)
{
    va_list args;
    int len = 0;

    va_start(args, format);
    len = vsnprintf(text->at, text->left, format, args);
    va_end(args);
    if (len > 0) {
        const size_t used =
            (size_t)len < text->left ? (size_t)len : (text->left == 0 ? 0 : text->left - 1);
        text->at += used;
        text->left -= used;
    }
}

static void pair_add(struct text *text, const char *name, const unsigned counts[SIM_ROLES])
{
    text_add(text, "\"%s\":{\"auth\":%u,\"sign\":%u},", name, counts[SIM_AUTH], counts[SIM_SIGN]);
}

void sim_card_stats_json(const struct sim_card *card, char *ret_text, size_t size)
{
    const struct sim_stats *stats = sim_card_stats(card);
    const struct sim_options *opt = sim_card_options(card);
    const unsigned tries[SIM_ROLES] = { opt->role[SIM_AUTH].tries, opt->role[SIM_SIGN].tries };
    const bool auth = sim_card_unlocked(card, SIM_AUTH), sign = sim_card_unlocked(card, SIM_SIGN);
    struct text text = { ret_text, size };
    const char *comma = "";

    text_add(
        &text,
        "{\"profile\":\"%s\",\"holder\":%u,\"exchanges\":%u,\"bytes_in\":%lu,\"bytes_out\":%lu,\"card_ms\":%lu,",
        opt->profile, opt->holder, stats->exchanges, stats->bytes_in, stats->bytes_out,
        stats->card_us / 1000);
    pair_add(&text, "verifies_with_data", stats->verifies);
    pair_add(&text, "queries", stats->queries);
    pair_add(&text, "changes", stats->changes);
    pair_add(&text, "signatures", stats->signatures);
    pair_add(&text, "tries", tries);
    text_add(&text,
             "\"selects\":%u,\"reads\":%u,\"app_changes\":%u,\"power_ons\":%u,\"warm_resets\":%u,",
             stats->selects, stats->reads, stats->app_changes, stats->power_ons,
             stats->warm_resets);
    text_add(&text, "\"unlocked\":[%s%s%s],\"ins\":{", auth ? "\"auth\"" : "",
             auth && sign ? "," : "", sign ? "\"sign\"" : "");
    for (unsigned i = 0; i < 256; i++) {
        if (stats->ins[i] != 0) {
            text_add(&text, "%s\"%02X\":%u", comma, i, stats->ins[i]);
            comma = ",";
        }
    }
    text_add(&text, "}}");
}
