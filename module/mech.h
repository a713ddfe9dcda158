/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mechanisms: one row each.  C_GetMechanismList, C_GetMechanismInfo, C_SignInit, C_VerifyInit,
 * C_DigestInit, the key's CKA_ALLOWED_MECHANISMS and the documents all read these rows.
 */
#ifndef MODULE_MECH_H
#define MODULE_MECH_H

#include "guard.h"
#include "ossl.h"
#include "pkcs11.h"
#include "signature.h"

enum mech_input {
    INPUT_PLAIN,   /* what the caller gives goes to the card as it is (CKM_RSA_PKCS) */
    INPUT_DIGEST,  /* the caller gives a digest: of the row's hash (CKM_RSA_PKCS_PSS), or any
                      (CKM_ECDSA) */
    INPUT_MESSAGE, /* the caller gives the message; the host hashes it */
};

struct mech_row {
    CK_MECHANISM_TYPE type;
    const char *name; /* "CKM_SHA256_RSA_PKCS" */
    /* which keys have it; meaningless where !(flags & (CKF_SIGN | CKF_VERIFY)) */
    enum key_kind key;
    enum hash hash;
    enum mech_input input;
    enum sig_form form;
    enum card_scheme scheme;
    bool pss_params; /* needs CK_RSA_PKCS_PSS_PARAMS, and a card that knows PSS */
    CK_FLAGS flags;  /* HW | SIGN | VERIFY, or DIGEST */
    CK_ULONG min_bits, max_bits;
};

/* The rows in the order they are listed: CKM_RSA_PKCS first, since clients take the first that
 * signs in hardware. */
const struct mech_row *mech_rows(size_t *ret_count);

/* The row of a type on a token with such keys; NULL if none.  with_pss: the card knows PSS and
 * it is not switched off. */
const struct mech_row *mech_find(CK_MECHANISM_TYPE type, enum key_kind key, bool with_pss);

/* Whether a token lists the row. */
bool mech_listed(const struct mech_row *row, enum key_kind key, bool with_pss);

/* CKR_OK, or CKR_MECHANISM_PARAM_INVALID: only SHA-256, MGF1-SHA-256 and salt 32 exist; the
 * others take no parameter. */
CK_RV mech_check_params(const struct mech_row *row, const CK_MECHANISM *mechanism);

/* Bytes of a signature by such a key. */
size_t mech_signature_len(enum key_kind key);

/* The most a caller may give to a row with INPUT_PLAIN or INPUT_DIGEST, in bytes. */
size_t mech_input_max(const struct mech_row *row);

/*
 * From what the caller gave (INPUT_PLAIN, INPUT_DIGEST) or its digest (INPUT_MESSAGE) to what the
 * card is sent, appended to out.  JPKI_ERR_ARGUMENT where the length is not what the row takes
 * (CKR_DATA_LEN_RANGE).
 */
enum jpki_err mech_encode(const struct mech_row *row, struct slice given,
                          struct buf *out) MUST_CHECK;

#endif
