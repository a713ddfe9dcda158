/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the options come from. */
/* secure_getenv is no part of C11 */
#define _GNU_SOURCE

#include "config.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "jpki-pkcs11.conf"
#define FILE_MAX 16384

/* The whole of a small regular file, a zero in it made something that nobody understands; false
 * if it cannot be read. */
static bool file_read(int fd, char ret_text[static FILE_MAX])
{
    size_t used = 0;
    ssize_t got;

    do {
        got = read(fd, ret_text + used, FILE_MAX - used);
        used += got > 0 ? (size_t)got : 0;
    } while (got > 0 && used < FILE_MAX);
    if (got != 0) { /* an error, or too long to be ours */
        return false;
    }
    for (size_t i = 0; i < used; i++)
        ret_text[i] = ret_text[i] != '\0' ? ret_text[i] : '?';
    ret_text[used] = '\0';
    return true;
}

/* One that is not there, or is no file at all, says nothing. */
static size_t file_apply(struct config *config, const struct config_ear *ear, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *text = NULL;
    struct stat info;
    size_t unknown = 0;

    if (fd < 0 ? errno != EACCES : fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        goto out;
    text = calloc(1, FILE_MAX);
    unknown = config_apply(config, ear, path,
                           fd >= 0 && text != NULL && file_read(fd, text) ? text : NULL);
out:
    free(text);
    if (fd >= 0)
        (void)close(fd);
    return unknown;
}

/* The user's own file, by the XDG rules: a folder that is not absolute does not count. */
static bool user_path(char ret_path[static CONFIG_PATH_MAX])
{
    const char *folder = secure_getenv("XDG_CONFIG_HOME");
    const char *below = "";
    int len;

    if (folder == NULL || folder[0] != '/') {
        folder = secure_getenv("HOME");
        below = "/.config";
    }
    if (folder == NULL || folder[0] != '/')
        return false;
    len = snprintf(ret_path, CONFIG_PATH_MAX, "%s%s/" FILE_NAME, folder, below);
    return len > 0 && len < CONFIG_PATH_MAX;
}

/* secure_getenv answers nothing in a set-id program; root is left out by name. */
static size_t user_apply(struct config *config, const struct config_ear *ear)
{
    const char *options = secure_getenv("JPKI_PKCS11_OPTIONS");
    char *path;
    size_t unknown = 0;

    if (geteuid() == 0)
        return 0;
    path = calloc(1, CONFIG_PATH_MAX);
    if (path != NULL && user_path(path))
        unknown += file_apply(config, ear, path);
    free(path);
    if (options != NULL)
        unknown += config_apply(config, ear, "JPKI_PKCS11_OPTIONS", options);
    return unknown;
}

/* The face comes last, so that nobody takes away what it is there for. */
static size_t sources_apply(struct config *config, const char *face, const struct config_ear *ear)
{
    size_t unknown = 0;

    config_init(config);
    unknown += file_apply(config, ear, JPKI_SYSCONF);
    unknown += user_apply(config, ear);
    unknown += config_apply(config, ear, "built-in", face);
    return unknown;
}

/*
 * Only after the last source is it known where the log goes.  So, where something was not
 * understood, the sources are read once more to say so.
 */
void config_load(struct config *config, const char *face)
{
    size_t unknown = sources_apply(config, face, NULL);

    if (log_open(config->log) == JPKI_OK && unknown > 0)
        (void)sources_apply(config, face, NULL);
}

size_t config_look(struct config *config, const struct config_ear *ear)
{
    return sources_apply(config, "", ear);
}
