/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "rv.h"

START_TEST(every_error_has_a_row)
{
    ck_assert_uint_eq(rv_for_error(JPKI_OK), CKR_OK);
    for (int i = 1; i < JPKI_ERR_COUNT; i++) {
        CK_RV rv = rv_for_error((enum jpki_err)i);

        ck_assert_msg(rv != CKR_OK, "%s became CKR_OK", err_name((enum jpki_err)i));
        ck_assert_msg(rv != CKR_GENERAL_ERROR, "%s has no row", err_name((enum jpki_err)i));
        ck_assert_str_ne(rv_name(rv), "CKR_?");
    }
    ck_assert_uint_eq(rv_for_error(JPKI_ERR_COUNT), CKR_GENERAL_ERROR);
}
END_TEST

/* What clients branch on. */
static const struct {
    enum jpki_err err;
    CK_RV rv;
} cases[] = {
    { JPKI_ERR_NO_CARD, CKR_DEVICE_REMOVED },      { JPKI_ERR_CARD_CHANGED, CKR_DEVICE_REMOVED },
    { JPKI_ERR_NO_SERVICE, CKR_DEVICE_REMOVED },   { JPKI_ERR_NOT_JPKI, CKR_DEVICE_REMOVED },
    { JPKI_ERR_NEWER, CKR_DEVICE_REMOVED },        { JPKI_ERR_PIN_WRONG, CKR_PIN_INCORRECT },
    { JPKI_ERR_PIN_FORM, CKR_PIN_INCORRECT },      { JPKI_ERR_PIN_BLOCKED, CKR_PIN_LOCKED },
    { JPKI_ERR_LAST_TRY, CKR_PIN_LOCKED },         { JPKI_ERR_PIN_STALE, CKR_USER_NOT_LOGGED_IN },
    { JPKI_ERR_DENIED, CKR_USER_NOT_LOGGED_IN },   { JPKI_ERR_CANCELLED, CKR_FUNCTION_CANCELED },
    { JPKI_ERR_UNSUPPORTED, CKR_FUNCTION_FAILED }, { JPKI_ERR_DROP, CKR_DEVICE_ERROR },
    { JPKI_ERR_MEMORY, CKR_HOST_MEMORY },
};

START_TEST(errors_that_clients_branch_on)
{
    ck_assert_uint_eq(rv_for_error(cases[_i].err), cases[_i].rv);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(rv_name(CKR_OK), "CKR_OK");
    ck_assert_str_eq(rv_name(CKR_PIN_INCORRECT), "CKR_PIN_INCORRECT");
    ck_assert_str_eq(rv_name(CKR_SESSION_ASYNC_NOT_SUPPORTED), "CKR_SESSION_ASYNC_NOT_SUPPORTED");
    ck_assert_str_eq(rv_name(CKR_VENDOR_DEFINED | 7), "CKR_?");
    ck_assert_str_eq(rv_name(4), "CKR_?");
}
END_TEST

Suite *rv_suite(void)
{
    Suite *suite = suite_create("rv");
    TCase *tcase = tcase_create("rv");

    tcase_add_test(tcase, every_error_has_a_row);
    tcase_add_loop_test(tcase, errors_that_clients_branch_on, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, names);
    suite_add_tcase(suite, tcase);
    return suite;
}
