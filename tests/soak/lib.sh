# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the scripts that run beside a private pcscd share, here and in tests/integration.
# shellcheck disable=SC2034  # variables that only some of the scripts use
failed=0
reader='JPKI Test Reader 00 00'
second_reader='JPKI Test Reader 00 01'

say() { # say STATUS NAME
    if [ "$1" -eq 0 ]; then
        echo "ok - $2"
    else
        echo "not ok - $2"
        failed=1
    fi
}

# A folder that goes with the script and that other users may look into.
place_make() {
    place=$(mktemp -d) && chmod 755 "$place" || exit 1
    trap 'rm -rf "$place"' EXIT
}

# What the card met; the second card by its control socket.
stats() { # stats [SOCKET]
    "$JPKI_SIMCARD" --ctl "${1:-$JPKI_CARD_CTL}" stats
}

resets_of() { # resets_of FILE: how many "crowd reset" has told
    local count
    count=$(sed -n 's/^resets //p' "$1" | tail -n 1)
    echo "${count:-0}"
}

locked_and_whole() { # locked_and_whole [SOCKET]
    local met
    met=$(stats "$@")
    grep -q '"unlocked":\[\]' <<<"$met" && grep -q '"tries":{"auth":3,"sign":5}' <<<"$met" || { echo "$met"; return 1; }
}
