/* SPDX-License-Identifier: BSD-3-Clause */
/* A card with arbitrary files: recognised, then its certificates read.  The files are fields;
 * the card serves them. */
#include "fuzz.h"

#include "apdu.h"
#include "card.h"
#include "card_read.h"

#include <string.h>

enum { SEED, INFO, AVAILABLE, CERT, CA, STATUS };

#define LABEL "JPKIAPICCTOKEN2                 "
static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [INFO] = { "info", FUZZ_BLOB, 200, FUZZ_TEXT(LABEL LABEL "E16R01NJ        0000000020500003") },
    [AVAILABLE] = { "available", FUZZ_BLOB, 5, FUZZ_TEXT("\x8F\x8F\x00") },
    [CERT] = { "cert", FUZZ_BLOB, 2500,
               FUZZ_TEXT("\x30\x82\x01\x10\x30\x82\x01\x00\xA0\x03\x02\x01\x02\x02\x02\x01\x02") },
    [CA] = { "ca", FUZZ_BLOB, 2500, FUZZ_TEXT("\x30\x82\x01\x04") },
    /* bits: READs that are answered in some other way */
    [STATUS] = { "status", FUZZ_NUMBER, 4, FUZZ_TEXT("\0\0\0\0") },
};

static struct {
    const struct fuzz_case *input;
    uint16_t current;
} served;

static enum jpki_err link_open(void *user, const char *reader, void **ret_link)
{
    (void)reader;
    *ret_link = user;
    return JPKI_OK;
}

static void link_close(void *link, enum link_end end)
{
    (void)link;
    (void)end;
}

static enum jpki_err visit_begin(void *link, bool *ret_reset)
{
    (void)link;
    *ret_reset = false;
    return JPKI_OK;
}

static enum jpki_err link_done(void *link)
{
    (void)link;
    return JPKI_OK;
}

static enum jpki_err status_put(struct buf *answer, unsigned sw)
{
    const uint8_t bytes[] = { (uint8_t)(sw >> 8), (uint8_t)sw };

    return buf_put(answer, SLICE_OF(bytes));
}

static struct slice file_of(uint16_t fid)
{
    static const size_t field_of[] = {
        [0x06] = INFO, [0x08] = AVAILABLE, [0x0A] = CERT, [0x0B] = CA
    };

    if (fid >= sizeof(field_of) / sizeof(field_of[0]) || field_of[fid] == SEED)
        return slice_of(NULL, 0);
    return case_blob(served.input, field_of[fid]);
}

static enum jpki_err read_serve(struct slice command, struct buf *answer)
{
    uint32_t odd = case_number(served.input, STATUS);
    size_t le = command.ptr[command.len - 1] == 0 ? 256 : command.ptr[command.len - 1];
    size_t offset = command.ptr[3];
    struct slice part;

    if ((command.ptr[2] & 0x80) != 0) {
        if ((odd & 1) != 0)
            return status_put(answer, 0x6A86);
        served.current = command.ptr[2] & 0x1F;
    } else {
        offset |= (size_t)command.ptr[2] << 8;
    }
    part = file_of(served.current);
    if (offset >= part.len)
        return status_put(answer, (odd & 2) != 0 ? 0x6282 : 0x6B00);
    part = slice_part(part, offset, le);
    if ((odd & 4) != 0 && part.len < le)
        return status_put(answer, 0x6C00u | (unsigned)(part.len & 0xFF));
    if ((odd & 8) != 0 && part.len > 1)
        part.len--;
    if (buf_put(answer, part) != JPKI_OK)
        return JPKI_ERR_IO;
    return status_put(answer, 0x9000);
}

static enum jpki_err transmit(void *link, struct slice command, struct buf *answer)
{
    (void)link;
    consume(command.ptr, command.len);
    if (command.ptr[1] == INS_READ)
        return read_serve(command, answer);
    if (command.ptr[1] == INS_VERIFY)
        fuzz_fail("VERIFY without a PIN to verify");
    if (command.ptr[1] == INS_SELECT && command.ptr[2] == 0x02) {
        served.current = command.ptr[6];
        return status_put(answer, file_of(served.current).len > 0 ? 0x9000 : 0x6A82);
    }
    return status_put(answer, 0x9000);
}

static const struct transport_ops ops = {
    .link_open = link_open,
    .link_close = link_close,
    .visit_begin = visit_begin,
    .visit_end = link_done,
    .unpower = link_done,
    .transmit = transmit,
};

static void facts_judge(const struct card_facts *facts)
{
    if (facts->id.profile == NULL)
        fuzz_fail("recognised as nothing");
    if (memchr(facts->serial_info, '\0', sizeof(facts->serial_info)) == NULL)
        fuzz_fail("a serial number without an end");
    if (facts->id.len > sizeof(facts->id.head))
        fuzz_fail("a first block of %u bytes", (unsigned)facts->id.len);
    consume_text(facts->serial_info);
    consume(facts->id.head, facts->id.len);
}

static void certs_read(struct card *card)
{
    for (enum cert_file which = CERT_AUTH; which < CERT_COUNT; which++) {
        uint8_t bytes[CARD_CERT_MAX];
        struct buf cert = BUF_OVER(bytes);

        if (card_read_cert(card, which, &cert) == JPKI_OK &&
            (cert.len < 260 || cert.ptr[0] != 0x30))
            fuzz_fail("a certificate of %zu bytes", cert.len);
        consume(cert.ptr, cert.len);
    }
}

static void run(const struct fuzz_case *input)
{
    struct transport transport = { &ops, &served };
    struct card card;

    served.input = input;
    served.current = 0;
    card_init(&card, &transport, "reader");
    if (card_recognise(&card) == JPKI_OK) {
        facts_judge(&card.facts);
        certs_read(&card);
    }
    card_disconnect(&card);
}

const struct fuzz_harness fuzz_harness = { "info", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
