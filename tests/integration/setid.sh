#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In a set-id program the module takes nothing from the environment: options and the folders of the user's own file are
# ignored there, while the same program without the bit obeys each of them.  The language changes nothing in either.
set -u
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${JPKI_BUILD:-$source_dir/build}
. "$source_dir/tests/soak/lib.sh"

if [ "$(id -u)" -ne 0 ]; then
    echo 'skip - setid: only root can make a program set-id for another user and run it as a third'
    exit 77
fi
if [ -z "${JPKI_CARD_CTL:-}" ]; then
    export JPKI_BUILD=$build
    exec "$source_dir/scripts/with-card" -- "$0"
fi
place_make
lister=$build/tests/soak/lister

# Copies that everybody can reach; the bit is set last, since a change of owner clears it.
install -m 755 "$JPKI_MODULE" "$place/module.so"
install -m 755 "$lister" "$place/plain"
install -m 755 "$lister" "$place/setgid" && chown 0:65532 "$place/setgid" && chmod 2755 "$place/setgid"
install -m 755 "$lister" "$place/setuid" && chown 65533:0 "$place/setuid" && chmod 4755 "$place/setuid"
mkdir -p "$place/xdg" "$place/home/.config" "$place/log"
chmod 777 "$place/log"
echo slots=auth >"$place/xdg/jpki-pkcs11.conf"
echo slots=auth >"$place/home/.config/jpki-pkcs11.conf"

# What the program lists in an environment of these variables alone.
listed() { # listed PROGRAM NAME=VALUE...
    local program=$1
    shift
    setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH="$PATH" "$@" \
        timeout 30 "$place/$program" "$place/module.so" 2>&1
}

listed plain >"$place/all"
grep -qx 'secure 0' "$place/all" && [ "$(wc -l <"$place/all")" -eq 3 ]
say $? "both tokens are listed"
sed -i 1d "$place/all"
grep '^JPKI User Authentication ' "$place/all" >"$place/one"

all_listed() { # all_listed PROGRAM NAME=VALUE...
    listed "$@" | sed 1d | cmp -s - "$place/all" && [ -z "$(ls "$place/log")" ]
}

obeyed() { # obeyed NAME=VALUE: by the program without the bit, which then has this one token, or all of them and a log
    local expected=$place/one status=0
    case $1 in *log=*) expected=$place/all ;; esac
    listed plain "$1" >"$place/some"
    sed 1d "$place/some" | cmp -s - "$expected" || status=1
    case $1 in *log=*) [ -s "$place/log/lines" ] || status=1 ;; esac
    [ $status -eq 0 ] || { cat "$place/some"; ls "$place/log"; }
    rm -f "$place"/log/*
    return $status
}

ignored() { # ignored PROGRAM NAME=VALUE...
    all_listed "$@" && return
    listed "$@"
    ls "$place/log"
    rm -f "$place"/log/*
    return 1
}

programs=()
for program in setgid setuid; do
    if [ "$(listed $program | head -n 1)" = 'secure 1' ]; then
        programs+=("$program")
    else
        echo "skip - $program: the bit has no effect here; is $place mounted with nosuid?"
    fi
done

while read -r variable; do
    name=${variable%%=*}
    case $variable in *log=*) name="$name with a log" ;; esac
    obeyed "$variable"
    say $? "$name is obeyed without the bit"
    for program in "${programs[@]}"; do
        ignored "$program" "$variable"
        say $? "$name is ignored in a $program program"
    done
done <<VARIABLES
JPKI_PKCS11_OPTIONS=slots=auth
JPKI_PKCS11_OPTIONS=log=$place/log/lines
XDG_CONFIG_HOME=$place/xdg
HOME=$place/home
VARIABLES

for program in plain "${programs[@]}"; do
    bad=0
    for language in ja_JP.UTF-8 C POSIX tr_TR.UTF-8 ../../../../etc '%s%n' "$(printf 'x%.0s' {1..5000})"; do
        ignored "$program" LANGUAGE="$language" LC_ALL="$language" LANG="$language" LOCPATH="$place" NLSPATH="$place/%N" \
            OPENSSL_CONF="$place/nothing" || bad=1
    done
    say $bad "the language changes nothing in a $program program"
done
locked_and_whole
say $? "no try is lost and the card is locked"
exit $failed
