#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: systemd
# long: a warning of docs/not-for.md, seen to be true
# systemd-cryptenroll on an encrypted disk in a file: it enrols the card, says that it did, and the disk never opens by it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/sbin
needs systemd-cryptenroll cryptsetup
needs /usr/lib/x86_64-linux-gnu/cryptsetup/libcryptsetup-token-systemd-pkcs11.so
card_enter
module_install || skip_all 'nothing can be mounted here'
truncate -s 32M disk
printf secret >passphrase
cryptsetup luksFormat --batch-mode --type luks2 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 disk passphrase ||
    skip_all 'no disk can be made in a file here'

listed() {
    systemd-cryptenroll --pkcs11-token-uri=list | grep "$auth_token"
}

enrol() { # enrol PIN: in a session without a terminal, so that it cannot ask anew
    PASSWORD=secret PIN=$1 setsid timeout 20 systemd-cryptenroll --pkcs11-token-uri="$auth_uri" disk
}

enrolled() {
    enrol "$auth_pin"
    cryptsetup luksDump disk | grep -q systemd-pkcs11
    cryptsetup open --test-passphrase --key-file passphrase disk
}

never_opens() {
    printf %s "$auth_pin" >pin
    PIN=$auth_pin refused cryptsetup open --test-passphrase --token-only --token-type systemd-pkcs11 disk <pin 2>log
    cat log
    grep -q 'Failed to find selected private key suitable for decryption' log
}

wiped() {
    PASSWORD=secret setsid timeout 20 systemd-cryptenroll --wipe-slot=pkcs11 disk
    cryptsetup luksDump disk >dump
    refused grep systemd-pkcs11 dump
    cryptsetup open --test-passphrase --key-file passphrase disk
}

step 'lists the token' 6 - listed
# asked again without a terminal it waits for an answer, until its limit ends it
wrong() {
    local status=0
    enrol 9999 || status=$?
    [ $status -ne 0 ]
}
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong
tries_auth=3 step 'enrols the card, and says so' 25 auth enrolled
step 'the disk never opens by the card' 17 auth never_opens
step 'the card is taken off the disk again' 0 - wiped
finish
