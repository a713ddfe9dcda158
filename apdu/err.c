/* SPDX-License-Identifier: BSD-3-Clause */
#include "err.h"

#include <stddef.h>

static const char *const names[JPKI_ERR_COUNT] = {
    [JPKI_OK] = "ok",
    [JPKI_ERR_ARGUMENT] = "argument",
    [JPKI_ERR_MEMORY] = "memory",
    [JPKI_ERR_BUFFER] = "buffer",
    [JPKI_ERR_NO_SERVICE] = "no-service",
    [JPKI_ERR_NO_READER] = "no-reader",
    [JPKI_ERR_NO_CARD] = "no-card",
    [JPKI_ERR_CARD_CHANGED] = "card-changed",
    [JPKI_ERR_IN_USE] = "in-use",
    [JPKI_ERR_ACCESS] = "access",
    [JPKI_ERR_RESET] = "reset",
    [JPKI_ERR_IO] = "io",
    [JPKI_ERR_CANCELLED] = "cancelled",
    [JPKI_ERR_TIMEOUT] = "timeout",
    [JPKI_ERR_PROTOCOL] = "protocol",
    [JPKI_ERR_NOT_JPKI] = "not-jpki",
    [JPKI_ERR_NEWER] = "newer",
    [JPKI_ERR_NOT_FOUND] = "not-found",
    [JPKI_ERR_DENIED] = "denied",
    [JPKI_ERR_REFUSED] = "refused",
    [JPKI_ERR_UNSUPPORTED] = "unsupported",
    [JPKI_ERR_PIN_WRONG] = "pin-wrong",
    [JPKI_ERR_PIN_BLOCKED] = "pin-blocked",
    [JPKI_ERR_PIN_FORM] = "pin-form",
    [JPKI_ERR_PIN_REPEATED] = "pin-repeated",
    [JPKI_ERR_KIND] = "kind",
    [JPKI_ERR_PIN_STALE] = "pin-stale",
    [JPKI_ERR_LAST_TRY] = "last-try",
    [JPKI_ERR_PIN_UNSURE] = "pin-unsure",
    [JPKI_ERR_DROP] = "drop",
};

const char *err_name(enum jpki_err err)
{
    size_t index = (size_t)err;

    return index < JPKI_ERR_COUNT && names[index] != NULL ? names[index] : "unknown";
}

bool err_is_transport(enum jpki_err err)
{
    return err >= JPKI_ERR_NO_SERVICE && err <= JPKI_ERR_TIMEOUT;
}

enum jpki_err err_of_way(enum jpki_err err)
{
    return err == JPKI_ERR_CANCELLED || err == JPKI_ERR_TIMEOUT ? JPKI_ERR_IO : err;
}
