#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Ten programs at once with one wrong PIN, as a loop or a service does it that is started again and again: one try is left,
# whoever the programs are, and the right PIN still works where somebody types it.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
needs pkcs11-tool ssh sshd openssl curl nginx
needs "$(engine_path)" "${JPKI_BUILD:=$source_dir/build}/tools/jpki-token"
card_enter
nginx_start 4433
ssh_keys
sshd_start
engine_config 9999 >wrong.cnf

full() {
    card '' set tries-auth=3
}

at_once() { # at_once COMMAND...: ten of them, none of which may succeed
    local number children=()
    full
    for number in $(seq 10); do
        "$@" >"out-$number" 2>&1 &
        children+=($!)
    done
    for number in "${children[@]}"; do
        refused wait "$number"
    done
}

with_tool() {
    pkcs11-tool --module "$JPKI_MODULE" --slot 0 --login --pin 9999 --sign --mechanism SHA256-RSA-PKCS \
        --input-file "$place/server.crt" --output-file /dev/null
}

with_ssh() {
    ssh_to_host -o PKCS11Provider="$JPKI_MODULE" -o NumberOfPasswordPrompts=1 true
}

with_curl() { # with_curl URL...
    OPENSSL_CONF=$place/wrong.cnf curl -sS --cacert "$place/server.crt" --engine pkcs11 --key-type ENG --cert-type ENG \
        --key "$auth_uri;object=${auth_label// /%20};type=private" --cert "$auth_uri;object=${auth_label// /%20};type=cert" \
        "$@"
}

one_curl() {
    local page=https://localhost:4433/
    full
    refused with_curl "$page" "$page" "$page" "$page"
}

one_after_another() {
    local number
    full
    for number in $(seq 4); do
        refused with_tool
    done
}

# What jpki-token is for: the last try, used on purpose by somebody who knows the PIN.
brought_back() {
    refused "$JPKI_BUILD/tools/jpki-token" pin verify auth --pin-fd 3 3<<<"$auth_pin"
    "$JPKI_BUILD/tools/jpki-token" pin verify auth --use-last-try --pin-fd 3 3<<<"$auth_pin"
}

ask_with 9999
tries_auth=1 step 'pkcs11-tool, four in a row' 40 auth one_after_another
tries_auth=1 step 'pkcs11-tool, ten at once' 94 auth at_once with_tool
tries_auth=1 step 'ssh, ten at once' 164 auth at_once with_ssh
tries_auth=1 step 'curl, ten at once' 164 auth at_once with_curl https://localhost:4433/
# 18 with curl 7.88; curl 8 begins anew with each page, and spends no second try
tries_auth=2 step 'one curl with four pages: one try' 60 auth one_curl
card '' set tries-auth=1 >/dev/null
step 'the last try is spent on purpose alone, and brings them all back' 16 auth brought_back
finish
