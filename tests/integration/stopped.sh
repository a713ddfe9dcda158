#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Another program is stopped (SIGSTOP) while it has the card: polling calls stay prompt, calls that need the card wait and
# are good in the end, C_Finalize answers within 5 s, and the program can end.  Once with a program that does nothing but
# hold a transaction, once with one that uses the module and is stopped in the middle of a visit.
set -u
# shellcheck disable=SC2317 # play calls what its caller names
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
holder=$build/tests/soak/holder
. "$source_dir/tests/soak/lib.sh"

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    "$source_dir/scripts/with-card" -- "$0" hold_plainly sign login finalize exit || exit
    "$source_dir/scripts/with-card" --latency nfc -- "$0" hold_plainly late_exit || exit
    exec "$source_dir/scripts/with-card" --latency nfc -- "$0" hold_in_a_visit sign exit
fi
place_make

is_stopped() { # is_stopped PID
    local state
    state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) && [ "${state%% *}" = T ]
}

stopped_await() { # stopped_await PID
    for _ in $(seq 200); do
        is_stopped "$1" && return 0
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}

# Sets keeper to a stopped program that has a transaction.
hold_plainly() {
    "$holder" hold "$reader" >"$place/keeper" 2>&1 &
    keeper=$!
    stopped_await $keeper
}

# The same with a client of the module, stopped while the card is unlocked for it.
hold_in_a_visit() {
    local moment
    keeper=
    for _ in $(seq 200); do
        # on a busy machine one may have signed three times before anybody looked
        if [ -z "$keeper" ] || ! kill -0 "$keeper" 2>/dev/null; then
            "$build/tests/soak/crowd" sign "$JPKI_MODULE" 0 1234 3 >"$place/keeper" 2>&1 &
            keeper=$!
        fi
        for moment in $(seq 200); do
            stats | grep -q '"unlocked":\["' && break
            kill -0 $keeper 2>/dev/null || break
        done
        kill -STOP $keeper 2>/dev/null && stopped_await $keeper || continue
        stats | grep -q '"unlocked":\["' && return 0
        kill -CONT $keeper
    done
    return 1
}

# A client with this plan while the card is held; keeper goes on when the client says that it waits.
play() { # play HOLD PLAN
    local line='' status wanted=0 begun
    [[ $2 = *exit ]] && wanted=7
    coproc client { exec "$holder" wait "$JPKI_MODULE" "${2#late_}" 2>&1; }
    # shellcheck disable=SC2154 # coproc assigns it
    local process=$client_PID in=${client[1]} out=${client[0]}
    exec 7<&"$out" 8>&"$in"
    read -r -t 30 line <&7
    [ "$line" = ready ] && $1 || { echo "no start: $line"; cat "$place/keeper"; kill "$process" "$keeper"; return 1; }
    echo go >&8
    read -r -t 30 line <&7
    if [ "$line" = waiting ]; then
        is_stopped "$keeper" || echo "the holder is not stopped any more"
        kill -CONT "$keeper"
        echo go >&8
    fi
    begun=$SECONDS
    # just before exit's patience ends, when a PIN that is sent then would be the last thing the program does
    [ "$2" = late_exit ] && sleep 1.9 && kill -CONT "$keeper"
    cat <&7 >"$place/out"
    wait "$process"
    status=$?
    if [ "$line" = leaving ]; then
        [ $((SECONDS - begun)) -le 5 ] || { echo "exit took $((SECONDS - begun)) s"; status=late; }
        [ "$2" = late_exit ] || is_stopped "$keeper" || echo "the holder is not stopped any more"
    fi
    kill -CONT "$keeper" 2>/dev/null
    wait "$keeper" || { echo "the holder ended with $?"; cat "$place/keeper"; status=holder; }
    exec 7<&- 8>&-
    cat "$place/out"
    [ "$status" = $wanted ] || { echo "$line, ended with $status instead of $wanted"; return 1; }
}

declare -A says=(
    [sign]='C_Sign waits and is good in the end, polling is prompt'
    [login]='C_Login waits and is good in the end, polling is prompt'
    [finalize]='C_Finalize gives up in time, and afterwards the module begins anew'
    [exit]='exit ends the program within 5 s'
    [late_exit]='exit leaves no card unlocked when the other program goes on at its end'
)
hold=$1
for plan in "${@:2}"; do
    play "$hold" "$plan" && locked_and_whole
    say $? "${hold//_/ }: ${says[$plan]}"
done
exit $failed
