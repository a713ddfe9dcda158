/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_like.h"
#include "simcard.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RETRY_MS 100

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    (void)number;
    signalled = 1;
}

struct sim_card *simcard_card(struct simcard *sim)
{
    return sim->cards[sim->current];
}

static struct sim_card *card_make(const struct simcard *sim, const struct sim_options *opt)
{
    struct sim_card *card = sim_card_new(opt, sim->keys_dir);
    char path[512];

    if (card != NULL && sim->state_dir != NULL) {
        (void)mkdir(sim->state_dir, 0700);
        snprintf(path, sizeof(path), "%s/card-%u.state", sim->state_dir, opt->holder);
        if (!sim_card_keep_state(card, path)) {
            sim_card_free(card);
            return NULL;
        }
    }
    return card;
}

bool simcard_swap(struct simcard *sim, const char *words)
{
    const unsigned other = 1 - sim->current;
    char text[SIMCARD_LINE_MAX], *rest = NULL;
    bool right = true;

    if (sim->cards[other] == NULL) {
        struct sim_options opt = sim->opt;
        opt.holder++;
        sim->cards[other] = card_make(sim, &opt);
    }
    if (sim->cards[other] == NULL)
        return false;
    snprintf(text, sizeof(text), "%s", words);
    for (char *word = strtok_r(text, " ", &rest); word != NULL && right;
         word = strtok_r(NULL, " ", &rest))
        right = sim_card_set(sim->cards[other], word);
    if (right) {
        sim_card_trace(simcard_card(sim), NULL);
        sim->current = other;
        sim_card_trace(simcard_card(sim), sim->trace);
    }
    return right;
}

/* Wait for vpcd, a client of the control socket, or the time of the next thing to do. */
static void step(struct simcard *sim)
{
    struct pollfd fds[2 + SIMCARD_CLIENTS];
    int timeout = -1;

    if (sim->insert_at_ms != 0 && simcard_now_ms() >= sim->insert_at_ms) {
        sim->insert_at_ms = 0;
        sim->inserted = true;
    }
    if (sim->inserted && sim->vpcd_fd < 0)
        simcard_vpcd_connect(sim);
    if (sim->insert_at_ms != 0 || (sim->inserted && sim->vpcd_fd < 0))
        timeout = RETRY_MS;
    fds[0] = (struct pollfd){ .fd = sim->vpcd_fd, .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = sim->listen_fd, .events = POLLIN };
    for (int i = 0; i < SIMCARD_CLIENTS; i++)
        fds[2 + i] = (struct pollfd){ .fd = sim->clients[i].fd, .events = POLLIN };
    if (poll(fds, 2 + SIMCARD_CLIENTS, timeout) <= 0)
        return;
    if (fds[0].revents != 0)
        simcard_vpcd_serve(sim);
    for (int i = 0; i < SIMCARD_CLIENTS; i++) {
        if (fds[2 + i].revents != 0)
            simcard_control_serve(sim, &sim->clients[i]);
    }
    if (fds[1].revents != 0)
        simcard_control_accept(sim);
}

static void usage(FILE *out)
{
    fprintf(
        out,
        "Usage: jpki-simcard [options]           a simulated My Number Card in a vpcd reader\n"
        "       jpki-simcard --ctl SOCKET WORDS   send a command to a running one and print the answer\n"
        "  --profile NAME      the kind of card (below)\n"
        "  --like REPORT.json  a card that answers as this report of 'jpki-token report --json' says\n"
        "  --set KEY=VALUE     one property (below); may be repeated\n"
        "  --pin-auth PIN, --pin-sign PIN\n"
        "  --latency nfc|none  whether the time of card and air is really spent (default none)\n"
        "  --host HOST, --port PORT   of vpcd (default 127.0.0.1 35963; the second reader has 35964)\n"
        "  --control SOCKET    a Unix socket to govern the card by\n"
        "  --state DIR         keep counters and PINs there\n"
        "  --keys DIR          keep keys and certificates there\n"
        "  --export DIR        write the certificates as PEM files; without --control and --serve that is all\n"
        "  --serve             go on after --export\n"
        "  --trace FILE        write every exchange, PINs left out\n"
        "  --no-card           begin with an empty reader\n");
    simcard_control_help(out);
    sim_options_help(out);
}

enum long_option {
    OPT_PROFILE = 1000,
    OPT_LIKE,
    OPT_SET,
    OPT_PIN_AUTH,
    OPT_PIN_SIGN,
    OPT_LATENCY,
    OPT_HOST,
    OPT_PORT,
    OPT_CONTROL,
    OPT_STATE,
    OPT_KEYS,
    OPT_EXPORT,
    OPT_SERVE,
    OPT_TRACE,
    OPT_NO_CARD,
    OPT_CTL,
    OPT_HELP
};

static const struct option long_options[] = {
    { "profile", required_argument, NULL, OPT_PROFILE },
    { "like", required_argument, NULL, OPT_LIKE },
    { "set", required_argument, NULL, OPT_SET },
    { "pin-auth", required_argument, NULL, OPT_PIN_AUTH },
    { "pin-sign", required_argument, NULL, OPT_PIN_SIGN },
    { "latency", required_argument, NULL, OPT_LATENCY },
    { "host", required_argument, NULL, OPT_HOST },
    { "port", required_argument, NULL, OPT_PORT },
    { "control", required_argument, NULL, OPT_CONTROL },
    { "state", required_argument, NULL, OPT_STATE },
    { "keys", required_argument, NULL, OPT_KEYS },
    { "export", required_argument, NULL, OPT_EXPORT },
    { "serve", no_argument, NULL, OPT_SERVE },
    { "trace", required_argument, NULL, OPT_TRACE },
    { "no-card", no_argument, NULL, OPT_NO_CARD },
    { "ctl", required_argument, NULL, OPT_CTL },
    { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

struct arguments {
    const char *export_dir, *trace_path, *ctl_path;
    bool serve, help;
};

static bool set_prefixed(struct sim_options *opt, const char *key, const char *value)
{
    char word[128];

    return (size_t)snprintf(word, sizeof(word), "%s=%s", key, value) < sizeof(word) &&
           sim_options_set(opt, word);
}

static bool like(struct sim_options *opt, const char *path)
{
    char words[SIM_LIKE_MAX];

    return sim_like_words(path, words) && sim_options_parse(opt, words);
}

/* One option; false if its value is wrong. */
static bool argument_take(struct simcard *sim, struct arguments *args, int option)
{
    switch (option) {
    case OPT_PROFILE: return set_prefixed(&sim->opt, "profile", optarg);
    case OPT_LIKE: return like(&sim->opt, optarg);
    case OPT_SET: return sim_options_set(&sim->opt, optarg);
    case OPT_PIN_AUTH: return set_prefixed(&sim->opt, "pin-auth", optarg);
    case OPT_PIN_SIGN: return set_prefixed(&sim->opt, "pin-sign", optarg);
    case OPT_LATENCY:
        sim->real_latency = strcmp(optarg, "nfc") == 0;
        return sim->real_latency || strcmp(optarg, "none") == 0;
    case OPT_HOST: sim->host = optarg; return true;
    case OPT_PORT: sim->port = optarg; return true;
    case OPT_CONTROL: sim->control_path = optarg; return true;
    case OPT_STATE: sim->state_dir = optarg; return true;
    case OPT_KEYS: sim->keys_dir = optarg; return true;
    case OPT_EXPORT: args->export_dir = optarg; return true;
    case OPT_SERVE: args->serve = true; return true;
    case OPT_TRACE: args->trace_path = optarg; return true;
    case OPT_NO_CARD: sim->inserted = false; return true;
    case OPT_CTL: args->ctl_path = optarg; return true;
    case OPT_HELP: args->help = true; return true;
    default: return false;
    }
}

static bool arguments_parse(struct simcard *sim, struct arguments *args, int argc, char **argv)
{
    int option = 0;

    /* "+": the words behind --ctl SOCKET are the command's */
    for (option = getopt_long(argc, argv, "+", long_options, NULL); option != -1;
         option = getopt_long(argc, argv, "+", long_options, NULL)) {
        if (!argument_take(sim, args, option)) {
            fprintf(stderr, "jpki-simcard: option or value not known; see --help\n");
            return false;
        }
    }
    if (args->ctl_path == NULL && optind < argc) {
        fprintf(stderr, "jpki-simcard: too many words; see --help\n");
        return false;
    }
    return true;
}

static void signals_catch(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static bool simcard_begin(struct simcard *sim, const struct arguments *args)
{
    sim->cards[0] = card_make(sim, &sim->opt);
    if (sim->cards[0] == NULL)
        return false;
    if (args->export_dir != NULL &&
        !sim_identity_export(sim_card_identity(sim->cards[0]), args->export_dir)) {
        fprintf(stderr, "jpki-simcard: nothing can be written to %s\n", args->export_dir);
        return false;
    }
    if (args->trace_path != NULL) {
        sim->trace = fopen(args->trace_path, "a");
        if (sim->trace == NULL)
            return false;
        sim_card_trace(sim->cards[0], sim->trace);
    }
    if (args->export_dir != NULL && !args->serve && sim->control_path == NULL)
        sim->quit = true;
    return sim->control_path == NULL || simcard_control_open(sim);
}

int main(int argc, char **argv)
{
    struct simcard sim = {
        .host = "127.0.0.1", .port = "35963", .inserted = true, .vpcd_fd = -1, .listen_fd = -1
    };
    struct arguments args = { 0 };
    int status = 2;

    sim_options_init(&sim.opt);
    for (int i = 0; i < SIMCARD_CLIENTS; i++)
        sim.clients[i].fd = -1;
    if (!arguments_parse(&sim, &args, argc, argv))
        return 2;
    if (args.help) {
        usage(stdout);
        return 0;
    }
    if (args.ctl_path != NULL)
        return simcard_control_call(args.ctl_path, argv + optind, argc - optind);
    signals_catch();
    if (simcard_begin(&sim, &args)) {
        while (!sim.quit && signalled == 0)
            step(&sim);
        status = 0;
    }
    if (sim.cards[0] != NULL)
        simcard_vpcd_close(&sim);
    simcard_control_close(&sim);
    sim_card_free(sim.cards[0]);
    sim_card_free(sim.cards[1]);
    if (sim.trace != NULL)
        fclose(sim.trace);
    return status;
}
