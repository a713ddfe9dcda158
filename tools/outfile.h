/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A result that gets its name when it is whole: it is written to a temporary file (mode 0600)
 * beside its place, and renamed at the end.  Whatever happens before that, a signal included,
 * leaves neither a file of that name nor the temporary one.
 */
#ifndef TOOLS_OUTFILE_H
#define TOOLS_OUTFILE_H

#include "err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct outfile {
    int fd;       /* the temporary file, to be read and written; -1: none */
    char *temp;   /* its path */
    char *target; /* what it will be called; NULL: it is copied to the stream */
    /* standard output, or what the name is that is no file of the disk; -1 where target is set */
    int stream;
    bool replaces; /* there is such a file already */
};

/*
 * Begin a result called name ("-": standard output).  A name that leads to the input (its stat;
 * NULL: none) is refused. CODE_OK: end it by outfile_keep or outfile_drop; one at a time. Otherwise
 * it was said why not.
 */
int outfile_begin(const char *name, const struct stat *input, struct outfile *ret_out) MUST_CHECK;

/* Give it its name, on the disk for good; to a stream it is copied.  It is ended either way. */
int outfile_keep(struct outfile *out, const char *name) MUST_CHECK;

/* Take it away again.  Nothing to do for one that was never begun (all zero, fd -1) or is ended. */
void outfile_drop(struct outfile *out);

/* All of the bytes or false with errno. */
bool bytes_write(int fd, const void *bytes, size_t len) MUST_CHECK;

#endif
