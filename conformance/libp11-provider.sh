#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: libengine-pkcs11-openssl
# OpenSSL through libp11's own provider, pkcs11prov, which comes with the engine from libp11 0.4.17 on.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl nginx
prov=$(dirname "$(provider_path)")/pkcs11prov.so
[ -e "$prov" ] || skip_all "this release's libp11 has no provider"
card_enter
nginx_start 4433

printf 'JPKI-TEST message\n' >message
libp11_config() { # libp11_config [PIN] >FILE
    provider_config 'identity = pkcs11prov' ${1:+"pin = $1"} |
        sed -e "s|^module = .*|module = $prov|" -e 's|^pkcs11-module-path|pkcs11_module|'
}
libp11_config "$auth_pin" >auth.cnf
libp11_config "$sign_pin" >sign.cnf
libp11_config 9999 >wrong.cnf
libp11_config >none.cnf
auth_key="$auth_uri;object=${auth_label// /%20};type=private"
sign_key="$sign_uri;object=${sign_label// /%20};type=private"
for role in auth sign; do
    openssl x509 -in "$JPKI_CARD_EXPORT/$role.pem" -noout -pubkey >$role.pub
done

digest() { # digest CONFIG ROLE KEY [OPTION...]
    rm -f signature
    OPENSSL_CONF=$place/$1.cnf openssl dgst -sha256 -sign "$3" "${@:4}" -out signature message </dev/null
    openssl dgst -sha256 "${@:4}" -verify "$2.pub" -signature signature message
}

cms() {
    OPENSSL_CONF=$place/sign.cnf openssl cms -sign -in message -binary -md sha256 -nodetach -outform DER -out signed \
        -signer "$JPKI_CARD_EXPORT/sign.pem" -inkey "$sign_key" </dev/null
    openssl cms -verify -in signed -inform DER -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose any -out checked
    cmp message checked
}

s_client() { # s_client VERSION
    printf 'GET / HTTP/1.0\r\n\r\n' | OPENSSL_CONF=$place/auth.cnf openssl s_client -connect localhost:4433 \
        -CAfile server.crt -cert "$JPKI_CARD_EXPORT/auth.pem" -key "$auth_key" "-tls${1/./_}" -quiet -ign_eof >answer
    grep -q "SUCCESS TLSv$1 $(auth_serial)" answer
}

step 'dgst' 24 auth digest auth auth "$auth_key"
step 'dgst PSS' 26 auth digest auth auth "$auth_key" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32
step 'dgst, signature' 23 sign digest sign sign "$sign_key"
step 'cms, signature' 23 sign cms
step 's_client TLS 1.2' 26 auth s_client 1.2
step 's_client TLS 1.3' 26 auth s_client 1.3
step 'no PIN costs nothing' 6 - refused digest none auth "$auth_key"
tries_auth=2 step 'a wrong PIN costs one try' 11 auth refused digest wrong auth "$auth_key"
step 'the right one brings them back' 24 auth digest auth auth "$auth_key"
finish
