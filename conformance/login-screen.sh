#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# GNOME's login screen (gsd-smartcard) with p11-kit's proxy in /etc/pki/nssdb, as Fedora has it: a card on the reader is no
# login token.  The daemon is unpacked from its package, not installed, and asked over a bus of its own.
# long: fetches a package from the mirror
# shellcheck source=conformance/lib.sh
. "$(dirname "$0")/lib.sh"
needs dbus-run-session gdbus certutil modutil pkg-config apt-get dpkg-deb glib-compile-schemas
# fetched out here: in the rig there is no network
if [ -z "${JPKI_GSD:-}" ]; then
    fetched=$(mktemp -d) || exit 1
    # with what it needs and this system has not, as its own libgck
    needed=$({
        printf 'gnome-settings-daemon\ngnome-settings-daemon-common\n'
        apt-get -s -q --no-install-recommends install gnome-settings-daemon 2>/dev/null |
            sed -n 's/^Inst \([^ ]*\) (.*/\1/p'
    } | sort -u)
    # shellcheck disable=SC2086
    (cd "$fetched" && chmod 755 . && apt-get -q download $needed) >/dev/null 2>&1 || {
        rm -rf "$fetched"
        skip_all 'apt does not give gnome-settings-daemon'
    }
    for deb in "$fetched"/*.deb; do
        dpkg-deb -x "$deb" "$fetched"
    done
    glib-compile-schemas "$fetched/usr/share/glib-2.0/schemas" || exit 1
    export JPKI_GSD=$fetched/usr/libexec/gsd-smartcard
    "$0"
    status=$?
    rm -rf "$fetched"
    exit $status
fi
card_enter

proxy=$(pkg-config --variable=proxy_module p11-kit-1)
modules=/usr/share/p11-kit/modules
mkdir "$place/etc" "$place/etc-work" "$place/fetched" "$place/configs"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$place/etc,workdir=$place/etc-work" /etc 2>/dev/null ||
    skip_all 'no overlay mount to hide /etc with'
mkdir -p /etc/pki/nssdb
certutil -N -d sql:/etc/pki/nssdb --empty-password || exit 1
modutil -force -dbdir sql:/etc/pki/nssdb -add p11-kit-proxy -libfile "$proxy" >/dev/null 2>&1 || exit 1
mount --bind "$place/configs" "$modules" || exit 1

# What the daemon says of the cards that are in, with the installed module file less the lines that match PATTERN.
inserted_tokens() { # inserted_tokens PATTERN
    sed -e "s|^module:.*|module: $JPKI_MODULE|" -e "/$1/d" "$(dirname "$JPKI_MODULE")/jpki.module" \
        >"$place/configs/jpki.module"
    # shellcheck disable=SC2016  # for the inner shell
    GSETTINGS_SCHEMA_DIR=${JPKI_GSD%/libexec/*}/share/glib-2.0/schemas \
        LD_LIBRARY_PATH=${JPKI_GSD%/libexec/*}/lib/$(gcc -dumpmachine):$(
            dirname "$(find "${JPKI_GSD%/libexec/*}/lib" -name libgsd.so)") \
        timeout 60 dbus-run-session -- sh -c '
        "$JPKI_GSD" & daemon=$!
        for tenth in $(seq 100); do
            sleep 0.1
            gdbus call --session --dest org.gnome.SettingsDaemon.Smartcard \
                --object-path /org/gnome/SettingsDaemon/Smartcard/Manager \
                --method org.gnome.SettingsDaemon.Smartcard.Manager.GetInsertedTokens 2>/dev/null && break
        done
        sleep 2
        gdbus call --session --dest org.gnome.SettingsDaemon.Smartcard \
            --object-path /org/gnome/SettingsDaemon/Smartcard/Manager \
            --method org.gnome.SettingsDaemon.Smartcard.Manager.GetInsertedTokens
        kill $daemon'
}

control() { # without the line it does take the card for one
    inserted_tokens '^disable-in:' >"$place/said"
    cat "$place/said"
    grep -q Tokens/ <(tail -n 1 "$place/said")
}

left_alone() {
    inserted_tokens '^nothing' >"$place/said"
    cat "$place/said"
    [ "$(tail -n 1 "$place/said")" = '(@ao [],)' ]
}

step 'the control: without disable-in the card is a login token' 40 - control
step 'a card on the reader is no login token' 0 - left_alone
finish
