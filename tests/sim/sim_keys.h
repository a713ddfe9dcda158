/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The keys and certificates of simulated cards, made by OpenSSL when first asked for and kept in a
 * folder, so that tests are fast and two processes see the same card.  Everything is under
 * O=JPKI-TEST and belongs to persons who do not exist.
 */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include "sim_options.h"

#include <openssl/evp.h>

#define SIM_DER_MAX 2048

/* In the order of EF 000A, 0001, 000B, 0002. */
enum sim_cert { SIM_CERT_AUTH, SIM_CERT_SIGN, SIM_CERT_AUTH_CA, SIM_CERT_SIGN_CA, SIM_CERTS };

struct sim_identity {
    EVP_PKEY *key[SIM_ROLES];
    uint8_t cert[SIM_CERTS][SIM_DER_MAX];
    size_t cert_len[SIM_CERTS]; /* bytes of DER */
};

/*
 * The folder used when none is given: $JPKI_SIM_KEYS, else jpki-simcard under $XDG_CACHE_HOME, else
 * under $HOME/.cache, else a name with the user's number under $TMPDIR or /tmp.  ret_path has room
 * for size bytes; false if it does not fit.
 */
bool sim_keys_default_dir(char *ret_path, size_t size);

/*
 * Load, and make what is missing of, the identity of opt->holder with opt->ec and opt->validity.
 * dir NULL is the default folder; it is created with mode 0700 and must belong to this user.  Safe
 * when several processes do it at once.  The caller gives *ret_identity to sim_identity_free. NULL,
 * and a line on standard error, if it cannot be done.
 */
struct sim_identity *sim_identity_load(const char *dir, const struct sim_options *opt);
void sim_identity_free(struct sim_identity *identity);

/*
 * Write auth.pem, sign.pem, auth-ca.pem, sign-ca.pem into an existing folder, for servers and
 * checks; never a private key. False if a file cannot be written.
 */
bool sim_identity_export(const struct sim_identity *identity, const char *dir);

#endif
