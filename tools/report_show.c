/* SPDX-License-Identifier: BSD-3-Clause */
#include "report_show.h"

#include "command.h"
#include "conf.h"
#include "holder.h"
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SERIAL_DIGITS 5 /* so many in a word make it a serial number */
#define SERIAL_HEX 8    /* or so many hex digits in a row, a decimal one among them */
#define ATR_TEXT_ROOM (3 * ATR_MAX)

/* ATRs that are published (PROTOCOL.md, "Applications"): nothing in them is one card's. */
static const char *const atrs_known[] = {
    "3B 88 80 01 00 00 05 E0 B3 81 A1 00 7F",
    "3B 88 80 01 00 00 41 E0 B3 81 A1 00 3B",
    "3B 88 80 01 00 4B 51 FF B3 81 D1 00 0F",
    "3B 88 80 01 00 4B 51 FF 00 81 D1 00 BC",
    "3B DA 13 FF 81 31 FB 46 80 12 39 2F 31 C1 73 C6 01 C0 3B",
    "3B C5 FF 81 31 FB 45 80 73 C6 01 00 00",
    "3B F5 91 00 FF 91 81 71 FE 40 00 42 00 01 00 D1 D6",
    "3B F5 91 00 FF 91 81 71 FE 40 00 42 00 01 B3 A1 15",
    "3B E0 00 FF 81 31 FE 45 14",
    "3B 88 80 01 00 00 14 E0 B3 81 91 00 5E",
};

/* What may stand in public of an ATR, as hex: all of one that is published, else what is no
 * card's own. */
static void atr_mask(const uint8_t *atr, size_t len, char ret_text[static ATR_TEXT_ROOM])
{
    /* of a contactless card: what the reader adds, and the three bytes about the protocol */
    const bool contactless = len == 13 && atr[1] == 0x88 && atr[2] == 0x80 && atr[3] == 0x01;

    ret_text[0] = '\0';
    for (size_t i = 0; i < len && i < ATR_MAX; i++)
        snprintf(ret_text + 3 * i - (i > 0), ATR_TEXT_ROOM - 3 * i, "%s%02X", i > 0 ? " " : "",
                 (unsigned)atr[i]);
    for (size_t i = 0; i < sizeof(atrs_known) / sizeof(atrs_known[0]); i++) {
        if (strcmp(ret_text, atrs_known[i]) == 0)
            return;
    }
    for (size_t i = 2; i < len && i < ATR_MAX; i++) {
        if (!contactless || (i > 3 && i < 8) || i > 10)
            memcpy(ret_text + 3 * i, "xx", 2);
    }
}

/* Whether a word of a reader's name looks like a serial number. */
static bool word_is_serial(const char *word, size_t len)
{
    size_t digits = 0, run = 0;
    bool decimal = false;

    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)word[i];

        digits += isdigit(c) ? 1 : 0;
        run = isxdigit(c) ? run + 1 : 0;
        decimal = (run > 1 && decimal) || (run > 0 && isdigit(c));
        if (digits >= SERIAL_DIGITS || (run >= SERIAL_HEX && decimal))
            return true;
    }
    return false;
}

/*
 * The same of a reader's name: what is in brackets, and every word that looks like a serial number,
 * becomes dots.
 */
static void reader_mask(const char *name, char ret_name[static READER_NAME_MAX])
{
    static const char opening[] = "([{<", closing[] = ")]}>";
    size_t used = 0;

    while (*name != '\0' && used + 8 < READER_NAME_MAX) {
        const char *bracket = strchr(opening, *name);
        const char *end = bracket != NULL ? strchr(name, closing[bracket - opening]) : NULL;
        const size_t len = strcspn(name, " ([{<");

        if (*name == ' ') {
            ret_name[used++] = *name++;
            continue;
        }
        if (bracket != NULL) {
            used += (size_t)snprintf(ret_name + used, READER_NAME_MAX - used, "%c...%c", *bracket,
                                     closing[bracket - opening]);
            name = end != NULL ? end + 1 : name + strlen(name);
            continue;
        }
        if (word_is_serial(name, len))
            used += (size_t)snprintf(ret_name + used, READER_NAME_MAX - used, "...");
        for (size_t i = 0; i < len && !word_is_serial(name, len) && used + 8 < READER_NAME_MAX; i++)
            ret_name[used++] = name[i] > 0x20 && name[i] < 0x7F ? name[i] : '?';
        name += len;
    }
    ret_name[used] = '\0';
}

/* The features of PC/SC part 10 as the numbers of their tags. */
static void features_text(uint32_t features, char *ret_text, size_t room)
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (unsigned tag = 0; tag < 32; tag++) {
        if ((features >> tag & 1) != 0 && used < room)
            used +=
                (size_t)snprintf(ret_text + used, room - used, "%s%02X", used > 0 ? " " : "", tag);
    }
}

static void driver_text(uint32_t driver, char ret_text[static 16])
{
    ret_text[0] = '\0';
    if (driver != 0)
        snprintf(ret_text, 16, "%u.%u.%u", (unsigned)(driver >> 24),
                 (unsigned)(driver >> 16 & 0xFF), (unsigned)(driver & 0xFFFF));
}

static const char *kind_word(const struct card_facts *card)
{
    if (card->id.profile->unknown)
        return card->label_known ? "newer key" : "newer";
    return card->label_known ? card->id.profile->name : "other";
}

static const char *kind_text(const struct card_facts *card)
{
    if (card->id.profile->unknown)
        return card->label_known
                   ? _("of a known kind, with a key newer than this version of libjpki-pkcs11")
                   : _("newer than this version of libjpki-pkcs11");
    return card->label_known ? kind_name(card->id.profile) : _("an unknown label");
}

static const char *text_or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static const char *verdict_word(enum fact_verdict verdict)
{
    static const char *const words[] = { [FACT_NOT_ASKED] = N_("not asked"),
                                         [FACT_AS_ASSUMED] = N_("as assumed"),
                                         [FACT_OTHERWISE] = N_("OTHERWISE") };
    return words[verdict];
}

static void facts_show(const struct facts *facts)
{
    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact_told *told = &facts->told[i];

        if (told->asked)
            text_row(0, fact_name(i), "%s: %s -> %04X, %u%s%s", _(verdict_word(told->verdict)),
                     told->question, (unsigned)told->sw, (unsigned)told->len,
                     told->value[0] != '\0' ? ", " : "", told->value);
    }
    for (size_t i = 0; i < facts_count(); i++) {
        if (!facts->told[i].asked)
            text_row(0, fact_name(i), "%s", _(verdict_word(FACT_NOT_ASKED)));
    }
}

/* What both forms of a report show, with what could be one reader's or one card's masked. */
struct shown {
    char reader[READER_NAME_MAX], atr[ATR_TEXT_ROOM], features[128], driver[16];
    unsigned us, byte_ns;
};

static void shown_make(const struct report *report, struct shown *ret)
{
    const struct card_facts *card = &report->card->facts;

    reader_mask(report->card->reader, ret->reader);
    atr_mask(card->atr, card->atr_len, ret->atr);
    features_text(report->reader.features, ret->features, sizeof(ret->features));
    driver_text(report->reader.driver, ret->driver);
    facts_timing(&report->facts, &ret->us, &ret->byte_ns);
}

void report_show(const struct report *report)
{
    const struct card_facts *card = &report->card->facts;
    struct shown shown;

    shown_make(report, &shown);
    text_row(0, _("Report"), "jpki-token " JPKI_VERSION);
    text_row(0, "pcsc-lite", "%s", report->service[0] != '\0' ? report->service : _("not known"));
    text_row(0, _("Driver"), "%s", shown.driver[0] != '\0' ? shown.driver : _("not known"));
    text_row(0, _("Reader"), "%s", shown.reader);
    text_row(0, _("Reader's features"), "%s",
             shown.features[0] != '\0' ? shown.features : _("none"));
    text_row(0, _("Card"), "%s", kind_text(card));
    text_row(0, "ATR", "%s", shown.atr);
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (report->facts.tries[role] != TRIES_UNKNOWN)
            text_row(0, role_name(role), _("tries left: %d"), report->facts.tries[role]);
    }
    text_row(0, _("An exchange takes"), _("%u.%u ms, and %u.%02u ms for each byte"),
             shown.us / 1000, shown.us / 100 % 10, shown.byte_ns / 1000000,
             shown.byte_ns / 10000 % 100);
    text_head("%s", _("Facts, by their names in PROTOCOL.md:"));
    facts_show(&report->facts);
}

static void facts_json(struct json *json, const struct facts *facts)
{
    json_list(json, "facts");
    for (size_t i = 0; i < facts_count(); i++) {
        const struct fact_told *told = &facts->told[i];
        char sw[8];

        snprintf(sw, sizeof(sw), "%04X", (unsigned)told->sw);
        json_object(json, NULL);
        json_text(json, "name", fact_name(i));
        json_text(json, "question", told->asked ? told->question : NULL);
        json_text(json, "sw", told->asked ? sw : NULL);
        json_number(json, "length", told->len);
        json_text(json, "value", text_or_null(told->value));
        json_text(json, "verdict", verdict_word(told->verdict));
        json_end(json);
    }
    json_end(json);
}

void report_show_json(const struct report *report)
{
    struct json json = { .depth = 0 };
    struct shown shown;

    shown_make(report, &shown);
    json_object(&json, NULL);
    json_text(&json, "origin", "a run");
    json_text(&json, "version", JPKI_VERSION);
    json_text(&json, "pcsc_lite", text_or_null(report->service));
    json_text(&json, "driver", text_or_null(shown.driver));
    json_text(&json, "reader", shown.reader);
    json_text(&json, "features", shown.features);
    json_text(&json, "kind", kind_word(&report->card->facts));
    json_text(&json, "atr", shown.atr);
    json_object(&json, "tries");
    for (enum role role = ROLE_AUTH; role < ROLE_COUNT; role++) {
        if (report->facts.tries[role] != TRIES_UNKNOWN)
            json_number(&json, role_word(role), report->facts.tries[role]);
    }
    json_end(&json);
    json_bool(&json, "tries_moved", report->facts.moved);
    json_text(&json, "broken_off",
              report->facts.why != JPKI_OK ? err_name(report->facts.why) : NULL);
    json_number(&json, "exchange_us", (long)shown.us);
    json_number(&json, "byte_ns", (long)shown.byte_ns);
    facts_json(&json, &report->facts);
    json_end(&json);
}
