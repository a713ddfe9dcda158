#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# jpki-token register and unregister on profiles in a home nobody lives in, and for all users in a throw-away /etc.
# shellcheck source=conformance/lib.sh
. "$(dirname "$0")/lib.sh"
build=${JPKI_BUILD:-$source_dir/build}
needs modutil certutil python3 "$build/tools/jpki-token"
card_enter

token=$build/tools/jpki-token
auth_module=$(dirname "$JPKI_MODULE")/libjpki-pkcs11-auth.so
profile=$HOME/.mozilla/firefox/abc.default
shared=$HOME/.local/share/pki/nssdb # Chromium's from 146 on, where there is no ~/.pki/nssdb
policy=/etc/firefox/policies/policies.json
p11kit=/etc/pkcs11/modules/libjpki-pkcs11.module
unset SUDO_UID XDG_DATA_HOME

mkdir -p "$profile" "$place/programs"
# Debian's wrapper may complain first, and a number is in that too.
printf '#!/bin/sh\necho "chromium: 9: [: 25: unexpected operator" >&2\necho Chromium 156.0\n' >"$place/programs/chromium"
cp "$place/programs/chromium" "$place/programs/firefox"
chmod +x "$place/programs/"*
PATH=$place/programs:$PATH
printf '[Profile0]\nName=default\nIsRelative=1\nPath=abc.default\n' >"$HOME/.mozilla/firefox/profiles.ini"
certutil -N -d "sql:$profile" --empty-password || exit 1
cp "$profile/pkcs11.txt" "$place/before"

register() { # register ARGUMENT...: its words are in $place/said
    "$token" "$@" --module "$JPKI_MODULE" >"$place/said" 2>&1
}

said() { # said PATTERN: in a line, or in a message however it was wrapped
    grep -q -- "$1" "$place/said" || tr -s ' \n' ' ' <"$place/said" | grep -q -- "$1" || { cat "$place/said"; return 1; }
}

registered_once() {
    register register all
    said "^registered: $profile"
    said "^registered: $shared"
    [ ! -e "$HOME/.pki" ] # it would cut Chromium off from its own database
    grep -qx "library=$auth_module" "$profile/pkcs11.txt"
    grep -qx "library=$auth_module" "$shared/pkcs11.txt"
}

registered_again() {
    register register all
    said "^already registered: $profile"
    said "^already registered: $shared"
    [ "$(grep -c '^name=libjpki-pkcs11$' "$profile/pkcs11.txt")" = 1 ]
}

# doctor goes by the table that register goes by, and finds the copy that was registered where none is installed
doctor_knows() {
    "$token" doctor >"$place/said" 2>&1 || { cat "$place/said"; return 1; }
    said "Firefox.*$profile"
    said "Chromium.*$shared"
    refused said 'jpki-token register'
}

nss_sees_the_token() { # what NSS lists is the authentication token alone
    modutil -list -dbdir "sql:$profile" >"$place/said"
    said "token: $auth_token"
    refused grep -q "token: $sign_token" "$place/said"
}

moved() { # another place of the module replaces the entry, it does not add one
    mkdir -p "$place/elsewhere"
    cp "$JPKI_MODULE" "$auth_module" "$place/elsewhere/"
    "$token" register firefox --module "$place/elsewhere/libjpki-pkcs11.so"
    grep -qx "library=$place/elsewhere/libjpki-pkcs11-auth.so" "$profile/pkcs11.txt"
    [ "$(grep -c '^name=libjpki-pkcs11$' "$profile/pkcs11.txt")" = 1 ]
}

undone() {
    register unregister all
    said "^unregistered: $profile"
    said "^unregistered: $shared"
    diff <(grep -v '^$' "$place/before") <(grep -v '^$' "$profile/pkcs11.txt")
    register unregister all
    said "^not registered: $profile"
}

# Firefox holds a lock of the kernel's on .parentlock; Chromium has a link to its host and process.
in_use() {
    python3 - "$profile/.parentlock" "$place/held" <<'PY' &
import fcntl, sys, time
lock = open(sys.argv[1], 'w')
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[2], 'w').close()
time.sleep(30)
PY
    holder=$!
    until [ -e "$place/held" ]; do sleep 0.05; done
    refused register register firefox
    kill "$holder"
    said "in use by process $holder (lock: $profile/.parentlock)"
    diff "$place/unregistered" "$profile/pkcs11.txt"
    mkdir -p "$HOME/.config/chromium"
    ln -s "somewhere-$$" "$HOME/.config/chromium/SingletonLock"
    refused register register chromium
    rm "$HOME/.config/chromium/SingletonLock"
    said "in use by process $$ (lock: $HOME/.config/chromium/SingletonLock)"
    refused grep -q libjpki "$shared/pkcs11.txt"
}

# a Flatpak's lock names a process inside, and stays after a crash
others_lock() {
    mkdir -p "$HOME/.var/app/org.chromium.Chromium/config/chromium"
    ln -s "somewhere-2" "$HOME/.var/app/org.chromium.Chromium/config/chromium/SingletonLock"
    register register chromium
    said "^registered: $shared"
    rm -r "$HOME/.var"
    register unregister chromium
}

old_chromium() { # before 146 it knows ~/.pki/nssdb alone
    local HOME=$place/old-home
    mkdir "$HOME"
    sed -i 's/156/145/' "$place/programs/chromium"
    register register chromium
    sed -i 's/145/156/' "$place/programs/chromium"
    said "^made: $HOME/.pki/nssdb"
    grep -qx "library=$auth_module" "$HOME/.pki/nssdb/pkcs11.txt"
    [ ! -e "$HOME/.local" ]
}

parted() { # an earlier register made ~/.pki/nssdb: both are entered, and the person is told
    mkdir -p "$HOME/.pki/nssdb" # the folder alone is enough to move it
    register register chromium
    said "^registered: $shared"
    said "^registered: $HOME/.pki/nssdb"
    said "Chromium uses $HOME/.pki/nssdb, because it is there, and no longer $shared"
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said "uses $HOME/.pki/nssdb, because it is there"
    register unregister chromium
    refused grep -q libjpki "$shared/pkcs11.txt" "$HOME/.pki/nssdb/pkcs11.txt"
    rm -r "$HOME/.pki"
}

never_started() { # a browser that is there and was not served is named, and the end is not 0
    local HOME=$place/new-home
    mkdir "$HOME"
    refused register register all
    said 'Firefox has no profile yet'
    said "^registered: $HOME/.local/share/pki/nssdb"
}

etc_cover() { # an /etc that goes with the rig
    mkdir -p "$JPKI_RIG/etc" "$JPKI_RIG/etc-work"
    mount -t overlay overlay -o "lowerdir=/etc,upperdir=$JPKI_RIG/etc,workdir=$JPKI_RIG/etc-work" /etc 2>"$place/why" &&
        rm -rf /etc/firefox "$p11kit"
}

for_all_users() {
    printf 'module: %s\n' "$JPKI_MODULE" >"$place/before"
    mkdir -p /etc/pkcs11/modules
    cp "$place/before" "$p11kit" # as an earlier version wrote it
    register register all --system
    said "^written: $policy"
    said "^written: $p11kit"
    python3 -c 'import json, sys
added = json.load(open(sys.argv[1]))["policies"]["SecurityDevices"]["Add"]
assert added == {"libjpki-pkcs11": sys.argv[2]}, added' "$policy" "$auth_module"
    grep -qx "module: $JPKI_MODULE" "$p11kit"
    grep -q '^disable-in: .*firefox-esr.* gsd-smartcard' "$p11kit"
    register register all --system
    said "^already there: $policy"
}

# p11-kit gives the module to every program, and its proxy is in a profile: doctor tells, until disable-in is there.
proxy_told() {
    register register firefox
    modutil -force -dbdir "sql:$profile" -rawadd 'library=/nowhere/p11-kit-proxy.so name=p11-kit-proxy'
    mkdir -p /etc/pkcs11/modules
    mkdir -p "$HOME/.config/pkcs11/modules"
    # one file says who gets the module, another beside it does not
    printf 'module: %s\ndisable-in: firefox\n' "$JPKI_MODULE" >"$HOME/.config/pkcs11/modules/jpki.module"
    printf 'module: %s\n' "$JPKI_MODULE" >"$p11kit"
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said 'asks for both PINs'
    printf 'module: %s\ndisable-in: firefox\n' "$JPKI_MODULE" >"$p11kit"
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    refused grep -q 'both PINs' "$place/said"
    modutil -force -dbdir "sql:$profile" -delete p11-kit-proxy
    register unregister firefox
    rm "$p11kit" "$HOME/.config/pkcs11/modules/jpki.module"
}

opensc_told() { # and no longer once docs/opensc.md was followed
    printf 'module: opensc-pkcs11.so\n' >/etc/pkcs11/modules/opensc-pkcs11.module
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said 'programs see this card twice'
    printf 'module: opensc-pkcs11.so\nenable-in: ssh\n' >/etc/pkcs11/modules/opensc-pkcs11.module
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    refused grep -q twice "$place/said"
    rm /etc/pkcs11/modules/opensc-pkcs11.module
}

undone_for_all_users() {
    register unregister all --system
    said "^written: $policy"
    said 'the same command takes it away too'
    grep -q '"Delete": \["libjpki-pkcs11"' "$policy"
    register register firefox --system
    grep -q '"Add"' "$policy"
    register unregister firefox --system
    register unregister all --system
    said "^removed: $policy"
    [ ! -e /etc/firefox ]
    [ ! -e "$p11kit" ]
    register unregister all --system
    said "^not there: $policy"
}

# The Flatpak's policy and forwarder, a socket for each user.
sandboxes_for_all_users() {
    local folder
    folder=/var/lib/flatpak/extension/org.mozilla.firefox.systemconfig/$(uname -m)/stable
    mkdir -p /var/lib/flatpak/app/org.mozilla.firefox/current
    register register firefox --system
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said "Firefox (Flatpak).*$folder/policies/policies.json"
    grep -q '"/app/etc/firefox/jpki/libjpki-pkcs11-forward.so"' "$folder/policies/policies.json"
    cmp "$folder/jpki/libjpki-pkcs11-forward.so" "$(dirname "$JPKI_MODULE")/libjpki-pkcs11-forward.so"
    [ -e /etc/systemd/user/jpki-org.mozilla.firefox@.service ]
    [ -L /etc/systemd/user/sockets.target.wants/jpki-org.mozilla.firefox.socket ]
    register unregister firefox --system
    [ ! -e /etc/systemd/user/jpki-org.mozilla.firefox.socket ]
    [ ! -L /etc/systemd/user/sockets.target.wants/jpki-org.mozilla.firefox.socket ]
    grep -q Delete "$folder/policies/policies.json"
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said "policies.json takes the module out of each profile"
    refused register register firefox # it would be undone at each start
    said 'again at each start, so it was not registered'
    register unregister firefox --system
    [ ! -e /var/lib/flatpak/extension ]
}

# The Snap reads the machine's policy, in which p11-kit's client as the Snap sees it stands beside the module.
snap_lay() {
    local root=/var/lib/snapd/snap content=gnome-1/current/usr/lib/x-linux-gnu/pkcs11
    mkdir -p "$JPKI_RIG/lib" "$JPKI_RIG/lib-work"
    mount -t overlay overlay -o "lowerdir=/var/lib,upperdir=$JPKI_RIG/lib,workdir=$JPKI_RIG/lib-work" /var/lib || return
    mkdir -p $root/firefox/current/meta $root/$content
    : >$root/$content/p11-kit-client.so
    printf '%s\n' 'name: firefox' 'plugs:' '  gnome-1:' '    interface: content' '    target: $SNAP/gnome-platform' \
        '    default-provider: gnome-1' >$root/firefox/current/meta/snap.yaml
}

snap_for_all_users() {
    register register firefox --system
    grep -q '"libjpki-pkcs11-snap": "/snap/firefox/current/gnome-platform/usr/lib/x-linux-gnu/pkcs11/p11-kit-client.so"' \
        "$policy"
    [ -L /etc/systemd/user/sockets.target.wants/jpki-snap.firefox.socket ]
    grep -q 'ListenStream=%t/snap.firefox/p11-kit/pkcs11' /etc/systemd/user/jpki-snap.firefox.socket
    "$token" doctor --module "$JPKI_MODULE" >"$place/said" || [ $? -eq 8 ]
    said "Firefox (Snap).*$policy: nobody answers.*log in again"
    rm -r /var/lib/snapd/snap # gone before it is taken back
    register unregister firefox --system
    [ -z "$(find /etc/systemd/user -name 'jpki-*')" ]
    grep -q Delete "$policy"
    register unregister firefox --system
    [ ! -e /etc/firefox ]
}

nothing_of_others() { # a file with nothing in it is somebody's too
    mkdir -p /etc/firefox/policies
    : >"$policy"
    refused register register firefox --system
    [ ! -s "$policy" ]
    rm -r /etc/firefox
}

policy_of_others() {
    mkdir -p /etc/firefox/policies
    echo '{"policies": {"DisableTelemetry": true}}' >"$policy"
    cp "$policy" "$place/others"
    refused register register firefox --system
    said '"SecurityDevices"'
    cmp "$policy" "$place/others"
    refused register unregister firefox --system
    cmp "$policy" "$place/others"
}

step "registers Firefox and Chromium's database, and makes no ~/.pki" 16 - registered_once
step "registering twice changes nothing" 0 - registered_again
step "doctor knows what was registered" 18 - doctor_knows
step "NSS sees the authentication token alone" 8 - nss_sees_the_token
step "a module that moved replaces its entry" 16 - moved
step "unregister undoes exactly that" 16 - undone
step "a process of the number in a Flatpak's lock is no browser" 16 - others_lock
step "a Chromium before 146 gets the database that it knows" 16 - old_chromium
step "who was moved to ~/.pki/nssdb is told" 46 - parted
step "names a browser that was never started" 16 - never_started
cp "$profile/pkcs11.txt" "$place/unregistered"
step "refuses a profile in use and names its lock" 0 - in_use
if etc_cover; then
    # what is another's folder below /etc is so through the cover too, for who is root in a namespace alone
    [ ! -d /etc/systemd/user ] || mount -t tmpfs tmpfs /etc/systemd/user
    step "doctor tells of p11-kit's proxy in a browser" 64 - proxy_told
    step "doctor tells of OpenSC, until it is kept to some programs" 36 - opensc_told
    step "for all users: policy and p11-kit" 0 - for_all_users
    step "for all users: undone" 0 - undone_for_all_users
    if ! command -v p11-kit >/dev/null; then
        echo "skip - $client: for all users: what a Flatpak and the Snap need: p11-kit is not installed"
    elif ! snap_lay 2>"$place/why"; then
        echo "skip - $client: for all users: what a Flatpak and the Snap need: no overlay mount to hide /var/lib with"
    else
        mkdir -p /var/lib/flatpak
        mount -t tmpfs tmpfs /var/lib/flatpak
        step "for all users: what a Flatpak needs" 36 - sandboxes_for_all_users
        step "for all users: what the Snap needs" 18 - snap_for_all_users
    fi
    step "for all users: an empty policy is left alone" 0 - nothing_of_others
    step "for all users: another's policy is left alone" 0 - policy_of_others
else
    echo "skip - $client: for all users: no overlay mount to hide /etc with"
fi
finish
