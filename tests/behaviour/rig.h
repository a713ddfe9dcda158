/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the behaviour tests share: a world of simulated readers, the whole module over it, and a
 * wrapper round every C_ call which holds after each of them what must hold always:
 *   - the return code is one that the standard permits for this function
 * (tests/data/permitted.tsv);
 *   - no PIN is verified on any card;
 *   - at most one VERIFY with a PIN went to a card, by a function that may send one, and at most
 * one try was lost;
 *   - the seam of apdu/transport.h was used as its contract says.
 * Every test runs in a process of its own (Check's fork mode), begins with rig_up and ends with
 * rig_down.
 */
#ifndef BEHAVIOUR_RIG_H
#define BEHAVIOUR_RIG_H

#include "pkcs11.h"
#include "program.h"
#include "sim_transport.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define READER_A "Virtual Reader A 00"
#define READER_B "Virtual Reader B 01"
#define SLOT_AUTH ((CK_SLOT_ID)0)
#define SLOT_SIGN ((CK_SLOT_ID)1)
#define SLOT_AUTH_B ((CK_SLOT_ID)2)
#define SLOT_SIGN_B ((CK_SLOT_ID)3)
#define PIN_AUTH "1234"
#define PIN_SIGN "ABC123"

#define RIG_CARDS 8
#define SIGNATURE_LEN 256

struct rig {
    struct sim_world *world;
    CK_FUNCTION_LIST_3_2 *p11; /* through C_GetInterface */
    struct program program;    /* the same, judged as P11 does */
    struct sim_card *cards[RIG_CARDS];
    size_t card_count;
};

extern struct rig rig;

/* A call of a C_ function by name, with everything that holds after every call checked; its
 * value is the return code. */
#define P11(name, ...) (rig_before(#name), rig_after(#name, rig.p11->name(__VA_ARGS__)))
/* The same, with the return code that this test expects. */
#define CK_IS(expected, name, ...) \
    rig_expect(expected, P11(name, __VA_ARGS__), #name, __FILE__, __LINE__)
#define CK_GOOD(name, ...) CK_IS(CKR_OK, name, __VA_ARGS__)

void rig_before(const char *function);
CK_RV rig_after(const char *function, CK_RV rv);
void rig_expect(CK_RV expected, CK_RV rv, const char *function, const char *file, int line);
const char *rig_rv_name(CK_RV rv);

/*
 * While several threads are inside, another thread's visit may be under way when a call returns:
 * then only the return code is judged, and rig_crowd(false) judges the cards once all are out.
 */
void rig_crowd(bool crowd);

/* Around every test: an empty world, its service up; and the end of it, with every handle to be
 * closed by then. */
void rig_up(void);
void rig_down(void);

/* The module's options from the next C_Initialize on, as its face's defaults; "" at first. */
void rig_options(const char *words);

/* A card of these words that lives until rig_down. */
struct sim_card *rig_card(const char *words);

/* A reader by that name, with a card of these words (NULL: empty). */
struct sim_card *rig_reader(const char *reader, const char *words);

/* C_Initialize, and the slots listed; the usual beginning is that over reader A with a card of
 * these words. */
void rig_open(void);
struct sim_card *rig_start(const char *words);

/* The card of a reader leaves, comes or is another one, and enough time passes for polling calls
 * to look again. */
void rig_eject(const char *reader);
void rig_insert(const char *reader, struct sim_card *card);
void rig_swap(const char *reader, struct sim_card *card);

/* A fault in reader A: on the n-th exchange from now ("mute"), or on the n-th of its kind
 * ("verify mute"). */
void rig_fault(unsigned n, const char *kind);
void rig_set(const char *word);

/* Let time pass on the module's clocks; while the machine sleeps it does on one of them. */
void rig_clock(unsigned long ms);
void rig_sleep(unsigned long ms);

CK_SESSION_HANDLE rig_session(CK_SLOT_ID slot);
CK_RV rig_login(CK_SESSION_HANDLE session, const char *pin);
CK_RV rig_login_as(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin);

CK_RV rig_set_pin(CK_SESSION_HANDLE session, const char *old_pin, const char *new_pin);

/* A session that is logged in with the usual PIN. */
CK_SESSION_HANDLE rig_logged_in(CK_SLOT_ID slot);

CK_STATE rig_state(CK_SESSION_HANDLE session);
CK_FLAGS rig_pin_flags(CK_SLOT_ID slot);
bool rig_has_token(CK_SLOT_ID slot);

/* What reader A's card met since the last call of the same function (or rig_start); tries left
 * on it. */
unsigned rig_exchanges(void);
struct sim_stats rig_stats(void);
unsigned rig_tries(enum sim_role role);

/* Objects of a class, at most room; and the one of a class (CK_INVALID_HANDLE: none). */
size_t rig_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *objects,
                size_t room);
size_t rig_find_template(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count,
                         CK_OBJECT_HANDLE *objects, size_t room);
CK_OBJECT_HANDLE rig_object(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class);

/* Begin signing with the session's private key; sign a fixed message by CKM_SHA256_RSA_PKCS and
 * check it by OpenSSL. */
CK_RV rig_sign_begin(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type);
CK_RV rig_sign_message(CK_SESSION_HANDLE session, CK_BYTE signature[SIGNATURE_LEN]);
CK_RV rig_sign(CK_SESSION_HANDLE session); /* the same, for its return code alone */
void rig_sign_good(CK_SESSION_HANDLE session, const struct sim_card *card, enum sim_role role);

/* Whether signature is the key's over data, by OpenSSL alone; digest NULL: data are what stands
 * between the padding. */
bool rig_signature_fits(const struct sim_card *card, enum sim_role role, const char *digest,
                        bool pss, const void *data, size_t len, const CK_BYTE *signature);

int rig_main(const char *name, const TTest *const *tests, size_t count);

#define RIG_TESTS(name, ...) \
    int main(void) \
    { \
        const TTest *const tests[] = { __VA_ARGS__ }; \
        return rig_main(name, tests, sizeof(tests) / sizeof(*tests)); \
    }

#endif
