/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"
#include "object.h"

#include <stdio.h>
#include <string.h>

/* The unique ids of what such a sight shows, each with a blank behind it. */
static void seen(const struct object_sight *sight, char ret_text[static 1024])
{
    size_t used = 0;

    ret_text[0] = '\0';
    for (size_t i = 0; i < object_count(); i++) {
        if (object_visible(object_at(i), sight)) {
            used += (size_t)snprintf(ret_text + used, 1024 - used, "%s ", object_at(i)->unique_id);
        }
    }
}

#define AUTH_PROFILES "auth-profile-baseline auth-profile-extended auth-profile-authentication "
#define SIGN_PROFILES "sign-profile-baseline sign-profile-extended sign-profile-authentication "

static const struct {
    struct object_sight sight;
    const char *shown;
} sights[] = {
    { { ROLE_AUTH, false, false, true, false },
      "auth-cert auth-public " AUTH_PROFILES "auth-profile-public-certs " },
    { { ROLE_AUTH, true, false, true, false },
      "auth-cert auth-public auth-private " AUTH_PROFILES "auth-profile-public-certs " },
    { { ROLE_AUTH, false, false, true, true },
      "auth-cert auth-public auth-ca " AUTH_PROFILES "auth-profile-public-certs " },
    { { ROLE_AUTH, false, true, false, false }, AUTH_PROFILES },
    { { ROLE_AUTH, true, true, false, false },
      "auth-cert auth-public auth-private " AUTH_PROFILES },
    { { ROLE_SIGN, false, true, false, false }, SIGN_PROFILES },
    { { ROLE_SIGN, true, true, false, false },
      "sign-cert sign-public sign-private sign-ca " SIGN_PROFILES },
    { { ROLE_SIGN, true, true, true, true },
      "sign-cert sign-public sign-private sign-ca " SIGN_PROFILES },
    { { ROLE_SIGN, false, false, false, false }, "sign-cert sign-public " SIGN_PROFILES },
};

START_TEST(what_a_session_sees)
{
    char text[1024];

    seen(&sights[_i].sight, text);
    ck_assert_str_eq(text, sights[_i].shown);
}
END_TEST

START_TEST(invisible_before_login_means_private)
{
    for (size_t s = 0; s < sizeof(sights) / sizeof(sights[0]); s++) {
        struct object_sight out = sights[s].sight, in = sights[s].sight;

        out.logged_in = false;
        in.logged_in = true;
        for (size_t i = 0; i < object_count(); i++) {
            const struct object_row *row = object_at(i);
            bool appears = !object_visible(row, &out) && object_visible(row, &in);

            ck_assert(!object_visible(row, &out) || object_visible(row, &in));
            ck_assert(row->role != in.role || !appears || object_private(row, &in));
            ck_assert(!object_visible(row, &out) || !object_private(row, &out));
        }
    }
}
END_TEST

START_TEST(rows_hold_together)
{
    ck_assert_ptr_null(object_at(object_count()));
    for (size_t i = 0; i < object_count(); i++) {
        const struct object_row *row = object_at(i);

        for (size_t j = 0; j < i; j++) {
            const struct object_row *other = object_at(j);

            ck_assert_str_ne(row->unique_id, other->unique_id);
            /* the trio of a role shares id and label, nothing else does */
            if (row->id != 0) {
                ck_assert((row->id == other->id) == (strcmp(row->label, other->label) == 0));
                ck_assert((row->id == other->id) == (other->id != 0 && row->file == other->file));
            }
        }
        ck_assert_uint_eq(row->id, row->class == CKO_PROFILE ? 0U : (unsigned)row->file + 1);
        ck_assert((row->class == CKO_PROFILE) == (row->profile != CKP_INVALID_ID));
    }
}
END_TEST

START_TEST(handles)
{
    static const CK_ULONG series[] = { 0, 1, 2, 4711, 0x7FFFFFF };

    for (size_t s = 0; s < sizeof(series) / sizeof(series[0]); s++) {
        for (size_t i = 0; i < object_count(); i++) {
            CK_OBJECT_HANDLE handle = object_handle(series[s], i);

            ck_assert_uint_ne(handle, CK_INVALID_HANDLE);
            ck_assert_ptr_eq(object_find(series[s], handle), object_at(i));
            ck_assert_ptr_null(object_find(series[s] + 1, handle));
            ck_assert_ptr_null(object_find(series[s] - 1, handle));
        }
        ck_assert_ptr_null(object_find(series[s], object_handle(series[s], object_count())));
    }
    ck_assert_ptr_null(object_find(0, CK_INVALID_HANDLE));
    ck_assert_ptr_null(object_find(1, ~0UL));
}
END_TEST

Suite *object_suite(void)
{
    Suite *suite = suite_create("object");
    TCase *tcase = tcase_create("object");

    tcase_add_loop_test(tcase, what_a_session_sees, 0, (int)(sizeof(sights) / sizeof(sights[0])));
    tcase_add_test(tcase, invisible_before_login_means_private);
    tcase_add_test(tcase, rows_hold_together);
    tcase_add_test(tcase, handles);
    suite_add_tcase(suite, tcase);
    return suite;
}
