/* SPDX-License-Identifier: BSD-3-Clause */
/* The facts of a certificate, and the serial number in its first block, from bytes that need not
 * be one. */
#include "fuzz.h"

#include "card.h"
#include "cert.h"

#include <stdlib.h>
#include <string.h>

enum { SEED, DER, HEAD_LEN };

static const struct fuzz_field fields[] = {
    [SEED] = FUZZ_SEED,
    [DER] = { "der", FUZZ_BLOB, 2500,
              FUZZ_TEXT(
                  "\x30\x82\x06\x1F\x30\x82\x05\x07\xA0\x03\x02\x01\x02\x02\x04\x01\x02\x03\x04") },
    [HEAD_LEN] = { "head-len", FUZZ_NUMBER, 4, FUZZ_TEXT("\0\0\x01\0") },
};

static void consume_slice(struct slice bytes)
{
    consume(bytes.ptr, bytes.len);
}

static void facts_consume(const struct cert_facts *facts)
{
    const struct slice parts[] = { facts->der,      facts->subject,   facts->issuer,
                                   facts->serial,   facts->spki,      facts->modulus,
                                   facts->exponent, facts->ec_params, facts->ec_point };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        consume_slice(parts[i]);
    consume(facts->start, sizeof(facts->start));
    consume(facts->end, sizeof(facts->end));
    consume(facts->sha1, sizeof(facts->sha1));
    consume(facts->subject_key_sha1, sizeof(facts->subject_key_sha1));
    consume(&facts->not_after, sizeof(facts->not_after));
}

/* What the rest of the module takes for granted. */
static void facts_judge(const struct cert_facts *facts, struct slice der)
{
    bool rsa = facts->key == KEY_RSA_2048;

    if (!slice_equal(facts->der, der))
        fuzz_fail("the certificate kept is not the one that was read");
    if (facts->subject.len == 0 || facts->issuer.len == 0 || facts->serial.len < 3 ||
        facts->spki.len == 0)
        fuzz_fail("a certificate without its parts");
    if (rsa != (facts->modulus.len > 0) || rsa == (facts->ec_point.len > 0))
        fuzz_fail("a key of one kind with the parts of another");
    if (rsa && facts->modulus.ptr[0] == 0)
        fuzz_fail("a number with the zero of its sign");
}

static void serial_run(struct slice head)
{
    struct card_facts facts = { .id.len = (uint16_t)(head.len < CARD_HEAD_LEN ? head.len
                                                                              : CARD_HEAD_LEN) };
    char serial[CARD_SERIAL_ROOM];

    if (facts.id.len > 0)
        memcpy(facts.id.head, head.ptr, facts.id.len);
    memset(serial, 'x', sizeof(serial));
    if (!card_serial(&facts, serial))
        return;
    if (memchr(serial, '\0', sizeof(serial)) == NULL || serial[0] == '\0')
        fuzz_fail("a serial number without an end, or empty");
    for (const char *c = serial; *c != '\0'; c++) {
        if (strchr("0123456789ABCDEF", *c) == NULL)
            fuzz_fail("a serial number with the character %02X", (unsigned char)*c);
    }
}

static void run(const struct fuzz_case *input)
{
    struct slice der = exact_copy(case_blob(input, DER));
    struct slice head = exact_copy(slice_part(der, 0, case_number(input, HEAD_LEN)));
    const struct cert_facts *facts = NULL;

    if (cert_parse(der, case_number(input, HEAD_LEN) % 2 != 0, &facts) == JPKI_OK) {
        const struct cert_facts *second = cert_ref(facts);

        facts_judge(facts, der);
        facts_consume(facts);
        facts = cert_unref(facts);
        facts_consume(second);
        (void)cert_unref(second);
    }
    serial_run(head);
    free((void *)(uintptr_t)der.ptr);
    free((void *)(uintptr_t)head.ptr);
}

const struct fuzz_harness fuzz_harness = { "cert", fields, sizeof(fields) / sizeof(fields[0]),
                                           run };
