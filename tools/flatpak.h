/* SPDX-License-Identifier: BSD-3-Clause */
/* What flatpak knows of an application.  Without flatpak every answer is no. */
#ifndef TOOLS_FLATPAK_H
#define TOOLS_FLATPAK_H

#include <stdbool.h>

/* data: the person's XDG_DATA_HOME. */
bool flatpak_installed(const char *data, const char *id);

/* Whether the application runs now. */
bool flatpak_runs(const char *id);

/* Whether it sees the person's home folder, and whether pcscd's socket. */
bool flatpak_sees_home(const char *id);
bool flatpak_sees_pcscd(const char *id);

/* Where its runtime lies: what is /usr inside.  ret_folder has room for PATH_MAX. */
bool flatpak_usr(const char *id, char *ret_folder);

#endif
