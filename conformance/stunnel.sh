#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: stunnel4
# stunnel as a client through libp11's engine, in the foreground and as the daemon that it is by default: it takes the key,
# forks, and libp11 begins anew in the child.  nginx says who came and by which version.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs stunnel nginx curl openssl "$(engine_path)"
card_enter
nginx_start 4433

config() { # config NAME FOREGROUND PIN VERSION
    cat >"$1.conf" <<CONF
foreground = $2
pid = $place/$1.pid
output = $place/$1.log
syslog = no
engine = pkcs11
engineCtrl = MODULE_PATH:$JPKI_MODULE
engineCtrl = PIN:$3
[card]
client = yes
accept = 127.0.0.1:4440
connect = 127.0.0.1:4433
sslVersion = $4
CAfile = $place/server.crt
verifyChain = yes
engineId = pkcs11
cert = $auth_uri;object=${auth_label// /%20};type=cert
key = $auth_uri;object=${auth_label// /%20};type=private
CONF
}

fetch() { # fetch VERSION
    curl -sS --max-time 20 http://127.0.0.1:4440/ >answer
    grep -q "SUCCESS $1 $(auth_serial)" answer
}

end() { # end PID: one that hangs is killed
    kill "$1"
    for _ in $(seq 100); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1"
}

# Whatever comes, stunnel is not left behind.
tunnel() { # tunnel NAME FOREGROUND PIN VERSION COMMAND...
    local status=0 tunnel=
    config "$1" "$2" "$3" "$4"
    if [ "$2" = yes ]; then
        stunnel "$1.conf" &
        tunnel=$!
    else
        timeout 20 stunnel "$1.conf"
    fi
    # shellcheck disable=SC2310 # the status is asked for
    { port_await 4440 && "${@:5}"; } || status=$?
    if [ -n "$tunnel" ] || tunnel=$(cat "$1.pid"); then
        end "$tunnel"
    fi
    [ "$status" -eq 0 ] || { cat "$1.log"; return 1; }
}

refused_in() { # refused_in NAME PIN: at its start, or by each connection
    config "$1" yes "$2" TLSv1.3
    timeout 10 stunnel "$1.conf" &
    sleep 3
    for _ in 1 2 3; do
        refused fetch TLSv1.3
    done
    wait
}

step 'in the foreground, TLS 1.3' any auth tunnel front yes "$auth_pin" TLSv1.3 fetch TLSv1.3
step 'a daemon, TLS 1.3' any auth tunnel daemon no "$auth_pin" TLSv1.3 fetch TLSv1.3
step 'a daemon, TLS 1.2' any auth tunnel daemon no "$auth_pin" TLSv1.2 fetch TLSv1.2
tries_auth=2 step 'a wrong PIN costs one try, whoever connects' any auth refused_in wrong 9999
tries_auth=3 step 'the right one brings them back' any auth tunnel front yes "$auth_pin" TLSv1.3 fetch TLSv1.3
finish
