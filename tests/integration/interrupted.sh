#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Signals at five points of a visit, and a log that nobody reads, beside a real pcscd: the card is locked and the transaction
# free in all.  tests/soak/interrupted.c has the cases.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
[ -n "${JPKI_CARD_CTL:-}" ] || { export JPKI_BUILD=$build; exec "$source_dir/scripts/with-card" -- "$0"; }
exec "$build/tests/soak/interrupted" "$JPKI_MODULE"
