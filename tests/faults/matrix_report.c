/* SPDX-License-Identifier: BSD-3-Clause */
/* The flows of jpki-token report, which is a process beside the module: the questions without a
 * PIN, and the trial. */
#include "matrix.h"

#include "card_read.h"
#include "facts.h"

#define TOOL MODULES /* the spy of a process that is no module */

static CK_RV report_run(CK_SLOT_ID slot, bool with_pin)
{
    const enum role role = house_role(slot) == SIM_AUTH ? ROLE_AUTH : ROLE_SIGN;
    const char *pin = house_first_pin(house_role(slot));
    uint8_t der_bytes[CARD_CERT_MAX], pkcs1_bytes[CARD_SIGNATURE_MAX],
        pss_bytes[CARD_SIGNATURE_MAX];
    struct buf der = BUF_OVER(der_bytes), pkcs1 = BUF_OVER(pkcs1_bytes), pss = BUF_OVER(pss_bytes);
    struct guard_trial trial = { .cert = role == ROLE_SIGN ? &der : NULL,
                                 .pkcs1 = &pkcs1,
                                 .pss = &pss };
    struct guard_tell tell = { .lock = LOCK_SURE };
    struct card card;
    struct facts facts;

    card_init(&card, &house.spies[TOOL].transport, READER_A);
    house_begin("report");
    if (card_recognise(&card) == JPKI_OK) {
        struct guard_ask ask = { .whom = &card.facts.id,
                                 .role = role,
                                 .origin = PIN_TYPED,
                                 .pin = slice_of(pin, strlen(pin)) };

        facts_begin(&facts, &card);
        if (with_pin)
            tell = facts_try(&facts, &ask, &trial);
        else
            facts_ask(&facts);
        facts_end(&facts);
    }
    card_disconnect(&card);
    house_look("report", tell.lock == LOCK_SURE ? CKR_OK : CKR_DEVICE_ERROR);
    return CKR_OK;
}

CK_RV run_report(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    (void)session;
    return report_run(slot, false);
}

CK_RV run_trial(CK_SLOT_ID slot, CK_SESSION_HANDLE session)
{
    (void)session;
    return report_run(slot, true);
}
