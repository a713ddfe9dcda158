/* SPDX-License-Identifier: BSD-3-Clause */
#include "herald.h"

#include "fd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Not by the environment, which a program with more rights than its caller must not follow. */
void herald_path(char ret_path[static HERALD_PATH_MAX])
{
    (void)snprintf(ret_path, HERALD_PATH_MAX, "/run/user/%lu/jpki-token.watch",
                   (unsigned long)geteuid());
}

void herald_tell(const struct herald_news *news)
{
    struct sockaddr_un place = { .sun_family = AF_UNIX };
    char path[HERALD_PATH_MAX];
    const int before = errno;
    int fd;

    herald_path(path);
    memcpy(place.sun_path, path, strlen(path));
    fds_low_take(); /* a program that began without its standard output may print just now */
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    fds_low_give();
    if (fd >= 0) {
        (void)sendto(fd, news, sizeof(*news), MSG_NOSIGNAL | MSG_DONTWAIT,
                     (const struct sockaddr *)&place, sizeof(place));
        (void)close(fd);
    }
    errno = before;
}
