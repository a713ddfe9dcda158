/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures: checked on the host, and brought into the form that PKCS#11 has.
 *
 * Before any EVP_PKEY, EC or RSA work, in a library context of its own too, OpenSSL reads the
 * application's openssl.cnf and asks its engines (measured with 3.0), which may load this very
 * module.  So an RSA signature is checked by its bare arithmetic (BN_mod_exp), which reads nothing
 * and which nobody's RSA method can get between.  ECDSA (p384.h) is left to OpenSSL: that is why
 * signature_check is never called with the card's lock held.
 */
#ifndef MODULE_SIGNATURE_H
#define MODULE_SIGNATURE_H

#include "cert.h"

enum sig_form {
    SIG_PKCS1, /* input: the bytes between the type 1 padding */
    SIG_PSS,   /* input: a SHA-256 digest; MGF1-SHA-256, salt 32 */
    SIG_ECDSA, /* input: a digest; signature: r || s of equal length */
};

/*
 * Check a signature against the key of a certificate.  *ret_good is written on JPKI_OK; a signature
 * that does not fit is JPKI_OK with false.  Any error means that nothing is known of the signature:
 * JPKI_ERR_ARGUMENT, the key is of another family or size; JPKI_ERR_MEMORY; JPKI_ERR_UNSUPPORTED,
 * see ossl_alive.
 */
enum jpki_err signature_check(const struct cert_facts *cert, enum sig_form form, struct slice input,
                              struct slice signature, bool *ret_good) MUST_CHECK;

#endif
