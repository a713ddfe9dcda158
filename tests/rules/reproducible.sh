#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# long: the last commit built twice, in folders of different names and depths: both modules must be the same to the byte
set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
git -C "$source" rev-parse HEAD >/dev/null 2>&1 || { echo "this is no git checkout"; exit 77; }

for place in one another/and/deeper; do
    mkdir -p "$scratch/$place/source"
    git -C "$source" archive HEAD | tar -x -C "$scratch/$place/source"
    meson setup "$scratch/$place/build" "$scratch/$place/source" --prefix=/usr -Dtests=disabled -Dtools=disabled >/dev/null
    ninja -C "$scratch/$place/build" -j2 --quiet >/dev/null
done
failed=0
for module in libjpki-pkcs11.so libjpki-pkcs11-auth.so; do
    if cmp "$scratch/one/build/module/$module" "$scratch/another/and/deeper/build/module/$module"; then
        echo "ok - $module: two builds, the same bytes"
    else
        echo "not ok - $module: two builds differ"
        failed=1
    fi
done
exit $failed
