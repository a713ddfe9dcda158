/* SPDX-License-Identifier: BSD-3-Clause */
#include "command.h"
#include "conf.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct command_row {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "status", command_status,
      N_("show readers, cards, PIN tries and how long the certificates are valid") },
    { "watch", command_watch,
      N_("go on showing what changes, or tell it by notices on the desktop") },
    { "cert", command_cert, N_("list, show, export and verify the certificates") },
    { "pin", command_pin, N_("change or verify a PIN") },
    { "sign", command_sign, N_("sign a PDF or any other file") },
    { "ssh-key", command_ssh_key, N_("print the authentication key as a line for OpenSSH") },
    { "uri", command_uri, N_("print the PKCS#11 URIs of the card's objects") },
    { "register", command_register,
      N_("make the module known to Firefox, Chromium and other programs") },
    { "unregister", command_unregister, N_("undo what register did") },
    { "report", command_report, N_("tell how the card answers, for the project to learn from") },
    { "doctor", command_doctor, N_("find out why it does not work") },
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int help_show(void)
{
    text_line(stdout, "%s", _("Usage: jpki-token COMMAND [options]"));
    text_line(stdout, "%s", "");
    text_wrap(
        stdout, 0,
        _("The My Number Card (JPKI) for its holder: what is on it, until when it is valid, its PINs, and its "
          "use in other programs."));
    text_head("%s", _("Commands:"));
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        text_row(2, commands[i].name, "%s", _(commands[i].help));
    text_head(
        "%s",
        _("'jpki-token COMMAND --help' shows the options of a command; jpki-token(1) has everything."));
    return CODE_OK;
}

/*
 * The catalogues are looked for where they were installed, or, for a build that is not installed,
 * where gettext's own variable says.  What is written is UTF-8, as names on cards are; where the
 * terminal takes another code it is English.
 */
static void language_choose(void)
{
    const char *folder = secure_getenv("TEXTDOMAINDIR");

    (void)setlocale(LC_ALL, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        (void)setlocale(LC_ALL, "C");
    (void)bindtextdomain("jpki-token", folder == NULL ? JPKI_LOCALEDIR : folder);
    (void)textdomain("jpki-token");
}

/* A standard stream that is closed: its number must not fall to the service's socket.  What is
 * asked of it fails still. */
static void streams_hold(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

/* The exit code, if what was to be shown arrived; where a pager quit there is nobody to be told. */
static int output_end(int code)
{
    int why = fflush(stdout) != 0 ? errno : ferror(stdout) != 0 ? EIO : 0;

    if (why == 0)
        return code;
    if (why != EPIPE)
        say_error(_("the output cannot be written: %s"), strerror(why));
    return code == CODE_OK ? CODE_FAILED : code;
}

static int command_run(int argc, char **argv)
{
    if (argc < 2) {
        help_show();
        return CODE_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return help_show();
    if (strcmp(argv[1], "--version") == 0) {
        text_line(stdout, "%s", "jpki-token " JPKI_VERSION);
        return CODE_OK;
    }
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    say_error(_("there is no command '%s'"), argv[1]);
    say_next("%s", _("'jpki-token --help' lists the commands."));
    return CODE_USAGE;
}

int main(int argc, char **argv)
{
    const struct rlimit none = { 0, 0 };

    (void)setrlimit(RLIMIT_CORE, &none); /* a core file would hold a PIN */
    streams_hold();
    language_choose();
    return output_end(command_run(argc, argv));
}
