/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of card that has the JPKI application, and what each must be to a program that
 * knows nothing of kinds. */
#include "rig.h"

#include "log.h"

#include <openssl/x509.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define LOW CKF_USER_PIN_COUNT_LOW
#define LOCKED CKF_USER_PIN_LOCKED

static void ck_login(CK_RV expected, CK_SLOT_ID slot, const char *pin, const char *card)
{
    rig_expect(expected, rig_login(rig_session(slot), pin), "C_Login", card, 0);
}

static void ck_model(CK_SLOT_ID slot, const char *model)
{
    CK_TOKEN_INFO info;

    CK_GOOD(C_GetTokenInfo, slot, &info);
    ck_assert_mem_eq(info.model, model, strlen(model));
}

/* Take the world down in the middle of a test and begin anew. */
static void anew(void)
{
    rig_down();
    rig_up();
}

/* ---- certificates that are not there */

START_TEST(tokens_follow_the_certificates)
{
    static const struct {
        const char *words;
        bool auth, sign;
    } rows[] = {
        { "", true, true },
        { "profile=nosign", true, false },
        { "profile=nosign no-cert=ff", true, false },
        { "profile=nosign no-cert=6982", true, false },
        { "profile=nosign ef0008=no", true, false },
        { "profile=nosign ef0008=no no-cert=ff", true, false },
        { "profile=nosign ef0008=short", true, false },
        { "profile=noauth", false, true },
        { "profile=noauth ef0008=no", false, true },
        { "profile=noauth ef0008=no no-cert=ff", false, true },
        { "profile=nocert", false, false },
        { "profile=nocert ef0008=no", false, false },
        { "profile=android ef0008=no", true, true },
        { "profile=android auth-cert=no ef0008=no", false, true },
        { "profile=oldcard", true, true },
        { "profile=oldcard sign-cert=no", true, false },
        { "profile=juki", false, true },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)rig_start(rows[i].words);
        ck_assert_msg(rig_has_token(SLOT_AUTH) == rows[i].auth, "%s: authentication",
                      rows[i].words);
        ck_assert_msg(rig_has_token(SLOT_SIGN) == rows[i].sign, "%s: signature", rows[i].words);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH] + rig_stats().verifies[SIM_SIGN], 0);
        anew();
    }
}
END_TEST

START_TEST(one_token_works_without_the_other)
{
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;
    struct sim_card *card = rig_start("profile=nosign");

    CK_IS(CKR_TOKEN_NOT_PRESENT, C_GetTokenInfo, SLOT_SIGN, &info);
    CK_IS(CKR_TOKEN_NOT_PRESENT, C_OpenSession, SLOT_SIGN, CKF_SERIAL_SESSION, NULL, NULL,
          &session);
    rig_sign_good(rig_logged_in(SLOT_AUTH), card, SIM_AUTH);
    anew();
    card = rig_start("profile=noauth");
    rig_sign_good(rig_logged_in(SLOT_SIGN), card, SIM_SIGN);
}
END_TEST

/* ---- certificates out of their time */

static void ck_date(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type, const ASN1_TIME *expected)
{
    CK_BYTE date[8];
    CK_ATTRIBUTE attribute = { type, date, sizeof(date) };
    struct tm tm;
    char text[64];

    CK_GOOD(C_GetAttributeValue, session, rig_object(session, CKO_CERTIFICATE), &attribute, 1);
    ck_assert_int_eq(ASN1_TIME_to_tm(expected, &tm), 1);
    ck_assert_uint_eq(strftime(text, sizeof(text), "%Y%m%d", &tm), sizeof(date));
    ck_assert_mem_eq(date, text, sizeof(date));
}

static bool log_says(const char *path, const char *words)
{
    char line[512];
    bool found = false;
    FILE *log = fopen(path, "r");

    ck_assert_ptr_nonnull(log);
    while (!found && fgets(line, sizeof(line), log) != NULL)
        found = strstr(line, words) != NULL;
    fclose(log);
    return found;
}

static void validity_try(const char *profile, const char *words)
{
    char path[] = "cards-log-XXXXXX";
    int fd = mkstemp(path);
    struct sim_card *card = rig_start(profile);
    const struct sim_identity *identity = sim_card_identity(card);
    const unsigned char *der = identity->cert[SIM_CERT_AUTH];
    X509 *cert = d2i_X509(NULL, &der, (long)identity->cert_len[SIM_CERT_AUTH]);
    CK_SESSION_HANDLE session = rig_logged_in(SLOT_AUTH);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(log_open(path), JPKI_OK);
    ck_date(session, CKA_END_DATE, X509_get0_notAfter(cert));
    ck_date(session, CKA_START_DATE, X509_get0_notBefore(cert));
    rig_sign_good(session, card, SIM_AUTH);
    log_close();
    ck_assert_msg(log_says(path, words), "%s: no log line with '%s'", profile, words);
    X509_free(cert);
    close(fd);
    unlink(path);
}

START_TEST(expired_certificates_work)
{
    validity_try("profile=expired", "ran out on 2");
    anew();
    validity_try("profile=notyet", "not valid before 2");
}
END_TEST

/* ---- PINs that are not there, or not to be had */

/* However the card says it: that the PIN is locked, or that there is none.  No PIN is sent. */
START_TEST(cards_without_pins)
{
    static const char *const cards[] = {
        "profile=pinless",
        "profile=pinless no-pin=63C0",
        "profile=pinless no-pin=6983",
        "profile=pinless no-pin=6A88",
        "profile=pinless no-pin=63C0 short-ids=no",
        "profile=pinless no-pin=6A88 short-ids=no",
        "profile=pinless no-pin=6984 ef0008=no",
    };

    for (size_t i = 0; i < COUNT(cards); i++) {
        const bool absent = strstr(cards[i], "6A88") != NULL;

        (void)rig_start(cards[i]);
        ck_assert(rig_has_token(SLOT_AUTH) && !rig_has_token(SLOT_SIGN));
        ck_assert_msg(rig_pin_flags(SLOT_AUTH) == (absent ? 0 : LOW | LOCKED), "%s", cards[i]);
        (void)rig_stats();
        ck_login(absent ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_LOCKED, SLOT_AUTH, PIN_AUTH,
                 cards[i]);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
        anew();
    }
}
END_TEST

/* A program that logs in before it looks at the flags: the query says so, and no PIN is sent. */
START_TEST(cards_without_pins_at_once)
{
    static const char *const words[] = { "63C0", "6984", "6983", "6A88" };

    for (size_t i = 0; i < COUNT(words); i++) {
        const CK_RV rv =
            strcmp(words[i], "6A88") == 0 ? CKR_USER_PIN_NOT_INITIALIZED : CKR_PIN_LOCKED;
        char card[64];

        snprintf(card, sizeof(card), "profile=pinless no-pin=%s", words[i]);
        (void)rig_start(card);
        ck_login(rv, SLOT_AUTH, PIN_AUTH, card);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
        ck_login(rv, SLOT_AUTH, PIN_AUTH, card);
        ck_assert_uint_eq(rig_stats().verifies[SIM_AUTH], 0);
        anew();
    }
}
END_TEST

START_TEST(a_blocked_pin_leaves_the_other_alone)
{
    struct sim_card *card = rig_start("profile=authblocked");

    ck_assert_uint_eq(rig_pin_flags(SLOT_AUTH), LOW | LOCKED);
    ck_assert_uint_eq(rig_pin_flags(SLOT_SIGN), 0);
    ck_login(CKR_PIN_LOCKED, SLOT_AUTH, PIN_AUTH, "authblocked");
    rig_sign_good(rig_logged_in(SLOT_SIGN), card, SIM_SIGN);
    anew();
    card = rig_start("profile=signblocked");
    ck_assert_uint_eq(rig_pin_flags(SLOT_SIGN), LOW | LOCKED);
    ck_login(CKR_PIN_LOCKED, SLOT_SIGN, PIN_SIGN, "signblocked");
    rig_sign_good(rig_logged_in(SLOT_AUTH), card, SIM_AUTH);
}
END_TEST

/* ---- phones */

/* The certificate is a private object: invisible at first, read in the login's visit, gone with
 * the logout. */
static void phone_try(const char *words, const char *model)
{
    struct sim_card *card = rig_start(words);
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);
    CK_OBJECT_HANDLE object;
    CK_BBOOL private = CK_FALSE;
    CK_BYTE value[4096];
    CK_ATTRIBUTE attributes[] = { { CKA_PRIVATE, &private, sizeof(private) },
                                  { CKA_VALUE, value, sizeof(value) } };
    const struct sim_identity *identity = sim_card_identity(card);

    ck_model(SLOT_AUTH, model);
    ck_assert_uint_eq(rig_object(session, CKO_CERTIFICATE), CK_INVALID_HANDLE);
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", words, 0);
    object = rig_object(session, CKO_CERTIFICATE);
    (void)rig_exchanges();
    CK_GOOD(C_GetAttributeValue, session, object, attributes, 2);
    ck_assert_uint_eq(rig_exchanges(), 0);
    ck_assert_uint_eq(private, CK_TRUE);
    ck_assert_uint_eq(attributes[1].ulValueLen, identity->cert_len[SIM_CERT_AUTH]);
    ck_assert_mem_eq(value, identity->cert[SIM_CERT_AUTH], attributes[1].ulValueLen);
    rig_sign_good(session, card, SIM_AUTH);
    CK_GOOD(C_Logout, session);
    ck_assert_uint_eq(rig_object(session, CKO_CERTIFICATE), CK_INVALID_HANDLE);
}

START_TEST(phones)
{
    phone_try("profile=android", "Android phone");
    anew();
    phone_try("profile=iphone", "iPhone"); /* 6982 to the first read says that it is private */
}
END_TEST

START_TEST(an_iphone_whose_certificate_is_free)
{
    struct sim_card *card = rig_start("profile=iphone auth-cert-private=no");
    CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);

    ck_assert_uint_ne(rig_object(session, CKO_CERTIFICATE), CK_INVALID_HANDLE);
    rig_expect(CKR_OK, rig_login(session, PIN_AUTH), "C_Login", __FILE__, __LINE__);
    rig_sign_good(session, card, SIM_AUTH);
}
END_TEST

/* The phone leaves the field before the n-th exchange of a login with a signature; it comes
 * back, and all is well. */
START_TEST(a_phone_that_leaves_at_any_time)
{
    bool reached = true;

    for (unsigned n = 1; reached; n++) {
        struct sim_card *card = rig_start("profile=android");
        CK_SESSION_HANDLE session = rig_session(SLOT_AUTH);
        CK_BYTE signature[SIGNATURE_LEN];
        CK_RV rv;

        (void)rig_stats();
        rig_fault(n, "remove");
        rv = rig_login(session, PIN_AUTH);
        if (rv == CKR_OK) /* the session may be dead already: it left at the drop */
            rv = C_FindObjectsInit(session, NULL, 0);
        if (rv == CKR_OK)
            CK_GOOD(C_FindObjectsFinal, session);
        if (rv == CKR_OK)
            rv = rig_sign_message(session, signature);
        reached = rv != CKR_OK;
        ck_assert_msg(!reached || rv == CKR_DEVICE_REMOVED, "exchange %u: %s", n, rig_rv_name(rv));
        ck_assert_uint_le(n, 20);
        if (reached) {
            rig_insert(READER_A, card);
            ck_assert_uint_ge(rig_tries(SIM_AUTH), 2);
            rig_sign_good(rig_logged_in(SLOT_AUTH), card, SIM_AUTH);
        }
        anew();
    }
}
END_TEST

/* ---- the Juki card */

START_TEST(a_juki_card_is_shown_and_left_alone)
{
    CK_MECHANISM_TYPE types[32];
    CK_ULONG count = COUNT(types);
    CK_UTF8CHAR pin[] = PIN_SIGN, fresh[] = "NEW777";
    CK_SESSION_HANDLE session;
    struct sim_stats stats;

    (void)rig_start("profile=juki");
    ck_model(SLOT_SIGN, "Juki card");
    CK_GOOD(C_GetMechanismList, SLOT_SIGN, types, &count);
    session = rig_session(SLOT_SIGN);
    CK_IS(CKR_FUNCTION_REJECTED, C_Login, session, CKU_USER, pin, 6);
    CK_IS(CKR_FUNCTION_REJECTED, C_SetPIN, session, pin, 6, fresh, 6);
    stats = rig_stats();
    /* not even a question about the PIN */
    ck_assert_uint_eq(stats.ins[0x20] + stats.ins[0x24] + stats.ins[0x2A], 0);
}
END_TEST

START_TEST(a_juki_card_on_demand)
{
    static const char *const refused[] = { "ABC", "ABCDEFGHIJKLMNOPQ", "AB-12" };
    struct sim_card *card;
    CK_SESSION_HANDLE session;
    CK_TOKEN_INFO info;

    rig_options("juki=try");
    card = rig_start("profile=juki pin-sign=AB12");
    ck_assert(!rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_SIGN));
    CK_GOOD(C_GetTokenInfo, SLOT_SIGN, &info);
    ck_assert_uint_eq(info.ulMinPinLen, 4);
    ck_assert_uint_eq(info.ulMaxPinLen, 16);
    session = rig_session(SLOT_SIGN);
    for (size_t i = 0; i < COUNT(refused); i++)
        rig_expect(CKR_PIN_INCORRECT, rig_login(session, refused[i]), "C_Login", refused[i], 0);
    ck_assert_uint_eq(rig_stats().verifies[SIM_SIGN], 0);
    rig_expect(CKR_OK, rig_login(session, "ab12"), "C_Login", __FILE__, __LINE__);
    rig_sign_good(session, card, SIM_SIGN);
}
END_TEST

/* ---- cards that know less */

static unsigned recognise_cost(const char *words)
{
    unsigned cost;

    (void)rig_start(words);
    ck_assert(rig_has_token(SLOT_AUTH) && rig_has_token(SLOT_SIGN));
    cost = rig_exchanges();
    anew();
    return cost;
}

START_TEST(what_is_found_out_costs_one_exchange)
{
    unsigned normal = recognise_cost("");
    /* EF 0006, 0008, 000A: each is selected then, and the first read was tried by short EF id */
    unsigned files = 3;
    unsigned pins = 2; /* whose tries are asked in the same visit */

    ck_assert_uint_eq(normal, 1 + files + pins);
    ck_assert_uint_eq(recognise_cost("ef0008=no"), normal + 1);
    ck_assert_uint_eq(recognise_cost("read-short-ids=no"), normal + files + 1);
    ck_assert_uint_eq(recognise_cost("pss=no"), normal);
    for (const char *const *word = (const char *const[]){ "yes", "6b00", "6700", "6cxx", NULL };
         *word != NULL; word++) {
        char words[32];

        snprintf(words, sizeof(words), "strict-eof=%s", *word);
        ck_assert_uint_eq(recognise_cost(words), normal); /* never read beyond the end */
    }
    ck_assert_uint_eq(recognise_cost("extended=no"), normal);
    ck_assert_uint_eq(recognise_cost("first-6f00=yes"), normal + 1);
}
END_TEST

START_TEST(every_lesser_card_signs)
{
    static const char *const cards[] = {
        "profile=oldcard",
        "profile=nopss",
        "profile=contact",
        "short-ids=no",
        "pin-short-ids=no",
        "key-short-ids=no",
        "short-ids=no short-id-sw=6A82",
        "short-ids=no short-id-sw=6D00",
        "query-needs-le=yes",
        "le-6c=yes",
        "filler=0",
        "ef-size=2048",
        "strict-eof=yes",
        "extended=no",
    };

    for (size_t i = 0; i < COUNT(cards); i++) {
        struct sim_card *card = rig_start(cards[i]);
        CK_BYTE signature[SIGNATURE_LEN];

        for (CK_SLOT_ID slot = SLOT_AUTH; slot <= SLOT_SIGN; slot++) {
            enum sim_role role = slot == SLOT_AUTH ? SIM_AUTH : SIM_SIGN;
            CK_SESSION_HANDLE session = rig_logged_in(slot);

            /* a key that is not found by short EF id costs one signature, never a try */
            if (strstr(cards[i], "key-short-ids=no") != NULL)
                (void)rig_sign_message(session, signature);
            rig_sign_good(session, card, role);
            ck_assert_uint_eq(rig_tries(role), role == SIM_AUTH ? 3 : 5);
        }
        anew();
    }
}
END_TEST

RIG_TESTS("kinds", tokens_follow_the_certificates, one_token_works_without_the_other,
          expired_certificates_work, cards_without_pins, cards_without_pins_at_once,
          a_blocked_pin_leaves_the_other_alone, phones, an_iphone_whose_certificate_is_free,
          a_phone_that_leaves_at_any_time, a_juki_card_is_shown_and_left_alone,
          a_juki_card_on_demand, what_is_found_out_costs_one_exchange, every_lesser_card_signs)
