/* SPDX-License-Identifier: BSD-3-Clause */
#include "service.h"

#include "program.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_PATH "/run/pcscd/pcscd.comm"
#define BUS_PATH "/run/dbus/system_bus_socket"
#define ANSWER_MS 2000
#define LINE_MAX_LEN 1024

static const char *socket_path(void)
{
    const char *path = secure_getenv("PCSCLITE_CSOCK_NAME");

    return path == NULL ? SOCKET_PATH : path;
}

/*
 * pcscd's conversation begins with versions: a head (length, command), then major, minor and a
 * result.  One that speaks is not deaf: the library of this machine is of another protocol
 * (pcscd 2.3 and 1.9, a container beside its host).
 */
static bool service_speaks(void)
{
    /* in the machine's order, as pcscd's own are */
    static const uint32_t question[] = { 12, 0x11, 0, 0, 0 };

    return socket_answers(socket_path(), question, sizeof(question), 3 * sizeof(uint32_t),
                          ANSWER_MS);
}

enum service_trouble service_trouble(void)
{
    if (access(socket_path(), R_OK | W_OK) == 0)
        return service_speaks() ? SERVICE_OTHER_PROTOCOL : SERVICE_DEAF;
    return errno == EACCES ? SERVICE_NO_RIGHT : SERVICE_ABSENT;
}

/* "PATH MODE USER:GROUP" */
static void file_facts(const char *path, const struct stat *info, char *ret_text, size_t room)
{
    const struct passwd *owner = getpwuid(info->st_uid);
    const struct group *group = getgrgid(info->st_gid);

    snprintf(ret_text, room, "%s %04o %s:%s", path, (unsigned)(info->st_mode & 07777),
             owner == NULL ? "?" : owner->pw_name, group == NULL ? "?" : group->gr_name);
}

const char *socket_facts(void)
{
    static char text[256];
    struct stat info;

    text[0] = '\0';
    if (stat(socket_path(), &info) == 0)
        file_facts(socket_path(), &info, text, sizeof(text));
    return text;
}

/* The first line of a file, without its end; "" if there is none. */
static void line_read(const char *folder, const char *name, char ret_line[static LINE_MAX_LEN])
{
    char path[PATH_MAX];
    FILE *in;

    ret_line[0] = '\0';
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return;
    in = fopen(path, "re");
    if (in == NULL)
        return;
    if (fgets(ret_line, LINE_MAX_LEN, in) != NULL)
        ret_line[strcspn(ret_line, "\n")] = '\0';
    (void)fclose(in);
}

/* The folder of a process in /proc; false: none of this name is seen. */
static bool process_find(const char *name, char ret_folder[static 300])
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    char comm[LINE_MAX_LEN];
    bool found = false;

    while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        snprintf(ret_folder, 300, "/proc/%s", entry->d_name);
        line_read(ret_folder, "comm", comm);
        found = strcmp(comm, name) == 0;
    }
    if (dir != NULL)
        (void)closedir(dir);
    return found;
}

bool process_runs(const char *name)
{
    char folder[300];

    return process_find(name, folder);
}

/* Whether others' processes cannot be seen in /proc: neither can polkit see who asks. */
static bool processes_hidden(void)
{
    char line[LINE_MAX_LEN], place[256], options[512];
    FILE *in = fopen("/proc/self/mounts", "re");
    bool hidden = false;

    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        const char *at = NULL;
        if (sscanf(line, "%*s %255s %*s %511s", place, options) == 2 &&
            strcmp(place, "/proc") == 0) {
            at = strstr(options, "hidepid=");
            hidden = at != NULL && strncmp(at, "hidepid=0", 9) != 0 &&
                     strncmp(at, "hidepid=off", 11) != 0;
        }
    }
    if (in != NULL)
        (void)fclose(in);
    return hidden;
}

enum refusal service_refusal(void)
{
    int bus;

    if (processes_hidden())
        return REFUSED_HIDDEN;
    if (!process_runs("pcscd"))
        return REFUSED_OUTSIDE;
    bus = socket_reach(BUS_PATH);
    if (bus < 0)
        return REFUSED_NO_BUS;
    (void)close(bus);
    return REFUSED_SESSION;
}

/* Whether a number stands in a line of numbers, as "Groups:" has it. */
static bool number_stands(const char *line, unsigned long number)
{
    char *end = NULL;

    for (const char *at = line; *at != '\0'; at = end) {
        unsigned long one = strtoul(at, &end, 10);
        if (end == at)
            return false;
        if (one == number)
            return true;
    }
    return false;
}

/* Whether pcscd, as whom it runs, may read and write the file; ret_user is set. */
static bool service_may(const struct stat *info, char *ret_user, size_t room)
{
    char folder[300], path[320], line[LINE_MAX_LEN];
    unsigned long uid = 0;
    bool group = false;
    const struct passwd *user;
    FILE *in;

    if (!process_find("pcscd", folder))
        return true;
    snprintf(path, sizeof(path), "%s/status", folder);
    in = fopen(path, "re");
    while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (strncmp(line, "Uid:", 4) == 0)
            uid = strtoul(line + 4, NULL, 10);
        else if (strncmp(line, "Gid:", 4) == 0)
            group = group || number_stands(line + 4, info->st_gid);
        else if (strncmp(line, "Groups:", 7) == 0)
            group = group || number_stands(line + 7, info->st_gid);
    }
    if (in != NULL)
        (void)fclose(in);
    user = getpwuid((uid_t)uid);
    snprintf(ret_user, room, "%s", user == NULL ? "?" : user->pw_name);
    return uid == 0 || (uid == info->st_uid && (info->st_mode & 0600) == 0600) ||
           (group && (info->st_mode & 0060) == 0060) || (info->st_mode & 0006) == 0006;
}

bool reader_plugged(char *ret_name, size_t name_room, char *ret_denied, size_t denied_room)
{
    char folder[PATH_MAX], line[LINE_MAX_LEN], node[64], user[64], facts[200];
    bool found = false;
    glob_t places = { .gl_pathc = 0 };
    struct stat info;

    (void)glob("/sys/bus/usb/devices/*:*", 0, NULL, &places);
    for (size_t i = 0; i < places.gl_pathc && !found; i++) {
        line_read(places.gl_pathv[i], "bInterfaceClass", line);
        if (strcmp(line, "0b") != 0)
            continue;
        found = true;
        ret_denied[0] = '\0';
        snprintf(folder, sizeof(folder), "%.*s", (int)strcspn(places.gl_pathv[i], ":"),
                 places.gl_pathv[i]);
        line_read(folder, "product", line);
        snprintf(ret_name, name_room, "%s", line);
        line_read(folder, "busnum", line);
        snprintf(node, sizeof(node), "/dev/bus/usb/%03ld/", strtol(line, NULL, 10));
        line_read(folder, "devnum", line);
        snprintf(node + strlen(node), sizeof(node) - strlen(node), "%03ld", strtol(line, NULL, 10));
        if (stat(node, &info) == 0 && !service_may(&info, user, sizeof(user))) {
            file_facts(node, &info, facts, sizeof(facts));
            snprintf(ret_denied, denied_room, "%s (%s)", user, facts);
        }
    }
    globfree(&places);
    return found;
}
