/* SPDX-License-Identifier: BSD-3-Clause */
#include "object.h"

#define HANDLES_PER_SERIES 32 /* more than there are rows */

/* clang-format off */
#define CERT_ROW(role, file, id, label, unique) { role, CKO_CERTIFICATE, file, id, label, CKP_INVALID_ID, unique }
#define PUBLIC_ROW(role, file, id, label, unique) { role, CKO_PUBLIC_KEY, file, id, label, CKP_INVALID_ID, unique }
#define PRIVATE_ROW(role, file, id, label, unique) { role, CKO_PRIVATE_KEY, file, id, label, CKP_INVALID_ID, unique }
#define PROFILE_ROW(role, profile, label, unique) { role, CKO_PROFILE, CERT_COUNT, 0, label, profile, unique }
/* clang-format on */

/*
 * The trio of a role shares CKA_ID and label: clients find the one from the other by either.  The
 * CAs have ids of their own, else a client attaches the user's key to the CA, and no public-key
 * objects: OpenSSH would offer them as identities.
 */
static const struct object_row rows[] = {
    CERT_ROW(ROLE_AUTH, CERT_AUTH, AUTH_ID, AUTH_LABEL, "auth-cert"),
    PUBLIC_ROW(ROLE_AUTH, CERT_AUTH, AUTH_ID, AUTH_LABEL, "auth-public"),
    PRIVATE_ROW(ROLE_AUTH, CERT_AUTH, AUTH_ID, AUTH_LABEL, "auth-private"),
    CERT_ROW(ROLE_AUTH, CERT_AUTH_CA, 3, AUTH_LABEL " CA", "auth-ca"),
    PROFILE_ROW(ROLE_AUTH, CKP_BASELINE_PROVIDER, "Baseline Provider", "auth-profile-baseline"),
    PROFILE_ROW(ROLE_AUTH, CKP_EXTENDED_PROVIDER, "Extended Provider", "auth-profile-extended"),
    PROFILE_ROW(ROLE_AUTH, CKP_AUTHENTICATION_TOKEN, "Authentication Token",
                "auth-profile-authentication"),
    PROFILE_ROW(ROLE_AUTH, CKP_PUBLIC_CERTIFICATES_TOKEN, "Public Certificates Token",
                "auth-profile-public-certs"),

    CERT_ROW(ROLE_SIGN, CERT_SIGN, SIGN_ID, SIGN_LABEL, "sign-cert"),
    PUBLIC_ROW(ROLE_SIGN, CERT_SIGN, SIGN_ID, SIGN_LABEL, "sign-public"),
    PRIVATE_ROW(ROLE_SIGN, CERT_SIGN, SIGN_ID, SIGN_LABEL, "sign-private"),
    CERT_ROW(ROLE_SIGN, CERT_SIGN_CA, 4, SIGN_LABEL " CA", "sign-ca"),
    PROFILE_ROW(ROLE_SIGN, CKP_BASELINE_PROVIDER, "Baseline Provider", "sign-profile-baseline"),
    PROFILE_ROW(ROLE_SIGN, CKP_EXTENDED_PROVIDER, "Extended Provider", "sign-profile-extended"),
    PROFILE_ROW(ROLE_SIGN, CKP_AUTHENTICATION_TOKEN, "Authentication Token",
                "sign-profile-authentication"),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
_Static_assert(ROW_COUNT <= HANDLES_PER_SERIES, "handles of two series would overlap");

size_t object_count(void)
{
    return ROW_COUNT;
}

const struct object_row *object_at(size_t index)
{
    return index < ROW_COUNT ? &rows[index] : NULL;
}

bool object_private(const struct object_row *row, const struct object_sight *sight)
{
    if (row->class == CKO_PROFILE)
        return false;
    if (row->class == CKO_PRIVATE_KEY)
        return true;
    switch (row->file) {
    case CERT_AUTH:
    case CERT_SIGN: return sight->cert_private;
    case CERT_AUTH_CA: return false;
    /* its file is free, but before the login it would be the only certificate of the token, and
     * taken for the user's */
    case CERT_SIGN_CA: return true;
    case CERT_COUNT: break;
    }
    return false;
}

bool object_visible(const struct object_row *row, const struct object_sight *sight)
{
    if (row->role != sight->role)
        return false;
    if (row->class == CKO_PROFILE && row->profile == CKP_PUBLIC_CERTIFICATES_TOKEN &&
        !sight->public_certs)
        return false;
    if (row->class == CKO_CERTIFICATE && row->file == CERT_AUTH_CA && !sight->has_ca)
        return false;
    return sight->logged_in || !object_private(row, sight);
}

CK_OBJECT_HANDLE object_handle(CK_ULONG series, size_t index)
{
    return series * HANDLES_PER_SERIES + (CK_ULONG)index + 1; /* 0 is CK_INVALID_HANDLE */
}

const struct object_row *object_find(CK_ULONG series, CK_OBJECT_HANDLE handle)
{
    size_t index = (size_t)((handle - 1) % HANDLES_PER_SERIES);

    if (handle == CK_INVALID_HANDLE || object_handle(series, index) != handle)
        return NULL;
    return object_at(index);
}
