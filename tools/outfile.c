/* SPDX-License-Identifier: BSD-3-Clause */
#include "outfile.h"

#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The signals that would leave the temporary file behind. */
static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ };

#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))

static char doomed[PATH_MAX]; /* the temporary file's path while there is one, for the handler */
static struct sigaction before[DEADLY];

static void doomed_remove(int number)
{
    (void)unlink(doomed);
    (void)raise(number); /* SA_RESETHAND: now with the usual end */
}

static void watch_begin(const char *path)
{
    struct sigaction remove = { .sa_handler = doomed_remove, .sa_flags = (int)SA_RESETHAND };

    (void)sigemptyset(&remove.sa_mask);
    memcpy(doomed, path, strlen(path) + 1);
    for (size_t i = 0; i < DEADLY; i++) {
        if (sigaction(deadly[i], NULL, &before[i]) == 0 && before[i].sa_handler != SIG_IGN)
            (void)sigaction(deadly[i], &remove, NULL);
    }
}

static void watch_end(void)
{
    for (size_t i = 0; i < DEADLY; i++)
        (void)sigaction(deadly[i], &before[i], NULL);
}

/* Where the result goes: *ret_out without its temporary file.  A link is followed, as when a
 * file is written in place. */
static int target_find(const char *name, const struct stat *input, struct outfile *ret_out)
{
    struct stat there;

    if (strcmp(name, "-") == 0) {
        ret_out->stream = STDOUT_FILENO;
    } else if (stat(name, &there) != 0) {
        ret_out->target = strdup(name);
    } else if (input != NULL && there.st_dev == input->st_dev && there.st_ino == input->st_ino) {
        say_error(_("%s is the file that is to be signed; the result needs another name"), name);
        return CODE_FAILED;
    } else if (S_ISREG(there.st_mode)) {
        ret_out->target = realpath(name, NULL);
        ret_out->replaces = true;
    } else {
        ret_out->stream = open(name, O_WRONLY | O_CLOEXEC);
    }
    return CODE_OK;
}

/* The temporary file's path: in the target's folder, so that a rename is enough. */
static char *temp_name(const struct outfile *out)
{
    const char *place = secure_getenv("TMPDIR"),
               *slash = out->target == NULL ? NULL : strrchr(out->target, '/');
    char *name = NULL;
    int len;

    if (out->target == NULL)
        len =
            asprintf(&name, "%s/jpki-XXXXXX", place == NULL || place[0] == '\0' ? P_tmpdir : place);
    else if (slash == NULL)
        len = asprintf(&name, ".jpki-XXXXXX");
    else
        len = asprintf(&name, "%.*s/.jpki-XXXXXX", (int)(slash - out->target), out->target);
    return len < 0 || len >= PATH_MAX ? NULL : name;
}

int outfile_begin(const char *name, const struct stat *input, struct outfile *ret_out)
{
    struct outfile out = { .fd = -1, .stream = -1 };
    int code = target_find(name, input, &out);

    if (code != CODE_OK)
        return code;
    if (out.target != NULL || out.stream >= 0)
        out.temp = temp_name(&out);
    if (out.temp != NULL)
        out.fd = mkostemp(out.temp, O_CLOEXEC);
    if (out.fd < 0) {
        say_error(_("%s cannot be written: %s"), name, strerror(errno));
        free(out.temp);
        out.temp = NULL;
        outfile_drop(&out);
        return CODE_FAILED;
    }
    watch_begin(out.temp);
    *ret_out = out;
    return CODE_OK;
}

bool bytes_write(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t done = write(fd, at, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        at += done;
        len -= (size_t)done;
    }
    return true;
}

static bool stream_copy(const struct outfile *out)
{
    char bytes[65536];
    ssize_t got = lseek(out->fd, 0, SEEK_SET) == 0 ? 1 : -1;

    while (got > 0) {
        got = read(out->fd, bytes, sizeof(bytes));
        if (got > 0 && !bytes_write(out->stream, bytes, (size_t)got))
            return false;
    }
    return got == 0;
}

int outfile_keep(struct outfile *out, const char *name)
{
    bool good;

    if (out->target == NULL)
        good = stream_copy(out);
    else
        good = fsync(out->fd) == 0 && rename(out->temp, out->target) == 0;
    if (!good)
        say_error(_("%s cannot be written: %s"), name, strerror(errno));
    outfile_drop(out);
    return good ? CODE_OK : CODE_FAILED;
}

void outfile_drop(struct outfile *out)
{
    if (out->temp != NULL) {
        (void)unlink(out->temp); /* gone already where it was renamed: its name is nobody else's */
        watch_end();
    }
    if (out->fd >= 0)
        (void)close(out->fd);
    if (out->stream > STDERR_FILENO)
        (void)close(out->stream);
    free(out->temp);
    free(out->target);
    *out = (struct outfile){ .fd = -1, .stream = -1 };
}
