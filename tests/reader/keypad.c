/* SPDX-License-Identifier: BSD-3-Clause */
#include "keypad.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 64
#define APDU_HEAD 5

/* Where the two structures have their fields; those with several bytes are in the host's order. */
static const struct layout {
    const char *name;
    size_t size; /* up to the command */
    /* wPINMaxExtraDigit: the longest in the low byte, the shortest in the high one */
    size_t limits;
    size_t data_len;
    uint8_t ins;
} layouts[] = {
    [KEYPAD_VERIFY] = { "verify", 19, 5, 15, 0x20 },
    [KEYPAD_MODIFY] = { "modify", 24, 7, 20, 0x24 },
};

static struct {
    char path[512];
    long offset; /* up to where it was typed already */
} keypad;

bool keypad_open(const char *path)
{
    keypad.offset = 0;
    return (size_t)snprintf(keypad.path, sizeof(keypad.path), "%s", path) < sizeof(keypad.path);
}

/* One line of what the person does. */
static void line_read(char ret_line[static LINE_MAX_LEN])
{
    FILE *file = fopen(keypad.path, "r");

    snprintf(ret_line, LINE_MAX_LEN, "timeout");
    if (file == NULL)
        return;
    if (fseek(file, keypad.offset, SEEK_SET) == 0 && fgets(ret_line, LINE_MAX_LEN, file) != NULL) {
        keypad.offset = ftell(file);
        ret_line[strcspn(ret_line, "\n")] = '\0';
    }
    fclose(file);
}

static void entry_tell(const char *asked, const char *done)
{
    char path[sizeof(keypad.path) + 8];
    FILE *log = NULL;

    snprintf(path, sizeof(path), "%s.log", keypad.path);
    log = fopen(path, "a");
    if (log == NULL)
        return;
    fprintf(log, "%s %s\n", asked, done);
    fclose(log);
}

/* What the person does next, after "pause SECONDS" if that comes first. */
static void line_take(char ret_line[static LINE_MAX_LEN])
{
    unsigned pause = 0;

    line_read(ret_line);
    if (sscanf(ret_line, "pause %u", &pause) != 1)
        return;
    entry_tell("pause", "begun");
    (void)sleep(pause);
    line_read(ret_line);
}

/* A PIN as ASCII bytes from the first one on, ended by the OK key, in a command that has room
 * for exactly the longest. */
static bool block_sound(const struct layout *layout, const uint8_t *block, size_t len)
{
    const uint8_t *command = block + layout->size;
    uint32_t command_len = 0;
    uint16_t limits = 0;

    if (len < layout->size + APDU_HEAD)
        return false;
    memcpy(&command_len, block + layout->data_len, sizeof(command_len));
    memcpy(&limits, block + layout->limits, sizeof(limits));
    return block[2] == 0x82 && (block[3] & 0xF0) == 0 && block[4] == 0 &&
           command_len == len - layout->size && limits >> 8 >= 1 &&
           limits >> 8 <= (limits & 0xFF) && (block[3] & 0x0F) >= (limits & 0xFF) &&
           command[1] == layout->ins && command[4] == command_len - APDU_HEAD &&
           command[4] >= (limits & 0xFF) && command_len <= KEYPAD_COMMAND_MAX;
}

/* The reader's own answer to what was done, 0 if digits were typed. */
static uint16_t line_judge(const char *line, uint16_t limits)
{
    static const struct {
        const char *line;
        uint16_t sw;
    } rows[] = {
        { "timeout", 0x6400 },
        { "cancel", 0x6401 },
        { "mistype", 0x6402 },
    };
    const size_t len = strlen(line);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(line, rows[i].line) == 0)
            return rows[i].sw;
    }
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)line[i]))
            return 0x6400;
    }
    return len < (size_t)(limits >> 8) || len > (size_t)(limits & 0xFF) ? 0x6403 : 0;
}

bool keypad_run(enum keypad_job job, const uint8_t *block, size_t len,
                uint8_t ret_command[static KEYPAD_COMMAND_MAX], size_t *ret_len, uint16_t *ret_sw)
{
    const struct layout *layout = &layouts[job];
    char line[LINE_MAX_LEN];
    uint16_t limits = 0;

    if (!block_sound(layout, block, len)) {
        entry_tell(layout->name, "a structure that no reader takes");
        return false;
    }
    memcpy(&limits, block + layout->limits, sizeof(limits));
    line_take(line);
    *ret_sw = line_judge(line, limits);
    *ret_len = 0;
    if (*ret_sw == 0) {
        *ret_len = APDU_HEAD + strlen(line);
        memcpy(ret_command, block + layout->size, APDU_HEAD);
        ret_command[4] = (uint8_t)strlen(line);
        memcpy(ret_command + APDU_HEAD, line, strlen(line));
    }
    entry_tell(layout->name, *ret_sw == 0        ? "typed"
                             : *ret_sw == 0x6403 ? "too short or too long"
                                                 : line);
    memset(line, 0, sizeof(line));
    return true;
}
