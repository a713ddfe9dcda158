/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of places: which browsers there are, as what they are installed, where they keep the
 * list of modules that they load, and how to see that they run.  register, unregister and doctor go
 * through it; nothing else knows such a path.
 */
#ifndef TOOLS_BROWSERS_H
#define TOOLS_BROWSERS_H

#include "files.h"

enum browser { BROWSER_FIREFOX = 1, BROWSER_CHROMIUM = 2, BROWSER_THUNDERBIRD = 4 };

/* As what it is installed: it sees the machine, or a sandbox with other libraries and another
 * runtime folder. */
enum wrap { WRAP_NONE, WRAP_SNAP, WRAP_FLATPAK };

struct app_row {
    enum browser browser;
    enum wrap wrap;
    const char *name; /* for a person */
    const char *id;   /* of the Snap or Flatpak; NULL for the distribution's */
    /* ended by NULL, or NULL for none: the names of the distribution's program; a Chromium's
     * folders with its lock, below the person's folders */
    const char *const *programs, *const *running;
};

extern const struct app_row apps[];
extern const size_t app_count;

/* The browsers that a word of the command line means, 0 for any other word; and one's word. */
unsigned browsers_read(const char *word);
const char *browser_word(enum browser browser);

/* The folders of a person, absolute. */
struct person {
    char home[PATH_MAX], config[PATH_MAX], data[PATH_MAX], runtime[PATH_MAX];
};

/* The person that runs this; false, and said, where there is no home folder. */
bool person_find(struct person *ret_person);

/* Whether the browser is there to be started. */
bool app_installed(const struct person *person, const struct app_row *app);

/*
 * Call visit for each database (a folder with pkcs11.txt) of the browser that is there, until it
 * answers false.  Of Chromium's only those that it uses, or, with every, any that it may once have
 * used.  How many there were.
 */
typedef bool (*database_visit)(void *context, const struct app_row *app, const char *folder);
size_t databases_visit(const struct person *person, const struct app_row *app, bool every,
                       database_visit visit, void *context);

/* Where a Chromium looks for its database, and makes it where there is none; false: it must be
 * started first. */
bool database_place(const struct person *person, const struct app_row *app, char *ret_folder);

/* ~/.pki/nssdb, where it exists and a Flatpak that sees the person's home uses it too: one entry
 * has to serve both. */
bool database_shared(const struct person *person, const char *folder);

/* Both databases of Chromium are there, and it uses the first: whoever made that cut it off from
 * the second. */
bool databases_parted(const struct person *person, char *ret_used, char *ret_left);

/* Whether a running program has the database open; *ret_owner is its process, 0 if only its lock
 * (ret_lock) is known. */
bool database_in_use(const struct person *person, const struct app_row *app, const char *folder,
                     long *ret_owner, char *ret_lock);

#endif
