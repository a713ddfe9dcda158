/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sub-commands of jpki-token share: how they are called, how they read their options, how
 * they end.
 *
 * A sub-command is one function in a file of its own and one row in main.c.  It gets its words with
 * its own name as argv[0], prints facts to standard output and everything else to standard error,
 * and returns an exit code.
 */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include "err.h"

#include <libintl.h>
#include <stdbool.h>
#include <stddef.h>

#define _(text) gettext(text)
#define N_(text) text /* translated where it is printed */

/* The exit codes, as jpki-token(1) lists them. */
enum exit_code {
    CODE_OK = 0,
    CODE_FAILED = 1, /* something that no other code says */
    CODE_USAGE = 2,  /* the command line was not understood */
    CODE_NO_CARD =
        3, /* no pcscd, no right to use it, no reader, no card, or not a card of this kind */
    CODE_PIN_WRONG = 4,  /* the card refused the PIN: a try is gone */
    CODE_PIN_LOCKED = 5, /* no try is left */
    CODE_NOT_SENT =
        6, /* the PIN was not sent to the card: wrong form, mistyped, or the last try kept */
    CODE_NOT_FOUND = 7,    /* the card has no such certificate, key or PIN */
    CODE_CHECK = 8,        /* a check ended badly: cert verify, doctor */
    CODE_INTERRUPTED = 130 /* Ctrl-C */
};

/* The sub-commands; argv[0] is the command's own name. */
int command_status(int argc, char **argv);
int command_watch(int argc, char **argv);
int command_cert(int argc, char **argv);
int command_pin(int argc, char **argv);
int command_sign(int argc, char **argv);
int command_ssh_key(int argc, char **argv);
int command_uri(int argc, char **argv);
int command_register(int argc, char **argv);
int command_unregister(int argc, char **argv);
int command_report(int argc, char **argv);
int command_doctor(int argc, char **argv);

/* One option of a command: --name, --name VALUE or --name=VALUE. */
enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_FD };

struct option_row {
    const char *name; /* without the dashes; NULL ends the rows */
    enum option_kind kind;
    void *target;      /* bool, const char * or int */
    const char *value; /* what stands for the value in the help, N_(); NULL for a flag */
    const char *help;  /* one sentence, N_() */
};

/* A command as its help shows it. */
struct usage {
    const char
        *synopsis; /* the words behind "jpki-token", for example "pin change auth|sign [options]" */
    const char *purpose; /* a sentence or two, N_() */
    const struct option_row *rows;
};

/*
 * Take the options out of the words: *argc and argv keep the command's name and the words that are
 * no options ("--" ends the options).  True: go on.  False: end with *ret_code, either because the
 * help was asked for and shown (CODE_OK), or because something was not understood and said
 * (CODE_USAGE).
 */
bool options_take(const struct usage *usage, int *argc, char **argv, int *ret_code);

/* Say on standard error what is wrong with the command line, and where help is to be had.
 * Returns CODE_USAGE. */
int usage_complain(const struct usage *usage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A message on standard error, "jpki-token: ..." and a newline; then what to do next, if there
 * is something, indented. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_next(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Say what an error of the way to the card or of the card means and what to do next, and give its
 * exit code.  Errors of a PIN are pin_explain's (prompt.h), which knows the tries.
 */
int error_explain(enum jpki_err err);

#endif
