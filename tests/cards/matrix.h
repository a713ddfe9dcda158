/* SPDX-License-Identifier: BSD-3-Clause */
/* What the two files of the matrix share: things that are done with a token, by a program that
 * has listed it. */
#ifndef CARDS_MATRIX_H
#define CARDS_MATRIX_H

#include "rig.h"

struct deed {
    const char *name;
    int width;           /* of its column */
    bool logs_in;        /* the token is logged in before, and that is not counted */
    unsigned tries_lost; /* at most, on a card whose PINs are in order */
    CK_RV (*run)(CK_SLOT_ID slot);
};

/* In the order of the columns; the last one's name is NULL. */
extern const struct deed deeds[];

#endif
