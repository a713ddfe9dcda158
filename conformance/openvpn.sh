#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: openvpn
# OpenVPN as a client (pkcs11-helper), the PIN by its management interface, in the foreground and as a daemon; another
# OpenVPN says who came and by which version of TLS.  No tunnel is built (--dev null): only the log-in is looked at.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs openvpn openssl
card_enter
tls_identity
peer=(openvpn --dev null --cipher AES-256-GCM --verb 3)

ended() { # ended PID
    kill "$1"
    while kill -0 "$1" 2>/dev/null; do sleep 0.1; done
}

listed() {
    openvpn --show-pkcs11-ids "$JPKI_MODULE" >ids
    cat ids
    grep -q "CN=$(auth_holder)" ids
}

# Answer each question for the PIN, until the log-in is done, or enough was asked, or the time is over.
manage() { # manage PIN QUESTIONS
    local line asked=0 connected=no end=$((SECONDS + 120))
    exec 3<>/dev/tcp/127.0.0.1/7505
    echo 'state on' >&3
    while [ "$connected" = no ] && [ "$asked" -le "$2" ] && [ "$SECONDS" -lt "$end" ]; do
        read -r -t 1 line <&3 || continue
        echo "$line"
        case $line in
        '>PASSWORD:Need '*)
            asked=$((asked + 1))
            echo "password \"$auth_token token\" $1" >&3
            ;;
        '>STATE:'*CONNECTED,SUCCESS*) connected=yes ;;
        esac
    done
    echo "asked $asked, connected $connected" | tee managed
}

# The server has seen a certificate.
verified='VERIFY OK: depth=0'

# Whatever comes, neither OpenVPN is left behind.
client() { # client PIN QUESTIONS OPTION...
    local id server
    : >server.log # the last one's says that it listens
    "${peer[@]}" --tls-server --proto tcp-server --dh none --local 127.0.0.1 --lport 1194 --cert server.crt \
        --key server.key --ca "$ca_pem" >server.log 2>&1 &
    server=$!
    # a client that is refused begins anew, and one that became a daemon finds its files no more
    lines_await server.log 'Listening for incoming TCP connection' || true # the log-in tells
    id=$(sed -n 's/.*Serialized id: *//p' ids | head -n 1)
    rm -f client.log client.pid
    "${peer[@]}" --tls-client --proto tcp-client --remote 127.0.0.1 1194 --nobind --ca server.crt \
        --verify-x509-name localhost name --pkcs11-providers "$JPKI_MODULE" --pkcs11-id "$id" \
        --management 127.0.0.1 7505 --management-query-passwords --connect-retry 1 --writepid client.pid \
        --log client.log "${@:3}" &
    port_await 7505
    manage "$1" "$2"
    [ -z "${keys:-}" ] || lines_await server.log "$verified" "$keys" || true # the step looks itself
    ended "$(cat client.pid)"
    ended "$server"
    cat client.log
}

login() { # login VERSION OPTION...
    client "$auth_pin" 1 "${@:2}"
    grep -qx 'asked 1, connected yes' managed
    grep -q "VERIFY OK: depth=0.*CN=$(auth_holder)" server.log
    grep -q "Control Channel: TLSv$1," server.log
}

# A new key for the tunnel every few seconds: each is a log-in of its own, the person is asked once.
renewed() {
    keys=3 login 1.3 --reneg-sec 3
    [ "$(grep -c "$verified" server.log)" -ge 3 ]
}

# It asks three times, connects anew, asks again; the PIN that was refused is given again and again.
wrong() {
    client 9999 4 --auth-retry interact
    grep -qx 'asked 5, connected no' managed
}

step 'the certificates' 14 - listed
step 'TLS 1.3' 26 auth login 1.3 --tls-version-min 1.3
step 'TLS 1.2' 26 auth login 1.2 --tls-version-max 1.2
step 'a daemon' 26 auth login 1.3 --daemon
step 'a new key every three seconds' any auth renewed
tries_auth=2 step 'a wrong PIN costs one try, with auth-retry' any auth wrong
step 'the right one brings them back' 26 auth login 1.3
finish
