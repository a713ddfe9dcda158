/* SPDX-License-Identifier: BSD-3-Clause */
#include "pcsc_code.h"

#include "log.h"

#include <winscard.h>

static const struct code_row {
    LONG code;
    enum jpki_err err;
} codes[] = {
    { SCARD_S_SUCCESS, JPKI_OK },
    { SCARD_E_NO_SERVICE, JPKI_ERR_NO_SERVICE },
    { SCARD_E_SERVICE_STOPPED, JPKI_ERR_NO_SERVICE },
    { SCARD_F_COMM_ERROR, JPKI_ERR_NO_SERVICE },
    /* a context that pcscd forgot because it was started anew */
    { SCARD_E_INVALID_HANDLE, JPKI_ERR_NO_SERVICE },
    { SCARD_E_NO_READERS_AVAILABLE, JPKI_ERR_NO_READER },
    { SCARD_E_UNKNOWN_READER, JPKI_ERR_NO_READER },
    { SCARD_E_READER_UNAVAILABLE, JPKI_ERR_NO_READER },
    /* a connection from before its reader was added anew, for ever */
    { SCARD_E_INVALID_VALUE, JPKI_ERR_NO_READER },
    { SCARD_E_NO_SMARTCARD, JPKI_ERR_NO_CARD },
    { SCARD_W_REMOVED_CARD, JPKI_ERR_NO_CARD },
    { SCARD_E_SHARING_VIOLATION, JPKI_ERR_IN_USE },
    { SCARD_E_NO_ACCESS, JPKI_ERR_ACCESS },
    { SCARD_W_SECURITY_VIOLATION, JPKI_ERR_ACCESS },
    { SCARD_W_RESET_CARD, JPKI_ERR_RESET },
    /* a reset left the card without a protocol; nothing was sent to it */
    { SCARD_E_PROTO_MISMATCH, JPKI_ERR_RESET },
    { SCARD_E_CANCELLED, JPKI_ERR_CANCELLED },
    { SCARD_E_TIMEOUT, JPKI_ERR_TIMEOUT },
    { SCARD_E_NO_MEMORY, JPKI_ERR_MEMORY },
};

static enum jpki_err code_error(long code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].code == code)
            return codes[i].err;
    }
    return JPKI_ERR_IO;
}

enum jpki_err pcsc_judge(const char *call, long code)
{
    enum jpki_err err = code_error(code);

    if (err != JPKI_OK && err != JPKI_ERR_TIMEOUT)
        log_line("%s: 0x%08lX (%s)", call, (unsigned long)code & 0xFFFFFFFFul, err_name(err));
    return err;
}
