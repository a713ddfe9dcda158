/* SPDX-License-Identifier: BSD-3-Clause */
/* The options: any text, twice, as two sources. */
#include "fuzz.h"

#include "config.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

enum { SEED, FIRST, SECOND };

static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [FIRST] = { "first", FUZZ_BLOB, 4500,
                FUZZ_TEXT(
                    "slots=auth readers=*Pad* sign-pin=each # said\nforget-after=1,2 log=stderr") },
    [SECOND] = { "second", FUZZ_BLOB, 600,
                 FUZZ_TEXT("final-try=refuse ca-certs=yes pss=off pinpad=off juki=try nonsense") },
};

static char *text_of(struct slice bytes)
{
    char *text = malloc(bytes.len + 1);

    if (text == NULL)
        return NULL;
    memcpy(text, bytes.ptr, bytes.len);
    text[bytes.len] = '\0';
    return text;
}

static void config_judge(const struct config *config)
{
    if (!config->slots[ROLE_AUTH] && !config->slots[ROLE_SIGN])
        fuzz_fail("no slot is left");
    if (memchr(config->readers, '\0', sizeof(config->readers)) == NULL)
        fuzz_fail("a pattern without an end");
    if (memchr(config->log, '\0', sizeof(config->log)) == NULL)
        fuzz_fail("a path without an end");
    if (strcmp(config->log, "off") != 0 && strcmp(config->log, "stderr") != 0 &&
        config->log[0] != '/')
        fuzz_fail("a log that is no path");
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (config->forget_after[role] > 10080)
            fuzz_fail("%u minutes", config->forget_after[role]);
    }
}

static void run(const struct fuzz_case *input)
{
    struct config config;
    size_t unknown = 0;

    config_init(&config);
    config_judge(&config);
    for (size_t field = FIRST; field <= SECOND; field++) {
        char *text = text_of(case_blob(input, field));

        if (text == NULL)
            continue;
        unknown += config_apply(&config, NULL, "input", text);
        config_judge(&config);
        if (log_open(config.log) != JPKI_OK)
            log_close();
        free(text);
    }
    consume(&config, sizeof(config));
    consume(&unknown, sizeof(unknown));
    log_close();
}

const struct fuzz_harness fuzz_harness = { "options", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
