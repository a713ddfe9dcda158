#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: p11-kit
# p11-kit: the installed module is found and listed by any user, works through the proxy, and by remoting serves programs in
# another network namespace, from which neither pcscd nor the card can be seen.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=lib-ssh.sh
. "$(dirname "$0")/lib-ssh.sh"
proxy=/usr/lib/x86_64-linux-gnu/p11-kit-proxy.so
remote=/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so
needs p11-kit pkcs11-tool ssh sshd curl nginx p11tool setpriv ip $proxy $remote
card_enter
user_prepare
module_install || skip_all 'nothing can be mounted here'

list_modules() {
    as_user p11-kit list-modules >listed 2>errors
    grep -A 8 -xE '(module: )?jpki(:.*)?' listed | grep -q 'library-description: JPKI My Number Card'
    grep -q "token: $auth_token" listed
    grep -q "token: $sign_token" listed
    [ ! -s errors ]
}

proxy_list() {
    pkcs11-tool --module "$proxy" -L >slots
    grep -q "token label *: $auth_token" slots
}

proxy_sign() {
    echo 'JPKI-TEST message' >message
    pkcs11-tool --module "$proxy" --token-label "$auth_token" --login --pin "$auth_pin" --id 01 --sign \
        -m SHA256-RSA-PKCS -i message -o signature
    openssl dgst -sha256 -verify auth.spki -signature signature message
}

# A program that knows no provider finds the card by p11-kit's own configuration.
gnutls_by_itself() {
    p11tool --list-tokens >tokens
    grep -q "Label: $auth_token" tokens
}

# ---- there: another network namespace, without pcscd
unshare -mn sleep 600 &
there_pid=$!
for _ in $(seq 50); do
    [ "$(readlink /proc/$there_pid/ns/net)" = "$(readlink /proc/self/ns/net)" ] || break
    sleep 0.1
done

there() {
    nsenter -t $there_pid -m -n env P11_KIT_SERVER_ADDRESS="unix:path=$place/remote" "$@"
}
there mount -t tmpfs tmpfs /run/pcscd
there ip link set lo up

ssh_keys
p11-kit server --provider "$JPKI_MODULE" -n "$place/remote" "$auth_uri" >/dev/null 2>server.log

nothing_there() {
    refused there pkcs11-tool --module "$JPKI_MODULE" -O
}

remote_list() {
    there pkcs11-tool --module "$remote" -L >slots
    grep -q "token label *: $auth_token" slots
    refused grep -q "$sign_token" slots
}

remote_ssh() {
    ask_with "$auth_pin"
    there ssh -F none "${ssh_options[@]}" -o PKCS11Provider="$remote" \
        -o ProxyCommand="$source_dir/scripts/throwaway-sshd $place -i" "$(ssh_user)@there" 'echo in' >answer
    [ "$(cat answer)" = in ]
}

remote_curl() {
    JPKI_MODULE=$remote engine_config "$auth_pin" >engine.cnf
    cp "$JPKI_CARD_EXPORT"/auth*.pem . # the rig's folder is out of sight there
    # shellcheck disable=SC2034  # read by nginx_config
    ca_pem=$place/auth-ca.pem
    nginx_config 4433
    there "$source_dir/scripts/as-caller" nginx -e "$place/nginx-4433/error.log" -c "$place/nginx-4433/conf" &
    there env OPENSSL_CONF="$place/engine.cnf" curl -sS --retry 9 --retry-connrefused --retry-delay 1 \
        --cacert "$place/server.crt" \
        --engine pkcs11 --key-type ENG --key "$auth_uri;id=%01;type=private" --cert "$place/auth.pem" \
        --tlsv1.3 https://localhost:4433/ >answer
    grep -q "SUCCESS TLSv1.3 $(auth_serial)" answer
}

step 'list-modules, as a user' 6 - list_modules
step 'proxy: slots' 6 - proxy_list
step 'proxy: sign' 16 auth proxy_sign
step 'GnuTLS finds it by itself' 6 - gnutls_by_itself
step 'nothing to be seen in the other namespace' 0 - nothing_there
step 'remoting: slots' 12 - remote_list
step 'remoting: ssh login' 29 auth remote_ssh
step 'remoting: curl TLS 1.3' 32 auth remote_curl
finish
