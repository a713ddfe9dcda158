/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The module as a shared object that stands on whatever transport it is given.  Two files of it are
 * two modules, each with a state of its own, as two programs would have them; one program can so
 * see what both do to one card.
 */
#ifndef FAULTS_PLUG_H
#define FAULTS_PLUG_H

#include "transport.h"

/* From the next C_Initialize on: the transport, and the options as words (borrowed). */
void plug_world(const struct transport *transport, const char *words);

/* Let time pass on this copy's clock, which is the machine's and goes on; what it shows then, in
 * milliseconds. */
uint64_t plug_clock(unsigned long ms);

#endif
