#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The next generation of the card as far as it can be guessed (ECDSA, P-384), with its row of the table switched on in a
# module that only tests have: SSH and TLS with it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
needs pkcs11-tool gnutls-cli nginx openssl ssh ssh-keygen sshd
next_module=${JPKI_BUILD:-$source_dir/build}/tests/cards/libjpki-pkcs11-next.so
needs "$next_module"
export JPKI_MODULE=$next_module
card_enter --profile nextgen
nginx_start 4433
ssh_keys
sshd_start

mechanisms() {
    pkcs11-tool --module "$JPKI_MODULE" --slot 0 -M >list
    grep -q 'ECDSA-SHA384, keySize={384,384}' list
    refused grep -q RSA list
}

sign() {
    echo "text to be signed" >text
    pkcs11-tool --module "$JPKI_MODULE" --slot 0 --login --pin "$auth_pin" --sign --mechanism ECDSA-SHA384 \
        --signature-format openssl --input-file text --output-file signature
    openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >public
    openssl dgst -sha384 -verify public -signature signature text
}

ssh_key() {
    ssh-keygen -D "$JPKI_MODULE" >keys
    grep -q '^ecdsa-sha2-nistp384 ' keys
    cut -d ' ' -f 2 keys | cmp - <(cut -d ' ' -f 2 "$place/auth.pub")
}

ssh_login() {
    ask_with "$auth_pin"
    ssh_to_host -o PKCS11Provider="$JPKI_MODULE" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

tls() { # tls VERSION
    { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1; } | GNUTLS_PIN=$auth_pin \
        timeout 20 gnutls-cli --provider "$JPKI_MODULE" -p 4433 --x509cafile "$place/server.crt" \
        --priority "NORMAL:-VERS-ALL:+VERS-TLS$1" --x509certfile "$auth_uri;id=%01;type=cert" \
        --x509keyfile "$auth_uri;id=%01;type=private" localhost >log 2>&1
    cat log
    grep -q "SUCCESS TLSv$1 $(auth_serial)" log
}

step "lists the mechanisms of the curve" 10 - mechanisms
step "signs with pkcs11-tool" 16 auth sign
step "gives OpenSSH its key" 14 - ssh_key
step "logs in with OpenSSH" 23 auth ssh_login
step "logs in over TLS 1.2" 24 auth tls 1.2
step "logs in over TLS 1.3" 24 auth tls 1.3
finish
