#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openssl
# S/MIME: a mail signed by OpenSSL is read by NSS, and one signed by NSS is read by OpenSSL.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl cmsutil certutil modutil
needs "$(engine_path)"
card_enter

printf 'Content-Type: text/plain\r\n\r\nJPKI-TEST mail\r\n' >mail
printf '%s:%s\n' "$sign_token" "$sign_pin" >pins
engine_config "$sign_pin" >sign.cnf
mkdir with-card without
for db in with-card without; do
    certutil -N -d sql:$db --empty-password
    certutil -A -d sql:$db -n sign-ca -t CT,C,C -i "$JPKI_CARD_EXPORT/sign-ca.pem"
done
modutil -dbdir sql:with-card -add jpki -libfile "$JPKI_MODULE" -force >/dev/null 2>&1

by_openssl() {
    OPENSSL_CONF=$place/sign.cnf openssl cms -engine pkcs11 -sign -in mail -crlfeol -md sha256 -keyform engine \
        -signer "$JPKI_CARD_EXPORT/sign.pem" -inkey "$sign_uri;id=%02;type=private" -nodetach -outform DER -out signed
    cmsutil -D -d sql:without -h 1 -i signed -o opened >shown
    cat shown opened
    grep -rq 'JPKI-TEST mail' opened shown
}

by_nss() {
    cmsutil -S -d sql:with-card -N "$sign_token:$sign_label" -Y NONE -f pins -G -T -i mail -o detached
    openssl cms -verify -inform DER -in detached -content mail -binary \
        -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem" -purpose smimesign -out checked
    cmp mail checked
}

step 'OpenSSL signs, NSS reads' 23 sign by_openssl
step 'NSS signs, OpenSSL reads' 40 sign by_nss
finish
