#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: wget
# Programs that fetch something through GnuTLS and know the PIN by the key's URI alone, or by a file that it names: wget,
# wget2, git over https.  nginx says who came and by which version.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs wget git nginx openssl
card_enter
module_install || skip_all 'nothing can be mounted here'

git init --quiet --bare --initial-branch=main letters.git
git init --quiet letters
git -C letters -c user.name=Taro -c user.email=taro@example.org commit --quiet --allow-empty -m 'a letter'
git -C letters push --quiet ../letters.git HEAD:refs/heads/main
git -C letters.git update-server-info
chmod -R a+rX letters.git
nginx_start 4433 "location /letters.git/ { root $place; }"
cert_uri="$auth_uri;object=${auth_label// /%20};type=cert"
key_uri="$auth_uri;object=${auth_label// /%20};type=private"
printf %s "$auth_pin" >pin

fetch() { # fetch wget|wget2 PIN-PART VERSION [OPTION...]
    timeout 20 "$1" -q -O answer --ca-certificate=server.crt --certificate="$cert_uri" --private-key="$key_uri?$2" \
        "${@:4}" https://localhost:4433/
    grep -q "SUCCESS TLSv$3 $(auth_serial)" answer
}

clone() { # clone PIN-PART
    rm -rf copy
    GIT_SSL_CAINFO=$place/server.crt git -c http.sslCert="$cert_uri" -c http.sslKey="$key_uri?$1" \
        clone --quiet https://localhost:4433/letters.git copy
    git -C copy log | grep 'a letter'
}

wrong() { # wrong COMMAND...
    card '' set tries-auth=3
    refused "$@"
}

step 'wget TLS 1.3' 31 auth fetch wget pin-value="$auth_pin" 1.3
step 'wget TLS 1.2' 31 auth fetch wget pin-value="$auth_pin" 1.2 --ciphers=NORMAL:-VERS-ALL:+VERS-TLS1.2
step 'wget, the PIN in a file' 31 auth fetch wget pin-source="$place/pin" 1.3
step 'wget without a PIN' 6 - refused fetch wget x-none=1 1.3
tries_auth=2 step 'wget: a wrong PIN costs one try, five tries allowed' 11 auth wrong fetch wget pin-value=9999 1.3 --tries=5
step 'git clone' 31 auth clone pin-value="$auth_pin"
tries_auth=2 step 'git: a wrong PIN costs one try' 11 auth wrong clone pin-value=9999
if command -v wget2 >/dev/null; then
    step 'wget2 TLS 1.3' 31 auth fetch wget2 pin-value="$auth_pin" 1.3
    tries_auth=2 step 'wget2: a wrong PIN costs one try, five allowed' 11 auth \
        wrong fetch wget2 pin-value=9999 1.3 --tries=5
else
    echo "skip - $client: wget2 is not installed"
fi
step 'the right one brings them back' 31 auth fetch wget pin-value="$auth_pin" 1.3
finish
