/* SPDX-License-Identifier: BSD-3-Clause */
#include "names.h"

#include "log.h"

#include <stdlib.h>
#include <string.h>

#define NAMES_MIN 512
#define NAMES_MAX 0x100000

const char *name_first(const struct names *names)
{
    return names->text == NULL ? "" : names->text;
}

const char *name_next(const char *name)
{
    return name + strlen(name) + 1;
}

bool names_have(const struct names *names, const char *wanted)
{
    const char *name = name_first(names);

    while (*name != '\0' && strcmp(name, wanted) != 0)
        name = name_next(name);
    return *name != '\0';
}

static bool names_within(const struct names *names, const struct names *others)
{
    const char *name = name_first(names);

    while (*name != '\0' && names_have(others, name))
        name = name_next(name);
    return *name == '\0';
}

bool names_equal(const struct names *names, const struct names *others)
{
    return names_within(names, others) && names_within(others, names);
}

enum jpki_err names_grow(struct names *names, size_t need)
{
    size_t room = need < names->room * 2 ? names->room * 2 : need;
    char *text;

    room = room < NAMES_MIN ? NAMES_MIN : room;
    if (room > NAMES_MAX) {
        log_line("list: %zu bytes of readers' names", room);
        return JPKI_ERR_IO;
    }
    text = calloc(1, room + 2);
    if (text == NULL)
        return JPKI_ERR_MEMORY;
    free(names->text);
    names->text = text;
    names->room = room;
    return JPKI_OK;
}
