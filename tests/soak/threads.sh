#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: many threads in one program over two readers behind a real pcscd, about a minute
# THREADS (16) threads over both tokens of both cards make SIGNATURES (800) signatures each, beside programs that reset the
# cards at random.  All signatures are good, no try is lost, and the threads of a card take turns: while one waits, its card
# serves hardly more others than there are, however busy the machine is.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
threads=${THREADS:-16} signatures=${SIGNATURES:-800}
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" --cards 2 -- "$0"
fi
place_make

resetters=()
for name in "$reader" "$second_reader"; do
    "$build/tests/soak/crowd" reset "$name" 600 >"$place/resets ${name##* }" &
    resetters+=($!)
done
met() { # whether both cards were reset
    local file
    for file in "$place"/resets*; do
        [ "$(resets_of "$file")" -gt 0 ] || return 1
    done
}
while :; do
    "$build/tests/soak/threads" "$JPKI_MODULE" "$threads" "$signatures" >"$place/out" 2>&1
    status=$?
    # few signatures may end before the first reset
    [ $status -eq 0 ] && ! met || break
done
kill "${resetters[@]}" && wait "${resetters[@]}" 2>/dev/null
[ $status -eq 0 ] || cat "$place/out"
told() { sed -n "s/^$1 //p" "$place/out"; }

resets=0
for file in "$place"/resets*; do
    resets=$((resets + $(resets_of "$file")))
done
say $status "$threads threads with $signatures signatures each, over $(told tokens) tokens, beside $resets resets: all good"
[ "$(told tokens)" = 4 ] && met
say $? "there were two readers with both tokens, and both cards were reset meanwhile"
overtaken=$(told overtaken)
# half of the threads share a card; one may be put off by the machine before it stands in line
[ -n "$overtaken" ] && [ "$overtaken" -le $((threads * 3 / 2)) ]
say $? "the threads take turns: at most ${overtaken:-?} others came before one, and the longest took $(told longest) ms"
broken=$(told broken)
[ -n "$broken" ] && [ $((broken * 10)) -le $((resets + 20)) ]
say $? "hardly any reset cuts off a signature, which is asked for again: ${broken:-?}"
locked_and_whole && locked_and_whole "$JPKI_CARD_CTL2"
say $? "no try is lost and both cards are locked"
exit $failed
