#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# long: makes the release's packages and installs them into a fresh Debian 12 and 13
#
# The release as a holder and a distribution meet it: made by scripts/release, installed on a fresh system by README's words,
# used by debian/tests, upgraded from an older version and with the system, removed without a trace, judged by lintian.
# Needs root and this machine's mirror.  JPKI_RELEASE=FOLDER: a release made before.  JPKI_SYSTEMS='bookworm': these alone;
# sid only judges.  JPKI_OLD=FOLDER: packages of an older version for amd64, to upgrade from.  JPKI_PARTS: which of "pages
# browsers distribution piuparts" follow on README; JPKI_PAGES: which pages ("./ssh.md").
# shellcheck disable=SC2016,SC2086  # what stands in single quotes is for apt and for the shell in the tree
set -u
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
source_dir=${JPKI_SOURCE:-$(cd "$(dirname "$0")/.." && pwd)}
systems=${JPKI_SYSTEMS:-bookworm trixie sid}
parts=${JPKI_PARTS:-pages browsers distribution piuparts}
failed=0

skip_all() {
    echo "skip - package: $1"
    exit 77
}

check() { # check NAME COMMAND...
    local name="${system:+$system: }$1" said
    shift
    if said=$("$@" 2>&1 </dev/null); then
        echo "ok - package: $name"
    else
        echo "not ok - package: $name"
        printf '%s\n' "$said" | tail -n 40 | sed 's/^/#   /'
        failed=1
    fi
}

# ---- outside

if [ "${1:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || skip_all 'only root can make a tree of another system'
    for program in debootstrap rpmbuild autopkgtest piuparts; do
        command -v "$program" >/dev/null || skip_all "$program is not installed"
    done
    [ "$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages')" ] || skip_all 'apt has no mirror'
    place=$(mktemp -d) || exit 1
    trap 'rm -rf --one-file-system "$place"' EXIT
    release=${JPKI_RELEASE:-$place/release}
    if [ -z "${JPKI_RELEASE:-}" ]; then
        check 'scripts/release' \
            "$source_dir/scripts/release" --untagged --architectures amd64 --systems "${systems%sid}" "$release"
        [ "$failed" -eq 0 ] || exit 1
    fi
    # Mounts and processes live in namespaces that end with the inner run; only files are left then.
    for one in $systems; do
        unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
            "$0" inside "$place/$one" "$release" "$one" || failed=1
        rm -rf --one-file-system "${place:?}/$one"
    done
    exit "$failed"
fi

# ---- a fresh system, where somebody with sudo has the release's packages

place=$2 release=$3 system=$4
tree=$place/tree fresh=$place/fresh # fresh: what nobody touched
mkdir "$place"
site=$(apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Created-By: Packages' | sed -n 's/^Debian //p' | head -n 1)
part() { [[ " $parts " == *" $1 "* ]]; }
home=/var/holder person=/var/holder/libjpki-pkcs11
in_tree() {
    chroot "$tree" /usr/bin/env -u TMPDIR PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
# In a chroot an ordinary user gets no namespaces of his own, which with-card needs: the tree becomes the root.
holder_runs() { # holder_runs COMMAND
    unshare --mount sh -ec 'cd "$0" && mkdir -p run/old && pivot_root . run/old && cd / && umount -l /run/old
        exec su - holder -c "$1"' "$tree" "$1"
}
tree_make() {
    debootstrap --variant=minbase --include=sudo,python3-minimal,python3,locales "$system" "$tree" "$site" || return
    in_tree localedef -i ja_JP -f UTF-8 ja_JP.UTF-8 || return # the pages are followed in both languages
    cp -f /etc/resolv.conf "$tree/etc/resolv.conf"
    apt-config dump Acquire | grep -i '::proxy' >"$tree/etc/apt/apt.conf.d/90mirror"
    # a mirror of sid that stood still for a while serves to judge by
    [ "$system" != sid ] || echo 'Acquire::Check-Valid-Until "false";' >>"$tree/etc/apt/apt.conf.d/90mirror"
    printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d" # no service of the tree's runs beside this machine's
    chmod 755 "$tree/usr/sbin/policy-rc.d"
    echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/fast"
    mount --bind "$tree" "$tree" # with-card wants its root to be a mount
    mount -t proc proc "$tree/proc"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$tree/dev/pts"
    mount --bind "$tree/dev/pts/ptmx" "$tree/dev/ptmx"
    echo 'holder ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/holder"
    in_tree useradd --create-home --home-dir "$home" --shell /bin/bash holder && mkdir -p "$tree$person" "$tree/opt/debs" &&
        cp "$release/${system/sid/trixie}-amd64"/* "$tree/opt/debs/" &&
        tar -xf "$release"/libjpki-pkcs11-*.tar.xz --strip-components=1 -C "$tree$person" &&
        in_tree chown -R holder: "$home" && in_tree apt-get -q update
}
check 'a fresh system' tree_make
[ "$failed" -eq 0 ] || exit 1
cp -ax "$tree" "$fresh"
everything() {
    (cd "$tree" && find etc usr var/lib/dpkg/info \( -type f -o -type l \) ! -name '*.cache' ! -name '__pycache__' | sort)
}
# An older version: JPKI_OLD's, or the same files with another number.
old_make() {
    local deb
    mkdir "$tree/opt/old"
    [ -z "${JPKI_OLD:-}" ] || { cp "$JPKI_OLD"/*.deb "$tree/opt/old/"; return; }
    for deb in "$tree"/opt/debs/*.deb; do
        dpkg-deb -R "$deb" "$tree/old" && sed -i 's/^Version: .*/Version: 0.1.0/' "$tree/old/DEBIAN/control" &&
            dpkg-deb -b "$tree/old" "$tree/opt/old/$(basename "$deb")" && rm -rf "$tree/old" || return
    done
}

# ---- the judges

# --pedantic and below are shown, and judged by who reads them.
judge() {
    in_tree apt-get -q -y install --no-install-recommends lintian || return
    in_tree sh -c 'lintian --version && lintian --allow-root --fail-on error,warning --tag-display-limit 0 --pedantic \
        --display-info /opt/debs/*.dsc /opt/debs/*.deb' >"$place/lintian" 2>&1 || { cat "$place/lintian"; return 1; }
}
if [ "$system" = sid ]; then
    check 'lintian has no errors and no warnings' judge
    sed 's/^/# /' "$place/lintian"
    exit "$failed"
fi

# ---- by the page's words

check 'README.md, word for word: packages, register all, status' holder_runs \
    "cd $person && JPKI_PACKAGES=/opt/debs python3 tests/tools/readme.py README.md 2"
check 'README.ja.md, in Japanese' holder_runs "cd $person && LC_ALL=ja_JP.UTF-8 LANGUAGE=ja JPKI_PACKAGES=/opt/debs \
    python3 tests/tools/readme.py README.ja.md 2"
check 'every dependency was named' in_tree apt-get -q -y check
check 'the notices are there, and off until somebody wants them' in_tree sh -c \
    '[ -f /usr/lib/systemd/user/jpki-token-watch.service ] &&
    ! find /etc/systemd /root/.config /home/*/.config -name "jpki-token-watch*" 2>/dev/null | grep .'
check 'a PIN for the installed module, in the form that a browser loads' holder_runs "cd $person &&
    JPKI_SIMCARD=/usr/bin/jpki-simcard scripts/with-card -- pkcs11-tool --slot-index 0 --login --pin 1234 --test \
    --module \$(ls /usr/lib/*/pkcs11/libjpki-pkcs11-auth.so)"

# What other pages brought along goes first, so that a page that forgets to name a package stops here as it stops a stranger.
page_works() { # page_works PAGE
    local named
    named=$(grep -oE '`sudo apt install [a-z0-9 +.-]+`' "$source_dir/docs/$1" | tr -d '`' | cut -d ' ' -f 4- | tr '\n' ' ')
    [ "$system" != bookworm ] || named=${named/pkcs11-provider/} # docs/openssl.md: on Debian 13 and later
    [ -z "$named" ] || in_tree apt-get -q -y install $named || return
    holder_runs "cd $person && JPKI_SIMCARD=/usr/bin/jpki-simcard JPKI_TOKEN=/usr/bin/jpki-token JPKI_BUILD=$home/rig \
        scripts/with-card --keys $home/keys -- python3 tests/tools/test_docs.py --installed $1" >"$place/page" 2>&1 || {
        cat "$place/page"
        return 1
    }
    # no page names a server, and the browsers come below
    grep '^not run' "$place/page" | grep -vE 'nginx|ocserv|chromium' && return 1
    [ -z "$named" ] || in_tree apt-get -q -y purge --auto-remove $named
}
pages_work() {
    local page
    in_tree apt-get -q -y install --no-install-recommends binutils >/dev/null 2>&1 # makes the program that a page signs
    for page in ${JPKI_PAGES:-$(cd "$source_dir/docs" && ls ./*.md)}; do
        [ "$page" = ./clients.md ] || check "docs/${page#./}, word for word, and its Japanese" page_works "${page#./}"
    done
}
part pages && pages_work

# nginx as it is: policy-rc.d starts nothing, and install-deps, which only unpacks it, would want a compiler for that
browsers_install() {
    in_tree sh -c "apt-get -q -y install --no-install-recommends nginx openssl &&
        cd $person && scripts/install-deps browsers"
}
# Who has both browsers and never started Firefox: README says what is then seen, and what to do.
never_started() {
    holder_runs 'HOME=$(mktemp -d) LANGUAGE=en && export HOME LANGUAGE
        said=$(jpki-token register all 2>&1) && exit 1
        printf "%s\n" "$said" && printf "%s\n" "$said" | grep -q "has no profile yet" || exit
        printf "%s\n" "$said" | grep -q "^registered: .*nssdb" || exit
        timeout 120 firefox --headless --screenshot "$HOME/shot.png" about:blank
        jpki-token register all'
}
browser_logs_in() { # browser_logs_in BROWSER: registered by README's words
    holder_runs "cd $person && JPKI_MODULE=\$(ls /usr/lib/*/pkcs11/libjpki-pkcs11.so) JPKI_SIMCARD=/usr/bin/jpki-simcard \
        JPKI_TOKEN=/usr/bin/jpki-token JPKI_BUILD=$home/rig conformance/$1 login-both" >"$place/$1" 2>&1
    cat "$place/$1" && grep -q '^ok - ' "$place/$1"
}
if part browsers; then
    check 'the browsers are installed' browsers_install
    check 'register all, with a browser that was never started' never_started
    check 'Chromium logs in' browser_logs_in chromium
    check 'Firefox logs in' browser_logs_in firefox
fi

# ---- as a distribution tries it

as_a_distribution() {
    in_tree apt-get -q -y purge 'jpki-*' libjpki-pkcs11 >/dev/null 2>&1
    check 'autopkgtest' autopkgtest --no-built-binaries "$tree"/opt/debs/*.deb "$tree$person/" -- chroot "$tree"
    in_tree apt-get -q -y purge 'jpki-*' libjpki-pkcs11 >/dev/null 2>&1
    everything >"$place/before"
    version=$(dpkg-deb -f "$(ls "$tree"/opt/debs/jpki-tools_*.deb)" Version)
    check 'an older version' old_make
    check 'the older version is installed' in_tree sh -c 'dpkg -i /opt/old/*.deb && jpki-token --version'
    check 'the upgrade' in_tree sh -c "dpkg -i /opt/debs/*.deb && jpki-token --version | grep -F '${version%%-*}'"
    check 'the removal' in_tree dpkg -P jpki-tools jpki-simcard libjpki-pkcs11
    everything >"$place/after"
    check 'nothing is left' diff "$place/before" "$place/after"
    check 'lintian has no errors and no warnings' judge
    sed 's/^/# /' "$place/lintian"
}
part distribution && as_a_distribution
part piuparts && check 'piuparts: installed, removed, purged' piuparts --existing-chroot "$fresh" --distribution "$system" \
    --mirror "$site main" --keep-sources-list --no-eatmydata --no-upgrade-test --warn-on-others "$tree"/opt/debs/*.deb

system_upgrade() {
    local tree=$fresh
    mount -t proc proc "$tree/proc"
    in_tree sh -c 'apt-get -q -y install /opt/debs/*.deb' && sed -i 's/bookworm/trixie/g' "$tree/etc/apt/sources.list" &&
        cp "$release/trixie-amd64"/* "$tree/opt/debs/" && in_tree apt-get -q update && in_tree apt-get -q -y dist-upgrade &&
        in_tree sh -c 'apt-get -q -y install /opt/debs/*deb13*.deb && jpki-token --version && dpkg -l "*jpki*"' &&
        in_tree grep -q '^13' /etc/debian_version
}
if part distribution && [ "$system" = bookworm ] && [ -d "$release/trixie-amd64" ]; then
    check 'Debian 12 becomes 13, with the packages in it' system_upgrade
fi
exit "$failed"
