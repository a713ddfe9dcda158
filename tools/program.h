/* SPDX-License-Identifier: BSD-3-Clause */
/* Other programs that this one needs: run without a shell, standard input empty, or asked over the
 * socket on which they listen. */
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

/* True if it could be started and ended with 0; ret_output as above. */
bool program_says(const char *const words[], char ret_output[static PROGRAM_OUTPUT_MAX]);
bool program_succeeds(const char *const words[]);

/* Where in PATH the program is; ret_path has room for PATH_MAX.  False: nowhere. */
bool program_find(const char *name, char *ret_path);

/* A connection to a socket in the file system, which the caller closes; -1: nobody is there. */
int socket_reach(const char *path);

/* Whether somebody behind the socket answers the question in time with as many bytes, 64 at most.
 */
bool socket_answers(const char *path, const void *question, size_t len, size_t answer_len, int ms);

#endif
