/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keys on the curve P-384, for the next generation of cards.  No card has them yet: the code is
 * there with -Dnext_generation=true alone, and without it a certificate with such a key is told to
 * be newer than this version.
 */
#ifndef MODULE_P384_H
#define MODULE_P384_H

#include "bytes.h"

#define P384_FIELD_LEN 48
#define P384_POINT_DER_LEN (2 + 1 + 2 * P384_FIELD_LEN) /* an OCTET STRING of 04, x, y */

#ifdef JPKI_NEXT_GENERATION

/* The point in a certificate's bit string as CKA_EC_POINT has it, written to room.  False: it is
 * none. */
bool p384_point(struct slice bits, uint8_t room[static P384_POINT_DER_LEN], struct slice *ret_der);

/*
 * A digest as the number that is signed, as long as the field: of a longer one only the leftmost
 * bits count (FIPS 186-5, section 6.4.1), and zeros in front of a shorter one change nothing, but a
 * card may want the full length.
 */
enum jpki_err ecdsa_input_put(struct slice digest, struct buf *out) MUST_CHECK;

/* As signature_check, whose errors these are; point: as p384_point gives it; signature: r || s. */
enum jpki_err ecdsa_check(struct slice point, struct slice input, struct slice signature,
                          bool *ret_good) MUST_CHECK;

/* The card's ECDSA signature, DER SEQUENCE of r and s, as PKCS#11 has it: r || s, each field_len
 * bytes, appended to out. */
enum jpki_err ecdsa_flatten(struct slice der, size_t field_len, struct buf *out) MUST_CHECK;

#else

#define p384_point(bits, room, ret_der) ((void)(room), true)
#define ecdsa_input_put(digest, out) JPKI_ERR_UNSUPPORTED
#define ecdsa_check(point, input, signature, ret_good) JPKI_ERR_UNSUPPORTED
#define ecdsa_flatten(der, field_len, out) JPKI_ERR_UNSUPPORTED

#endif

#endif
