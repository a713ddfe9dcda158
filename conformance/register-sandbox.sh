#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# jpki-token register where a sandbox has no way for a socket, or shares a database: what is copied, what is said, and what
# is refused.  flatpak, snap and systemctl are stand-ins here; flatpak.sh and snap.sh have the real ones.
# shellcheck source=conformance/lib.sh
. "$(dirname "$0")/lib.sh"
build=${JPKI_BUILD:-$source_dir/build}
needs modutil certutil pkcs11-tool "$build/tools/jpki-token"
card_enter

token=$build/tools/jpki-token
modules=$(dirname "$JPKI_MODULE")
app=org.chromium.Chromium
box=$HOME/.var/app/$app
database=$box/data/pki/nssdb
unset SUDO_UID XDG_DATA_HOME XDG_CONFIG_HOME
export XDG_RUNTIME_DIR=$place FLATPAK_USER_DIR=$place/flatpak FLATPAK_SYSTEM_DIR=$place/none
PATH=$place/programs:/usr/bin:/bin
mkdir -p "$place/programs" "$place/flatpak/app/$app/current" "$place/runtime/files/lib/x-linux-gnu"
cat >"$place/programs/flatpak" <<END
#!/bin/sh
case "\$1 \$2" in
'info --show-permissions') cat $place/permissions ;;
'info --show-runtime') echo org.example.Platform/x/1 ;;
'info --show-location') echo $place/runtime ;;
'ps --columns=application') cat $place/running ;;
esac
END
printf '#!/bin/sh\nexit 1\n' >"$place/programs/systemctl"
printf '#!/bin/sh\ncat %s/connections\n' "$place" >"$place/programs/snap"
chmod +x "$place/programs/"*
for program in chromium firefox firefox-esr; do # this person has them in sandboxes alone
    [ ! -x "/usr/bin/$program" ] || mount --bind /dev/null "/usr/bin/$program" || exit 1
done
: >"$place/running"
: >"$place/permissions"
libc=$place/runtime/files/lib/x-linux-gnu/libc.so.6
crypto=$place/runtime/files/lib/x-linux-gnu/libcrypto.so.3

said() { # said PATTERN: in the words of jpki-token, however they were wrapped
    tr -s ' \n' ' ' <"$place/said" | grep -q -- "$1" || { cat "$place/said"; return 1; }
}

run() { # run COMMAND ARGUMENT...: jpki-token
    "$token" "$@" --module "$JPKI_MODULE" >"$place/said" 2>&1
}

# What fails inside fails in silence, so it is refused outside.
too_old() {
    echo 'GLIBC_2.4 GLIBC_2.31' >"$libc"
    : >"$crypto"
    refused run register chromium
    said 'its libc is too old for .* (2.31, needed: 2.3[0-9])'
    echo 'GLIBC_2.4 GLIBC_2.39' >"$libc"
    rm "$crypto"
    refused run register chromium
    said 'it has no OpenSSL 3 inside'
    [ ! -e "$box/jpki" ]
    refused grep -q libjpki "$database/pkcs11.txt"
}

copied() {
    : >"$crypto"
    refused run register chromium # the one command is left
    said 'there is no systemd for your login here'
    said "Type once: flatpak override --user --socket=pcsc $app"
    cmp "$modules/libjpki-pkcs11-auth.so" "$box/jpki/libjpki-pkcs11-auth.so"
    [ -s "$box/jpki/libpcsclite.so.1" ]
    grep -qx "library=$box/jpki/libjpki-pkcs11-forward.so" "$database/pkcs11.txt"
    echo 'sockets=x11;pcsc;' >"$place/permissions"
    run register chromium
    said 'already registered'
}

# The forwarder on these copies is a whole module; it has the authentication token alone.
copies_work() {
    pkcs11-tool --module "$box/jpki/libjpki-pkcs11-forward.so" -L >"$place/said"
    said "$auth_token"
    refused grep -q "$sign_token" "$place/said"
}

upgraded() { # doctor tells, register renews
    echo >>"$box/jpki/libjpki-pkcs11-auth.so"
    refused run doctor
    said 'copy of the module in its sandbox is outdated'
    run register chromium
    run doctor
    cmp "$modules/libjpki-pkcs11-auth.so" "$box/jpki/libjpki-pkcs11-auth.so"
}

in_use() {
    echo "$app" >"$place/running"
    refused run unregister chromium
    said "in use (lock: flatpak ps: $app)"
    [ -e "$box/jpki/libjpki-pkcs11-auth.so" ]
    : >"$place/running"
}

undone() {
    run unregister chromium
    [ ! -e "$box/jpki" ]
    refused grep -q libjpki "$database/pkcs11.txt"
}

# A Flatpak that sees the home uses ~/.pki/nssdb, as the machine's browsers do: one entry, below the home, serves all.
shared() {
    echo 'filesystems=home;' >"$place/permissions"
    echo 'sockets=pcsc;' >>"$place/permissions"
    mkdir -p "$HOME/.pki/nssdb"
    certutil -N -d "sql:$HOME/.pki/nssdb" --empty-password
    run register chromium
    grep -qx "library=$HOME/.local/share/jpki/libjpki-pkcs11-forward.so" "$HOME/.pki/nssdb/pkcs11.txt"
    [ "$(grep -c '^name=libjpki-pkcs11$' "$HOME/.pki/nssdb/pkcs11.txt")" = 1 ]
    refused grep -q libjpki "$database/pkcs11.txt"
    pkcs11-tool --module "$HOME/.local/share/jpki/libjpki-pkcs11-forward.so" -L >"$place/said"
    said "$auth_token"
    run register chromium
    said 'already registered'
    run unregister chromium
    [ ! -e "$HOME/.local/share/jpki" ]
    refused grep -q libjpki "$HOME/.pki/nssdb/pkcs11.txt"
    rm -r "$HOME/.pki"
}

snap_lay() { # a Snap as it lies on the machine, without p11-kit in its content snap
    local root=/var/lib/snapd/snap
    mkdir -p "$JPKI_RIG/lib" "$JPKI_RIG/lib-work"
    mount -t overlay overlay -o "lowerdir=/var/lib,upperdir=$JPKI_RIG/lib,workdir=$JPKI_RIG/lib-work" /var/lib || return
    mkdir -p $root/firefox/current/meta $root/core/current/usr/lib/x-linux-gnu "$HOME/snap/firefox/common/.mozilla/firefox/p"
    printf 'name: firefox\nbase: core\n' >$root/firefox/current/meta/snap.yaml
    cp "$libc" "$crypto" $root/core/current/usr/lib/x-linux-gnu/
    printf '[Profile0]\nIsRelative=1\nPath=p\n' >"$HOME/snap/firefox/common/.mozilla/firefox/profiles.ini"
    certutil -N -d "sql:$HOME/snap/firefox/common/.mozilla/firefox/p" --empty-password
}

snap_copied() {
    local folder=$HOME/snap/firefox/common/jpki
    printf 'Interface Plug Slot Notes\npcscd firefox:pcscd - -\n' >"$place/connections"
    refused run register firefox
    said 'Type once: sudo snap connect firefox:pcscd'
    cmp "$modules/libjpki-pkcs11-auth.so" "$folder/libjpki-pkcs11-auth.so"
    printf 'Interface Plug Slot Notes\npcscd firefox:pcscd :pcscd manual\n' >"$place/connections"
    run register firefox
    run doctor
    run unregister firefox
    [ ! -e "$folder" ]
}

step "libraries that are too old are refused and named" 0 - too_old
step "without a systemd of the person: copies, and one command" 7 - copied
step "the copies work, for one token" 8 - copies_work
step "an outdated copy is told and renewed" 36 - upgraded
step "flatpak ps tells that it runs" 0 - in_use
step "unregister takes the copies away" 7 - undone
step "one entry for the machine's browser and a Flatpak that sees the home" 19 - shared
if snap_lay 2>"$place/why"; then
    step "a Snap without p11-kit: copies, and one command" 32 - snap_copied
else
    echo "skip - $client: a Snap without p11-kit: no overlay mount to hide /var/lib with"
fi
finish
