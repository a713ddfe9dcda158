#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# One hand: clang-format 14 finds nothing to change.  Tables that it would tear apart stand between "clang-format off"
# and "on".
#
#   format.sh [--write]     with it, the files are changed
set -eu
cd "$(dirname "$0")/../.."
version=14
tool=$(command -v clang-format-$version || command -v clang-format) ||
    { echo "skip - format: there is no clang-format"; exit 77; }
"$tool" --version | grep -q "version $version\." ||
    { echo "skip - format: $("$tool" --version), and not $version: they differ"; exit 77; }
how='--dry-run -Werror'
[ "${1:-}" != --write ] || how=-i

# A file with a space too much is seen.
printf 'int  f(void);\n' | "$tool" --style=file --dry-run -Werror >/dev/null 2>&1 &&
    { echo "not ok - format: $tool no longer sees what is wrong"; exit 1; }
# shellcheck disable=SC2086 # options
if find apdu bench man module tests tools -name '*.[ch]' -print0 | xargs -0 "$tool" --style=file $how; then
    echo "ok - format: $("$tool" --version | grep -o 'version [0-9.]*') finds nothing to change"
else
    echo "not ok - format: tests/rules/format.sh --write mends it"
    exit 1
fi
