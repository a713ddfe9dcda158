/* SPDX-License-Identifier: BSD-3-Clause */
#include "general.h"

#include "conf.h"
#include "life.h"
#include "reader_away.h"
#include "reader_card.h"
#include "readers.h"
#include "session_token.h"

#include <string.h>

CK_RV general_initialize(const CK_C_INITIALIZE_ARGS *args)
{
    size_t callbacks = 0;

    if (args == NULL)
        return module_open();
    if (args->pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    callbacks = (size_t)(args->CreateMutex != NULL) + (size_t)(args->DestroyMutex != NULL) +
                (size_t)(args->LockMutex != NULL) + (size_t)(args->UnlockMutex != NULL);
    if (callbacks != 0 && callbacks != 4)
        return CKR_ARGUMENTS_BAD;
    /* Callbacks alone, without the right to use the system's locks, cannot serve a module that
     * several programs share. */
    if (callbacks == 4 && (args->flags & CKF_OS_LOCKING_OK) == 0)
        return CKR_CANT_LOCK;
    return module_open();
}

CK_RV general_finalize(const void *reserved)
{
    return reserved != NULL ? CKR_ARGUMENTS_BAD : module_close();
}

CK_RV general_info(CK_INFO *info, CK_VERSION version)
{
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    memset(info, 0, sizeof(*info));
    info->cryptokiVersion = version;
    pad_text(info->manufacturerID, sizeof(info->manufacturerID), "libjpki-pkcs11");
    pad_text(info->libraryDescription, sizeof(info->libraryDescription), "JPKI My Number Card");
    info->libraryVersion = (CK_VERSION){ JPKI_VERSION_MAJOR, JPKI_VERSION_MINOR };
    return CKR_OK;
}

CK_RV general_session_info(struct session *session, CK_SESSION_INFO *info)
{
    struct token_view view;
    bool rw = (session->flags & CKF_RW_SESSION) != 0;

    readers_poll(session->module, 250);
    if (reader_is_away(session->reader) && readers_exchange_over(session->module, 0))
        reader_look(session->reader, 0);
    view = token_look(session->reader, session->role);
    if (view.card.series != session->card.series)
        return CKR_DEVICE_REMOVED;
    if (info == NULL)
        return CKR_ARGUMENTS_BAD;
    info->slotID = session->reader->index * ROLE_COUNT + session->role;
    info->flags = session->flags;
    info->ulDeviceError = 0;
    if (view.token.logged_in)
        info->state = rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    else
        info->state = rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    return CKR_OK;
}

CK_RV general_validation_flags(const struct session *session, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                               CK_FLAGS *flags)
{
    (void)session;
    if (flags == NULL || type != CKS_LAST_VALIDATION_OK)
        return CKR_ARGUMENTS_BAD;
    *flags = 0;
    return CKR_OK;
}
