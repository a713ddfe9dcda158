/* SPDX-License-Identifier: BSD-3-Clause */
#include "books.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(rv_suite());
    int failed;

    srunner_add_suite(runner, config_suite());
    srunner_add_suite(runner, sources_suite());
    srunner_add_suite(runner, ossl_suite());
    srunner_add_suite(runner, signature_suite());
    srunner_add_suite(runner, cert_suite());
    srunner_add_suite(runner, mech_suite());
    srunner_add_suite(runner, object_suite());
    srunner_add_suite(runner, attr_suite());
    books_world_make();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    books_world_free();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
