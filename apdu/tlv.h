/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Just enough TLV for the card's files, certificates and a reader's feature list: one-byte tags,
 * definite lengths of at most two bytes.
 */
#ifndef APDU_TLV_H
#define APDU_TLV_H

#include "bytes.h"

/* Tags of a certificate; the version's is [0] EXPLICIT. */
#define DER_INTEGER 0x02
#define DER_SEQUENCE 0x30
#define DER_VERSION 0xA0

/*
 * Take one element from the front of rest, which then begins behind it.  JPKI_ERR_PROTOCOL, with
 * rest unchanged, for a length that is indefinite, longer than two bytes, not the shortest form, or
 * larger than what is there.
 */
enum jpki_err tlv_take(struct slice *rest, uint8_t *ret_tag, struct slice *ret_value) MUST_CHECK;

/*
 * The full length in bytes of the certificate whose first bytes are head, from its outer header 30
 * 82 hh ll (PROTOCOL.md, "Files").  JPKI_ERR_PROTOCOL for another form, or a length that is not
 * between 260 (there is no shorter certificate with a key and a signature of these sizes) and
 * max_len.
 */
enum jpki_err cert_der_len(struct slice head, size_t max_len, size_t *ret_len) MUST_CHECK;

/*
 * Step into a certificate as far as head, its first bytes, goes: it then begins with what
 * TBSCertificate begins with. JPKI_ERR_PROTOCOL if it is no start of one.
 */
enum jpki_err cert_head_enter(struct slice *head) MUST_CHECK;

/*
 * What is visible of the key (SubjectPublicKeyInfo) in head, the first bytes of a certificate;
 * empty where it begins behind them.  JPKI_ERR_PROTOCOL if head is no start of one.
 */
enum jpki_err cert_head_key(struct slice head, struct slice *ret_key) MUST_CHECK;

#endif
