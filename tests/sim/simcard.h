/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jpki-simcard: the simulated card in a vpcd reader of a real pcscd, with a socket to govern it.
 *
 * Towards vpcd: a TCP client.  Each message is a 2-byte big-endian length and that many bytes.  One
 * byte is a control (00 power off, 01 power on, 02 reset: no answer; 04: answered by the ATR), more
 * are an APDU, answered by an APDU.  A card that is not there is a connection that is not there.
 *
 * Towards tests: a Unix stream socket; one line a command, one line an answer: "ok", "error: ...",
 * or JSON. simcard_control_help lists the commands.
 */
#ifndef SIMCARD_H
#define SIMCARD_H

#include "sim_card.h"
#include "sim_fault.h"

#define SIMCARD_CARDS 2 /* the card, and the one that "swap" puts in its place */
#define SIMCARD_CLIENTS 8
#define SIMCARD_LINE_MAX 512

struct simcard_client {
    int fd; /* -1: free */
    char line[SIMCARD_LINE_MAX];
    size_t len;
};

struct simcard {
    struct sim_options opt;
    const char *host, *port, *keys_dir, *state_dir, *control_path;
    bool real_latency;

    struct sim_card *cards[SIMCARD_CARDS]; /* the second is made by the first swap */
    unsigned current;
    bool inserted, quit;
    long long insert_at_ms; /* monotonic; 0: no insertion is due */
    struct sim_faults faults;
    unsigned stuck; /* it answers nothing until its power was taken away so often */
    FILE *trace;

    int vpcd_fd, listen_fd; /* -1: none */
    struct simcard_client clients[SIMCARD_CLIENTS];
};

/* The card that is or would be in the reader. */
struct sim_card *simcard_card(struct simcard *sim);

/* Put the other card in the place of this one, made (holder + 1) if need be, words applied;
 * false for bad words. */
bool simcard_swap(struct simcard *sim, const char *words);

/* Try to reach vpcd; no harm if it is not there yet. */
void simcard_vpcd_connect(struct simcard *sim);
void simcard_vpcd_close(struct simcard *sim);

/* Take one message from vpcd and answer it; closes the connection if it broke. */
void simcard_vpcd_serve(struct simcard *sim);

long long simcard_now_ms(void);

/* Open the control socket (mode 0600, an old one of that name replaced); false with a message if
 * it cannot be. */
bool simcard_control_open(struct simcard *sim);
void simcard_control_close(struct simcard *sim);
void simcard_control_accept(struct simcard *sim);
void simcard_control_serve(struct simcard *sim, struct simcard_client *client);
void simcard_control_help(FILE *out);

/* The client: send the words as one command and print the answer.  The exit status: 0 unless it
 * begins with "error". */
int simcard_control_call(const char *path, char *const *words, int count);

#endif
