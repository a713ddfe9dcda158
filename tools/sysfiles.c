/* SPDX-License-Identifier: BSD-3-Clause */
#include "sysfiles.h"

#include "nssdb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX (PATH_MAX + 256)

#define FIREFOX_FOLDER "/etc/firefox/policies"
#define FIREFOX_FILE FIREFOX_FOLDER "/policies.json"
#define P11KIT_FOLDER "/etc/pkcs11/modules"
#define P11KIT_FILE P11KIT_FOLDER "/" NSSDB_MODULE ".module"

enum found { FOUND_NONE, FOUND_OURS, FOUND_OTHER };

/* What lies under this name, compared with the text that we would write. */
static enum found file_compare(const char *path, const char *text)
{
    char now[TEXT_MAX + 1];
    FILE *file = fopen(path, "re");
    size_t len;

    if (file == NULL)
        return errno == ENOENT ? FOUND_NONE : FOUND_OTHER;
    len = fread(now, 1, sizeof(now), file);
    (void)fclose(file);
    return len == strlen(text) && memcmp(now, text, len) == 0 ? FOUND_OURS : FOUND_OTHER;
}

static int trouble_say(const char *path)
{
    say_error("%s: %s", path, strerror(errno));
    if (errno == EACCES || errno == EPERM)
        say_next("%s", _("--system needs root: use sudo."));
    return CODE_FAILED;
}

/* Make the folder and the one above it where they are missing; others may read them. */
static int folder_make(const char *folder)
{
    char above[PATH_MAX];

    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(folder, '/') - folder), folder);
    if ((mkdir(above, 0755) != 0 && errno != EEXIST) || (mkdir(folder, 0755) != 0 && errno != EEXIST))
        return trouble_say(folder);
    return CODE_OK;
}

static int file_write(const char *folder, const char *path, const char *text)
{
    int fd, code = folder_make(folder);
    size_t len = strlen(text);
    bool good;

    if (code != CODE_OK)
        return code;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return trouble_say(path);
    good = fchmod(fd, 0644) == 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (!good)
        code = trouble_say(path);
    (void)close(fd);
    if (!good)
        (void)unlink(path);
    else
        printf(_("written: %s\n"), path);
    return code;
}

/* The folders above go too if nothing else is in them, since register may have made them. */
static int file_remove(const char *folder, const char *path)
{
    char above[PATH_MAX];

    if (unlink(path) != 0)
        return trouble_say(path);
    snprintf(above, sizeof(above), "%.*s", (int)(strrchr(folder, '/') - folder), folder);
    if (rmdir(folder) == 0)
        (void)rmdir(above);
    printf(_("removed: %s\n"), path);
    return CODE_OK;
}

/* Bring the file to the wanted state; *ret_other: it is somebody else's and was left alone. */
static int file_settle(const char *folder, const char *path, const char *text, bool wanted, bool *ret_other)
{
    enum found found = file_compare(path, text);

    *ret_other = found == FOUND_OTHER;
    if (found == FOUND_OTHER)
        return CODE_FAILED;
    if ((found == FOUND_OURS) == wanted) {
        printf(wanted ? _("already there: %s\n") : _("not there: %s\n"), path);
        return CODE_OK;
    }
    return wanted ? file_write(folder, path, text) : file_remove(folder, path);
}

int sysfiles_firefox(const char *auth, bool wanted)
{
    char text[TEXT_MAX];
    bool other;
    int code;

    snprintf(text, sizeof(text),
             "{\n  \"policies\": {\n    \"SecurityDevices\": {\n      \"Add\": {\n"
             "        \"%s\": \"%s\"\n      }\n    }\n  }\n}\n",
             NSSDB_MODULE, auth);
    code = file_settle(FIREFOX_FOLDER, FIREFOX_FILE, text, wanted, &other);
    if (other) {
        say_error(wanted ? _("%s is not this program's file, so it was left alone.") :
                           _("%s was not written by this program, so it was left alone."), FIREFOX_FILE);
        say_next(wanted ? _("Add to its \"policies\", inside \"SecurityDevices\" and \"Add\": \"%s\": \"%s\"") :
                          _("If it has this line inside \"SecurityDevices\" and \"Add\", take it out: \"%s\": \"%s\""),
                 NSSDB_MODULE, auth);
    }
    return code;
}

int sysfiles_p11kit(const char *full, bool wanted)
{
    char text[TEXT_MAX];
    bool other;
    int code;

    snprintf(text, sizeof(text), "module: %s\n", full);
    code = file_settle(P11KIT_FOLDER, P11KIT_FILE, text, wanted, &other);
    if (other) {
        say_error(_("%s was changed by somebody, so it was left alone."), P11KIT_FILE);
        say_next(wanted ? _("It should have the line: module: %s") : _("Remove it by hand. It would load: %s"), full);
    }
    return code;
}
