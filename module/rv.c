/* SPDX-License-Identifier: BSD-3-Clause */
#include "rv.h"

#include <stddef.h>

/*
 * Only codes that the standard lists for the calls in question, as far as they exist: clients
 * branch on them.  CKR_OK stands in the first row alone, so a row that was forgotten is found by
 * rv_for_error (and by a test) and never becomes a success.
 */
static const CK_RV rows[JPKI_ERR_COUNT] = {
    [JPKI_OK] = CKR_OK,
    [JPKI_ERR_ARGUMENT] = CKR_ARGUMENTS_BAD,
    [JPKI_ERR_MEMORY] = CKR_HOST_MEMORY,
    [JPKI_ERR_BUFFER] = CKR_BUFFER_TOO_SMALL,

    [JPKI_ERR_NO_SERVICE] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_NO_READER] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_NO_CARD] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_CARD_CHANGED] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_IN_USE] = CKR_DEVICE_ERROR,
    [JPKI_ERR_ACCESS] = CKR_DEVICE_ERROR,
    [JPKI_ERR_RESET] = CKR_DEVICE_ERROR,
    [JPKI_ERR_IO] = CKR_DEVICE_ERROR,
    [JPKI_ERR_CANCELLED] = CKR_FUNCTION_CANCELED,
    [JPKI_ERR_TIMEOUT] = CKR_FUNCTION_FAILED,

    [JPKI_ERR_PROTOCOL] = CKR_DEVICE_ERROR,
    [JPKI_ERR_NOT_JPKI] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_NEWER] = CKR_DEVICE_REMOVED,
    [JPKI_ERR_NOT_FOUND] = CKR_DEVICE_ERROR,
    [JPKI_ERR_DENIED] = CKR_USER_NOT_LOGGED_IN,
    [JPKI_ERR_REFUSED] = CKR_DEVICE_ERROR,
    [JPKI_ERR_UNSUPPORTED] = CKR_FUNCTION_FAILED,

    [JPKI_ERR_PIN_WRONG] = CKR_PIN_INCORRECT,
    [JPKI_ERR_PIN_BLOCKED] = CKR_PIN_LOCKED,
    /* C_Login lists no length error, and clients ask again on this one */
    [JPKI_ERR_PIN_FORM] = CKR_PIN_INCORRECT,
    [JPKI_ERR_PIN_REPEATED] = CKR_PIN_INCORRECT,
    /* listed for signatures alone, but it says what happened: nothing failed */
    [JPKI_ERR_KIND] = CKR_FUNCTION_REJECTED,
    [JPKI_ERR_PIN_STALE] = CKR_USER_NOT_LOGGED_IN,
    [JPKI_ERR_LAST_TRY] = CKR_PIN_LOCKED,
    [JPKI_ERR_PIN_UNSURE] = CKR_DEVICE_ERROR,
    [JPKI_ERR_DROP] = CKR_DEVICE_ERROR,
};

CK_RV rv_for_error(enum jpki_err err)
{
    const size_t index = (size_t)err;

    return index >= JPKI_ERR_COUNT || (err != JPKI_OK && rows[index] == CKR_OK) ? CKR_GENERAL_ERROR
                                                                                : rows[index];
}

#define JOB(job) (1u << (job))
#define JOBS_ALL (JOB(GUARD_LOGIN) | JOB(GUARD_SIGN) | JOB(GUARD_CHANGE))

/*
 * What a visit with a PIN answers otherwise than its error alone would; the first row that fits
 * holds.  why: JPKI_ERR_COUNT fits any.
 */
static const struct tell_row {
    unsigned jobs;
    enum jpki_err why;
    bool done, open; /* only where the work was done, where the card is open */
    CK_RV rv;
} tells[] = {
    /* the caller must learn that the PIN is another one now, whatever came after */
    { JOB(GUARD_CHANGE), JPKI_ERR_COUNT, true, false, CKR_OK },
    { JOBS_ALL, JPKI_ERR_DROP, false, false, CKR_DEVICE_ERROR },
    { JOBS_ALL, JPKI_OK, false, true, CKR_DEVICE_ERROR },
    /* a card that denies a PIN's own command is out of order: "not logged in" is no answer to
     * the call that logs in */
    { JOB(GUARD_LOGIN) | JOB(GUARD_CHANGE), JPKI_ERR_DENIED, false, false, CKR_DEVICE_ERROR },
    { JOB(GUARD_LOGIN), JPKI_ERR_NOT_FOUND, false, false, CKR_USER_PIN_NOT_INITIALIZED },
    /* a PIN that was not given, or not taken, ends the login, and the person is asked again */
    { JOB(GUARD_SIGN), JPKI_ERR_PIN_WRONG, false, false, CKR_USER_NOT_LOGGED_IN },
    { JOB(GUARD_SIGN), JPKI_ERR_PIN_BLOCKED, false, false, CKR_USER_NOT_LOGGED_IN },
    { JOB(GUARD_SIGN), JPKI_ERR_PIN_FORM, false, false, CKR_USER_NOT_LOGGED_IN },
    { JOB(GUARD_SIGN), JPKI_ERR_PIN_REPEATED, false, false, CKR_USER_NOT_LOGGED_IN },
    { JOB(GUARD_SIGN), JPKI_ERR_LAST_TRY, false, false, CKR_USER_NOT_LOGGED_IN },
};

CK_RV rv_for_tell(enum guard_job job, const struct guard_tell *tell)
{
    for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++) {
        const struct tell_row *row = &tells[i];

        if ((row->jobs & JOB(job)) != 0 && (row->why == JPKI_ERR_COUNT || row->why == tell->why) &&
            (!row->done || tell->work == WORK_DONE) && (!row->open || tell->lock == LOCK_OPEN))
            return row->rv;
    }
    return rv_for_error(tell->why);
}

/* Every return value that this module gives, once. */
/* clang-format off */
#define RV_NAMES(X) \
    X(CKR_OK) X(CKR_HOST_MEMORY) X(CKR_SLOT_ID_INVALID) X(CKR_GENERAL_ERROR) \
    X(CKR_FUNCTION_FAILED) X(CKR_ARGUMENTS_BAD) X(CKR_NO_EVENT) X(CKR_CANT_LOCK) \
    X(CKR_ATTRIBUTE_SENSITIVE) X(CKR_ATTRIBUTE_TYPE_INVALID) X(CKR_DATA_LEN_RANGE) \
    X(CKR_DEVICE_ERROR) X(CKR_DEVICE_REMOVED) X(CKR_FUNCTION_CANCELED) \
    X(CKR_FUNCTION_NOT_PARALLEL) X(CKR_FUNCTION_NOT_SUPPORTED) X(CKR_KEY_HANDLE_INVALID) \
    X(CKR_KEY_FUNCTION_NOT_PERMITTED) X(CKR_MECHANISM_INVALID) X(CKR_MECHANISM_PARAM_INVALID) \
    X(CKR_OBJECT_HANDLE_INVALID) X(CKR_OPERATION_ACTIVE) X(CKR_OPERATION_NOT_INITIALIZED) \
    X(CKR_PIN_INCORRECT) X(CKR_PIN_INVALID) X(CKR_PIN_LEN_RANGE) X(CKR_PIN_LOCKED) \
    X(CKR_SESSION_HANDLE_INVALID) X(CKR_SESSION_PARALLEL_NOT_SUPPORTED) X(CKR_SESSION_READ_ONLY) \
    X(CKR_SIGNATURE_INVALID) X(CKR_SIGNATURE_LEN_RANGE) X(CKR_TOKEN_NOT_PRESENT) \
    X(CKR_TOKEN_NOT_RECOGNIZED) X(CKR_TOKEN_WRITE_PROTECTED) X(CKR_USER_ALREADY_LOGGED_IN) \
    X(CKR_USER_NOT_LOGGED_IN) X(CKR_USER_PIN_NOT_INITIALIZED) X(CKR_USER_TYPE_INVALID) \
    X(CKR_RANDOM_NO_RNG) X(CKR_BUFFER_TOO_SMALL) X(CKR_CRYPTOKI_NOT_INITIALIZED) \
    X(CKR_CRYPTOKI_ALREADY_INITIALIZED) X(CKR_FUNCTION_REJECTED) \
    X(CKR_SESSION_ASYNC_NOT_SUPPORTED)
/* clang-format on */

#define RV_NAME_ROW(code) { code, #code },

static const struct rv_name_row {
    CK_RV rv;
    const char *name;
} names[] = { RV_NAMES(RV_NAME_ROW) };

const char *rv_name(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].rv == rv)
            return names[i].name;
    }
    return "CKR_?";
}
