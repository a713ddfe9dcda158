#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: every test in process under valgrind, some minutes
# Memory that is read before it is written, which no sanitizer of the other builds sees, and what is left behind.
#
#   valgrind.sh [TEST...]     only these, as meson names them
set -eu
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
command -v valgrind >/dev/null || { echo 'skip - valgrind is not installed'; exit 77; }
tests=("$@")
[ $# -gt 0 ] || tests=(--suite unit --suite behaviour)

export CK_TIMEOUT_MULTIPLIER=10 # Check's own limit for a case
# each case is a process of its own: Check sees how it ended
valgrind='valgrind --quiet --error-exitcode=66 --leak-check=full --errors-for-leak-kinds=definite,indirect'
if meson test -C "$build" --no-rebuild --timeout-multiplier 20 --print-errorlogs --wrapper "$valgrind" "${tests[@]}"; then
    echo 'ok - valgrind: the tests in process'
else
    echo 'not ok - valgrind: the tests in process'
    exit 1
fi
