#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: sssd-common
# A login through SSSD: p11_child is what it starts for each look at a card and for each PIN.  It finds the modules through
# p11-kit, signs something with the card and lets OpenSSL check that against the certificate and its authority.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/libexec/sssd
needs p11_child openssl
card_enter
module_install || skip_all 'nothing can be mounted here'
opensc=$(pkg-config --variable=p11_module_path p11-kit-1 2>/dev/null || dirname "$JPKI_MODULE")/opensc-pkcs11.so

child() {
    p11_child --debug-level=9 --logger=stderr --ca_db="$ca_pem" "$@" >answer 2>log || { tail -n 20 log; return 1; }
}

# It answers: status, token, module, key's id, label, from 2.13 on one word more, certificate.
known() {
    local lines
    mapfile -t lines <answer
    printf '%s\n' "${lines[@]:0:5}"
    [ "${lines[0]} ${lines[1]} ${lines[2]}" = "0 $auth_token $JPKI_MODULE" ]
    base64 -d <<<"${lines[-1]}" | cmp - <(openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -outform DER)
}

look() {
    child --pre
    known
}

with_pin() { # with_pin PIN
    child --auth --pin --token_name "$auth_token" --module_name "$JPKI_MODULE" --key_id 01 --label "$auth_label" <<<"$1"
}

login() {
    with_pin "$auth_pin"
    known
    grep -q 'Certificate verified and validated' log
}

wrong() { # wrong PIN
    refused with_pin "$1"
    grep -q 'C_Login failed' log
}

# Somebody's screen that tries the same PIN over and over: each is a process of its own, which knows nothing of the last.
often() {
    wrong 9999
    wrong 9999
    wrong 9999
    wrong 9999
}

step 'a look at the card' 14 - look
step 'a login' 26 auth login
tries_auth=2 step 'a wrong PIN costs one try' 11 auth wrong 9999
step 'the right one brings them back' 26 auth login
tries_auth=1 step 'four wrong ones: the last try is kept' 60 auth often
card '' set tries-auth=3 >/dev/null
step 'a PIN of the wrong shape costs nothing' 6 - wrong 12345
if [ -e "$opensc" ]; then
    echo "module: $opensc" >configs/opensc.module
    step 'a look, OpenSC beside it' any - look
    step 'a login, OpenSC beside it' any auth login
else
    echo "skip - $client: beside OpenSC: opensc is not installed"
fi
finish
