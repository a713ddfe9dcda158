# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What the scripts in this folder share.  Each runs one real client against the simulated card, inside scripts/with-card, as
# steps: a step is one whole operation of the client, its result checked by somebody else's program.  After each step
# the card itself is asked, and the step fails if a try was lost, if a PIN came to a token that should not get one, if a PIN
# stayed verified, or if the operation took more exchanges than it took when it was last measured.
#
#   . "$(dirname "$0")/lib.sh"
#   needs PROGRAM|FILE...                  a missing one: the whole script is skipped
#   needs_if_there PACKAGE PROGRAM|FILE... the same, of a package that not every release has
#   card_enter [OPTION OF with-card...]    begins anew beside the card
#   step "lists the objects" 12 - FUNCTION [ARGUMENT...]
#   finish
# shellcheck disable=SC2034  # variables that only some of the scripts use

set -u
export LC_ALL=C.UTF-8 TZ=UTC
client=$(basename "$0" .sh)
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
steps_failed=0
# servers: the system's, or those that scripts/install-deps unpacked
PATH=$PATH:/usr/sbin:/sbin:${JPKI_BUILD:-$source_dir/build}/servers/bin

# The simulated card's own.
auth_pin=1234
sign_pin=ABC123
auth_token='JPKI User Authentication'
sign_token='JPKI Digital Signature'
auth_label='User Authentication'
sign_label='Digital Signature'
# What p11-kit, GnuTLS and OpenSSL call the keys.
auth_uri='pkcs11:token=JPKI%20User%20Authentication'
sign_uri='pkcs11:token=JPKI%20Digital%20Signature'

skip_all() { # skip_all WHY
    echo "skip - $client: $1"
    exit 77
}

needs() { # needs PROGRAM-OR-FILE...
    local thing
    for thing in "$@"; do
        command -v "$thing" >/dev/null || [ -e "$thing" ] || skip_all "$thing is not installed"
    done
}

# The same for what not every release has: scripts/install-deps is not to blame there.
needs_if_there() { # needs_if_there PACKAGE PROGRAM-OR-FILE...
    case $(apt-cache policy "$1" 2>/dev/null) in
    '' | *'Candidate: (none)'*) [ -e "$(command -v "$2" || echo "$2")" ] || skip_all "this release has no $1" ;;
    esac
    needs "${@:2}"
}

# Begin anew inside the rig, once; then make a folder that goes with the script, and a home nobody lives in.
card_enter() { # card_enter [OPTION OF with-card...]
    if [ -z "${JPKI_CARD_CTL:-}" ]; then
        exec "$source_dir/scripts/with-card" "$@" -- "$0"
    fi
    place=$(mktemp -d) || exit 1
    chmod 755 "$place"
    trap 'rm -rf "$place"' EXIT
    export HOME=$place/home
    mkdir "$HOME"
    unset XDG_CONFIG_HOME XDG_RUNTIME_DIR SSH_AUTH_SOCK DISPLAY
    cards=('')
    [ -z "${JPKI_CARD_CTL2:-}" ] || cards+=(2)
    ca_pem=$JPKI_CARD_EXPORT/auth-ca.pem
    cd "$place" || exit 1
}

# ---- the card

card() { # card SUFFIX WORDS...: a command to the first ('') or second (2) card
    local socket=JPKI_CARD_CTL$1
    shift
    "$JPKI_SIMCARD" --ctl "${!socket}" "$@"
}

card_field() { # card_field KEY [ROLE] <STATISTICS: one number, or what stands in the brackets of KEY
    if [ $# -eq 1 ]; then
        sed -n "s/.*\"$1\":\[\{0,1\}\([^],]*\).*/\1/p"
    else
        sed -n "s/.*\"$1\":{[^}]*\"$2\":\([0-9]*\).*/\1/p"
    fi
}

# Until pcscd has seen that a card went in or out, in the first reader or the second (2).  The card itself notices nothing.
card_await() { # card_await in|out [2]
    timeout 60 python3 -c '
import runpy, sys, time
see, place = runpy.run_path(sys.argv[1])["readers_see"], int(sys.argv[3]) - 1
while [there for _, there in sorted((see() or {}).items())][place:place + 1] != [sys.argv[2] == "in"]:
    time.sleep(0.05)' "$source_dir/scripts/with-card" "$1" "${2:-1}"
}

card_reset_stats() {
    local suffix
    for suffix in "${cards[@]}"; do
        card "$suffix" reset-stats >/dev/null
    done
}

# What the cards say against the last step, a reason a line; sets exchanges and tries for the report.
# A token in PINS (auth, sign, auth2, sign2; - for none) must have got its PIN, any other must not.
cards_judge() { # cards_judge PINS BOUND
    local suffix role stats got left
    exchanges=0 tries=
    for suffix in "${cards[@]}"; do
        stats=$(card "$suffix" stats)
        exchanges=$((exchanges + $(card_field exchanges <<<"$stats")))
        for role in auth sign; do
            got=$(card_field verifies_with_data "$role" <<<"$stats")
            case ",$1,:$got" in
            *",$role$suffix,"*:0) echo "no PIN came to $role$suffix" ;;
            *",$role$suffix,"*) ;;
            *:0) ;;
            *) echo "$got PINs came to $role$suffix, which should get none" ;;
            esac
            left=$(card_field tries "$role" <<<"$stats")
            tries+=${tries:+/}$left
            [ "$left" = "$(tries_expected "$role$suffix")" ] || echo "$left tries are left of $role$suffix"
        done
        left=$(card_field unlocked <<<"$stats")
        [ -z "$left" ] || [ -n "${may_unlock:-}" ] || echo "the card was left unlocked: $left"
    done
    [ "$2" = any ] || [ "$exchanges" -le "$2" ] || echo "$exchanges exchanges, more than the $2 it takes"
}

# A step that means to spend a try says what is left then:  tries_auth=2 step ...
tries_expected() { # tries_expected TOKEN
    case $1 in
    auth) echo "${tries_auth:-3}" ;;
    sign) echo "${tries_sign:-5}" ;;
    auth2) echo "${tries_auth2:-3}" ;;
    sign2) echo 5 ;;
    esac
}

# ---- pcscd: the readers of this rig go with it, and come back with their counts begun anew, as after sleep

pcscd_stop() {
    local process
    for process in $(pgrep -x pcscd); do
        if tr '\0' ' ' <"/proc/$process/cmdline" | grep -qF "$JPKI_RIG"; then
            mapfile -d '' -t pcscd_words <"/proc/$process/cmdline"
            kill "$process"
        fi
    done
    [ "${#pcscd_words[@]}" -gt 0 ]
    for _ in $(seq 100); do
        [ -e /run/pcscd/pcscd.comm ] || return 0
        sleep 0.1
    done
    echo 'pcscd does not end'
    return 1
}

pcscd_start() { # the same one again, until the first card has power
    setsid "${pcscd_words[@]}" >>"$JPKI_RIG/pcscd.log" 2>&1 </dev/null &
    for _ in $(seq 100); do
        ! card '' status | grep -q '"powered":true' || return 0
        sleep 0.1
    done
    echo 'the card has no power'
    return 1
}

# ---- steps

# Run COMMAND (a function stops at its first command that fails), then judge the cards.  BOUND is the golden number: what the
# operation took when it was last measured; "any" where another module, or a race, decides it.
step() { # step NAME BOUND PINS COMMAND...
    local name=$1 bound=$2 pins=$3 status reasons exchanges tries
    shift 3
    card_reset_stats
    (
        set -e
        "$@"
    ) >"$place/out" 2>&1 </dev/null
    status=$?
    cards_judge "$pins" "$bound" >"$place/reasons"
    [ $status -eq 0 ] || echo "$* ended with $status" >>"$place/reasons"
    if [ -s "$place/reasons" ]; then
        reasons=$(paste -s -d ';' "$place/reasons")
        echo "not ok - $client: $name (exchanges $exchanges, tries $tries): $reasons"
        tail -n 30 "$place/out" | sed 's/^/    # /'
        steps_failed=1
    else
        echo "ok - $client: $name (exchanges $exchanges, tries $tries)"
    fi
}

finish() {
    exit $steps_failed
}

# Succeed when COMMAND fails: for what must be refused (`! COMMAND` would not stop a function).  Who had to be ended by a
# limit, was ended by a signal or is not there refused nothing; git ends with 128 where it is refused, ssh with 255.
refused() { # refused COMMAND...
    local status=0
    "$@" || status=$?
    case $status in
    0) echo "this should have been refused: $*" ;;
    124 | 126 | 127 | 129 | 1[345]?) echo "this ended with $status and was not refused: $*" ;;
    *) return 0 ;;
    esac
    return 1
}

# Be nobody in particular: root reads the module's options from the system's file alone, p11-kit's from the system's folder.
as_user() { # as_user COMMAND...
    "$source_dir/scripts/as-caller" --no-root env HOME="$place/home" "$@"
}

# Make the script's folder the user's.
user_prepare() {
    as_user test -r "$JPKI_MODULE" || skip_all "another user cannot read the build: the checkout's folder is closed"
    ! "$source_dir/scripts/as-caller" --is-root || chown -R 65534:65534 "$place"
}

# Put the module where the distribution's packages would, in the mounts of this rig alone, and tell p11-kit.
module_install() {
    local modules=/usr/lib/x86_64-linux-gnu/pkcs11 configs=/usr/share/p11-kit/modules
    modules=$(pkg-config --variable=p11_module_path p11-kit-1 2>/dev/null || echo $modules)
    configs=$(pkg-config --variable=p11_module_configs p11-kit-1 2>/dev/null || echo $configs)
    mkdir -p "$place/modules"
    cp -r "$modules/." "$place/modules/"
    cp "$JPKI_MODULE" "$place/modules/libjpki-pkcs11.so"
    mount --bind "$place/modules" "$modules" || return 1
    mkdir -p "$place/configs"
    [ -d "$configs" ] || return 1
    cp "$configs"/p11-kit-trust.module "$place/configs/" 2>/dev/null
    echo 'module: libjpki-pkcs11.so' >"$place/configs/jpki.module"
    mount --bind "$place/configs" "$configs" || return 1
    JPKI_MODULE=$modules/libjpki-pkcs11.so
}

# An OpenSSL configuration with libp11's engine on the module.
engine_config() { # engine_config PIN >FILE
    cat <<CONF
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
dynamic_path = $(engine_path)
MODULE_PATH = $JPKI_MODULE
PIN = $1
init = 0
[req]
distinguished_name = name
[name]
CONF
}

# An OpenSSL configuration with pkcs11-provider on the module.
provider_config() { # provider_config [LINE...] >FILE: lines of the provider's own
    cat <<CONF
openssl_conf = init
[init]
providers = providers
[providers]
default = built_in
pkcs11 = pkcs11
[built_in]
activate = 1
[pkcs11]
module = $(provider_path)
pkcs11-module-path = $JPKI_MODULE
activate = 1
$(printf '%s\n' "$@")
[req]
distinguished_name = name
[name]
CONF
}

provider_path() {
    openssl version -m | sed 's|.*"\(.*\)"|\1/pkcs11.so|'
}

engine_path() {
    openssl version -e | sed 's|.*"\(.*\)"|\1/pkcs11.so|'
}

# Until a file has so many lines (1) that match; it may come later itself.
lines_await() { # lines_await FILE PATTERN [TIMES]
    local tenth found
    for tenth in $(seq 600); do
        found=$(grep -c "$2" "$1" 2>/dev/null) || true
        [ "${found:-0}" -lt "${3:-1}" ] || return 0
        sleep 0.1
    done
    echo "$1 has ${found:-0} lines with '$2' after $tenth tenths of a second" >&2
    return 1
}

# ---- servers

port_await() { # port_await PORT [PROCESS]: until somebody listens, or the process that should has ended
    local tenth
    for tenth in $(seq 600); do
        if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
            return 0
        fi
        [ -z "${2:-}" ] || kill -0 "$2" 2>/dev/null || break
        sleep 0.1
    done
    echo "nobody listens on port $1 after $tenth tenths of a second" >&2
    return 1
}

# A server that ends at once cannot be had here, and the script is skipped; one that is there and never listens is a failure.
server_await() { # server_await PORT PROCESS LOG
    port_await "$1" "$2" && return
    kill -0 "$2" 2>/dev/null || skip_all "the server does not start here: $(tail -n 1 "$3")"
    echo "not ok - $client: the server runs and does not listen on port $1"
    sed 's/^/    # /' "$3"
    exit 1
}

tls_identity() { # the server's certificate (server.crt, server.key): its own authority
    [ -e "$place/server.crt" ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout "$place/server.key" \
        -out "$place/server.crt" -days 30 -subj '/O=JPKI-TEST/CN=localhost' \
        -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
}

# nginx on PORT that lets in nobody without a certificate of the card's authority, and says whom and what it saw, as
# "SUCCESS TLSv1.3 serial-number".  Own certificate and key, and whether it asks, by nginx_own=(CERTIFICATE KEY on|off).
nginx_config() { # nginx_config PORT [DIRECTIVE]
    local folder=$place/nginx-$1 own=("$place/server.crt" "$place/server.key" on)
    tls_identity
    [ -z "${nginx_own:-}" ] || own=("${nginx_own[@]}")
    mkdir -p "$folder"
    cat >"$folder/conf" <<CONF
daemon off;
pid $folder/pid;
error_log $folder/error.log;
events { }
http {
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$1 ssl;
        ssl_certificate ${own[0]};
        ssl_certificate_key "${own[1]}";
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_client_certificate $ca_pem;
        ssl_verify_client ${own[2]};
        ${2:-}
        location / { default_type text/plain; return 200 "\$ssl_client_verify \$ssl_protocol \$ssl_client_serial\n"; }
    }
}
CONF
}

nginx_start() { # nginx_start PORT [DIRECTIVE]
    nginx_config "$@"
    "$source_dir/scripts/as-caller" nginx -e "$place/nginx-$1/error.log" -c "$place/nginx-$1/conf" &
    port_await "$1"
}

# A server that wants anything rather than SHA-256, as some are set up; what the card can do comes last.
odd_hashes='ssl_conf_command ClientSignatureAlgorithms RSA-PSS+SHA512:RSA-PSS+SHA384:RSA+SHA512:RSA-PSS+SHA256:RSA+SHA256;'

# The card's serial number as nginx writes it.
auth_serial() {
    openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -serial | sed 's/serial=//'
}

# OpenSSL verifies what is in the file signature over the file message, with the key of the card's certificate.
signature_judge() { # signature_judge auth|sign OPTION OF openssl dgst...
    openssl x509 -in "$JPKI_CARD_EXPORT/$1.pem" -noout -pubkey >public.pem
    openssl dgst "${@:2}" -verify public.pem -signature signature message
}

# The common name in the card's certificate for authentication.
auth_holder() {
    openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -subject -nameopt sep_comma_plus | sed 's/.*CN=//'
}
