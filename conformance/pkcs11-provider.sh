#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: pkcs11-provider
# OpenSSL through pkcs11-provider (from Debian 13 on): openssl's commands, curl, and two servers whose workers are forked,
# nginx and openssl's OCSP responder.  The PIN comes from the configuration, from a file that the URI names, from a person,
# or not at all.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl curl nginx
needs_if_there pkcs11-provider "$(provider_path)"
card_enter
nginx_start 4433
nginx_start 4435 "$odd_hashes"

printf 'JPKI-TEST message\n' >message
printf '%s\n' "$auth_pin" >auth.pin
printf '%s\n' "$sign_pin" >sign.pin
printf '9999\n' >wrong.pin
for name in auth sign wrong; do
    provider_config "pkcs11-module-token-pin = file:$place/$name.pin" >$name.cnf
done
provider_config >none.cnf
provider_config "pkcs11-module-token-pin = file:$place/auth.pin" 'pkcs11-module-login-behavior = always' >always.cnf
provider_config "pkcs11-module-token-pin = file:$place/sign.pin" 'pkcs11-module-login-behavior = never' >never.cnf
auth_key="$auth_uri;object=${auth_label// /%20};type=private"
auth_cert="$auth_uri;object=${auth_label// /%20};type=cert"
sign_key="$sign_uri;object=${sign_label// /%20};type=private"
for role in auth sign; do
    openssl x509 -in "$JPKI_CARD_EXPORT/$role.pem" -noout -pubkey >$role.pub
done

with() { # with CONFIG COMMAND...: openssl with the provider
    OPENSSL_CONF=$place/$1.cnf openssl "${@:2}" </dev/null
}

# Somebody types WORD whenever he is asked, and is asked exactly PROMPTS times.  Without a terminal OpenSSL reads standard
# input.
typed() { # typed PROMPTS WORD COMMAND...
    local status=0
    printf '%s\n' "$2" "$2" "$2" | setsid -w "${@:3}" 2>asked || status=$?
    cat asked
    [ "$(grep -c '^Enter ' asked)" -eq "$1" ] || return 99
    return "$status"
}

list() { # list CONFIG OPTION URI NUMBER-FOUND
    with "$1" storeutl -noout "$2" "$3" >listed
    cat listed
    [ "$(grep -c '^[0-9]*: ' listed)" -eq "$4" ]
}

public() { # public CONFIG
    with "$1" pkey -pubin -in "${auth_key/private/public}" -pubout -out public.pem
    cmp public.pem auth.pub
}

judge() { # judge ROLE HASH [OPTION...]
    openssl dgst "-$2" "${@:3}" -verify "$1.pub" -signature signature message
}

digest() { # digest CONFIG ROLE KEY HASH [OPTION...]
    with "$1" dgst "-$4" -sign "$3" "${@:5}" -out signature message
    judge "$2" "${@:4}"
}

digest_typed() { # digest_typed WORD
    rm -f signature
    OPENSSL_CONF=$place/none.cnf typed 1 "$1" openssl dgst -sha256 -sign "$auth_key" -out signature message
    judge auth sha256
}

# What docs/openssl.md leads with: p11-kit knows the module, openssl.cnf is the system's.
digest_bare() {
    local uri
    uri=$("${JPKI_BUILD:-$source_dir/build}/tools/jpki-token" uri auth --object key)
    typed 1 "$auth_pin" openssl dgst -provider pkcs11 -provider default -sha256 -sign "$uri" -out signature message
    judge auth sha256
}

pkeyutl() { # pkeyutl [OPTION...]
    openssl dgst -sha256 -binary -out hash message
    with auth pkeyutl -sign -inkey "$auth_key" -in hash -pkeyopt digest:sha256 "$@" -out signature
    openssl pkeyutl -verify -pubin -inkey auth.pub -in hash -pkeyopt digest:sha256 "$@" -sigfile signature
}

cms() { # cms ROLE KEY
    with "$1" cms -sign -in message -binary -md sha256 -nodetach -signer "$JPKI_CARD_EXPORT/$1.pem" -inkey "$2" \
        -outform DER -out signed
    openssl cms -verify -in signed -inform DER -CAfile "$JPKI_CARD_EXPORT/$1-ca.pem" -purpose any -out checked
    cmp message checked
}

request() {
    with auth req -new -key "$auth_key" -sha256 -subj /O=JPKI-TEST/CN=request -out request.pem
    openssl req -in request.pem -noout -verify
    openssl req -in request.pem -noout -pubkey | cmp - auth.pub
}

s_client() { # s_client CONFIG VERSION PORT [OPTION...]
    printf 'GET / HTTP/1.0\r\n\r\n' | OPENSSL_CONF=$place/$1.cnf openssl s_client -connect localhost:"$3" "${@:4}" \
        -CAfile server.crt -cert "$JPKI_CARD_EXPORT/auth.pem" -key "$auth_key" "-tls${2/./_}" -quiet -ign_eof >answer
    grep -q "SUCCESS TLSv$2 $(auth_serial)" answer
}

# curl makes a provider of its own, which no openssl.cnf reaches: the module's name and the PIN come another way.
fetch() { # fetch VERSION PIN-FILE [URL...]
    PKCS11_PROVIDER_MODULE=$JPKI_MODULE curl -sS --cacert server.crt --key-type PROV --cert-type PROV \
        "--tlsv$1" --tls-max "$1" --key "$auth_key?pin-source=file:$place/$2.pin" --cert "$auth_cert" \
        "${@:3}" >answer </dev/null
    [ "$(grep -c "SUCCESS TLSv$1 $(auth_serial)" answer)" -eq $(($# - 2)) ]
}

fetch_typed() {
    PKCS11_PROVIDER_MODULE=$JPKI_MODULE typed 1 "$auth_pin" curl -sS --cacert server.crt --key-type PROV --cert-type PROV \
        --key "$auth_key" --cert "$auth_cert" "$page" "$page" >answer
    [ "$(grep -c "SUCCESS TLSv1.3 $(auth_serial)" answer)" -eq 2 ]
}

# A file that only names the key: for programs that take files and no URIs.
key_file() {
    printf '%s\n' 'asn1 = SEQUENCE:both' '[both]' 'what = VISIBLESTRING:"PKCS\#11 Provider URI v1.0"' \
        "uri = UTF8:\"$auth_key\"" >uri.cnf
    openssl asn1parse -genconf uri.cnf -noout -out uri.der
    echo '-----BEGIN PKCS#11 PROVIDER URI-----'
    openssl base64 -in uri.der
    echo '-----END PKCS#11 PROVIDER URI-----'
}

# A server that shows the card's certificate: its workers are forked after the key was loaded.
nginx_serve() { # nginx_serve CONFIG: three answers, then it is ended
    local number
    nginx_config 4440
    {
        printf 'worker_processes 2;\nenv OPENSSL_CONF;\n'
        sed -e '/^daemon/d' -e '/^ *ssl_client_certificate/d' -e '/^ *ssl_verify/d' \
            -e "s|^\( *ssl_certificate\) .*|\1 $JPKI_CARD_EXPORT/auth.pem;|" \
            -e "s|^\( *ssl_certificate_key\) .*|\1 $place/key.pem;|" nginx-4440/conf
    } >nginx-4440/card
    OPENSSL_CONF=$place/$1.cnf "$source_dir/scripts/as-caller" nginx -e "$place/nginx-4440/error.log" \
        -c "$place/nginx-4440/card" </dev/null
    for number in 1 2 3; do
        printf 'GET / HTTP/1.0\r\n\r\n' | timeout 20 openssl s_client -connect localhost:4440 -CAfile "$ca_pem" \
            -verify_return_error -quiet -ign_eof >"got-$number"
    done
    kill "$(cat nginx-4440/pid)"
    [ "$(grep -l '200 OK' got-1 got-2 got-3 | wc -l)" -eq 3 ]
}

# Two workers that sign each answer with the card's key.
ocsp_serve() {
    local serial number responder
    serial=$(openssl x509 -in server.crt -noout -serial | sed 's/serial=//')
    printf 'V\t301231000000Z\t\t%s\tunknown\t/CN=localhost\n' "$serial" >index
    OPENSSL_CONF=$place/auth.cnf openssl ocsp -index index -CA server.crt -rsigner "$JPKI_CARD_EXPORT/auth.pem" \
        -rkey "$auth_key" -port 8888 -multi 2 </dev/null &
    responder=$!
    port_await 8888
    for number in 1 2 3; do
        openssl ocsp -issuer server.crt -cert server.crt -no_nonce -url http://127.0.0.1:8888/ \
            -VAfile "$JPKI_CARD_EXPORT/auth.pem" >"said-$number" 2>&1
    done
    kill "$responder"
    [ "$(grep -l 'server.crt: good' said-1 said-2 said-3 | wc -l)" -eq 3 ]
    [ "$(grep -l 'Response verify OK' said-1 said-2 said-3 | wc -l)" -eq 3 ]
}

tls_identity
key_file >key.pem
page=https://localhost:4433/
as_pss=(rsa_padding_mode:pss rsa_pss_saltlen:32)
step 'storeutl, certificate' 16 - list none -certs "$auth_uri;type=cert" 1
step 'storeutl, all, with login' 21 auth list auth -noout "$auth_uri" 3
step 'storeutl, signature certificates' 27 sign list sign -certs "$sign_uri;type=cert" 2
step 'the same, login never: they are not shown' 8 - list never -certs "$sign_uri;type=cert" 0
step 'storeutl, certificate, login always' 21 auth list always -certs "$auth_uri;type=cert" 1
step 'pkey, public' 16 - public none
step 'dgst SHA-256' 26 auth digest auth auth "$auth_key" sha256
step 'dgst SHA-512' 26 auth digest auth auth "$auth_key" sha512
step 'dgst PSS' 26 auth digest auth auth "$auth_key" sha256 -sigopt "${as_pss[0]}" -sigopt "${as_pss[1]}"
step 'dgst, signature' 25 sign digest sign sign "$sign_key" sha256
step 'dgst, PIN typed' 26 auth digest_typed "$auth_pin"
step 'dgst, PIN in a file that the URI names' 26 auth digest none auth "$auth_key?pin-source=file:$place/auth.pin" sha256
step 'dgst, key in a file that names it' 26 auth digest auth auth key.pem sha256
step 'pkeyutl' 26 auth pkeyutl
step 'pkeyutl PSS' 26 auth pkeyutl -pkeyopt "${as_pss[0]}" -pkeyopt "${as_pss[1]}"
step 'cms' 26 auth cms auth "$auth_key"
step 'cms, signature' 25 sign cms sign "$sign_key"
step 'req' 26 auth request
step 's_client TLS 1.2' 26 auth s_client auth 1.2 4433
step 's_client TLS 1.3' 26 auth s_client auth 1.3 4433
step 'a server that wants PSS with SHA-512 first: refused' 21 auth refused s_client auth 1.3 4435
step 'the same, told which algorithms to offer' 26 auth s_client auth 1.3 4435 -client_sigalgs RSA-PSS+SHA256
step 'curl TLS 1.2' 25 auth fetch 1.2 auth "$page"
step 'curl TLS 1.3, two pages' 25 auth fetch 1.3 auth "$page" "$page"
step 'curl, two pages, PIN typed once' 25 auth fetch_typed
step 'nginx with two workers' 78 auth nginx_serve auth
step 'ocsp with two workers' 78 auth ocsp_serve
step 'no PIN costs nothing' 8 - refused digest none auth "$auth_key" sha256
step 'a PIN of the wrong shape costs nothing' 8 - refused digest_typed 12
tries_auth=2 step 'a wrong PIN, typed, costs one try' 13 auth refused digest_typed 9999
step 'the right one brings them back' 26 auth digest auth auth "$auth_key" sha256
tries_auth=2 step 'curl, four pages with a wrong PIN: one try' 74 auth \
    refused fetch 1.3 wrong "$page" "$page" "$page" "$page"
step 'the right one brings them back' 26 auth digest auth auth "$auth_key" sha256
tries_auth=2 step 'nginx with a wrong PIN: one try' 13 auth refused nginx_serve wrong
step 'the right one brings them back' 26 auth digest auth auth "$auth_key" sha256
module_install || { echo 'skip - pkcs11-provider: by p11-kit: there is no place for the module here'; finish; }
step 'by p11-kit, without openssl.cnf' 30 auth digest_bare
finish
