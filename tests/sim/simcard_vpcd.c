/* SPDX-License-Identifier: BSD-3-Clause */
#include "simcard.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MUTE_MS 5000
#define REINSERT_MS 2500 /* longer than pcscd and vpcd take to notice an empty reader */

enum vpcd_control { VPCD_OFF = 0, VPCD_ON = 1, VPCD_RESET = 2, VPCD_ATR = 4 };

long long simcard_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sleep_us(unsigned long us)
{
    struct timespec left = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

/* vpcd sends length and body apart: without quick acknowledgements each exchange would wait 40
 * ms for one. */
static void socket_hasten(int fd)
{
    const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void simcard_vpcd_connect(struct simcard *sim)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;

    if (getaddrinfo(sim->host, sim->port, &hints, &list) != 0)
        return;
    for (const struct addrinfo *at = list; at != NULL && sim->vpcd_fd < 0; at = at->ai_next) {
        const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0)
            sim->vpcd_fd = fd;
        else if (fd >= 0)
            close(fd);
    }
    freeaddrinfo(list);
    if (sim->vpcd_fd >= 0)
        socket_hasten(sim->vpcd_fd);
}

void simcard_vpcd_close(struct simcard *sim)
{
    if (sim->vpcd_fd >= 0)
        close(sim->vpcd_fd);
    sim->vpcd_fd = -1;
    sim_card_power_off(simcard_card(sim));
}

static bool receive_all(int fd, uint8_t *bytes, size_t len)
{
    while (len > 0) {
        const ssize_t got = recv(fd, bytes, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        socket_hasten(fd);
        bytes += got;
        len -= (size_t)got;
    }
    return true;
}

static bool send_message(int fd, const uint8_t *bytes, size_t len)
{
    uint8_t message[2 + SIM_ANSWER_MAX];
    size_t sent = 0;

    message[0] = (uint8_t)(len >> 8);
    message[1] = (uint8_t)len;
    memcpy(message + 2, bytes, len);
    while (sent < len + 2) {
        const ssize_t got = send(fd, message + sent, len + 2 - sent, MSG_NOSIGNAL);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        sent += (size_t)got;
    }
    return true;
}

static bool control_serve(struct simcard *sim, uint8_t control)
{
    struct sim_card *card = simcard_card(sim);

    switch (control) {
    case VPCD_OFF:
        sim->stuck -= sim->stuck > 0;
        sim_card_unpower(card);
        return true;
    case VPCD_ON:
        /* a second "on" is not a loss of power */
        if (!sim_card_powered(card))
            sim_card_power_on(card);
        return true;
    case VPCD_RESET:
        if (sim_card_powered(card))
            sim_card_warm_reset(card);
        else
            sim_card_power_on(card);
        return true;
    case VPCD_ATR:
        return send_message(sim->vpcd_fd, sim_card_options(card)->atr,
                            sim_card_options(card)->atr_len);
    default: return true;
    }
}

/* The card leaves the field in the middle of an exchange. */
static void card_pull(struct simcard *sim, enum sim_fault_kind kind, const uint8_t *cmd, size_t len)
{
    sim_card_transmit_torn(simcard_card(sim), cmd, len);
    simcard_vpcd_close(sim);
    sim->inserted = false;
    if (kind == SIM_FAULT_SWAP && !simcard_swap(sim, ""))
        return;
    if (kind != SIM_FAULT_REMOVE)
        sim->insert_at_ms = simcard_now_ms() + REINSERT_MS;
}

static bool exchange(struct simcard *sim, const uint8_t *cmd, size_t len)
{
    struct sim_card *card = simcard_card(sim);
    uint8_t resp[SIM_ANSWER_MAX];
    size_t resp_len = 0;
    struct sim_fault fault = { .kind = SIM_FAULT_NONE };

    if (sim->stuck > 0) /* our own reader's driver makes an error of it, as one of a reader that
                           lost its card does */
        return send_message(sim->vpcd_fd, resp, 0);
    fault = sim_faults_count(&sim->faults, cmd, len);
    if (fault.kind == SIM_FAULT_REMOVE || fault.kind == SIM_FAULT_REINSERT ||
        fault.kind == SIM_FAULT_SWAP) {
        card_pull(sim, fault.kind, cmd, len);
        return true;
    }
    if (fault.kind == SIM_FAULT_RESET)
        sim_card_warm_reset(card);
    if (!sim_card_powered(card))
        sim_card_power_on(card);
    if (fault.kind != SIM_FAULT_SW) {
        resp_len = sim_card_transmit(card, cmd, len, resp, sizeof(resp));
        if (sim->real_latency)
            sleep_us(sim_card_last_us(card) + sim_card_options(card)->slow_ms * 1000UL);
    }
    if (fault.kind == SIM_FAULT_MUTE) {
        sleep_us(MUTE_MS * 1000UL);
        return false;
    }
    resp_len = sim_fault_mangle(&fault, resp, resp_len, sizeof(resp));
    return send_message(sim->vpcd_fd, resp, resp_len);
}

void simcard_vpcd_serve(struct simcard *sim)
{
    static uint8_t message[65536];
    uint8_t head[2];
    size_t len = 0;
    bool alive = receive_all(sim->vpcd_fd, head, sizeof(head));

    if (alive) {
        len = (size_t)head[0] << 8 | head[1];
        alive = receive_all(sim->vpcd_fd, message, len);
    }
    if (alive && len == 1)
        alive = control_serve(sim, message[0]);
    else if (alive && len > 1)
        alive = exchange(sim, message, len);
    memset(message, 0, len);
    if (!alive)
        simcard_vpcd_close(sim);
}
