/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A machine that sleeps: all readers vanish and come back, their counts begin anew.  What
 * test_sleep.c (all goes on) and test_sleep_ends.c (it ends, and no PIN gets anywhere) have in
 * common.
 */
#ifndef BEHAVIOUR_SLEEP_H
#define BEHAVIOUR_SLEEP_H

#include "rig.h"

#define ck_login(expected, session, pin) \
    rig_expect(expected, rig_login(session, pin), "C_Login", __FILE__, __LINE__)
#define ck_sign(expected, session) \
    rig_expect(expected, agent_sign(session), "C_Sign", __FILE__, __LINE__)
#define ck_over(session) \
    CK_IS(CKR_DEVICE_REMOVED, C_GetSessionInfo, session, &(CK_SESSION_INFO){ 0 })

#define LATE_MS 10000   /* for a card in a reader that is back */
#define BOUND_MS 300000 /* for a reader to come back, while the machine is awake */
#define NIGHT_MS 36000000

static inline void ck_untouched(const struct sim_card *card)
{
    ck_assert_uint_eq(
        sim_card_stats(card)->verifies[SIM_AUTH] + sim_card_stats(card)->verifies[SIM_SIGN], 0);
    ck_assert_uint_eq(sim_card_options(card)->role[SIM_AUTH].tries, 3);
    ck_assert_uint_eq(sim_card_options(card)->role[SIM_SIGN].tries, 5);
}

/* Nothing was asked meanwhile: same name, perhaps the same count. */
static inline void sleep_unseen(struct sim_card *card)
{
    ck_assert(sim_world_replug(rig.world, READER_A, card));
    rig_sleep(NIGHT_MS);
}

static inline void reader_goes(const char *reader)
{
    ck_assert(sim_world_remove_reader(rig.world, reader));
    rig_clock(1000);
}

static inline void reader_comes(const char *reader, struct sim_card *card)
{
    ck_assert(sim_world_add_reader(rig.world, reader));
    if (card != NULL)
        ck_assert(sim_world_insert(rig.world, reader, card));
    rig_clock(1000);
}

/* A browser looks while the reader is away. */
static inline void sleep_seen(struct sim_card *card)
{
    reader_goes(READER_A);
    ck_assert(!rig_has_token(SLOT_AUTH));
    rig_sleep(NIGHT_MS);
    ck_assert(!rig_has_token(SLOT_AUTH));
    reader_comes(READER_A, card);
}

/* The keys of the sessions that were an agent's, by the session. */
static CK_OBJECT_HANDLE keys[32];

/* A session that is logged in, once it has signed; from now on it looks at no reader and asks
 * for no key. */
static inline CK_SESSION_HANDLE agent(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = rig_logged_in(slot);

    keys[session % 32] = rig_object(session, CKO_PRIVATE_KEY);
    rig_sign_good(session, rig.cards[slot / 2], slot % 2 == 0 ? SIM_AUTH : SIM_SIGN);
    return session;
}

static inline CK_RV agent_sign(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = { CKM_SHA256_RSA_PKCS, NULL, 0 };
    CK_BYTE data[] = "a night later", signature[SIGNATURE_LEN];
    CK_ULONG len = sizeof(signature);
    CK_RV rv = P11(C_SignInit, session, &mechanism, keys[session % 32]);

    return rv == CKR_OK ? P11(C_Sign, session, data, sizeof(data), signature, &len) : rv;
}

#endif
