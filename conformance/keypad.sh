#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A reader with a keypad (tests/reader, loaded by the private pcscd): pkcs11-tool and OpenSSH, the PIN typed on the reader.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
build=${JPKI_BUILD:-$source_dir/build}
needs pkcs11-tool openssl ssh ssh-keygen sshd "$build/tools/jpki-token"
card_enter --reader pinpad:3

type_on_pad() { # type_on_pad LINE...: what will be done at the next entries
    : >"$JPKI_KEYPAD.log"
    printf '%s\n' "$@" >>"$JPKI_KEYPAD"
}

pad_told() { # pad_told LINE...: exactly these entries there were
    printf '%s\n' "$@" | diff "$JPKI_KEYPAD.log" -
}

tool() {
    pkcs11-tool --module "$JPKI_MODULE" --slot 0 "$@"
}

flags() {
    pkcs11-tool --module "$JPKI_MODULE" -L >slots
    [ "$(grep -c 'PIN pad present' slots)" -eq 1 ]
    [ "$(grep -c '^Slot' slots)" -eq 6 ]
}

sign() {
    echo "text to be signed" >text
    tool --login --sign --mechanism SHA256-RSA-PKCS --input-file text --output-file signature
    openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >public
    openssl dgst -sha256 -verify public -signature signature text
}

no_login() { # a function would not stop at its first failure here
    refused tool --login --list-objects
}

login_and_signature() {
    type_on_pad "$auth_pin" "$auth_pin"
    sign
    pad_told 'verify typed' 'verify typed'
}

cancelled() {
    type_on_pad cancel
    no_login
    pad_told 'verify cancel'
}

nobody_types() {
    type_on_pad timeout
    no_login
    pad_told 'verify timeout'
}

wrong_length() {
    type_on_pad 12345
    no_login
    pad_told 'verify too short or too long'
}

wrong() {
    type_on_pad 9999
    no_login
    pad_told 'verify typed'
}

change() { # change OLD NEW
    type_on_pad "$1" "$2"
    tool --login-type user --change-pin </dev/null
    pad_told 'verify typed' 'modify typed'
}

token_change() { # token_change OLD NEW
    type_on_pad "$1" "$2"
    "$build/tools/jpki-token" pin change auth >said 2>&1 </dev/null
    grep -q keypad said
    pad_told 'verify typed' 'modify typed'
}

token_change_mistyped() {
    type_on_pad "$auth_pin" mistype
    refused "$build/tools/jpki-token" pin change auth </dev/null
    pad_told 'verify typed' 'modify mistype'
}

change_mistyped() {
    type_on_pad "$auth_pin" mistype
    refused tool --login-type user --change-pin </dev/null
    pad_told 'verify typed' 'modify mistype'
}

ssh_login() { # the askpass program would answer with a PIN; nobody may ask it
    type_on_pad "$auth_pin" "$auth_pin"
    ask_with 0000
    ssh_to_host -o PKCS11Provider="$JPKI_MODULE" 'echo in' >answer
    [ "$(cat answer)" = in ]
    pad_told 'verify typed' 'verify typed'
}

step "shows the keypad on the token with the all-digit PIN" 6 - flags
step "asks on the keypad for the login and for the signature" 16 auth login_and_signature
step "an entry called off costs nothing" 10 - cancelled
step "an entry that nobody makes costs nothing" 10 - nobody_types
step "an entry of the wrong length costs nothing" 10 - wrong_length
tries_auth=2 step "a wrong PIN costs one try" 11 auth wrong
step "the right one gives it back" 16 auth login_and_signature
step "a new PIN typed twice differently is none" 12 auth change_mistyped
step "changes the PIN on the keypad" 13 auth change "$auth_pin" 5678
step "and back" 13 auth change 5678 "$auth_pin"
step "jpki-token changes it there too" 12 auth token_change "$auth_pin" 5678
step "and back again" 12 auth token_change 5678 "$auth_pin"
step "jpki-token: typed twice differently is none" 11 auth token_change_mistyped
ssh_keys
sshd_start
step "OpenSSH logs in without seeing the PIN" 23 auth ssh_login
finish
