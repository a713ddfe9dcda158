#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A program ends while a person types on the reader's keypad: the entry outlives exit's two seconds, and the card that it
# unlocks is locked all the same.  Another program is connected, or pcscd would take the card's power away.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" --reader pinpad -- "$0"
fi
place_make
"$build/tests/soak/killed" beside "$reader" &
beside=$!
printf 'pause 5\n1234\n' >>"$JPKI_KEYPAD"
"$build/tests/soak/killed" leave "$JPKI_MODULE"
say $? "the program ends"
for ((i = 0; i < 600; i++)); do
    grep -q 'verify typed' "$JPKI_KEYPAD.log" && break
    sleep 0.1
done
grep -q 'pause begun' "$JPKI_KEYPAD.log" && grep -q 'verify typed' "$JPKI_KEYPAD.log"
say $? "the entry lasted longer than the program would have waited"
# What was typed comes to the card a moment later: only then is there something to lock.
locked_after_entry() {
    local met
    for ((i = 0; i < 600; i++)); do
        met=$(stats)
        grep -q '"verifies_with_data":{"auth":1,' <<<"$met" && grep -q '"unlocked":\[\]' <<<"$met" && break
        sleep 0.1
    done
    [ $i -lt 600 ] || { echo "$met"; return 1; }
    locked_and_whole
}
locked_after_entry
say $? "the card is locked"
kill $beside
exit $failed
