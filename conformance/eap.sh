#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: eapoltest
# 802.1X, as wpa_supplicant does it in an office's network or at its WLAN: eapol_test is wpa_supplicant without the radio; it
# goes through libp11's engine.  hostapd as RADIUS server says who came.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs eapol_test hostapd openssl "$(engine_path)"
card_enter
module_install || skip_all 'nothing can be mounted here' # wpa_supplicant loads modules below /usr/lib alone
tls_identity

echo '127.0.0.1 secret' >clients
echo '* TLS' >users
cat >hostapd.conf <<CONF
driver=none
radius_server_clients=$place/clients
radius_server_auth_port=1812
eap_server=1
eap_user_file=$place/users
ca_cert=$ca_pem
server_cert=$place/server.crt
private_key=$place/server.key
tls_flags=[ENABLE-TLSv1.3]
CONF
# The server is another machine, without a card: sid's hostapd loads pkcs11-provider where it is installed, and would then
# have its own keys of the hour made by the token.  It does not start without the provider of old ciphers.
mkdir providers
cp "$(dirname "$(provider_path)")/legacy.so" providers/
OPENSSL_MODULES=$place/providers hostapd -dd hostapd.conf >>server.log 2>&1 &
lines_await server.log AP-ENABLED || true

client() { # client PIN VERSION OPTION...
    local no_13=1
    [ "$2" = 1.2 ] || no_13=0
    cat >client.conf <<CONF
pkcs11_engine_path=$(engine_path)
pkcs11_module_path=$JPKI_MODULE
network={
    key_mgmt=IEEE8021X
    eap=TLS
    identity="somebody"
    ca_cert="$place/server.crt"
    client_cert="$auth_uri;object=${auth_label// /%20};type=cert"
    private_key="$auth_uri;object=${auth_label// /%20};type=private"
    pin="$1"
    phase1="tls_disable_tlsv1_3=$no_13"
}
CONF
    : >server.log
    eapol_test -c client.conf -s secret -a 127.0.0.1 -p 1812 "${@:3}" >client.log || { tail -n 20 client.log; return 1; }
}

enter() { # enter VERSION TIMES
    client "$auth_pin" "$1" -t 20 "-r$(($2 - 1))"
    tail -n 1 client.log | grep -qx SUCCESS
    [ "$(grep -c 'EAP authentication succeeded' server.log)" = "$2" ]
    [ "$(grep -c "peer certificate: depth=0 .*subject=/C=JP/CN=$(auth_holder)\$" server.log)" = "$2" ]
    grep -q "SSL: Using TLS version TLSv$1" server.log
}

# It answers no further until somebody gives another PIN; a service that is started again gives this one again.
wrong() {
    refused client 9999 1.3 -t 20
    grep -q 'PIN incorrect' client.log
    grep -q 'CTRL-REQ-PASSPHRASE' client.log
}

step 'EAP-TLS with TLS 1.2' 26 auth enter 1.2 1
step 'EAP-TLS with TLS 1.3' 26 auth enter 1.3 1
step 'three log-ins in one process' 36 auth enter 1.3 3
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong
step 'the right one brings them back' 26 auth enter 1.3 1
finish
