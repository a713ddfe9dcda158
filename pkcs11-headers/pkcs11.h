/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PKCS#11 3.2 for C, written from the names, values and layouts of the standard.  It needs nothing defined before it is
 * included and leaves the packing of structures alone, so it is for Unix only.
 */
#ifndef PKCS11_H
#define PKCS11_H

#ifdef __cplusplus
extern "C" {
#endif

#include "pkcs11-constants.h"
#include "pkcs11-functions.h"
#include "pkcs11-structs.h"

#ifdef __cplusplus
}
#endif

#endif
