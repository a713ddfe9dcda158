/* SPDX-License-Identifier: BSD-3-Clause */
/* The part of "doctor" that reads the options as the module does, which tells its log alone what
 * it does not understand. */
#include "command.h"
#include "config.h"
#include "doctor.h"

#include <stdio.h>

static void line_find(void *user, const char *source, unsigned number, struct slice text)
{
    char found[512];

    if (number == 0)
        snprintf(found, sizeof(found), _("%s cannot be read or is too long"), source);
    else
        snprintf(found, sizeof(found), _("%s, line %u, is not understood: %.*s"), source, number,
                 text.len < 80 ? (int)text.len : 80, (const char *)text.ptr);
    finding(
        user, VERDICT_NOTE, _("Options"), found,
        _("Mend it: libjpki-pkcs11(7) has the options. Until then the safer value holds where this may have said one."));
}

void look_at_options(struct doctor *doctor)
{
    struct config config;

    if (config_look(&config, &(struct config_ear){ line_find, doctor }) == 0)
        finding(doctor, VERDICT_GOOD, _("Options"), _("all that is set is understood"), NULL);
}
