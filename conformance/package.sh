#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: builds the Debian packages and installs them into a fresh Debian
#
# The packages as a distribution meets them: built, judged by lintian, installed beside nothing but what they ask for,
# used on the simulated card, upgraded from an older version, removed without a trace.  Needs root and this machine's mirror.
# shellcheck disable=SC2016  # what stands in single quotes is for apt and for the shell in the tree
set -u
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
failed=0

skip_all() {
    echo "skip - package: $1"
    exit 77
}

check() { # check NAME COMMAND...
    local name=$1 said
    shift
    if said=$("$@" 2>&1 </dev/null); then
        echo "ok - package: $name"
    else
        echo "not ok - package: $name"
        printf '%s\n' "$said" | tail -n 30 | sed 's/^/#   /'
        failed=1
    fi
}

[ "$(id -u)" -eq 0 ] || skip_all 'only root can make a tree of another system'
for program in debootstrap dpkg-buildpackage lintian; do
    command -v "$program" >/dev/null || skip_all "$program is not installed"
done
site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n 1)
release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
if [ -z "$site" ] || [ -z "$release" ]; then
    skip_all 'apt has no mirror'
fi

# Mounts and processes live in namespaces that end with the inner run; only files are left then.
if [ "${1:-}" != inside ]; then
    place=$(mktemp -d) || exit 1
    trap 'rm -rf --one-file-system "$place"' EXIT
    unshare --mount --pid --fork --kill-child --mount-proc --propagation private "$0" inside "$place"
    exit
fi
place=$2
tree=$place/tree

# ---- build
mkdir "$place/source"
cd "$source_dir" || exit 1
# what is committed, not what is half done
git archive HEAD | tar xf - -C "$place/source" || skip_all 'this is no git checkout'
build() {
    cd "$place/source" && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=2" dpkg-buildpackage -us -uc -b
}
check 'dpkg-buildpackage' build
[ "$failed" -eq 0 ] || exit 1
judge() {
    lintian --fail-on error --no-tag-display-limit "$place"/*.changes
}
check 'lintian has no errors' judge

# ---- a fresh system
tree_make() {
    debootstrap --variant=minbase "$release" "$tree" "$site" || return
    cp -a /etc/apt/. "$tree/etc/apt/"
    mkdir -p "$tree/usr/share/keyrings" "$tree/opt/debs"
    cp -a /usr/share/keyrings/. "$tree/usr/share/keyrings/"
    cp -f /etc/resolv.conf "$tree/etc/resolv.conf"
    mount --bind "$tree" "$tree" # with-card wants its root to be a mount
    mount -t proc proc "$tree/proc"
}
tree_make >"$place/tree.log" 2>&1 || { tail -n 5 "$place/tree.log"; skip_all 'no fresh system could be made'; }
in_tree() {
    chroot "$tree" /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
cp "$place"/*.deb "$tree/opt/debs/"
mkdir "$tree/opt/scripts"
cp "$source_dir"/scripts/{with-card,demo,throwaway-sshd,as-caller} "$tree/opt/scripts/"
# an older version: the same files, another number
for deb in "$place"/*.deb; do
    dpkg-deb -R "$deb" "$place/old" && sed -i 's/^Version: .*/Version: 0.0.1-1/' "$place/old/DEBIAN/control" &&
        dpkg-deb -b "$place/old" "$tree/opt/debs/old-$(basename "$deb")" >/dev/null
    rm -rf "$place/old"
done
everything() {
    (cd "$tree" && find etc usr var/lib/dpkg/info \( -type f -o -type l \) ! -name '*.cache' ! -name '__pycache__' | sort)
}

prepare() {
    in_tree apt-get -q -y update || return
    in_tree apt-get -q -y install --no-install-recommends pcscd vsmartcard-vpcd opensc p11-kit python3 openssl libssl3 \
        openssh-client openssh-server locales \
        libpcsclite1 libp11-kit0
}
check 'what a user has: pcscd, OpenSC, p11-kit' prepare
everything >"$place/before"
check 'an older version is installed' in_tree sh -c 'dpkg -i /opt/debs/old-*.deb'
check 'the upgrade' in_tree sh -c 'dpkg -i /opt/debs/libjpki-pkcs11_*.deb /opt/debs/jpki-*.deb'
check 'every dependency was named' in_tree apt-get -q -y check

# ---- use
cat >"$tree/opt/use" <<'END'
set -e
M=$(ls /usr/lib/*/pkcs11/libjpki-pkcs11.so)
cd "$(mktemp -d)"
echo a letter >letter.txt
pkcs11-tool --module "$M" --slot-index 0 --login --pin 1234 --sign -m SHA256-RSA-PKCS -i letter.txt -o letter.sig
openssl x509 -in "$JPKI_CARD_EXPORT/auth.pem" -noout -pubkey >key.pem
openssl dgst -sha256 -verify key.pem -signature letter.sig letter.txt
jpki-token status --reader '00 00'
localedef -i ja_JP -f UTF-8 ja_JP.UTF-8
LANG=ja_JP.UTF-8 jpki-token status --reader '00 00' | grep 利用者証明用電子証明書
echo ABC123 | jpki-token sign letter.txt --pin-fd 0 --reader "00 00"
openssl cms -verify -binary -inform DER -in letter.txt.p7s -content letter.txt -purpose any \
    -CAfile "$JPKI_CARD_EXPORT/sign-ca.pem"
p11-kit list-modules | grep 'JPKI User Authentication'
jpki-token doctor || [ $? -eq 8 ]
jpki-token doctor | grep 'libjpki-pkcs11.so can be loaded'
END
check 'sign, status in two languages, CMS, p11-kit, doctor' in_tree sh -c \
    'export JPKI_MODULE=$(ls /usr/lib/*/pkcs11/libjpki-pkcs11.so) JPKI_SIMCARD=/usr/bin/jpki-simcard
    /opt/scripts/with-card --keys /opt/keys -- sh /opt/use'
check 'the demo' in_tree sh -c \
    'export JPKI_MODULE=$(ls /usr/lib/*/pkcs11/libjpki-pkcs11.so) JPKI_SIMCARD=/usr/bin/jpki-simcard
    /opt/scripts/with-card --keys /opt/keys -- /opt/scripts/demo --story'

# ---- removal
check 'the removal' in_tree sh -c 'dpkg -P jpki-tools jpki-simcard libjpki-pkcs11'
everything >"$place/after"
check 'nothing is left' diff "$place/before" "$place/after"
exit "$failed"
