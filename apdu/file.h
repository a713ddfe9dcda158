/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the card's files within a visit (PROTOCOL.md, "Files").
 */
#ifndef APDU_FILE_H
#define APDU_FILE_H

#include "visit.h"

/* Make an EF current.  JPKI_ERR_NOT_FOUND if the card has none of this id. */
enum jpki_err file_select(struct visit *visit, uint16_t fid) MUST_CHECK;

/*
 * Append the first want bytes (1..256) of an EF, or what the file has if it is shorter.  By short
 * EF id where the card is known to take it or may, else by SELECT EF.  The EF is current
 * afterwards.  JPKI_ERR_DENIED, JPKI_ERR_NOT_FOUND, JPKI_ERR_PROTOCOL for an answer longer than
 * asked for.
 */
enum jpki_err file_read_head(struct visit *visit, uint16_t fid, size_t want,
                             struct buf *out) MUST_CHECK;

/*
 * Append the certificate in an EF, exactly to its DER length.  JPKI_ERR_NOT_FOUND where the file
 * holds filler only; JPKI_ERR_PROTOCOL where it holds something else or ends before the certificate
 * does.  out is unchanged on errors.
 */
enum jpki_err file_read_cert(struct visit *visit, uint16_t fid, struct buf *out) MUST_CHECK;

#endif
