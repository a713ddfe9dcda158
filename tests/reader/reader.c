/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader driver for a private pcscd: any number of slots, each with or without a keypad.  A
 * simulated card comes to a slot by connecting to its port, in the way it does to vpcd
 * (tests/sim/simcard.h has the messages).
 *
 * The device name in reader.conf says everything:  FILE:PORT:SLOTS:KIND  where FILE is the keypad's
 * (keypad.h), slot n listens on PORT + n of this machine, and KIND is plain, pinpad or
 * pinpad-verify.
 */
#include "keypad.h"

#include <errno.h>
#include <ifdhandler.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <reader.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SLOT_MAX 16
#define ANSWER_MAX 8200
#define ANSWER_SECONDS 10
#define CODE_VERIFY SCARD_CTL_CODE(3600)
#define CODE_MODIFY SCARD_CTL_CODE(3601)
/* pcscd's header calls it so in every version; the number is PC/SC's */
#define CODE_FEATURES SCARD_CTL_CODE(3400)

enum message { CARD_OFF = 0, CARD_ON = 1, CARD_RESET = 2, CARD_ATR = 4 };

static struct slot {
    bool open;
    int listen_fd, fd; /* fd is -1 without a card */
    UCHAR atr[MAX_ATR_SIZE];
    size_t atr_len;
} slots[SLOT_MAX];

static struct {
    unsigned port, slots;
    bool verify, modify;
} device;

static struct slot *slot_of(DWORD lun)
{
    const size_t index = lun & 0xFFFF;

    return index < SLOT_MAX && slots[index].open ? &slots[index] : NULL;
}

/* ---- the way to the card */

static void card_gone(struct slot *slot)
{
    if (slot->fd >= 0)
        close(slot->fd);
    slot->fd = -1;
    slot->atr_len = 0;
}

static bool bytes_send(struct slot *slot, const UCHAR *bytes, size_t len)
{
    UCHAR message[2 + ANSWER_MAX];
    ssize_t sent;

    if (slot->fd < 0 || len > ANSWER_MAX)
        return false;
    message[0] = (UCHAR)(len >> 8);
    message[1] = (UCHAR)len;
    memcpy(message + 2, bytes, len);
    sent = send(slot->fd, message, len + 2, MSG_NOSIGNAL);
    memset(message, 0, sizeof(message));
    return sent == (ssize_t)len + 2;
}

static bool bytes_receive(struct slot *slot, UCHAR *bytes, size_t len)
{
    for (size_t have = 0; have < len;) {
        const ssize_t got = recv(slot->fd, bytes + have, len - have, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        have += (size_t)got;
    }
    return true;
}

static bool message_receive(struct slot *slot, UCHAR *bytes, size_t cap, size_t *ret_len)
{
    UCHAR head[2];
    size_t len;

    if (!bytes_receive(slot, head, sizeof(head)))
        return false;
    len = (size_t)head[0] << 8 | head[1];
    if (len > cap || !bytes_receive(slot, bytes, len))
        return false;
    *ret_len = len;
    return true;
}

static bool control_send(struct slot *slot, enum message message)
{
    const UCHAR byte = (UCHAR)message;

    return bytes_send(slot, &byte, 1);
}

/* One exchange; an answer that does not come is a card that left. */
static bool exchange(struct slot *slot, const UCHAR *command, size_t len, UCHAR *answer, size_t cap,
                     size_t *ret_len)
{
    if (bytes_send(slot, command, len) && message_receive(slot, answer, cap, ret_len))
        return true;
    card_gone(slot);
    return false;
}

static bool card_here(struct slot *slot)
{
    const struct timeval patience = { ANSWER_SECONDS, 0 };
    const int on = 1;
    UCHAR byte;

    if (slot->fd >= 0) {
        const ssize_t got = recv(slot->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return true;
        card_gone(slot); /* it hung up, or says what nobody asked */
        return false;
    }
    slot->fd = accept4(slot->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (slot->fd < 0)
        return false;
    (void)setsockopt(slot->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(slot->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return true;
}

/* ---- the device */

static bool device_parse(const char *name)
{
    char path[512], kind[16];

    if (sscanf(name, "%511[^:]:%u:%u:%15s", path, &device.port, &device.slots, kind) != 4 ||
        device.slots < 1 || device.slots > SLOT_MAX)
        return false;
    device.modify = strcmp(kind, "pinpad") == 0;
    device.verify = device.modify || strcmp(kind, "pinpad-verify") == 0;
    return keypad_open(path);
}

static int listen_on(unsigned port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0)
        return fd;
    close(fd);
    return -1;
}

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name)
{
    const size_t index = lun & 0xFFFF;

    if (index >= SLOT_MAX || slots[index].open || !device_parse(name))
        return IFD_COMMUNICATION_ERROR;
    slots[index] = (struct slot){ .fd = -1, .listen_fd = listen_on(device.port + (unsigned)index) };
    slots[index].open = slots[index].listen_fd >= 0;
    return slots[index].open ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel)
{
    (void)lun;
    (void)channel;
    return IFD_COMMUNICATION_ERROR; /* the device's name is needed */
}

RESPONSECODE IFDHCloseChannel(DWORD lun)
{
    struct slot *slot = slot_of(lun);

    if (slot == NULL)
        return IFD_COMMUNICATION_ERROR;
    card_gone(slot);
    close(slot->listen_fd);
    slot->open = false;
    return IFD_SUCCESS;
}

RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
    const struct slot *slot = slot_of(lun);

    switch (tag) {
    case TAG_IFD_ATR:
    case SCARD_ATTR_ATR_STRING:
        if (slot == NULL || *length < slot->atr_len)
            return IFD_COMMUNICATION_ERROR;
        memcpy(value, slot->atr, slot->atr_len);
        *length = slot->atr_len;
        return IFD_SUCCESS;
    case TAG_IFD_SLOTS_NUMBER: *value = (UCHAR)device.slots; break;
    case TAG_IFD_SIMULTANEOUS_ACCESS: *value = SLOT_MAX; break;
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SLOT_THREAD_SAFE: *value = 0; break;
    default: return IFD_ERROR_TAG;
    }
    *length = 1;
    return IFD_SUCCESS;
}

RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
    (void)lun;
    (void)tag;
    (void)length;
    (void)value;
    return IFD_NOT_SUPPORTED;
}

RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1,
                                       UCHAR pts2, UCHAR pts3)
{
    (void)protocol;
    (void)flags;
    (void)pts1;
    (void)pts2;
    (void)pts3;
    return slot_of(lun) != NULL ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_len)
{
    struct slot *slot = slot_of(lun);
    const UCHAR ask = CARD_ATR;

    *atr_len = 0;
    if (slot == NULL)
        return IFD_COMMUNICATION_ERROR;
    if (action == IFD_POWER_DOWN) {
        slot->atr_len = 0;
        return control_send(slot, CARD_OFF) ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
    }
    if (!control_send(slot, action == IFD_RESET ? CARD_RESET : CARD_ON) ||
        !exchange(slot, &ask, 1, slot->atr, sizeof(slot->atr), &slot->atr_len))
        return IFD_ERROR_POWER_ACTION;
    memcpy(atr, slot->atr, slot->atr_len);
    *atr_len = slot->atr_len;
    return IFD_SUCCESS;
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send_pci, PUCHAR command,
                               DWORD command_len, PUCHAR answer, PDWORD answer_len,
                               PSCARD_IO_HEADER receive_pci)
{
    struct slot *slot = slot_of(lun);
    size_t len = 0;

    (void)send_pci;
    (void)receive_pci;
    if (slot == NULL || !exchange(slot, command, command_len, answer, *answer_len, &len)) {
        *answer_len = 0;
        return IFD_COMMUNICATION_ERROR;
    }
    *answer_len = len;
    /* a card that is stuck, and did not leave */
    return len > 0 ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

/* ---- the keypad */

/* Tag, length, and the control code, big-endian. */
static size_t feature_put(UCHAR *at, UCHAR tag, uint32_t code)
{
    const UCHAR bytes[] = {
        tag, 4, (UCHAR)(code >> 24), (UCHAR)(code >> 16), (UCHAR)(code >> 8), (UCHAR)code
    };

    memcpy(at, bytes, sizeof(bytes));
    return sizeof(bytes);
}

static RESPONSECODE features_tell(PUCHAR answer, DWORD cap, LPDWORD ret_len)
{
    size_t len = 0;

    if (cap < 12)
        return IFD_ERROR_INSUFFICIENT_BUFFER;
    if (device.verify)
        len += feature_put(answer + len, FEATURE_VERIFY_PIN_DIRECT, CODE_VERIFY);
    if (device.modify)
        len += feature_put(answer + len, FEATURE_MODIFY_PIN_DIRECT, CODE_MODIFY);
    *ret_len = len;
    return IFD_SUCCESS;
}

static RESPONSECODE entry_run(struct slot *slot, enum keypad_job job, const UCHAR *block,
                              size_t block_len, PUCHAR answer, DWORD cap, LPDWORD ret_len)
{
    UCHAR command[KEYPAD_COMMAND_MAX];
    size_t command_len = 0, len = 2;
    uint16_t sw = 0;
    bool done = true;

    if (cap < 2 || !keypad_run(job, block, block_len, command, &command_len, &sw))
        return IFD_COMMUNICATION_ERROR;
    if (command_len > 0) {
        done = exchange(slot, command, command_len, answer, cap, &len);
    } else {
        answer[0] = (UCHAR)(sw >> 8);
        answer[1] = (UCHAR)sw;
    }
    memset(command, 0, sizeof(command));
    *ret_len = done ? len : 0;
    return done ? IFD_SUCCESS : IFD_COMMUNICATION_ERROR;
}

RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR block, DWORD block_len, PUCHAR answer,
                         DWORD cap, LPDWORD ret_len)
{
    struct slot *slot = slot_of(lun);

    *ret_len = 0;
    if (slot == NULL)
        return IFD_COMMUNICATION_ERROR;
    if (code == CODE_FEATURES)
        return features_tell(answer, cap, ret_len);
    if (code == CODE_VERIFY && device.verify)
        return entry_run(slot, KEYPAD_VERIFY, block, block_len, answer, cap, ret_len);
    if (code == CODE_MODIFY && device.modify)
        return entry_run(slot, KEYPAD_MODIFY, block, block_len, answer, cap, ret_len);
    return IFD_ERROR_NOT_SUPPORTED;
}

RESPONSECODE IFDHICCPresence(DWORD lun)
{
    struct slot *slot = slot_of(lun);

    if (slot == NULL)
        return IFD_COMMUNICATION_ERROR;
    return card_here(slot) ? IFD_ICC_PRESENT : IFD_ICC_NOT_PRESENT;
}
