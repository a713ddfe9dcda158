#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: libnss3-tools
# NSS, the library of Firefox and Thunderbird, by its tools: modutil, certutil, cmsutil, tstclnt.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs modutil certutil cmsutil tstclnt nginx openssl
card_enter
nginx_start 4433
nginx_start 4435 "$odd_hashes"

printf '%s:%s\n%s:%s\n' "$auth_token" "$auth_pin" "$sign_token" "$sign_pin" >pins
printf '%s:%s\n' "$auth_token" "$auth_pin" >pins-auth
mkdir db
certutil -N -d sql:db --empty-password
certutil -A -d sql:db -n server -t C,, -i server.crt
certutil -A -d sql:db -n auth-ca -t CT,C,C -i "$ca_pem"
certutil -A -d sql:db -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"

add_module() {
    modutil -dbdir sql:db -add jpki -libfile "$JPKI_MODULE" -force
}

list_module() {
    modutil -dbdir sql:db -list jpki >listed || true # it calls the empty slots of the second reader an error
    grep -q "Token Name: $auth_token" listed
    grep -q "Token Name: $sign_token" listed
}

list_certificates() {
    certutil -L -d sql:db -h "$auth_token" -f pins-auth >listed
    grep -q "$auth_token:$auth_label *u,u,u" listed
}

list_all_certificates() { # as a browser does: only the token that hides its certificate is logged in to
    certutil -L -d sql:db -h all -f pins >listed
    grep -q "$auth_token:$auth_label *u,u,u" listed
    grep -q "$sign_token:$sign_label *u,u,u" listed
}

list_keys() { # list_keys TOKEN LABEL
    certutil -K -d sql:db -h "$1" -f pins >listed
    grep -q "$2" listed
}

cms() { # cms TOKEN LABEL PINS-FILE AUTHORITY
    printf 'JPKI-TEST message\r\n' >message
    cmsutil -S -Y NONE -d sql:db -N "$1:$2" -f "$3" -G -i message -o signed
    openssl cms -verify -in signed -inform DER -CAfile "$JPKI_CARD_EXPORT/$4.pem" -purpose any -out checked
    cmp message checked
}

# tstclnt goes on after the server has answered and closed: it is ended when the answer has come.
tls() { # tls VERSION PORT [OPTION...]
    local tenth
    printf 'GET / HTTP/1.0\r\n\r\n' >request
    tstclnt -d sql:db -h 127.0.0.1 -a localhost -p "$2" -n "$auth_token:$auth_label" -w "$auth_pin" \
        -A request "${@:3}" >log 2>&1 &
    for tenth in $(seq 100); do
        sleep 0.1
        ! grep -q "SUCCESS TLSv$1 $(auth_serial)" log || break
    done
    echo "answer after $tenth tenths of a second"
    kill $! || true
    wait || true
    cat log
    grep -q "SUCCESS TLSv$1 $(auth_serial)" log
}

wrong() {
    printf '%s:%s\n' "$auth_token" 9999 >pins-wrong
    refused timeout 60 certutil -K -d sql:db -h "$auth_token" -f pins-wrong
}

step 'modutil -add' 8 - add_module
step 'modutil -list' 8 - list_module
step 'certutil -L, authentication' 16 - list_certificates
step 'certutil -L -h all' 35 sign list_all_certificates
step 'certutil -K, authentication' 21 auth list_keys "$auth_token" "$auth_label"
step 'certutil -K, signature' 20 sign list_keys "$sign_token" "$sign_label"
step 'cmsutil -S, authentication' 25 auth cms "$auth_token" "$auth_label" pins auth-ca
step 'cmsutil -S, signature' 40 sign cms "$sign_token" "$sign_label" pins sign-ca
step 'tstclnt TLS 1.2' 25 auth tls 1.2 4433 -V tls1.2:tls1.2
step 'tstclnt TLS 1.3' 25 auth tls 1.3 4433 -V tls1.3:tls1.3
step 'tstclnt, what NSS chooses' 25 auth tls 1.3 4433
step 'a server that wants PSS with SHA-512 first' 25 auth tls 1.3 4435
tries_auth=2 step 'a wrong PIN costs one try' 13 auth wrong
step 'the right one brings them back' 21 auth list_keys "$auth_token" "$auth_label"
finish
