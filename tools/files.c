/* SPDX-License-Identifier: BSD-3-Clause */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_ROOM (16u << 20)

bool path_join(const char *a, const char *b, char *ret_path)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", a, b);

    return len > 0 && len < PATH_MAX;
}

static int trouble_say(const char *path)
{
    int err = errno;

    say_error("%s: %s", path, strerror(err));
    if ((err == EACCES || err == EPERM) && strncmp(path, "/etc/", 5) == 0)
        say_next("%s", _("--system needs root: use sudo."));
    return CODE_FAILED;
}

int folders_make(const char *folder, mode_t mode)
{
    char path[PATH_MAX];
    size_t len = strlen(folder);

    if (len >= sizeof(path))
        return CODE_FAILED;
    for (size_t at = 1; at <= len; at++) {
        if (folder[at] != '/' && folder[at] != '\0')
            continue;
        snprintf(path, sizeof(path), "%.*s", (int)at, folder);
        if (mkdir(path, mode) != 0 && errno != EEXIST)
            return trouble_say(path);
    }
    return CODE_OK;
}

char *file_read(const char *path, size_t *ret_len)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    char *bytes = NULL;

    if (file != NULL && fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode) &&
        (unsigned long long)st.st_size < FILE_ROOM) {
        bytes = malloc((size_t)st.st_size + 1);
        if (bytes != NULL) {
            *ret_len = fread(bytes, 1, (size_t)st.st_size, file);
            bytes[*ret_len] = '\0';
        }
    }
    if (file != NULL)
        (void)fclose(file);
    return bytes;
}

bool file_holds(const char *path, const char *text)
{
    size_t len;
    char *bytes = file_read(path, &len);
    bool found = bytes != NULL && memmem(bytes, len, text, strlen(text)) != NULL;

    free(bytes);
    return found;
}

enum file_found file_compare(const char *path, const void *bytes, size_t len)
{
    size_t now_len;
    char *now = file_read(path, &now_len);
    struct stat st;
    bool same = now != NULL && now_len == len && memcmp(now, bytes, len) == 0;

    free(now);
    if (same)
        return FILE_SAME;
    return lstat(path, &st) != 0 && errno == ENOENT ? FILE_NONE : FILE_OTHER;
}

bool copy_outdated(const char *copy, const char *original)
{
    size_t len;
    char *bytes = file_read(original, &len);
    bool outdated = bytes != NULL && file_compare(copy, bytes, len) != FILE_SAME;

    free(bytes);
    return outdated;
}

bool file_find(const char *tree, const char *const folders[], const char *name, char *ret_path)
{
    char pattern[PATH_MAX];
    bool found = false;

    for (; *folders != NULL && !found; folders++) {
        glob_t files = { .gl_pathc = 0 };

        if (snprintf(pattern, sizeof(pattern), "%s/%s/%s", tree, *folders, name) < PATH_MAX &&
            glob(pattern, 0, NULL, &files) == 0)
            found = snprintf(ret_path, PATH_MAX, "%s", files.gl_pathv[0]) < PATH_MAX;
        globfree(&files);
    }
    return found;
}

/* The folder of a file, "" for one without. */
static void folder_of(const char *path, char ret_folder[static PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(ret_folder, PATH_MAX, "%.*s", slash == NULL ? 0 : (int)(slash - path), path);
}

int file_put(const char *path, const void *bytes, size_t len, mode_t mode)
{
    char folder[PATH_MAX], temporary[PATH_MAX];
    int fd, code = CODE_OK;
    bool good;

    if (file_compare(path, bytes, len) == FILE_SAME)
        return CODE_OK;
    folder_of(path, folder);
    if (folders_make(folder, (mode & 0044) != 0 ? 0755 : 0700) != CODE_OK)
        return CODE_FAILED;
    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
        return CODE_FAILED;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return trouble_say(path);
    good = fchmod(fd, mode) == 0 && write(fd, bytes, len) == (ssize_t)len && fsync(fd) == 0 &&
           rename(temporary, path) == 0;
    if (!good) {
        code = trouble_say(path);
        (void)unlink(temporary);
    }
    (void)close(fd);
    return code;
}

int file_copy(const char *from, const char *path, mode_t mode)
{
    size_t len;
    char *bytes = file_read(from, &len);
    int code = CODE_FAILED;

    if (bytes == NULL)
        say_error(_("%s cannot be read"), from);
    else
        code = file_put(path, bytes, len, mode);
    free(bytes);
    return code;
}

int file_drop(const char *path)
{
    char folder[PATH_MAX], above[PATH_MAX];

    if (unlink(path) != 0 && errno != ENOENT)
        return trouble_say(path);
    folder_of(path, folder);
    folder_of(folder, above);
    if (rmdir(folder) == 0)
        (void)rmdir(above);
    return CODE_OK;
}
