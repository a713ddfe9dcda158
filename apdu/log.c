/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include "log.h"

#include "date.h"
#include "fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_LEN 400
#define BATCH_MAX 8192 /* a visit has some twenty lines */
#define STDERR_ANEW "/proc/self/fd/2"

/* Where the log goes; name is written while fd is -1 alone. */
static struct {
    atomic_int fd; /* -1: off */
    struct fd_name name;
    atomic_uint lost; /* lines that there was no room for */
} sink = { .fd = -1 };

struct batch {
    size_t len;
    char text[BATCH_MAX];
};

/* What this thread keeps back; without memory for a batch its lines are lost. */
static _Thread_local struct {
    bool held;
    struct batch *batch;
} kept;

/* O_NONBLOCK: a FIFO under this name must not stop the program; it is refused below. */
static int file_open(const char *path)
{
    struct stat st;
    int fd;

    fds_low_take();
    fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
              0600);
    fds_low_give();
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
    sink.name = fd_name_of(fd);
    if (sink.name.fd < 0)
        return JPKI_ERR_ARGUMENT;
    atomic_store(&sink.fd, fd);
    return JPKI_OK;
}

void log_close(void)
{
    if (atomic_exchange(&sink.fd, -1) > STDERR_FILENO)
        fd_close(&sink.name);
}

bool log_on(void)
{
    return atomic_load(&sink.fd) >= 0;
}

/* Time in UTC and pid; returns the length written. */
static size_t stamp_put(char *line, size_t cap)
{
    struct timespec now = { 0, 0 };
    struct utc utc;
    int len;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    utc = utc_of(now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0);
    len =
        snprintf(line, cap, "%04u-%02u-%02uT%02u:%02u:%02u.%03ldZ [%ld] ", utc.year, utc.month,
                 utc.day, utc.hour, utc.minute, utc.second, now.tv_nsec / 1000000L, (long)getpid());
    return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

/* Write without waiting to what may have no room; -1 as write. */
static ssize_t stream_write(const char *line, size_t len)
{
    struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
    ssize_t done = -1;
    int anew;

    if (sink.name.kind == S_IFSOCK)
        return send(STDERR_FILENO, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    /* the program's own descriptor is not ours to make non-blocking, but the same thing can be
     * opened once more */
    fds_low_take();
    anew = open(STDERR_ANEW, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    fds_low_give();
    if (anew >= 0) {
        done = write(anew, line, len);
        (void)close(anew);
    } else if (poll(&room, 1, 0) == 1 && (room.revents & POLLOUT) != 0)
        done = write(STDERR_FILENO, line, len);
    return done;
}

/* SIGPIPE comes to the thread that wrote, and goes unseen unless one was waiting already. */
static ssize_t quiet_write(int fd, const char *line, size_t len)
{
    const struct timespec at_once = { 0, 0 };
    sigset_t pipe, old, pending;
    ssize_t done;

    (void)sigemptyset(&pipe);
    (void)sigaddset(&pipe, SIGPIPE);
    (void)sigemptyset(&pending);
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &old);
    (void)sigpending(&pending);
    if (fd == STDERR_FILENO && sink.name.kind != S_IFREG)
        done = stream_write(line, len);
    else
        done = write(fd, line, len);
    if (done < 0 && sigismember(&pending, SIGPIPE) == 0)
        (void)sigtimedwait(&pipe, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    return done;
}

/* One whole line to where the log goes, if that is still there. */
static void line_write(const char *line, size_t len)
{
    char told[80];
    const int fd = atomic_load(&sink.fd);
    unsigned lost;
    int more;

    if (fd < 0)
        return;
    /* the program closed it, and whatever has its number now is the program's */
    if (!fd_is_still(&sink.name)) {
        atomic_store(&sink.fd, -1);
        return;
    }
    lost = atomic_exchange(&sink.lost, 0);
    if (lost > 0) {
        more = snprintf(told, sizeof(told), "... %u lines were left out: nobody read them\n", lost);
        if (more < 0 || quiet_write(fd, told, (size_t)more) < 0) {
            atomic_fetch_add(&sink.lost, lost + 1);
            return;
        }
    }
    if (quiet_write(fd, line, len) < 0)
        atomic_fetch_add(&sink.lost, 1);
}

void log_hold(void)
{
    kept.batch = log_on() ? calloc(1, sizeof(*kept.batch)) : NULL;
    kept.held = true;
}

void log_release(void)
{
    struct batch *batch = kept.batch;

    kept.held = false;
    kept.batch = NULL;
    for (size_t at = 0, len; batch != NULL && at < batch->len; at += len) {
        const char *line = batch->text + at, *end = memchr(line, '\n', batch->len - at);

        len = end != NULL ? (size_t)(end - line) + 1 : batch->len - at;
        line_write(line, len);
    }
    free(batch);
}

static void line_keep(const char *line, size_t len)
{
    struct batch *batch = kept.batch;

    if (batch == NULL || len > sizeof(batch->text) - batch->len) {
        atomic_fetch_add(&sink.lost, 1);
        return;
    }
    memcpy(batch->text + batch->len, line, len);
    batch->len += len;
}

void log_line(const char *format, ...)
{
    char line[LINE_MAX_LEN + 1];
    va_list args;
    size_t len;
    int more;

    if (!log_on())
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
    if (kept.held)
        line_keep(line, len);
    else
        line_write(line, len);
}

/* What SELECT names is no secret and says what a visit did; no other command's data is ever
 * shown. */
static void select_data_hex(struct slice command, char hex[static 40])
{
    const struct slice data = slice_part(command, 5, command.ptr[1] == 0xA4 ? 16 : 0);

    hex[0] = ' ';
    hex_text(data.ptr, data.len, hex + (data.len > 0 ? 1 : 0));
}

/* The length of a PIN is secret too. */
static bool has_pin(struct slice command)
{
    return (command.ptr[1] == 0x20 || command.ptr[1] == 0x24) && command.len > 5;
}

void log_exchange(struct slice command, struct slice answer, enum jpki_err err)
{
    char hex[40], length[40], result[48];
    const uint8_t *c = command.ptr;

    if (!log_on() || command.len < 4)
        return;
    select_data_hex(command, hex);
    (void)snprintf(length, sizeof(length), has_pin(command) ? "with a PIN" : "%zu bytes",
                   command.len);
    if (err != JPKI_OK || answer.len < 2)
        (void)snprintf(result, sizeof(result), "%s",
                       err != JPKI_OK ? err_name(err) : "no status word");
    else
        (void)snprintf(result, sizeof(result), "%02X%02X (%zu bytes)", answer.ptr[answer.len - 2],
                       answer.ptr[answer.len - 1], answer.len - 2);
    log_line("apdu %02X %02X %02X %02X (%s)%s -> %s", c[0], c[1], c[2], c[3], length, hex, result);
}
