/* SPDX-License-Identifier: BSD-3-Clause */
#include "simcard.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX 4096

/* A command's work on the words behind its name; fills answer (room ANSWER_MAX) unless "ok" will
 * do.  False: error. */
typedef bool control_handler(struct simcard *sim, const char *args, char *answer);

struct control_row {
    const char *name;
    control_handler *handler;
    const char *help;
};

static bool do_insert(struct simcard *sim, const char *args, char *answer)
{
    (void)args, (void)answer;
    sim->inserted = true;
    return true;
}

static bool do_eject(struct simcard *sim, const char *args, char *answer)
{
    (void)args, (void)answer;
    sim->inserted = false;
    sim->insert_at_ms = 0;
    simcard_vpcd_close(sim);
    return true;
}

static bool do_swap(struct simcard *sim, const char *args, char *answer)
{
    (void)answer;
    simcard_vpcd_close(sim);
    return simcard_swap(sim, args);
}

static bool do_stats(struct simcard *sim, const char *args, char *answer)
{
    (void)args;
    sim_card_stats_json(simcard_card(sim), answer, ANSWER_MAX);
    return true;
}

static bool do_reset_stats(struct simcard *sim, const char *args, char *answer)
{
    (void)args, (void)answer;
    sim_card_reset_stats(simcard_card(sim));
    return true;
}

static bool do_tries(struct simcard *sim, const char *args, char *answer)
{
    const struct sim_options *opt = sim_card_options(simcard_card(sim));

    (void)args;
    snprintf(answer, ANSWER_MAX, "{\"auth\":%u,\"sign\":%u}", opt->role[SIM_AUTH].tries,
             opt->role[SIM_SIGN].tries);
    return true;
}

static bool do_set(struct simcard *sim, const char *args, char *answer)
{
    (void)answer;
    return sim_card_set(simcard_card(sim), args);
}

static bool do_pin(struct simcard *sim, const char *args, char *answer)
{
    char word[64];
    const size_t len = strcspn(args, " ");

    (void)answer;
    if (args[len] != ' ')
        return false;
    snprintf(word, sizeof(word), "pin-%.*s=%s", (int)len, args, args + len + 1);
    return sim_card_set(simcard_card(sim), word);
}

/* "N [COMMAND] KIND", of the kinds that a card can bring about without its world. */
static bool fault_add(struct sim_faults *faults, const char *args)
{
    static const char *const in_process[] = { "unplug", "replug", "swap-reset", "service",
                                              "block",  "hold",   "unpower" };
    char *end = NULL;
    const unsigned long n = strtoul(args, &end, 10);

    for (size_t i = 0; i < sizeof(in_process) / sizeof(in_process[0]); i++) {
        if (strstr(args, in_process[i]) != NULL)
            return false;
    }
    return end != args && *end == ' ' && n <= 1000000 &&
           sim_faults_add(faults, end + 1, (unsigned)n);
}

static bool do_stuck(struct simcard *sim, const char *args, char *answer)
{
    char *end = NULL;
    const unsigned long times = strtoul(args, &end, 10);

    (void)answer;
    if (end == args || *end != '\0' || times > 1000)
        return false;
    sim->stuck = (unsigned)times;
    return true;
}

static bool do_fault(struct simcard *sim, const char *args, char *answer)
{
    struct sim_faults faults = { 0 };

    (void)answer;
    if (!fault_add(&faults, args))
        return false;
    sim->faults = faults;
    return true;
}

static bool do_fault_also(struct simcard *sim, const char *args, char *answer)
{
    (void)answer;
    return fault_add(&sim->faults, args);
}

static bool do_trace(struct simcard *sim, const char *args, char *answer)
{
    FILE *file = NULL;

    (void)answer;
    if (strncmp(args, "on ", 3) == 0) {
        file = fopen(args + 3, "a");
        if (file == NULL)
            return false;
    } else if (strcmp(args, "off") != 0) {
        return false;
    }
    sim_card_trace(simcard_card(sim), file);
    if (sim->trace != NULL)
        fclose(sim->trace);
    sim->trace = file;
    return true;
}

static bool do_status(struct simcard *sim, const char *args, char *answer)
{
    (void)args;
    snprintf(answer, ANSWER_MAX, "{\"inserted\":%s,\"connected\":%s,\"powered\":%s}",
             sim->inserted ? "true" : "false", sim->vpcd_fd >= 0 ? "true" : "false",
             sim_card_powered(simcard_card(sim)) ? "true" : "false");
    return true;
}

static bool do_quit(struct simcard *sim, const char *args, char *answer)
{
    (void)args, (void)answer;
    sim->quit = true;
    return true;
}

static const struct control_row control_rows[] = {
    { "insert", do_insert, "put the card into the reader" },
    { "eject", do_eject, "take it out" },
    { "swap", do_swap,
      "[key=value ...]  change places with another card (holder + 1), with these words applied to it" },
    { "status", do_status, "whether it is inserted, connected to vpcd, under power" },
    { "stats", do_stats, "what the card met, as JSON" },
    { "reset-stats", do_reset_stats, "start counting again" },
    { "tries", do_tries, "what is left of the PIN counters" },
    { "set", do_set, "key=value  change the living card" },
    { "pin", do_pin, "auth|sign VALUE  change a PIN behind everybody's back" },
    { "stuck", do_stuck,
      "N  answer nothing until the power was taken away N times (as sleep leaves some readers)" },
    { "fault", do_fault,
      "N [COMMAND] KIND  on the N-th exchange from now, or the N-th COMMAND: remove remove-reinsert swap "
      "mute empty truncate oversize sw=XXXX reset; in place of those that wait" },
    { "fault-also", do_fault_also, "the same, beside those that wait" },
    { "trace", do_trace, "on FILE | off  write every exchange, PINs left out" },
    { "quit", do_quit, "end the program" },
};

#define CONTROL_COUNT (sizeof(control_rows) / sizeof(control_rows[0]))

void simcard_control_help(FILE *out)
{
    fprintf(out, "Commands of the control socket:\n");
    for (size_t i = 0; i < CONTROL_COUNT; i++)
        fprintf(out, "  %-12s %s\n", control_rows[i].name, control_rows[i].help);
    fputs("COMMAND of a fault:", out);
    sim_fault_places_print(out);
    fputs("\n", out);
}

static void line_run(struct simcard *sim, const char *line, int fd)
{
    char answer[ANSWER_MAX] = "ok";
    const size_t len = strcspn(line, " ");
    const char *args = line[len] == ' ' ? line + len + 1 : line + len;
    bool known = false, done = false;

    for (size_t i = 0; i < CONTROL_COUNT && !known; i++) {
        known =
            strlen(control_rows[i].name) == len && strncmp(control_rows[i].name, line, len) == 0;
        if (known)
            done = control_rows[i].handler(sim, args, answer);
    }
    if (!done)
        snprintf(answer, sizeof(answer), "error: %s",
                 known ? "not possible so" : "no such command");
    (void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    (void)send(fd, "\n", 1, MSG_NOSIGNAL);
}

static bool address_fill(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    return (size_t)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path) <
           sizeof(address->sun_path);
}

bool simcard_control_open(struct simcard *sim)
{
    struct sockaddr_un address;
    struct stat st;
    const mode_t old_mask = umask(0177);
    bool done = false;

    if (lstat(sim->control_path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(sim->control_path);
    sim->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sim->listen_fd >= 0 && address_fill(sim->control_path, &address))
        done = bind(sim->listen_fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
               listen(sim->listen_fd, 8) == 0;
    umask(old_mask);
    if (!done)
        fprintf(stderr, "jpki-simcard: no control socket at %s\n", sim->control_path);
    return done;
}

void simcard_control_close(struct simcard *sim)
{
    for (int i = 0; i < SIMCARD_CLIENTS; i++) {
        if (sim->clients[i].fd >= 0)
            close(sim->clients[i].fd);
    }
    if (sim->listen_fd >= 0) {
        close(sim->listen_fd);
        unlink(sim->control_path);
    }
}

void simcard_control_accept(struct simcard *sim)
{
    const int fd = accept4(sim->listen_fd, NULL, NULL, SOCK_CLOEXEC);

    for (int i = 0; i < SIMCARD_CLIENTS && fd >= 0; i++) {
        if (sim->clients[i].fd < 0) {
            sim->clients[i] = (struct simcard_client){ .fd = fd };
            return;
        }
    }
    if (fd >= 0)
        close(fd);
}

void simcard_control_serve(struct simcard *sim, struct simcard_client *client)
{
    const size_t room = sizeof(client->line) - 1 - client->len;
    const ssize_t got = room == 0 ? 0 : recv(client->fd, client->line + client->len, room, 0);
    char *end = NULL;

    if (got <= 0) {
        close(client->fd);
        client->fd = -1;
        return;
    }
    client->len += (size_t)got;
    client->line[client->len] = '\0';
    end = memchr(client->line, '\n', client->len);
    while (end != NULL) {
        const size_t used = (size_t)(end - client->line) + 1;
        *end = '\0';
        line_run(sim, client->line, client->fd);
        memmove(client->line, client->line + used, client->len - used);
        client->len -= used;
        end = memchr(client->line, '\n', client->len);
    }
}

int simcard_control_call(const char *path, char *const *words, int count)
{
    struct sockaddr_un address;
    char text[ANSWER_MAX + 8] = "";
    size_t len = 0;
    ssize_t got = 1;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || !address_fill(path, &address) ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        fprintf(stderr, "jpki-simcard: nothing answers at %s\n", path);
        if (fd >= 0)
            close(fd);
        return 1;
    }
    for (int i = 0; i < count && len + strlen(words[i]) + 2 < SIMCARD_LINE_MAX; i++)
        len +=
            (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i == 0 ? "" : " ", words[i]);
    text[len] = '\n';
    (void)send(fd, text, len + 1, MSG_NOSIGNAL);
    len = 0;
    while (got > 0 && len < sizeof(text) - 1 && memchr(text, '\n', len) == NULL) {
        got = recv(fd, text + len, sizeof(text) - 1 - len, 0);
        len += got > 0 ? (size_t)got : 0;
    }
    close(fd);
    text[len] = '\0';
    fputs(text, stdout);
    return len == 0 || strncmp(text, "error", 5) == 0 ? 1 : 0;
}
