/* SPDX-License-Identifier: BSD-3-Clause */
/* What "doctor" finds around the card: files, programs, registrations. */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include "finding.h"
#include "status.h"

/* What the card can still do with its keys: tries left, until when the certificates are valid. */
void look_at_roles(struct doctor *doctor, const struct reader_status *status);

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
