/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16

extern char **environ;

/* Everything the program writes, cut to the room; the rest is read and dropped, so that the
 * program can end. */
static void output_read(int fd, char ret_output[static PROGRAM_OUTPUT_MAX])
{
    size_t used = 0;
    ssize_t got;
    char rest[512];

    do {
        bool room = used < PROGRAM_OUTPUT_MAX - 1;

        got = room ? read(fd, ret_output + used, PROGRAM_OUTPUT_MAX - 1 - used)
                   : read(fd, rest, sizeof(rest));
        used += room && got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    ret_output[used] = '\0';
}

int program_run(const char *const words[], char ret_output[static PROGRAM_OUTPUT_MAX],
                int *ret_status)
{
    posix_spawn_file_actions_t actions;
    int ends[2], status = 0, err;
    char *argv[WORDS_MAX] = { NULL };
    pid_t child;
    size_t count = 0;

    ret_output[0] = '\0';
    *ret_status = -1;
    while (count < WORDS_MAX - 1 && words[count] != NULL)
        count++;
    memcpy(argv, words, count * sizeof(argv[0]));
    if (count == 0)
        return EINVAL;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    err = posix_spawnp(&child, words[0], &actions, NULL, argv, environ);
    (void)close(ends[1]);
    if (err == 0) {
        output_read(ends[0], ret_output);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        *ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    (void)close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    return err;
}

bool program_says(const char *const words[], char ret_output[static PROGRAM_OUTPUT_MAX])
{
    int status;

    return program_run(words, ret_output, &status) == 0 && status == 0;
}

bool program_succeeds(const char *const words[])
{
    char output[PROGRAM_OUTPUT_MAX];

    return program_says(words, output);
}

bool program_find(const char *name, char *ret_path)
{
    const char *at = getenv("PATH");

    while (at != NULL && *at != '\0') {
        size_t len = strcspn(at, ":");
        int made = snprintf(ret_path, PATH_MAX, "%.*s/%s", (int)len, at, name);

        if (len > 0 && made > 0 && made < PATH_MAX && access(ret_path, X_OK) == 0)
            return true;
        at += len + (at[len] == ':' ? 1 : 0);
    }
    return false;
}

int socket_reach(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = strlen(path) < sizeof(address.sun_path)
                 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
                 : -1;

    if (fd < 0)
        return -1;
    memcpy(address.sun_path, path, strlen(path));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

bool socket_answers(const char *path, const void *question, size_t len, size_t answer_len, int ms)
{
    struct pollfd wait = { .events = POLLIN, .fd = socket_reach(path) };
    char answer[64];
    bool answered;

    if (wait.fd < 0)
        return false;
    answered = send(wait.fd, question, len, MSG_NOSIGNAL) == (ssize_t)len &&
               poll(&wait, 1, ms) == 1 &&
               recv(wait.fd, answer, answer_len, 0) == (ssize_t)answer_len;
    (void)close(wait.fd);
    return answered;
}
