/* SPDX-License-Identifier: BSD-3-Clause */
/* What a report tries with a PIN: signatures, and what makes the card forget it. */
#include "guard_parts.h"

#include "file.h"

#define ZEROS_LEN 32

/* Sign 32 zero bytes; a scheme that the card refuses leaves out empty. */
static enum jpki_err zeros_sign(struct visit *visit, const struct guard_ask *ask,
                                enum card_scheme scheme, struct buf *out, struct guard_tell *tell)
{
    static const uint8_t zeros[ZEROS_LEN];
    struct guard_ask sign = *ask;
    struct guard_tell told = { .work = WORK_NONE };
    enum jpki_err err;

    sign.scheme = scheme;
    sign.out = out;
    err = key_sign(visit, &sign, SLICE_OF(zeros), &told);
    if (told.work == WORK_DONE)
        tell->work = WORK_DONE;
    return err_is_transport(err) ? err : JPKI_OK;
}

/* One event, after which JPKI is selected again.  JPKI_ERR_UNSUPPORTED: it cannot be brought
 * about here. */
static enum jpki_err event_make(struct visit *visit, enum trial_event event)
{
    const struct transport_ops *ops = visit->card->transport->ops;
    enum jpki_err err = JPKI_OK;

    visit->current_ef = 0;
    if (event == TRIAL_RESET && ops->warm_reset == NULL)
        return JPKI_ERR_UNSUPPORTED;
    if (event == TRIAL_RESET)
        err = ops->warm_reset(visit->card->link);
    else if (event == TRIAL_UNPOWER)
        err = ops->unpower(visit->card->link);
    else if (event == TRIAL_DROP && visit_drop(visit) == LOCK_OPEN)
        err = JPKI_ERR_DROP;
    visit_note_error(visit, err);
    visit->first = event == TRIAL_RESET || event == TRIAL_UNPOWER;
    return err == JPKI_OK ? visit_select_jpki(visit) : err;
}

/* True: the PIN is still verified, and the next event can be asked about. */
static bool event_try(struct visit *visit, const struct guard_ask *ask, enum trial_event event,
                      enum jpki_err *ret_err)
{
    static const enum tri kept[] = {
        [LOCK_SURE] = TRI_NO, [LOCK_UNPROVED] = TRI_UNKNOWN, [LOCK_OPEN] = TRI_YES
    };

    *ret_err = event_make(visit, event);
    if (*ret_err == JPKI_OK)
        ask->trial->kept[event] = kept[lock_prove(visit, ask->role)];
    if (*ret_err != JPKI_ERR_UNSUPPORTED)
        return *ret_err == JPKI_OK && ask->trial->kept[event] == TRI_YES;
    *ret_err = JPKI_OK;
    return true;
}

enum jpki_err trial_do(struct visit *visit, const struct guard_ask *ask, struct guard_tell *tell)
{
    static const enum trial_event orders[ROLE_COUNT][TRIAL_EVENTS] = {
        [ROLE_AUTH] = { TRIAL_SELECT, TRIAL_RESET, TRIAL_UNPOWER, TRIAL_DROP },
        [ROLE_SIGN] = { TRIAL_SELECT, TRIAL_DROP, TRIAL_RESET, TRIAL_UNPOWER },
    };
    struct guard_trial *trial = ask->trial;
    enum jpki_err err = JPKI_OK;

    if (trial->cert != NULL)
        err = file_read_cert(visit, card_row(visit->card, ask->role)->cert_fid, trial->cert);
    if (!err_is_transport(err))
        err = zeros_sign(visit, ask, SCHEME_PKCS1, trial->pkcs1, tell);
    if (err == JPKI_OK)
        err = zeros_sign(visit, ask, SCHEME_PSS, trial->pss, tell);
    for (size_t i = 0; i < TRIAL_EVENTS && err == JPKI_OK; i++) {
        if (!event_try(visit, ask, orders[ask->role][i], &err))
            break;
    }
    return err_is_transport(err) ? err : JPKI_OK;
}
