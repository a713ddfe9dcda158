#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: gnutls-bin
# GnuTLS: p11tool lists and signs, gnutls-cli logs in over TLS 1.2 and 1.3.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs p11tool certtool gnutls-cli gnutls-serv nginx openssl
card_enter
nginx_start 4433
nginx_start 4435 "$odd_hashes"

tool() {
    p11tool --provider "$JPKI_MODULE" --batch "$@"
}

list_tokens() {
    tool --list-tokens >tokens
    grep -q "Label: $auth_token" tokens
    grep -q "Label: $sign_token" tokens
}

list_all() {
    tool --list-all "$auth_uri" >objects
    grep -q "Label: $auth_label" objects
    refused grep -q 'Private key' objects
}

export_certificate() {
    tool --export "$auth_uri;object=${auth_label// /%20};type=cert" >auth.pem
    openssl x509 -in auth.pem -outform DER | cmp - <(openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -outform DER)
}

login_listing() { # login_listing PIN URI
    GNUTLS_PIN=$1 tool --login --list-all "$2" >objects
    grep -q 'Private key' objects
}

# GNUTLS_PIN goes to every token that matches.  GnuTLS gives up at the first that refuses; no token may lose a try.
login_everywhere() { # login_everywhere PIN
    GNUTLS_PIN=$1 refused timeout 60 p11tool --provider "$JPKI_MODULE" --batch --login --list-all pkcs11:
}

sign() { # sign PIN URI LABEL [OPTION...]
    GNUTLS_PIN=$1 tool --login --test-sign "${@:4}" "$2;object=$3;type=private" >log 2>&1
    cat log
    grep -q 'verify signature.*ok\|Verifying against private key parameters... ok\|\.\.\. ok' log
}

wrong() {
    GNUTLS_PIN=9999 timeout 20 p11tool --provider "$JPKI_MODULE" --batch --login --list-all "$auth_uri" >log 2>&1 || true
    cat log
    refused grep -q 'Private key' log
}

tls() { # tls VERSION PORT EXPECTED [PRIORITY]
    { printf 'GET / HTTP/1.0\r\n\r\n'; sleep 1; } | GNUTLS_PIN=$auth_pin \
        timeout 20 gnutls-cli --provider "$JPKI_MODULE" -p "$2" \
        --x509cafile "$place/server.crt" --priority "NORMAL:-VERS-ALL:+VERS-TLS$1${4:-}" \
        --x509certfile "$auth_uri;id=%01;type=cert" --x509keyfile "$auth_uri;id=%01;type=private" localhost >log 2>&1
    cat log
    grep -q "$3" log
}

p7_sign() { # p7_sign CERTIFICATE: a file, or a URI
    rm -f signed.p7
    GNUTLS_PIN=$sign_pin timeout 20 certtool --provider "$JPKI_MODULE" --p7-sign --load-certificate "$1" --load-privkey \
        "$sign_uri;object=${sign_label// /%20};type=private" --infile server.crt --outfile signed.p7
    openssl cms -verify -inform PEM -in signed.p7 -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -out /dev/null
}

gnutls-serv --http --port 4434 --x509cafile "$ca_pem" --x509certfile server.crt --x509keyfile server.key \
    --require-client-cert --verify-client-cert >serv.log 2>&1 &
port_await 4434

step 'p11tool --list-tokens' 6 - list_tokens
step 'p11tool --list-all, no login' 14 - list_all
step 'p11tool --export' 14 - export_certificate
step 'p11tool --login --list-all' 36 auth login_listing "$auth_pin" "$auth_uri"
# A session, and so a login, for each object it shows.
step 'p11tool --login --list-all, signature' 75 sign login_listing "$sign_pin" "$sign_uri"
step 'GNUTLS_PIN to all tokens' 19 auth login_everywhere "$auth_pin"
step 'GNUTLS_PIN to all tokens, the password' 6 - login_everywhere "$sign_pin"
step 'p11tool --test-sign' 26 auth sign "$auth_pin" "$auth_uri" "${auth_label// /%20}"
step 'p11tool --test-sign, PSS' 26 auth sign "$auth_pin" "$auth_uri" "${auth_label// /%20}" \
    --sign-params RSA-PSS --hash SHA256
step 'p11tool --test-sign, signature' 25 sign sign "$sign_pin" "$sign_uri" "${sign_label// /%20}"
step 'gnutls-cli TLS 1.2 to nginx' 26 auth tls 1.2 4433 "SUCCESS TLSv1.2 $(auth_serial)"
step 'gnutls-cli TLS 1.3 to nginx' 26 auth tls 1.3 4433 "SUCCESS TLSv1.3 $(auth_serial)"
step 'gnutls-cli TLS 1.3 to gnutls-serv' 26 auth tls 1.3 4434 '200 OK'
# The client has logged in before it sees that it cannot go on.
step 'a server that wants PSS with SHA-512 first: refused' 21 auth refused tls 1.3 4435 "SUCCESS"
step 'the same, told which algorithms to offer' 26 auth tls 1.3 4435 "SUCCESS TLSv1.3 $(auth_serial)" \
    :-SIGN-RSA-PSS-RSAE-SHA384:-SIGN-RSA-PSS-RSAE-SHA512
step 'certtool --p7-sign' 25 sign p7_sign "$JPKI_CARD_EXPORT/sign.pem"
step 'certtool does not log in for a certificate: refused' 0 - refused p7_sign \
    "$sign_uri;object=${sign_label// /%20};type=cert"
tries_auth=2 step 'a wrong GNUTLS_PIN costs one try' 11 auth wrong
step 'the right one brings them back' 36 auth login_listing "$auth_pin" "$auth_uri"
finish
