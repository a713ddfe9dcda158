#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: osslsigncode
# long: not one of the first clients
# Programs and bundles signed with the card: osslsigncode (Windows), sbsign (EFI), evmctl (the kernel's IMA), rauc (updates).
# Each is judged by its own verifier and by another program.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl objcopy osslsigncode "$(engine_path)"
card_enter
engine_config "$auth_pin" >right.cnf
engine_config 9999 >wrong.cnf
card_key="$auth_uri;object=${auth_label// /%20};type=private"
card_cert="$auth_uri;object=${auth_label// /%20};type=cert"
signer=$JPKI_CARD_EXPORT/auth.pem
openssl x509 -in "$signer" -noout -pubkey >auth.pub
openssl x509 -in "$signer" -outform DER -out auth.der
objcopy -O pei-x86-64 "$(type -P true)" program.exe 2>/dev/null
objcopy --target efi-app-x86_64 "$(type -P true)" program.efi 2>/dev/null
echo 'JPKI-TEST file' >file

without() { # without PROGRAM: say that its steps are left out
    command -v "$1" >/dev/null && return 1
    echo "skip - $client: $1 is not installed"
}

osslsigncode_sign() { # osslsigncode_sign PIN
    rm -f signed.exe
    osslsigncode sign -pkcs11module "$JPKI_MODULE" -certs "$signer" -key "$card_key" -pass "$1" -h sha256 -in program.exe \
        -out signed.exe
}

# OpenSSL cannot know what Microsoft's digest is of, but whose signature stands over it.
program() {
    osslsigncode_sign "$auth_pin"
    osslsigncode verify -CAfile "$ca_pem" -in signed.exe
    rm -f signature.pem
    osslsigncode extract-signature -pem -in signed.exe -out signature.pem
    openssl pkcs7 -in signature.pem -print_certs -noout | grep "CN *= *$(auth_holder)"
    ! command -v sbverify >/dev/null || sbverify --list signed.exe | grep "CN=$(auth_holder)"
}

sbsign_sign() { # sbsign_sign right|wrong
    OPENSSL_CONF=$place/$1.cnf sbsign --engine pkcs11 --key "$card_key" --cert "$signer" --output signed.efi program.efi
}

efi() {
    sbsign_sign right
    sbverify --cert "$signer" signed.efi
    osslsigncode verify -CAfile "$ca_pem" -in signed.efi
}

evmctl_sign() { # evmctl_sign right|wrong
    OPENSSL_CONF=$place/$1.cnf evmctl ima_sign --sigfile --engine pkcs11 --keyid-from-cert "$signer" --key "$card_key" file
}

ima() {
    evmctl_sign right
    evmctl ima_verify --sigfile --key auth.der file
    tail -c 256 file.sig >signature # behind the kernel's header
    openssl dgst -sha256 -verify auth.pub -signature signature file
}

rauc_bundle() { # rauc_bundle PIN
    rm -f update.raucb
    RAUC_PKCS11_MODULE=$JPKI_MODULE RAUC_PKCS11_PIN=$1 rauc --cert="$card_cert" --key="$card_key" bundle bundle update.raucb
}

bundle() {
    rauc_bundle "$auth_pin"
    rauc --keyring="$ca_pem" info update.raucb | grep -i "CN *= *$(auth_holder)"
}

step 'osslsigncode' 24 auth program
tries_auth=2 step 'osslsigncode: a wrong PIN costs one try' 11 auth refused osslsigncode_sign 9999
if ! without sbsign; then
    tries_auth=3 step 'sbsign' 24 auth efi
    tries_auth=2 step 'sbsign: a wrong PIN costs one try' 11 auth refused sbsign_sign wrong
fi
if ! without evmctl; then
    tries_auth=3 step 'evmctl' 24 auth ima
    tries_auth=2 step 'evmctl: a wrong PIN costs one try' 11 auth refused evmctl_sign wrong
fi
if ! without rauc; then
    mkdir bundle
    echo 'an image' >bundle/root.img
    printf '[update]\ncompatible=Letter Box\nversion=1\n[image.rootfs]\nfilename=root.img\n' >bundle/manifest.raucm
    step 'rauc' 23 auth bundle
    tries_auth=2 step 'rauc: a wrong PIN costs one try' 18 auth refused rauc_bundle 9999
fi
tries_auth=3 step 'the right one brings them back' 24 auth program
finish
