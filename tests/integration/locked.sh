#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Nobody signs on the strength of somebody else's login: while a program of ours is logged in, and after it signed, another
# program's bare COMPUTE DIGITAL SIGNATURE is refused by the card.  The control: after OpenSC's login it is not.
source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source/build}
failed=0

if [ -z "${JPKI_CARD_CTL:-}" ]; then
    command -v opensc-tool >/dev/null || { echo 'skip - locked: opensc-tool is not installed'; exit 77; }
    exec "$source/scripts/with-card" -- "$0"
fi

aid=00:A4:04:0C:0A:D3:92:F0:00:26:01:00:00:00:01
data=$(printf ':%02X' $(seq 1 32))

# The status word of a signature that another program asks for with this key (97 authentication, 9A signature).
foreign_signature() { # foreign_signature 97|9A
    opensc-tool --card-driver default --send-apdu "$aid" --send-apdu "80:2A:00:$1:20$data:00" 2>&1 |
        sed -n 's/^Received (SW1=0x\(..\), SW2=0x\(..\)).*/\1\2/p' | tail -n 1
}

judge() { # judge NAME GOT WANTED...
    local name=$1 got=$2
    shift 2
    for wanted in "$@"; do
        [ "$got" != "$wanted" ] || { echo "ok - locked: $name ($got)"; return; }
    done
    echo "not ok - locked: $name: $got instead of $*"
    failed=1
}

# A program that is logged in, and has signed COUNT times, until its input ends.
held() { # held MODULE SLOT PIN COUNT KEY NAME WANTED...
    local module=$1 slot=$2 pin=$3 count=$4 key=$5
    shift 5
    coproc driver { "$build/bench/bench-driver" "$module" "$slot" "$pin" "$count" hold; }
    read -r line <&"${driver[0]}"
    [ "$line" = held ] || { echo "not ok - locked: the driver did not come so far: $line"; failed=1; return; }
    name=$1
    shift
    judge "$name" "$(foreign_signature "$key")" "$@"
    echo done >&"${driver[1]}"
    wait "$driver_PID" 2>/dev/null
}

for count in 0 1; do
    held "$JPKI_MODULE" 0 1234 $count 97 "authentication key after a login and $count signatures" 6982 6986
    held "$JPKI_MODULE" 1 ABC123 $count 9A "signature key after a login and $count signatures" 6982 6986
done
peer=$(echo /usr/lib/*/opensc-pkcs11.so)
[ -e "$peer" ] && held "$peer" 0 1234 0 97 'control: the same is possible after a login by OpenSC' 9000
tries=$("$JPKI_SIMCARD" --ctl "$JPKI_CARD_CTL" stats | sed 's/.*"tries":{"auth":\([0-9]\),"sign":\([0-9]\)}.*/\1\2/')
judge 'no try was lost' "$tries" 35
exit $failed
