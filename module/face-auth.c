/* SPDX-License-Identifier: BSD-3-Clause */
#include "face.h"

/*
 * The browsers' face.  A browser logs in to every token it sees and shows nobody how many tries are
 * left: so it gets the authentication token alone and cannot spend its last try.
 */
const char *config_face(void)
{
    return "slots=auth final-try=refuse";
}
