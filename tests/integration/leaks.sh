#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Nothing leaks: memory while logged in and afterwards, a forked child, a core dump, every log.
# tests/leaks/leaks.c logs in, signs once, wipes its own copy of the PIN and searches; what it finds while logged in, in the
# pages that dumps leave out, shows that the search can find.
set -u

source=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source/build}
pin=7391
password=QX7LEAK42ZW
name=架空　花子
address=架空県試験市見本町一丁目２番３号

mask() {
    printf %s "$1" | python3 -c 'import sys; print("".join("%02x" % (b ^ 0x5A) for b in sys.stdin.buffer.read()))'
}

say() { # say NAME COMMAND...
    local what=$1
    shift
    if "$@"; then echo "ok - $what"; else echo "not ok - $what"; failed=1; fi
}

# is FILE WHO NUMBER INSIDE KEPT: what the driver counted; + is one or more
is() {
    awk -v who="$2" -v n="$3" -v inside="$4" -v kept="$5" '
        function fits(is, want) { return want == "+" ? is > 0 : is == want }
        $1 == who && $2 == n { seen = fits($4, inside) && fits($6, kept) }
        END { exit !seen }' "$1" || { cat "$1"; return 1; }
}

memory_tests() {
    "$leaks" "$JPKI_MODULE" 0 "$(mask $pin)" inside "$(mask $pin)" >"$place/out"
    say "logged in with the PIN: only in the pages that no core dump has" is "$place/out" self 0 0 +
    say "logged in with the PIN: a forked child reads zeros" is "$place/out" child 0 0 0
    "$leaks" "$JPKI_MODULE" 1 "$(mask $password)" inside "$(mask $password)" "$(mask $name)" "$(mask $address)" >"$place/out"
    say "logged in with the password: only in the pages that no core dump has" is "$place/out" self 0 0 +
    say "logged in with the password: a forked child reads zeros" is "$place/out" child 0 0 0
    say "logged in with the password: the name is only in such pages" is "$place/out" self 1 0 +
    say "logged in with the password: the address is only in such pages" is "$place/out" self 2 0 +
    say "logged in with the password: a forked child reads no name" is "$place/out" child 1 0 0
    say "logged in with the password: a forked child reads no address" is "$place/out" child 2 0 0
    for when in logout close forget; do
        [ $when = forget ] || "$leaks" "$JPKI_MODULE" 0 "$(mask $pin)" $when "$(mask $pin)" >"$place/out"
        [ $when = forget ] || say "after $when: no PIN" is "$place/out" self 0 0 0
        "$leaks" "$JPKI_MODULE" 1 "$(mask $password)" $when "$(mask $password)" "$(mask $name)" "$(mask $address)" \
            >"$place/out"
        say "after $when: no password" is "$place/out" self 0 0 0
        say "after $when: no name" is "$place/out" self 1 0 0
        say "after $when: no address" is "$place/out" self 2 0 0
    done
}

# core_test SLOT PIN NAME: a core dump of the waiting driver has no PIN
core_test() {
    coproc waiting { exec "$leaks" "$JPKI_MODULE" "$1" "$(mask "$2")" wait; }
    # shellcheck disable=SC2154 # coproc assigns it
    local line process=$waiting_PID
    read -r line <&"${waiting[0]}"
    if [ "$line" = ready ] && gcore -o "$place/core" "$process" >"$place/gcore.log" 2>&1; then
        say "core dump, $3: it holds the module's memory" grep -qaF "libjpki-pkcs11" "$place/core.$process"
        # four digits may stand anywhere by chance; with the header of VERIFY before them they do not
        say "core dump, $3: no VERIFY with the PIN" \
            not env LC_ALL=C grep -qaP "\x00\x20\x00[\x80-\x9F][\x04-\x10]\Q$2\E" "$place/core.$process"
        say "core dump, $3: not in it" not grep -qaF "$2" "$place/core.$process"
        say "core dump, $3: no name" not grep -qaF "$name" "$place/core.$process"
        say "core dump, $3: no address" not grep -qaF "$address" "$place/core.$process"
    elif grep -q ptrace "$place/gcore.log" 2>/dev/null; then
        echo "skip - core dump, $3: this machine forbids ptrace"
    else
        say "core dump, $3: taken" false
    fi
    eval "exec ${waiting[1]}>&-"
    wait "$process"
    rm -f "$place/core.$process"
}

not() { ! "$@"; }

# As another user, since root takes its options from the system's file alone.
log_test() {
    local log=$place/log/$1
    if ! "$source/scripts/as-caller" --no-root test -r "$JPKI_MODULE"; then
        echo "skip - leaks: log=$1: the checkout's folder is closed to other users, and root has no options of its own"
        return
    fi
    mkdir -p "$place/log" && chmod 777 "$place/log"
    JPKI_PKCS11_OPTIONS="log=$2" "$source/scripts/as-caller" --no-root \
        "$leaks" "$JPKI_MODULE" 1 "$(mask $password)" logout >"$log.out" 2>"$log.err"
    JPKI_PKCS11_OPTIONS="log=$2" "$source/scripts/as-caller" --no-root \
        "$leaks" "$JPKI_MODULE" 0 "$(mask $pin)" logout >>"$log.out" 2>>"$log.err"
    [ "$1" = off ] || say "log=$1: it was written" grep -q "apdu 00 20" "$log.err" "$place/log/lines"
    # not as part of a number, nor in the brackets that hold the process id
    for word in $password $name $address $pin "$(printf %s $password | od -An -tx1 | tr -d ' \n')" 37333931; do
        say "log=$1: not in it: the $(word_kind "$word")" not grep -qraiP "(?<![[0-9])$word(?![]0-9])" "$place/log"
    done
}

# The authentication PIN is kept as long as the session lives unless an option says otherwise.
forget_test() {
    if "$source/scripts/as-caller" --no-root test -r "$JPKI_MODULE"; then
        JPKI_PKCS11_OPTIONS=forget-after=5 "$source/scripts/as-caller" --no-root \
            "$leaks" "$JPKI_MODULE" 0 "$(mask $pin)" forget "$(mask $pin)" >"$place/out"
        say "after forget-after=5: no PIN" is "$place/out" self 0 0 0
        "$leaks" "$JPKI_MODULE" 0 "$(mask $pin)" forget "$(mask $pin)" >"$place/out"
        say "without it the PIN is still there" is "$place/out" self 0 0 +
    else
        echo "skip - leaks: forget-after: the checkout's folder is closed to other users"
    fi
}

word_kind() {
    case $1 in
    "$password") echo password ;;
    "$name") echo name ;;
    "$address") echo address ;;
    "$pin") echo PIN ;;
    37333931) echo "PIN in hexadecimal" ;;
    *) echo "password in hexadecimal" ;;
    esac
}

inside() {
    leaks=$build/tests/leaks/leaks
    place=$(mktemp -d) && chmod 755 "$place" || exit 1
    trap 'rm -rf "$place"' EXIT
    memory_tests
    if command -v gcore >/dev/null; then
        core_test 0 $pin "authentication"
        core_test 1 $password "signature"
    else
        echo "skip - core dumps: there is no gcore"
    fi
    if [ "$(id -u)" -eq 0 ]; then
        log_test off off
        log_test stderr stderr
        mkdir -p "$place/log"
        log_test file "$place/log/lines"
        forget_test
    else
        echo "skip - logs: only root can become another user"
    fi
    nm -D --undefined-only "$JPKI_MODULE" >"$place/undefined"
    say "no environment variable steers a set-id program" \
        eval 'grep -qw secure_getenv "$place/undefined" && not grep -qw getenv "$place/undefined"'
    exit $failed
}

failed=0
if [ "${1:-}" = inside ]; then
    inside
fi
export JPKI_BUILD=$build
exec "$source/scripts/with-card" --set "pin-sign=$password" --set "pin-auth=$pin" -- "$0" inside
