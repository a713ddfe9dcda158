/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for what must not leave the process: PINs, and the certificate with the holder's name and
 * address.  Whole pages that are not swapped, that no core dump holds and that a forked child reads
 * as zeros.
 */
#ifndef MODULE_PAGES_H
#define MODULE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * At least size bytes, all zero; NULL if there is no memory.  A protection that is not to be had (a
 * limit on locked memory) is logged, not fatal.  The caller gives them back by pages_free with the
 * same size.
 */
void *pages_new(size_t size);

/* The same with a fresh random key in the first PAGES_KEY_LEN bytes; NULL too if there is no
 * randomness. */
#define PAGES_KEY_LEN 32
void *pages_with_key(size_t size);

/* The same without the rest of it: only wiped by fork.  *ret_wiped is false if this kernel does
 * not do it. */
void *pages_of_process(size_t size, bool *ret_wiped);

/* Wipe and give back.  Takes NULL. */
void pages_free(void *pages, size_t size);

#endif
