#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: opensc
# OpenSC's own JPKI driver on the same card: the simulated card satisfies a program that was written for the real one, and
# both modules work beside each other.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
theirs=/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so
needs pkcs11-tool openssl $theirs
card_enter
echo 'JPKI-TEST message' >message

list() {
    pkcs11-tool --module "$theirs" -O >objects
    cat objects
    grep -q 'User Authentication Certificate' objects
}

sign() { # sign MODULE SLOT PIN ROLE ID
    pkcs11-tool --module "$1" --slot-index "$2" --login --pin "$3" --id "$5" --sign -m SHA256-RSA-PKCS \
        -i message -o "signature-$4"
    openssl x509 -in "$JPKI_CARD_EXPORT/$4.pem" -noout -pubkey >"$4.pub"
    openssl dgst -sha256 -verify "$4.pub" -signature "signature-$4" message
}

# Both at once, five signatures each.
beside() {
    local their_pid
    (for _ in 1 2 3 4 5; do
        sign "$theirs" 0 "$auth_pin" auth 01 || exit
    done) &
    their_pid=$!
    for _ in 1 2 3 4 5; do
        sign "$JPKI_MODULE" 1 "$sign_pin" sign 02
    done
    wait "$their_pid"
}

# What OpenSC leaves behind is its own: a verified PIN stays on a contactless card.
may_unlock=yes
step "OpenSC lists" any - list
step "OpenSC signs" any auth sign "$theirs" 0 "$auth_pin" auth 01
step "OpenSC signs, signature" any sign sign "$theirs" 1 "$sign_pin" sign 02
step "both at once" any auth,sign beside
may_unlock=
step "ours after it leaves the card locked" 16 auth sign "$JPKI_MODULE" 0 "$auth_pin" auth 01
finish
