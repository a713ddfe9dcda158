/* SPDX-License-Identifier: BSD-3-Clause */
#include "mech.h"

#include "p384.h"

#include <string.h>

#define RSA_BITS 2048
#define RSA_LEN 256
#define RSA_PLAIN_MAX 245 /* 256 less the 11 bytes of type 1 padding */
#define PSS_SALT_LEN 32

/*
 * One word serves signing and verifying: signing is done by the card, so CKF_HW stands there
 * (clients choose by HW | SIGN), although verifying is done on the host.
 */
#define FLAGS_RSA (CKF_HW | CKF_SIGN | CKF_VERIFY)

/* type, hash, input, form, card scheme, PSS parameters */
#define RSA_ROW(type, hash, input, form, scheme, pss) \
    { \
        type, #type, KEY_RSA_2048, hash, input, form, scheme, pss, FLAGS_RSA, RSA_BITS, RSA_BITS \
    }
#define DIGEST_ROW(type, hash) \
    { \
        type, #type, KEY_RSA_2048, hash, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false, \
            CKF_DIGEST, 0, 0 \
    }

#ifdef JPKI_NEXT_GENERATION
#define EC_BITS 384
#define FLAGS_EC \
    (CKF_HW | CKF_SIGN | CKF_VERIFY | CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS)
/* The card gets a digest as it is: the same scheme number as for a ready DigestInfo. */
#define EC_ROW(type, hash, input) \
    { \
        type, #type, KEY_EC_P384, hash, input, SIG_ECDSA, SCHEME_PKCS1, false, FLAGS_EC, EC_BITS, \
            EC_BITS \
    }
#endif

/*
 * Of the digests SHA-256 and SHA-1 only: Java builds its PSS signatures from the digests a token
 * lists, and the card's PSS knows SHA-256 alone.
 */
static const struct mech_row rows[] = {
    RSA_ROW(CKM_RSA_PKCS, HASH_NONE, INPUT_PLAIN, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_SHA1_RSA_PKCS, HASH_SHA1, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_SHA224_RSA_PKCS, HASH_SHA224, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_SHA256_RSA_PKCS, HASH_SHA256, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_SHA384_RSA_PKCS, HASH_SHA384, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_SHA512_RSA_PKCS, HASH_SHA512, INPUT_MESSAGE, SIG_PKCS1, SCHEME_PKCS1, false),
    RSA_ROW(CKM_RSA_PKCS_PSS, HASH_SHA256, INPUT_DIGEST, SIG_PSS, SCHEME_PSS, true),
    RSA_ROW(CKM_SHA256_RSA_PKCS_PSS, HASH_SHA256, INPUT_MESSAGE, SIG_PSS, SCHEME_PSS, true),
#ifdef JPKI_NEXT_GENERATION
    EC_ROW(CKM_ECDSA, HASH_NONE, INPUT_DIGEST),
    EC_ROW(CKM_ECDSA_SHA256, HASH_SHA256, INPUT_MESSAGE),
    EC_ROW(CKM_ECDSA_SHA384, HASH_SHA384, INPUT_MESSAGE),
    EC_ROW(CKM_ECDSA_SHA512, HASH_SHA512, INPUT_MESSAGE),
#endif
    DIGEST_ROW(CKM_SHA256, HASH_SHA256),
    DIGEST_ROW(CKM_SHA_1, HASH_SHA1),
};

const struct mech_row *mech_rows(size_t *ret_count)
{
    *ret_count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

bool mech_listed(const struct mech_row *row, enum key_kind key, bool with_pss)
{
    if (row->flags & CKF_DIGEST)
        return true;
    return row->key == key && (with_pss || !row->pss_params);
}

const struct mech_row *mech_find(CK_MECHANISM_TYPE type, enum key_kind key, bool with_pss)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type && mech_listed(&rows[i], key, with_pss))
            return &rows[i];
    }
    return NULL;
}

CK_RV mech_check_params(const struct mech_row *row, const CK_MECHANISM *mechanism)
{
    CK_RSA_PKCS_PSS_PARAMS params;

    if (!row->pss_params)
        return mechanism->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
    if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof(params))
        return CKR_MECHANISM_PARAM_INVALID;
    memcpy(&params, mechanism->pParameter, sizeof(params)); /* it may lie at any address */
    if (params.hashAlg != CKM_SHA256 || params.mgf != CKG_MGF1_SHA256 ||
        params.sLen != PSS_SALT_LEN)
        return CKR_MECHANISM_PARAM_INVALID;
    return CKR_OK;
}

size_t mech_signature_len(enum key_kind key)
{
    switch (key) {
    case KEY_RSA_2048: return RSA_LEN;
    case KEY_EC_P384: return 2 * P384_FIELD_LEN;
    }
    return 0;
}

size_t mech_input_max(const struct mech_row *row)
{
    switch (row->input) {
    case INPUT_PLAIN: return RSA_PLAIN_MAX;
    case INPUT_DIGEST: return row->hash == HASH_NONE ? HASH_MAX_LEN : hash_len(row->hash);
    case INPUT_MESSAGE: return SIZE_MAX;
    }
    return 0;
}

/* Whether given has a length the row takes; a message's digest stands for the message. */
static bool mech_length_fits(const struct mech_row *row, size_t len)
{
    if (row->hash != HASH_NONE)
        return len == hash_len(row->hash);
    return len >= 1 && len <= mech_input_max(row);
}

enum jpki_err mech_encode(const struct mech_row *row, struct slice given, struct buf *out)
{
    if (!(row->flags & CKF_SIGN) || !mech_length_fits(row, given.len))
        return JPKI_ERR_ARGUMENT;
    switch (row->form) {
    case SIG_PKCS1:
        return row->input == INPUT_PLAIN ? buf_put(out, given)
                                         : digest_info_put(row->hash, given, out);
    case SIG_PSS: return buf_put(out, given);
    case SIG_ECDSA: return ecdsa_input_put(given, out);
    }
    return JPKI_ERR_ARGUMENT;
}
