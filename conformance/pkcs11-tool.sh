#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: opensc
# OpenSC's pkcs11-tool: lists, every mechanism, its own test, fork, threads, PIN change, hot-plug.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs pkcs11-tool openssl
card_enter

tool() {
    pkcs11-tool --module "$JPKI_MODULE" "$@"
}

seen() { # seen PATTERN FILE
    grep -qE -- "$1" "$2" || { echo "not seen: $1"; cat "$2"; return 1; }
}

list_info() {
    tool -I >info
    seen 'Cryptoki version' info
}

list_slots() {
    tool -L >slots
    seen "token label *: $auth_token" slots
    seen "token label *: $sign_token" slots
}

list_mechanisms() {
    tool -M --slot-index 0 >mechanisms
    seen 'RSA-PKCS, keySize=\{2048,2048\}, hw, sign' mechanisms
    seen 'RSA-PKCS-PSS' mechanisms
}

list_objects() {
    tool -O --slot-index 0 >objects
    seen 'Certificate Object' objects
    seen 'Public Key Object; RSA  ?2048 bits' objects
    refused grep 'Private Key' objects
}

list_logged_in() { # list_logged_in SLOT PIN
    tool -O --slot-index "$1" --login --pin "$2" >objects
    seen 'Private Key Object; RSA' objects
    seen 'Certificate Object' objects
}

# The certificate that comes out is the one the card was made with.
read_certificate() { # read_certificate SLOT ID NAME [LOGIN...]
    tool --slot-index "$1" --read-object --type cert --id "$2" -o cert.der "${@:4}"
    openssl x509 -in "$JPKI_CARD_EXPORT/$3.pem" -outform DER | cmp - cert.der
}

sign() { # sign SLOT PIN ID CERTIFICATE MECHANISM VERIFY-OPTION...
    printf 'JPKI-TEST message\n' >message
    tool --slot-index "$1" --login --pin "$2" --id "$3" --sign -m "$5" -i message -o signature
    signature_judge "$4" "${@:6}"
}

# CKM_RSA_PKCS signs what it is given: here a DigestInfo.
sign_digest_info() {
    printf 'JPKI-TEST message\n' >message
    {
        printf '0\0610\r\006\011\140\206\110\001\145\003\004\002\001\005\000\004\040'
        openssl dgst -sha256 -binary message
    } >digestinfo
    tool --slot-index 0 --login --pin "$auth_pin" --id 01 --sign -m RSA-PKCS -i digestinfo -o signature
    signature_judge auth -sha256
}

# CKM_RSA_PKCS_PSS takes the hash, 32 bytes.
sign_pss_hash() {
    printf 'JPKI-TEST message\n' >message
    openssl dgst -sha256 -binary message >digest
    tool --slot-index 0 --login --pin "$auth_pin" --id 01 --sign -m RSA-PKCS-PSS --hash-algorithm SHA256 --mgf MGF1-SHA256 \
        --salt-len 32 -i digest -o signature
    signature_judge auth -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256
}

# Its exit status says nothing: the text does.
own_test() { # own_test SLOT PIN
    tool --slot-index "$1" --login --pin "$2" --test >log 2>&1
    cat log
    seen '^No errors' log
}

test_fork() {
    tool --slot-index 0 --login --pin "$auth_pin" --test-fork >log 2>&1
    cat log
    seen 'in forked child' log
    refused grep -E 'error:|CKR_' log
}

test_threads() {
    tool --use-locking --test-threads ILGISLT0 --test-threads ILGISLT0 -L >log 2>&1
    cat log
    seen 'Test thread 0 returning rv( = 0|:CKR_OK)' log
    seen 'Test thread 1 returning rv( = 0|:CKR_OK)' log
    seen "token label *: $sign_token" log
}

change_pin() { # change_pin SLOT OLD NEW
    tool --slot-index "$1" --login --pin "$2" --change-pin --new-pin "$3"
    tool --slot-index "$1" --login --pin "$3" --change-pin --new-pin "$2"
}

wrong_pin() {
    refused tool --slot-index 0 --login --pin 9999 -O
}

wrong_shape() { # the password for signatures, given to the wrong token, and the reverse
    refused tool --slot-index 0 --login --pin "$sign_pin" -O
    refused tool --slot-index 1 --login --pin "$auth_pin" -O
}

# It lists the slots at each line it gets; after "x" it waits for an event at each line and lists them then.
hotplug_lines() {
    echo
    lines_await log 'Slot 0 ' 1
    card '' eject >&2
    card_await out
    echo
    lines_await log 'Slot 0 ' 2
    card '' insert >&2
    card_await in
    echo
    lines_await log 'Slot 0 ' 3
    echo x
    # that the card came back is an event of each of its two slots
    echo
    lines_await log 'Slot 0 ' 4
    echo
    lines_await log 'Slot 0 ' 5
    echo
    card '' eject >&2
    lines_await log 'Slot 0 ' 6
    card '' insert >&2
    card_await in
    echo x
}

hotplug() {
    : >log
    hotplug_lines | timeout 120 stdbuf -oL pkcs11-tool --module "$JPKI_MODULE" --test-hotplug >log 2>&1
    cat log
    [ "$(grep -c 'event on slot' log)" = 3 ]
    grep -A1 'Slot 0 ' log | grep -oE "$auth_token|empty" | head -n 3 | paste -s >states
    echo "$auth_token	empty	$auth_token" | cmp - states
}

# From 0.27 on it shows which mechanisms each key allows: whether the card knows PSS is asked for with two exchanges.
objects=14
if tool -O --slot-index 0 | grep -q 'Allowed mechanisms'; then
    objects=16
fi

step 'information' 6 - list_info
step 'slots, no login' 6 - list_slots
step 'mechanisms' 8 - list_mechanisms
step 'objects, no login' $objects - list_objects
step 'certificate, no login' 14 - read_certificate 0 01 auth
step 'objects after login, authentication' 21 auth list_logged_in 0 "$auth_pin"
step 'objects after login, signature' 27 sign list_logged_in 1 "$sign_pin"
step 'certificate, signature' 18 sign read_certificate 1 02 sign --login --pin "$sign_pin"
step 'RSA-PKCS' 16 auth sign_digest_info
for hash in SHA1 SHA224 SHA256 SHA384 SHA512; do
    step "$hash-RSA-PKCS" 16 auth sign 0 "$auth_pin" 01 auth $hash-RSA-PKCS "-${hash,,}"
done
step 'SHA256-RSA-PKCS, signature' 23 sign sign 1 "$sign_pin" 02 sign SHA256-RSA-PKCS -sha256
step 'RSA-PKCS-PSS' 26 auth sign_pss_hash
step 'SHA256-RSA-PKCS-PSS' 26 auth sign 0 "$auth_pin" 01 auth SHA256-RSA-PKCS-PSS -sha256 \
    -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
step 'own test, authentication' 61 auth own_test 0 "$auth_pin"
step 'own test, signature' 60 sign own_test 1 "$sign_pin"
step 'fork' 11 auth test_fork
# Two threads may each ask for the tries that are left.
step 'two threads' 6 - test_threads
step 'changes the PIN and back' 34 auth change_pin 0 "$auth_pin" 5678
step 'changes the password and back' 48 sign change_pin 1 "$sign_pin" NEWPASS9
step 'a PIN of the wrong shape costs nothing' 12 - wrong_shape
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong_pin
step 'the right one brings them back' 21 auth list_logged_in 0 "$auth_pin"
step 'hot-plug' 18 - hotplug
finish
