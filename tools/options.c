/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "text.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void row_show(const char *name, const char *value, const char *help)
{
    char left[64];

    snprintf(left, sizeof(left), "--%s%s%s", name, value == NULL ? "" : " ",
             value == NULL ? "" : _(value));
    text_row(2, left, "%s", _(help));
}

static void usage_show(const struct usage *usage)
{
    text_line(stdout, _("Usage: jpki-token %s"), usage->synopsis);
    text_line(stdout, "%s", "");
    text_wrap(stdout, 0, _(usage->purpose));
    text_head("%s", _("Options:"));
    for (const struct option_row *row = usage->rows; row->name != NULL; row++)
        row_show(row->name, row->value, row->help);
    row_show("help", NULL, N_("show this help"));
}

/* Only of a file that is open: another of ours may get the number later, and the service's
 * socket is no place for PINs. */
static bool fd_read(const char *text, int *ret_number)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number > INT_MAX ||
        fcntl((int)number, F_GETFD) < 0)
        return false;
    *ret_number = (int)number;
    return true;
}

static const struct option_row *row_find(const struct usage *usage, const char *word, size_t len)
{
    for (const struct option_row *row = usage->rows; row->name != NULL; row++) {
        if (strlen(row->name) == len && strncmp(row->name, word, len) == 0)
            return row;
    }
    return NULL;
}

static bool value_store(const struct option_row *row, const char *value)
{
    if (row->kind == OPTION_FD)
        return fd_read(value, row->target);
    *(const char **)row->target = value;
    return true;
}

/* One option; next is the word behind it, which is the value where the option has none of its
 * own. */
static int option_take(const struct usage *usage, const char *word, const char *next,
                       bool *ret_used)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    const size_t len = equals == NULL ? strlen(name) : (size_t)(equals - name);
    const struct option_row *row = row_find(usage, name, len);

    *ret_used = false;
    if (row == NULL)
        return usage_complain(usage, _("unknown option: %s"), word);
    if (row->kind == OPTION_FLAG) {
        if (equals != NULL)
            return usage_complain(usage, _("--%s takes no value"), row->name);
        *(bool *)row->target = true;
        return CODE_OK;
    }
    *ret_used = equals == NULL;
    next = equals == NULL ? next : equals + 1;
    if (next == NULL)
        return usage_complain(usage, _("--%s needs a value"), row->name);
    if (!value_store(row, next))
        return usage_complain(usage, _("--%s: file descriptor %s is not open"), row->name, next);
    return CODE_OK;
}

bool options_take(const struct usage *usage, int *argc, char **argv, int *ret_code)
{
    int kept = 1;
    bool used = false, ended = false;

    *ret_code = CODE_OK;
    for (int i = 1; i < *argc; i++) {
        const char *word = strcmp(argv[i], "-o") == 0 ? "--out" : argv[i]; /* as everywhere else */
        if (ended || strncmp(word, "--", 2) != 0) {
            argv[kept++] = argv[i];
        } else if (word[2] == '\0') {
            ended = true;
        } else if (strcmp(word, "--help") == 0) {
            usage_show(usage);
            return false;
        } else {
            *ret_code = option_take(usage, word, i + 1 < *argc ? argv[i + 1] : NULL, &used);
            if (*ret_code != CODE_OK)
                return false;
            i += used ? 1 : 0;
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}
