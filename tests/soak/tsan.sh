#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: a build of its own with ThreadSanitizer, and everything that has threads in it
set -eu
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
meson setup "$place" "$source_dir" -Db_sanitize=thread -Db_lundef=false -Dtools=disabled >/dev/null
ninja -C "$place" -j2 --quiet
# where address space is laid out too randomly for it, ThreadSanitizer does not start
run=(meson test -C "$place" --no-rebuild --timeout-multiplier 6 --print-errorlogs)
setarch -R true 2>/dev/null && run=(setarch -R "${run[@]}")
TSAN_OPTIONS=halt_on_error=1:exitcode=66 "${run[@]}" --suite behaviour --suite faults
