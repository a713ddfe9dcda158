#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: many processes on one card behind a real pcscd, about a minute
# PROCESSES (8) programs, half of them with each key, make SIGNATURES (100) signatures each on one card, beside a program
# that resets it at random.  All signatures are good, no try is lost, and nobody waits longer than two seconds beside the
# card's own work.  Then programs are killed inside a visit: the next visit of ours locks the card before anything else.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
processes=${PROCESSES:-8} signatures=${SIGNATURES:-100} kills=${KILLS:-5}
crowd=$build/tests/soak/crowd
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    "$source_dir/scripts/with-card" -- "$0" crowd || exit
    exec "$source_dir/scripts/with-card" --latency nfc -- "$0" kills
fi
place_make

# In the background as a program and not as a function: a signal to $child must meet the program, not a shell around it.
sign_start() { # sign_start SLOT COUNT FILE
    local pins=(1234 ABC123)
    "$crowd" sign "$JPKI_MODULE" "$1" "${pins[$1]}" "$2" >"$3" 2>&1 &
    child=$!
}

if [ "$1" = crowd ]; then
    "$crowd" reset "$reader" 600 >"$place/resets" &
    resetter=$!
    bad=0 before=$(resets_of "$place/resets")
    while :; do
        children=()
        for ((i = 0; i < processes; i++)); do
            sign_start $((i % 2)) "$signatures" "$place/$i"
            children+=("$child")
        done
        for child in "${children[@]}"; do
            wait "$child" || bad=$((bad + 1))
        done
        # few signatures may end before the next reset
        [ $bad -eq 0 ] && [ "$(resets_of "$place/resets")" -eq "$before" ] || break
    done
    kill "$resetter" && wait "$resetter" 2>/dev/null
    [ $bad -eq 0 ] || grep -hvE '^(longest|broken)' "$place"/[0-9]*
    longest=$(sed -n 's/^longest //p' "$place"/[0-9]* | sort -n | tail -n 1)
    resets=$(resets_of "$place/resets")
    say $bad "$processes processes with $signatures signatures each, beside $resets resets: every signature is good"
    [ "$resets" -gt 0 ]
    say $? "the card was reset meanwhile"
    [ -n "$longest" ] && [ "$longest" -le 2000 ]
    say $? "nobody waits longer than 2 s: the longest signature took ${longest:-?} ms"
    broken=$(sed -n 's/^broken //p' "$place"/[0-9]* | awk '{ sum += $1 } END { print sum + 0 }')
    [ $((broken * 10)) -le $((resets + 20)) ]
    say $? "hardly any reset cuts off a signature, which is asked for again: $broken"
    locked_and_whole
    say $? "no try is lost and the card is locked"
else
    open=0 bad=0
    # on a busy machine the moment is often missed
    for ((i = 0; i < kills || (open == 0 && i < kills + 30); i++)); do
        "$JPKI_SIMCARD" --ctl "$JPKI_CARD_CTL" reset-stats >/dev/null
        sign_start $((i % 2)) 100000 /dev/null
        for _ in $(seq 200); do
            stats | grep -q '"unlocked":\["' && break
        done
        kill -KILL "$child"
        wait "$child" 2>/dev/null
        stats | grep -q '"unlocked":\["' && open=$((open + 1))
        sign_start $(((i + 1) % 2)) 1 "$place/next"
        wait "$child" || { bad=$((bad + 1)) && cat "$place/next"; }
        locked_and_whole || bad=$((bad + 1))
    done
    say $bad "$i programs killed, $open with the card unlocked: the next one works and leaves it locked"
    [ $open -gt 0 ]
    say $? "the kills came when they should"
fi
exit $failed
