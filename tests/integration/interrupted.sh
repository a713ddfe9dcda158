#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Signals at five points of a visit, a log that nobody reads, and descriptors that are closed, beside a real pcscd: the
# card is locked and the transaction free in all.  tests/soak/interrupted.c has the cases.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
[ -n "${JPKI_CARD_CTL:-}" ] || { export JPKI_BUILD=$build; exec "$source_dir/scripts/with-card" -- "$0"; }
. "$source_dir/tests/soak/lib.sh"
place_make
mkdir "$place/log" && chmod 777 "$place/log"
export INTERRUPTED_LOG=log=$place/log/lines
"$source_dir/scripts/as-caller" "$build/tests/soak/interrupted" "$JPKI_MODULE" || failed=1
say "$([ -s "$place/log/lines" ]; echo $?)" "the log was written meanwhile"
exit $failed
