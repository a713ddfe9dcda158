#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: builds with the flags of distributions, each with its tests
#
# What dpkg-buildpackage compiles with: all hardening with the fortify level of newer releases, and the link-time
# optimisation that Ubuntu has by default.  No warning, and the tests that need nothing of the machine pass.
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
command -v dpkg-buildflags >/dev/null || { echo "dpkg-buildflags is not installed"; exit 77; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

build() { # build NAME OPTIONS
    CPPFLAGS=$(DEB_BUILD_MAINT_OPTIONS=$2 dpkg-buildflags --get CPPFLAGS | sed 's/FORTIFY_SOURCE=2/FORTIFY_SOURCE=3/')
    CFLAGS=$(DEB_BUILD_MAINT_OPTIONS=$2 dpkg-buildflags --get CFLAGS)
    LDFLAGS=$(DEB_BUILD_MAINT_OPTIONS=$2 dpkg-buildflags --get LDFLAGS)
    export CPPFLAGS CFLAGS LDFLAGS
    meson setup "$scratch/$1" "$source" --buildtype=plain --werror -Dtests=enabled && ninja -C "$scratch/$1" -j2 all \
        meson-test-prereq && meson test -C "$scratch/$1" --no-rebuild --print-errorlogs \
        --no-suite rules --no-suite tools
}

for options in 'hardening=+all' 'hardening=+all optimize=+lto'; do
    if build "${options##*=+}" "$options" >"$scratch/log" 2>&1; then
        echo "ok - built and tested with $options"
    else
        echo "not ok - built and tested with $options"
        tail -n 40 "$scratch/log" | sed 's/^/#   /'
        failed=1
    fi
done
exit $failed
