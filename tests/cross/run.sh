#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Build for another architecture and run there what needs no pcscd: tests/cross/run.sh i386|arm64|s390x.  It installs a
# compiler and foreign libraries, so its place is a tree that is thrown away: scripts/test-on --cross ARCH trixie.
# Prints "ok - NAME", "not ok - NAME" and "skip - NAME".
set -eu
arch=$1
case $arch in
i386) triplet=i686-linux-gnu library=i386-linux-gnu family=x86 endian=little qemu=qemu-i386 ;;
arm64) triplet=aarch64-linux-gnu library=$triplet family=aarch64 endian=little qemu=qemu-aarch64 ;;
s390x) triplet=s390x-linux-gnu library=$triplet family=s390x endian=big qemu=qemu-s390x ;;
*) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
cd "$(dirname "$0")/../.."
build=build-$arch

# A mirror whose files are not those that it names is said, and is no fault of ours; a package that nobody knows is one.
step() { # step NAME COMMAND...
    local log=$build.log lack
    if "${@:2}" >"$log" 2>&1; then
        echo "ok - $1"
    elif lack=$(grep -m 1 -E '^E: (Failed to fetch|Unable to correct problems)' "$log"); then
        echo "skip - $1: $lack"
        exit 0
    else
        echo "not ok - $1"
        tail -n 40 "$log" | sed 's/^/#   /'
        exit 1
    fi
}

packages() {
    export DEBIAN_FRONTEND=noninteractive
    dpkg --add-architecture "$arch" && apt-get -q update || return
    apt-get -q -y install --no-install-recommends meson ninja-build pkg-config gettext python3 qemu-user \
        "gcc-$triplet" "libc6-dev:$arch" \
        "libssl-dev:$arch" "libpcsclite-dev:$arch" "libp11-kit-dev:$arch" "libjansson-dev:$arch" "check:$arch"
}

configure() {
    cat >"$build.ini" <<END
[binaries]
c = '$triplet-gcc'
ar = '$triplet-gcc-ar'
strip = '$triplet-strip'
pkg-config = 'pkg-config'
exe_wrapper = '$qemu'
[properties]
pkg_config_libdir = '/usr/lib/$library/pkgconfig:/usr/share/pkgconfig'
[host_machine]
system = 'linux'
cpu_family = '$family'
cpu = '$family'
endian = '$endian'
END
    meson setup "$build" --cross-file "$build.ini" --werror -Dtests=enabled
}

step "$arch: compiler and libraries" packages
step "$arch: configured" configure
step "$arch: builds without a warning" ninja -C "$build" all meson-test-prereq
# Check's limit for a hang is the clock's, and an emulated processor is slow.
CK_TIMEOUT_MULTIPLIER=10 step "$arch: the tests of files, books and behaviour" \
    meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier 10 --suite unit --suite behaviour
grep -E '^Ok:' "$build.log" | sed "s/^/# $arch: /"
