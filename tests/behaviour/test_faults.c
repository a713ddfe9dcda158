/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each fault at each exchange of each flow.  Whatever happens: a return code that the standard
 * permits, no PIN left verified (both held by the wrapper), nothing that costs a try or makes a
 * signature sent twice, and the next attempt works.
 */
#include "rig.h"

static const char *const kinds[] = {
    "remove",   "remove-reinsert", "swap",    "mute",    "empty",   "truncate",
    "oversize", "sw=6F00",         "sw=6982", "sw=6A82", "sw=6700", "sw=6C10",
    "sw=6110",  "reset",           "unplug",  "service",
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))
#define EXCHANGES_MAX 24

static struct sim_card *first, *spare;
/* the one that the flow's session was opened on: what it gives must be this card's */
static struct sim_card *opened;

/* After whatever happened: the first card is back in its reader, whole, and the module closed. */
static void world_mend(void)
{
    CK_RV rv = P11(C_Finalize, NULL);

    ck_assert(rv == CKR_OK || rv == CKR_CRYPTOKI_NOT_INITIALIZED);
    sim_world_service(rig.world, true);
    if (!sim_world_remove_reader(rig.world, READER_A))
        rig_clock(1000); /* the fault did it */
    ck_assert(sim_world_add_reader(rig.world, READER_A));
    ck_assert(sim_world_insert(rig.world, READER_A, first));
    ck_assert(sim_world_set_spare(rig.world, READER_A, spare));
    rig_set("tries-auth=3");
    rig_set("tries-sign=5");
    sim_card_reset_stats(first);
    sim_card_reset_stats(spare);
}

static unsigned both(const unsigned counts[SIM_ROLES])
{
    return counts[SIM_AUTH] + counts[SIM_SIGN];
}

/* A flow from C_Initialize on; it stops where something fails, and returns what failed. */
typedef CK_RV flow(void);

static CK_RV open_on(CK_SLOT_ID slot, CK_SESSION_HANDLE *ret_session)
{
    CK_ULONG count = 0;
    CK_RV rv;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    rv = P11(C_OpenSession, slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, ret_session);
    opened = sim_card_powered(first) ? first : spare;
    return rv;
}

static CK_RV flow_list(void)
{
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;
    CK_ULONG count = 0;
    CK_RV rv = open_on(SLOT_AUTH, &session);

    if (rv == CKR_OK)
        rv = P11(C_GetTokenInfo, SLOT_SIGN, &info);
    if (rv == CKR_OK)
        rv = P11(C_GetMechanismList, SLOT_AUTH, NULL, &count);
    return rv;
}

static CK_RV flow_sign_on(CK_SLOT_ID slot, const char *pin)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof(class) };
    CK_BYTE signature[SIGNATURE_LEN], data[] = { 1, 2, 3 };
    CK_ULONG len = sizeof(signature), found = 0;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    CK_RV rv = open_on(slot, &session);

    if (rv == CKR_OK)
        rv = rig_login(session, pin);
    if (rv == CKR_OK)
        rv = P11(C_FindObjectsInit, session, &template, 1);
    if (rv == CKR_OK)
        rv = P11(C_FindObjects, session, &key, 1, &found);
    if (rv == CKR_OK)
        rv = P11(C_SignInit, session, &mechanism, key);
    if (rv == CKR_OK)
        rv = P11(C_Sign, session, data, sizeof(data), signature, &len);
    if (rv == CKR_OK)
        ck_assert(rig_signature_fits(opened, slot == SLOT_AUTH ? SIM_AUTH : SIM_SIGN, "SHA256",
                                     false, data, sizeof(data), signature));
    return rv;
}

static CK_RV flow_sign_auth(void)
{
    return flow_sign_on(SLOT_AUTH, PIN_AUTH);
}

static CK_RV flow_sign_sign(void)
{
    return flow_sign_on(SLOT_SIGN, PIN_SIGN);
}

static CK_RV flow_certificate(void)
{
    CK_BYTE value[4096];
    CK_ATTRIBUTE attribute = { CKA_VALUE, value, sizeof(value) };
    CK_OBJECT_CLASS class = CKO_CERTIFICATE;
    CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof(class) };
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
    CK_ULONG found = 0;
    CK_RV rv = open_on(SLOT_AUTH, &session);

    if (rv == CKR_OK)
        rv = P11(C_FindObjectsInit, session, &template, 1);
    if (rv == CKR_OK)
        rv = P11(C_FindObjects, session, &object, 1, &found);
    if (rv == CKR_OK)
        rv = P11(C_GetAttributeValue, session, object, &attribute, 1);
    if (rv == CKR_OK) {
        const struct sim_identity *identity = sim_card_identity(opened);
        ck_assert_uint_eq(attribute.ulValueLen, identity->cert_len[SIM_CERT_AUTH]);
        ck_assert_mem_eq(value, identity->cert[SIM_CERT_AUTH], attribute.ulValueLen);
    }
    return rv;
}

/*
 * What the flow may do at most on the card: one VERIFY at the login and one at the signature, one
 * signature; and it costs no try that is not given back by the next good PIN.
 */
static void ck_flow(flow *what, unsigned n, const char *kind)
{
    const struct sim_stats *on_first = sim_card_stats(first), *on_spare = sim_card_stats(spare);
    CK_RV rv;

    world_mend();
    rig_fault(n, kind);
    (void)what();
    ck_assert_uint_le(both(on_first->verifies) + both(on_spare->verifies), 2);
    ck_assert_uint_le(both(on_first->signatures) + both(on_spare->signatures), 1);
    world_mend();
    rv = what();
    if (rv != CKR_OK)
        ck_abort_msg("after %s at exchange %u the next attempt answered %s", kind, n,
                     rig_rv_name(rv));
}

static void ck_flow_everywhere(flow *what)
{
    unsigned exchanges = 0;

    first = rig_reader(READER_A, "");
    spare = rig_card("holder=2");
    ck_assert_uint_eq(what(), CKR_OK);
    exchanges = rig_exchanges();
    ck_assert_uint_ge(exchanges, 4);
    ck_assert_uint_le(exchanges, EXCHANGES_MAX);
    for (size_t k = 0; k < KIND_COUNT; k++) {
        for (unsigned n = 1; n <= exchanges; n++)
            ck_flow(what, n, kinds[k]);
    }
    world_mend();
}

START_TEST(faults_while_listing)
{
    ck_flow_everywhere(flow_list);
}
END_TEST

START_TEST(faults_while_reading_the_certificate)
{
    ck_flow_everywhere(flow_certificate);
}
END_TEST

START_TEST(faults_while_the_authentication_key_signs)
{
    ck_flow_everywhere(flow_sign_auth);
}
END_TEST

START_TEST(faults_while_the_signature_key_signs)
{
    ck_flow_everywhere(flow_sign_sign);
}
END_TEST

/* A fault in the life of one process, and the very next call, with nothing closed in between. */
START_TEST(the_next_call_works)
{
    static const char *const passing[] = { "mute",    "empty",   "truncate", "oversize",
                                           "sw=6F00", "sw=6700", "reset" };

    first = rig_start("");
    for (size_t k = 0; k < sizeof(passing) / sizeof(passing[0]); k++) {
        for (unsigned n = 1; n <= 5; n++) {
            CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);
            CK_BYTE signature[SIGNATURE_LEN];

            rig_fault(n, passing[k]);
            (void)rig_sign_message(session, signature);
            /* the faults may have cost one, and the module then asks for the PIN again */
            rig_set("tries-auth=3");
            rig_fault(1000, "reset");
            if (rig_state(session) != CKS_RW_USER_FUNCTIONS)
                rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", passing[k], (int)n);
            rig_sign_good(session, first, SIM_AUTH);
            CK_GOOD(C_CloseAllSessions, SLOT_AUTH);
        }
    }
}
END_TEST

/*
 * How often a card that answers nothing is asked in so many seconds, by a program that looks twice
 * a second; and how often it got new power.
 */
static unsigned looks_in(unsigned seconds, unsigned *ret_powers)
{
    unsigned looks = 0, powers = 0;

    for (unsigned i = 0; i < 2 * seconds; i++) {
        struct sim_stats stats;

        rig_fault(1, "mute");
        ck_assert(!rig_has_token(SLOT_AUTH));
        stats = rig_stats();
        looks += stats.exchanges > 0;
        powers += stats.power_ons;
        rig_clock(500);
    }
    *ret_powers = powers;
    return looks;
}

/* Each time its reader's lamp would go on. */
START_TEST(a_card_without_answers_is_left_alone)
{
    unsigned powers = 0;

    first = rig_start("");
    rig_eject(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_insert(READER_A, first);
    (void)rig_stats();
    ck_assert_uint_le(looks_in(60, &powers), 7);
    /* it may be the reader, which forgot that there is a card while the machine slept */
    ck_assert_uint_eq(powers, 1);
    ck_assert_uint_le(looks_in(600, &powers), 11);
    ck_assert_uint_eq(powers, 0);
    /* each time it is put in anew it is asked at once */
    rig_eject(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_insert(READER_A, first);
    ck_assert_uint_ge(looks_in(3, &powers), 2);
    rig_fault(1000, "reset");
    rig_clock(2000);
    ck_assert(rig_has_token(SLOT_AUTH));
}
END_TEST

/* A card that another program keeps to itself costs nothing, so it is there soon after it is
 * given back. */
START_TEST(a_card_in_use_is_there_soon)
{
    (void)rig_reader(READER_A, "");
    ck_assert(sim_world_hold_exclusive(rig.world, READER_A, true));
    rig_open();
    for (int i = 0; i < 600; i++) {
        ck_assert(!rig_has_token(SLOT_AUTH));
        rig_clock(500);
    }
    ck_assert(sim_world_hold_exclusive(rig.world, READER_A, false));
    rig_clock(1000);
    ck_assert(rig_has_token(SLOT_AUTH));
}
END_TEST

RIG_TESTS("faults", faults_while_listing, faults_while_reading_the_certificate,
          faults_while_the_authentication_key_signs, faults_while_the_signature_key_signs,
          the_next_call_works, a_card_without_answers_is_left_alone, a_card_in_use_is_there_soon)
