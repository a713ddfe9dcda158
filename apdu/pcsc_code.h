/* SPDX-License-Identifier: BSD-3-Clause */
/* What winscard's return codes mean to apdu/.  For pcsc.c alone. */
#ifndef APDU_PCSC_CODE_H
#define APDU_PCSC_CODE_H

#include "err.h"

/* The error of a call that returned this code, JPKI_ERR_IO for codes that are not known; all but
 * a timeout go to the log. */
enum jpki_err pcsc_judge(const char *call, long code) MUST_CHECK;

#endif
