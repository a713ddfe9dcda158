/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attributes: one row each with the classes that have it and where its value comes from.
 * C_GetAttributeValue, C_FindObjectsInit, C_GetObjectSize, the documents and the tests read the
 * same rows.
 */
#ifndef MODULE_ATTR_H
#define MODULE_ATTR_H

#include "object.h"

#define ATTR_SCRATCH_MAX 256

/* A value: ptr points into the view's certificate, into constants, or into scratch.  Valid as
 * long as the view and this. */
struct attr_value {
    struct slice bytes;
    uint8_t scratch[ATTR_SCRATCH_MAX];
};

/* Whether the value comes out of the certificate, so that the certificate must be read before
 * attr_read. */
bool attr_needs_cert(const struct object_row *row, CK_ATTRIBUTE_TYPE type);

/*
 * CKR_OK; CKR_ATTRIBUTE_SENSITIVE for the secret parts of a private key; CKR_ATTRIBUTE_TYPE_INVALID
 * where the object has no such attribute, or its certificate was not read.  *ret_value is written
 * on CKR_OK only.
 */
CK_RV attr_read(const struct object_view *view, CK_ATTRIBUTE_TYPE type,
                struct attr_value *ret_value);

/*
 * Answer one entry of a C_GetAttributeValue template as the standard says: length alone for a NULL
 * pointer, the value if it fits, CK_UNAVAILABLE_INFORMATION and the code otherwise.
 */
CK_RV attr_answer(const struct object_view *view, CK_ATTRIBUTE *entry);

/* Whether the object has this attribute with exactly this value. */
bool attr_matches(const struct object_view *view, const CK_ATTRIBUTE *wanted);

/* Rows for the documents and tests: type, name, bit set of classes it stands on (1 << class),
 * sensitive or not. */
struct attr_fact {
    CK_ATTRIBUTE_TYPE type;
    const char *name;
    unsigned classes;
    bool sensitive, from_cert;
};
size_t attr_count(void);
struct attr_fact attr_fact_at(size_t index);

#endif
