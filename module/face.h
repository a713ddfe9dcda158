/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MODULE_FACE_H
#define MODULE_FACE_H

/* The options of this face of the module ("" or "slots=auth final-try=refuse"): each shared
 * object links its own. */
const char *config_face(void);

#endif
