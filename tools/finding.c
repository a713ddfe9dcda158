/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "doctor_parts.h"

#include <stdarg.h>
#include <stdio.h>

const char *told(struct doctor *doctor, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(doctor->told, sizeof(doctor->told), format, args);
    va_end(args);
    return doctor->told;
}

void finding(struct doctor *doctor, enum verdict verdict, const char *what, const char *found,
             const char *next)
{
    static const char *const words[] = {
        [VERDICT_GOOD] = "good", [VERDICT_NOTE] = "note", [VERDICT_BAD] = "bad"
    };
    static const char *const marks[] = {
        [VERDICT_GOOD] = N_("good"), [VERDICT_NOTE] = N_("note"), [VERDICT_BAD] = N_("BAD")
    };
    char label[128];

    doctor->bad += verdict == VERDICT_BAD ? 1 : 0;
    if (doctor->as_json) {
        json_object(&doctor->json, NULL);
        json_text(&doctor->json, "verdict", words[verdict]);
        json_text(&doctor->json, "what", what);
        json_text(&doctor->json, "found", found);
        json_text(&doctor->json, "next", next);
        json_end(&doctor->json);
        return;
    }
    snprintf(label, sizeof(label), "%s%*s%s", _(marks[verdict]), 6 - text_cells(_(marks[verdict])),
             "", what);
    text_row(0, label, "%s", found);
    if (next != NULL)
        text_row(0, "", "-> %s", next);
}
