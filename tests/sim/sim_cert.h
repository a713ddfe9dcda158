/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates in the shape and size of the real ones: distinguished names, extensions and their
 * order.  Pure: no files.
 */
#ifndef SIM_CERT_H
#define SIM_CERT_H

#include "sim_options.h"

#include <openssl/x509.h>

/* A self-signed CA of ten years, as opt->certs says.  The caller frees it with X509_free; NULL
 * if OpenSSL fails. */
X509 *sim_cert_make_ca(enum sim_role role, const struct sim_options *opt, EVP_PKEY *ca_key);

/* A holder's certificate under that CA, for opt->holder and opt->validity; ownership as above. */
X509 *sim_cert_make_holder(enum sim_role role, const struct sim_options *opt, EVP_PKEY *key,
                           X509 *ca, EVP_PKEY *ca_key);

#endif
