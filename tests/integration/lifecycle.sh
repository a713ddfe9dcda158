#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fork, exec, dlclose, C_Finalize and exit in every state, in programs on the real module beside a real pcscd.
# tests/soak/lifecycle.c has the cases; after each the card is locked and has all its tries.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
lifecycle=$build/tests/soak/lifecycle
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" -- "$0"
fi
place_make

# As another user there is a log, which no program must inherit: root takes its options from the system's file alone.
as_user=()
if "$source_dir/scripts/as-caller" --no-root test -r "$JPKI_MODULE" -a -x "$lifecycle"; then
    as_user=("$source_dir/scripts/as-caller" --no-root)
    mkdir "$place/log" && chmod 777 "$place/log"
    export LIFECYCLE_LOG=$place/log/lines JPKI_PKCS11_OPTIONS="log=$place/log/lines"
else
    echo "skip - exec: no log beside the connections: root has no options of its own, and the folder is closed to others"
fi

# A moment's luck decides how far the others are when a program ends.
times_of() {
    case $1 in
    *exit*sign*) echo 12 ;;
    *) echo 1 ;;
    esac
}

# The private pcscd is the one in this network namespace.
pcscd_find() {
    local process
    for process in $(pgrep -x pcscd); do
        [ "$(readlink "/proc/$process/ns/net")" = "$(readlink /proc/self/ns/net)" ] && echo "$process"
    done
}

pcscd_stop() { # when the program of the case is ready, which goes on then; never for long
    for _ in $(seq 1200); do
        grep -q ready "$place/out" && break
        sleep 0.05
    done
    kill -STOP "$pcscd" && echo go >"$place/go"
    sleep 8
    kill -CONT "$pcscd" && echo 'pcscd had to go on first' >>"$place/out"
}

# Without its list there would be no case that could fail.
"$lifecycle" "$JPKI_MODULE" list >"$place/cases" && [ -s "$place/cases" ]
say $? "the program tells its cases"
while read -r line; do
    name=${line% *} status=${line##* } bad=0 input=/dev/null
    : >"$place/out"
    if [[ $name = *'pcscd hangs'* ]]; then
        pcscd=$(pcscd_find)
        input=$place/go
        rm -f "$input" && mkfifo "$input"
        pcscd_stop &
        stopper=$!
    fi
    for ((i = $(times_of "$name"); i > 0; i--)); do
        # both ends, or it would begin only when somebody writes
        timeout 90 "${as_user[@]}" "$lifecycle" "$JPKI_MODULE" "$name" >"$place/out" 2>&1 0<>"$input"
        got=$?
        [ $got -eq "$status" ] || { bad=1; echo "ended with $got instead of $status"; cat "$place/out"; }
        if [[ $name = *'pcscd hangs'* ]]; then
            kill $stopper && wait $stopper 2>/dev/null
            grep -q 'State:.*stopped' "/proc/$pcscd/status" || { bad=1; cat "$place/out"; }
            kill -CONT "$pcscd"
        fi
        locked_and_whole || bad=1
    done
    say $bad "$name"
done <"$place/cases"
[ -z "${LIFECYCLE_LOG:-}" ] || say "$([ -s "$LIFECYCLE_LOG" ]; echo $?)" "the log was written meanwhile"
exit $failed
