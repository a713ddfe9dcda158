#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# package: apache2-bin
# long: nobody should do it
# nginx and Apache with the card's key as their own, by libp11's engine and the PIN in openssl.cnf: the key is opened before
# the workers are forked, each worker begins anew, and a reload does all that once more.  OpenSSL's s_client judges.
# (Nobody should do that with a person's card: docs/not-for.md.  It must cost nothing all the same.)
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
needs nginx apache2 openssl "$(engine_path)"
card_enter
modules=$(dirname "$(command -v apache2)")/../usr/lib/apache2/modules
[ -d "$modules" ] || modules=/usr/lib/apache2/modules
needs "$modules/mod_ssl.so"

card_key="$auth_uri;object=${auth_label// /%20};type=private"
for pin in "$auth_pin" 9999; do
    engine_config "$pin" | sed 's/^init = 0/init = 1/' >"$pin.cnf"
done
nginx_own=("$JPKI_CARD_EXPORT/auth.pem" "engine:pkcs11:$card_key" off)
nginx_config 4443
mkdir web
cat >apache.conf <<CONF
ServerRoot $place
ServerName localhost
PidFile $place/web/pid
Mutex file:$place/web
ErrorLog $place/web/error.log
DefaultRuntimeDir $place/web
LoadModule mpm_prefork_module $modules/mod_mpm_prefork.so
LoadModule authz_core_module $modules/mod_authz_core.so
LoadModule socache_shmcb_module $modules/mod_socache_shmcb.so
LoadModule ssl_module $modules/mod_ssl.so
User #65534
Group #65534
StartServers 2
MaxRequestWorkers 2
Listen 127.0.0.1:4444
DocumentRoot $place
SSLCryptoDevice pkcs11
SSLEngine on
SSLCertificateFile "$auth_uri;object=${auth_label// /%20};type=cert"
SSLCertificateKeyFile "$card_key"
CONF

start() { # start nginx|apache PIN
    local words=(nginx -e "$place/nginx-4443/error.log" -c "$place/nginx-4443/conf" -g 'worker_processes 2;')
    [ "$1" = nginx ] || words=(apache2 -f "$place/apache.conf" -D FOREGROUND)
    OPENSSL_CONF=$place/$2.cnf timeout 180 "$source_dir/scripts/as-caller" "${words[@]}"
}

page() { # page PORT VERSION
    printf 'GET / HTTP/1.0\r\n\r\n' | timeout 20 openssl s_client -connect "127.0.0.1:$1" -CAfile "$ca_pem" -purpose any \
        -verify_return_error -ign_eof "-tls1_$2" >answer
    cat answer
    grep -q '^Verification: OK' answer && grep -q "^New, TLSv1.$2," answer && grep -q '^HTTP/1.1 ' answer &&
        openssl x509 -in answer -noout -serial | grep -q "=$(auth_serial)\$"
}

pages() { # pages PORT: more than it has workers
    page "$1" 3 && page "$1" 2 && page "$1" 3
}

workers() { # workers FOLDER
    pgrep -P "$(cat "$1/pid")" | sort
}

# A server whose reload failed serves on with the workers it had.
others_work() { # others_work FOLDER OLD
    local now
    for _ in $(seq 600); do
        now=$(workers "$1")
        [ -z "$now" ] || [ -n "$(comm -12 <(echo "$2") <(echo "$now"))" ] || return 0
        sleep 0.1
    done
    echo "after the reload the workers are ${now//$'\n'/ } and were ${2//$'\n'/ }"
    return 1
}

reloaded() { # reloaded PORT FOLDER
    local old
    pages "$1" && old=$(workers "$2") && [ -n "$old" ] && kill -HUP "$(cat "$2/pid")" && others_work "$2" "$old" &&
        pages "$1"
}

# Whatever comes, it is not left behind.
serves() { # serves nginx|apache PORT FOLDER
    local status=0
    start "$1" "$auth_pin" &
    (port_await "$2" && reloaded "$2" "$3") || status=$?
    kill "$(cat "$3/pid")"
    wait
    [ "$status" -eq 0 ] || cat "$3/error.log"
    return "$status"
}

# It does not start; a service manager that starts it again and again spends no last try.
again() { # again nginx|apache
    card '' set tries-auth=3
    refused start "$1" 9999
    refused start "$1" 9999
    refused start "$1" 9999
}

step 'nginx: two workers, a reload' any auth serves nginx 4443 nginx-4443
step 'Apache: two workers, a reload' any auth serves apache 4444 web
tries_auth=1 step 'nginx: a wrong PIN, started three times' any auth again nginx
tries_auth=1 step 'Apache: a wrong PIN, started three times' any auth again apache
card '' set tries-auth=3 >/dev/null
finish
