/* SPDX-License-Identifier: BSD-3-Clause */
/* C_Initialize, C_Finalize, C_GetInfo and the interfaces. */
#include "rig.h"

static CK_RV no_create(void **mutex)
{
    (void)mutex;
    return CKR_GENERAL_ERROR;
}

static CK_RV no_mutex(void *mutex)
{
    (void)mutex;
    return CKR_GENERAL_ERROR;
}

/* All sixteen sets of callbacks, with and without the right to use the system's locks, and with
 * pReserved. */
START_TEST(initialize_takes_what_the_standard_allows)
{
    for (unsigned set = 0; set < 64; set++) {
        const bool os = (set & 16) != 0, reserved = (set & 32) != 0;
        const unsigned callbacks = set & 15;
        CK_RV expected = CKR_OK;
        CK_C_INITIALIZE_ARGS args = {
            .CreateMutex = (set & 1) != 0 ? no_create : NULL,
            .DestroyMutex = (set & 2) != 0 ? no_mutex : NULL,
            .LockMutex = (set & 4) != 0 ? no_mutex : NULL,
            .UnlockMutex = (set & 8) != 0 ? no_mutex : NULL,
            .flags = os ? CKF_OS_LOCKING_OK : 0,
            .pReserved = reserved ? &set : NULL,
        };

        if (reserved || (callbacks != 0 && callbacks != 15))
            expected = CKR_ARGUMENTS_BAD;
        else if (callbacks == 15 && !os)
            expected = CKR_CANT_LOCK;
        CK_IS(expected, C_Initialize, &args);
        CK_IS(expected == CKR_OK ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED, C_Finalize, NULL);
    }
}
END_TEST

START_TEST(initialize_without_threads_of_its_own)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS | CKF_OS_LOCKING_OK };

    CK_GOOD(C_Initialize, &args);
    CK_GOOD(C_Finalize, NULL);
}
END_TEST

START_TEST(initialize_with_a_flag_of_tomorrow)
{
    CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK | 0x80000000ul };

    CK_GOOD(C_Initialize, &args);
    CK_GOOD(C_Finalize, NULL);
}
END_TEST

START_TEST(initialize_twice)
{
    CK_GOOD(C_Initialize, NULL);
    CK_IS(CKR_CRYPTOKI_ALREADY_INITIALIZED, C_Initialize, NULL);
    CK_GOOD(C_Finalize, NULL);
    CK_IS(CKR_CRYPTOKI_NOT_INITIALIZED, C_Finalize, NULL);
}
END_TEST

START_TEST(finalize_reserved_argument)
{
    CK_GOOD(C_Initialize, NULL);
    CK_IS(CKR_ARGUMENTS_BAD, C_Finalize, &rig);
    CK_GOOD(C_Finalize, NULL);
}
END_TEST

START_TEST(many_rounds)
{
    CK_ULONG count = 0;

    (void)rig_reader(READER_A, "");
    for (int i = 0; i < 31; i++) {
        CK_GOOD(C_Initialize, NULL);
        CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
        (void)rig_logged_in(SLOT_AUTH);
        CK_GOOD(C_Finalize, NULL);
        ck_assert_uint_eq(sim_world_open_handles(rig.world), 0);
    }
}
END_TEST

START_TEST(initialize_without_a_service)
{
    CK_ULONG count = 99;

    sim_world_service(rig.world, false);
    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 2); /* spare ones, for the first reader */
    sim_world_service(rig.world, true);
    (void)rig_reader(READER_A, "");
    CK_GOOD(C_GetSlotList, CK_FALSE, NULL, &count);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(service_refuses_this_user)
{
    CK_ULONG count = 99;

    (void)rig_reader(READER_A, "");
    sim_world_refuse_access(rig.world, true);
    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetSlotList, CK_TRUE, NULL, &count);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(sessions_end_with_finalize)
{
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE session;

    (void)rig_start("");
    session = rig_logged_in(SLOT_AUTH);
    CK_GOOD(C_Finalize, NULL);
    CK_GOOD(C_Initialize, NULL);
    CK_IS(CKR_SESSION_HANDLE_INVALID, C_GetSessionInfo, session, &info);
}
END_TEST

static const CK_VERSION versions[] = { { 3, 2 }, { 3, 0 }, { 2, 40 } };

START_TEST(interfaces_listed)
{
    CK_INTERFACE list[3];
    CK_ULONG count = 0;

    CK_IS(CKR_ARGUMENTS_BAD, C_GetInterfaceList, NULL, NULL);
    CK_GOOD(C_GetInterfaceList, NULL, &count);
    ck_assert_uint_eq(count, 3);
    count = 2;
    CK_IS(CKR_BUFFER_TOO_SMALL, C_GetInterfaceList, list, &count);
    ck_assert_uint_eq(count, 3);
    CK_GOOD(C_GetInterfaceList, list, &count);
    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq((const char *)list[i].pInterfaceName, "PKCS 11");
        ck_assert_mem_eq(list[i].pFunctionList, &versions[i], sizeof(versions[i]));
        ck_assert_uint_eq(list[i].flags, 0);
    }
}
END_TEST

START_TEST(interfaces_asked_for)
{
    CK_UTF8CHAR name[] = "PKCS 11", other[] = "Vendor FIPS";
    CK_VERSION unknown = { 3, 1 }, wanted = versions[0];
    CK_INTERFACE *found = NULL;
    CK_FUNCTION_LIST *list = NULL;

    CK_GOOD(C_GetInterface, NULL, NULL, &found, 0);
    ck_assert_mem_eq(found->pFunctionList, &versions[0], sizeof(versions[0]));
    for (size_t i = 0; i < 3; i++) {
        wanted = versions[i];
        CK_GOOD(C_GetInterface, name, &wanted, &found, 0);
        ck_assert_mem_eq(found->pFunctionList, &versions[i], sizeof(versions[i]));
    }
    CK_IS(CKR_ARGUMENTS_BAD, C_GetInterface, name, NULL, &found, CKF_INTERFACE_FORK_SAFE);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetInterface, other, NULL, &found, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetInterface, name, &unknown, &found, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetInterface, name, NULL, NULL, 0);
    CK_IS(CKR_ARGUMENTS_BAD, C_GetFunctionList, NULL);
    CK_GOOD(C_GetFunctionList, &list);
    ck_assert_mem_eq(list, &versions[2], sizeof(versions[2]));
}
END_TEST

/* Every pointer of every list is there: clients call what they find. */
START_TEST(lists_have_no_hole)
{
    const size_t members[] = { sizeof(CK_FUNCTION_LIST_3_2), sizeof(CK_FUNCTION_LIST_3_0),
                               sizeof(CK_FUNCTION_LIST) };
    CK_INTERFACE list[3];
    CK_ULONG count = 3;

    CK_GOOD(C_GetInterfaceList, list, &count);
    for (size_t i = 0; i < 3; i++) {
        void (*const *functions)(void) =
            (void (*const *)(void))((uintptr_t)list[i].pFunctionList + sizeof(void *));
        for (size_t k = 0; k < members[i] / sizeof(void *) - 1; k++)
            ck_assert_msg(functions[k] != NULL, "list %zu has no function %zu", i, k);
    }
}
END_TEST

START_TEST(info_tells_the_version_of_its_list)
{
    CK_INTERFACE list[3];
    CK_ULONG count = 3;
    CK_INFO info;

    CK_GOOD(C_Initialize, NULL);
    CK_GOOD(C_GetInterfaceList, list, &count);
    for (size_t i = 0; i < 3; i++) {
        const CK_FUNCTION_LIST *functions = list[i].pFunctionList;
        memset(&info, 0xAA, sizeof(info));
        ck_assert_uint_eq(functions->C_GetInfo(&info), CKR_OK);
        ck_assert_mem_eq(&info.cryptokiVersion, &versions[i], sizeof(versions[i]));
        ck_assert_uint_eq(info.flags, 0);
        ck_assert_mem_eq(info.manufacturerID, "libjpki-pkcs11                  ", 32);
    }
    CK_IS(CKR_ARGUMENTS_BAD, C_GetInfo, NULL);
}
END_TEST

RIG_TESTS("general", initialize_takes_what_the_standard_allows,
          initialize_without_threads_of_its_own, initialize_with_a_flag_of_tomorrow,
          initialize_twice, finalize_reserved_argument, many_rounds, initialize_without_a_service,
          service_refuses_this_user, sessions_end_with_finalize, interfaces_listed,
          interfaces_asked_for, lists_have_no_hole, info_tells_the_version_of_its_list)
