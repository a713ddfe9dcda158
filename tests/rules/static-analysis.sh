#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: three analysers over apdu/, module/ and tools/, each at zero
#
#   tests/rules/static-analysis.sh       .clang-tidy says what clang-tidy looks for
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=no

say() { # say NAME FILE: the file has what was found
    if [ -s "$2" ]; then
        echo "not ok - $1"
        cat "$2"
        failed=yes
    else
        echo "ok - $1"
    fi
}

# skip_without COMMAND: whether the analyser is missing; all of them are in scripts/install-deps
skip_without() {
    command -v "$1" >/dev/null && return 1
    echo "skip - $1: it is not installed"
}

cd "$source"
CC=clang meson setup "$scratch/build" "$source" -Dtests=disabled >/dev/null

if ! skip_without clang-tidy; then
    find apdu module tools -name '*.c' -print0 |
        xargs -0 -P2 -n6 clang-tidy --quiet -p "$scratch/build" >"$scratch/all" 2>"$scratch/err" || true
    grep -E "(error|warning):" "$scratch/all" >"$scratch/tidy" || true
    # an analyser that could not start finds nothing
    grep -iE "error while|no such file|cannot" "$scratch/err" >>"$scratch/tidy" || true
    say clang-tidy "$scratch/tidy"
fi

if ! skip_without cppcheck; then
    # it cannot read attributes behind a declaration, and takes BUF_OVER for a use of what is in the array
    cppcheck -j2 --quiet --enable=warning,performance,portability --inline-suppr --std=c11 \
        '-D__attribute__(x)=' -D__linux__ --suppress=legacyUninitvar \
        -Iapdu -Imodule -Ipkcs11-headers -I"$scratch/build" apdu module tools \
        >"$scratch/cppcheck" 2>&1 || true
    say cppcheck "$scratch/cppcheck"
fi

if ! skip_without scan-build; then
    CC=clang scan-build meson setup "$scratch/scan" "$source" -Dtests=disabled >/dev/null 2>&1
    scan-build -o "$scratch/reports" ninja -C "$scratch/scan" -j2 >"$scratch/all" 2>&1 ||
        echo "the build failed" >"$scratch/scan.log"
    grep -E "warning:|error:" "$scratch/all" >>"$scratch/scan.log" || true
    say scan-build "$scratch/scan.log"
fi
[ $failed = no ]
