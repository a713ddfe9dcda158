#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The file of options that the summary of a build names is the one that is read, wherever it goes
set -eu
source=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
meson setup "$scratch/build" "$source" --prefix=/opt/elsewhere -Dtests=disabled -Dtools=disabled >"$scratch/said"
ninja -C "$scratch/build" apdu/libapdu.a >/dev/null
path=$(sed -n 's/^ *configuration *: *//p' "$scratch/said")
echo "the summary names $path"
case $path in
/opt/elsewhere/*.conf) grep -qF "$path" "$scratch"/build/apdu/libapdu.a.p/*.o && echo "ok - it is read" && exit 0 ;;
esac
echo "not ok - another file is read"
exit 1
