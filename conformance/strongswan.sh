#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: strongswan-pki
# long: not one of the first clients
# strongSwan's pki with its pkcs11 plugin, which its daemon uses as well: the card's key by its id, the PIN typed; OpenSSL
# judges what it writes.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs pki openssl /usr/lib/ipsec/plugins/libstrongswan-pkcs11.so
card_enter
cat >strongswan.conf <<CONF
pki {
    load = random pem pkcs1 pkcs8 pkcs10 pkcs11 pubkey x509 gmp sha1 sha2 constraints
}
libstrongswan {
    plugins {
        pkcs11 {
            modules {
                jpki {
                    path = $JPKI_MODULE
                }
            }
        }
    }
}
CONF
export STRONGSWAN_CONF=$place/strongswan.conf
openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >auth.pub
openssl genrsa -out other.key 2048 2>/dev/null

with_card() { # with_card PIN COMMAND...
    printf '%s\n' "$1" | setsid timeout 20 pki "${@:2}" >written
}

public() {
    with_card "$auth_pin" --pub --keyid 01 --outform pem
    openssl pkey -pubin -in written -outform DER | cmp - <(openssl pkey -pubin -in auth.pub -outform DER)
}

show() {
    pki --print --in "$JPKI_CARD_EXPORT/auth.pem" >printed
    grep -q "CN=$(auth_holder)" printed
}

request() {
    with_card "$auth_pin" --req --type rsa --keyid 01 --dn 'O=JPKI-TEST, CN=request' --outform pem
    openssl req -in written -noout -verify
    openssl req -in written -noout -pubkey | cmp - auth.pub
}

own() {
    with_card "$auth_pin" --self --type rsa --keyid 01 --ca --dn 'O=JPKI-TEST, CN=own' --outform pem
    cp written own.pem
    openssl verify -CAfile own.pem own.pem
    openssl x509 -in own.pem -noout -pubkey | cmp - auth.pub
}

issued() {
    with_card "$auth_pin" --issue --cakeyid 01 --cacert own.pem --type rsa --in other.key --dn 'O=JPKI-TEST, CN=other' \
        --outform pem
    openssl verify -CAfile own.pem written
}

wrong() {
    refused with_card 9999 --req --type rsa --keyid 01 --dn 'O=JPKI-TEST, CN=request'
}

step '--print' 16 - show
step '--pub' 21 auth public
step '--req' 26 auth request
step '--self' 26 auth own
step '--issue' 26 auth issued
tries_auth=2 step 'a wrong PIN costs one try' 21 auth wrong
step 'the right one brings them back' 26 auth request
finish
