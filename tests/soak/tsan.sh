#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: a build of its own with ThreadSanitizer, and everything that has threads in it, some minutes
# The tests in process, and then THREADS (16) threads with SIGNATURES (100) signatures each behind a real pcscd.
set -eu
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
meson setup "$place" "$source_dir" -Db_sanitize=thread -Db_lundef=false -Dtools=disabled >/dev/null
ninja -C "$place" -j2 --quiet
# where address space is laid out too randomly for it, ThreadSanitizer does not start
alone=()
setarch -R true 2>/dev/null && alone=(setarch -R)
failed=0

# libpcsclite reads what pcscd says of the readers into one array of the process, whichever thread asks
echo 'race:libpcsclite.so' >"$place/suppressions"
export TSAN_OPTIONS=halt_on_error=1:exitcode=66:suppressions=$place/suppressions

if "${alone[@]}" meson test -C "$place" --no-rebuild --timeout-multiplier 6 --print-errorlogs --suite behaviour \
    --suite faults; then
    echo 'ok - the tests in process'
else
    echo 'not ok - the tests in process'
    failed=1
fi
export JPKI_BUILD=$place THREADS=${THREADS:-16} SIGNATURES=${SIGNATURES:-100}
"${alone[@]}" "$source_dir/tests/soak/threads.sh" || [ $? -eq 77 ] || failed=1
exit $failed
