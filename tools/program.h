/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs that this one needs: run without a shell, standard input empty. */
#ifndef TOOLS_PROGRAM_H
#define TOOLS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_OUTPUT_MAX 8192 /* of what a program says, the rest is dropped */

/*
 * Run the program with these words (NULL ends them, 15 at most) and wait for its end.  0, or the
 * errno of a program that could not be started.  ret_output: what it said on both outputs, ended by
 * a zero.  ret_status: its exit status, -1 where a signal ended it.
 */
int program_run(const char *const words[], char ret_output[static PROGRAM_OUTPUT_MAX],
                int *ret_status);

/* True if it could be started and ended with 0. */
bool program_succeeds(const char *const words[]);

/* Where in PATH the program is; ret_path has room for PATH_MAX.  False: nowhere. */
bool program_find(const char *name, char *ret_path);

#endif
