/* SPDX-License-Identifier: BSD-3-Clause */
/* Who vouches for a certificate. */
#ifndef TOOLS_CERT_VERIFY_H
#define TOOLS_CERT_VERIFY_H

#include "x509.h"

/*
 * Print how a certificate of the role stands: its dates, what its key may be used for, whether the
 * card's CA is one and signed it, and, with ca_dir, whether a CA certificate there did; and what
 * was not asked.  The CAs of all generations share one name, so keys and signatures decide and
 * names do not.  CODE_OK, CODE_CHECK, or CODE_FAILED without a certificate in ca_dir.
 */
int cert_verify_show(X509 *cert, enum role role, X509 *ca, const char *ca_dir, bool json);

/* Whether the folder can be read, before anybody is asked for a PIN; CODE_FAILED was said. */
int ca_dir_check(const char *ca_dir);

/* Whether ca's key signed cert. */
bool cert_signed_by(X509 *cert, X509 *ca);

#endif
