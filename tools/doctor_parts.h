/* SPDX-License-Identifier: BSD-3-Clause */
/* What "doctor" finds around the card: files, programs, registrations. */
#ifndef TOOLS_DOCTOR_PARTS_H
#define TOOLS_DOCTOR_PARTS_H

#include "reader_status.h"

enum verdict { VERDICT_GOOD, VERDICT_NOTE, VERDICT_BAD };

struct doctor {
    bool as_json;
    struct json json;
    const char *module; /* path of the module that is looked at, or NULL until one was chosen */
    unsigned bad;       /* findings so far that keep it from working */
    char told[2 * PATH_MAX + 512];
};

/* One finding: what was looked at, what was found, what to do (NULL: nothing).  All translated
 * already. */
void finding(struct doctor *doctor, enum verdict verdict, const char *what, const char *found,
             const char *next);

/* What was found, with names in it; it holds until the next call. */
const char *told(struct doctor *doctor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* pcscd and the right to use it; true: there is something to ask further.  And why it has no
 * reader. */
bool look_at_service(struct doctor *doctor, struct reader_view *views, size_t *ret_count);
void look_for_reader(struct doctor *doctor);

/* Programs that keep a reader to themselves, or show the card a second time. */
void look_at_programs(struct doctor *doctor);
void look_at_opensc(struct doctor *doctor);

/* An ssh that drops every token that wants a PIN. */
void look_at_ssh(struct doctor *doctor);

/* Lines of the options that the module does not understand. */
void look_at_options(struct doctor *doctor);

/* The module: can it be loaded, and who knows of it? */
void look_at_module(struct doctor *doctor);
void look_at_registrations(struct doctor *doctor);

/* The module that a browser's database names, if it is there. */
bool browsers_name(char ret_path[static PATH_MAX]);

/* Each browser of the person: does it know the module, and does its way there hold? */
void look_at_browsers(struct doctor *doctor);

#endif
