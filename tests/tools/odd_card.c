/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jpki-token on a card in process: linked with the tool's own objects, it makes a world before main
 * runs.  The card has JPKI_CARD's words, or is like the report in JPKI_LIKE; what it met stands in
 * the file JPKI_STATS afterwards.  JPKI_READER is the reader's name, JPKI_FAULT a fault and where
 * ("3 query sw=63C2").  With JPKI_HOSTILE, a number, the card puts JPKI_MARKER into its answers
 * wherever chance says so.
 */
#include "sim_like.h"
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#define READER \
    (getenv("JPKI_READER") != NULL ? getenv("JPKI_READER") : "Odd Reader (2112SECRET) 00 00")

static struct sim_card *odd_card;
static enum jpki_err (*honest_transmit)(void *link, struct slice command, struct buf *answer);
static unsigned long long chance;

static unsigned dice(unsigned sides)
{
    chance = chance * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(chance >> 33) % sides;
}

/* The marker again and again, as long as chance says, and a status word. */
static void answer_mark(struct buf *answer)
{
    static const uint16_t words[] = { 0x9000, 0x9000, 0x9000, 0x6282, 0x6982,
                                      0x6A82, 0x6A86, 0x6700, 0x63C3, 0x6B00 };
    const char *marker = getenv("JPKI_MARKER");
    const size_t want = dice(3) == 0 ? dice(257) : answer->len >= 2 ? answer->len - 2 : 0;
    const uint16_t sw = dice(8) == 0 ? (uint16_t)(marker[0] << 8 | marker[1])
                                     : words[dice(sizeof(words) / sizeof(words[0]))];

    for (answer->len = 0; answer->len < want; answer->len++)
        answer->ptr[answer->len] = (uint8_t)marker[answer->len % strlen(marker)];
    answer->ptr[answer->len++] = (uint8_t)(sw >> 8);
    answer->ptr[answer->len++] = (uint8_t)sw;
}

static enum jpki_err hostile_transmit(void *link, struct slice command, struct buf *answer)
{
    enum jpki_err err = honest_transmit(link, command, answer);

    /* the application is there, or nothing is asked at all */
    if (err == JPKI_OK && command.len > 6 && command.ptr[1] == 0xA4 && command.ptr[5] == 0xD3 &&
        dice(8) != 0)
        return err;
    if (err == JPKI_OK && dice(3) != 0)
        answer_mark(answer);
    return err;
}

static void world_make_hostile(struct sim_world *world, const char *seed)
{
    static struct transport_ops ops;

    chance = strtoull(seed, NULL, 10);
    ops = *world->transport.ops;
    honest_transmit = ops.transmit;
    ops.transmit = hostile_transmit;
    world->transport.ops = &ops;
}

static void options_take_words(struct sim_options *options)
{
    char words[SIM_LIKE_MAX] = "";

    if (getenv("JPKI_LIKE") != NULL && !sim_like_words(getenv("JPKI_LIKE"), words))
        abort();
    if (!sim_options_parse(options, words) ||
        (getenv("JPKI_CARD") != NULL && !sim_options_parse(options, getenv("JPKI_CARD"))))
        abort();
}

__attribute__((constructor)) static void world_make(void)
{
    const char *hostile = getenv("JPKI_HOSTILE");
    char *fault = getenv("JPKI_FAULT");
    struct sim_world *world = sim_world_new();
    struct sim_options options;

    sim_options_init(&options);
    options_take_words(&options);
    odd_card = sim_card_new(&options, getenv("JPKI_SIM_KEYS"));
    if (world == NULL || odd_card == NULL || !sim_world_add_reader(world, READER) ||
        !sim_world_insert(world, READER, odd_card))
        abort();
    if (fault != NULL) {
        const unsigned n = (unsigned)strtoul(fault, &fault, 10);
        if (!sim_world_fault(world, READER, n, fault + 1))
            abort();
    }
    if (hostile != NULL)
        world_make_hostile(world, hostile);
    sim_system_set(world);
}

__attribute__((destructor)) static void stats_write(void)
{
    char text[2048];
    FILE *file =
        odd_card != NULL && getenv("JPKI_STATS") != NULL ? fopen(getenv("JPKI_STATS"), "w") : NULL;

    if (file == NULL)
        return;
    sim_card_stats_json(odd_card, text, sizeof(text));
    fprintf(file, "%s\n", text);
    fclose(file);
}
