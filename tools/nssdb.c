/* SPDX-License-Identifier: BSD-3-Clause */
#include "nssdb.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 4096 /* of what modutil says, the rest is not needed */
#define FOLDER_ROOM (PATH_MAX + sizeof("sql:"))

extern char **environ;

bool path_join(const char *a, const char *b, char *ret_path)
{
    int len = snprintf(ret_path, PATH_MAX, "%s/%s", a, b);

    return len > 0 && len < PATH_MAX;
}

bool nssdb_exists(const char *folder)
{
    char path[PATH_MAX];
    struct stat st;

    return path_join(folder, "pkcs11.txt", path) && stat(path, &st) == 0;
}

/* Everything the program writes, cut to the room; the rest is read and dropped, so that the program can end. */
static void output_read(int fd, char ret_output[static OUTPUT_MAX])
{
    size_t used = 0;
    ssize_t got;
    char rest[512];

    do {
        bool room = used < OUTPUT_MAX - 1;

        got = room ? read(fd, ret_output + used, OUTPUT_MAX - 1 - used) : read(fd, rest, sizeof(rest));
        used += room && got > 0 ? (size_t)got : 0;
    } while (got > 0 || (got < 0 && errno == EINTR));
    ret_output[used] = '\0';
}

/* Run modutil without a shell; what it says, on both outputs, is in ret_output.  CODE_OK if it could be started. */
static int modutil_run(const char *const words[], char ret_output[static OUTPUT_MAX])
{
    posix_spawn_file_actions_t actions;
    int ends[2], code = CODE_FAILED, status, err;
    char *argv[16];
    pid_t child;
    size_t count = 0;

    ret_output[0] = '\0';
    while (count < 15 && words[count] != NULL)
        count++;
    memcpy(argv, words, (count + 1) * sizeof(argv[0]));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return CODE_FAILED;
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
        code = CODE_OK;
    } else {
        say_error(_("%s cannot be started: %s"), words[0], strerror(err));
        say_next("%s", _("Install NSS's tools (Debian: apt install libnss3-tools)."));
    }
    (void)close(ends[0]);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

static int folders_make(const char *folder)
{
    char path[PATH_MAX];

    if (strlen(folder) >= sizeof(path))
        return CODE_FAILED;
    strncpy(path, folder, sizeof(path));
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        bool last = *at == '\0';

        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST) {
            say_error(_("%s cannot be made: %s"), path, strerror(errno));
            return CODE_FAILED;
        }
        if (last)
            return CODE_OK;
        *at = '/';
    }
}

/* Run modutil on a database and see whether our entry is then as wanted (NULL: gone). */
static int modutil_on(const char *folder, const char *const more[static 4], const char *library)
{
    char database[FOLDER_ROOM], output[OUTPUT_MAX], now[PATH_MAX];
    const char *const words[] = { "modutil", "-force", "-dbdir", database, more[0], more[1], more[2], more[3], NULL };
    int code;
    bool entered;

    snprintf(database, sizeof(database), "sql:%s", folder);
    code = modutil_run(words, output);
    if (code != CODE_OK)
        return code;
    entered = nssdb_library(folder, now);
    if (nssdb_exists(folder) && (library == NULL ? !entered : entered && strcmp(now, library) == 0))
        return CODE_OK;
    say_error(_("modutil did not change %s. It said:"), folder);
    fputs(output, stderr);
    return CODE_FAILED;
}

int nssdb_create(const char *folder)
{
    static const char *const words[4] = { "-create" };
    int code = folders_make(folder);

    return code == CODE_OK ? modutil_on(folder, words, NULL) : code;
}

int nssdb_add(const char *folder, const char *library)
{
    const char *const words[4] = { "-add", NSSDB_MODULE, "-libfile", library };

    return modutil_on(folder, words, library);
}

int nssdb_remove(const char *folder)
{
    static const char *const words[4] = { "-delete", NSSDB_MODULE };

    return modutil_on(folder, words, NULL);
}

/*
 * pkcs11.txt has one block of key=value lines a module, blocks parted by empty lines.  The value of "library" comes before
 * the name, so it is kept until the name is known.
 */
bool nssdb_library(const char *folder, char *ret_library)
{
    char path[PATH_MAX], line[PATH_MAX + 16], library[PATH_MAX] = "";
    bool found = false;
    FILE *file;

    if (!path_join(folder, "pkcs11.txt", path))
        return false;
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0')
            library[0] = '\0';
        else if (strncmp(line, "library=", 8) == 0)
            snprintf(library, sizeof(library), "%.*s", PATH_MAX - 1, line + 8);
        found = strcmp(line, "name=" NSSDB_MODULE) == 0;
    }
    (void)fclose(file);
    if (found)
        memcpy(ret_library, library, sizeof(library));
    return found;
}

long firefox_lock_owner(const char *profile, char *ret_lock)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    long owner = 0;
    int fd;

    if (!path_join(profile, ".parentlock", ret_lock))
        return 0;
    fd = open(ret_lock, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        owner = lock.l_pid > 0 ? (long)lock.l_pid : -1;
    (void)close(fd);
    return owner;
}

long chromium_lock_owner(const char *folder, char *ret_lock)
{
    char target[PATH_MAX];
    const char *dash;
    ssize_t len;
    long owner;

    if (!path_join(folder, "SingletonLock", ret_lock))
        return 0;
    len = readlink(ret_lock, target, sizeof(target) - 1);
    if (len < 0)
        return 0;
    target[len] = '\0';
    dash = strrchr(target, '-');
    owner = dash == NULL ? 0 : strtol(dash + 1, NULL, 10);
    return owner > 0 && (kill((pid_t)owner, 0) == 0 || errno == EPERM) ? owner : 0;
}
