/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 400

/* The only state of apdu/ that outlives a call: where the log goes.  -1: off. */
static struct {
    atomic_int fd;
} sink = { -1 };

static void fd_replace(int fd)
{
    int old = atomic_exchange(&sink.fd, fd);

    if (old >= 0 && old != STDERR_FILENO)
        (void)close(old);
}

/* O_NONBLOCK: a FIFO under this name must not stop the program; it is refused below. */
static int file_open(const char *path)
{
    struct stat st;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);

    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

enum jpki_err log_open(const char *where)
{
    int fd;

    log_close();
    if (where == NULL || strcmp(where, "off") == 0)
        return JPKI_OK;
    fd = strcmp(where, "stderr") == 0 ? STDERR_FILENO : file_open(where);
    if (fd < 0)
        return JPKI_ERR_ARGUMENT;
    fd_replace(fd);
    return JPKI_OK;
}

void log_close(void)
{
    fd_replace(-1);
}

bool log_on(void)
{
    return atomic_load(&sink.fd) >= 0;
}

/* Time in UTC and pid; returns the length written. */
static size_t stamp_put(char *line, size_t cap)
{
    struct timespec now = { 0, 0 };
    struct tm tm;
    size_t len = 0;
    int more;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &tm) != NULL)
        len = strftime(line, cap, "%Y-%m-%dT%H:%M:%S", &tm);
    more = snprintf(line + len, cap - len, ".%03ldZ [%ld] ", now.tv_nsec / 1000000L, (long)getpid());
    return more > 0 && (size_t)more < cap - len ? len + (size_t)more : len;
}

void log_line(const char *format, ...)
{
    char line[LINE_MAX_LEN + 1];
    va_list args;
    size_t len;
    int more, fd = atomic_load(&sink.fd);

    if (fd < 0)
        return;
    len = stamp_put(line, LINE_MAX_LEN);
    va_start(args, format);
    more = vsnprintf(line + len, LINE_MAX_LEN - len, format, args);
    va_end(args);
    if (more < 0)
        return;
    len = (size_t)more < LINE_MAX_LEN - len ? len + (size_t)more : LINE_MAX_LEN - 1;
    /* a reader's name is foreign text: it must not begin a line of its own */
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = '?';
    }
    line[len++] = '\n';
    if (write(fd, line, len) < 0)
        return; /* a log that cannot be written has nobody to tell */
}

/* What SELECT names is no secret and says what a visit did; no other command's data is ever shown. */
static void select_data_hex(struct slice command, char hex[static 40])
{
    static const char digits[] = "0123456789ABCDEF";
    struct slice data = slice_part(command, 5, 16);
    size_t at = 0;

    if (command.len > 5 && command.ptr[1] == 0xA4) {
        hex[at++] = ' ';
        for (size_t i = 0; i < data.len; i++) {
            hex[at++] = digits[data.ptr[i] >> 4];
            hex[at++] = digits[data.ptr[i] & 0x0F];
        }
    }
    hex[at] = '\0';
}

void log_exchange(struct slice command, struct slice answer, enum jpki_err err)
{
    char hex[40], result[48];
    const uint8_t *c = command.ptr;

    if (!log_on() || command.len < 4)
        return;
    select_data_hex(command, hex);
    if (err != JPKI_OK || answer.len < 2)
        (void)snprintf(result, sizeof(result), "%s", err != JPKI_OK ? err_name(err) : "no status word");
    else
        (void)snprintf(result, sizeof(result), "%02X%02X (%zu bytes)", answer.ptr[answer.len - 2],
                       answer.ptr[answer.len - 1], answer.len - 2);
    log_line("apdu %02X %02X %02X %02X (%zu bytes)%s -> %s", c[0], c[1], c[2], c[3], command.len, hex, result);
}
