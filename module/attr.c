/* SPDX-License-Identifier: BSD-3-Clause */
#include "attr.h"

#include "mech.h"

#include <stdio.h>
#include <string.h>

#define DATE_LEN 8 /* a CK_DATE: year, month, day in ASCII digits */

#define C_CERT (1U << CKO_CERTIFICATE)
#define C_PUBLIC (1U << CKO_PUBLIC_KEY)
#define C_PRIVATE (1U << CKO_PRIVATE_KEY)
#define C_PROFILE (1U << CKO_PROFILE)
#define C_KEYS (C_PUBLIC | C_PRIVATE)
#define C_STORED (C_CERT | C_KEYS)
#define C_ALL (C_STORED | C_PROFILE)

/* Which keys an attribute of a key belongs to. */
enum attr_keys { KEYS_ANY, KEYS_RSA, KEYS_EC };

enum attr_source {
    SOURCE_BOOL,   /* number, as CK_BBOOL */
    SOURCE_ULONG,  /* number */
    SOURCE_EMPTY,  /* present, without a value */
    SOURCE_SLICE,  /* the struct slice at offset number of the certificate's facts */
    SOURCE_BYTES,  /* size bytes at offset number of the certificate's facts */
    SOURCE_ROW,    /* the same of the object's row */
    SOURCE_VIEW,   /* the same of the view */
    SOURCE_ASKED,  /* a function of the view, which can do without the certificate */
    SOURCE_SECRET, /* on the card, and never leaves it */
};

struct attr_row {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    unsigned classes;
    enum attr_keys keys;
    enum attr_source source;
    CK_ULONG number;
    size_t size;
    void (*ask)(const struct object_view *view, struct attr_value *value);
};

static void value_bool(struct attr_value *value, bool truth)
{
    value->scratch[0] = truth ? CK_TRUE : CK_FALSE;
    value->bytes = slice_of(value->scratch, sizeof(CK_BBOOL));
}

static void value_ulong(struct attr_value *value, CK_ULONG number)
{
    memcpy(value->scratch, &number, sizeof(number));
    value->bytes = slice_of(value->scratch, sizeof(number));
}

static void get_label(const struct object_view *view, struct attr_value *value)
{
    value->bytes = slice_of(view->row->label, strlen(view->row->label));
}

static void get_unique_id(const struct object_view *view, struct attr_value *value)
{
    int len = snprintf((char *)value->scratch, sizeof(value->scratch), "%s-%s", view->serial,
                       view->row->unique_id);
    size_t room = sizeof(value->scratch) - 1;
    size_t used = len < 0 ? 0 : (size_t)len;

    value->bytes = slice_of(value->scratch, used < room ? used : room);
}

static void get_category(const struct object_view *view, struct attr_value *value)
{
    bool own = view->row->file == CERT_AUTH || view->row->file == CERT_SIGN;

    value_ulong(value,
                own ? CK_CERTIFICATE_CATEGORY_TOKEN_USER : CK_CERTIFICATE_CATEGORY_AUTHORITY);
}

static void get_key_type(const struct object_view *view, struct attr_value *value)
{
    value_ulong(value, view->keys->key == KEY_RSA_2048 ? CKK_RSA : CKK_EC);
}

static void get_modulus_bits(const struct object_view *view, struct attr_value *value)
{
    value_ulong(value, mech_signature_len(view->keys->key) * 8);
}

/*
 * A certificate's keyUsage says what its key may sign; it is not read for that alone, since every
 * card of these profiles has its two keys for signatures.
 */
static void get_signs(const struct object_view *view, struct attr_value *value)
{
    const unsigned signs = USAGE_DIGITAL_SIGNATURE | USAGE_NON_REPUDIATION;

    value_bool(value, view->cert == NULL || (view->cert->usage & signs) != 0);
}

/* What the key is for: the mechanisms that sign with a private key, or that verify with a public
 * one. */
static void get_allowed_mechanisms(const struct object_view *view, struct attr_value *value)
{
    CK_FLAGS wanted = view->row->class == CKO_PRIVATE_KEY ? CKF_SIGN : CKF_VERIFY;
    size_t count = 0, used = 0;
    const struct mech_row *rows = mech_rows(&count);

    for (size_t i = 0; i < count; i++) {
        if (!(rows[i].flags & wanted) || !mech_listed(&rows[i], view->keys->key, view->with_pss) ||
            sizeof(value->scratch) - used < sizeof(rows[i].type))
            continue;
        memcpy(value->scratch + used, &rows[i].type, sizeof(rows[i].type));
        used += sizeof(rows[i].type);
    }
    value->bytes = slice_of(value->scratch, used);
}

/* clang-format off */
#define ROW(type, classes, keys, ...) { type, #type, classes, keys, __VA_ARGS__ }
/* clang-format on */
#define BOOL(truth) SOURCE_BOOL, truth, 0, NULL
#define ULONG(number) SOURCE_ULONG, number, 0, NULL
#define EMPTY SOURCE_EMPTY, 0, 0, NULL
#define SECRET SOURCE_SECRET, 0, 0, NULL
#define BY(function) SOURCE_ASKED, 0, 0, function
#define CERT_SLICE(field) SOURCE_SLICE, offsetof(struct cert_facts, field), 0, NULL
#define CERT_BYTES(field, size) SOURCE_BYTES, offsetof(struct cert_facts, field), size, NULL
#define OF_ROW(field) \
    SOURCE_ROW, offsetof(struct object_row, field), sizeof(((struct object_row *)NULL)->field), NULL
#define OF_VIEW(field) \
    SOURCE_VIEW, offsetof(struct object_view, field), sizeof(((struct object_view *)NULL)->field), \
        NULL

/*
 * Sorted by type.  A type has more than one row where the source differs by class.  All that a
 * client asks while it searches comes from constants and the card's profile; the certificate is
 * read only for what is in it.
 */
static const struct attr_row rows[] = {
    ROW(CKA_CLASS, C_ALL, KEYS_ANY, OF_ROW(class)),
    ROW(CKA_TOKEN, C_ALL, KEYS_ANY, BOOL(true)),
    ROW(CKA_PRIVATE, C_ALL, KEYS_ANY, OF_VIEW(private)),
    ROW(CKA_LABEL, C_ALL, KEYS_ANY, BY(get_label)),
    ROW(CKA_UNIQUE_ID, C_ALL, KEYS_ANY, BY(get_unique_id)),
    ROW(CKA_VALUE, C_CERT, KEYS_ANY, CERT_SLICE(der)),
#ifdef JPKI_NEXT_GENERATION
    ROW(CKA_VALUE, C_PRIVATE, KEYS_EC, SECRET),
#endif
    ROW(CKA_CERTIFICATE_TYPE, C_CERT, KEYS_ANY, ULONG(CKC_X_509)),
    ROW(CKA_ISSUER, C_CERT, KEYS_ANY, CERT_SLICE(issuer)),
    ROW(CKA_SERIAL_NUMBER, C_CERT, KEYS_ANY, CERT_SLICE(serial)),
    ROW(CKA_TRUSTED, C_CERT | C_PUBLIC, KEYS_ANY, BOOL(false)),
    ROW(CKA_CERTIFICATE_CATEGORY, C_CERT, KEYS_ANY, BY(get_category)),
    ROW(CKA_JAVA_MIDP_SECURITY_DOMAIN, C_CERT, KEYS_ANY, ULONG(CK_SECURITY_DOMAIN_UNSPECIFIED)),
    ROW(CKA_URL, C_CERT, KEYS_ANY, EMPTY),
    ROW(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, C_CERT, KEYS_ANY, CERT_BYTES(subject_key_sha1, 20)),
    ROW(CKA_HASH_OF_ISSUER_PUBLIC_KEY, C_CERT, KEYS_ANY, EMPTY),
    ROW(CKA_NAME_HASH_ALGORITHM, C_CERT, KEYS_ANY, ULONG(CKM_SHA_1)),
    ROW(CKA_CHECK_VALUE, C_CERT, KEYS_ANY, CERT_BYTES(sha1, 3)),
    ROW(CKA_KEY_TYPE, C_KEYS, KEYS_ANY, BY(get_key_type)),
    ROW(CKA_SUBJECT, C_STORED, KEYS_ANY, CERT_SLICE(subject)),
    ROW(CKA_ID, C_STORED, KEYS_ANY, OF_ROW(id)),
    ROW(CKA_SENSITIVE, C_PRIVATE, KEYS_ANY, BOOL(true)),
    ROW(CKA_ENCRYPT, C_PUBLIC, KEYS_ANY, BOOL(false)),
    ROW(CKA_DECRYPT, C_PRIVATE, KEYS_ANY, BOOL(false)),
    ROW(CKA_WRAP, C_PUBLIC, KEYS_ANY, BOOL(false)),
    ROW(CKA_UNWRAP, C_PRIVATE, KEYS_ANY, BOOL(false)),
    ROW(CKA_SIGN, C_PRIVATE, KEYS_ANY, BY(get_signs)),
    ROW(CKA_SIGN_RECOVER, C_PRIVATE, KEYS_ANY, BOOL(false)),
    ROW(CKA_VERIFY, C_PUBLIC, KEYS_ANY, BY(get_signs)),
    ROW(CKA_VERIFY_RECOVER, C_PUBLIC, KEYS_ANY, BOOL(false)),
    ROW(CKA_DERIVE, C_KEYS, KEYS_ANY, BOOL(false)),
    ROW(CKA_START_DATE, C_STORED, KEYS_ANY, CERT_BYTES(start, DATE_LEN)),
    ROW(CKA_END_DATE, C_STORED, KEYS_ANY, CERT_BYTES(end, DATE_LEN)),
    ROW(CKA_MODULUS, C_KEYS, KEYS_RSA, CERT_SLICE(modulus)),
    ROW(CKA_MODULUS_BITS, C_KEYS, KEYS_RSA, BY(get_modulus_bits)),
    ROW(CKA_PUBLIC_EXPONENT, C_KEYS, KEYS_RSA, CERT_SLICE(exponent)),
    ROW(CKA_PRIVATE_EXPONENT, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_PRIME_1, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_PRIME_2, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_EXPONENT_1, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_EXPONENT_2, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_COEFFICIENT, C_PRIVATE, KEYS_RSA, SECRET),
    ROW(CKA_PUBLIC_KEY_INFO, C_STORED, KEYS_ANY, CERT_SLICE(spki)),
    ROW(CKA_EXTRACTABLE, C_PRIVATE, KEYS_ANY, BOOL(false)),
    /* CKA_LOCAL would claim C_GenerateKeyPair, and needs a CKA_KEY_GEN_MECHANISM; the keys were
     * there when the card came */
    ROW(CKA_LOCAL, C_KEYS, KEYS_ANY, BOOL(false)),
    ROW(CKA_NEVER_EXTRACTABLE, C_PRIVATE, KEYS_ANY, BOOL(true)),
    ROW(CKA_ALWAYS_SENSITIVE, C_PRIVATE, KEYS_ANY, BOOL(true)),
    ROW(CKA_KEY_GEN_MECHANISM, C_KEYS, KEYS_ANY, ULONG(CK_UNAVAILABLE_INFORMATION)),
    ROW(CKA_MODIFIABLE, C_ALL, KEYS_ANY, BOOL(false)),
    ROW(CKA_COPYABLE, C_ALL, KEYS_ANY, BOOL(false)),
    ROW(CKA_DESTROYABLE, C_ALL, KEYS_ANY, BOOL(false)),
#ifdef JPKI_NEXT_GENERATION
    ROW(CKA_EC_PARAMS, C_KEYS, KEYS_EC, CERT_SLICE(ec_params)),
    ROW(CKA_EC_POINT, C_KEYS, KEYS_EC, CERT_SLICE(ec_point)),
#endif
    ROW(CKA_ALWAYS_AUTHENTICATE, C_PRIVATE, KEYS_ANY, OF_VIEW(always_authenticate)),
    ROW(CKA_WRAP_WITH_TRUSTED, C_PRIVATE, KEYS_ANY, BOOL(false)),
    ROW(CKA_PROFILE_ID, C_PROFILE, KEYS_ANY, OF_ROW(profile)),
    ROW(CKA_OBJECT_VALIDATION_FLAGS, C_KEYS, KEYS_ANY, ULONG(0)),
    ROW(CKA_ENCAPSULATE, C_PUBLIC, KEYS_ANY, BOOL(false)),
    ROW(CKA_DECAPSULATE, C_PRIVATE, KEYS_ANY, BOOL(false)),
    ROW(CKA_ALLOWED_MECHANISMS, C_KEYS, KEYS_ANY, BY(get_allowed_mechanisms)),
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

static bool row_from_cert(const struct attr_row *row)
{
    return row->source == SOURCE_SLICE || row->source == SOURCE_BYTES;
}

static bool row_fits_key(const struct attr_row *row, enum key_kind key)
{
    switch (row->keys) {
    case KEYS_ANY: return true;
    case KEYS_RSA: return key == KEY_RSA_2048;
    case KEYS_EC: return key == KEY_EC_P384;
    }
    return false;
}

/* The row of a type on an object; NULL if it has no such attribute. */
static const struct attr_row *row_find(const struct object_view *view, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < ROW_COUNT && rows[i].type <= type; i++) {
        if (rows[i].type == type && (rows[i].classes & (1U << view->row->class)) != 0 &&
            row_fits_key(&rows[i], view->keys->key))
            return &rows[i];
    }
    return NULL;
}

bool attr_needs_cert(const struct object_row *row, CK_ATTRIBUTE_TYPE type)
{
    for (size_t i = 0; i < ROW_COUNT && rows[i].type <= type; i++) {
        if (rows[i].type == type && (rows[i].classes & (1U << row->class)) != 0 &&
            row_from_cert(&rows[i]))
            return true;
    }
    return false;
}

/* Point value into the certificate; false if the certificate was not read or has no such part. */
static bool value_from_cert(const struct attr_row *row, const struct cert_facts *cert,
                            struct attr_value *value)
{
    const uint8_t *base = (const uint8_t *)cert;
    struct slice part;

    if (cert == NULL)
        return false;
    if (row->source == SOURCE_BYTES) {
        part = slice_of(base + row->number, row->size);
    } else {
        memcpy(&part, base + row->number, sizeof(part));
    }
    if (part.len == 0) { /* an RSA certificate where the card's profile says EC */
        return false;
    }
    value->bytes = part;
    return true;
}

CK_RV attr_read(const struct object_view *view, CK_ATTRIBUTE_TYPE type,
                struct attr_value *ret_value)
{
    const struct attr_row *row = row_find(view, type);

    if (row == NULL)
        return CKR_ATTRIBUTE_TYPE_INVALID;
    switch (row->source) {
    case SOURCE_SECRET: return CKR_ATTRIBUTE_SENSITIVE;
    case SOURCE_SLICE:
    case SOURCE_BYTES:
        return value_from_cert(row, view->cert, ret_value) ? CKR_OK : CKR_ATTRIBUTE_TYPE_INVALID;
    case SOURCE_ROW:
        ret_value->bytes = slice_of((const uint8_t *)view->row + row->number, row->size);
        return CKR_OK;
    case SOURCE_VIEW:
        ret_value->bytes = slice_of((const uint8_t *)view + row->number, row->size);
        return CKR_OK;
    case SOURCE_BOOL: value_bool(ret_value, row->number != 0); return CKR_OK;
    case SOURCE_ULONG: value_ulong(ret_value, row->number); return CKR_OK;
    case SOURCE_EMPTY: ret_value->bytes = slice_of(NULL, 0); return CKR_OK;
    case SOURCE_ASKED: row->ask(view, ret_value); return CKR_OK;
    }
    return CKR_ATTRIBUTE_TYPE_INVALID;
}

CK_RV attr_answer(const struct object_view *view, CK_ATTRIBUTE *entry)
{
    struct attr_value value;
    CK_RV rv = attr_read(view, entry->type, &value);

    if (rv != CKR_OK)
        goto out;
    if (entry->pValue != NULL && entry->ulValueLen < value.bytes.len) {
        rv = CKR_BUFFER_TOO_SMALL;
        goto out;
    }
    if (entry->pValue != NULL && value.bytes.len > 0)
        memcpy(entry->pValue, value.bytes.ptr, value.bytes.len);
    entry->ulValueLen = value.bytes.len;
out:
    if (rv != CKR_OK)
        entry->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    return rv;
}

bool attr_matches(const struct object_view *view, const CK_ATTRIBUTE *wanted)
{
    struct attr_value value;

    if (attr_read(view, wanted->type, &value) != CKR_OK ||
        (wanted->ulValueLen > 0 && wanted->pValue == NULL))
        return false;
    return slice_equal(value.bytes, slice_of(wanted->pValue, wanted->ulValueLen));
}

size_t attr_count(void)
{
    return ROW_COUNT;
}

struct attr_fact attr_fact_at(size_t index)
{
    const struct attr_row *row = &rows[index < ROW_COUNT ? index : ROW_COUNT - 1];

    return (struct attr_fact){ row->type, row->name, row->classes, row->source == SOURCE_SECRET,
                               row_from_cert(row) };
}
