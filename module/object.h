/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The objects of a token: one row each.  A handle is made of the card's identity (the series it had
 * when it first came) and the row: another card has other handles, and the same card put back has
 * its own again, which Chromium counts on.
 */
#ifndef MODULE_OBJECT_H
#define MODULE_OBJECT_H

#include "cert.h"
#include "config.h"
#include "pkcs11.h"

struct object_row {
    enum role role;
    CK_OBJECT_CLASS class;
    /* where its certificate or public key comes from; unused for profile objects */
    enum cert_file file;
    CK_BYTE id; /* CKA_ID; 0 for profile objects */
    const char *label;
    CK_PROFILE_ID profile; /* profile objects only */
    const char *unique_id; /* CKA_UNIQUE_ID without the serial: "auth-cert" ... */
};

/*
 * What attributes are read from.  Whoever fills it holds a reference on cert for as long as it is
 * used; cert is NULL where the certificate was not read (attr_needs_cert tells beforehand whether
 * it will be missed).
 */
struct object_view {
    const struct object_row *row;
    const struct role_profile *keys; /* of the token's role */
    const struct cert_facts *cert;
    const char *serial; /* of the token */
    CK_BBOOL private;   /* CKA_PRIVATE of this object on this card */
    CK_BBOOL always_authenticate;
    bool with_pss;
};

/* What decides which objects a session sees. */
struct object_sight {
    enum role role;
    bool logged_in;
    bool cert_private; /* this card's certificate of the role needs the PIN */
    /* all certificates of the token are public: the profile may be claimed */
    bool public_certs;
    bool has_ca; /* config: ca-certs=yes */
};

size_t object_count(void);
const struct object_row *object_at(size_t index);

/* Whether the row is CKA_PRIVATE on such a card. */
bool object_private(const struct object_row *row, const struct object_sight *sight);

/* Whether a session sees the row at all: private objects are invisible while logged out. */
bool object_visible(const struct object_row *row, const struct object_sight *sight);

/* Handle of row index on the card of this series, and back: NULL if the handle is not of this
 * series or names no row. */
CK_OBJECT_HANDLE object_handle(CK_ULONG series, size_t index);
const struct object_row *object_find(CK_ULONG series, CK_OBJECT_HANDLE handle);

#endif
