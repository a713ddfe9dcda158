#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A program with a thread beside is ended while the card is at work for it, TIMES (2) times in each way.  Loaded into the
# program itself the module cannot always lock the card: how often it did not is printed.  Behind "remote: |setsid p11-kit
# remote" (docs/remote.md) the helper ends its visit, and the card is locked every time.  Another program is connected, or
# pcscd would take the card's power away.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
. "$source_dir/tests/soak/lib.sh"
times=${TIMES:-2}

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" --latency nfc -- "$0"
fi
proxy=$(find /usr/lib* -name p11-kit-proxy.so | head -n 1)
[ -n "$proxy" ] && command -v p11-kit >/dev/null || { echo 'p11-kit is not there'; exit 77; }
place_make
as_user=()
[ "$(id -u)" -ne 0 ] || as_user=("$source_dir/scripts/as-caller" --no-root)

# The line of docs/remote.md, and no other module.
modules=$place/home/.config/pkcs11/modules
mkdir -p "$modules"
for other in /usr/share/p11-kit/modules/*.module; do
    echo 'enable-in: nothing' >"$modules/${other##*/}"
done
grep '^remote: ' "$source_dir/docs/remote.md" | sed "s|\$M|$JPKI_MODULE|" >"$modules/jpki.module"
chmod -R a+rX "$place"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$place/home"
export HOME=$place/home

# One program is ended so while the card is unlocked for it.  1: it is left so; 3: it was locked before, which says nothing.
strike() { # strike MODULE SIGNAL
    local program i told
    "${as_user[@]}" "$build/tests/soak/killed" "$1" >"$place/out" 2>&1 &
    program=$!
    for ((i = 0; i < 400; i++)); do
        grep -q signing "$place/out" && break
        sleep 0.05
    done
    told=$("$build/tests/soak/killed" strike $program "$(kill -l "$2")")
    kill -KILL $program
    wait $program
    # the next login locks first
    "${as_user[@]}" "$build/tests/soak/crowd" sign "$JPKI_MODULE" 0 1234 1 >/dev/null || told=broken
    case $told in locked) return 0 ;; unlocked) return 1 ;; late) return 3 ;; *) cat "$place/out"; return 2 ;; esac
} 2>/dev/null

strikes() { # strikes NAME MODULE: how often the card was left unlocked, for each kind
    local signal i left broken late
    for signal in TERM KILL STOP USR1 USR2; do
        left=0 broken=0 late=0
        # on a busy machine the moment is often missed
        for ((i = 0; i < times && late < 30; )); do
            strike "$2" $signal
            case $? in 1) left=$((left + 1)) ;; 2) broken=1 ;; 3) late=$((late + 1)) && continue ;; esac
            i=$((i + 1))
        done
        [ $i -eq "$times" ] || { echo "the moment was missed $late times"; broken=1; }
        case $signal in
        USR1) signal='_exit in the other thread' ;;
        USR2) signal='exec in the other thread' ;;
        *) signal=SIG$signal ;;
        esac
        echo "$1, $signal: unlocked after $left of $times"
        if [ "$1" = remote ]; then
            say $((left + broken)) "behind p11-kit remote the card is locked after $signal"
        else
            say $broken "the next login locks the card and loses no try after $signal"
        fi
    done
}

"$build/tests/soak/killed" beside "$reader" &
beside=$!
for way in ${WAYS:-direct remote}; do
    case $way in direct) strikes direct "$JPKI_MODULE" ;; remote) strikes remote "$proxy" ;; esac
done
kill $beside
locked_and_whole
say $? "the card is left as it should be"
exit $failed
