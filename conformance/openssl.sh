#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openssl
# OpenSSL 3 through libp11's engine, and curl through OpenSSL.  (Debian 12 has no pkcs11-provider.)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl curl nginx
needs "$(engine_path)"
card_enter
nginx_start 4433
nginx_start 4435 "$odd_hashes"

engine_config "$auth_pin" >auth.cnf
engine_config "$sign_pin" >sign.cnf
engine_config 9999 >wrong.cnf
printf 'JPKI-TEST message\n' >message
auth_key="$auth_uri;object=${auth_label// /%20};type=private"
sign_key="$sign_uri;object=${sign_label// /%20};type=private"
for role in auth sign; do
    openssl x509 -in "$JPKI_CARD_EXPORT/$role.pem" -noout -pubkey >$role.pub
done

with_engine() { # with_engine ROLE COMMAND...: openssl with the card's key
    OPENSSL_CONF=$place/$1.cnf openssl "$2" -engine pkcs11 "${@:3}"
}

digest() { # digest ROLE KEY HASH [OPTION...]
    with_engine "$1" dgst "-$3" -keyform engine -sign "$2" "${@:4}" -out signature message
    openssl dgst "-$3" "${@:4}" -verify "$1.pub" -signature signature message
}

cms() { # cms ROLE KEY
    with_engine "$1" cms -sign -in message -binary -md sha256 -nodetach -signer "$JPKI_CARD_EXPORT/$1.pem" -keyform engine \
        -inkey "$2" -outform DER -out signed
    openssl cms -verify -in signed -inform DER -CAfile "$JPKI_CARD_EXPORT/$1-ca.pem" -purpose any -out checked
    cmp message checked
}

request() {
    with_engine auth req -new -keyform engine -key "$auth_key" -sha256 -subj /O=JPKI-TEST/CN=request -out request.pem
    openssl req -in request.pem -noout -verify
    openssl req -in request.pem -noout -pubkey | cmp - auth.pub
}

s_client() { # s_client VERSION PORT [OPTION...]
    printf 'GET / HTTP/1.0\r\n\r\n' | with_engine auth s_client -connect localhost:"$2" "${@:3}" -CAfile server.crt \
        -cert "$JPKI_CARD_EXPORT/auth.pem" -keyform engine -key "$auth_key" "-tls${1/./_}" -quiet -ign_eof >answer
    grep -q "SUCCESS TLSv$1 $(auth_serial)" answer
}

# curl finds key and certificate by their URI.
fetch() { # fetch VERSION PORT CONFIG
    OPENSSL_CONF=$place/$3.cnf curl -sS --cacert server.crt --engine pkcs11 --key-type ENG --key "$auth_key" \
        --cert-type ENG --cert "$auth_uri;object=${auth_label// /%20};type=cert" "--tlsv$1" --tls-max "$1" \
        https://localhost:"$2"/ >answer
    grep -q "SUCCESS TLSv$1 $(auth_serial)" answer
}

wrong() {
    refused with_engine wrong dgst -sha256 -keyform engine -sign "$auth_key" -out signature message
}

step 'dgst SHA-256' 24 auth digest auth "$auth_key" sha256
step 'dgst SHA-512' 24 auth digest auth "$auth_key" sha512
step 'dgst PSS' 26 auth digest auth "$auth_key" sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
step 'dgst, signature' 23 sign digest sign "$sign_key" sha256
step 'cms' 24 auth cms auth "$auth_key"
step 'cms, signature' 23 sign cms sign "$sign_key"
step 'req' 24 auth request
step 's_client TLS 1.2' 26 auth s_client 1.2 4433
step 's_client TLS 1.3' 26 auth s_client 1.3 4433
step 'curl TLS 1.2' 25 auth fetch 1.2 4433 auth
step 'curl TLS 1.3' 25 auth fetch 1.3 4433 auth
# The client has logged in before it sees that it cannot go on.
step 'a server that wants PSS with SHA-512 first: refused' 19 auth refused s_client 1.3 4435
step 'the same, s_client told which algorithms to offer' 26 auth s_client 1.3 4435 -client_sigalgs RSA-PSS+SHA256
{
    sed 's/^engines = engines$/&\nssl_conf = ssl/' auth.cnf
    printf '[ssl]\nsystem_default = all\n[all]\nClientSignatureAlgorithms = RSA-PSS+SHA256:RSA+SHA256\n'
} >told.cnf
step 'the same, curl told by openssl.cnf' 25 auth fetch 1.3 4435 told
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong
step 'the right one brings them back' 24 auth digest auth "$auth_key" sha256
finish
