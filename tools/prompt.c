/* SPDX-License-Identifier: BSD-3-Clause */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* The signals that end or stop the process while the echo is off. */
static const int watched[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

#define WATCHED (sizeof(watched) / sizeof(watched[0]))

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
    caught = number;
}

/* A terminal without echo, and what it was before. */
struct quiet {
    int fd;
    struct termios before;
    struct sigaction actions[WATCHED];
    sigset_t mask;
};

/* Whether this job has the terminal.  No other may change it: somebody types there, and would no
 * longer see what. */
static bool in_front(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

static void quiet_end(struct quiet *quiet)
{
    if (in_front(quiet->fd))
        (void)tcsetattr(quiet->fd, TCSAFLUSH, &quiet->before);
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigaction(watched[i], &quiet->actions[i], NULL);
    (void)sigprocmask(SIG_SETMASK, &quiet->mask, NULL);
}

static bool quiet_begin(struct quiet *quiet, int fd)
{
    struct sigaction note = { .sa_handler = note_signal }; /* no SA_RESTART: the read has to end */
    struct termios silent;
    sigset_t held;

    if (tcgetattr(fd, &quiet->before) != 0)
        return false;
    quiet->fd = fd;
    caught = 0;
    (void)sigemptyset(&note.sa_mask);
    /* held back but while we wait: one that came right before a read would not end it */
    (void)sigemptyset(&held);
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigaddset(&held, watched[i]);
    (void)sigprocmask(SIG_BLOCK, &held, &quiet->mask);
    for (size_t i = 0; i < WATCHED; i++)
        (void)sigaction(watched[i], &note, &quiet->actions[i]);
    silent = quiet->before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    if (tcsetattr(fd, TCSAFLUSH, &silent) == 0)
        return true;
    quiet_end(quiet);
    return false;
}

/* One byte; with mask, signals come through while it is waited for. */
static ssize_t byte_read(int fd, const sigset_t *mask, uint8_t *byte)
{
    struct pollfd wanted = { .fd = fd, .events = POLLIN };

    if (mask != NULL && ppoll(&wanted, 1, NULL, mask) < 0)
        return -1;
    return read(fd, byte, 1);
}

/* Byte by byte: what stands behind the line belongs to the next question. */
static enum jpki_err line_read(int fd, const sigset_t *mask, struct secret *secret)
{
    uint8_t byte = 0;
    bool full = false;
    ssize_t got;

    secret->len = 0;
    for (;;) {
        got = byte_read(fd, mask, &byte);
        if (got < 0 && errno == EINTR && caught == 0)
            continue;
        if (got <= 0 || byte == '\n')
            break;
        full = full || secret->len == SECRET_MAX;
        if (!full)
            secret->bytes[secret->len++] = byte;
    }
    if (got > 0 && secret->len > 0 && secret->bytes[secret->len - 1] == '\r')
        secret->len--;
    byte = 0;
    if (got < 0 || (got == 0 && secret->len == 0))
        return JPKI_ERR_CANCELLED;
    return full ? JPKI_ERR_PIN_FORM : JPKI_OK;
}

/* One question on the terminal; *ret_signal is what interrupted it, 0 for nothing. */
static enum jpki_err terminal_ask(int fd, const char *prompt, struct secret *secret,
                                  int *ret_signal)
{
    struct quiet quiet;
    enum jpki_err err = JPKI_ERR_IO;

    *ret_signal = 0;
    if (!in_front(fd))
        (void)kill(
            0,
            SIGTTIN); /* stops this job, as reading would, until the shell brings it to the front */
    if (!in_front(fd))
        return JPKI_ERR_ACCESS;
    if (!quiet_begin(&quiet, fd))
        return JPKI_ERR_IO;
    (void)dprintf(fd, "%s: ", prompt);
    err = line_read(fd, &quiet.mask, secret);
    *ret_signal = caught;
    (void)dprintf(fd, "\n");
    quiet_end(&quiet);
    return err;
}

/* Ask until an answer comes; a stop (Ctrl-Z) is taken and the question asked again afterwards. */
static int terminal_secret(const char *prompt, struct secret *secret)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), number = 0, code = CODE_NOT_SENT;
    enum jpki_err err;

    if (fd < 0) {
        say_error("%s",
                  _("there is no terminal to ask for the PIN; scripts give it with --pin-fd"));
        return CODE_NOT_SENT;
    }
    do {
        err = terminal_ask(fd, prompt, secret, &number);
        if (number != 0) {
            wipe(secret, sizeof(*secret));
            (void)raise(number); /* now with its own action: ends here, or stops until fg */
        }
    } while (number == SIGTSTP || number == SIGTTIN || number == SIGTTOU);
    (void)close(fd);
    if (number != 0)
        return CODE_INTERRUPTED;
    if (err == JPKI_OK)
        code = CODE_OK;
    else if (err == JPKI_ERR_CANCELLED)
        say_error("%s", _("nothing was typed"));
    else if (err == JPKI_ERR_PIN_FORM)
        say_error("%s", _("that was far too long; the card was not asked"));
    else if (err == JPKI_ERR_ACCESS)
        say_error(
            "%s",
            _("a job in the background cannot ask for the PIN; bring it to the front, or use --pin-fd"));
    else
        say_error("%s", _("the terminal cannot be kept from showing what is typed"));
    return code;
}

static int fd_secret(int fd, struct secret *secret)
{
    enum jpki_err err;

    caught = 0;
    err = line_read(fd, NULL, secret);
    if (err == JPKI_OK)
        return CODE_OK;
    say_error(err == JPKI_ERR_PIN_FORM ? _("the line from file descriptor %d is too long")
                                       : _("there is no further line on file descriptor %d"),
              fd);
    return CODE_NOT_SENT;
}

int secret_ask(const struct pin_source *source, const char *prompt, struct secret *ret_secret)
{
    struct secret secret = { .len = 0 };
    int code = source->fd >= 0 ? fd_secret(source->fd, &secret) : terminal_secret(prompt, &secret);

    if (code == CODE_OK)
        *ret_secret = secret;
    wipe(&secret, sizeof(secret));
    return code;
}
