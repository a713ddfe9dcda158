/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Good calls with one bad argument: NULL for each pointer, absurd lengths, handles that never were
 * or are no more.  A length says how much of the caller's memory may be read, so one that is too
 * large is given only where no byte need be read to see that it is wrong.
 */
#include "bad_rows.h"

#include <stdio.h>

/* What a parameter is; a row has one letter for each. */
enum kind {
    SESSION = 's',
    SESSION_OTHER = 'S',
    SLOT = 'i',
    FIXED = 'x',
    OUT = 'p',   /* where a result goes */
    MAYBE = 'q', /* the same, or an input, that may be left out */
    IN = 'b',    /* bytes in, their length behind it */
    IN_LEN = 'n',
    PIN_LEN = 'l', /* no PIN is longer than 16, so nothing need be read */
    SIGNATURE_LEN_OF = 'g',
    BUFFER = 'o', /* bytes out, its room behind it; NULL asks for the length */
    BUFFER_ROOM = 'r',
    TEMPLATE = 't',
    MECHANISM = 'm',
    OBJECT = 'h',
    KEY = 'k',
    HANDLES = 'c', /* how many handles at most */
};

struct bad_row {
    const char *name, *kinds;
    prepare *prepare;
    CK_RV good, null;
    CK_RV (*call)(const struct args *a);
};

#define CALL_OF(name, kinds, prepare, good, null, ...) \
    static CK_RV call_##name##_##prepare(const struct args *a) \
    { \
        return P11(name, __VA_ARGS__); \
    }
#define ROW(name, kinds, prepare, good, null, ...) \
    { #name, kinds, prepare, good, null, call_##name##_##prepare },

ROWS(CALL_OF)
static const struct bad_row rows[] = { ROWS(ROW) };

/* One good argument.  On the other token nobody is logged in. */
static void argument_fill(struct args *a, const char *kinds, size_t i)
{
    const struct {
        char kind;
        void *p;
        CK_ULONG n;
    } good[] = {
        { IN, store.bytes[i], 0 },
        { BUFFER_ROOM, &store.room, 0 },
        { TEMPLATE, &store.attribute, 0 },
        { MECHANISM, &store.mechanism, 0 },
        { OBJECT, NULL, store.certificate },
        { SIGNATURE_LEN_OF, NULL, SIGNATURE_LEN },
        { HANDLES, NULL, 8 },
        { OUT, store.out[i], 0 },
        { MAYBE, store.out[i], 0 },
        { BUFFER, store.out[i], 0 },
    };

    for (size_t k = 0; k < sizeof(good) / sizeof(good[0]); k++)
        if (good[k].kind == kinds[i]) {
            a->p[i] = good[k].p;
            a->n[i] = good[k].n;
        }
    if (kinds[i] == IN_LEN)
        a->n[i] = kinds[i - 1] == TEMPLATE ? 1 : 32;
    if (kinds[i] == SESSION || kinds[i] == SESSION_OTHER)
        a->n[i] = rig_session(kinds[i] == SESSION ? SLOT_AUTH : SLOT_SIGN);
}

/* The good arguments of a row, in a session of its own. */
static struct args row_arguments(const struct bad_row *row)
{
    struct args a = { .n = { 0 } };

    memset(&store.out, 0, sizeof(store.out));
    memset(&store.bytes, 'a', sizeof(store.bytes));
    store.class = CKO_CERTIFICATE;
    store.attribute = (CK_ATTRIBUTE){ CKA_CLASS, &store.class, sizeof(store.class) };
    /* of the largest things that are listed, and enough bytes for the others */
    store.room = ROOM / sizeof(CK_INTERFACE);
    for (size_t i = 0; row->kinds[i] != '\0'; i++)
        argument_fill(&a, row->kinds, i);
    row->prepare(&a);
    return a;
}

/* Make the call; NOT_SAID expects nothing but what holds for every call: the code is permitted,
 * no try is lost. */
static void row_call(const struct bad_row *row, const struct args *a, CK_RV expected,
                     const char *what)
{
    const unsigned tries[] = { rig_tries(SIM_AUTH), rig_tries(SIM_SIGN) };
    const CK_RV rv = row->call(a);

    if (expected != NOT_SAID && rv != expected)
        ck_abort_msg("%s(%s), %s: %s instead of %s", row->name, row->kinds, what, rig_rv_name(rv),
                     rig_rv_name(expected));
    ck_assert_uint_eq(rig_tries(SIM_AUTH), tries[SIM_AUTH]);
    ck_assert_uint_eq(rig_tries(SIM_SIGN), tries[SIM_SIGN]);
    if (row->kinds[0] == SESSION || row->kinds[0] == SESSION_OTHER)
        CK_GOOD(C_CloseSession, a->n[0]);
}

static void number_bad(const struct bad_row *row, size_t i, CK_ULONG value, CK_RV expected)
{
    struct args a = row_arguments(row);
    char what[64];

    snprintf(what, sizeof(what), "argument %zu is 0x%lX", i + 1, value);
    a.n[i] = value;
    row_call(row, &a, expected, what);
}

static void pointer_null(const struct bad_row *row, size_t i, CK_RV expected)
{
    struct args a = row_arguments(row);
    char what[64];

    snprintf(what, sizeof(what), "argument %zu is NULL", i + 1);
    a.p[i] = NULL;
    row_call(row, &a, expected, what);
}

/* NULL with a length of nothing and of everything. */
static void nothing_of_length(const struct bad_row *row, size_t i, CK_ULONG len, CK_RV expected)
{
    struct args a = row_arguments(row);

    a.p[i] = NULL;
    a.n[i + 1] = len;
    row_call(row, &a, expected, len == 0 ? "NULL of length 0" : "NULL of an absurd length");
}

static void room_bad(const struct bad_row *row, CK_ULONG room, CK_RV expected)
{
    struct args a = row_arguments(row);

    store.room = room;
    row_call(row, &a, expected, room < 2 ? "too little room" : "absurd room");
}

static void parameter_bad(const struct bad_row *row, bool null, CK_ULONG len)
{
    struct args a = row_arguments(row);

    store.mechanism.pParameter = null ? NULL : (void *)&store.pss;
    store.mechanism.ulParameterLen = len;
    row_call(row, &a, CKR_MECHANISM_PARAM_INVALID, "a mechanism's parameter of the wrong length");
}

static void value_bad(const struct bad_row *row, bool null, CK_ULONG len, CK_RV expected)
{
    struct args a = row_arguments(row);

    store.attribute.pValue = null ? NULL : (void *)&store.class;
    store.attribute.ulValueLen = len;
    row_call(row, &a, expected, "a value of the wrong length");
}

/* The lowest bit that half a CK_ULONG does not have. */
#define HALF ((CK_ULONG)1 << (4 * sizeof(CK_ULONG)))

static const CK_ULONG absurd[] = { (CK_ULONG)-1, (CK_ULONG)-1 / 2, (CK_ULONG)-1 / 2 + 1, HALF };
#define ABSURD (sizeof(absurd) / sizeof(absurd[0]))

/* Somebody is logged in to one token; store holds its objects, one of the other token and one of
 * a card that is gone. */
static void bad_start(void)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slot;

    (void)rig_start("");
    store.stale = rig_object(rig_session(SLOT_AUTH), CKO_CERTIFICATE);
    rig_swap(READER_A, rig_card("holder=2"));
    while (P11(C_WaitForSlotEvent, CKF_DONT_BLOCK, &slot, NULL) == CKR_OK)
        continue;
    session = rig_logged_in(SLOT_SIGN);
    store.foreign = rig_object(session, CKO_PRIVATE_KEY);
    CK_GOOD(C_CloseSession, session);
    session = rig_logged_in(SLOT_AUTH);
    store.private_key = rig_object(session, CKO_PRIVATE_KEY);
    store.public_key = rig_object(session, CKO_PUBLIC_KEY);
    store.certificate = rig_object(session, CKO_CERTIFICATE);
}

/* Call each for every argument of every row; how many arguments it had something to do with. */
static void arguments_each(size_t (*each)(const struct bad_row *row, size_t i), size_t least)
{
    size_t count = 0;

    bad_start();
    for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
        for (size_t i = 0; rows[k].kinds[i] != '\0'; i++)
            count += each(&rows[k], i);
    ck_assert_uint_ge(count, least);
}

START_TEST(good_calls)
{
    bad_start();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct args a;

        if (rows[i].good == NOT_SAID)
            continue;
        a = row_arguments(&rows[i]);
        row_call(&rows[i], &a, rows[i].good, "good arguments");
    }
}
END_TEST

static size_t null_each(const struct bad_row *row, size_t i)
{
    switch (row->kinds[i]) {
    case MAYBE: pointer_null(row, i, NOT_SAID); return 1;
    case BUFFER: /* asks for the length */ pointer_null(row, i, row->good); return 1;
    case OUT:
    case IN:
    case BUFFER_ROOM:
    case TEMPLATE:
    case MECHANISM: pointer_null(row, i, row->null); return 1;
    default: return 0;
    }
}

START_TEST(one_pointer_is_null)
{
    arguments_each(null_each, 57);
}
END_TEST

static size_t length_each(const struct bad_row *row, size_t i)
{
    const char kind = row->kinds[i];

    if (kind == IN || kind == TEMPLATE) {
        nothing_of_length(row, i, 0, NOT_SAID);
        for (size_t k = 0; k < ABSURD; k++)
            nothing_of_length(row, i, absurd[k], row->null);
    } else if (kind == IN_LEN || kind == HANDLES) {
        number_bad(row, i, 0, NOT_SAID);
        number_bad(row, i, 1, NOT_SAID);
        for (size_t k = 0; k < ABSURD && kind == HANDLES; k++)
            number_bad(row, i, absurd[k], row->good);
    } else if (kind == PIN_LEN || kind == SIGNATURE_LEN_OF) {
        const CK_RV expected = kind == PIN_LEN ? NOT_SAID : CKR_SIGNATURE_LEN_RANGE;
        /* it may leave that to the end */
        const bool later = strcmp(row->name, "C_VerifySignatureInit") == 0;

        number_bad(row, i, 0, later ? NOT_SAID : expected);
        number_bad(row, i, 1, later ? NOT_SAID : expected);
        for (size_t k = 0; k < ABSURD; k++)
            number_bad(row, i, absurd[k], expected);
    } else if (kind == BUFFER_ROOM) {
        room_bad(row, 0, CKR_BUFFER_TOO_SMALL);
        room_bad(row, 1, CKR_BUFFER_TOO_SMALL);
        for (size_t k = 0; k < ABSURD; k++)
            room_bad(row, absurd[k], row->good);
    } else {
        return 0;
    }
    return 1;
}

START_TEST(one_length_is_absurd)
{
    arguments_each(length_each, 40);
}
END_TEST

/* What lies behind a pointer: a mechanism's parameter, an attribute's value. */
static size_t inner_each(const struct bad_row *row, size_t i)
{
    const bool asks = strcmp(row->name, "C_GetAttributeValue") == 0;

    if (row->kinds[i] != MECHANISM && row->kinds[i] != TEMPLATE)
        return 0;
    for (size_t k = 0; k < ABSURD; k++) {
        if (row->kinds[i] == MECHANISM) {
            parameter_bad(row, false, absurd[k]);
            parameter_bad(row, true, absurd[k]);
        } else {
            value_bad(row, false, absurd[k], NOT_SAID);
            value_bad(row, true, absurd[k],
                      row->null == CKR_ARGUMENTS_BAD && !asks ? CKR_ARGUMENTS_BAD : NOT_SAID);
        }
    }
    if (row->kinds[i] == MECHANISM) {
        parameter_bad(row, false, 1);
        parameter_bad(row, true, 1);
    } else {
        value_bad(row, false, 1, asks ? CKR_BUFFER_TOO_SMALL : NOT_SAID);
        value_bad(row, false, 0, asks ? CKR_BUFFER_TOO_SMALL : NOT_SAID);
    }
    return 1;
}

START_TEST(what_a_pointer_leads_to_is_absurd)
{
    arguments_each(inner_each, 10);
}
END_TEST

static size_t handle_each(const struct bad_row *row, size_t i)
{
    const CK_ULONG handles[] = { 0,
                                 1,
                                 (CK_ULONG)-1,
                                 HALF,
                                 store.certificate + 4096,
                                 store.foreign,
                                 store.stale,
                                 store.certificate ^ ((CK_ULONG)1 << (8 * sizeof(CK_ULONG) - 1)) };
    const CK_ULONG not_keys[] = { store.certificate };
    const char kind = row->kinds[i];
    const CK_RV expected = kind == KEY ? CKR_KEY_HANDLE_INVALID : CKR_OBJECT_HANDLE_INVALID;

    if (kind != OBJECT && kind != KEY)
        return 0;
    for (size_t k = 0; k < sizeof(handles) / sizeof(handles[0]); k++)
        number_bad(row, i, handles[k], expected);
    for (size_t k = 0; k < sizeof(not_keys) / sizeof(not_keys[0]) && kind == KEY; k++)
        number_bad(row, i, not_keys[k], expected);
    return 1;
}

START_TEST(one_handle_is_forged)
{
    arguments_each(handle_each, 9);
}
END_TEST

RIG_TESTS("bad", good_calls, one_pointer_is_null, one_length_is_absurd,
          what_a_pointer_leads_to_is_absurd, one_handle_is_forged)
