#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every call on the smallest stack that a thread may have, beside a real pcscd, with an option file and a log.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" -- "$0"
fi
place_make
mkdir "$place/log" "$place/config" && chmod 777 "$place/log"
echo "log=$place/log/lines" >"$place/config/jpki-pkcs11.conf"
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=("$source_dir/scripts/as-caller" --no-root)
XDG_CONFIG_HOME=$place/config "${as_user[@]}" "$build/tests/soak/smallest" "$JPKI_MODULE" >"$place/out" 2>&1
status=$?
[ $status -eq 0 ] || tail -n 1 "$place/out"
say $status "every call on the smallest stack"
[ -s "$place/log/lines" ]
say $? "with a log"
locked_and_whole
say $? "the card is left as it should be"
exit $failed
