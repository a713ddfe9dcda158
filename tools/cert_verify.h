/* SPDX-License-Identifier: BSD-3-Clause */
/* Who vouches for a certificate. */
#ifndef TOOLS_CERT_VERIFY_H
#define TOOLS_CERT_VERIFY_H

#include <openssl/x509.h>
#include <stdbool.h>

/*
 * Print how the holder's certificate stands: its dates, the signature of the card's CA over it, and, with ca_dir, whether a
 * certificate file there holds the key of that CA.  The CAs of all generations share one name, so keys and signatures decide
 * and names do not.  CODE_OK or CODE_CHECK.
 */
int cert_verify_show(X509 *cert, X509 *ca, const char *ca_dir, bool json);

/* Whether ca's key signed cert. */
bool cert_signed_by(X509 *cert, X509 *ca);

#endif
