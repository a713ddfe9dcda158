/* SPDX-License-Identifier: BSD-3-Clause */
/* notice.h where there is no libsystemd. */
#include "notice.h"

int notice_ready(void)
{
    say_error("%s", _("this jpki-token was built without desktop notices (libsystemd)"));
    return CODE_FAILED;
}

int notice_show(const struct notice *notice, uint32_t *id)
{
    (void)notice;
    (void)id;
    return notice_ready();
}
