/* SPDX-License-Identifier: BSD-3-Clause */
#include "face.h"

/* The full module: the built-in defaults as they are. */
const char *config_face(void)
{
    return "";
}
